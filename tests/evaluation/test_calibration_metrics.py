"""The calibration line, the flexible curve and the bins."""

import numpy as np
import pytest

from riskscreen.evaluation.bootstrap import Bootstrap
from riskscreen.evaluation.calibration_metrics import (
    CalibrationSpline,
    build_reliability_bins,
    calibration_intercept,
    calibration_slope,
    fit_calibration_curve,
    observed_minus_expected,
)

PLACE = np.arange(40)
RISK = np.round(0.02 + 0.024 * PLACE, 3)
LONG = ((PLACE * 7) % 10 < 1 + PLACE // 5).astype(float)
ONCE = np.ones((1, 40))


def _large(intercept, slope, n=200_000):
    draw = np.random.default_rng(8)
    odds = draw.normal(-0.8, 1, n)
    truth = 1 / (1 + np.exp(-(intercept + slope * odds)))
    return (draw.random(n) < truth).astype(float), 1 / (1 + np.exp(-odds)), truth


def test_slope_and_intercept_agree_with_statsmodels():
    """statsmodels 0.15.0, log-odds as a column, then as the offset.

    GLM(LONG, add_constant(odds), family=Binomial()).fit().params[1]
    GLM(LONG, ones((40, 1)), offset=odds, family=Binomial()).fit().params
    """
    assert calibration_slope(LONG, RISK, ONCE)[0] == pytest.approx(0.55793003, abs=1e-7)
    assert calibration_intercept(LONG, RISK, ONCE)[0] == pytest.approx(
        -0.21994689, abs=1e-7
    )


def test_the_curve_agrees_with_a_natural_spline_of_another_make():
    """patsy 1.0.3, a natural spline with the same knots, by statsmodels 0.15.0.

    knots = quantile(odds, (0.05, 0.35, 0.65, 0.95))
    design = dmatrix("cr(x, knots=inner, lower_bound=low, upper_bound=high) - 1", ...)
    away = abs(GLM(LONG, design, family=Binomial()).fit().predict(design) - RISK)
    mean; quantile(away, (0.5, 0.9), method="inverted_cdf"); max
    """
    errors = fit_calibration_curve(LONG, RISK, Bootstrap(10).draw_counts(40)).errors

    expected = [0.0896129032, 0.0787693173, 0.1740261024, 0.3582181510]
    np.testing.assert_allclose([e.value for e in errors.values()], expected, atol=1e-8)


def test_a_planted_slope_and_intercept_are_found_again():
    long, risk, _ = _large(0.0, 0.7)
    once = np.ones((1, len(long)))
    assert calibration_slope(long, risk, once)[0] == pytest.approx(0.7, abs=0.02)

    long, risk, _ = _large(0.4, 1.0)
    assert calibration_intercept(long, risk, once)[0] == pytest.approx(0.4, abs=0.02)


@pytest.mark.slow
def test_the_index_finds_the_planted_distance_between_risk_and_truth():
    long, risk, truth = _large(0.3, 0.7)

    errors = fit_calibration_curve(
        long, risk, Bootstrap(4).draw_counts(len(long))
    ).errors

    away = np.abs(truth - risk)
    expected = [away.mean(), np.median(away), np.quantile(away, 0.9)]
    found = [errors[name].value for name in ("ici", "e50", "e90")]
    np.testing.assert_allclose(found, expected, atol=0.01)


def test_swapped_labels_turn_the_slope_negative():
    assert calibration_slope(1 - LONG, RISK, ONCE)[0] < 0


def test_observed_minus_expected_counts_the_unseen():
    assert observed_minus_expected(
        np.array([1.0, 0.0]), np.array([0.1, 0.3]), np.ones((1, 2))
    )[0] == pytest.approx(0.3)


def test_one_risk_for_everybody_has_no_slope_but_an_error():
    risk = np.full(40, 0.25)

    assert np.isnan(calibration_slope(LONG, risk, ONCE)).all()
    errors = fit_calibration_curve(LONG, risk, Bootstrap(20).draw_counts(40)).errors
    np.testing.assert_allclose([e.value for e in errors.values()], LONG.mean() - 0.25)


def test_a_curve_through_two_levels_of_risk_is_the_share_at_each():
    risk = np.where(PLACE < 20, 0.2, 0.6)

    points = fit_calibration_curve(LONG, risk, Bootstrap(20).draw_counts(40)).points

    ends = [points[0].share, points[-1].share]
    np.testing.assert_allclose(ends, [LONG[:20].mean(), LONG[20:].mean()], atol=1e-6)


def test_the_curve_is_a_straight_line_beyond_its_outer_knots():
    curve = CalibrationSpline.through(RISK)
    odds = np.array([5.0, 6.0, 7.0, 8.0])

    columns = curve.design(1 / (1 + np.exp(-odds)))

    np.testing.assert_allclose(np.diff(columns, n=2, axis=0), 0, atol=1e-6)


def test_every_error_lies_within_its_interval_and_the_curve_within_its_band():
    curved = fit_calibration_curve(LONG, RISK, Bootstrap(60, seed=3).draw_counts(40))

    assert all(0 <= e.low <= e.value <= e.high for e in curved.errors.values())
    assert sum(p.low <= p.share <= p.high for p in curved.points) > 35


def test_bins_share_out_all_cases_and_hold_five_of_each_outcome():
    draw = np.random.default_rng(1)
    risk = draw.uniform(0, 1, 300)
    long = (draw.random(300) < risk).astype(float)

    bins = build_reliability_bins(long, risk)

    assert sum(b.n for b in bins) == 300
    assert all(b.low <= b.share <= b.high for b in bins)
    assert all(min(b.n * b.share, b.n * (1 - b.share)) > 4.99 for b in bins)
    assert [b.mean_risk for b in bins] == sorted(b.mean_risk for b in bins)


def test_a_bin_of_too_few_long_cases_joins_its_neighbour():
    risk = np.repeat([0.1, 0.5, 0.9], 20)
    long = np.concatenate([np.zeros(18), np.ones(2), np.tile([0.0, 1.0], 20)])

    assert [b.n for b in build_reliability_bins(long, risk)] == [40, 20]


def test_bins_are_not_shown_where_one_outcome_is_rare():
    long = np.zeros(40)
    long[:4] = 1

    assert build_reliability_bins(long, RISK) == ()
