"""Penalised logistic regression on splines, with shapes the specification can bind."""

import warnings
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from riskscreen.features.catalogue import Feature
from riskscreen.model.estimators.base import (
    RiskEstimator,
    build_monotone_constraints,
    mark_fitted,
)
from riskscreen.model.estimators.design import (
    LEVEL,
    MISSING,
    RAMP,
    Design,
    DesignMatrix,
    build_design,
    split_rows,
)
from riskscreen.model.events import count_rarer
from riskscreen.model.irls import hold_one_thread
from riskscreen.model.records import check_record
from riskscreen.model.stored_model import LogisticRecord, build_misfit_error
from riskscreen.rounding import round_for_disclosure

Numbers = npt.NDArray[np.float64]

HISTORY_SCALE = 0.2
"""How wide a coefficient of a history feature may lie, an intake column's being 1.

The history comes as a hundred features that overlap (the same weeks in several windows
and groups); held like the few columns of the intake, it would drown them. On the
synthetic municipality 0.91 of the attainable signal of long_absence with 2,250 cases,
against 0.86 without it, and 0.95 against 0.94 with 11,000
(python benchmarks/history_scale.py).
"""

_MOST_ROUNDS = 500


class LogisticEstimator(RiskEstimator):
    """A ridge-penalised logistic regression on a piecewise-linear basis.

    The fit has the lowest Σ weight · log-loss + penalty/2 · Σ ((coefficient -
    centre)/scale)². The penalty is the precision of a Gaussian prior of each
    coefficient (SD 1/√penalty), so it means the same for any number of cases; the scale
    is 1, or HISTORY_SCALE for a feature of the history; the centre is 0, but for a risk
    that is corrected (centre_columns). ``spline_knots`` are the inner knots of a
    number's basis, fewer where cases are few (limit_knots).

    A fit leaves ``design_``, ``coefficients_`` (one per column of the design, which are
    centred) and ``intercept_``.
    """

    kind = "logistic"
    design_: Design
    coefficients_: Numbers
    intercept_: float

    def __init__(
        self,
        *,
        penalty: float = 10.0,
        spline_knots: int = 4,
        features: tuple[Feature, ...] | None = None,
    ) -> None:
        self.penalty = penalty
        self.spline_knots = spline_knots
        self.features = features

    def fit(self, X: Any, y: Any, case_weight: Any = None) -> Self:
        """Fit the coefficients; directions bound the shape of their feature."""
        (fitted,) = self.fit_path(X, y, case_weight, penalties=(self.penalty,))
        self.__dict__.update(fitted.__dict__)
        return self

    def fit_path(
        self, X: Any, y: Any, case_weight: Any = None, *, penalties: tuple[float, ...]
    ) -> tuple[Self, ...]:
        """Return one fitted estimator per penalty, in the order of *penalties*.

        The strongest is fitted first, and each starts the next.
        """
        X, y = self.validate_training(X, y)
        weights = self.validate_weights(case_weight, X)
        knots = limit_knots(self.spline_knots, y)
        design = build_design(X, self.features_, knots=knots)
        scale = scale_columns(design, self.features_)
        columns = design.columns(X) * scale
        bounds = _bounds(design, build_monotone_constraints(self.features_))
        centre = centre_columns(design, self.features_) / scale
        start = np.append(centre, 0.0)
        n, n_long = _count(y, weights)
        start[-1] = np.log((n_long + 0.5) / (n - n_long + 0.5))
        fitted = {}
        with hold_one_thread():
            for penalty in sorted(set(penalties), reverse=True):
                prior = penalty, centre
                start = _minimum(columns, (y, weights), prior, start, bounds)
                fitted[penalty] = self.with_attributes(
                    penalty=penalty,
                    design_=design,
                    coefficients_=start[:-1] * scale,
                    intercept_=float(start[-1]),
                )
        return tuple(fitted[penalty] for penalty in penalties)

    @property
    def base(self) -> float:
        """The intercept: columns are centred."""
        return float(self.intercept_)

    def contributions(self, X: Any) -> Numbers:
        """Return what each feature adds to the base; its columns are summed."""
        values = self.validate_values(X)
        return self._sum_columns(self.design_.columns(values))

    def compute_contributions(self, X: Any, matrix: DesignMatrix | None) -> Numbers:
        """Return the contributions; no columns are made where *matrix* has them."""
        if matrix is None or not self.design_.equals(matrix.design):
            return self.contributions(X)
        self.validate_values(X)
        return self._sum_columns(matrix.columns)

    def round_for_disclosure(self, *, n: int) -> Self:
        """Return the estimator as a model's folder may hold it, fitted on *n* cases.

        Columns lie between 0 and 1, so one case moves a coefficient by about 1 / n.
        """
        return self.with_attributes(
            coefficients_=round_for_disclosure(self.coefficients_, spread=1, n=n),
            intercept_=float(round_for_disclosure(self.intercept_, spread=1, n=n)),
        )

    def estimate_covariance(self, X: Any, case_weight: Any = None) -> Numbers:
        """Return the covariance of the coefficients, the intercept's last.

        The inverse of the penalised likelihood's curvature at the fit; X are the cases
        it was fitted to, by *case_weight*. Bounds of the coefficients are not
        counted: it errs to the wide.
        """
        scale = np.append(scale_columns(self.design_, self.features_), 1.0)
        with hold_one_thread():
            X = self.validate_values(X)
            weights = self.validate_weights(case_weight, X)
            made = self.design_.columns(X)
            log_odds = self.intercept_ + made @ self.coefficients_
            risk = 1.0 / (1.0 + np.exp(-log_odds))
            columns = np.column_stack([made, np.ones(len(made))]) * scale
            spread = risk * (1 - risk)
            if weights is not None:
                spread = spread * weights
            precision = (columns * spread[:, None]).T @ columns
            prior = np.full(len(scale), float(self.penalty))
            prior[-1] = 1e-9
            precision[np.diag_indices_from(precision)] += prior
            return np.asarray(np.linalg.inv(precision) * np.outer(scale, scale))

    def refit_on_draws(
        self,
        X: Any,
        y: Any,
        draws: Iterable[npt.NDArray[np.int64]],
        case_weight: Any = None,
    ) -> Iterator[Self]:
        """Yield the estimator fitted anew to each of *draws* of the rows of X and *y*.

        A draw is positions of rows, repeats allowed. Design and penalty stay: what
        differs is what the drawn rows say.
        """
        scale = scale_columns(self.design_, self.features_)
        X = self.validate_values(X)
        weights = self.validate_weights(case_weight, X)
        columns = self.design_.columns(X) * scale
        y = np.asarray(y, dtype=np.float64)
        bounds = _bounds(self.design_, build_monotone_constraints(self.features_))
        prior = self.penalty, centre_columns(self.design_, self.features_) / scale
        start = np.append(self.coefficients_ / scale, self.intercept_)
        for drawn in draws:
            with hold_one_thread():
                own = None if weights is None else weights[drawn]
                outcomes = y[drawn], own
                found = _minimum(columns[drawn], outcomes, prior, start, bounds)
            yield self.with_attributes(
                coefficients_=found[:-1] * scale, intercept_=float(found[-1])
            )

    def _sum_columns(self, columns: Numbers) -> Numbers:
        """Add up *columns* (cases, columns) times their coefficients by feature."""
        total = np.empty((len(columns), self.design_.features))
        for rows in split_rows(len(columns)):
            parts = columns[rows] * self.coefficients_
            total[rows] = self.design_.per_feature(parts)
        return total

    def to_json(self) -> dict[str, Any]:
        """Return everything needed to score, as plain numbers."""
        return {
            "kind": self.kind,
            "design": self.design_.to_json(),
            "coefficients": self.coefficients_.tolist(),
            "base": self.base,
            "penalty": float(self.penalty),
        }

    @classmethod
    def from_json(
        cls,
        stored: Mapping[str, Any],
        *,
        text: str | None = None,  # noqa: ARG003  (all of it is JSON)
        features: tuple[Feature, ...],
    ) -> Self:
        """Return the estimator that ``to_json`` wrote."""
        check_record(stored, LogisticRecord, file="model.json")
        design = Design.from_json(stored["design"])
        if design.features != len(features):
            raise build_misfit_error("model.json", "design")
        estimator = cls(penalty=float(stored["penalty"]), features=features)
        mark_fitted(estimator, features)
        estimator.design_ = design
        estimator.coefficients_ = np.array(stored["coefficients"], dtype=np.float64)
        estimator.intercept_ = float(stored["base"])
        return estimator


