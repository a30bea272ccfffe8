import json
from dataclasses import replace

import numpy as np
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier

from riskscreen.documents.cards.record import to_json
from riskscreen.evaluation.gate_outcomes import LEAK_GATES, list_refusals
from riskscreen.training import evaluate_model, train
from tests.made_up import column, drawn, prepared_of, specification, values_of

pytestmark = pytest.mark.slow

FAST = {"candidates": ["logistic"]}
SPEC = specification(estimator=FAST)


@pytest.fixture(scope="module")
def prepared():
    return prepared_of(spec=SPEC)


@pytest.fixture(scope="module")
def result(prepared):
    return train(prepared)


@pytest.fixture(scope="module")
def model_evaluation(prepared, result):
    return evaluate_model(result, prepared)


def with_leak(strength, name="intake_index_k7", seed=0):
    """A column of an innocent name that half knows the outcome."""
    columns = {k: c.model_dump(exclude_defaults=True) for k, c in SPEC.columns.items()}
    spec = specification(
        estimator=FAST, columns=columns | {name: column("number", unit="index")}
    )
    table, log_odds = values_of(2400, seed)
    long = drawn(log_odds, seed)
    draw = np.random.default_rng(99)
    table[name] = strength * long + draw.normal(0, 1, len(long))
    return prepared_of(2400, seed, spec=spec, table=table, long=long)


def test_the_model_is_judged_beside_every_simple_rule(model_evaluation):
    assert set(model_evaluation.comparators) == {"base_rate", "burden_only", "guess"}
    auc = model_evaluation.evaluation.estimates["auc"]
    assert (
        auc.value
        > model_evaluation.comparators["burden_only"].estimates["auc"].value
        > 0.5
    )
    assert model_evaluation.comparisons["base_rate"].differences["log_loss"].value < 0
    assert model_evaluation.comparators["base_rate"].estimates[
        "mean_risk"
    ].value == pytest.approx(0.3, abs=0.1)


def test_an_honest_model_passes_its_gates(model_evaluation):
    assert list_refusals(model_evaluation.gates) == ()


def test_the_judgement_is_plain_json_without_a_case_in_it(model_evaluation, prepared):
    written = json.dumps(to_json(model_evaluation.evaluation), allow_nan=False)
    assert not [c for c in prepared.cases["case_id"] if f'"{c}"' in written]
    assert not [p for p in prepared.cases["person_id"] if f'"{p}"' in written]


def test_years_and_reasons_are_told(model_evaluation, result):
    years = result.split.cases["decision_date"].dt.year.iloc[result.split.test]
    assert set(years) <= set(model_evaluation.by_year)
    reasons = model_evaluation.importance.reasons
    assert sum(reason.share for reason in reasons) == pytest.approx(1)
    assert reasons[0].name == "burden"


@pytest.mark.parametrize("strength", [4.0, 2.0])
def test_a_leak_under_an_innocent_name_is_caught_and_named(strength):
    leaky = with_leak(strength)
    evaluated = evaluate_model(train(leaky), leaky)
    refused = {gate.name: gate.message for gate in list_refusals(evaluated.gates)}
    assert refused.keys() & set(LEAK_GATES)
    assert evaluated.columns[0].column == "intake_index_k7"


def test_a_leak_that_keeps_below_the_plausible_auc_is_caught_by_its_share():
    gates = {"auc_at_most": 0.99, "auc_at_most_reason": "a test"}
    leaky = with_leak(2.0)
    spec = leaky.spec.model_copy(
        update={"gates": type(leaky.spec.gates).model_validate(gates)}
    )
    leaky = replace(leaky, spec=spec)
    gates = {g.name: g.message for g in evaluate_model(train(leaky), leaky).gates}
    words = gates["column_contribution_share_at_most"]
    assert "intake_index_k7 carries 0." in words
    assert "Refused" in words


def test_a_model_taught_on_swapped_labels_is_refused(prepared):
    """Training outcomes turned round, test outcomes as they were."""
    outcomes = prepared.outcomes.copy()
    first = train(prepared).split.first_test
    early = outcomes["known_on"] < first
    swap = {"long": "not long", "not long": "long"}
    outcomes.loc[early, "outcome"] = outcomes.loc[early, "outcome"].map(swap)
    swapped = replace(prepared, outcomes=outcomes)
    refused = {
        gate.name
        for gate in list_refusals(evaluate_model(train(swapped), swapped).gates)
    }
    assert {"auc_at_least", "calibration_slope"} <= refused


def test_a_classifier_to_compare_with_is_evaluated_beside_and_never_kept(
    prepared, result, model_evaluation
):
    classifiers = {"boosting": HistGradientBoostingClassifier(max_iter=20)}
    found = evaluate_model(result, prepared, classifiers=classifiers)
    assert found.comparators.keys() - model_evaluation.comparators.keys() == {
        "boosting"
    }
    difference = found.comparisons["boosting"].differences["log_loss"]
    assert difference.low < difference.value < difference.high
    assert set(result.candidates) == {"logistic"}
    assert list(found.gates) == list(model_evaluation.gates)
