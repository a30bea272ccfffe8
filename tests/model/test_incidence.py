from dataclasses import asdict, replace

import numpy as np
import pytest

from riskscreen.model.calibration import SMALLEST_SLOPE, BetaCalibration, to_risk
from riskscreen.model.incidence import (
    IncidenceCalibration,
    calibration_from_json,
    combine_incidence,
)

STAYING = BetaCalibration(1.6, 0.4, bend=-0.9, centre=-1.0, spread=0.6)
LEAVING = BetaCalibration(1.8, 0.2)
USUAL = BetaCalibration(0.0, -1.5)
BOTH = replace(
    combine_incidence(STAYING, LEAVING, usual=USUAL), slope=0.9, intercept=-0.1
)


def test_risk_is_that_of_long_among_those_who_stay_times_that_of_staying():
    below = np.linspace(-8, BOTH.level_from, 41)
    product = to_risk(STAYING.apply(below)) * (1 - to_risk(LEAVING.apply(below)))
    log_odds = 0.9 * np.log(product / (1 - product)) - 0.1
    assert BOTH.apply(below) == pytest.approx(log_odds, abs=1e-9)


def test_risks_keep_their_order_where_the_product_would_fall():
    log_odds = np.linspace(-25, 25, 50_001)
    product = to_risk(STAYING.apply(log_odds)) * (1 - to_risk(LEAVING.apply(log_odds)))
    assert log_odds[product.argmax()] == pytest.approx(BOTH.level_from, abs=0.1)
    steps = np.diff(BOTH.apply(log_odds)) / 0.001
    assert (steps > 0).all()
    assert steps[-1] == pytest.approx(0.9 * SMALLEST_SLOPE, abs=1e-6)
    assert (np.diff(steps) < 1e-6).all()


@pytest.mark.parametrize("base", [-40.0, -1.3, BOTH.level_from, 2.0])
def test_base_and_contributions_are_carried_through_exactly(base):
    apart = np.array([0.0, 1e-300, 1e-13, 1e-9, 1e-6, 1e-4, 0.6, 5.0, 80.0, 900.0])
    total = base + np.r_[apart, -apart]
    slope = BOTH.slope_between(base, total)
    shown = BOTH.apply(np.array(base)) + slope * (total - base)
    assert shown == pytest.approx(BOTH.apply(total), abs=1e-8)
    assert ((slope > 0.9 * SMALLEST_SLOPE - 1e-4) & (slope < 0.9 * 1.6001)).all()


def test_the_mean_slope_of_near_log_odds_is_the_slope_between_them():
    near = BOTH.slope_between(-1.3, np.array([-1.3, -1.3 + 5e-7, -1.3 - 5e-7]))
    apart = BOTH.slope_between(-1.3, np.array([-1.3 + 1e-4, -1.3 - 1e-4])).mean()
    assert near == pytest.approx(apart, abs=1e-6)


def test_one_case_alone_has_the_slope_and_log_odds_it_has_among_others():
    log_odds = np.random.default_rng(0).normal(-1, 1.5, 1001)
    together = BOTH.slope_between(-1.0, log_odds), BOTH.apply(log_odds)
    for case in (0, 3, 500, 1000):
        one = log_odds[case : case + 1]
        assert BOTH.slope_between(-1.0, one)[0] == together[0][case]
        assert BOTH.apply(one)[0] == together[1][case]


def test_where_the_least_ill_leave_the_curve_has_no_level():
    found = combine_incidence(STAYING, BetaCalibration(-0.7, -2.0), usual=USUAL)
    log_odds = np.linspace(-20, 20, 4001)
    assert found.level_from > 20
    assert (np.diff(found.apply(log_odds)) > 0).all()


def test_a_curve_that_would_fall_and_rise_again_lets_everybody_leave_as_often():
    upward = BetaCalibration(0.05, -1.0, bend=3.0, centre=-1.0, spread=0.6)
    often = BetaCalibration(0.4, 1.5)
    assert not IncidenceCalibration(upward, often, level_from=9.0).rises()
    found = combine_incidence(upward, often, usual=USUAL)
    assert found.leaving == USUAL
    assert (np.diff(found.apply(np.linspace(-9, 9, 2001))) > 0).all()


def test_a_line_after_a_calibration_is_one_calibration():
    log_odds = np.linspace(-4, 3, 15)
    line = BetaCalibration(slope=0.8, intercept=0.3)
    both = BOTH.followed_by(line)
    assert both.apply(log_odds) == pytest.approx(line.apply(BOTH.apply(log_odds)))


@pytest.mark.parametrize("calibration", [BOTH, STAYING])
def test_what_is_stored_is_read_again(calibration):
    assert calibration_from_json(asdict(calibration)) == calibration


def test_its_level_is_held_as_coarsely_as_five_cases_move_it_and_still_rises():
    fitted = replace(BOTH, slope=0.9123, intercept=-0.0987)
    assert fitted.round_for_disclosure(n=500) == replace(
        fitted, slope=0.91, intercept=-0.1
    )
    flat = replace(BOTH, slope=0.001).round_for_disclosure(n=500)
    assert flat.slope == SMALLEST_SLOPE