def limit_knots(inner: int, y: Any) -> int:
    """Return *inner*, or fewer where *y* (0/1) has few cases of its rarer outcome.

    Harrell (2015, Regression Modeling Strategies, 2nd ed., 2.4.6): three knots in all
    with fewer than 30 cases, four with fewer than 100, five and more beyond. For a
    binary outcome a case counts as one of the rarer. The two outer knots are not
    counted here.
    """
    rarer = count_rarer(np.asarray(y))
    if rarer >= 100:
        return inner
    return min(inner, 1 if rarer < 30 else 2)


def scale_columns(design: Design, features: tuple[Feature, ...]) -> Numbers:
    """How wide each column's coefficient may lie."""
    full = ("intake", "step_1")
    of = np.array([1.0 if f.family in full else HISTORY_SCALE for f in features])
    return np.asarray(of[design.feature])


def centre_columns(design: Design, features: tuple[Feature, ...]) -> Numbers:
    """Return where the prior of each column's coefficient lies.

    At 0, but for the risk (in per cent) that a landmark's model corrects: each of its
    ramps rises by as much as the log-odds do between its ends. So the risk enters as an
    offset, drawn straight between the knots, and what is penalised is the correction.
    """
    of = np.array([f.family == "step_1" for f in features])[design.feature]
    low, high = (
        np.clip(ends / 100, 1e-3, 1 - 1e-3) for ends in (design.low, design.high)
    )
    rise = np.log(high / (1 - high)) - np.log(low / (1 - low))
    return np.where(of & (design.kind == RAMP), rise, 0.0)


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


