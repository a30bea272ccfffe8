"""What a model's performance should be by its own risks, before any outcome is known.

Confidence-based performance estimation: where risks are calibrated, each case is long
with its risk as probability, and every figure follows (Kivimäki, Białek, Nurminen &
Kuberski 2025, "Confidence-based estimators for predictive performance in model
monitoring", JAIR 82). It sees that other people come in. It is blind to concept drift:
where the same people fare otherwise than before, the risks are wrong and so is what
follows from them.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import expit, logit

from riskscreen.disclosure.words import SMALLEST_GROUP
from riskscreen.evaluation.metrics import auc, brier
from riskscreen.model.records import Finite, Said
from riskscreen.monitoring.bounds import CALIBRATION_TOLERANCE

Numbers = npt.NDArray[np.float64]

DRAWS = 400
SLOPE_ERROR = 0.05
"""How far the slope of the risks may be off (our judgement): about the standard error
of one that some thousands of cases gave. Fewer cases leave it open by more."""
ENDS = (5.0, 95.0)
"""Percentiles of the draws: nine of ten times what is seen lies between them."""

_FIGURES = {"auc": auc, "brier": brier}


@dataclass(frozen=True, slots=True)
class Expected:
    """A figure to be expected, and the 90 % interval of what will be seen."""

    value: Finite
    low: Finite
    high: Finite


@dataclass(frozen=True, slots=True)
class ExpectedQuarter:
    """What is to be expected of the cases of a quarter; nothing where they are few."""

    quarter: Said
    figures: Mapping[str, Expected]


def expect_figures(risk: Numbers, *, seed: int = 0) -> dict[str, Expected]:
    """Return the share of long cases, AUC and Brier score to be expected of *risk*.

    Each case stands twice: as long with its risk for weight, and as not long with the
    rest, so that the figures are those of the evaluation. Outcomes drawn by the risks,
    their level give or take the tolerance of calibration and their slope its error,
    give the interval. Nothing where fewer than five of either kind are to be expected.
    """
    if min(risk.sum(), (1 - risk).sum()) < SMALLEST_GROUP:
        return {}
    n, draw = len(risk), np.random.default_rng(seed)
    long, twice = np.repeat([1.0, 0.0], n), np.tile(risk, 2)
    # Level and slope of the risks are themselves known to about this much.
    level = draw.normal(0.0, CALIBRATION_TOLERANCE, (DRAWS, 1))
    slope = draw.normal(1.0, SLOPE_ERROR, (DRAWS, 1))
    mean = logit(risk.mean())
    truth = expit(mean + slope * (logit(risk) - mean)) + level
    drawn = draw.random((DRAWS, n)) < truth
    weights = np.hstack([drawn, ~drawn]).astype(np.float64)
    both = np.concatenate([risk, 1 - risk])[None, :]
    found = {"base_rate": _bound(float(risk.mean()), drawn.mean(axis=1))}
    for name, metric in _FIGURES.items():
        value = float(metric(long, twice, both)[0])
        found[name] = _bound(value, metric(long, twice, weights))
    return found


def expect_by_quarter(
    risk: Numbers, quarters: npt.NDArray[np.str_]
) -> tuple[ExpectedQuarter, ...]:
    """Return what is to be expected of the cases of each quarter, by time."""
    found = []
    for quarter in np.unique(quarters):
        of = risk[quarters == quarter]
        figures = expect_figures(of)
        found.append(ExpectedQuarter(str(quarter), figures))
    return tuple(found)


def _bound(value: float, drawn: Numbers) -> Expected:
    low, high = np.nanpercentile(drawn, ENDS)
    return Expected(value, float(low), float(high))
