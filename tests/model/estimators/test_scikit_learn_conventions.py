import tomllib
from pathlib import Path

import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from riskscreen.features.catalogue import list_features
from riskscreen.model.estimators import list_estimators, load_estimator
from riskscreen.model.estimators.blend import BlendEstimator
from riskscreen.model.estimators.lightgbm import LightGBMEstimator
from riskscreen.model.estimators.logistic import LogisticEstimator
from riskscreen.spec import EstimatorSettings
from tests import small_site

LOGISTIC = LogisticEstimator(penalty=0.1)
# The checks fit some twenty cases: leaves of forty would leave no tree a split.
TREES = LightGBMEstimator(
    rounds=30,
    learning_rate=0.3,
    min_data_in_leaf=5,
    lambda_l2=0.1,
    feature_fraction=1.0,
)
SHIPPED = [LOGISTIC, TREES, BlendEstimator(logistic=LOGISTIC, trees=TREES)]

NEEDS_A_VARIABLE = {"check_array_api_input"}
"""Skips itself unless SCIPY_ARRAY_API is set before SciPy is imported."""


@pytest.mark.slow
@parametrize_with_checks(SHIPPED)
def test_follows_the_scikit_learn_conventions(estimator, check):
    if check.func.__name__ not in NEEDS_A_VARIABLE:
        check(estimator)


@pytest.mark.parametrize("estimator", SHIPPED)
def test_the_entry_point_of_a_kind_leads_to_its_class(estimator):
    assert load_estimator(estimator.kind) is type(estimator)


def test_an_estimator_is_told_in_a_line_however_many_features_it_has():
    features = tuple(list_features(small_site.specification()))
    told = repr(LogisticEstimator(penalty=0.25, features=features * 40))
    assert told.startswith("LogisticEstimator(")
    assert "penalty=0.25" in told
    assert len(told) < 500


def test_every_setting_of_a_specification_reaches_an_estimator():
    """A key whose name no constructor knows would be left out without a word."""
    known = {name for estimator in SHIPPED for name in estimator.get_params(deep=False)}
    # What an estimator of another package takes it takes by its own names.
    of_training = {"candidates", "penalties", "tuning_trials", "parameters"}
    assert set(EstimatorSettings.model_fields) - of_training <= known
    settings = EstimatorSettings(num_leaves=3, spline_knots=7)
    assert LightGBMEstimator.from_settings(settings, ()).num_leaves == 3
    tuned = LogisticEstimator.from_settings(settings, (), penalty=5.0, rounds=9)
    assert (tuned.spline_knots, tuned.penalty) == (7, 5.0)


def test_what_is_found_without_installing_is_what_an_installation_registers():
    written = tomllib.loads(
        (Path(__file__).parents[3] / "pyproject.toml").read_text("utf-8")
    )
    registered = written["project"]["entry-points"]["riskscreen.estimators"]
    found = {name: at.value for name, at in list_estimators().items()}
    assert registered.items() <= found.items()
    assert {type(estimator).kind for estimator in SHIPPED} == set(registered)
