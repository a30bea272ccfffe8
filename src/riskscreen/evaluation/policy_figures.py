"""Evaluate a policy: whom its proposals find, whom they miss, in counts of people."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from riskscreen.disclosure.suppression import FEW, is_small, select_nested_counts
from riskscreen.evaluation.bootstrap import Counts, compute_observed, compute_replicates
from riskscreen.evaluation.cases import EvaluationCases
from riskscreen.evaluation.estimate import Estimate, Floats, bootstrap_estimate
from riskscreen.model.records import Count, Finite, Said, Share

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
NO_PLACES = "no places are stated, so nobody is proposed"


@dataclass(frozen=True, slots=True)
class ProposedCases:
    """Whom a policy proposes of the evaluation cases, and whose places they take.

    ``flags`` is 1 for a proposed case, else 0; ``unit`` numbers the units that places
    are shared in. Each is decided once, on the cases as they came; a bootstrap
    replicate draws people again, flags and all.
    """

    flags: Floats
    unit: NDArray[np.intp]
    words: str = "whoever the policy proposes"

    @classmethod
    def from_flags(
        cls, flags: ArrayLike, *, unit: ArrayLike | None = None, words: str = ""
    ) -> Self:
        """Return proposals by *flags* of any kind; without *unit* all share places."""
        made = np.asarray(flags).astype(np.float64)
        one = np.zeros(len(made), dtype=np.intp)
        units = one if unit is None else np.asarray(unit, dtype=np.intp)
        return cls(made, units, words or "whoever the policy proposes")


def propose_as_many(
    cases: EvaluationCases, score: ArrayLike, proposed: ProposedCases
) -> ProposedCases:
    """Return what another *score* proposes where it may propose as many in each unit.

    The highest scores of each unit over the whole time: the threshold at which the
    other fills the same places. Equal ones are taken in the order of a hash.
    """
    values = np.asarray(score).astype(np.float64)
    unit = proposed.unit
    places = np.bincount(unit, weights=proposed.flags)
    order = np.lexsort((cases.order, -values, unit))
    starts = np.flatnonzero(np.diff(unit[order], prepend=unit[order[0]] - 1))
    first = np.repeat(starts, np.diff(starts, append=cases.n))
    flags = np.empty(cases.n)
    flags[order] = np.arange(cases.n) - first < places[unit[order]]
    return ProposedCases(flags, unit, "as many as the model proposes in each unit")


@dataclass(frozen=True, slots=True)
class PolicyFigures:
    """What the proposals of a policy find, in counts of people.

    ``estimates`` are those of DIGITS: true positives were flagged and became long,
    false negatives became long without a flag, false positives were flagged and did
    not. ``weeks`` is None where there are no dates. ``vacuous`` says that everybody or
    nobody was proposed: the figures then tell nothing of the risks. Nothing is shown
    where one of the counts is of fewer than five people.
    """

    policy: Said
    estimates: Mapping[str, Estimate]
    weeks: Count | None
    vacuous: Literal["everybody", "nobody"] | None = None


def evaluate_policy(
    cases: EvaluationCases, proposed: ProposedCases | None, counts: Counts
) -> PolicyFigures:
    """Return what the *proposed* cases are, with intervals; None where no places."""
    weeks = None if cases.week is None else len(np.unique(cases.week))
    if proposed is None:
        return _not_available(cases, NO_PLACES, NO_PLACES, weeks)

    def statistic(weights: Floats) -> Floats:
        flagged = weights * proposed.flags
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

    value, drawn = (
        compute_observed(statistic, cases.n, cases.weight),
        compute_replicates(statistic, counts, cases.weight),
    )
    flagged, hits, missed, needless = compute_observed(statistic, cases.n)[:4]
    if is_small([hits, missed, needless, cases.n - flagged - missed]).any():
        return _not_available(cases, proposed.words, FEW, weeks)
    estimates = {
        name: bootstrap_estimate(float(v), drawn[:, i], n=cases.n, digits=digits)
        for i, ((name, digits), v) in enumerate(zip(DIGITS.items(), value, strict=True))
    }
    return PolicyFigures(
        proposed.words, estimates, weeks, vacuous=_find_vacuous(proposed.flags)
    )


def evaluate_rule(
    cases: EvaluationCases, flags: NDArray[np.bool_], counts: Counts
) -> PolicyFigures:
    """Return what a rule finds that flags as many as it will, with intervals."""
    words = "everybody whom the rule flags"
    return evaluate_policy(cases, ProposedCases.from_flags(flags, words=words), counts)


def _find_vacuous(flags: Floats) -> Literal["everybody", "nobody"] | None:
    if flags.all():
        return "everybody"
    return None if flags.any() else "nobody"


def _not_available(
    cases: EvaluationCases, policy: str, why: str, weeks: int | None
) -> PolicyFigures:
    nothing = Estimate.unavailable(n=cases.n, why=why)
    return PolicyFigures(policy, dict.fromkeys(DIGITS, nothing), weeks)


def estimate_extra_true_positives(
    cases: EvaluationCases,
    ours: ProposedCases | None,
    theirs: ProposedCases | None,
    counts: Counts,
) -> Estimate:
    """Return how many more become long among our proposals than among theirs.

    Both propose as many; the interval is paired.
    """
    if ours is None or theirs is None:
        return Estimate.unavailable(n=cases.n, why=NO_PLACES)
    gained = (ours.flags - theirs.flags) * cases.long

    def statistic(weights: Floats) -> Floats:
        return weights @ gained

    value = float(compute_observed(statistic, cases.n, cases.weight))
    drawn = compute_replicates(statistic, counts, cases.weight)
    return bootstrap_estimate(value, drawn, n=cases.n, digits=0)


@dataclass(frozen=True, slots=True)
class GainPoint:
    """The share of the long cases found with so many ``places`` a week in all.

    ``chance`` is the share that a draw by lot would find among as many.
    """

    places: Finite
    model: Share
    chance: Share
    is_capacity: bool


GAIN_STEPS = (0.5, 1.0, 1.5, 2.0, 3.0, 4.0)
"""The gain is told at so many times the places."""


def compute_gain_curve(
    cases: EvaluationCases,
    steps: Sequence[tuple[float, ProposedCases]],
    *,
    places: float,
) -> tuple[GainPoint, ...]:
    """Return the gain of each of *steps*: how many places, and who is proposed then.

    *places* are those there are. Empty where nobody became long. Steps whose true or
    false positives would give away fewer than five people are left out.
    """
    if not steps or not cases.long.any():
        return ()
    flags = np.array([step.flags for _, step in steps])
    by_outcome = np.column_stack([cases.long, 1 - cases.long])
    shown = select_nested_counts(flags @ by_outcome, by_outcome.sum(axis=0))
    weight = np.ones(cases.n) if cases.weight is None else cases.weight
    model = flags @ (weight * cases.long) / (weight @ cases.long)
    chance = flags @ weight / weight.sum()
    return tuple(
        GainPoint(
            places=round(at, 2),
            model=float(model[i]),
            chance=float(chance[i]),
            is_capacity=at == places,
        )
        for i, (at, _) in enumerate(steps)
        if shown[i]
    )


@dataclass(frozen=True, slots=True)
class WeeklyProposals:
    """How the weeks of one unit went.

    ``cases`` and ``proposals`` are means a week, ``overrun`` is the share of weeks in
    which more people were proposed than there are places. None of fewer than five.
    """

    unit: Said
    places: Finite
    threshold: Share
    cases: Finite | None
    proposals: Finite | None
    overrun: Share | None


def count_weekly_proposals(
    week: NDArray[np.int64],
    person: NDArray[np.intp],
    flags: NDArray[np.bool_],
    *,
    places: float,
    weeks: int,
) -> tuple[float | None, float | None]:
    """Return the mean number of people proposed a week, and how often it overruns.

    *week* numbers the weeks of all cases, of *weeks* in all, the empty ones too. Both
    are None where fewer than five people were proposed.
    """
    if is_small(len(np.unique(person[flags]))):
        return None, None
    pairs = np.unique(np.column_stack([week[flags], person[flags]]), axis=0)
    each = np.bincount((pairs[:, 0] - week.min()).astype(np.intp), minlength=weeks)
    return float(each.mean()), float((each > places).mean())
