"""The fitted family: the risk at every horizon from the primary log-odds.

A case is *in* from T0. From one grid week to the next it may move out (not long), come
back in, or leave otherwise, for good. Each of these moves has a chance per step,

    logit(chance) = baseline of the step + log(weeks in it) + log-odds × its pull,

and stepping through them gives who is in, out and left at each horizon: the state
occupation of Aalen and Johansen (1978), given the log-odds. A return counts, for the
outcome is the state at the horizon. The risk at a horizon is *in* among all, whoever
has left among them, as in the primary outcome: the cumulative incidence of Putter et
al. 2007 (Statistics in Medicine 26: 2389-2430), and no risk of those alone who are to
stay. It has the family's own distance to its primary horizon,

    logit(risk at h) = primary log-odds + logit(family at h) - logit(family at primary),

so that the primary horizon is the primary risk itself, and no risk rises with the
horizon. The rest, 1 - risk, is divided between *not long* and *left* as the family
divides it, and whoever has left stays so: no share of the left falls with the horizon.

By that every horizon has the primary order. A horizon with an order of its own
(own_order.py) moves the step that leads to it, walking outward from the primary one:

    logit P(in at h | in at the one before) = the family's + own part    (further)
    logit P(out at h | out at the one after) = the family's + own part   (nearer)

Steps are chances, so risks stay ordered over the horizons whatever the own parts are.

Where the outcome counts weeks in a window (weeks_in), windows are no moments of one
course: each has a straight line on the primary log-odds, with its own part added.
*Left* is then whoever has left by the end of the window, however many weeks counted
before, which the steps say; *long* had weeks enough and was still there at the end,
*not long* is the rest.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from riskscreen.array_tables import Table
from riskscreen.model.calibration import BetaCalibration, to_risk
from riskscreen.model.estimators.design import DesignMatrix
from riskscreen.model.horizons.own_order import (
    OrderComparison,
    OwnOrder,
    Parts,
    divide_risks,
    move_share,
)
from riskscreen.spec import Horizon, Specification
from riskscreen.timeline import DAYS_IN_WEEK, to_days, to_monday_days

Numbers = npt.NDArray[np.float64]
Weeks = npt.NDArray[np.int64]

MAX_STEP_WEEKS = 6
"""Weeks. Longer steps would waste what is known of cases that are open inside one."""


@dataclass(frozen=True, slots=True)
class Transition:
    """One kind of move: for each step a baseline, and how the log-odds pull at it."""

    baseline: tuple[float, ...]
    coefficient: tuple[float, ...]

    def compute_chances(self, log_odds: Numbers, log_weeks: Numbers) -> Numbers:
        """Return the chance of the transition in each step, (steps, cases).

        *log_weeks*, of that shape, are the logarithms of a step's weeks after T0.
        """
        start, pull = np.array([self.baseline, self.coefficient])[:, :, None]
        return to_risk(start + log_weeks + pull * log_odds)


@dataclass(frozen=True, slots=True)
class StateProbabilities:
    """The chance of being in, out or left at each grid week, shaped (weeks, cases)."""

    inside: Numbers
    outside: Numbers
    left: Numbers


@dataclass(frozen=True, slots=True)
class OutcomeShares:
    """P(long), P(not long) and P(left) of each case at a horizon; they sum to 1.

    NaN where the horizon is not after T0, or nothing is fitted there.
    """

    long: Numbers
    not_long: Numbers
    left: Numbers


@dataclass(frozen=True, slots=True)
class Horizons:
    """Moves on a grid of weeks, or lines where weeks are counted; and who it rests on.

    ``transitions`` has "leave", and for a state at the horizon also "out", "back" and
    "leave_outside". ``lines`` has a calibration per further horizon of weeks_in.
    Log-odds are clipped to ``seen_range``, that of nearly all cases; for the distance
    of a further risk to the primary one to ``clip_range``, the part of it where all
    rise together. It was fitted to ``cases``, ``still_open`` of them with an
    outcome not yet known. ``own`` are the horizons with an order of their own, None of
    none, and ``compared`` what each own order was found to bring.
    """

    primary: int
    further: tuple[int, ...]
    grid: tuple[int, ...]
    transitions: Mapping[str, Transition]
    lines: Mapping[int, BetaCalibration]
    clip_range: tuple[float, float] = (-30.0, 30.0)
    seen_range: tuple[float, float] = (-30.0, 30.0)
    cases: int = 0
    still_open: int = 0
    own: OwnOrder | None = None
    compared: tuple[OrderComparison, ...] = ()

    @property
    def counts_weeks(self) -> bool:
        """Whether the outcome counts weeks in a window."""
        return "out" not in self.transitions

    def compute_parts(
        self, values: Numbers, matrix: DesignMatrix | None = None
    ) -> Parts:
        """Return the own part of each horizon that has one, of these feature *values*.

        *matrix* is as in OwnOrder.compute_parts.
        """
        return {} if self.own is None else self.own.compute_parts(values, matrix)

    def risks(
        self, log_odds: Numbers, elapsed: Weeks, parts: Parts | None = None
    ) -> dict[int, Numbers]:
        """Return the risk at each further horizon, by its weeks; NaN if not after T0.

        *log_odds* are those of the shown primary risk, *elapsed* the weeks from the
        clock to T0, *parts* what ``compute_parts`` gives of the cases; without them
        each horizon has the primary order. With a state at the horizon no risk rises
        with the horizon, the primary one included.
        """
        parts = parts or {}
        if self.counts_weeks:
            found = {
                w: to_risk(line.apply(log_odds) + parts.get(w, 0.0))
                for w, line in self.lines.items()
            }
        else:
            found = self._anchored(log_odds, elapsed)
            if parts:
                found = self._reorder(found, to_risk(log_odds), parts)
        none = np.full(len(log_odds), np.nan)
        return {
            w: np.where(elapsed < w, found.get(w, none), np.nan) for w in self.further
        }

    def shares(
        self, log_odds: Numbers, elapsed: Weeks, parts: Parts | None = None
    ) -> dict[int, OutcomeShares]:
        """Return the three shares at each horizon, the primary one included.

        ``long`` is the risk: at the primary horizon that of *log_odds* itself. *parts*
        are as in ``risks``.
        """
        primary = np.where(elapsed < self.primary, to_risk(log_odds), np.nan)
        risks = self.risks(log_odds, elapsed, parts) | {self.primary: primary}
        at = self.state_probabilities(log_odds, elapsed, within=self.seen_range)
        left = {}
        for week in sorted(risks):
            place, rest = self.grid.index(week), 1.0 - risks[week]
            gone, outside = at.left[place], at.outside[place]
            if self.counts_weeks:
                left[week] = np.minimum(gone, rest)
            else:
                with np.errstate(invalid="ignore"):  # nobody has entered by then
                    left[week] = rest * (gone / (gone + outside))
        return {
            week: OutcomeShares(risks[week], 1.0 - risks[week] - gone, gone)
            for week, gone in self._order_left(left, risks).items()
        }

    def _order_left(
        self, left: dict[int, Numbers], risks: Mapping[int, Numbers]
    ) -> dict[int, Numbers]:
        """Let no share of the *left* fall with the horizon, walking from the primary.

        What is nearer is at most what is further, and what is further at least that and
        at most all who are not long.
        """
        weeks = sorted(left)
        first = weeks.index(self.primary)
        for nearer, further in zip(
            weeks[:first][::-1], weeks[1 : first + 1][::-1], strict=True
        ):
            left[nearer] = np.where(
                np.isnan(left[nearer]), np.nan, np.fmin(left[nearer], left[further])
            )
        for nearer, further in pairwise(weeks[first:]):
            least = np.fmax(left[nearer], left[further])
            left[further] = np.minimum(least, 1.0 - risks[further])
        return left

    def risk_still_in(
        self, log_odds: Numbers, elapsed: Weeks, still_in: Weeks
    ) -> Numbers:
        """Return P(long at the primary horizon) of who is in in the week *still_in*.

        The family takes the same steps once from T0 and once from that week, with
        everybody in; what lies between the two, in log-odds, is added to *log_odds*,
        those of the shown primary risk. So a case of which nothing newer is known than
        at T0 (*still_in* is at most *elapsed*) has its shown risk to the last bit. NaN
        where the week is the horizon's or later, and of all where weeks are counted.
        *In* is long: of ended_within, where it is not, RiskModel asks for none.
        """
        if self.counts_weeks:
            return np.full(len(log_odds), np.nan)
        newer = (still_in > elapsed) & (still_in < self.primary)
        found = np.where(still_in < self.primary, to_risk(log_odds), np.nan)
        if newer.any():
            own, place = log_odds[newer], self.grid.index(self.primary)
            since = [
                self.state_probabilities(own, of[newer], within=self.clip_range)
                for of in (elapsed, still_in)
            ]
            at_t0, later = (
                np.log(at.inside[place]) - np.log(at.outside[place] + at.left[place])
                for at in since
            )
            found[newer] = to_risk(own + later - at_t0)
        return found

    def state_probabilities(
        self, log_odds: Numbers, elapsed: Weeks, *, within: tuple[float, float]
    ) -> StateProbabilities:
        """Who is in, out and left at each week of the grid, step by step from T0.

        Log-odds beyond *within* count as its ends.
        """
        n = len(log_odds)
        clipped = np.clip(log_odds, *within)
        now = (np.zeros(n), np.zeros(n), np.zeros(n))
        by_week = []
        begin, end = np.array(steps(self.grid)).T[:, :, None]
        entering = (elapsed >= begin) & (elapsed < end)
        log_weeks = np.log(np.maximum(end - np.maximum(elapsed, begin), 1.0))
        # In, out and left after one step: who has not left may go out or back.
        chance = dict.fromkeys(
            ("out", "back", "leave_outside"), np.zeros((len(end), n))
        )
        for name, move in self.transitions.items():
            chance[name] = move.compute_chances(clipped, log_weeks)
        for step, enters in enumerate(entering):
            inside, outside, left = now
            inside = inside + enters
            gone = inside * chance["leave"][step]
            gone_outside = outside * chance["leave_outside"][step]
            inside, outside = inside - gone, outside - gone_outside
            out, back = inside * chance["out"][step], outside * chance["back"][step]
            now = inside - out + back, outside + out - back, left + gone + gone_outside
            by_week.append(now)
        return StateProbabilities(
            *(np.array(state) for state in zip(*by_week, strict=True))
        )

    def _anchored(self, log_odds: Numbers, elapsed: Weeks) -> dict[int, Numbers]:
        """Risks at a distance from the primary one that never rise with the horizon."""
        at = self.state_probabilities(log_odds, elapsed, within=self.clip_range)
        with np.errstate(divide="ignore", invalid="ignore"):
            family = np.log(at.inside) - np.log(at.outside + at.left)
            far = family - family[self.grid.index(self.primary)]
        found = {}
        before, after = self.list_outward()
        risk = primary = to_risk(log_odds)
        for week in before:
            here = to_risk(log_odds + far[self.grid.index(week)])
            found[week] = risk = np.fmax(here, risk)
        risk = primary
        for week in after:
            here = to_risk(log_odds + far[self.grid.index(week)])
            found[week] = risk = np.fmin(here, risk)
        return found

    def list_outward(self) -> tuple[list[int], list[int]]:
        """Return the horizons before the primary one, then those after; nearest first.

        A horizon's step leads to it from the one before it in its list, the first's
        from the primary horizon.
        """
        before = sorted((w for w in self.further if w < self.primary), reverse=True)
        return before, sorted(w for w in self.further if w > self.primary)

    def _reorder(
        self, family: Mapping[int, Numbers], primary: Numbers, parts: Parts
    ) -> dict[int, Numbers]:
        """Return the *family*'s risks with the own *parts* in the steps to them."""
        found = dict(family)
        before, after = self.list_outward()
        base, shown = primary, primary
        for week in before:
            out = divide_risks(1.0 - base, 1.0 - family[week])
            step = move_share(out, parts.get(week, 0.0))
            base = family[week]
            # 1 less the others may be off by a last bit: no risk below the one after.
            found[week] = shown = np.fmax(1.0 - (1.0 - shown) * step, shown)
        base = shown = primary
        for week in after:
            step = divide_risks(base, family[week])
            base = family[week]
            found[week] = shown = shown * move_share(step, parts.get(week, 0.0))
        return found

    def to_json(self) -> dict[str, Any]:
        """Everything as JSON can hold it; horizons_from_json reads it back exactly."""
        return {
            "primary": self.primary,
            "further": list(self.further),
            "grid": list(self.grid),
            "transitions": {
                name: asdict(move) for name, move in self.transitions.items()
            },
            "lines": {str(week): asdict(line) for week, line in self.lines.items()},
            "clip_range": list(self.clip_range),
            "seen_range": list(self.seen_range),
            "cases": self.cases,
            "still_open": self.still_open,
            "own": None if self.own is None else self.own.to_json(),
            "compared": [asdict(one) for one in self.compared],
        }


