"""What is missing counts as the mean of its column, unless it is meant to tell."""

from dataclasses import replace

import numpy as np
import pytest

from riskscreen.model.estimators.blend import BlendEstimator
from riskscreen.model.estimators.design import MISSING
from riskscreen.model.estimators.lightgbm import LightGBMEstimator
from riskscreen.model.estimators.logistic import LogisticEstimator
from riskscreen.spec import EstimatorSettings as Settings
from tests.made_up import drawn, features_of, values_of

FEATURES = features_of()
INFORMATIVE = tuple(replace(f, informative_missing=True) for f in FEATURES)
NAMES = [f.name for f in FEATURES]
KINDS = ("logistic", "lightgbm", "blend")
LACKING = ("burden", "distance", "weekend", "branch")
"""A number with a direction, one without, a flag and a category."""


def who_is_silent(n=4000, seed=0, *, odds=1.2):
    """Cases of which a quarter lacks each of LACKING, and is long the more often."""
    table, log_odds = values_of(n, seed=seed)
    draw = np.random.default_rng(seed + 7)
    for name in LACKING:
        silent = draw.random(n) < 0.25
        table.loc[silent, name] = np.nan
        log_odds = log_odds + odds * table[name].isna().to_numpy()
    return table.to_numpy(), log_odds


def fit(features, *, odds=1.2):
    values, log_odds = who_is_silent(odds=odds)
    long = drawn(log_odds)
    linear = LogisticEstimator.from_settings(Settings(), features, penalty=3)
    trees = LightGBMEstimator.from_settings(Settings(), features, rounds=150)
    members = linear.fit(values, long), trees.fit(values, long)
    return dict(
        zip(KINDS, (*members, BlendEstimator.from_members(*members, 0.5)), strict=True)
    )


@pytest.fixture(scope="module")
def tied():
    return fit(FEATURES)


@pytest.fixture(scope="module")
def at_random():
    return fit(FEATURES, odds=0.0)


@pytest.fixture(scope="module")
def free():
    return fit(INFORMATIVE)


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_the_missing_fact_adds_no_risk_of_its_own(tied, free, kind):
    values, _ = who_is_silent(500, seed=3)
    silent = np.isnan(values)
    assert not tied[kind].contributions(values)[silent].any()
    for name in LACKING:
        at = NAMES.index(name)
        told = free[kind].contributions(values)[silent[:, at], at]
        assert told.mean() > 0.3


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_what_is_shown_adds_up_and_a_stored_estimator_says_the_same(tied, kind):
    estimator = tied[kind]
    values, _ = who_is_silent(300, seed=4)
    values[0] = np.nan
    parts, risk = estimator.contributions(values), estimator.decision_function(values)
    assert np.abs(estimator.base + parts.sum(axis=1) - risk).max() < 1e-9
    assert risk[0] == pytest.approx(estimator.base, abs=1e-9)
    assert np.array_equal(estimator.predict_once(values), risk)
    again = type(estimator).from_json(
        estimator.to_json(), text=estimator.to_text(), features=FEATURES
    )
    assert np.array_equal(again.decision_function(values), risk)
    assert np.allclose(estimator.reference_contributions(values), parts, atol=1e-9)
    alone = [estimator.decision_function(row[None])[0] for row in values[:40]]
    assert np.array_equal(alone, risk[:40])


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_a_case_without_a_fact_has_the_mean_of_those_with_any_value_of_it(
    at_random, kind
):
    """Where silence goes with nothing; else it is the mean of the silent as well."""
    values, _ = who_is_silent(400, seed=5)
    values = np.nan_to_num(values, nan=0.0)
    taught, _ = who_is_silent()
    for name in LACKING:
        at = NAMES.index(name)
        seen = taught[~np.isnan(taught[:, at]), at][:400]
        some = np.repeat(values[:20], len(seen), axis=0)
        some[:, at] = np.tile(seen, 20)
        mean = at_random[kind].decision_function(some).reshape(20, -1).mean(axis=1)
        silent = values[:20].copy()
        silent[:, at] = np.nan
        apart = at_random[kind].decision_function(silent) - mean
        assert np.abs(apart).max() < 0.08


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS[:2])
def test_what_the_others_say_is_the_same_as_where_nothing_is_missing(tied, kind):
    """Silence that goes with the outcome bends no other feature, nor the own one."""
    values, log_odds = values_of(4000)
    whole = {
        "logistic": LogisticEstimator.from_settings(Settings(), FEATURES, penalty=3),
        "lightgbm": LightGBMEstimator.from_settings(Settings(), FEATURES, rounds=150),
    }
    values = np.nan_to_num(values.to_numpy(), nan=0.0)
    fitted = whole[kind].fit(values, drawn(log_odds))
    asked = np.nan_to_num(values_of(1500, seed=8)[0].to_numpy(), nan=0.0)
    both = [
        e.contributions(asked)[:, NAMES.index("burden")] for e in (tied[kind], fitted)
    ]
    assert np.corrcoef(*both)[0, 1] > 0.95
    slope = np.cov(*both)[0, 1] / both[1].var()
    assert 0.75 < slope < 1.25


def test_only_what_is_meant_to_tell_has_a_column_of_its_own(tied, free):
    none = tied["logistic"].design_.kind == MISSING
    own = free["logistic"].design_.kind == MISSING
    assert not none.any()
    assert own.sum() == len(FEATURES)
