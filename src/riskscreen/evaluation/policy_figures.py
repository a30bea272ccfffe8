"""Evaluate flagging at a capacity: whom it finds, whom it misses, in people."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from riskscreen.disclosure.suppression import FEW, is_small, select_nested_counts
from riskscreen.evaluation.bootstrap import Counts, compute_observed, compute_replicates
from riskscreen.evaluation.cases import EvaluationCases
from riskscreen.evaluation.estimate import Estimate, Floats, bootstrap_estimate
from riskscreen.model.records import Count, Share

DIGITS = {
    "flagged": 0,
    "true_positives": 0,
    "false_negatives": 0,
    "false_positives": 0,
    "precision": 3,
    "recall": 3,
    "lift": 2,
    "selection_rate": 3,
}
"""The estimates of a policy, and the decimals worth printing of each."""


@dataclass(frozen=True, slots=True)
class Capacity:
    """How many may be flagged: ``per_week`` for the whole site, or a ``share``.

    The week is the ISO week of the decision date, and the number is that of all of
    the site's municipalities and teams together. Cases without dates (a split by
    period) can only be evaluated at a share of all of them.
    """

    per_week: int | None = None
    share: float | None = None

    def describe(self) -> str:
        """Return the capacity as one phrase."""
        if self.per_week is not None:
            return f"the {self.per_week} highest risks of each week, whole site"
        if self.share is not None:
            return f"the highest {self.share:.1%} of risks"
        return "no capacity given"


def select_at_capacity(
    cases: EvaluationCases, risk: Floats, capacity: Capacity
) -> Floats | None:
    """Return 1 for each case that is flagged at *capacity*, else 0, by falling risk.

    Equal risks are taken in the order of a hash. None where the capacity cannot be
    applied: per week without dates, or not given.

    Decided once, on the cases as they came; a bootstrap replicate draws people again,
    flags and all. Were the selection run anew in each, copies of one person would
    compete for a week's places, and counts would lie outside their own intervals.
    """
    return _select(cases, (cases.order, -risk), capacity)


def _select(
    cases: EvaluationCases, keys: tuple[Floats | NDArray[np.uint64], ...], by: Capacity
) -> Floats | None:
    if by.per_week is not None and cases.week is not None:
        week, places = cases.week, float(by.per_week)
    elif by.share is not None:
        week = np.zeros(cases.n, dtype=np.int64)
        places = float(round(by.share * cases.n))
    else:
        return None
    order = np.lexsort((*keys, week))
    starts = np.flatnonzero(np.diff(week[order], prepend=week[order[0]] - 1))
    first = np.repeat(starts, np.diff(starts, append=cases.n))
    selected = np.empty(cases.n)
    selected[order] = np.arange(cases.n) - first < places
    return selected


@dataclass(frozen=True, slots=True)
class PolicyFigures:
    """What flagging by a policy finds, in counts of people.

    ``estimates`` are those of DIGITS: true positives were flagged and became long,
    false negatives became long without a flag, false positives were flagged and did
    not. ``true_positives_worst_case`` is the number of true positives if, of people
    with the same risk at the threshold, those who did not become long had been taken
    first. ``weeks`` is None where there are no dates. Nothing is shown where one of the
    counts is of fewer than five people.
    """

    policy: str
    estimates: Mapping[str, Estimate]
    true_positives_worst_case: Count | None
    weeks: Count | None


def evaluate_policy(
    cases: EvaluationCases, risk: Floats, capacity: Capacity, counts: Counts
) -> PolicyFigures:
    """Return what flagging the highest of *risk* finds at *capacity*, with intervals.

    A rule's flags (0/1) may stand as *risk*.
    """
    selected = select_at_capacity(cases, risk, capacity)
    if selected is None:
        why = "no decision dates" if capacity.per_week else capacity.describe()
        return _not_available(cases, capacity.describe(), why, None)
    worst = _select(cases, (cases.long, -risk), capacity)
    assert worst is not None
    return _evaluate_selected(cases, capacity.describe(), selected, worst, counts)


def evaluate_rule(
    cases: EvaluationCases, flags: NDArray[np.bool_], counts: Counts
) -> PolicyFigures:
    """Return what a rule finds that flags as many as it will, with intervals."""
    selected = flags.astype(np.float64)
    policy = "everybody whom the rule flags"
    return _evaluate_selected(cases, policy, selected, selected, counts)


def _evaluate_selected(
    cases: EvaluationCases,
    policy: str,
    selected: Floats,
    worst: Floats,
    counts: Counts,
) -> PolicyFigures:
    def statistic(weights: Floats) -> Floats:
        flagged = weights * selected
        n, n_long, n_flagged = (
            weights.sum(axis=1),
            weights @ cases.long,
            flagged.sum(axis=1),
        )
        hits = flagged @ cases.long
        with np.errstate(invalid="ignore", divide="ignore"):
            precision, recall = hits / n_flagged, hits / n_long
            lift = precision / (n_long / n)
        missed, needless = n_long - hits, n_flagged - hits
        share = n_flagged / n
        return np.column_stack(
            [n_flagged, hits, missed, needless, precision, recall, lift, share]
        )

    weeks = None if cases.week is None else len(np.unique(cases.week))
    value, drawn = (
        compute_observed(statistic, cases.n),
        compute_replicates(statistic, counts),
    )
    flagged, hits, missed, needless = value[:4]
    if is_small([hits, missed, needless, cases.n - flagged - missed]).any():
        return _not_available(cases, policy, FEW, weeks)
    estimates = {
        name: bootstrap_estimate(float(v), drawn[:, i], n=cases.n, digits=digits)
        for i, ((name, digits), v) in enumerate(zip(DIGITS.items(), value, strict=True))
    }
    return PolicyFigures(policy, estimates, round(float(worst @ cases.long)), weeks)


def _not_available(
    cases: EvaluationCases, policy: str, why: str, weeks: int | None
) -> PolicyFigures:
    nothing = Estimate.unavailable(n=cases.n, why=why)
    return PolicyFigures(policy, dict.fromkeys(DIGITS, nothing), None, weeks)


def estimate_extra_true_positives(
    cases: EvaluationCases,
    risk: Floats,
    rule: Floats,
    capacity: Capacity,
    counts: Counts,
) -> Estimate:
    """Return how many more become long among the model's flags than among the rule's.

    Both have the same places; the interval is paired.
    """
    ours = select_at_capacity(cases, risk, capacity)
    theirs = select_at_capacity(cases, rule, capacity)
    if ours is None or theirs is None:
        return Estimate.unavailable(n=cases.n, why="no decision dates")
    gained = (ours - theirs) * cases.long

    def statistic(weights: Floats) -> Floats:
        return weights @ gained

    value = float(compute_observed(statistic, cases.n))
    return bootstrap_estimate(
        value, compute_replicates(statistic, counts), n=cases.n, digits=0
    )


@dataclass(frozen=True, slots=True)
class GainPoint:
    """The share of the long cases found with so many ``places`` a week.

    ``chance`` is the share that a draw by lot would find.
    """

    places: Count
    model: Share
    chance: Share
    is_capacity: bool


def compute_gain_curve(
    cases: EvaluationCases, risk: Floats, *, per_week: int
) -> tuple[GainPoint, ...]:
    """Return the gain at half, once, twice … the places a week.

    Empty where there are no dates, or nobody became long. Numbers of places whose true
    or false positives would give away fewer than five people are left out.
    """
    steps = sorted({max(1, round(per_week * m)) for m in (0.5, 1, 1.5, 2, 3, 4)})
    found = []
    for places in steps:
        selected = select_at_capacity(cases, risk, Capacity(per_week=places))
        if selected is None or not cases.long.any():
            return ()
        found.append([selected @ cases.long, selected @ (1 - cases.long)])
    totals = np.array([cases.long.sum(), (1 - cases.long).sum()])
    shown = select_nested_counts(found, totals)
    return tuple(
        GainPoint(
            places=places,
            model=float(hits / totals[0]),
            chance=float((hits + needless) / cases.n),
            is_capacity=places == per_week,
        )
        for places, (hits, needless), is_shown in zip(steps, found, shown, strict=True)
        if is_shown
    )
