"""Estimate the uncertainty of a model's scores, and profile its training data."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from riskscreen.disclosure.words import SMALLEST_GROUP
from riskscreen.evaluation.estimate import NORMAL_REACH
from riskscreen.features.catalogue import Feature
from riskscreen.model.abstention import TrainingProfile, has_empty_history
from riskscreen.model.calibration import to_risk
from riskscreen.model.calibration_fit import compute_log_loss
from riskscreen.model.estimators.logistic import LogisticEstimator
from riskscreen.model.events import FEWEST_EVENTS, count_rarer
from riskscreen.model.incidence import Calibration
from riskscreen.model.irls import fit_logistic_regression, hold_one_thread
from riskscreen.model.risk_model import RiskModel
from riskscreen.model.uncertainty import (
    CalibrationResidual,
    EquallyGoodModels,
    ParameterUncertainty,
    Uncertainty,
)
from riskscreen.rounding import round_for_disclosure
from riskscreen.spec import EstimatorSettings
from riskscreen.training.data.dataset import LabelledData
from riskscreen.training.data.split import Split
from riskscreen.training.importance import measure_reasons
from riskscreen.training.resampling import Fold, PersonBootstrap, Positions, cross_fit

Numbers = npt.NDArray[np.float64]

MODELS = 5
"""How many equally good models are kept."""
_MOST_REFITS = 10
_KEPT_VARIANCE = 0.98
_MOST_DIRECTIONS = 64
_KNOTS = (0.02, 0.2, 0.4, 0.6, 0.8, 0.98)
_RESIDUAL_SD = 0.3
"""Prior SD of the calibration residual at a knot, in log-odds: few cases, little."""
_PRECISION = 2.0
"""Prior precision of a coefficient in the interval, in place of the fit's penalty.

