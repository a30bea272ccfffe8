import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from riskscreen.model.calibration import SMALLEST_SLOPE, BetaCalibration, to_risk
from riskscreen.model.calibration_fit import compute_log_loss, fit_calibration


def made_up(slope, intercept, n=20_000, seed=0):
    draw = np.random.default_rng(seed)
    log_odds = draw.normal(-1, 1, n)
    long = draw.random(n) < to_risk(slope * log_odds + intercept)
    return log_odds, long.astype(float)


@pytest.mark.parametrize(("slope", "intercept"), [(0.6, 0.2), (1.4, -0.5), (1, 0)])
def test_slope_and_intercept_of_made_up_data_are_found(slope, intercept):
    fitted = fit_calibration(*made_up(slope, intercept))
    assert fitted.slope == pytest.approx(slope, abs=0.06)
    assert fitted.intercept == pytest.approx(intercept, abs=0.06)


def test_agrees_with_an_unpenalised_logistic_regression():
    log_odds, long = made_up(0.8, 0.3, n=2_000)
    plain = LogisticRegression(C=np.inf, tol=1e-10).fit(log_odds[:, None], long)
    fitted = fit_calibration(log_odds, long)
    assert fitted.slope == pytest.approx(plain.coef_[0, 0], abs=1e-4)
    assert fitted.intercept == pytest.approx(plain.intercept_[0], abs=1e-4)


def test_a_contradicted_model_is_flattened_not_turned_round():
    log_odds, long = made_up(-1.0, 0.0)
    fitted = fit_calibration(log_odds, long)
    assert fitted.slope == SMALLEST_SLOPE
    risk = to_risk(fitted.apply(log_odds))
    assert risk.mean() == pytest.approx(long.mean(), abs=1e-3)


@pytest.mark.parametrize("scale", [1e-6, 1e-3, 1.0, 10.0, 1e3])
def test_risks_far_too_extreme_or_too_close_together_are_brought_to_the_same(scale):
    log_odds, long = made_up(0.8, 0.3, n=2_000)
    fitted = fit_calibration(log_odds, long)
    stretched = fit_calibration(scale * log_odds, long)
    if scale < 100:
        assert stretched.slope * scale == pytest.approx(fitted.slope, rel=1e-6)
        assert stretched.intercept == pytest.approx(fitted.intercept, abs=1e-6)
    else:  # a slope under the smallest is held there
        assert stretched.slope == SMALLEST_SLOPE


def test_three_points_have_the_line_that_scikit_learn_expects_of_platts_targets():
    """Of its own test of sigmoid calibration, where libsvm's figures stand."""
    fitted = fit_calibration(np.array([5.0, -4.0, 1.0]), [2 / 3, 1 / 4, 1 / 4])
    assert fitted.slope == pytest.approx(0.20261354, abs=1e-6)
    assert fitted.intercept == pytest.approx(-0.65236314, abs=1e-5)


def test_log_odds_without_a_signal_are_flattened():
    fitted = fit_calibration(np.linspace(-6, 6, 1200), np.arange(1200) % 2)
    assert fitted.slope == SMALLEST_SLOPE
    assert fitted.intercept == pytest.approx(0.0, abs=1e-3)


@pytest.mark.parametrize("long", [np.zeros(30), np.ones(30)])
def test_labels_of_one_kind_give_finite_figures(long):
    fitted = fit_calibration(np.linspace(-1, 1, 30), long)
    assert np.isfinite([fitted.slope, fitted.intercept]).all()
    assert fitted.slope > 0


def test_separated_labels_are_fitted_to_platts_targets():
    log_odds = np.linspace(-1, 1, 30)
    long = log_odds > 0
    fitted = fit_calibration(log_odds, long)
    targets = np.where(long, 16 / 17, 1 / 17)
    assert fitted == fit_calibration(log_odds, targets)
    assert 1 < fitted.slope < 20


BENT = BetaCalibration(1.6, -0.2, bend=-1.5, centre=-1.2, spread=0.6)


