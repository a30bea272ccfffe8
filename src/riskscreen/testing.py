"""Checks that prove an estimator of another package fit to be approved.

Run scikit-learn's own checks (``parametrize_with_checks``) beside these: they cover the
constructor, ``fit`` and the shapes; these cover what a caseworker's reasons rest on.
"""

import json
from dataclasses import replace

import numpy as np
import numpy.typing as npt
from sklearn.base import clone

from riskscreen.errors import ModelError
from riskscreen.features.catalogue import Feature
from riskscreen.model.calibration import to_risk
from riskscreen.model.estimators.base import RiskEstimator, name_columns

__all__ = ["check_estimator"]

Numbers = npt.NDArray[np.float64]

CASES = 600
FEW = 20
"""So few cases are rounded coarsely: knots meet, and a bin may be left with none."""
TOLERANCE = 1e-9
"""How far base and contributions may lie from the log-odds."""


def check_estimator(estimator: RiskEstimator, *, seed: int = 0) -> None:
    """Raise AssertionError at the first property that *estimator* does not have.

    *estimator* is unfitted; clones of it are fitted to CASES synthetic cases with two
    numbers, a flag, a category and missing values. In this order it is proved that

    - base and contributions give the log-odds to TOLERANCE, and interactions, where
      there are any, are symmetric and add up to the contributions;
    - two fits to the same cases give the same log-odds, bit for bit;
    - missing values and levels that training never had give finite log-odds;
    - it goes into text and back bit for bit, as fitted and rounded for disclosure, of
      CASES cases and of FEW, and the rounding changes what is stored;
    - one row alone has the log-odds and contributions it has among others;
    - a missing value contributes nothing, but for a feature of informative_missing;
    - a monotone constraint holds everywhere, or the fit refuses it with ModelError.
    """
    features = _build_features()
    X, y = _draw_cases(CASES, seed)
    unfitted = clone(estimator).set_params(features=features)
    fitted = clone(unfitted).fit(X, y)
    new = _draw_cases(100, seed + 1)[0]
    _check_sums(fitted, new, features)
    again = clone(unfitted).fit(X, y)
    _require(
        np.array_equal(again.decision_function(new), fitted.decision_function(new)),
        "two fits to the same cases differ: seed whatever is drawn, fit on one thread",
    )
    _check_missing_and_unseen(fitted, new)
    rounded = [fitted.round_for_disclosure(n=n) for n in (CASES, FEW)]
    _require(
        (rounded[1].to_json(), rounded[1].to_text())
        != (fitted.to_json(), fitted.to_text()),
        "round_for_disclosure rounds nothing: a stored number may be one person's",
    )
    for stored in (fitted, *rounded):
        _check_sums(stored, new, features)
        _check_round_trip(stored, new, features)
    _check_rows_alone(fitted, new)
    _check_silence(unfitted, X, y)
    _check_monotone(unfitted, X, y)


def _check_sums(
    fitted: RiskEstimator, X: Numbers, features: tuple[Feature, ...]
) -> None:
    contributions = fitted.contributions(X)
    _require(
        contributions.shape == (len(X), len(features)),
        "contributions are not one per case and feature",
    )
    gap = fitted.base + contributions.sum(axis=1) - fitted.decision_function(X)
    _require(
        bool(np.abs(gap).max() <= TOLERANCE),
        f"base and contributions miss the log-odds by more than {TOLERANCE:g}",
    )
    if (together := fitted.interactions(X)) is not None:
        gap = together.sum(axis=2) - contributions
        _require(
            np.array_equal(together, together.transpose(0, 2, 1))
            and bool(np.abs(gap).max() <= TOLERANCE),
            "interactions are not symmetric, or do not add up to the contributions",
        )


