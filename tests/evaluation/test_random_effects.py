"""Where the next year will lie: nominal coverage where years differ, plain by hand."""

import numpy as np
import pytest
from scipy.special import expit, logit
from scipy.stats import t

from riskscreen.evaluation.estimate import Estimate
from riskscreen.evaluation.random_effects import (
    estimate_between_variance,
    predict_new_group,
    predict_next_year,
)

PERIODS, N, TABLES = 4, 3_000, 1_000


def draw_errors(draw, year_sd, place_sd=0.0):
    """True O−E of PERIODS years and the next one, by effects on the log-odds."""
    risk = expit(draw.normal(-0.75, 0.9, N))
    effect = draw.normal(0, year_sd, PERIODS + 1) + np.append(
        np.zeros(PERIODS), draw.normal(0, place_sd)
    )
    true = (expit(logit(risk) + effect[:, None]) - risk).mean(axis=1)
    return true, (risk * (1 - risk)).mean() / N


@pytest.mark.slow
@pytest.mark.parametrize("year_sd", [0.0, 0.15, 0.3])
def test_the_next_year_lies_in_its_interval_as_often_as_it_says(year_sd):
    """Year SD .15: the test year's own interval holds the next year in 3 of 10."""
    draw = np.random.default_rng(7)
    inside, alone = [], []
    for _ in range(TABLES):
        true, variance = draw_errors(draw, year_sd)
        seen = true[:PERIODS] + draw.normal(0, np.sqrt(variance), PERIODS)
        _, low, high = predict_new_group(seen, np.full(PERIODS, variance))
        inside.append(low <= true[-1] <= high)
        alone.append(abs(seen[-1] - true[-1]) <= 1.96 * np.sqrt(variance))
    assert np.mean(inside) >= 0.93
    if year_sd == 0.15:
        assert np.mean(inside) <= 0.98
        assert 0.24 <= np.mean(alone) <= 0.42


@pytest.mark.slow
def test_one_municipality_of_the_next_year_lies_further_out():
    draw = np.random.default_rng(8)
    inside = []
    for _ in range(TABLES):
        true, variance = draw_errors(draw, 0.15, place_sd=0.2)
        seen = true[:PERIODS] + draw.normal(0, np.sqrt(variance), PERIODS)
        places = draw.normal(0, 0.2 * 0.18, 7) + draw.normal(0, 0.008, 7)
        further = estimate_between_variance(places, np.full(7, 0.008**2))
        _, low, high = predict_new_group(
            seen, np.full(PERIODS, variance), further=further, groups=7
        )
        inside.append(low <= true[-1] <= high)
    assert 0.93 <= np.mean(inside) <= 0.99


def test_the_interval_is_that_of_higgins_by_hand():
    effect, variance = np.array([0.0, 0.03, -0.02, 0.01]), np.full(4, 1e-4)
    between = effect.var(ddof=1) - 1e-4  # equal variances: the moment estimate
    half = t.ppf(0.975, 2) * np.sqrt(between + (between + 1e-4) / 4)
    mean = effect.mean()
    assert predict_new_group(effect, variance) == pytest.approx(
        (mean, mean - half, mean + half)
    )


def period(error, half=0.02, auc=0.72):
    return {
        "observed_minus_expected": Estimate(error, error - half, error + half, 500),
        "calibration_slope": Estimate(1.0, 0.8, 1.2, 500),
        "auc": Estimate(auc, auc - 0.03, auc + 0.03, 500),
    }


def test_every_figure_is_predicted_and_an_auc_stays_one():
    periods = [period(error) for error in (0.03, -0.03, 0.05, 0.0)]
    places = [period(error, auc=auc) for error, auc in ((0, 0.7), (0.1, 0.8), (0, 0.6))]
    found = {one.name: one for one in predict_next_year(periods, places)}
    error = found["observed_minus_expected"]
    assert error.site.low < -0.05 < 0.08 < error.site.high
    assert error.site.n == 2000
    assert error.municipality.low < error.site.low
    assert found["auc"].site.value == pytest.approx(0.72, abs=1e-3)
    assert 0 < found["auc"].municipality.low < found["auc"].municipality.high < 1


def test_two_periods_say_nothing_of_the_next_and_hidden_ones_are_left_out():
    for periods in ([period(0.0)] * 2, [period(0.0), period(0.1), {}]):
        (error, *_) = predict_next_year(periods)
        assert error.site.value is None
        assert "fewer than 3 periods" in error.site.text()
        assert error.municipality is None
    (error, *_) = predict_next_year([period(0.0)] * 3, [period(0.0)] * 2)
    assert error.municipality is None
