"""Everything measured about one set of risks on one set of judged cases."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from riskscreen.disclosure.suppression import FEW, is_small
from riskscreen.disclosure.words import SMALLEST_GROUP
from riskscreen.evaluation.accuracy import base_rate, brier, log_loss, scaled_brier
from riskscreen.evaluation.bootstrap import (
    Bootstrap,
    Counts,
    Statistic,
    observed,
    replicated,
)
from riskscreen.evaluation.calibration_metrics import (
    ERRORS,
    CurvePoint,
    ReliabilityBin,
    calibration_errors,
    calibration_intercept,
    calibration_slope,
    observed_minus_expected,
    reliability_bins,
)
from riskscreen.evaluation.cases import EvaluationCases
from riskscreen.evaluation.discrimination import auc, average_precision
from riskscreen.evaluation.estimate import (
    Estimate,
    Floats,
    bootstrap_estimate,
    named,
    not_available,
)
from riskscreen.evaluation.net_benefit import (
    NetBenefit,
    Rule,
    advantage,
    decision_curve,
)
from riskscreen.evaluation.policy_figures import (
    Capacity,
    PolicyFigures,
    evaluate_policy,
    extra_true_positives,
)

_NEEDS_ONE = {
    "observed_minus_expected": observed_minus_expected,
    "brier": brier,
    "log_loss": log_loss,
}
_NEEDS_BOTH = {
    "scaled_brier": scaled_brier,
    "auc": auc,
    "average_precision": average_precision,
    "calibration_intercept": calibration_intercept,
    "calibration_slope": calibration_slope,
}


@dataclass(frozen=True, slots=True)
class Evaluation:
    """How good a set of risks is, ready for gates, cards and pictures.

    ``evaluation["auc"]`` is an Estimate. Names: mean_risk, base_rate,
    observed_minus_expected, brier, log_loss, scaled_brier, auc, average_precision,
    calibration_intercept, calibration_slope, ici, e50, e90, emax. ``bins`` and
    ``curve`` draw the calibration, ``net_benefit`` the decision curve; ``advantage`` is
    the model's net benefit minus each other strategy's, ``extra_true_positives`` its
    true positives at capacity minus each rule's, both paired.
    """

    n: int
    n_people: int
    figures: tuple[Estimate, ...]
    capacity: PolicyFigures
    rules_at_capacity: Mapping[str, PolicyFigures] = field(default_factory=dict)
    bins: tuple[ReliabilityBin, ...] = ()
    curve: tuple[CurvePoint, ...] = ()
    net_benefit: tuple[NetBenefit, ...] = ()
    advantage: tuple[NetBenefit, ...] = ()
    extra_true_positives: Mapping[str, Estimate] = field(default_factory=dict)
    bootstrap: Bootstrap = field(default_factory=Bootstrap)

    def __getitem__(self, name: str) -> Estimate:
        """The figure of that name; KeyError where there is none."""
        return named(self.figures, name)

    def to_dict(self) -> dict[str, Any]:
        """Everything as JSON can hold it."""
        return {
            "n": self.n,
            "n_people": self.n_people,
            "figures": [f.to_dict() for f in self.figures],
            "capacity": self.capacity.to_dict(),
            "rules_at_capacity": {
                name: found.to_dict() for name, found in self.rules_at_capacity.items()
            },
            "bins": [b.to_dict() for b in self.bins],
            "curve": [p.to_dict() for p in self.curve],
            "net_benefit": [b.to_dict() for b in self.net_benefit],
            "advantage": [b.to_dict() for b in self.advantage],
            "extra_true_positives": {
                k: f.to_dict() for k, f in self.extra_true_positives.items()
            },
            "replicates": self.bootstrap.replicates,
            "seed": self.bootstrap.seed,
        }


def evaluate(
    judged: EvaluationCases,
    risk: ArrayLike,
    *,
    capacity: Capacity | None = None,
    rules: Mapping[str, Rule] | None = None,
    bootstrap: Bootstrap | None = None,
) -> Evaluation:
    """Every figure of *risk* on *judged*, each with a 95 % bootstrap interval.

    *rules* are today's ways of choosing (a flag or a risk per case), compared in net
    benefit and in hits at capacity. Raises TableError where a risk is missing or
    outside 0-1.
    """
    values = judged.validate_risk(risk)
    plan, places = bootstrap or Bootstrap(), capacity or Capacity()
    counts = plan.counts(judged.n, person=judged.person)
    today = {
        name: np.asarray(r).astype(np.float64) for name, r in (rules or {}).items()
    }
    figures, curve = _figures(judged, values, counts)
    return Evaluation(
        n=judged.n,
        n_people=people(judged),
        figures=figures,
        capacity=evaluate_policy(judged, values, places, counts),
        rules_at_capacity={
            name: evaluate_policy(judged, rule, places, counts)
            for name, rule in today.items()
        },
        bins=reliability_bins(judged.long, values),
        curve=curve,
        net_benefit=decision_curve(
            judged, values, counts, rules=today, capacity=capacity
        ),
        advantage=advantage(judged, values, counts, rules=today),
        extra_true_positives={
            name: extra_true_positives(judged, values, rule, places, counts)
            for name, rule in today.items()
        },
        bootstrap=plan,
    )


def quality_figures(
    judged: EvaluationCases, risk: ArrayLike, *, bootstrap: Bootstrap | None = None
) -> tuple[Estimate, ...]:
    """The figures of *risk* alone: no curve, no capacity (quick, for many parts)."""
    values = judged.validate_risk(risk)
    plan = bootstrap or Bootstrap()
    return _basic(judged, values, plan.counts(judged.n, person=judged.person))


def people(judged: EvaluationCases) -> int:
    """How many people stand behind the cases."""
    return judged.n if judged.person is None else len(pd.unique(judged.person))


def figures_table(evaluation: Evaluation) -> pd.DataFrame:
    """One row per figure, capacity included: name, value, low, high, n, note, text.

    ``value``, ``low`` and ``high`` are None, not NaN, where a figure is not available.
    """
    figures = (*evaluation.figures, *evaluation.capacity.figures)
    rows = [f.to_dict() | {"text": f.text()} for f in figures]
    return pd.DataFrame(rows, dtype=object)


def _figures(
    judged: EvaluationCases, risk: Floats, counts: Counts
) -> tuple[tuple[Estimate, ...], tuple[CurvePoint, ...]]:
    basic = _basic(judged, risk, counts)
    if why := _one_sided(judged.long):
        missing = (not_available(name, n=judged.n, why=why) for name in ERRORS)
        return (*basic, *missing), ()
    curved = calibration_errors(judged.long, risk, counts)
    return (*basic, *curved.errors), curved.points


def _basic(
    judged: EvaluationCases, risk: Floats, counts: Counts
) -> tuple[Estimate, ...]:
    long = judged.long
    return (
        *_measures({"mean_risk": partial(base_rate, risk)}, counts, _too_few(long)),
        *_measures({"base_rate": partial(base_rate, long)}, counts, _telling(long)),
        *_measures(_bound(_NEEDS_ONE, long, risk), counts, _telling(long)),
        *_measures(_bound(_NEEDS_BOTH, long, risk), counts, _one_sided(long)),
    )


def _bound(
    measures: Mapping[str, Callable[[Floats, Floats, Floats], Floats]],
    long: Floats,
    risk: Floats,
) -> dict[str, Statistic]:
    return {name: partial(f, long, risk) for name, f in measures.items()}


def _measures(
    measures: Mapping[str, Statistic], counts: Counts, why_not: str
) -> list[Estimate]:
    """A figure for each measure, or none of them for the reason *why_not*."""
    if why_not:
        n = counts.shape[1]
        return [not_available(name, n=n, why=why_not) for name in measures]
    return [_figure(name, f, counts) for name, f in measures.items()]


def _figure(name: str, statistic: Statistic, counts: Counts) -> Estimate:
    n = counts.shape[1]
    value = float(observed(statistic, n))
    return bootstrap_estimate(name, value, replicated(statistic, counts), n=n)


def _too_few(long: Floats) -> str:
    return FEW if len(long) < SMALLEST_GROUP else ""


def _telling(long: Floats) -> str:
    """Why a figure of outcomes would tell of fewer than five people, or nothing."""
    split = [long.sum(), len(long) - long.sum()]
    return FEW if len(long) < SMALLEST_GROUP or is_small(split).any() else ""


def _one_sided(long: Floats) -> str:
    """Why figures that need both outcomes are not available, or nothing."""
    fewest = min(long.sum(), len(long) - long.sum())
    return "" if fewest >= SMALLEST_GROUP else f"{FEW} of one outcome"