def _check_missing_and_unseen(fitted: RiskEstimator, X: Numbers) -> None:
    odd = np.vstack([X[:3], np.full((1, X.shape[1]), np.nan)])
    odd[0, 3] = 3.0  # a level of the feature that no training case had
    odd[1, 3] = 99.0  # no level at all
    found = np.column_stack([fitted.decision_function(odd), fitted.contributions(odd)])
    _require(
        bool(np.isfinite(found).all()),
        "a missing value or a level that training never had gives no finite log-odds",
    )


def _check_silence(unfitted: RiskEstimator, X: Numbers, y: Numbers) -> None:
    features = tuple(replace(f, informative_missing=False) for f in _build_features())
    fitted = clone(unfitted).set_params(features=features).fit(X, y)
    silent = fitted.contributions(X)[np.isnan(X)]
    _require(
        bool(np.abs(silent).max() <= TOLERANCE),
        "a missing value contributes to the log-odds: let it count as the feature's "
        "mean, unless the feature says informative_missing",
    )


def _check_round_trip(
    fitted: RiskEstimator, X: Numbers, features: tuple[Feature, ...]
) -> None:
    written = json.dumps(fitted.to_json(), allow_nan=False)
    again = type(fitted).from_json(
        json.loads(written), text=fitted.to_text(), features=features
    )
    _require(json.loads(written).get("kind") == fitted.kind, "to_json lacks its kind")
    _require(
        again.base == fitted.base
        and np.array_equal(again.decision_function(X), fitted.decision_function(X))
        and np.array_equal(again.contributions(X), fitted.contributions(X)),
        "it scores otherwise after text and back: write all that scoring reads",
    )


def _check_rows_alone(fitted: RiskEstimator, X: Numbers) -> None:
    together = np.column_stack([fitted.decision_function(X), fitted.contributions(X)])
    alone = [
        np.append(fitted.decision_function(row), fitted.contributions(row))
        for row in np.split(X, len(X))
    ]
    _require(
        bool(np.abs(np.array(alone) - together).max() <= 1e-12),
        "a row alone has other log-odds or contributions than among others",
    )


def _check_monotone(unfitted: RiskEstimator, X: Numbers, y: Numbers) -> None:
    """Fit a constraint against what the data say, so that only a kept one holds."""
    first, *others = _build_features()
    falling = (replace(first, monotone="decreasing"), *others)
    try:
        fitted = clone(unfitted).set_params(features=falling).fit(X, y)
    except ModelError:
        return
    swept = np.repeat(X[:20], 41, axis=0)
    swept[:, 0] = np.tile(np.linspace(-4, 4, 41), 20)
    steps = np.diff(fitted.decision_function(swept).reshape(20, 41), axis=1)
    _require(
        bool(steps.max() <= TOLERANCE),
        "a monotone constraint is not kept: keep it, or refuse it with ModelError",
    )


def _require(holds: bool, otherwise: str) -> None:  # noqa: FBT001
    if not holds:
        raise AssertionError(f"The estimator cannot be approved: {otherwise}.")


def _build_features() -> tuple[Feature, ...]:
    number, count, flag, category = name_columns(4)
    return (
        number,
        count,
        replace(flag, kind="flag"),
        replace(category, kind="category", levels=("a", "b", "c", "d")),
    )


def _draw_cases(count: int, seed: int) -> tuple[Numbers, Numbers]:
    """Draw X with missing values, the category's last level in none, and binary y."""
    draw = np.random.default_rng(seed)
    complete = np.column_stack(
        [
            draw.normal(0, 1, count),
            draw.poisson(2, count),
            draw.random(count) < 0.4,
            draw.integers(0, 3, count),
        ]
    ).astype(np.float64)
    level = np.array([0.0, 0.8, -0.5])[complete[:, 3].astype(int)]
    log_odds = -0.8 + 1.2 * complete[:, 0] + 0.2 * complete[:, 1] + level
    X = np.where(draw.random(complete.shape) < 0.05, np.nan, complete)
    return X, (draw.random(count) < to_risk(log_odds)).astype(np.float64)
