import json

import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from examples.explainable_boosting import ExplainableBoostingEstimator
from riskscreen.errors import ModelError
from riskscreen.testing import check_estimator
from tests.made_up import drawn, features_of, values_of

pytest.importorskip("interpret", reason="interpret-core is not installed (extra: dev)")

QUICK = ExplainableBoostingEstimator(ebm_rounds=30, outer_bags=1, learning_rate=0.2)


@pytest.mark.slow
@parametrize_with_checks([QUICK])
def test_follows_the_scikit_learn_conventions(estimator, check):
    if check.func.__name__ != "check_array_api_input":  # it would skip itself
        estimator.set_params(min_data_in_leaf=2)
        check(estimator)


@pytest.mark.slow
def test_it_can_be_approved():
    check_estimator(QUICK)


def test_damaged_curves_are_refused():
    features = features_of()
    table, log_odds = values_of(400)
    fitted = ExplainableBoostingEstimator(
        ebm_rounds=20, outer_bags=1, features=features
    ).fit(table.to_numpy(), drawn(log_odds))
    for change in (
        {"scores": fitted.to_json()["scores"][1:]},
        {"edges": [edges[::-1] for edges in fitted.to_json()["edges"]]},
        {"intercept": "x"},
    ):
        stored = json.loads(json.dumps(fitted.to_json() | change))
        with pytest.raises(ModelError, match=r"model\.json"):
            type(fitted).from_json(stored, text=None, features=features)
