"""Compare two sets of risks on the same cases."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from riskscreen.evaluation.bootstrap import (
    Bootstrap,
    compute_observed,
    compute_replicates,
)
from riskscreen.evaluation.cases import EvaluationCases
from riskscreen.evaluation.estimate import Estimate, Floats, bootstrap_estimate
from riskscreen.evaluation.metrics import auc, brier, log_loss
from riskscreen.model.records import Said

APPROVED = "approved"
"""The approved model's name among the comparators."""
_METRICS = {"auc": auc, "brier": brier, "log_loss": log_loss}


@dataclass(frozen=True, slots=True)
class Comparison:
    """The metrics of *model* minus those of *other*, with paired 95 % intervals.

    ``differences`` are of ``auc``, ``brier`` and ``log_loss``. A higher AUC is better;
    a higher Brier score or log-loss is worse.
    """

    model: Said
    other: Said
    differences: Mapping[str, Estimate]


def compare(
    cases: EvaluationCases,
    risk: ArrayLike,
    other_risk: ArrayLike,
    *,
    names: tuple[str, str] = ("model", "other"),
    bootstrap: Bootstrap | None = None,
) -> Comparison:
    """Return how *risk* differs from *other_risk* in AUC, Brier score and log-loss.

    Both are evaluated in every replicate on the same people, so that what makes a
    replicate hard or easy falls out of the difference. Raises TableError where a risk
    is missing or outside 0-1.
    """
    risks = cases.validate_risk(risk), cases.validate_risk(other_risk)
    counts = (bootstrap or Bootstrap()).draw_counts(cases.n, person=cases.person)

    def statistic(weights: Floats) -> Floats:
        ours, theirs = (
            np.column_stack([f(cases.long, r, weights) for f in _METRICS.values()])
            for r in risks
        )
        return ours - theirs

    value, drawn = (
        compute_observed(statistic, cases.n, cases.weight),
        compute_replicates(statistic, counts, cases.weight),
    )
    differences = {
        name: bootstrap_estimate(float(value[i]), drawn[:, i], n=cases.n, digits=4)
        for i, name in enumerate(_METRICS)
    }
    return Comparison(*names, differences)
