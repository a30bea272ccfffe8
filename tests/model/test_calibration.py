import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from riskscreen.model.calibration import (
    SMALLEST_SLOPE,
    AffineCalibration,
    compute_log_loss,
    fit_calibration,
    to_risk,
)


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


def test_base_and_contributions_are_carried_through_exactly():
    calibration = AffineCalibration(slope=0.7, intercept=-0.2)
    base, parts = -1.3, np.array([0.4, -0.9, 0.05])
    whole = calibration.apply(np.array(base + parts.sum()))
    importance = calibration.apply(np.array(base)) + (0.7 * parts).sum()
    assert whole == pytest.approx(importance, abs=1e-15)


def test_log_loss_is_minus_the_log_of_the_probability_of_what_happened():
    log_odds = np.array([-2.0, 0.0, 3.0])
    risk = to_risk(log_odds)
    assert compute_log_loss(log_odds, [0, 1, 1]) == pytest.approx(
        [-np.log(1 - risk[0]), -np.log(risk[1]), -np.log(risk[2])]
    )
