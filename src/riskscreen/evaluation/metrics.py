"""Evaluate one set of risks: discrimination, accuracy, calibration, policy, benefit.

A metric is a function of outcomes, risks and weights (replicates, cases) that returns
one value per replicate, and is named as its estimate is.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial

import numpy as np
from numpy.typing import ArrayLike, NDArray

from riskscreen.disclosure.suppression import FEW, is_small
from riskscreen.disclosure.words import SMALLEST_GROUP
from riskscreen.evaluation.bootstrap import (
    Bootstrap,
    Counts,
    compute_observed,
    compute_replicates,
)
from riskscreen.evaluation.calibration_metrics import (
    CURVE_ERRORS,
    CurvePoint,
    ReliabilityBin,
    build_reliability_bins,
    calibration_intercept,
    calibration_slope,
    fit_calibration_curve,
    observed_minus_expected,
)
from riskscreen.evaluation.cases import EvaluationCases
from riskscreen.evaluation.estimate import Estimate, Floats, bootstrap_estimate
from riskscreen.evaluation.net_benefit import (
    NetBenefit,
    Rule,
    compare_net_benefit,
    estimate_net_benefit,
)
from riskscreen.evaluation.policy_figures import (
    PolicyFigures,
    ProposedCases,
    estimate_extra_true_positives,
    evaluate_policy,
    propose_as_many,
)
from riskscreen.model.events import count_rarer
from riskscreen.model.records import Count

SMALLEST_RISK = 1e-12
"""A risk of 0 or 1 that errs would cost an infinite log-loss; it counts as this."""


def auc(long: Floats, risk: Floats, weights: Floats) -> Floats:
    """Return the area under the ROC curve in each row of *weights*.

    The share of pairs (long, not long) that the risk puts in the right order; a tie
    counts half. NaN where a replicate lacks one of the outcomes.
    """
    up, starts = _sort_with_ties(risk)
    drawn = weights[:, up]
    n_long = _sum_ties(drawn * long[up], starts)
    n_not = _sum_ties(drawn, starts) - n_long
    below = np.cumsum(n_not, axis=1) - n_not
    pairs = n_long.sum(axis=1) * n_not.sum(axis=1)
    return _divide((n_long * (below + n_not / 2)).sum(axis=1), pairs)


def average_precision(long: Floats, risk: Floats, weights: Floats) -> Floats:
    """Return the step-wise area under the precision-recall curve.

    The mean, over long cases, of the precision among all cases at or above their risk
    (scikit-learn's definition). NaN where a replicate has no long case.
    """
    up, starts = _sort_with_ties(-risk)
    drawn = weights[:, up]
    n_long = _sum_ties(drawn * long[up], starts)
    n_all = np.cumsum(_sum_ties(drawn, starts), axis=1)
    precision = _divide(np.cumsum(n_long, axis=1), n_all)
    # Nobody drawn yet at the top: such a step holds no long case and weighs nothing.
    stepped = np.where(n_long > 0, n_long * precision, 0.0)
    return _divide(stepped.sum(axis=1), n_long.sum(axis=1))


def brier(long: Floats, risk: Floats, weights: Floats) -> Floats:
    """Return the mean squared distance between risk and outcome (Brier 1950)."""
    return weighted_mean((risk - long) ** 2, weights)


def scaled_brier(long: Floats, risk: Floats, weights: Floats) -> Floats:
    """Return 1 - Brier / Brier of the base rate of the same cases.

    1 is perfect, 0 no better than the base rate for everybody; below 0 is worse. NaN
    where all outcomes are alike (Steyerberg et al. 2010,
    doi 10.1097/EDE.0b013e3181c30fb2).
    """
    base = weighted_mean(long, weights)
    return 1 - _divide(brier(long, risk, weights), base * (1 - base))


def log_loss(long: Floats, risk: Floats, weights: Floats) -> Floats:
    """Return the mean negative log-likelihood of the outcomes, in nats."""
    clipped = risk.clip(SMALLEST_RISK, 1 - SMALLEST_RISK)
    losses = -np.where(long == 1, np.log(clipped), np.log1p(-clipped))
    return weighted_mean(losses, weights)


def weighted_mean(values: Floats, weights: Floats) -> Floats:
    """Return the mean of *values* (cases) in each row of *weights*."""
    mean: Floats = weights @ values / weights.sum(axis=1)
    return mean


def _sort_with_ties(values: Floats) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the ascending order, and where each run of equal values begins."""
    up = np.argsort(values, kind="stable")
    steps = np.flatnonzero(np.diff(values[up])) + 1
    return up, np.concatenate([[0], steps])


def _sum_ties(drawn: Floats, starts: NDArray[np.intp]) -> Floats:
    """Return the sums of *drawn* (replicates, cases) over runs that begin at *starts*.

    Most risks are no two cases' own: then there is nothing to add.
    """
    if len(starts) == drawn.shape[1]:
        return drawn
    return np.asarray(np.add.reduceat(drawn, starts, axis=1))


def _divide(above: Floats, below: Floats) -> Floats:
    """Return *above* / *below*, NaN where there is nothing to divide by."""
    ratio = np.full(above.shape, np.nan)
    np.divide(above, below, out=ratio, where=below > 0)
    return ratio


_NEED_OUTCOMES = {
    "observed_minus_expected": observed_minus_expected,
    "brier": brier,
    "log_loss": log_loss,
}
_NEED_BOTH_OUTCOMES = {
    "scaled_brier": scaled_brier,
    "auc": auc,
    "average_precision": average_precision,
    "calibration_intercept": calibration_intercept,
    "calibration_slope": calibration_slope,
}


@dataclass(frozen=True, slots=True)
class Evaluation:
    """How good a set of risks is, ready for gates, cards and plots.

    ``estimates`` are mean_risk, base_rate, observed_minus_expected, brier, log_loss,
    scaled_brier, auc, average_precision, calibration_intercept, calibration_slope, ici,
    e50, e90 and emax. ``bins`` and ``curve`` draw the calibration, ``net_benefit`` the
    decision curve; ``net_benefit_difference`` is the model's minus each other
    strategy's, ``extra_true_positives`` its true positives at capacity minus each
    rule's, both paired.
    """

    n: Count
    n_people: Count
    estimates: Mapping[str, Estimate]
    capacity: PolicyFigures
    rules_at_capacity: Mapping[str, PolicyFigures] = field(default_factory=dict)
    bins: tuple[ReliabilityBin, ...] = ()
    curve: tuple[CurvePoint, ...] = ()
    net_benefit: tuple[NetBenefit, ...] = ()
    net_benefit_difference: tuple[NetBenefit, ...] = ()
    extra_true_positives: Mapping[str, Estimate] = field(default_factory=dict)
    bootstrap: Bootstrap = field(default_factory=Bootstrap)


def evaluate_risk(
    cases: EvaluationCases,
    risk: ArrayLike,
    *,
    proposed: ProposedCases | None = None,
    rules: Mapping[str, Rule] | None = None,
    bootstrap: Bootstrap | None = None,
) -> Evaluation:
    """Return every estimate of *risk* on *cases*, each with a 95 % bootstrap interval.

    *rules* are today's ways of choosing (a flag or a risk per case), compared in net
    benefit and in true positives at capacity. Raises TableError where a risk is missing
    or outside 0-1.
    """
    values, long = cases.validate_risk(risk), cases.long
    plan = bootstrap or Bootstrap()
    counts = plan.draw_counts(cases.n, person=cases.person)
    today = {
        name: np.asarray(r).astype(np.float64) for name, r in (rules or {}).items()
    }
    theirs = {
        name: None if proposed is None else propose_as_many(cases, rule, proposed)
        for name, rule in today.items()
    }
    estimates = _estimate_metrics(long, values, counts, cases.weight)
    curve: tuple[CurvePoint, ...] = ()
    if why := _why_one_sided(long):
        missing = Estimate.unavailable(n=cases.n, why=why)
        estimates |= dict.fromkeys(CURVE_ERRORS, missing)
    else:
        fitted = fit_calibration_curve(long, values, counts, cases.weight)
        estimates |= fitted.errors
        curve = fitted.points
    return Evaluation(
        n=cases.n,
        n_people=cases.n_people,
        estimates=estimates,
        capacity=evaluate_policy(cases, proposed, counts),
        rules_at_capacity={
            name: evaluate_policy(cases, taken, counts)
            for name, taken in theirs.items()
        },
        bins=build_reliability_bins(long, values, weight=cases.weight),
        curve=curve,
        net_benefit=estimate_net_benefit(
            cases, values, counts, rules=today, proposed=proposed
        ),
        net_benefit_difference=compare_net_benefit(cases, values, counts, rules=today),
        extra_true_positives={
            name: estimate_extra_true_positives(cases, proposed, taken, counts)
            for name, taken in theirs.items()
        },
        bootstrap=plan,
    )


def estimate_metrics(
    cases: EvaluationCases, risk: ArrayLike, *, bootstrap: Bootstrap | None = None
) -> dict[str, Estimate]:
    """Return the metrics of *risk* alone: no curve, no capacity (quick, for subgroups).

    Raises TableError where a risk is missing or outside 0-1.
    """
    values = cases.validate_risk(risk)
    counts = (bootstrap or Bootstrap()).draw_counts(cases.n, person=cases.person)
    return _estimate_metrics(cases.long, values, counts, cases.weight)


def estimate_pooled(
    cases: EvaluationCases, risk: ArrayLike, *, bootstrap: Bootstrap | None = None
) -> dict[str, Estimate]:
    """Return the metrics and the ICI of *risk*: what the gates read of pooled periods.

    No ICI where few have one of the outcomes.
    """
    values = cases.validate_risk(risk)
    counts = (bootstrap or Bootstrap()).draw_counts(cases.n, person=cases.person)
    found = _estimate_metrics(cases.long, values, counts, cases.weight)
    if why := _why_one_sided(cases.long):
        return {**found, "ici": Estimate.unavailable(n=cases.n, why=why)}
    curve = fit_calibration_curve(cases.long, values, counts, cases.weight)
    return {**found, "ici": curve.errors["ici"]}


def estimate_auc(
    cases: EvaluationCases, score: Floats, *, bootstrap: Bootstrap | None = None
) -> Estimate:
    """Return the AUC of *score*, of any scale, with its 95 % bootstrap interval."""
    long, n = cases.long, cases.n
    if why := _why_one_sided(long):
        return Estimate.unavailable(n=n, why=why)
    metric = partial(auc, long, score)
    counts = (bootstrap or Bootstrap()).draw_counts(n, person=cases.person)
    drawn = compute_replicates(metric, counts, cases.weight)
    value = float(compute_observed(metric, n, cases.weight))
    return bootstrap_estimate(value, drawn, n=n)


def estimate_signal_share(
    cases: EvaluationCases,
    wholes: tuple[Floats, ...],
    *,
    alone: Floats,
    without: Floats,
) -> Estimate:
    """Return a column's share of a model's signal, with its 95 % bootstrap interval.

    A signal is (AUC − ½)², that of the whole the best of *wholes*. The share is the
    mean of what the column has *alone* and what is lost *without* it; all are scores
    of *cases*, of any scale. 0 where there is no signal.
    """
    long, n = cases.long, cases.n
    if why := _why_one_sided(long):
        return Estimate.unavailable(n=n, why=why)

    def share(weights: Floats) -> Floats:
        whole, first, rest = (
            np.max([auc(long, s, weights) - 0.5 for s in scores], axis=0).clip(0) ** 2
            for scores in (wholes, (alone,), (without,))
        )
        lost = 1 - np.divide(rest, whole, out=np.ones_like(whole), where=whole != 0)
        has = np.divide(first, whole, out=np.zeros_like(whole), where=whole != 0)
        mean: Floats = (has.clip(max=1) + lost.clip(0)) / 2
        return mean

    counts = Bootstrap().draw_counts(n, person=cases.person)
    drawn = compute_replicates(share, counts, cases.weight)
    value = float(compute_observed(share, n, cases.weight))
    return bootstrap_estimate(value, drawn, n=n, digits=2)


def _estimate_metrics(
    long: Floats, risk: Floats, counts: Counts, weight: Floats | None
) -> dict[str, Estimate]:
    few = FEW if len(long) < SMALLEST_GROUP else ""
    split = [long.sum(), len(long) - long.sum()]
    few_outcomes = FEW if few or is_small(split).any() else ""
    metrics = {
        "mean_risk": (partial(weighted_mean, risk), few),
        "base_rate": (partial(weighted_mean, long), few_outcomes),
    }
    for table, why_not in (
        (_NEED_OUTCOMES, few_outcomes),
        (_NEED_BOTH_OUTCOMES, _why_one_sided(long)),
    ):
        metrics |= {
            name: (partial(f, long, risk), why_not) for name, f in table.items()
        }
    n = len(long)
    return {
        name: Estimate.unavailable(n=n, why=why_not)
        if why_not
        else bootstrap_estimate(
            float(compute_observed(metric, n, weight)),
            compute_replicates(metric, counts, weight),
            n=n,
        )
        for name, (metric, why_not) in metrics.items()
    }


def _why_one_sided(long: Floats) -> str:
    """Return why metrics that need both outcomes are not available, or nothing."""
    return "" if count_rarer(long) >= SMALLEST_GROUP else f"{FEW} of one outcome"
