import json
import re
from dataclasses import replace

import lightgbm
import numpy as np
import pytest
from sklearn.exceptions import ConvergenceWarning

from riskscreen.errors import ModelError
from riskscreen.features.catalogue import Feature
from riskscreen.model.estimators import load_estimator, logistic
from riskscreen.model.estimators.blend import BlendEstimator
from riskscreen.model.estimators.lightgbm import (
    FARTHEST,
    LightGBMEstimator,
    without_extremes,
)
from riskscreen.model.estimators.logistic import LogisticEstimator, limit_knots
from riskscreen.spec import EstimatorSettings as Settings
from riskscreen.spec import Words
from tests.made_up import drawn, features_of, values_of
from tests.tree_texts import resized

FEATURES = features_of()
INFORMATIVE = tuple(replace(f, informative_missing=True) for f in FEATURES)
"""What LightGBM alone knows: a missing value goes one way."""
NAMES = [f.name for f in FEATURES]
SETTINGS = Settings(max_rounds=120)


@pytest.fixture(scope="module")
def fitted():
    table, log_odds = values_of(3000)
    values, long = table.to_numpy(), drawn(log_odds)
    logistic = LogisticEstimator.from_settings(SETTINGS, FEATURES, penalty=3).fit(
        values, long
    )
    trees = LightGBMEstimator.from_settings(SETTINGS, FEATURES, rounds=200).fit(
        values, long
    )
    blend = BlendEstimator.from_members(logistic, trees, 0.4)
    return {"logistic": logistic, "lightgbm": trees, "blend": blend}


KINDS = ("logistic", "lightgbm", "blend")


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_base_and_contributions_add_up_to_the_log_odds(fitted, kind):
    estimator = fitted[kind]
    values = values_of(400, seed=7)[0].to_numpy()
    values[0] = np.nan
    values[1, NAMES.index("branch")] = 99.0
    parts = estimator.contributions(values)
    assert parts.shape == values.shape
    difference = (
        estimator.base + parts.sum(axis=1) - estimator.decision_function(values)
    )
    assert np.abs(difference).max() < 1e-9


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["lightgbm", "blend"])
def test_what_features_do_together_adds_up_to_their_contributions(fitted, kind):
    values = values_of(100, seed=7)[0].to_numpy()
    values[0] = np.nan
    found = fitted[kind].interactions(values)
    assert np.array_equal(found, found.transpose(0, 2, 1))
    gap = found.sum(axis=2) - fitted[kind].contributions(values)
    assert np.abs(gap).max() < 1e-9
    own = np.arange(values.shape[1])
    found[:, own, own] = 0
    assert np.abs(found).max() > 0.01


def test_an_additive_estimator_tells_of_none_together(fitted):
    assert fitted["logistic"].interactions(values_of(3)[0].to_numpy()) is None


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_an_estimator_orders_new_cases_nearly_as_the_truth_does(fitted, kind):
    table, log_odds = values_of(6000, seed=5)
    found = fitted[kind].decision_function(table.to_numpy())
    ranks = [np.argsort(np.argsort(x)) for x in (found, log_odds)]
    assert np.corrcoef(*ranks)[0, 1] > 0.9


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("name", "sign"), [("burden", 1), ("visits", 1), ("alone", 1), ("resource", -1)]
)
def test_a_direction_of_the_specification_holds_everywhere(fitted, kind, name, sign):
    values = np.repeat(values_of(40, seed=9)[0].to_numpy(), 60, axis=0)
    values[:, NAMES.index(name)] = np.tile(np.linspace(-4, 12, 60), 40)
    risen = np.diff(fitted[kind].decision_function(values).reshape(40, 60), axis=1)
    assert (sign * risen).min() > -1e-12


@pytest.mark.parametrize("kind", KINDS)
def test_a_stored_estimator_scores_bit_for_bit_as_before(fitted, kind):
    estimator = fitted[kind]
    stored = json.loads(json.dumps(estimator.to_json(), allow_nan=False))
    again = type(estimator).from_json(
        stored, text=estimator.to_text(), features=FEATURES
    )
    values = values_of(200, seed=3)[0].to_numpy()
    assert np.array_equal(
        again.decision_function(values), estimator.decision_function(values)
    )
    assert np.array_equal(again.contributions(values), estimator.contributions(values))
    assert again.base == estimator.base