With few long cases no penalty can be told from another, and the strongest, which
predicts well, leaves next to nothing open. The weakly informative prior of Greenland
(2006, Int J Epidemiol 35: 765-775): 95 % of odds ratios lie between 1/4 and 4.
"""
_DIGITS = 3
_PROFILED = 2000
"""Training cases whose contributions give the importances; trees are slow."""


@dataclass(frozen=True, slots=True)
class CandidateFits:
    """Every candidate, and its log-odds of the calibration cases, out of fold.

    ``log_odds`` are not calibrated.
    """

    models: Mapping[str, RiskModel]
    log_odds: Mapping[str, Numbers]

    def calibrate(self, kind: str) -> Numbers:
        """Return the calibrated log-odds of the calibration cases."""
        return self.models[kind].calibration.apply(self.log_odds[kind])


@dataclass(frozen=True, slots=True)
class OutOfFold:
    """Calibration cases as fits without them predict them: log-odds and outcomes.

    ``others`` are the calibrated log-odds of the other candidates; ``places`` are the
    positions among the training cases, ``weight`` is LabelledData's.
    """

    log_odds: Numbers
    long: Numbers
    places: Positions
    others: tuple[Numbers, ...] = ()
    weight: Numbers | None = None


@dataclass(frozen=True, slots=True)
class _Linear:
    """A logistic fit, its training cases, and its out-of-fold log-odds."""

    fit: LogisticEstimator
    train: LabelledData
    out_of_fold: Numbers


def estimate_uncertainty(
    fits: CandidateFits,
    kind: str,
    data: LabelledData,
    split: Split,
    *,
    proposed: float,
) -> RiskModel:
    """Return the model of *kind*, with its uncertainty and training profile.

    *proposed* is the share of cases that its policy proposes. With fewer than
    FEWEST_EVENTS long cases, or others, there is none, as its notes then say.
    """
    model, train = fits.models[kind], data.take(split.train)
    profile = profile_training_data(model, train)
    few = count_rarer(train.long) < FEWEST_EVENTS
    model = replace(
        model,
        training_profile=profile,
        notes={**model.notes, "without_interval": few},
    )
    if few:
        return model
    settings = model.spec.estimator
    held_out = data.take(split.calibration)
    cases = OutOfFold(
        log_odds=fits.log_odds[kind],
        long=held_out.long,
        weight=held_out.weight,
        places=np.searchsorted(split.train, split.calibration),
        others=tuple(fits.calibrate(k) for k in fits.models if k != kind),
    )
    fitted = fits.models["logistic"].estimator if "logistic" in fits.models else None
    if isinstance(fitted, LogisticEstimator):
        out_of_fold = fits.log_odds["logistic"]
    else:
        fitted = fit_fallback_logistic(train, model.features, settings)
        out_of_fold = cases.log_odds
    linear = _Linear(fitted, train, out_of_fold)
    parameter = _estimate_parameter_uncertainty(linear)
    uncertainty = Uncertainty(
        parameter=parameter,
        residual=fit_calibration_residual(cases, model.calibration),
        equally_good=_find_equally_good(
            parameter,
            linear,
            cases,
            proposed=proposed,
            seed=settings.seed,
        ),
    )
    return replace(model, uncertainty=uncertainty)


def fit_fallback_logistic(
    train: LabelledData, features: tuple[Feature, ...], settings: EstimatorSettings
) -> LogisticEstimator:
    """Fit the middle penalty, for a model without a logistic regression of its own."""
    penalties = sorted(settings.penalties)
    estimator = LogisticEstimator.from_settings(
        settings, features, penalty=penalties[len(penalties) // 2]
    )
    return estimator.fit(train.values, train.long, train.weight)


def fit_calibration_residual(
    cases: OutOfFold, calibration: Calibration
) -> CalibrationResidual:
    """Fit how the outcomes of *cases* bend away from the calibration.

    The maximum a posteriori of a piecewise-linear logistic regression, its knots held
    near 0 by a normal of SD _RESIDUAL_SD.
    """
    knots = np.unique(_round_quantiles(np.quantile(cases.log_odds, _KNOTS), cases))
    none = np.zeros(len(knots))
    flat = CalibrationResidual(knots, none, np.diag(none), none)
    basis = flat.basis(cases.log_odds)
    line = calibration.apply(cases.log_odds)
    ridge = np.eye(len(knots)) / _RESIDUAL_SD**2
    own = np.ones(len(line)) if cases.weight is None else cases.weight
    by = fit_logistic_regression(
        basis, cases.long, start=none, penalty=ridge, offset=line, weight=own
    )
    risk = to_risk(line + basis @ by)
    precision = basis.T @ (basis * (own * (risk * (1 - risk)))[:, None]) + ridge
    disagreement = none
    if cases.others:
        # The mean squared distance of the other candidates, near each knot.
        apart = np.mean([(other - line) ** 2 for other in cases.others], axis=0)
        disagreement = _round_digits(apart @ basis / np.maximum(basis.sum(axis=0), 1.0))
    covariance = _round_digits(np.linalg.inv(precision))
    return CalibrationResidual(knots, _round_digits(by), covariance, disagreement)


def _estimate_parameter_uncertainty(linear: _Linear) -> ParameterUncertainty:
    """Keep the directions in which training cases differ most.

    They hold _KEPT_VARIANCE; what they leave out is added to them in proportion.
    """
    fit, values = linear.fit.with_attributes(penalty=_PRECISION), linear.train.values
    bare = ParameterUncertainty(fit.design_, np.zeros((0, len(fit.coefficients_) + 1)))
    with hold_one_thread():
        columns = bare.columns_of(values)
        gram = columns.T @ columns / len(columns)
        root = np.linalg.cholesky(fit.estimate_covariance(values, linear.train.weight))
        sizes, turned = np.linalg.eigh(root.T @ gram @ root)
    sizes, turned = sizes[::-1], turned[:, ::-1]
    reached = np.cumsum(sizes) / sizes.sum()
    kept = min(int(np.searchsorted(reached, _KEPT_VARIANCE)) + 1, _MOST_DIRECTIONS)
    directions = (root @ turned[:, :kept]).T / np.sqrt(reached[kept - 1])
    return replace(bare, directions=_round_digits(directions))


def _find_equally_good(
    parameter: ParameterUncertainty,
    linear: _Linear,
    cases: OutOfFold,
    *,
    proposed: float,
    seed: int,
) -> EquallyGoodModels:
    """Refit on bootstrapped persons; keep what is not significantly worse elsewhere.

    The first MODELS of at most _MOST_REFITS; fewer where fewer pass. *proposed* is the
    share of the cases that each is to propose.
    """
    train = linear.train
    columns = parameter.columns_of(train.values[cases.places])
    own = np.append(linear.fit.coefficients_, linear.fit.base)

    def fit(fold: Fold[Positions]) -> Numbers:
        (refit,) = linear.fit.refit_on_draws(
            train.values, train.long, [fold.train], train.weight
        )
        return np.append(refit.coefficients_, refit.base)

    def predict(weights: Numbers, left: Positions) -> Numbers:
        return np.asarray(columns[np.isin(cases.places, left)] @ weights)

    bootstrap = PersonBootstrap(_MOST_REFITS, seed=[seed, MODELS])
    folds = bootstrap.split(train.values, groups=train.person)
    kept: list[Numbers] = []
    for refit in cross_fit(folds, fit, predict):
        left = np.isin(cases.places, refit.fold.test)
        weight = None if cases.weight is None else cases.weight[left]
        ours, long = linear.out_of_fold[left], cases.long[left]
        if _is_no_worse(refit.prediction, ours, long, weight):
            kept.append(_round_digits(refit.fitted - own))
        if len(kept) == MODELS:
            break
    deviations = np.array(kept).reshape(-1, len(own))
    log_odds = cases.log_odds[:, None] + columns @ deviations.T
    share = min(max(1 - proposed, 0.0), 1.0)
    thresholds = np.quantile(log_odds, share, axis=0) if kept else np.zeros(0)
    offsets = thresholds - np.quantile(cases.log_odds, share)
    return EquallyGoodModels(deviations, _round_quantiles(offsets, cases))


def _is_no_worse(
    theirs: Numbers, ours: Numbers, long: Numbers, weight: Numbers | None
) -> bool:
    """Return whether the paired 95 % interval of the log-loss difference reaches 0."""
    if len(long) < 2:
        return False
    worse = compute_log_loss(theirs, long) - compute_log_loss(ours, long)
    if weight is not None:
        worse = worse * weight
    return bool(worse.mean() <= NORMAL_REACH * worse.std(ddof=1) / np.sqrt(len(worse)))


def _round_quantiles(quantiles: Numbers, cases: OutOfFold) -> Numbers:
    """Round *quantiles* of log-odds as a model's folder may hold them."""
    low, high = np.quantile(cases.log_odds, (_KNOTS[0], _KNOTS[-1]))
    return round_for_disclosure(
        quantiles, spread=float(high - low), n=len(cases.log_odds)
    )


