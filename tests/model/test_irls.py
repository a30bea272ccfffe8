"""The regressions, one and many at once, against scikit-learn's."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from riskscreen.errors import ConvergenceError
from riskscreen.model.irls import (
    fit_logistic_regression,
    fit_logistic_replicates,
    iterate_newton,
)

DRAW = np.random.default_rng(6)
X = DRAW.normal(0, 1.5, (150, 3))
LONG = (DRAW.random(150) < 1 / (1 + np.exp(-(X @ [0.8, -1.2, 0.1] - 0.5)))) * 1.0
DESIGN = np.column_stack([np.ones(150), X])


def test_agrees_with_scikit_learn_without_a_penalty_in_every_replicate():
    draw = np.random.default_rng(7)
    weights = draw.multinomial(150, np.full(150, 1 / 150), size=8).astype(float)

    found = fit_logistic_replicates(DESIGN, LONG, weights)

    plain = LogisticRegression(C=np.inf, fit_intercept=False, tol=1e-10, max_iter=1000)
    for coefficients, w in zip(found, weights, strict=True):
        expected = plain.fit(DESIGN, LONG, sample_weight=w).coef_[0]
        np.testing.assert_allclose(coefficients, expected, atol=1e-4)


def test_an_offset_counts_as_a_column_whose_coefficient_is_one():
    """The offset moves from one side to the other: its coefficient is one less."""
    whole = fit_logistic_replicates(DESIGN, LONG, np.ones((1, 150)))
    rest = fit_logistic_replicates(DESIGN, LONG, np.ones((1, 150)), offset=X[:, 0])

    np.testing.assert_allclose(whole - rest, [[0, 1, 0, 0]], atol=1e-6)


def test_separated_outcomes_have_no_coefficients():
    design = np.column_stack([np.ones(6), np.arange(6.0)])
    long = np.array([0.0, 0, 0, 1, 1, 1])

    assert np.isnan(fit_logistic_replicates(design, long, np.ones((1, 6)))).all()


def test_one_replicate_that_fails_leaves_the_others_alone():
    weights = np.vstack([np.ones(150), LONG])  # the second holds long cases only

    found = fit_logistic_replicates(DESIGN, LONG, weights)

    assert np.isfinite(found[0]).all()
    assert np.isnan(found[1]).all()


def test_one_regression_agrees_with_scikit_learn_with_and_without_a_ridge_penalty():
    start = np.zeros(4)
    for penalty, strength in ((None, np.inf), (4.0 * np.eye(4), 1 / 4.0)):
        found = fit_logistic_regression(DESIGN, LONG, start=start, penalty=penalty)
        plain = LogisticRegression(
            C=strength, fit_intercept=False, tol=1e-12, solver="newton-cholesky"
        )
        expected = plain.fit(DESIGN, LONG).coef_[0]
        np.testing.assert_allclose(found, expected, atol=1e-7)


def test_the_gradient_is_zero_where_the_iteration_ends():
    penalty, offset = np.diag([0.1, 1.0, 2.0, 3.0]), X[:, 0]
    found = fit_logistic_regression(
        DESIGN, LONG, start=np.zeros(4), penalty=penalty, offset=offset
    )
    risk = 1 / (1 + np.exp(-(offset + DESIGN @ found)))
    gradient = DESIGN.T @ (LONG - risk) - penalty @ found
    assert np.abs(gradient).max() < 1e-9


@pytest.mark.parametrize("far", [-4.0, 1.0, 4.0])
def test_it_ends_in_the_same_place_from_wherever_it_starts(far):
    near = fit_logistic_regression(DESIGN, LONG, start=np.zeros(4))
    found = fit_logistic_regression(DESIGN, LONG, start=np.full(4, far))
    np.testing.assert_allclose(found, near, rtol=1e-6)


def test_a_likelihood_that_has_no_maximum_is_said_to_have_none():
    def derive(_):  # grows for ever, at one pace
        return np.ones(1), np.full((1, 1), 1e-3)

    none = np.zeros((1, 1))
    start = np.zeros(1)
    with pytest.raises(ConvergenceError, match="does not converge"):
        iterate_newton(derive, start=start, penalty=none, prior=start)
