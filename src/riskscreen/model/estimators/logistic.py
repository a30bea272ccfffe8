"""Penalised logistic regression on splines, with shapes the specification can bind."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from threadpoolctl import threadpool_limits

from riskscreen.features.catalogue import Feature
from riskscreen.model.estimators.base import build_monotone_constraints
from riskscreen.model.estimators.design import (
    LEVEL,
    MISSING,
    Design,
    build_design,
    design_from_json,
)
from riskscreen.rounding import round_for_disclosure
from riskscreen.spec import EstimatorSettings as Settings

Numbers = npt.NDArray[np.float64]

HISTORY_SCALE = 0.2
"""How wide a coefficient of a history feature may lie, an intake column's being 1.

The history comes as a hundred features that overlap (the same weeks in several windows
and groups); held like the few columns of the intake, it would drown them. On the
made-up municipality 0.91 of the attainable signal of long_absence with 2,250 cases,
against 0.86 without it, and 0.95 against 0.94 with 11,000
(python benchmarks/history_scale.py).
"""


@dataclass(frozen=True, slots=True)
class LogisticEstimator:
    """Coefficients over a design; columns are centred, so the base is the intercept."""

    design: Design
    coefficients: Numbers
    base: float
    penalty: float
    kind: str = "logistic"

    def round_for_disclosure(self, *, n: int) -> "LogisticEstimator":
        """The estimator as a model's folder may hold it, fitted on *n* cases.

        Columns lie between 0 and 1, so one case moves a coefficient by about 1 / n.
        """
        coefficients = round_for_disclosure(self.coefficients, spread=1, n=n)
        base = float(round_for_disclosure(self.base, spread=1, n=n))
        return replace(self, coefficients=coefficients, base=base)

    def log_odds(self, values: Numbers) -> Numbers:
        """The uncalibrated log-odds, one per row of *values* (rows, features)."""
        return np.asarray(self.base + self.contributions(values).sum(axis=1))

    def contributions(self, values: Numbers) -> Numbers:
        """What each feature adds to the base; its columns are summed."""
        parts = self.design.columns(values) * self.coefficients
        return self.design.per_feature(parts)

    def reference_contributions(self, values: Numbers) -> Numbers:
        """The same: a linear estimator has one way to its contributions."""
        return self.contributions(values)

    def settings(self) -> Mapping[str, Any]:
        """The penalty, on the scale of ``fit_logistic``."""
        return {"penalty": self.penalty, "columns": len(self.coefficients)}

    def as_json(self) -> dict[str, Any]:
        """Everything needed to score, as plain numbers."""
        return {
            "kind": self.kind,
            "design": self.design.as_json(),
            "coefficients": self.coefficients.tolist(),
            "base": self.base,
            "penalty": self.penalty,
        }


def logistic_from_json(stored: Mapping[str, Any]) -> LogisticEstimator:
    """The estimator that ``as_json`` wrote."""
    return LogisticEstimator(
        design=design_from_json(stored["design"]),
        coefficients=np.array(stored["coefficients"], dtype=np.float64),
        base=float(stored["base"]),
        penalty=float(stored["penalty"]),
    )


def fit_logistic(
    values: Numbers,
    long: Any,
    features: tuple[Feature, ...],
    *,
    settings: Settings,
    penalty: float,
) -> LogisticEstimator:
    """The estimator with the lowest Σ log-loss + penalty/2 · Σ (coefficient/scale)².

    The penalty is the precision of a normal belief about a coefficient before any case
    is seen (SD 1/√penalty), so it means the same for any number of cases; the scale is
    1, or HISTORY_SCALE for a feature of the history.
    """
    (fitted,) = fit_logistic_path(
        values, long, features, settings=settings, penalties=(penalty,)
    )
    return fitted


def fit_logistic_path(
    values: Numbers,
    long: Any,
    features: tuple[Feature, ...],
    *,
    settings: Settings,
    penalties: tuple[float, ...],
) -> tuple[LogisticEstimator, ...]:
    """One estimator per penalty, in the order of *penalties*.

    The strongest is fitted first, and each starts the next.
    """
    design = build_design(values, features, knots=settings.spline_knots)
    scale = _scale(design, features)
    columns = design.columns(values) * scale
    y = np.asarray(long, dtype=np.float64)
    bounds = _bounds(design, build_monotone_constraints(features))
    start = np.zeros(columns.shape[1] + 1)
    start[-1] = np.log((y.sum() + 0.5) / (len(y) - y.sum() + 0.5))
    fitted = {}
    # One thread: the sums, and so the model's digest, must not depend on the machine.
    with threadpool_limits(1):
        for penalty in sorted(set(penalties), reverse=True):
            start = _minimum(columns, y, penalty, start, bounds)
            fitted[penalty] = LogisticEstimator(
                design, start[:-1] * scale, float(start[-1]), float(penalty)
            )
    return tuple(fitted[penalty] for penalty in penalties)


def estimate_covariance(
    fitted: LogisticEstimator, values: Numbers, features: tuple[Feature, ...]
) -> Numbers:
    """How far the coefficients (then the base) of *fitted* may be off, squared.

    The inverse of the penalised likelihood's curvature at the fit; *values* are those
    it was fitted on. Bounds of the coefficients are not counted: it errs to the wide.
    """
    scale = np.append(_scale(fitted.design, features), 1.0)
    with threadpool_limits(1):
        made = fitted.design.columns(values)
        risk = 1.0 / (1.0 + np.exp(-(fitted.base + made @ fitted.coefficients)))
        columns = np.column_stack([made, np.ones(len(made))]) * scale
        precision = (columns * (risk * (1 - risk))[:, None]).T @ columns
        held = np.full(len(scale), fitted.penalty)
        held[-1] = 1e-9
        precision[np.diag_indices_from(precision)] += held
        return np.asarray(np.linalg.inv(precision) * np.outer(scale, scale))


def refits(
    fitted: LogisticEstimator,
    values: Numbers,
    long: Any,
    features: tuple[Feature, ...],
    *,
    draws: Iterable[npt.NDArray[np.int64]],
) -> Iterator[LogisticEstimator]:
    """*fitted* anew on each of *draws* (positions of rows, repeats allowed).

    Design and penalty stay: what differs is what the drawn rows say.
    """
    scale = _scale(fitted.design, features)
    columns = fitted.design.columns(values) * scale
    y = np.asarray(long, dtype=np.float64)
    bounds = _bounds(fitted.design, build_monotone_constraints(features))
    start = np.append(fitted.coefficients / scale, fitted.base)
    for drawn in draws:
        with threadpool_limits(1):
            found = _minimum(columns[drawn], y[drawn], fitted.penalty, start, bounds)
        yield replace(fitted, coefficients=found[:-1] * scale, base=float(found[-1]))


def _scale(design: Design, features: tuple[Feature, ...]) -> Numbers:
    """How wide each column's coefficient may lie."""
    of = np.array([1.0 if f.family == "intake" else HISTORY_SCALE for f in features])
    return np.asarray(of[design.feature])


