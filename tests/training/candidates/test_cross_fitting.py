from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

from riskscreen.model.calibration import SMALLEST_SLOPE, BetaCalibration, to_risk
from riskscreen.model.calibration_fit import fit_calibration
from riskscreen.training.candidates.cross_fitting import (
    align_blocks,
    calibrate_by_blocks,
    fit_block_calibration,
)
from riskscreen.training.data.dataset import LabelledData


def cases_of(truth, seed=0, weight=None):
    draw = np.random.default_rng(seed)
    long = (draw.random(len(truth)) < to_risk(truth)).astype(float)
    persons = pd.Series(np.arange(len(truth)))
    return LabelledData(np.zeros((len(truth), 1)), long, persons, weight)


def simulated(n=40_000, slope=0.7, levels=(-0.6, -0.2, 0.0, 0.3, 0.8), seed=1):
    """(log-odds, cases, block): the truth has this slope, each block its own level."""
    draw = np.random.default_rng(seed)
    log_odds = draw.normal(-1, 1.2, n)
    block = np.arange(n) * len(levels) // n
    truth = slope * log_odds + np.array(levels)[block]
    return log_odds, cases_of(truth, seed), block


def test_one_slope_and_the_level_of_each_block_are_found():
    log_odds, cases, block = simulated()
    line = fit_block_calibration(log_odds, cases, block)
    truth = 0.7 * log_odds + np.array([-0.6, -0.2, 0.0, 0.3, 0.8])[block]
    assert np.abs(line.apply(log_odds, block) - truth).mean() < 0.05
    mean = np.array(
        [to_risk(line.apply(log_odds, block))[block == b].mean() for b in range(5)]
    )
    share = np.array([cases.long[block == b].mean() for b in range(5)])
    assert mean == pytest.approx(share, abs=1e-3)


def test_levels_against_which_the_fits_lie_do_not_flatten_the_slope():
    """A fit without a block of many long cases starts lower: one line is too flat."""
    log_odds, cases, block = simulated(slope=1.0, levels=(-1.0, -0.5, 0.0, 0.5, 1.0))
    without = log_odds - 0.25 * np.array([-1.0, -0.5, 0.0, 0.5, 1.0])[block]
    assert fit_calibration(without, cases.long).slope < 0.95
    line = fit_block_calibration(without, cases, block)
    assert line.shape.slope == pytest.approx(1.0, abs=0.03)


def test_the_slope_is_of_all_cases_and_the_level_of_the_newest():
    log_odds, cases, block = simulated()
    newest = block == 4
    line, _ = calibrate_by_blocks(log_odds, cases, block, newest=newest)
    assert (line.slope + line.upper_slope) / 2 == pytest.approx(0.7, abs=0.03)
    risk = to_risk(line.apply(log_odds[newest]))
    assert risk.mean() == pytest.approx(cases.long[newest].mean(), abs=1e-3)


def test_a_case_of_weight_three_has_the_say_of_three():
    log_odds, cases, block = simulated(n=2000)
    times = np.where(np.arange(2000) % 3 == 0, 3, 1)
    again = np.repeat(np.arange(2000), times)
    weighed = LabelledData(cases.values, cases.long, cases.person, times.astype(float))
    one, _ = calibrate_by_blocks(log_odds, weighed, block, newest=block == 4)
    three, _ = calibrate_by_blocks(
        log_odds[again], cases.take(again), block[again], newest=block[again] == 4
    )
    assert one.slope == pytest.approx(three.slope, abs=1e-3)
    assert one.intercept == pytest.approx(three.intercept, abs=1e-3)


FLATTENED = BetaCalibration(1.8, 0.4, bend=-1.5, centre=-1.0, spread=0.7)
"""Of the illest many leave otherwise: no log-odds of an own outcome go on rising."""


