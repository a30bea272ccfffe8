"""How many test cases gates need, against what large samples show."""

import numpy as np
import pytest

from riskscreen.evaluation.foreseen import (
    compute_auc_error,
    compute_slope_error,
    foresee_test_cases,
)
from riskscreen.spec import Gates


def test_observed_minus_expected_needs_what_a_share_needs():
    """p (1 - p) (1.96 / 0.04)²: 600.2 at a half."""
    assert foresee_test_cases(Gates(), base_rate=0.5)["observed_minus_expected"] == 601


def test_a_narrower_gate_needs_more_and_none_fewer_than_fifty():
    wide = foresee_test_cases(Gates(), base_rate=0.3)
    narrow = Gates(observed_minus_expected_at_most=0.02)
    needed = foresee_test_cases(narrow, base_rate=0.3)
    assert needed["observed_minus_expected"] > 3.9 * wide["observed_minus_expected"]
    assert min(wide.values()) >= 50


@pytest.mark.parametrize("base_rate", [0.0, 1.0])
def test_outcomes_that_are_all_alike_are_refused(base_rate):
    with pytest.raises(ValueError, match="between 0 and 1"):
        foresee_test_cases(Gates(), base_rate=base_rate)


def test_the_error_of_an_auc_is_that_of_many_samples():
    random = np.random.default_rng(0)
    found = []
    for _ in range(300):
        long, other = random.normal(0.7416, size=120), random.normal(size=280)
        found.append((long[:, None] > other).mean())
    assert np.mean(found) == pytest.approx(0.70, abs=0.01)
    error = compute_auc_error(0.70, n=400, base_rate=0.3)
    assert error == pytest.approx(np.std(found), rel=0.15)


def test_the_error_of_a_slope_is_that_of_many_fits():
    """Newton's steps for level and slope, on risks that are right."""
    random, n = np.random.default_rng(1), 1_000
    slopes = []
    for _ in range(200):
        given = random.normal(-0.9, 0.7416, n)
        long = random.random(n) < 1 / (1 + np.exp(-given))
        design, beta = np.column_stack([np.ones(n), given]), np.array([0.0, 1.0])
        for _ in range(6):
            risk = 1 / (1 + np.exp(-design @ beta))
            weight = risk * (1 - risk)
            beta = beta + np.linalg.solve(
                (design.T * weight) @ design, design.T @ (long - risk)
            )
        slopes.append(beta[1])
    base_rate = float((1 / (1 + np.exp(-random.normal(-0.9, 0.7416, 100_000)))).mean())
    error = compute_slope_error(base_rate, auc=0.70) / n**0.5
    assert error == pytest.approx(np.std(slopes), rel=0.15)
