import json
from dataclasses import replace

import pytest

from riskscreen.documents.cards.record import to_json
from riskscreen.errors import TableError
from riskscreen.training import (
    evaluate_externally,
    evaluate_model,
    evaluate_on_test,
    ship_model,
    train,
)
from tests.made_up import prepared_of, specification

pytestmark = pytest.mark.slow

SPEC = specification(estimator={"candidates": ["logistic"]})


@pytest.fixture(scope="module")
def prepared():
    return prepared_of(spec=SPEC)


@pytest.fixture(scope="module")
def result(prepared):
    return train(prepared)


def test_a_stored_model_is_judged_on_the_same_test_cases(result, prepared):
    model_evaluation = evaluate_model(result, prepared)
    stored = evaluate_on_test(result.model, prepared)
    with pytest.raises(TableError, match="FOLDER/judged"):
        evaluate_on_test(ship_model(result, prepared).model, prepared)
    assert stored.evaluation.n == model_evaluation.evaluation.n
    assert (
        stored.evaluation.estimates["auc"].value
        == model_evaluation.evaluation.estimates["auc"].value
    )
    json.dumps(to_json(stored), allow_nan=False)


def test_another_site_judges_with_every_case(result):
    other = prepared_of(900, seed=8, spec=SPEC)
    stored = evaluate_externally(result.model, other)
    assert stored.evaluation.n == 900
    assert stored.evaluation.estimates["auc"].value > 0.65
    assert "trained elsewhere" in stored.messages[-1]


def test_a_site_without_a_known_outcome_judges_nobody(result):
    other = prepared_of(50, seed=8, spec=SPEC)
    unknown = other.outcomes.assign(outcome="censored")
    with pytest.raises(TableError, match="Deliver older cases"):
        evaluate_externally(result.model, replace(other, outcomes=unknown))
