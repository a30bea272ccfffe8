from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from riskscreen.model.calibration import BetaCalibration
from riskscreen.model.estimators.logistic import LogisticEstimator
from riskscreen.model.model_folder import load_model_folder, save_model
from riskscreen.training import train
from riskscreen.training.data.dataset import LabelledData
from riskscreen.training.model_parts.uncertainty import (
    MODELS,
    OutOfFold,
    _estimate_parameter_uncertainty,
    _Linear,
    fit_calibration_residual,
)
from tests.made_up import drawn, features_of, prepared_of, specification, values_of

pytestmark = pytest.mark.slow

LINEAR = specification(estimator={"candidates": ["logistic"]})
BOTH = specification(
    estimator={"candidates": ["logistic", "lightgbm"], "max_rounds": 80}
)
TREES = specification(estimator={"candidates": ["lightgbm"], "max_rounds": 80})
SPECS = {"logistic": LINEAR, "blend": BOTH, "lightgbm": TREES}


@pytest.fixture(scope="module")
def results():
    """A model of each kind; the blend alone searches both of its members."""
    return {k: train(prepared_of(2400, spec=s), kind=k) for k, s in SPECS.items()}


def doubted(model, n=3000, seed=91):
    table, log_odds = values_of(n, seed=seed)
    truth = 1 / (1 + np.exp(-log_odds))
    scored = model.score(table)
    thresholds = np.full(n, model.policy.threshold)
    found = model.estimate_uncertainty(table, scored, thresholds=thresholds)
    return scored, found, truth


@pytest.mark.parametrize("kind", ["logistic", "blend", "lightgbm"])
def test_the_interval_holds_the_shown_risk_and_mostly_the_true_one(results, kind):
    scored, found, truth = doubted(results[kind].model)
    assert (found.low <= scored.risk).all()
    assert (scored.risk <= found.high).all()
    assert (found.low >= 0).all()
    assert (found.high <= 1).all()
    held = (found.low <= truth) & (truth <= found.high)
    # Trees alone, of 2,400 cases: .81, and .78 with the oldest LightGBM.
    assert (0.75 if kind == "lightgbm" else 0.8) < held.mean() < 0.99


def test_more_training_cases_narrow_the_interval():
    widths = []
    for n in (900, 5400):
        _, found, _ = doubted(train(prepared_of(n, spec=LINEAR)).model)
        widths.append((found.high - found.low).mean())
    assert widths[1] < 0.75 * widths[0]


def test_the_interval_is_wider_where_training_cases_were_few(results):
    """Most cases lie near the middle; a combination of extremes was seen by nobody."""
    model = results["logistic"].model
    table, _ = values_of(2, seed=1)
    table.loc[0] = [0.0, 20.0, 1.0, 0.0, 0.0, 0.0, 1.0]
    table.loc[1] = [2.6, 75.0, 9.0, 2.6, 1.0, 1.0, 3.0]
    columns = model.uncertainty.parameter.columns_of(table.to_numpy())
    usual, odd = model.uncertainty.parameter.variance(columns)
    assert odd > 2 * usual


@pytest.mark.parametrize("kind", ["logistic", "blend", "lightgbm"])
def test_a_stored_model_is_as_sure_as_before_bit_for_bit(results, kind, tmp_path):
    model = results[kind].model
    save_model(model, tmp_path)
    again = load_model_folder(tmp_path)
    assert again.version == model.version
    _, before, _ = doubted(model, 200)
    _, after, _ = doubted(again, 200)
    for part in ("low", "high", "agree"):
        assert np.array_equal(getattr(after, part), getattr(before, part))
    assert again.training_profile == model.training_profile
    assert after.models == before.models
    # Small files: what is held is coarse.
    assert (tmp_path / "uncertainty.json").stat().st_size < 700_000


@pytest.mark.parametrize("kind", ["logistic", "lightgbm"])
def test_a_case_alone_is_as_sure_as_among_others(results, kind):
    model = results[kind].model
    table, _ = values_of(300, seed=4)
    scored = model.score(table)
    from_risk = np.full(300, model.policy.threshold)
    together = model.estimate_uncertainty(table, scored, thresholds=from_risk)
    for place in range(0, 300, 13):
        one = table.iloc[[place]]
        alone = model.estimate_uncertainty(
            one, model.score(one), thresholds=from_risk[:1]
        )
        assert alone.low[0] == together.low[place]
        assert alone.high[0] == together.high[place]
        assert alone.agree[0] == together.agree[place]


def test_the_models_agree_on_clear_cases_and_not_on_all(results):
    scored, found, _ = doubted(results["logistic"].model)
    first = results["logistic"].model.policy.threshold
    assert found.models == MODELS
    assert (found.agree[scored.risk < first - 0.25] == 0).all()
    assert (found.agree[scored.risk > first + 0.25] == MODELS).all()
    assert set(found.agree) == {0, 1, 2, 3, 4, 5}
    # Each fills about as many places as the model itself.
    share = (scored.risk >= first).mean()
    assert (found.agree / MODELS).mean() == pytest.approx(share, abs=0.05)


def test_only_the_chosen_model_carries_its_uncertainty(results):
    result = results["blend"]
    assert result.model.uncertainty is not None
    others = [c.model for k, c in result.candidates.items() if k != "blend"]
    assert all(model.uncertainty is None for model in others)