def horizons_from_json(stored: Mapping[str, Any] | None) -> Horizons | None:
    """Return the horizons that ``to_json`` wrote; None where a target has none."""
    if stored is None:
        return None
    return Horizons(
        primary=stored["primary"],
        further=tuple(stored["further"]),
        grid=tuple(stored["grid"]),
        transitions={
            name: Transition(tuple(m["baseline"]), tuple(m["coefficient"]))
            for name, m in stored["transitions"].items()
        },
        lines={int(w): BetaCalibration(**c) for w, c in stored["lines"].items()},
        clip_range=(stored["clip_range"][0], stored["clip_range"][1]),
        seen_range=(stored["seen_range"][0], stored["seen_range"][1]),
        cases=stored["cases"],
        still_open=stored["still_open"],
        own=OwnOrder.from_json(stored["own"]),
        compared=tuple(OrderComparison(**one) for one in stored["compared"]),
    )


def list_further_horizons(spec: Specification) -> tuple[Horizon, ...]:
    """Return the other horizons of *spec*, soonest first; none if ready."""
    if spec.outcome.rule == "ready":
        return ()
    return tuple(sorted(spec.outcome.other_horizons, key=lambda h: h.weeks))


def list_horizons(spec: Specification) -> tuple[Horizon, ...]:
    """Return the primary horizon among the others of *spec*, soonest first."""
    primary = Horizon(
        weeks=spec.outcome.horizon_weeks, at_least_weeks=spec.outcome.at_least_weeks
    )
    every = (primary, *list_further_horizons(spec))
    return tuple(sorted(every, key=lambda h: h.weeks))


