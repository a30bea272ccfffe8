from dataclasses import replace

import numpy as np
import pytest

pytestmark = pytest.mark.slow


def in_life(dataset, since):
    return (dataset.cases["decision_date"] >= since).to_numpy()


def without_dead_code(dataset):
    """The delivery up to the month before the synthetic law ends resource courses."""
    kept = (dataset.cases["decision_date"] < "2022-06-01").to_numpy()
    return replace(
        dataset,
        cases=dataset.cases[kept].reset_index(drop=True),
        features=dataset.features[kept].reset_index(drop=True),
        outcomes=dataset.outcomes[kept].reset_index(drop=True),
        audit=dataset.audit[kept].reset_index(drop=True),
        units=dataset.units[kept].reset_index(drop=True),
        efforts=None,
        extract_date=dataset.extract_date.replace(year=2022, month=6, day=1),
    )


def test_a_benefit_that_ended_by_law_is_found_in_its_first_months(found):
    """Nobody begins a resource course after September 2022; a quarter had one."""
    codes = found.evidence["codes"]
    assert "2022-10" <= codes.alarm_from <= "2023-02"
    assert codes.leading == ("resource_course",)
    assert found.codes["resource_course"].now == 0
    assert found.codes["resource_course"].before > 0.15
    assert found.recommendation.action == "retrain"
    assert next(r.ground for r in found.recommendation.reasons) == "code_moved"


def test_nothing_else_alarms_in_six_years_of_one_synthetic_site(found):
    quiet = {f for f, of in found.evidence.items() if of.alarm_from is None}
    assert quiet == {"calibration", "interim", "delivery"}


def test_a_column_that_is_no_longer_filled_in_is_found_in_two_months(
    measure, delivered, model
):
    early = without_dead_code(delivered)
    importance = model.training_profile.importance
    column = int(np.argmax(importance))
    features = early.features.copy()
    features.iloc[in_life(early, "2022-03-01"), column] = np.nan
    found = measure(replace(early, features=features))
    assert found.evidence["columns"].alarm_from in {"2022-03", "2022-04"}
    reasons = found.recommendation.reasons
    name = model.features[column].name
    assert (found.recommendation.action, reasons[0].ground) == (
        "stop",
        "column_missing",
    )
    assert reasons[0].names == (name,)


def test_outcomes_that_leave_the_risks_are_found_and_ask_for_a_recalibration(
    measure, delivered
):
    """As they are nothing alarms, which the test above says of all six years."""
    early = without_dead_code(delivered)
    outcomes = early.outcomes.copy()
    turned = in_life(early, "2021-01-01") & (np.arange(len(outcomes)) % 3 == 0)
    turned &= outcomes["outcome"].eq("not long").to_numpy()
    outcomes.loc[turned, "outcome"] = "long"
    found = measure(replace(early, outcomes=outcomes))
    assert "2021-01" < found.evidence["calibration"].alarm_from < "2022-01"
    grounds = {r.ground for r in found.recommendation.reasons}
    assert grounds & {"wrong_level", "wrong_slope"}


def test_a_feed_that_fell_silent_and_an_old_delivery_stop_the_scores(
    measure, delivered
):
    early = without_dead_code(delivered)
    late = early.extract_date.replace(month=8, day=31)
    silent = measure(replace(early, extract_date=late), stale=True)
    assert silent.recommendation.action == "stop"
    assert silent.recommendation.reasons[0].ground == "stale"
    (reason,) = [r for r in silent.recommendation.reasons if r.ground == "no_cases"]
    assert reason.since == "2022-06"


def test_what_is_told_are_counts_and_shares_and_no_case(found, delivered):
    told = "\n".join(found.describe())
    assert "Recommended: retrain" in told
    assert "code moved (resource_course), since 202" in told
    assert not set(delivered.cases["case_id"]) & set(told.split())
