"""What came of a roll-out: cases by arm as drawn, their outcomes, and the effect."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from itertools import product
from typing import Any

import numpy as np
import pandas as pd

from riskscreen.disclosure.counts import HIDDEN, Shown, ShownCounts
from riskscreen.disclosure.linked_counts import LinkedTable, N, hide_linked
from riskscreen.disclosure.suppression import is_small
from riskscreen.efforts import Efforts
from riskscreen.experiment.effects import Effect, estimate_lot, estimate_steps
from riskscreen.experiment.plan import find_period, find_team, is_drawn, order_teams
from riskscreen.readers.site_file import StatedExperiment
from riskscreen.store.experiments import Draw, FixedPlan

DRAWN, OTHERS = "drawn", "others"
ARMS = (DRAWN, OTHERS)
LONG, NOT_LONG, AHEAD, LOST = "long", "not_long", "ahead", "lost"
OUTCOMES = (LONG, NOT_LONG, AHEAD)
"""What became of a case; whoever left for another reason is not long. *ahead* is an
outcome that the delivery cannot know yet. One that it should and does not is *lost*,
and its case is in no table."""
HELPED, NOT_HELPED = "helped", "not_helped"
HELP = (HELPED, NOT_HELPED)


@dataclass(frozen=True, slots=True)
class Rollout:
    """A roll-out so far. ``effect`` is None, and ``why_not`` says why.

    ``lost`` are the cases of each arm that the delivery does not follow;
    ``as_planned`` says that every draw is what the plan draws of that case again.
    ``is_over`` says that nobody is drawn any more and every outcome is known: before it
    neither the seed is told, which gives the lot away, nor how each arm fares, for who
    could see it could stop when it suits.
    """

    plan: StatedExperiment
    fixed: FixedPlan
    outcomes: ShownCounts
    helped: ShownCounts
    lost: Mapping[str, Shown]
    as_planned: bool
    is_over: bool
    effect: Effect | None = None
    why_not: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return the figures as JSON; "hidden" is of few people."""
        seed = None if self.is_over else {"seed"}
        return {
            "plan": self.plan.model_dump(mode="json", exclude=seed),
            "fixed": asdict(self.fixed) | {"end_date": str(self.fixed.end_date)},
            "outcomes": self.outcomes.to_json() if self.is_over else None,
            "helped": self.helped.to_json(),
            "lost": dict(self.lost),
            "as_planned": self.as_planned,
            "effect": None if self.effect is None else asdict(self.effect),
            "why_not": self.why_not,
        }


def count_rollout(  # noqa: PLR0913  (what was drawn, and what became of it)
    plan: StatedExperiment,
    fixed: FixedPlan,
    draws: Sequence[Draw],
    outcomes: pd.DataFrame,
    efforts: Efforts | None,
    *,
    extract_date: date,
    horizon_weeks: int,
) -> Rollout:
    """Count *draws* by arm, and estimate the effect when the last outcome is known.

    *outcomes* are those of the site's cases (outcomes.derive_outcomes), known after
    *horizon_weeks*. The effect is told once: not before the experiment has ended and
    every outcome is known that will be, for who looks again and again finds something.
    """
    cases = _describe(
        plan,
        draws,
        outcomes,
        efforts,
        until=extract_date,
        followed=extract_date - timedelta(weeks=horizon_weeks),
    )
    lost = {arm: _count_lost(cases, arm) for arm in ARMS}
    cases = cases[cases["outcome"] != LOST]
    every = pd.DataFrame(
        [*product(ARMS, OUTCOMES, HELP)], columns=["arm", "outcome", "help"]
    )
    counted = cases.groupby(["arm", "outcome", "help"]).size().rename(N).reset_index()
    cells = every.merge(counted, how="left").fillna({N: 0})
    cells = cells.assign(**{N: cells[N].astype(int)}, block="all")
    tables = [
        LinkedTable("outcome", "arm", OUTCOMES, ARMS),
        LinkedTable("help", "arm", HELP, ARMS),
    ]
    of_outcomes, of_help = hide_linked(cells, tables, link="arm", block="block")
    as_planned = all(
        of.drawn == is_drawn(plan, of.case_id, of.unit, of.entered_on) for of in draws
    )
    ended = fixed.stopped_at is not None or extract_date > plan.end_date
    is_over = ended and of_outcomes.find_size(AHEAD) == 0
    effect, why = None, ""
    if not as_planned:
        why = "not_as_planned"
    elif not is_over:
        why = "too_early"
    elif any(
        of_outcomes.find(row, arm) in (HIDDEN, 0)
        for row in (LONG, NOT_LONG)
        for arm in ARMS
    ):
        why = "too_few"
    else:
        effect = _estimate(plan, cases)
        why = "" if effect else "too_few"
    return Rollout(
        plan, fixed, of_outcomes, of_help, lost, as_planned, is_over, effect, why
    )


def _count_lost(cases: pd.DataFrame, arm: str) -> Shown:
    n = int(((cases["outcome"] == LOST) & (cases["arm"] == arm)).sum())
    return HIDDEN if is_small(n) else n


def _describe(
    plan: StatedExperiment,
    draws: Sequence[Draw],
    outcomes: pd.DataFrame,
    efforts: Efforts | None,
    *,
    until: date,
    followed: date,
) -> pd.DataFrame:
    """Return a row a draw: arm, outcome and help, and what it is compared within.

    Ahead is what the delivery says is known after *until*, and all that it does not say
    of cases that entered after *followed*.
    """
    ids = [of.case_id for of in draws]
    known = outcomes.drop_duplicates("case_id").set_index("case_id").reindex(ids)
    became = known["outcome"].astype("str").to_numpy(dtype=object)
    days = pd.to_datetime(known["known_on"])
    new = np.array([of.entered_on > followed for of in draws], dtype=bool)
    ahead = (days > pd.Timestamp(until)).to_numpy(dtype=bool) | new
    outcome = np.select(
        [became == "long", np.isin(became, ["not long", "competing event"]), ahead],
        [LONG, NOT_LONG, AHEAD],
        LOST,
    )
    helped = frozenset() if efforts is None else efforts.cases
    return pd.DataFrame(
        {
            "arm": np.where([of.drawn for of in draws], DRAWN, OTHERS),
            "outcome": outcome,
            "help": [HELPED if case in helped else NOT_HELPED for case in ids],
            "unit": [of.unit for of in draws],
            "period": [find_period(plan, of.entered_on) for of in draws],
        }
    )


def _estimate(plan: StatedExperiment, cases: pd.DataFrame) -> Effect | None:
    """Estimate the effect of *cases* whose outcome is known, by arm as drawn."""
    long = (cases["outcome"] == LONG).to_numpy()
    if plan.design == "lot":
        strata = cases.groupby(["unit", "period"]).ngroup()
        return estimate_lot(long, cases["arm"] == DRAWN, strata)
    order = {team: place for place, team in enumerate(order_teams(plan))}
    team = [order[str(find_team(plan, unit))] for unit in cases["unit"]]
    period = cases["period"].to_numpy(dtype=np.int64)
    return estimate_steps(long, np.array(team), period, len(order))