def test_the_tree_text_holds_no_extreme_and_predicts_as_before():
    table, log_odds = values_of(800, seed=11)
    table.loc[5, "distance"] = 987654.321
    booster = lightgbm.train(
        {"objective": "binary", "verbosity": -1, "num_threads": 1},
        lightgbm.Dataset(table.to_numpy(), drawn(log_odds, seed=11)),
        num_boost_round=20,
    )
    text = booster.model_to_string()
    assert "987654.321" in text
    bare = without_extremes(text)
    assert "987654" not in bare
    again = lightgbm.Booster(model_str=bare)
    kwargs = {"raw_score": True, "num_threads": 1}
    before = booster.predict(table.to_numpy(), **kwargs)
    assert np.array_equal(again.predict(table.to_numpy(), **kwargs), before)


def test_no_value_of_one_row_stands_in_a_stored_estimator():
    table, log_odds = values_of(800, seed=11)
    table.loc[5, "distance"] = 987654.321
    table.loc[6, "burden"] = -4321.98765
    values, long = table.to_numpy(), drawn(log_odds, seed=11)
    trees = LightGBMEstimator.from_settings(SETTINGS, FEATURES, rounds=40).fit(
        values, long
    )
    linear = LogisticEstimator.from_settings(SETTINGS, FEATURES, penalty=10).fit(
        values, long
    )
    stored = trees.text_ + json.dumps([trees.to_json(), linear.to_json()])
    assert "987654" not in stored
    assert "4321.98" not in stored
    exact = {repr(v) for v in values[:, :2].ravel().tolist()}
    assert not [v for v in exact if len(v) > 6 and v in stored]


def test_where_training_had_none_missing_the_trees_read_a_typical_value():
    """LightGBM alone would read a missing value as zero, which is nobody's distance."""
    table, log_odds = values_of(1500, seed=2)
    table = table.fillna(table.median())
    trees = LightGBMEstimator.from_settings(SETTINGS, INFORMATIVE, rounds=30).fit(
        table.to_numpy(), drawn(log_odds)
    )
    asked = table.to_numpy()[:50].copy()
    typical = asked.copy()
    asked[:, 1] = np.nan
    typical[:, 1] = float(f"{table['distance'].median():.2g}")
    assert np.array_equal(
        trees.decision_function(asked), trees.decision_function(typical)
    )


def test_fitting_twice_gives_the_same_text():
    table, log_odds = values_of(900)
    values, long = table.to_numpy(), drawn(log_odds)
    once, twice = (
        LightGBMEstimator.from_settings(SETTINGS, FEATURES, rounds=25).fit(values, long)
        for _ in range(2)
    )
    assert once.text_ == twice.text_
    one, two = (
        LogisticEstimator.from_settings(SETTINGS, FEATURES, penalty=10).fit(
            values, long
        )
        for _ in range(2)
    )
    assert np.array_equal(one.coefficients_, two.coefficients_)


def test_a_feature_of_the_history_is_held_back_more_than_one_of_the_intake():
    table, log_odds = values_of(900)
    values, long = table.to_numpy(), drawn(log_odds)
    past = tuple(replace(f, family="weeks", group="x") for f in FEATURES)

    def size(features):
        fitted = LogisticEstimator.from_settings(SETTINGS, features, penalty=10).fit(
            values, long
        )
        return np.abs(fitted.contributions(values)).mean()

    assert size(past) < 0.8 * size(FEATURES)


def test_a_path_of_penalties_agrees_with_each_penalty_alone():
    table, log_odds = values_of(900)
    values, long = table.to_numpy(), drawn(log_odds)
    path = LogisticEstimator.from_settings(SETTINGS, FEATURES).fit_path(
        values, long, penalties=(3, 100)
    )
    for on_path in path:
        alone = LogisticEstimator.from_settings(
            SETTINGS, FEATURES, penalty=on_path.penalty
        ).fit(values, long)
        assert np.allclose(on_path.coefficients_, alone.coefficients_, atol=2e-3)
    sizes = [np.abs(e.coefficients_).sum() for e in path]
    assert sizes[0] > sizes[1]


def test_trees_stop_when_later_cases_gain_nothing():
    table, log_odds = values_of(1500)
    later, later_odds = values_of(700, seed=4)
    trees = LightGBMEstimator.from_settings(
        Settings(max_rounds=1500, learning_rate=0.1), FEATURES
    ).fit(
        table.to_numpy(),
        drawn(log_odds),
        early_stopping=(later.to_numpy(), drawn(later_odds, seed=4), None),
    )
    assert 10 < trees.rounds_ < 300
    assert f"Tree={trees.rounds_ - 1}\n" in trees.text_
    assert f"Tree={trees.rounds_}\n" not in trees.text_