def _bounds(
    design: Design, signs: tuple[int, ...]
) -> list[tuple[float | None, float | None]]:
    """Coefficient bounds that keep a feature's ramps going its direction."""
    allowed: dict[int, tuple[float | None, float | None]] = {
        1: (0.0, None),
        -1: (None, 0.0),
        0: (None, None),
    }
    free = np.isin(design.kind, (LEVEL, MISSING))
    of = np.where(free, 0, np.array(signs, dtype=np.int64)[design.feature])
    return [*(allowed[int(sign)] for sign in of), (None, None)]


def _minimum(
    columns: Numbers,
    y: Numbers,
    penalty: float,
    start: Numbers,
    bounds: list[tuple[float | None, float | None]],
) -> Numbers:
    # Divided by the number of cases, so that the search ends alike for few and many.
    held = penalty / len(y)

    def loss(weights: Numbers) -> tuple[float, Numbers]:
        log_odds = columns @ weights[:-1] + weights[-1]
        risk = 1.0 / (1.0 + np.exp(-log_odds))
        wrong = (risk - y) / len(y)
        slope = np.append(columns.T @ wrong + held * weights[:-1], wrong.sum())
        mean = float(np.mean(np.logaddexp(0.0, log_odds) - y * log_odds))
        return mean + held / 2 * float(weights[:-1] @ weights[:-1]), slope

    found = minimize(
        loss,
        start,
        jac=True,
        method="L-BFGS-B",
        bounds=bounds,
        options={"maxiter": 500, "maxcor": 20, "ftol": 1e-10, "gtol": 1e-6},
    )
    return np.asarray(found.x)
