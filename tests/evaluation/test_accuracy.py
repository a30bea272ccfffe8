"""Brier score and log-loss against scikit-learn, and at their edges."""

import numpy as np
from sklearn.metrics import brier_score_loss
from sklearn.metrics import log_loss as sklearn_log_loss

from riskscreen.evaluation.accuracy import brier, log_loss, scaled_brier

DRAW = np.random.default_rng(2)
RISK = DRAW.uniform(0.02, 0.98, 120)
LONG = (DRAW.random(120) < RISK).astype(float)
WEIGHTS = DRAW.integers(0, 4, (5, 120)).astype(float)


def test_brier_agrees_with_scikit_learn():
    expected = [brier_score_loss(LONG, RISK, sample_weight=w) for w in WEIGHTS]

    np.testing.assert_allclose(brier(LONG, RISK, WEIGHTS), expected)


def test_log_loss_agrees_with_scikit_learn():
    expected = [sklearn_log_loss(LONG, RISK, sample_weight=w) for w in WEIGHTS]

    np.testing.assert_allclose(log_loss(LONG, RISK, WEIGHTS), expected)


def test_a_certain_risk_that_errs_costs_much_but_not_infinitely():
    loss = log_loss(np.array([1.0]), np.array([0.0]), np.ones((1, 1)))

    assert 20 < loss[0] < 30


def test_telling_everybody_the_base_rate_has_a_scaled_brier_of_nothing():
    base = np.full(120, LONG.mean())

    found = scaled_brier(LONG, base, np.ones((1, 120)))

    np.testing.assert_allclose(found, [0], atol=1e-12)


def test_telling_the_outcome_itself_has_a_scaled_brier_of_one():
    assert scaled_brier(LONG, LONG, np.ones((1, 120))).tolist() == [1.0]


def test_a_replicate_of_one_outcome_has_no_scaled_brier():
    only_long = LONG[None, :]

    assert np.isnan(scaled_brier(LONG, RISK, only_long)).all()