def _round_digits(numbers: Any) -> Numbers:
    """Round to three significant digits: what a fit leaves open is no mean of n."""
    numbers = np.asarray(numbers, dtype=np.float64)
    few = [float(f"{x:.{_DIGITS}g}") for x in numbers.ravel()]
    return np.array(few, dtype=np.float64).reshape(numbers.shape)


def profile_training_data(model: RiskModel, train: LabelledData) -> TrainingProfile:
    """Summarise the training data, so that out-of-distribution cases are detected."""
    values = train.values
    draw = np.random.default_rng(model.spec.estimator.seed)
    some = np.sort(draw.permutation(len(values))[:_PROFILED])
    sample = pd.DataFrame(values[some], columns=[f.name for f in model.features])
    # A missing fact counts by its own weight, whatever else it goes together with.
    alone = replace(model, reason_groups=())
    reasons = measure_reasons(alone, model.score(sample).contributions)
    importance = {reason.name: reason.share for reason in reasons}
    # The risk that is corrected is of all that was known at intake, not of the history.
    intake = [f.family in ("intake", "step_1") for f in model.features]
    share = [
        float(round_for_disclosure(importance[f.reason], spread=1, n=len(some)))
        if is_intake
        else 0.0
        for f, is_intake in zip(model.features, intake, strict=True)
    ]
    empty = has_empty_history(model.features, values).mean()
    return TrainingProfile(
        importance=tuple(share),
        ranges=tuple(_find_range(model, f) for f in model.features),
        levels=tuple(map(_find_levels, model.features, values.T)),
        history_importance=round(1 - sum(share), 4),
        empty_history=float(round_for_disclosure(empty, spread=1, n=len(values))),
        typical=tuple(map(_find_typical, model.features, values.T)),
    )


def _find_typical(feature: Feature, column: Numbers) -> float | None:
    """Return the median of a number, or the value that most cases have of another.

    Of the cases that have one: many facts are about some alone, such as the employed.
    None of few cases, or where no value is that of most.
    """
    known = column[~np.isnan(column)]
    if len(known) < 2 * SMALLEST_GROUP:
        return None
    if feature.kind != "number":
        values, counts = np.unique(known, return_counts=True)
        most = int(counts.argmax())
        return float(values[most]) if 2 * counts[most] > len(known) else None
    low, median, high = np.quantile(known, (0.01, 0.5, 0.99))
    if low == high:
        return None
    told = round_for_disclosure(median, spread=float(high - low), n=len(known))
    whole = bool((known == np.round(known)).all())
    return float(np.round(told)) + 0.0 if whole else float(told)


def _find_range(model: RiskModel, feature: Feature) -> tuple[float, float] | None:
    """Return the range that the model's notes hold of a number of the intake."""
    ends = model.notes["ranges"][feature.name]
    if ends is None or feature.kind != "number" or feature.family != "intake":
        return None
    return ends[0], ends[1]


def _find_levels(feature: Feature, column: Numbers) -> tuple[int, ...] | None:
    """Return the places of a category's levels that enough training cases had."""
    if feature.kind != "category":
        return None
    levels, counts = np.unique(column[~np.isnan(column)], return_counts=True)
    return tuple(int(v) for v in levels[counts >= SMALLEST_GROUP])
