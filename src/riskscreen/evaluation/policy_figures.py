"""Who is flagged when only so many can be helped, and what that finds and misses."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from riskscreen.disclosure.suppression import FEW, is_small
from riskscreen.evaluation.bootstrap import Counts, observed, replicated
from riskscreen.evaluation.cases import EvaluationCases
from riskscreen.evaluation.estimate import (
    Estimate,
    Floats,
    bootstrap_estimate,
    named,
    not_available,
)

NAMES = (
    "flagged",
    "true_positives",
    "false_negatives",
    "false_positives",
    "precision",
    "recall",
    "lift",
    "flagged_share",
)
DIGITS = (0, 0, 0, 0, 3, 3, 2, 3)
"""Decimals worth printing of each."""


@dataclass(frozen=True, slots=True)
class Capacity:
    """How many may be flagged: ``per_week`` for the whole site, or a ``share``.

    The week is the ISO week of the decision date, and the number is that of all of
    the site's municipalities and teams together. Cases without dates (a split by
    period) can only be judged at a share of all of them.
    """

    per_week: int | None = None
    share: float | None = None

    def words(self) -> str:
        """The capacity as one phrase."""
        if self.per_week is not None:
            return f"the {self.per_week} highest risks of each week, whole site"
        if self.share is not None:
            return f"the highest {self.share:.1%} of risks"
        return "no capacity given"


@dataclass(frozen=True, slots=True)
class Queue:
    """Who gets a place: ``once`` is 1 for each case that is flagged, else 0.

    Decided once, on the cases as they came. A bootstrap replicate draws people again,
    flags and all: were the queue run anew in each, copies of one person would compete
    for a week's places, and counts would lie outside their own intervals.
    """

    once: Floats

    def flagged(self, weights: Floats) -> Floats:
        """How many of each case's copies are flagged, shaped as *weights*."""
        return weights * self.once


def queue(judged: EvaluationCases, risk: Floats, capacity: Capacity) -> Queue | None:
    """The order of help by falling risk; equal risks in the order of a hash.

    None where the capacity cannot be applied: per week without dates, or not given.
    """
    return _queue(judged, (judged.order, -risk), capacity)


def _queue(
    judged: EvaluationCases, keys: tuple[NDArray[Any], ...], capacity: Capacity
) -> Queue | None:
    if capacity.per_week is not None and judged.week is not None:
        week, places = judged.week, float(capacity.per_week)
    elif capacity.share is not None:
        week = np.zeros(judged.n, dtype=np.int64)
        places = float(round(capacity.share * judged.n))
    else:
        return None
    place = np.lexsort((*keys, week))
    starts = np.flatnonzero(np.diff(week[place], prepend=week[place[0]] - 1))
    first = np.repeat(starts, np.diff(starts, append=judged.n))
    once = np.empty(judged.n)
    once[place] = np.arange(judged.n) - first < places
    return Queue(once)


@dataclass(frozen=True, slots=True)
class PolicyFigures:
    """What flagging at capacity finds, in counts of people.

    ``true_positives`` were flagged and became long, ``false_negatives`` became long
    without a flag, ``false_positives`` were flagged and did not.
    ``true_positives_worst_case`` is the number of true positives if, of people with the
    same risk at the threshold, those who did not become long had been taken first.
    ``weeks`` is None where there are no dates. Nothing is shown where one of the counts
    is of fewer than five people.
    """

    words: str
    figures: tuple[Estimate, ...]
    true_positives_worst_case: int | None
    weeks: int | None

    def __getitem__(self, name: str) -> Estimate:
        """The figure of that name; KeyError where there is none."""
        return named(self.figures, name)

    def to_dict(self) -> dict[str, Any]:
        """The fields as JSON can hold them."""
        return {
            "words": self.words,
            "figures": [f.to_dict() for f in self.figures],
            "true_positives_worst_case": self.true_positives_worst_case,
            "weeks": self.weeks,
        }


def evaluate_policy(
    judged: EvaluationCases, risk: Floats, capacity: Capacity, counts: Counts
) -> PolicyFigures:
    """Hits, misses and needless flags at *capacity*, each with its interval.

    A rule's flags (0/1) may stand as *risk*.
    """
    line = queue(judged, risk, capacity)
    if line is None:
        why = "no decision dates" if capacity.per_week else capacity.words()
        return _not_judged(judged, capacity, why, None)

    weeks = None if judged.week is None else len(np.unique(judged.week))
    figures = _counted(judged, line, counts)
    if figures is None:
        return _not_judged(judged, capacity, FEW, weeks)
    return PolicyFigures(
        capacity.words(), figures, _worst_case(judged, risk, capacity), weeks
    )