@pytest.mark.slow
def test_raw_scores_are_lightgbms_own_to_the_last_bit():
    table, log_odds = values_of(3000)
    trees = LightGBMEstimator.from_settings(SETTINGS, INFORMATIVE, rounds=200)
    trees.fit(table.to_numpy(), drawn(log_odds))
    values = values_of(400, seed=7)[0].to_numpy()
    values[0], values[1, NAMES.index("branch")] = np.nan, 99.0
    booster = lightgbm.Booster(model_str=trees.text_)
    asked = trees.fill_missing(values)
    expected = booster.predict(asked, raw_score=True, num_threads=1)
    assert np.array_equal(trees.decision_function(values), expected)
    assert np.array_equal(trees.predict_once(values), expected)
    shap = booster.predict(asked, pred_contrib=True, num_threads=1)
    np.testing.assert_allclose(trees.contributions(values), shap[:, :-1], atol=1e-9)
    assert np.allclose(trees.reference_contributions(values), shap[:, :-1], atol=1e-9)


@pytest.mark.slow
def test_a_stored_text_holds_no_number_that_is_not_finite():
    """LightGBM writes a split between the numbers and what is missing at infinity."""
    table, log_odds = values_of(20000)
    values, long = table.to_numpy(), drawn(log_odds)
    trees = LightGBMEstimator.from_settings(SETTINGS, INFORMATIVE, rounds=60).fit(
        values, long
    )
    thresholds = "".join(re.findall(r"^threshold=.*$", trees.text_, flags=re.MULTILINE))
    assert FARTHEST in thresholds
    assert "inf" not in thresholds
    expected = lightgbm.Booster(model_str=trees.text_).predict(
        trees.fill_missing(values[:500]), raw_score=True, num_threads=1
    )
    assert np.array_equal(trees.decision_function(values[:500]), expected)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("there", "instead", "says"),
    [
        ("binary sigmoid:1", "regression", "objective"),
        ("binary sigmoid:1", "binary sigmoid:2", "objective"),
        ("burden distance", "distance burden", "feature names"),
        (r" (-1:[0-9:]+)", r" \1:4", "branch has categories"),
        ("decision_type=10", "decision_type=2", "missing"),
        (r"leaf_value=[-.0-9e]+", "leaf_value=1001", "leaf"),
        (r"threshold=[-.0-9e]+", "threshold=inf", "threshold"),
    ],
)
def test_trees_of_another_kind_or_of_other_features_are_refused(
    there, instead, says, fitted
):
    trees = fitted["lightgbm"]
    text = resized(re.sub(there, instead, trees.text_, count=1))
    assert text != trees.text_
    stored = trees.with_attributes(text_=text).to_json()
    with pytest.raises(ModelError, match=rf"model\.txt: .*{says}"):
        LightGBMEstimator.from_json(stored, text=text, features=FEATURES)
    with pytest.raises(ModelError, match="not the trees that"):
        LightGBMEstimator.from_json(trees.to_json(), text=text, features=FEATURES)


def test_a_file_that_is_no_lightgbm_model_is_refused():
    with pytest.raises(ModelError, match="no LightGBM model"):
        without_extremes("something else")


def test_an_estimator_that_nobody_registers_is_refused_by_its_name():
    with pytest.raises(ModelError, match=r"forest.*logistic.*update riskscreen"):
        load_estimator("forest")


def test_what_is_no_name_of_an_estimator_is_not_repeated():
    with pytest.raises(ModelError, match="update riskscreen") as refused:
        load_estimator("Jens Hansen")
    assert "Jens" not in str(refused.value)


@pytest.mark.parametrize("kind", KINDS)
def test_a_damaged_estimator_is_refused(kind):
    with pytest.raises(ModelError, match=r"model\.json.*damaged"):
        load_estimator(kind).from_json({"kind": kind}, text=None, features=FEATURES)