def bent(n=20_000, shape=FLATTENED, seed=3):
    draw = np.random.default_rng(seed)
    log_odds = draw.normal(-1, 0.7, n)
    return log_odds, cases_of(shape.apply(log_odds), seed), np.arange(n) * 5 // n


def test_a_bend_that_the_outcomes_have_is_found():
    log_odds, cases, block = bent()
    fitted = fit_block_calibration(log_odds, cases, block)
    assert fitted.kept > 0.95
    at = np.quantile(log_odds, [0.02, 0.1, 0.5, 0.9, 0.98])
    shown = fitted.shape.apply(at) + fitted.intercepts.mean()
    assert shown == pytest.approx(FLATTENED.apply(at), abs=0.12)
    risk, highest = to_risk(fitted.apply(log_odds, block)), log_odds.argsort()[-2000:]
    straight = fit_calibration(log_odds, cases.long).apply(log_odds)
    observed = cases.long[highest].mean()
    assert risk[highest].mean() == pytest.approx(observed, abs=0.01)
    assert to_risk(straight)[highest].mean() > observed + 0.02


STAYING = BetaCalibration(1.7, 0.9, bend=-0.6, centre=-1.0, spread=0.7)
LEAVING = BetaCalibration(1.6, -0.8)


def leaving(n, leaving=LEAVING, seed=5):
    """(log-odds, cases, block): some leave, and long are of those who stay alone."""
    draw = np.random.default_rng(seed)
    log_odds = draw.normal(-1, 0.7, n)
    left = draw.random(n) < to_risk(leaving.apply(log_odds))
    stayers = cases_of(STAYING.apply(log_odds), seed)
    cases = replace(stayers, long=np.where(left, 0.0, stayers.long), left=left)
    return log_odds, cases, np.arange(n) * 5 // n


@pytest.mark.slow
def test_where_the_illest_leave_the_top_tenth_is_shown_nearer_to_what_is_true():
    """Not all the way here, where the truth falls: the curve is level at most."""
    log_odds, cases, block = leaving(20_000)
    top = log_odds >= np.quantile(log_odds, 0.9)
    stays = 1 - to_risk(LEAVING.apply(log_odds[top]))
    true = to_risk(STAYING.apply(log_odds[top])) * stays
    off = {}
    for name, left in (("product", cases.left), ("own curve", None)):
        fitted = fit_block_calibration(log_odds, replace(cases, left=left), block)
        risk = to_risk(fitted.apply(log_odds, block))
        off[name] = risk[top].mean() - true.mean()
    assert off["product"] == pytest.approx(0.0, abs=0.015)
    assert off["own curve"] > 0.02
    found = fit_block_calibration(log_odds, cases, block).shape
    assert found.leaving.slope == pytest.approx(1.6, abs=0.1)
    assert (np.diff(found.apply(np.linspace(-9, 9, 500))) > 0).all()


@pytest.mark.slow
def test_a_slope_of_leaving_that_chance_alone_would_bring_is_mostly_left():
    slopes = []
    for seed in range(20):
        log_odds, cases, block = leaving(1_000, BetaCalibration(0.0, -2.0), seed)
        slopes.append(fit_block_calibration(log_odds, cases, block).shape.leaving.slope)
    assert np.mean(np.array(slopes) == 0) > 0.5
    assert np.abs(slopes).mean() < 0.1


@pytest.mark.parametrize("leavers", [0, 4])
def test_where_next_to_nobody_leaves_the_curve_is_that_of_all(leavers):
    log_odds, cases, block = bent(400)
    left = (np.arange(400) < leavers) & (cases.long == 0)
    shape = fit_block_calibration(log_odds, replace(cases, left=left), block).shape
    assert shape == fit_block_calibration(log_odds, cases, block).shape