def build_week_grid(spec: Specification) -> tuple[int, ...]:
    """Every horizon, with weeks between them so that no later step is too long."""
    weeks = {
        spec.outcome.horizon_weeks,
        *(h.weeks for h in list_further_horizons(spec)),
    }
    ends = sorted(weeks)
    grid = ends[:1]
    for begin, end in pairwise(ends):
        parts = -(-(end - begin) // MAX_STEP_WEEKS)
        grid += [begin + (end - begin) * n // parts for n in range(1, parts + 1)]
    return tuple(grid)


def steps(grid: tuple[int, ...]) -> list[tuple[int, int]]:
    """(begin, end) of each step in weeks after the clock; the first begins with it."""
    return list(zip((0, *grid), grid, strict=False))


def count_elapsed_weeks(spec: Specification, cases: Table) -> Weeks:
    """Register weeks from the outcome's clock to T0; 0 where cases have no dates."""
    if spec.outcome.clock not in cases or "decision_date" not in cases:
        return np.zeros(len(cases), dtype=np.int64)
    clock = to_monday_days(to_days(cases[spec.outcome.clock]))
    decided = to_monday_days(to_days(cases["decision_date"]))
    weeks: Weeks = np.maximum(decided - clock, 0) // DAYS_IN_WEEK
    return weeks
