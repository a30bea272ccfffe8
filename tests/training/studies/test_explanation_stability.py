from dataclasses import replace

import numpy as np
import pytest

from riskscreen.spec import Specification
from riskscreen.training import train
from riskscreen.training.studies.explanation_stability import (
    compute_top_reason_overlap,
    measure_directions,
)
from tests.made_up import prepared_of, specification, values_of

pytestmark = pytest.mark.slow

SPEC = specification(estimator={"candidates": ["logistic"], "penalties": [10.0]})


@pytest.fixture(scope="module")
def model():
    return train(prepared_of(spec=SPEC)).model


@pytest.fixture(scope="module")
def features():
    return values_of(300, seed=4)[0]


def turned(spec, column):
    """*spec* with the other direction for one column."""
    content = spec.model_dump(by_alias=True)
    other = {"increasing": "decreasing", "decreasing": "increasing"}[
        content["columns"][column]["monotone"]
    ]
    content["columns"][column]["monotone"] = other
    return Specification.model_validate(content)


def test_a_model_has_all_its_reasons_in_common_with_itself(model, features):
    assert compute_top_reason_overlap(model, {"itself": model}, features) == {
        "itself": 1.0
    }


def test_a_refit_shares_most_reasons_and_a_model_turned_round_few(model, features):
    again = train(prepared_of(seed=9, spec=SPEC)).model
    linear = model.estimator
    turned_round = replace(
        model, estimator=linear.with_attributes(coefficients_=-linear.coefficients_)
    )
    found = compute_top_reason_overlap(
        model, {"again": again, "round": turned_round}, features
    )
    assert found["again"] > 0.55
    assert found["round"] == 0


def test_overlap_by_hand(model, features):
    """Two cases: the same reasons, and one of the two that the wordier model shows."""
    names = [f.name for f in model.features]
    linear = model.estimator

    def only(*kept):
        of = np.isin(linear.design_.feature, [names.index(name) for name in kept])
        return replace(
            model,
            estimator=linear.with_attributes(coefficients_=linear.coefficients_ * of),
        )

    high = features.iloc[:1].assign(burden=3.0, alone=1.0, resource=0.0)
    both, one = only("burden", "alone"), only("burden")
    assert compute_top_reason_overlap(both, {"one": one}, high) == {"one": 0.5}
    assert compute_top_reason_overlap(one, {"both": both}, high) == {"both": 0.5}


def test_every_feature_pulls_as_the_specification_says(model, features):
    found = measure_directions(model, features)
    directed = {f.name: f.monotone for f in model.features if f.monotone}
    assert {s.feature: s.direction for s in found} == directed
    assert all(s.agrees for s in found)


def test_a_feature_that_pulls_the_other_way_is_told(model, features):
    other = replace(model, spec=turned(SPEC, "burden"))
    told = {s.feature: s for s in measure_directions(other, features)}
    assert told["burden"].agrees is False
    assert told["burden"].correlation > 0.5
    assert told["visits"].agrees is True


def test_a_feature_without_any_pull_agrees_with_nothing(model, features):
    constant = features.assign(visits=2.0, burden=np.nan)
    told = {s.feature: s for s in measure_directions(model, constant)}
    assert told["visits"].agrees is None
    assert told["burden"].agrees is None