def test_two_slopes_are_the_beta_calibration_of_the_standardised_risk():
    log_odds = np.linspace(-8, 6, 57)
    risk = to_risk((log_odds + 1.2) / 0.6)
    by_definition = 0.6 * (1.6 * np.log(risk) - 0.1 * np.log1p(-risk))
    constant = 1.6 * -1.2 - 0.2  # what the slope is of: log-odds, not their distance
    assert BENT.apply(log_odds) == pytest.approx(by_definition + constant, abs=1e-9)


def test_the_slope_goes_from_one_to_the_other_and_risks_keep_their_order():
    log_odds = np.linspace(-30, 30, 6001)
    steps = np.diff(BENT.apply(log_odds)) / 0.01
    assert (steps > 0).all()
    assert (np.diff(steps) < 1e-9).all()
    assert steps[[0, -1]] == pytest.approx([1.6, 0.1], abs=1e-6)
    assert BENT.upper_slope == pytest.approx(0.1)
    straight = BetaCalibration(0.7, -0.2, centre=-1.2, spread=0.6)
    assert np.array_equal(straight.apply(log_odds), 0.7 * log_odds - 0.2)


@pytest.mark.parametrize("base", [-40.0, -1.3, 2.0])
def test_base_and_contributions_are_carried_through_exactly(base):
    apart = np.array([0.0, 1e-300, 1e-13, 1e-9, 1e-4, 0.59, 0.61, 5.0, 80.0, 900.0])
    total = base + np.r_[apart, -apart]
    slope = BENT.slope_between(base, total)
    shown = BENT.apply(np.array(base)) + slope * (total - base)
    assert shown == pytest.approx(BENT.apply(total), abs=1e-9)
    assert ((slope > 0.0999) & (slope < 1.6001)).all()
    straight = BetaCalibration(slope=0.7, intercept=-0.2)
    assert (straight.slope_between(base, total) == 0.7).all()


def test_the_mean_slope_is_the_integral_of_the_slope():
    begin, end = -1.3, np.array([-3.0, -1.3 + 1e-7, -1.1, 0.4])
    slope = BENT.slope_between(begin, end)
    for mean, other in zip(slope, end, strict=True):
        middles = begin + (other - begin) * (np.arange(20_000) + 0.5) / 20_000
        along = 1.6 - 1.5 * to_risk((middles + 1.2) / 0.6)
        assert mean == pytest.approx(along.mean(), abs=1e-8)


def test_one_case_alone_has_the_slope_and_log_odds_it_has_among_others():
    log_odds = np.random.default_rng(0).normal(-1, 1.5, 1001)
    together = BENT.slope_between(-1.0, log_odds), BENT.apply(log_odds)
    for case in (0, 3, 500, 1000):
        one = log_odds[case : case + 1]
        assert BENT.slope_between(-1.0, one)[0] == together[0][case]
        assert BENT.apply(one)[0] == together[1][case]


def test_a_line_after_a_calibration_is_one_calibration():
    log_odds = np.linspace(-4, 3, 15)
    line = BetaCalibration(slope=0.8, intercept=0.3)
    both = BENT.followed_by(line)
    assert both.apply(log_odds) == pytest.approx(line.apply(BENT.apply(log_odds)))


def test_log_loss_is_minus_the_log_of_the_probability_of_what_happened():
    log_odds = np.array([-2.0, 0.0, 3.0])
    risk = to_risk(log_odds)
    assert compute_log_loss(log_odds, [0, 1, 1]) == pytest.approx(
        [-np.log(1 - risk[0]), -np.log(risk[1]), -np.log(risk[2])]
    )


def test_a_calibration_is_held_as_coarsely_as_five_cases_move_it_and_still_rises():
    fitted = BetaCalibration(0.9123, -0.0987, bend=-0.3066, centre=-1.03, spread=0.7)
    held = fitted.round_for_disclosure(n=500)
    assert (held.slope, held.intercept) == (0.91, -0.1)
    assert held.upper_slope == pytest.approx(0.61)
    assert (held.centre, held.spread) == (fitted.centre, fitted.spread)
    flat = BetaCalibration(0.001, bend=0.001).round_for_disclosure(n=500)
    assert flat.slope == flat.upper_slope == SMALLEST_SLOPE
