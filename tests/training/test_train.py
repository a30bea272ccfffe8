from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from riskscreen.errors import ModelError
from riskscreen.model.calibration_fit import fit_calibration
from riskscreen.model.model_folder import load_model_folder, save_model
from riskscreen.training import train
from riskscreen.training.data.split import split_cases
from tests.made_up import drawn, prepared_of, specification, values_of

pytestmark = pytest.mark.slow

SPEC = specification(
    estimator={"max_rounds": 150, "learning_rate": 0.1, "tuning_trials": 1}
)
LINEAR = specification(estimator={"candidates": ["logistic"]})


@pytest.fixture(scope="module")
def prepared():
    return prepared_of(spec=SPEC)


@pytest.fixture(scope="module")
def result(prepared):
    return train(prepared)


def test_every_candidate_is_fitted_and_one_is_chosen(result):
    assert tuple(result.candidates) == ("logistic", "blend", "lightgbm")
    assert result.selection.kind in result.candidates
    assert result.model is result.candidates[result.selection.kind].model
    for kind, candidate in result.candidates.items():
        assert candidate.model.estimator.kind == kind
        assert len(candidate.out_of_fold_risk) == len(result.split.train)
        assert np.isfinite(candidate.out_of_fold_risk).all()


def test_the_same_data_specification_and_seed_give_the_same_version(prepared, result):
    again = train(prepared)
    for kind, candidate in result.candidates.items():
        assert again.candidates[kind].model.version == candidate.model.version


def test_another_label_gives_another_version(prepared):
    linear = replace(prepared, spec=LINEAR)
    outcomes = prepared.outcomes.copy()
    first = outcomes["outcome"].iloc[0]
    outcomes.loc[0, "outcome"] = "not long" if first == "long" else "long"
    other = train(replace(linear, outcomes=outcomes))
    assert other.model.version != train(linear).model.version


def test_outcomes_known_after_the_first_test_case_change_nothing(prepared, result):
    """Whatever became of the newest cases, the model stays the same to the last bit."""
    outcomes = prepared.outcomes.copy()
    late = outcomes["known_on"] >= result.split.first_test
    swapped = {"long": "not long", "not long": "long"}
    outcomes.loc[late, "outcome"] = outcomes.loc[late, "outcome"].map(swapped)
    assert late.sum() > 200
    other = train(replace(prepared, outcomes=outcomes))
    for kind, candidate in result.candidates.items():
        assert other.candidates[kind].model.version == candidate.model.version


@pytest.mark.parametrize("kind", ["logistic", "blend", "lightgbm"])
def test_risks_are_calibrated_on_cases_that_no_fit_has_seen(result, kind):
    table, log_odds = values_of(8000, seed=77)
    scored = result.candidates[kind].model.score(table)
    found = fit_calibration(scored.log_odds, drawn(log_odds, seed=77))
    assert found.slope == pytest.approx(1.0, abs=0.15)
    truth = 1 / (1 + np.exp(-log_odds))
    assert scored.risk.mean() == pytest.approx(truth.mean(), abs=0.03)
    assert np.abs(scored.risk - truth).mean() < 0.07


def test_any_candidate_can_be_asked_for(prepared):
    forced = train(prepared, kind="lightgbm")
    assert forced.model.estimator.kind == "lightgbm"
    with pytest.raises(ModelError, match="the candidates are logistic"):
        train(replace(prepared, spec=LINEAR), kind="lightgbm")


def test_as_many_are_proposed_as_there_are_places_but_nobody_below_the_base(
    prepared, result
):
    """Five places and about six cases a week: the year before the test decides."""
    policy = result.model.policy
    assert policy.base_risk == pytest.approx(result.model.base_risk)
    t0, first = prepared.cases["decision_date"], result.split.first_test
    year = (t0 >= first - pd.Timedelta(weeks=52)) & (t0 < first)
    risk = result.model.score(prepared.features[year.to_numpy()]).risk
    above = (risk > policy.base_risk).sum() / 52
    proposed = policy.propose(risk, prepared.list_units()[year.to_numpy()]).proposed
    assert proposed.sum() / 52 == pytest.approx(min(5, above), rel=0.15)
    assert policy.threshold >= policy.base_risk


