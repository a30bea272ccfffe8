"""What is shipped knows every outcome; what is judged knows none of the test."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from riskscreen.features.catalogue import list_features
from riskscreen.model.estimators.logistic import LogisticEstimator
from riskscreen.model.horizons import OrderComparison
from riskscreen.training import ship_model, train
from riskscreen.training.shipping import (
    FEWEST_NEWEST,
    extend_cases,
    find_newest_intake,
)
from tests.made_up import drawn, prepared_of, specification, values_of

pytestmark = pytest.mark.slow

SPEC = specification(estimator={"candidates": ["logistic"], "penalties": [30.0]})
N = 2400
UNDATED = specification(
    estimator={"candidates": ["logistic"], "penalties": [30.0]},
    split={"column": "period", "train_periods": [1, 2], "test_periods": [3]},
)


@pytest.fixture(scope="module")
def prepared():
    """Four years in which the outcome is as it was, and a last one of a higher rate."""
    table, log_odds = values_of(N)
    risen = log_odds + 1.5 * (np.arange(N) >= 7 * N // 8)
    return prepared_of(N, spec=SPEC, table=table, long=drawn(risen))


@pytest.fixture(scope="module")
def result(prepared):
    return train(prepared)


@pytest.fixture(scope="module")
def shipped(prepared, result):
    return ship_model(result, prepared)


def test_what_is_shipped_is_the_same_recipe_fitted_to_every_known_outcome(
    prepared, result, shipped
):
    plain = LogisticEstimator.from_settings(
        SPEC.estimator,
        list_features(SPEC),
        penalty=result.candidates["logistic"].hyperparameters["penalty"],
    )
    data = prepared.to_arrays()
    plain = plain.fit(data.values, data.long).round_for_disclosure(n=N)
    assert np.array_equal(shipped.model.estimator.coefficients_, plain.coefficients_)
    newest = prepared.outcomes["known_on"].max()
    assert shipped.model.notes["newest_label"] == f"{newest:%Y-%m-%d}"
    assert shipped.model.notes["cases"]["train"] == N
    assert result.model.notes["newest_label"] < f"{result.split.first_test:%Y-%m-%d}"


def test_every_case_is_calibrated_by_a_fit_that_has_not_seen_it(prepared, result):
    cases = extend_cases(result, prepared)
    newer = np.setdiff1d(cases.split.train, result.split.train)
    assert set(result.split.test) <= set(newer)
    values = prepared.to_arrays().values
    own = cases.log_odds["logistic"]
    judged = result.model.estimator.decision_function(values[newer])
    at = np.searchsorted(cases.split.train, newer)
    assert np.allclose(own[at], judged)
    assert set(cases.block[at]) == {result.cases.block.max() + 1}
    old = np.searchsorted(cases.split.train, result.split.train)
    assert np.array_equal(own[old], result.cases.log_odds["logistic"])
    assert not len(cases.split.test)


def test_the_outcomes_of_the_test_year_move_what_is_shipped_and_not_what_is_judged(
    prepared, result, shipped
):
    outcomes = prepared.outcomes.copy()
    at = result.split.test[:40]
    outcomes.loc[at, "outcome"] = "long"
    other = replace(prepared, outcomes=outcomes)
    again = train(other)
    assert again.model.version == result.model.version
    assert ship_model(again, other).model.version != shipped.model.version


def test_the_shipped_model_follows_a_rate_that_rose_in_the_test_year(
    prepared, result, shipped
):
    newest = find_newest_intake(prepared, result.split)
    features = prepared.features.iloc[newest]
    judged, now = (
        model.score(features).risk.mean() for model in (result.model, shipped.model)
    )
    assert judged + 0.05 < now
    assert shipped.difference.level == pytest.approx(now - judged)
    assert shipped.difference.risk >= shipped.difference.level


def test_the_difference_is_that_of_both_models_on_the_newest_intake(
    prepared, result, shipped
):
    newest = find_newest_intake(prepared, result.split)
    days = prepared.cases["decision_date"]
    assert len(newest) == FEWEST_NEWEST
    assert days.iloc[newest].min() >= days.drop(index=newest).max()
    features = prepared.features.iloc[newest]
    apart = shipped.model.score(features).risk - result.model.score(features).risk
    assert shipped.difference.risk == pytest.approx(np.abs(apart).mean())
    assert shipped.difference.cases == FEWEST_NEWEST
    assert shipped.difference.judged == result.model.digest
    assert 0 <= shipped.difference.proposals <= 0.5


def test_what_the_training_chose_is_not_chosen_again(prepared, result):
    orders = (OrderComparison(13, -0.01, -0.02, -0.005, 500, True, 30.0),)
    seen, fitted = [], SimpleNamespace(model=None, shift=0.0, out_of_fold_risk=None)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            "riskscreen.training.shipping.predict_out_of_sample", lambda *_, **__: None
        )
        patch.setattr(
            "riskscreen.training.shipping.fit_recipe",
            lambda _, recipe, *__: seen.append(recipe) or {"logistic": fitted},
        )
        patch.setattr("riskscreen.training.shipping.compare_shipped", lambda *_: None)
        horizons = SimpleNamespace(compared=orders)
        model = replace(result.model, horizons=horizons)
        judged = replace(result.candidates["logistic"], model=model)
        ship_model(replace(result, candidates={"logistic": judged}), prepared)
    assert seen == [replace(result.recipe, orders=orders)]


def test_of_a_larger_site_the_newest_intake_is_a_quarter(prepared, result):
    many = replace(
        prepared,
        cases=prepared.cases.assign(
            decision_date=prepared.cases["decision_date"].max()
        ),
    )
    assert len(find_newest_intake(many, result.split)) == N


def test_a_case_that_is_delivered_twice_trains_the_shipped_model_once(prepared):
    cases = prepared.cases.copy()
    first, again = 0, N - 1
    cases.loc[again, ["person_id", "start_date"]] = cases.loc[
        first, ["person_id", "start_date"]
    ].array
    other = replace(prepared, cases=cases)
    found = train(other)
    assert again not in extend_cases(found, other).split.train
    assert first in extend_cases(found, other).split.train


def test_without_dates_the_test_period_sets_the_level_of_what_is_shipped():
    made = prepared_of(900, spec=UNDATED)
    undated = replace(
        made,
        cases=made.cases.drop(columns=["decision_date", "start_date"]).assign(
            period=np.arange(900) // 300 + 1
        ),
        outcomes=made.outcomes.drop(columns="known_on").assign(known_on=np.nan),
    )
    result = train(undated)
    shipped = ship_model(result, undated)
    split = extend_cases(result, undated).split
    assert np.array_equal(split.train, np.arange(900))
    assert np.array_equal(split.calibration, result.split.test)
    assert shipped.model.notes["newest_label"] is None
    assert shipped.difference.first_day is None
    assert shipped.difference.cases == 300