def test_a_recalibrated_model_keeps_an_interval_around_its_new_risk(results):
    model = results["logistic"].model
    line = BetaCalibration(model.calibration.slope, model.calibration.intercept + 1)
    moved = replace(model, calibration=line)
    before, old, _ = doubted(model, 300)
    after, new, _ = doubted(moved, 300)
    assert (after.risk > before.risk).all()
    assert (new.low <= after.risk).all()
    assert (new.low > old.low).all()


def test_the_penalty_that_predicts_best_does_not_narrow_the_interval():
    """Of few cases the strongest may predict best: it knows no more than another."""
    table, log_odds = values_of(400)
    values, long = table.to_numpy(), drawn(log_odds - 2)
    cases = LabelledData(values, long, pd.Series(range(400)))
    spread = []
    for penalty in (3.0, 300.0):
        fit = LogisticEstimator(features=features_of(), penalty=penalty)
        linear = _Linear(fit.fit(values, long), cases, np.zeros(400))
        doubt = _estimate_parameter_uncertainty(linear)
        spread.append(np.sqrt(doubt.variance(doubt.columns_of(values))).mean())
    assert spread[1] == pytest.approx(spread[0], rel=0.25)
    assert spread[1] > 0.4


def test_where_the_calibration_flattens_the_interval_is_no_narrower(results):
    model = results["logistic"].model
    line = model.calibration
    level = BetaCalibration(line.slope + line.bend / 2, line.intercept)
    centre = float(model.estimator.base)
    flat = BetaCalibration(2 * level.slope - 0.1, 0.0, 0.2 - 2 * level.slope, centre)
    # Both stand at the same risk where the curve has its middle.
    at_centre = level.apply(np.array(centre)) - flat.apply(np.array(centre))
    flat = replace(flat, intercept=float(at_centre))
    width = {}
    for name, calibration in (("line", level), ("curve", flat)):
        scored, found, _ = doubted(replace(model, calibration=calibration), 300)
        low, high = (np.log(p / (1 - p)) for p in (found.low, found.high))
        width[name] = high - low
        assert (found.low <= scored.risk).all()
        assert (scored.risk <= found.high).all()
    assert flat.upper_slope == pytest.approx(0.1)
    assert (width["curve"] > width["line"] - 5e-3).all()


def test_a_bend_in_later_outcomes_moves_the_interval():
    draw = np.random.default_rng(3)
    log_odds = draw.normal(-1, 1.2, 40_000)
    bent = log_odds - 0.15 * (log_odds + 1) ** 2 + 0.2
    long = (draw.random(40_000) < 1 / (1 + np.exp(-bent))).astype(float)
    places = np.arange(40_000)
    bend = fit_calibration_residual(
        OutOfFold(log_odds, long, places), BetaCalibration()
    )
    inner = np.quantile(log_odds, [0.2, 0.5, 0.8])
    expected = -0.15 * (inner + 1) ** 2 + 0.2
    assert np.abs(bend.shift(inner) - expected).max() < 0.15
    straight = (draw.random(40_000) < 1 / (1 + np.exp(-log_odds))).astype(float)
    none = fit_calibration_residual(
        OutOfFold(log_odds, straight, places), BetaCalibration()
    )
    assert np.abs(none.shift(inner)).max() < 0.1


def test_other_kinds_that_lie_apart_widen_the_interval():
    draw = np.random.default_rng(6)
    log_odds = draw.normal(-1, 1, 3000)
    long = (draw.random(3000) < 1 / (1 + np.exp(-log_odds))).astype(float)
    other = log_odds + draw.choice([-0.4, 0.4], 3000)
    places = np.arange(3000)
    alone = fit_calibration_residual(
        OutOfFold(log_odds, long, places), BetaCalibration()
    )
    beside = fit_calibration_residual(
        OutOfFold(log_odds, long, places, (other,)), BetaCalibration()
    )
    wider = beside.variance(log_odds) - alone.variance(log_odds)
    np.testing.assert_allclose(wider, 0.16 / 2, atol=1e-3)


def test_no_value_of_one_person_stands_among_the_uncertainty(tmp_path):
    table, log_odds = values_of(1500, seed=3)
    table.loc[100, "distance"] = 987654.321
    table.loc[200, "burden"] = -54321.9876
    prepared = prepared_of(
        1500, 3, spec=LINEAR, table=table, long=drawn(log_odds, seed=3)
    )
    save_model(train(prepared).model, tmp_path)
    written = (tmp_path / "uncertainty.json").read_text()
    assert "987654" not in written
    assert "54321" not in written
    exact = {repr(v) for v in table[["burden", "distance"]].to_numpy().ravel()}
    assert not [v for v in exact if len(v) > 8 and v in written]
    assert not [name for name in prepared.cases["person_id"] if f'"{name}"' in written]


@pytest.mark.parametrize(("n_long", "few"), [(9, True), (10, False)])
def test_with_fewer_than_ten_long_cases_no_interval_is_told(n_long, few):
    table, _ = values_of(700)
    long = np.zeros(700)
    long[np.linspace(5, 500, n_long).astype(int)] = 1.0
    model = train(prepared_of(700, spec=LINEAR, table=table, long=long)).model
    _, found, _ = doubted(model, 50)
    assert np.isnan(found.low).all() == few
    assert np.isnan(found.agree).all() == few
    assert model.notes["without_interval"] is few
    assert model.training_profile is not None
