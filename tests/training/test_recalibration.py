from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from riskscreen.errors import TableError
from riskscreen.evaluation.gate_outcomes import list_refusals
from riskscreen.model.calibration_fit import fit_calibration
from riskscreen.model.model_folder import load_model_folder, save_model
from riskscreen.rules.reforms import Reform
from riskscreen.training import evaluate_model, recalibrate_model, train
from tests.made_up import drawn, prepared_of, specification, values_of

pytestmark = pytest.mark.slow

SPEC = specification(estimator={"candidates": ["logistic"], "penalties": [10.0]})
N = 9600
SLOPE, INTERCEPT = 0.6, 0.8
CHANGE = Reform(date(2021, 1, 1), f"population:{SPEC.name}", "others come", "a law")


def until(prepared, kept):
    return replace(
        prepared,
        cases=prepared.cases[kept].reset_index(drop=True),
        features=prepared.features[kept],
        outcomes=prepared.outcomes[kept].reset_index(drop=True),
        audit=prepared.audit[kept],
    )


@pytest.fixture(scope="module")
def drifted():
    """Eight years; risks change in the middle: less extreme, and higher."""
    table, log_odds = values_of(N)
    moved = np.arange(N) >= N // 2
    truth = np.where(moved, SLOPE * log_odds + INTERCEPT, log_odds)
    return prepared_of(N, spec=SPEC, table=table, long=drawn(truth))


@pytest.fixture(scope="module")
def stored(drifted):
    return train(until(drifted, np.arange(N) < N // 2)).model


@pytest.fixture(scope="module")
def found(drifted, stored):
    """By a delivery whose site has narrowed a gate since the training."""
    gates = SPEC.gates.model_copy(update={"ici_at_most": 0.04})
    narrowed = SPEC.model_copy(update={"gates": gates})
    return recalibrate_model(stored, replace(drifted, spec=narrowed, reforms=(CHANGE,)))


def test_the_gates_are_those_of_the_delivery(found, stored):
    assert stored.spec.gates.ici_at_most == 0.05
    for spec in (found.model.spec, found.backtest.spec, found.backtest.model.spec):
        assert spec.gates.ici_at_most == 0.04
        assert spec.outcome == stored.spec.outcome
    assert found.step.version == stored.version


def test_a_change_since_the_training_is_known_with_what_outcomes_say_of_it(found):
    (change,) = found.model.notes["known_changes"]
    assert (change["day"], change["state"]) == (str(CHANGE.day), "older")
    assert change["what"] == CHANGE.what


def test_a_drifted_model_gets_back_its_slope_and_level(found, stored):
    table, log_odds = values_of(N, seed=7)
    truth = 1 / (1 + np.exp(-(SLOPE * log_odds + INTERCEPT)))
    before = fit_calibration(stored.score(table).log_odds, truth)
    after = fit_calibration(found.model.score(table).log_odds, truth)
    assert before.slope < 0.75
    assert before.intercept > 0.5
    assert after.slope == pytest.approx(1, abs=0.2)
    assert after.intercept == pytest.approx(0, abs=0.15)


def test_before_and_after_are_told_on_cases_the_rehearsal_had_not_seen(found, stored):
    told = {n: (found.before[n], found.after[n]) for n in ("log_loss",)}
    assert told["log_loss"][1].value < told["log_loss"][0].value
    slope = found.after["calibration_slope"]
    assert slope.low < 1 < slope.high
    assert found.before["calibration_slope"].high < 1
    split = found.backtest.split
    known = found.backtest.split.cases
    first = known["decision_date"].iloc[split.test].min()
    assert known["known_on"].iloc[split.calibration].max() < first
    taught_until = f"{known['decision_date'].iloc[split.calibration].min():%Y-%m}"
    assert taught_until > stored.notes["decided"][1]
    lines = "\n".join(found.describe())
    assert f"calibration_slope: {found.before['calibration_slope'].text()}" in (lines)
    assert found.model.version in lines


def test_only_the_calibration_is_new(found, stored, tmp_path):
    model = found.model
    assert model.estimator is stored.estimator
    assert model.version != stored.version
    table, _ = values_of(500, seed=2)
    old, new = stored.score(table), model.score(table)
    assert np.array_equal(np.argsort(old.log_odds), np.argsort(new.log_odds))
    total = model.base_log_odds + new.contributions.sum(axis=1)
    assert np.allclose(total, new.log_odds, atol=1e-9)
    save_model(model, tmp_path)
    assert load_model_folder(tmp_path).version == model.version


def test_the_thresholds_are_set_anew_by_the_newest_arrivals(found, drifted):
    """Those of the backtest by the year before its first test case."""
    policy, then = found.model.policy, found.backtest.model.policy
    newest = drifted.cases["decision_date"].max()
    assert policy.base_risk == found.model.base_risk
    assert policy.arrivals.last_day == f"{newest:%Y-%m-%d}"
    assert then.arrivals.last_day < f"{found.backtest.split.first_test:%Y-%m-%d}"
    assert policy.places == then.places == drifted.places


def test_labels_of_cases_that_taught_change_nothing(drifted, stored, found):
    outcomes = drifted.outcomes.copy()
    outcomes.loc[:100, "outcome"] = "long"
    again = recalibrate_model(stored, replace(drifted, outcomes=outcomes))
    assert again.model.calibration == found.model.calibration


def test_calibrating_twice_is_calibrating_once(drifted, found):
    again = recalibrate_model(found.model, drifted)
    assert again.model.calibration.slope == pytest.approx(found.model.calibration.slope)
    assert again.model.notes["recalibrated"]["slope"] == pytest.approx(1)


def test_the_rehearsal_is_judged_by_gates_like_a_training(drifted, found):
    model_evaluation = evaluate_model(found.backtest, drifted)
    assert "calibration_slope" not in {
        g.name for g in list_refusals(model_evaluation.gates)
    }
    assert any("Recalibrated" in words for words in model_evaluation.words)


def test_too_few_newly_matured_labels_are_refused(drifted):
    usual = train(until(drifted, np.arange(N) % 10 == 0))
    few = until(drifted, np.arange(N) % 10 == 0)
    with pytest.raises(TableError, match="fewer than 100"):
        recalibrate_model(usual.model, few)


def test_a_model_that_does_not_say_when_it_was_taught_is_refused(drifted, stored):
    undated = replace(stored, notes={**stored.notes, "decided": None})
    with pytest.raises(TableError, match="Train anew"):
        recalibrate_model(undated, drifted)