def _count(y: Numbers, weights: Numbers | None) -> tuple[float, float]:
    """Return how many cases there are, and how many of them are long."""
    if weights is None:
        return len(y), float(y.sum())
    return float(weights.sum()), float(weights @ y)


def _minimum(
    columns: Numbers,
    outcomes: tuple[Numbers, Numbers | None],
    prior: tuple[float, Numbers],
    start: Numbers,
    bounds: list[tuple[float | None, float | None]],
) -> Numbers:
    (y, own), (penalty, centre) = outcomes, prior
    # Divided by the number of cases, so that the search ends alike for few and many.
    n, _ = _count(y, own)
    prior_precision = penalty / n

    def loss(weights: Numbers) -> tuple[float, Numbers]:
        log_odds = columns @ weights[:-1] + weights[-1]
        risk = 1.0 / (1.0 + np.exp(-log_odds))
        wrong = (risk - y) / n
        losses = np.logaddexp(0.0, log_odds) - y * log_odds
        if own is not None:
            wrong, losses = own * wrong, own * losses
        away = weights[:-1] - centre
        slope = np.append(columns.T @ wrong + prior_precision * away, wrong.sum())
        mean = float(losses.sum() / n)
        return mean + prior_precision / 2 * float(away @ away), slope

    # Fits alone need it, and every start would wait for it.
    from scipy.optimize import minimize  # noqa: PLC0415

    found = minimize(
        loss,
        start,
        jac=True,
        method="L-BFGS-B",
        bounds=bounds,
        options={"maxiter": _MOST_ROUNDS, "maxcor": 20, "ftol": 1e-10, "gtol": 1e-6},
    )
    if not found.success:
        from sklearn.exceptions import ConvergenceWarning  # noqa: PLC0415

        warnings.warn(
            f"The logistic regression of penalty {penalty:g} did not converge in "
            f"{found.nit} rounds; its risks may be a little off.",
            ConvergenceWarning,
            stacklevel=2,
        )
    return np.asarray(found.x)
