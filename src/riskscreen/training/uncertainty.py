"""How sure a chosen model may be of its scores, said by outcomes alone."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from threadpoolctl import threadpool_limits

from riskscreen.features.catalogue import Feature
from riskscreen.model.calibration import AffineCalibration, compute_log_loss, to_risk
from riskscreen.model.estimators.logistic import (
    LogisticEstimator,
    fit_logistic,
)
from riskscreen.model.risk_model import RiskModel
from riskscreen.model.uncertainty import (
    CalibrationResidual,
    EquallyGoodModels,
    ParameterUncertainty,
    Uncertainty,
)
from riskscreen.rounding import round_for_disclosure
from riskscreen.spec import EstimatorSettings as Settings
from riskscreen.training.rows import LabelledData
from riskscreen.training.split import Split
from riskscreen.training.training_profile import profile_training_data

Numbers = npt.NDArray[np.float64]
Positions = npt.NDArray[np.int64]

MODELS = 5
_MOST_REFITS = 10
_KEPT = 0.98
_MOST_DIRECTIONS = 64
_KNOTS = (0.02, 0.2, 0.4, 0.6, 0.8, 0.98)
_BEND_SCALE = 0.3
"""How far a bend may be expected to go, in log-odds: few later cases bend little."""
_DIGITS = 3


@dataclass(frozen=True, slots=True)
class Fits:
    """Every candidate, and its calibrated risks of later cases by fits without them."""

    models: Mapping[str, RiskModel]
    out_of_fold_risk: Mapping[str, Numbers]

    def later_log_odds(self, kind: str) -> Numbers:
        """The calibrated log-odds of the later cases."""
        risk = self.out_of_fold_risk[kind]
        return np.asarray(np.log(risk / (1 - risk)))

    def later_uncalibrated(self, kind: str) -> Numbers:
        """The same before their calibration."""
        line = self.models[kind].calibration
        return np.asarray((self.later_log_odds(kind) - line.intercept) / line.slope)


@dataclass(frozen=True, slots=True)
class Later:
    """Later cases as fits without them saw them: log-odds and outcomes.

    ``others`` are the calibrated log-odds of the other candidates; ``places`` are the
    positions among the training rows.
    """

    log_odds: Numbers
    long: Numbers
    places: Positions
    others: tuple[Numbers, ...] = ()


@dataclass(frozen=True, slots=True)
class _Linear:
    """A logistic fit, what it was fitted on, and its later log-odds by other fits."""

    fit: LogisticEstimator
    training: LabelledData
    features: tuple[Feature, ...]
    later: Numbers


def estimate_uncertainty(
    fits: Fits,
    kind: str,
    rows: LabelledData,
    split: Split,
) -> RiskModel:
    """The model of *kind*, with its uncertainty and training profile."""
    model, training = fits.models[kind], rows.at(split.training)
    later = Later(
        log_odds=fits.later_uncalibrated(kind),
        long=rows.long[split.later],
        places=np.searchsorted(split.training, split.later),
        others=tuple(fits.later_log_odds(k) for k in fits.models if k != kind),
    )
    linear = _linear(fits, later, training, model)
    flagged = float((fits.out_of_fold_risk[kind] >= model.bands.threshold_first).mean())
    spread = _spread(linear)
    found = Uncertainty(
        parameter=spread,
        residual=fit_calibration_residual(later, model.calibration),
        equally_good=_peers(
            spread, linear, later, flagged=flagged, seed=model.spec.estimator.seed
        ),
    )
    return replace(
        model,
        uncertainty=found,
        training_profile=profile_training_data(model, training),
    )


def _linear(
    fits: Fits, later: Later, training: LabelledData, model: RiskModel
) -> "_Linear":
    """The logistic candidate, or what stands in for it where there is none."""
    settings, features = model.spec.estimator, model.features
    found = fits.models["logistic"].estimator if "logistic" in fits.models else None
    if isinstance(found, LogisticEstimator):
        own = fits.later_uncalibrated("logistic")
        return _Linear(found, training, features, own)
    fit = fit_fallback_logistic(training, features, settings)
    return _Linear(fit, training, features, later.log_odds)


def fit_fallback_logistic(
    training: LabelledData, features: tuple[Feature, ...], settings: Settings
) -> LogisticEstimator:
    """A logistic fit for the spread of a model that has none: the middle penalty."""
    penalties = sorted(settings.penalties)
    return fit_logistic(
        training.values,
        training.long,
        features,
        settings=settings,
        penalty=penalties[len(penalties) // 2],
    )


def fit_calibration_residual(
    later: Later, calibration: AffineCalibration
) -> CalibrationResidual:
    """How the outcomes of *later* bend away from the calibrated line.

    The bend with the highest likelihood, its knots held near 0 by a normal of spread
    _BEND_SCALE, found by Newton's method.
    """
    knots = np.unique(_coarse_among(np.quantile(later.log_odds, _KNOTS), later))
    none = np.zeros(len(knots))
    flat = CalibrationResidual(knots, none, np.diag(none), none)
    basis = flat.basis(later.log_odds)
    line = calibration.apply(later.log_odds)
    held = np.eye(len(knots)) / _BEND_SCALE**2
    by = flat.by
    for _ in range(25):
        risk = to_risk(line + basis @ by)
        curve = basis.T @ (basis * (risk * (1 - risk))[:, None]) + held
        by = by + np.linalg.solve(curve, basis.T @ (later.long - risk) - held @ by)
    kinds = _between_kinds(basis, line, later)
    return CalibrationResidual(knots, _coarse(by), _coarse(np.linalg.inv(curve)), kinds)


def _between_kinds(basis: Numbers, line: Numbers, later: Later) -> Numbers:
    """The mean squared distance of the other candidates, near each knot."""
    if not later.others:
        return np.zeros(basis.shape[1])
    apart = np.mean([(other - line) ** 2 for other in later.others], axis=0)
    return _coarse(apart @ basis / np.maximum(basis.sum(axis=0), 1.0))


def _spread(linear: _Linear) -> ParameterUncertainty:
    """The directions in which training cases differ most, with _KEPT of their variance.

    What they leave out is added to them in proportion.
    """
    fit, values = linear.fit, linear.training.values
    bare = ParameterUncertainty(fit.design_, np.zeros((0, len(fit.coefficients_) + 1)))
    with threadpool_limits(1):
        columns = bare.columns_of(values)
        gram = columns.T @ columns / len(columns)
        root = np.linalg.cholesky(fit.estimate_covariance(values))
        sizes, turned = np.linalg.eigh(root.T @ gram @ root)
    sizes, turned = sizes[::-1], turned[:, ::-1]
    reached = np.cumsum(sizes) / sizes.sum()
    kept = min(int(np.searchsorted(reached, _KEPT)) + 1, _MOST_DIRECTIONS)
    directions = (root @ turned[:, :kept]).T / np.sqrt(reached[kept - 1])
    return replace(bare, directions=_coarse(directions))


def _peers(
    spread: ParameterUncertainty,
    linear: _Linear,
    later: Later,
    *,
    flagged: float,
    seed: int,
) -> EquallyGoodModels:
    """Refits on persons drawn anew that judge cases not drawn no worse, beyond chance.

    The first MODELS of at most _MOST_REFITS; fewer where fewer pass.
    """
    columns = spread.columns_of(linear.training.values[later.places])
    own = np.append(linear.fit.coefficients_, linear.fit.base)
    kept: list[Numbers] = []
    for rows, weights in _refitted(linear, seed):
        left = ~np.isin(later.places, rows)
        if _no_worse(columns[left] @ weights, linear.later[left], later.long[left]):
            kept.append(_coarse(weights - own))
        if len(kept) == MODELS:
            break
    deviations = np.array(kept).reshape(-1, len(own))
    judged = later.log_odds[:, None] + columns @ deviations.T
    share = min(max(1 - flagged, 0.0), 1.0)
    thresholds = np.quantile(judged, share, axis=0) if kept else np.zeros(0)
    return EquallyGoodModels(deviations, _coarse_among(thresholds, later))


def _refitted(linear: _Linear, seed: int) -> Iterator[tuple[Positions, Numbers]]:
    """The rows drawn for each refit, and its coefficients, the base last."""
    taught = linear.training
    drawn = list(_drawn(taught.person, seed))
    found = linear.fit.refit_on_draws(taught.values, taught.long, drawn)
    for rows, refit in zip(drawn, found, strict=True):
        yield rows, np.append(refit.coefficients_, refit.base)


def _drawn(persons: "pd.Series[Any]", seed: int) -> Iterator[Positions]:
    """Yield rows of as many persons as there are, drawn with replacement."""
    codes, names = pd.factorize(persons)
    order = np.argsort(codes, kind="stable")
    starts = np.searchsorted(codes[order], np.arange(len(names) + 1))
    draw = np.random.default_rng([seed, MODELS])
    for _ in range(_MOST_REFITS):
        who = np.bincount(
            draw.integers(0, len(names), len(names)), minlength=len(names)
        )
        yield np.sort(np.repeat(order, np.repeat(who, np.diff(starts))))


def _no_worse(theirs: Numbers, ours: Numbers, long: Numbers) -> bool:
    """Whether the paired 95 % interval of the log-loss difference reaches 0."""
    if len(long) < 2:
        return False
    worse = compute_log_loss(theirs, long) - compute_log_loss(ours, long)
    return bool(worse.mean() <= 1.96 * worse.std(ddof=1) / np.sqrt(len(worse)))


def _coarse_among(quantiles: Numbers, later: Later) -> Numbers:
    """*quantiles* of log-odds as a model's folder may hold them."""
    low, high = np.quantile(later.log_odds, (_KNOTS[0], _KNOTS[-1]))
    return round_for_disclosure(
        quantiles, spread=float(high - low), n=len(later.log_odds)
    )


def _coarse(numbers: Any) -> Numbers:
    """*numbers* to three significant digits: what a fit leaves open is no mean of n."""
    numbers = np.asarray(numbers, dtype=np.float64)
    few = [float(f"{x:.{_DIGITS}g}") for x in numbers.ravel()]
    return np.array(few, dtype=np.float64).reshape(numbers.shape)
