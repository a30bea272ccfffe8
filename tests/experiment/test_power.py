"""Simulated roll-outs: intervals hold what was planted, and power is what is stated."""

from datetime import date

import numpy as np
import pytest
from scipy.stats import norm

from riskscreen.experiment.power import estimate_power, expect_from, simulate
from riskscreen.policy import NOBODY, Places, Policy, set_thresholds
from tests.experiment.plans import lot, steps
from tests.experiment.policies import ARRIVALS

ROUNDS = 400
DESIGNS = {
    "lot": (lot(), 6.0, 0.5, -0.10),
    "lot of few cases": (lot(share=0.3), 2.0, 0.4, -0.15),
    "five teams": (steps(), 6.0, 0.5, -0.10),
    "seven unlike teams": (
        steps(teams=[*"ABCDEFG"], step_weeks=7, team_sd=0.15),
        6.0,
        0.5,
        -0.10,
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", DESIGNS)
def test_intervals_hold_the_planted_effect_in_about_95_of_100(name):
    plan, cases, base, effect = DESIGNS[name]
    rng = np.random.default_rng(11)
    found = [simulate(plan, cases, base, effect, rng) for _ in range(ROUNDS)]
    held = np.mean([of.low <= effect <= of.high for of in found])
    # Of 400 rounds 95 % are met within 3.3 points in 99.8 of 100 seeds.
    assert abs(held - 0.95) < 0.033
    middle = np.mean([of.difference for of in found])
    spread = np.std([of.difference for of in found]) / np.sqrt(ROUNDS)
    assert abs(middle - effect) < 3.5 * spread


def test_the_power_of_a_lot_is_that_of_the_textbook():
    plan = lot(smallest_effect=0.15)
    n = 6.0 * 53
    spread = np.sqrt(0.5 * 0.5 / (n / 2) + 0.35 * 0.65 / (n / 2))
    expected = norm.cdf(0.15 / spread - 1.96)
    assert estimate_power(plan, 6.0, 0.5, rounds=ROUNDS) == pytest.approx(
        expected, abs=0.06
    )


def test_an_effect_is_planted_whole_where_few_are_long():
    rng = np.random.default_rng(5)
    found = [simulate(lot(), 20.0, 0.02, -0.10, rng).difference for _ in range(100)]
    assert np.mean(found) == pytest.approx(-0.10, abs=0.005)


def test_the_last_day_is_one_that_draws():
    policy = set_thresholds(ARRIVALS, Places("site", 4.0), base_risk=0.3)
    plan = lot(start_date=date(2024, 1, 1), end_date=date(2024, 1, 14))
    assert expect_from(plan, policy).weeks == 2.0


@pytest.mark.slow
@pytest.mark.parametrize("name", ["lot", "five teams"])
def test_the_stated_power_is_how_often_other_seeds_find_the_effect(name):
    plan, cases, base, _ = DESIGNS[name]
    rng = np.random.default_rng(99)
    found = [simulate(plan, cases, base, -0.10, rng).finds() for _ in range(ROUNDS)]
    stated = estimate_power(plan, cases, base, rounds=ROUNDS)
    assert stated == pytest.approx(np.mean(found), abs=0.09)


@pytest.mark.slow
def test_more_places_a_week_find_more():
    policy = set_thresholds(ARRIVALS, Places("site", 4.0), base_risk=0.3)
    few, many = (expect_from(lot(extra_per_week=n), policy) for n in (0.5, 3.0))
    assert few.power < many.power
    assert many.cases_per_week == pytest.approx(6.0, rel=0.05)
    assert many.extra_per_week == pytest.approx(3.0, rel=0.05)
    assert 0.3 < many.base_share < policy.threshold


@pytest.mark.slow
def test_in_steps_no_case_is_expected_of_a_team_outside_the_plan():
    policy = set_thresholds(ARRIVALS, Places("site", 4.0), base_risk=0.3)
    every = ["Nord/A", "Nord/B", "Syd/A", "Syd/B", "X"]
    whole = expect_from(steps(teams=every), policy)
    half = expect_from(steps(teams=["Nord/A", "Nord/B", *"XYZ"]), policy)
    assert half.cases_per_week == pytest.approx(whole.cases_per_week / 2)
    assert half.power < whole.power
    assert expect_from(steps(teams=[*"VWXYZ"]), policy) is None


def test_where_the_line_is_the_base_risk_nobody_can_be_drawn():
    policy = set_thresholds(ARRIVALS, Places("site", 30.0), base_risk=0.6)
    assert expect_from(lot(), policy) is None
    assert expect_from(lot(), Policy(0.3)) is None
    assert policy.threshold < NOBODY
