"""Made-up cases of a shipped specification, and models fitted to them."""

from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd

from riskscreen.calibration import AffineCalibration
from riskscreen.estimators.boosting import fit_lightgbm
from riskscreen.estimators.logistic import fit_logistic
from riskscreen.features.catalogue import catalogue
from riskscreen.screening import Bands, ScreeningModel
from riskscreen.spec import read_specification

MODELS = Path(__file__).parents[1] / "models"


@cache
def specification(target):
    return read_specification(MODELS / f"{target}.toml")


def drawn_features(spec, *, n, seed=0):
    """Feature values within their ranges; where missing is allowed, a tenth is."""
    draw = np.random.default_rng(seed)
    columns = {}
    for feature in catalogue(spec):
        values = _drawn(draw, feature, spec, n)
        column = spec.columns.get(feature.name)
        if column and column.missing:
            values = np.where(draw.random(n) < 0.1, np.nan, values)
        columns[feature.name] = values
    ids = pd.Index([f"{400000 + i}" for i in range(n)], name="case_id")
    return pd.DataFrame(columns, index=ids, dtype=np.float64)


def _drawn(draw, feature, spec, n):
    if feature.kind == "flag":
        return draw.integers(0, 2, n).astype(float)
    if feature.kind == "category":
        return draw.integers(0, len(feature.levels), n).astype(float)
    if feature.family != "intake":
        return _drawn_history(draw, feature, n)
    column = spec.columns[feature.name]
    low, high = column.minimum, min(column.maximum, 120)
    values = low + (high - low) * draw.beta(1.3, 3, n)
    return np.floor(values) if column.type == "integer" else np.round(values, 1)


def _drawn_history(draw, feature, n):
    if feature.unit == "share":
        return draw.beta(2, 1, n)
    if feature.family == "weeks":
        return draw.binomial(feature.window, 0.5 * draw.beta(0.5, 3, n)).astype(float)
    if feature.family == "weeks_since_last":
        since = draw.integers(0, 260, n).astype(float)
        return np.where(draw.random(n) < 0.5, np.nan, since)
    return draw.poisson(2, n).astype(float)


def _long(values, features, seed=1):
    draw = np.random.default_rng(seed)
    scaled = np.nan_to_num((values - np.nanmean(values, 0)) / (np.nanstd(values, 0)))
    weights = np.array(
        [{"up": 1.0, "down": -1.0, None: 0.4}[f.direction] for f in features]
    )
    weights = weights / np.sqrt((weights**2).sum()) * 1.2
    return draw.random(len(values)) < 1 / (1 + np.exp(1.0 - scaled @ weights))


@cache
def fitted_model(target="long_absence", kind="logistic"):
    """A model of *kind*, fitted to 1,500 made-up cases, with a fixed calibration."""
    spec = specification(target)
    features = catalogue(spec)
    values = drawn_features(spec, n=1500).to_numpy()
    long = _long(values, features)
    if kind == "logistic":
        estimator = fit_logistic(
            values, long, features, settings=spec.estimator, penalty=0.01
        )
    else:
        estimator = fit_lightgbm(
            values, long, features, settings=spec.estimator, rounds=60
        )
    return ScreeningModel(
        spec=spec,
        estimator=estimator,
        calibration=AffineCalibration(slope=0.9, intercept=-0.1),
        bands=Bands(threshold_first=0.45, threshold_raised=0.28),
        notes={},
    )