def test_a_stored_training_scores_as_before_and_holds_no_row(result, tmp_path):
    save_model(result.model, tmp_path)
    again = load_model_folder(tmp_path)
    table, _ = values_of(50, seed=5)
    assert np.array_equal(again.score(table).risk, result.model.score(table).risk)
    assert again.version == result.model.version


def test_no_value_of_one_person_stands_in_the_model_files(tmp_path):
    table, log_odds = values_of(1500, seed=3)
    table.loc[100, "distance"] = 987654.321
    table.loc[200, "burden"] = -54321.9876
    prepared = prepared_of(
        1500, 3, spec=SPEC, table=table, long=drawn(log_odds, seed=3)
    )
    exact = {repr(v) for v in table[["burden", "distance"]].to_numpy().ravel()}
    for kind, candidate in train(prepared).candidates.items():
        save_model(candidate.model, tmp_path / kind)
        files = sorted((tmp_path / kind).iterdir())
        written = "".join(p.read_text() for p in files)
        assert "987654" not in written
        assert "54321.98" not in written
        assert not [v for v in exact if len(v) > 8 and v in written]
        named = [n for n in prepared.cases["case_id"] if f'"{n}"' in written]
        assert not named


def test_a_split_by_period_trains_without_dates():
    rule = {"column": "period", "train_periods": [1, 2], "test_periods": [3]}
    spec = specification(split=rule, estimator={"candidates": ["logistic"]})
    dated = prepared_of(1500, spec=spec)
    cases = dated.cases.drop(columns=["start_date", "decision_date"])
    cases = cases.assign(person_id=cases["case_id"], period=np.repeat([1, 2, 3], 500))
    outcomes = dated.outcomes.assign(known_on=pd.NaT)
    result = train(replace(dated, cases=cases, outcomes=outcomes))
    assert result.model.notes["decided"] is None
    assert result.model.policy.threshold is None
    assert len(result.split.test) == 500


def test_a_given_split_is_used(prepared):
    usual = split_cases(prepared.table, SPEC.split)
    fewer = replace(usual, test=usual.test[:50])
    linear = replace(prepared, spec=LINEAR)
    assert len(train(linear, split=fewer).split.test) == 50


@pytest.fixture(scope="module")
def misled():
    """A training whose specification has burden the wrong way round."""
    columns = SPEC.model_dump(by_alias=True)["columns"]
    columns["burden"]["monotone"] = "decreasing"
    spec = specification(
        estimator={"max_rounds": 60, "learning_rate": 0.1, "tuning_trials": 0},
        columns=columns,
    )
    return train(prepared_of(spec=spec))


def test_a_direction_that_the_training_cases_speak_against_is_imposed_on_no_fit(misled):
    high = values_of(50, seed=3)[0].assign(burden=2.0)
    for kind, candidate in misled.candidates.items():
        model = candidate.model
        assert model.dropped_directions == ("burden",), kind
        low, more = (model.score(high.assign(burden=at)).risk for at in (-0.5, 2.0))
        assert (more > low + 0.1).all(), kind
    told = {of["feature"]: of for of in misled.model.notes["directions"]}
    assert set(told) == {"burden", "visits", "resource", "alone"}
    assert [name for name, of in told.items() if of["dropped"]] == ["burden"]
    assert told["burden"]["change"] > 1


def test_a_dropped_direction_stays_dropped_in_the_models_folder(misled, tmp_path):
    save_model(misled.model, tmp_path)
    loaded = load_model_folder(tmp_path)
    assert loaded.dropped_directions == ("burden",)
    assert [f.monotone for f in loaded.features] == [
        f.monotone for f in misled.model.features
    ]
    save_model(replace(misled.model, dropped_directions=("weekend",)), tmp_path)
    with pytest.raises(ModelError, match=r"model\.json"):
        load_model_folder(tmp_path)


def test_no_test_case_is_asked_about_a_direction(prepared, result):
    """Outcomes of the test year, turned round, leave every direction as it was."""
    outcomes = prepared.outcomes.copy()
    ids = result.test_cases["case_id"]
    of_test = outcomes["case_id"].isin(ids)
    outcomes.loc[of_test, "outcome"] = np.where(
        outcomes.loc[of_test, "outcome"] == "long", "not long", "long"
    )
    linear = replace(prepared, spec=LINEAR)
    one, other = (
        train(dataset, kind="logistic").model.notes["directions"]
        for dataset in (linear, replace(linear, outcomes=outcomes))
    )
    assert one == other