def test_a_refit_on_the_same_rows_changes_next_to_nothing(fitted):
    table, log_odds = values_of(3000)
    values, long = table.to_numpy(), drawn(log_odds)
    everyone, some = np.arange(3000), np.random.default_rng(1).integers(0, 3000, 3000)
    same, other = fitted["logistic"].refit_on_draws(values, long, [everyone, some])
    new = values_of(400, seed=7)[0].to_numpy()
    before = fitted["logistic"].decision_function(new)
    assert np.abs(same.decision_function(new) - before).max() < 0.01
    assert np.abs(other.decision_function(new) - before).max() > 0.1
    assert same.penalty == fitted["logistic"].penalty


@pytest.mark.slow
def test_how_far_coefficients_may_be_off_is_how_far_fits_on_other_outcomes_lie(fitted):
    """The posterior against the plain way: refits on sixty other draws of outcomes."""
    table, log_odds = values_of(3000)
    values = table.to_numpy()
    covariance = fitted["logistic"].estimate_covariance(values)
    new = values_of(300, seed=7)[0].to_numpy()
    columns = np.column_stack(
        [fitted["logistic"].design_.columns(new), np.ones(len(new))]
    )
    told = np.sqrt(((columns @ covariance) * columns).sum(axis=1))
    found = []
    for seed in range(60):
        long = drawn(log_odds, seed=seed + 10)
        (fit,) = fitted["logistic"].refit_on_draws(values, long, [np.arange(3000)])
        found.append(fit.decision_function(new))
    spread = np.std(found, axis=0)
    # It also counts what the penalty bends, so it is somewhat the larger.
    assert 0.9 < np.median(told / spread) < 1.6
    assert np.corrcoef(told, spread)[0, 1] > 0.6


def test_fewer_cases_leave_coefficients_further_off(fitted):
    values = values_of(3000)[0].to_numpy()
    few, many = (
        np.trace(fitted["logistic"].estimate_covariance(values[:n]))
        for n in (500, 3000)
    )
    assert few > 1.5 * many


def test_a_regression_that_did_not_converge_says_so(monkeypatch):
    monkeypatch.setattr(logistic, "_MOST_ROUNDS", 1)
    table, log_odds = values_of(300)
    estimator = LogisticEstimator.from_settings(SETTINGS, FEATURES, penalty=1.0)
    with pytest.warns(ConvergenceWarning, match="did not converge"):
        estimator.fit(table.to_numpy(), drawn(log_odds))


def test_few_cases_of_the_rarer_outcome_have_fewer_knots():
    def knots(rarer, others=5000):
        return limit_knots(4, np.r_[np.ones(rarer), np.zeros(others)])

    assert [knots(n) for n in (5, 29, 30, 99, 100, 800)] == [1, 1, 2, 2, 4, 4]
    assert knots(5000, others=29) == 1
    assert limit_knots(1, np.arange(200) % 2) == 1


def test_a_fit_to_few_cases_has_the_ramps_of_few_knots():
    table, log_odds = values_of(300)
    values, long = table.to_numpy(), drawn(log_odds)
    long[np.cumsum(long) > 25] = 0
    few = LogisticEstimator.from_settings(SETTINGS, FEATURES).fit(values, long)
    ramps = few.design_.feature == NAMES.index("burden")
    assert (few.design_.kind[ramps] == 0).sum() == 2


def test_a_risk_that_is_corrected_is_where_the_fit_starts_from():
    rng = np.random.default_rng(0)
    risk, fact = rng.uniform(0.05, 0.9, 4000), rng.integers(0, 2, 4000)
    log_odds = np.log(risk / (1 - risk))
    y = rng.random(4000) < 1 / (1 + np.exp(-(log_odds - 0.5 + 1.2 * fact)))
    label = Words(da="risiko", en="risk")
    shared = {"label": label, "idea": "a", "informative_missing": False}
    features = (
        Feature("risk", "number", reason="risk", family="step_1", **shared),
        Feature("fact", "flag", reason="fact", **shared),
    )
    X = np.column_stack([100 * risk, fact])
    held = LogisticEstimator(penalty=1e6, features=features).fit(X, y)
    inside = (risk > 0.1) & (risk < 0.85)
    away = held.decision_function(X) - log_odds
    # Nothing is corrected but the level: the risk itself stands, drawn between knots.
    assert np.ptp(away[inside]) < 0.15
    free = LogisticEstimator(penalty=1.0, features=features).fit(X, y)
    by_fact = free.contributions(X)[:, 1]
    assert np.ptp(by_fact) == pytest.approx(1.2, abs=0.2)
    # What is not known of a case adds nothing.
    unknown = free.contributions(np.array([[np.nan, 0.0]]))
    assert unknown[0, 0] == 0