def test_the_best_bend_is_that_of_plain_beta_calibration():
    """Two columns of an unpenalised logistic regression (Kull et al. 2017, 4.1)."""
    log_odds, cases, _ = bent(5_000, replace(FLATTENED, bend=-0.9))
    one = np.zeros(5_000, dtype=np.int64)
    fitted = fit_block_calibration(log_odds, cases, one)
    shape = fitted.shape
    risk = to_risk((log_odds - shape.centre) / shape.spread)
    columns = np.column_stack([np.log(risk), -np.log1p(-risk)])
    both = LogisticRegression(C=np.inf, tol=1e-10).fit(columns, cases.long).coef_[0]
    line = LogisticRegression(C=np.inf, tol=1e-10).fit(log_odds[:, None], cases.long)
    slope = line.coef_[0, 0]
    best = np.array([shape.slope, shape.upper_slope]) - (1 - fitted.kept) * slope
    assert best / fitted.kept == pytest.approx(both / shape.spread, abs=0.01)


def test_a_bend_that_turns_back_is_flat_at_most():
    turned = BetaCalibration(2.0, 0.4, bend=-3.5, centre=-1.0, spread=0.7)
    log_odds, cases, block = bent(shape=turned)
    shape = fit_block_calibration(log_odds, cases, block).shape
    assert shape.upper_slope == pytest.approx(SMALLEST_SLOPE, abs=0.02)
    shown = shape.apply(np.linspace(-9, 9, 500))
    assert (np.diff(shown) > 0).all()


def test_what_few_straight_cases_have_of_a_bend_is_mostly_left():
    kept = []
    for seed in range(40):
        log_odds, cases, block = bent(300, BetaCalibration(1.0), seed)
        fitted = fit_block_calibration(log_odds, cases, block)
        assert (fitted.shape.bend == 0) == (fitted.kept == 0)
        kept.append(fitted.kept)
    assert np.mean(np.array(kept) == 0) > 0.5
    assert np.mean(kept) < 0.25


def test_scale_and_place_of_the_log_odds_change_no_risk():
    log_odds, cases, block = bent(n=2_000)
    risk = to_risk(fit_block_calibration(log_odds, cases, block).apply(log_odds, block))
    moved = 8 * log_odds + 5
    other = to_risk(fit_block_calibration(moved, cases, block).apply(moved, block))
    assert other == pytest.approx(risk, abs=5e-3)  # a floor and a rounding on a scale


@pytest.mark.parametrize("sign", [1, -1])
def test_outcomes_told_without_a_fault_or_upside_down_leave_a_finite_line(sign):
    log_odds = np.linspace(-2, 2, 200)
    persons = pd.Series(np.arange(200))
    cases = LabelledData(np.zeros((200, 1)), (sign * log_odds > 0) * 1.0, persons)
    line = fit_block_calibration(log_odds, cases, np.arange(200) % 5)
    assert np.isfinite(line.intercepts).all()
    assert (
        1 < line.shape.slope < 500 if sign > 0 else line.shape.slope == SMALLEST_SLOPE
    )


def test_a_block_of_one_outcome_has_a_finite_level():
    log_odds, cases, block = simulated(n=1000)
    only = np.where(block == 2, 0.0, cases.long)
    cases = LabelledData(cases.values, only, cases.person)
    line = fit_block_calibration(log_odds, cases, block)
    assert np.isfinite(line.intercepts).all()
    assert line.intercepts[2] < np.delete(line.intercepts, 2).min()


def test_a_block_is_moved_to_the_final_fits_mean_risk_and_keeps_its_order():
    log_odds, _, block = simulated(n=1000)
    final = 0.9 * log_odds + np.array([0.5, 0.0, -0.5, 1.0, 0.2])[block]
    aligned = align_blocks(log_odds, final, block)
    for number in range(5):
        of = block == number
        assert to_risk(aligned[of]).mean() == pytest.approx(
            to_risk(final[of]).mean(), abs=3e-3
        )
        assert np.ptp(aligned[of] - log_odds[of]) == pytest.approx(0, abs=1e-9)