def evaluate_rule(
    judged: EvaluationCases, flags: NDArray[np.bool_], counts: Counts
) -> PolicyFigures:
    """Hits, misses and needless flags of a rule that flags as many as it will."""
    line, whoever = Queue(flags.astype(np.float64)), Capacity()
    weeks = None if judged.week is None else len(np.unique(judged.week))
    figures = _counted(judged, line, counts)
    if figures is None:
        return _not_judged(judged, whoever, FEW, weeks)
    hits = round(float(judged.long[flags].sum()))
    return PolicyFigures("everybody whom the rule flags", figures, hits, weeks)


def _counted(
    judged: EvaluationCases, line: Queue, counts: Counts
) -> tuple[Estimate, ...] | None:
    """The figures of NAMES; None where one of the counts is of too few people."""

    def statistic(weights: Floats) -> Floats:
        return _found(judged.long, line.flagged(weights), weights)

    value, drawn = observed(statistic, judged.n), replicated(statistic, counts)
    if is_small(_people(value, judged.n)).any():
        return None
    return tuple(
        bootstrap_estimate(
            name, float(value[i]), drawn[:, i], n=judged.n, digits=DIGITS[i]
        )
        for i, name in enumerate(NAMES)
    )


def _people(found: Floats, n: int) -> Floats:
    """Hits, misses, needless flags and rightly spared, each a number of people."""
    named = dict(zip(NAMES, found, strict=True))
    hits, misses, needless = (
        named[k] for k in ("true_positives", "false_negatives", "false_positives")
    )
    return np.array([hits, misses, needless, n - hits - misses - needless])


def _not_judged(
    judged: EvaluationCases, capacity: Capacity, why: str, weeks: int | None
) -> PolicyFigures:
    figures = tuple(not_available(name, n=judged.n, why=why) for name in NAMES)
    return PolicyFigures(capacity.words(), figures, None, weeks)


def extra_true_positives(
    judged: EvaluationCases,
    risk: Floats,
    rule: Floats,
    capacity: Capacity,
    counts: Counts,
) -> Estimate:
    """How many more become long among the model's flags than among the rule's.

    Both have the same places; the interval is paired.
    """
    ours, theirs = queue(judged, risk, capacity), queue(judged, rule, capacity)
    if ours is None or theirs is None:
        return not_available(
            "extra_true_positives", n=judged.n, why="no decision dates"
        )

    def statistic(weights: Floats) -> Floats:
        return (ours.flagged(weights) - theirs.flagged(weights)) @ judged.long

    value = float(observed(statistic, judged.n))
    drawn = replicated(statistic, counts)
    return bootstrap_estimate(
        "extra_true_positives", value, drawn, n=judged.n, digits=0
    )


def _found(long: Floats, flagged: Floats, weights: Floats) -> Floats:
    """The columns of NAMES for each row of *weights*."""
    n, n_long, n_flagged = weights.sum(axis=1), weights @ long, flagged.sum(axis=1)
    hits = flagged @ long
    with np.errstate(invalid="ignore", divide="ignore"):
        precision, recall = hits / n_flagged, hits / n_long
        lift = precision / (n_long / n)
    needless, misses = n_flagged - hits, n_long - hits
    return np.column_stack(
        [n_flagged, hits, misses, needless, precision, recall, lift, n_flagged / n]
    )


def _worst_case(judged: EvaluationCases, risk: Floats, capacity: Capacity) -> int:
    line = _queue(judged, (judged.long, -risk), capacity)
    assert line is not None
    flagged = line.flagged(np.ones((1, judged.n)))[0]
    return round(float(flagged @ judged.long))


def gain_curve(
    judged: EvaluationCases, risk: Floats, *, per_week: int
) -> list[dict[str, Any]]:
    """The share of the long cases found with half, once, twice … the places a week.

    One entry per number of places: ``places``, ``model`` and ``chance`` (the share a
    draw by lot would find), ``is_capacity``. Empty where there are no dates; numbers
    that find, or leave out, fewer than five long cases are skipped.
    """
    steps = sorted({max(1, round(per_week * m)) for m in (0.5, 1, 1.5, 2, 3, 4)})
    everyone = np.ones((1, judged.n))
    rows = []
    for places in steps:
        line = queue(judged, risk, Capacity(per_week=places))
        if line is None or not judged.long.sum():
            return []
        flagged = line.flagged(everyone)[0]
        hits = flagged @ judged.long
        if is_small([hits, judged.long.sum() - hits]).any():
            continue
        rows.append(
            {
                "places": places,
                "model": float(hits / judged.long.sum()),
                "chance": float(flagged.sum() / judged.n),
                "is_capacity": places == per_week,
            }
        )
    return rows
