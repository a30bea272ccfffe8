"""How many test cases gates need: published figures, and the gates' own intervals."""

import numpy as np
import pytest
from scipy.special import expit, logit

from riskscreen.evaluation import EvaluationCases, estimate_metrics
from riskscreen.evaluation.foreseen import (
    compute_auc_error,
    compute_slope_error,
    foresee_test_cases,
)
from riskscreen.spec import Gates

WIDTH = 0.7416
"""How far log-odds spread among the long, and among the others, at an AUC of .70."""


def test_an_auc_needs_what_riley_and_others_publish():
    """4,252 cases for an interval that is .1 wide about .8, where 1.8 % are long."""
    widths = [
        2 * 1.96 * compute_auc_error(0.8, n=n, base_rate=0.018) for n in (4_251, 4_252)
    ]
    assert widths[0] > 0.1 > widths[1]


@pytest.mark.parametrize(
    ("base_rate", "auc", "error", "cases"),
    [(0.1, 0.75, 0.1, 1_536), (0.057, 0.77, 0.15, 934)],
)
def test_a_slope_needs_what_pavlou_and_others_publish(base_rate, auc, error, cases):
    """The figures of their R package sampsizeval."""
    needed = (compute_slope_error(base_rate, auc=auc) / error) ** 2
    assert cases - 1 < needed <= cases


@pytest.mark.parametrize(
    ("gate", "reach"),
    [("observed_minus_expected", 0.04), ("calibration_slope", 0.25), ("auc", 0.15)],
)
def test_of_as_many_cases_the_interval_of_a_gate_just_fits(gate, reach):
    """By the evaluation itself, on risks that are right and have an AUC of .70."""
    base_rate = 0.3
    n = foresee_test_cases(Gates(), base_rate=base_rate)[gate]
    random = np.random.default_rng(0)
    reaches = []
    for _ in range(20):
        long = (random.random(n) < base_rate).astype(float)
        centre = logit(base_rate) + WIDTH**2 * (long - 0.5)
        risk = expit(random.normal(centre, WIDTH))
        cases = EvaluationCases(long, np.arange(n, dtype=np.uint64))
        found = estimate_metrics(cases, risk)[gate]
        reaches.append((found.high - found.low) / 2)
    assert np.mean(reaches) == pytest.approx(reach, rel=0.04)


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
