from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from riskscreen.model.abstention import TrainingProfile
from riskscreen.policy import Places
from riskscreen.training import ship_model, train
from riskscreen.training.model_parts.thresholds import (
    predict_out_of_sample,
    predict_shown,
    set_policy,
)
from tests.made_up import prepared_of, specification

pytestmark = pytest.mark.slow

SPEC = specification(estimator={"candidates": ["logistic"], "penalties": [30.0]})


@pytest.fixture(scope="module")
def trained():
    prepared = prepared_of(1500, spec=SPEC)
    return prepared, train(prepared)


def test_no_case_is_scored_by_a_fit_that_was_trained_on_it(trained):
    prepared, result = trained
    split, oof = result.split, np.linspace(0.1, 0.6, len(result.split.train))
    log_odds = predict_out_of_sample(result.model, prepared, split, oof)
    risk = 1 / (1 + np.exp(-log_odds[split.train]))
    assert risk == pytest.approx(oof)
    own = result.model.score(prepared.features.iloc[split.test]).log_odds
    assert log_odds[split.test] == pytest.approx(own)
    moved = predict_out_of_sample(result.model, prepared, split, oof, shift=0.3)
    assert moved[split.train] == pytest.approx(log_odds[split.train] + 0.3)
    assert moved[split.test] == pytest.approx(own)


def test_the_tests_thresholds_rest_on_the_year_before_it_and_todays_on_the_newest(
    trained,
):
    prepared, result = trained
    t0 = prepared.cases["decision_date"]
    shipped = ship_model(result, prepared).model
    then, now = result.model.policy.arrivals, shipped.policy.arrivals
    first = result.split.first_test
    assert then.last_day == f"{first - pd.Timedelta(days=1):%Y-%m-%d}"
    assert now.last_day == f"{t0.max():%Y-%m-%d}"
    assert (then.weeks, now.weeks) == (52, 52)
    inside = t0.between(first - pd.Timedelta(weeks=52), first, inclusive="left").sum()
    assert then.n == pytest.approx(inside, abs=3)


def test_what_comes_after_the_year_moves_no_threshold(trained):
    prepared, result = trained
    log_odds = predict_out_of_sample(
        result.model,
        prepared,
        result.split,
        result.candidates[result.selection.kind].out_of_fold_risk,
    )
    until = result.split.first_test
    before = set_policy(result.model, prepared, log_odds, until=until)
    later = np.where(prepared.cases["decision_date"] >= until, 9.0, log_odds)
    assert set_policy(result.model, prepared, later, until=until) == before


def test_without_dates_or_places_there_is_no_threshold(trained):
    prepared, result = trained
    log_odds = np.zeros(len(prepared.cases))
    undated = replace(prepared, cases=prepared.cases.drop(columns="decision_date"))
    assert set_policy(result.model, undated, log_odds).threshold is None
    bare = replace(prepared, places=None)
    policy = set_policy(result.model, bare, log_odds)
    assert policy.threshold is None
    assert policy.arrivals is not None  # so that places can be set later


def test_a_score_that_is_not_shown_asks_for_no_place(trained):
    """Half of the cases are silent about the one column that carries everything."""
    prepared, result = trained
    importance = tuple(float(f.name == "burden") for f in result.model.features)
    levels = tuple((0, 1, 2, 3) if f.levels else None for f in result.model.features)
    profile = TrainingProfile(
        importance, (None,) * len(importance), levels, 0.0, empty_history=0.5
    )
    model = replace(result.model, training_profile=profile)
    features = prepared.features.copy()
    features.iloc[::2, features.columns.get_loc("burden")] = np.nan
    silent = features["burden"].isna().to_numpy()
    assert np.array_equal(model.find_abstained(features), silent)
    assert np.array_equal(np.isnan(predict_shown(model, features)), silent)
    half = replace(prepared, features=features, places=Places("site", 1.0))
    policy = set_policy(model, half, np.zeros(len(silent)))
    whole = set_policy(result.model, half, np.zeros(len(silent)))
    assert policy.arrivals.n == pytest.approx(whole.arrivals.n / 2, rel=0.2)
