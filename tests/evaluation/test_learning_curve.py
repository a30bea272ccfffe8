"""More cases help, or do not, as the paired interval of the losses says."""

import numpy as np
import pytest
from scipy.special import expit, logit

from riskscreen.evaluation import Bootstrap, EvaluationCases
from riskscreen.evaluation.learning_curve import estimate_learning_curve

N = 4000
DRAW = np.random.default_rng(3)
TRUTH = DRAW.normal(-1, 1, N)
LONG = (DRAW.random(N) < expit(TRUTH)).astype(float)
CASES = EvaluationCases.from_columns(LONG)


def blurred(noise, seed):
    return TRUTH + np.random.default_rng(seed).normal(0, noise, N)


def learned(half, whole, *, cases=CASES, replicates=200):
    return estimate_learning_curve(
        cases,
        [(500, half), (1000, [whole])],
        noticeable=0.001,
        bootstrap=Bootstrap(replicates=replicates),
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    ("noise", "verdict"), [(0.0, "hardly"), (0.15, "open"), (1.2, "yes")]
)
def test_the_answer_is_by_the_whole_interval(noise, verdict):
    curve = learned([blurred(noise, 1), blurred(noise, 2)], TRUTH)
    assert curve.verdict == verdict
    assert curve.next.value == pytest.approx(curve.last.value / 2)
    assert curve.next.low == pytest.approx(curve.last.low / 2)


@pytest.mark.slow
def test_a_point_is_the_mean_over_its_fits_as_a_plain_count_has_it():
    halves = [blurred(0.5, 1), blurred(0.5, 2)]
    first, second = learned(halves, TRUTH).points

    def loss(log_odds):
        risk = expit(log_odds)
        return -np.mean(LONG * np.log(risk) + (1 - LONG) * np.log(1 - risk))

    assert first.log_loss.value == pytest.approx(np.mean([loss(h) for h in halves]))
    assert second.log_loss.value == pytest.approx(loss(TRUTH))
    assert (first.n_train, first.fits, second.fits) == (500, 2, 1)
    assert second.auc.value > first.auc.value


@pytest.mark.slow
def test_fits_that_say_the_same_bring_nothing():
    curve = learned([TRUTH, TRUTH], TRUTH)
    assert (curve.last.value, curve.last.low, curve.last.high) == (0, 0, 0)


def test_one_outcome_alone_says_nothing_of_the_order():
    cases = EvaluationCases.from_columns(np.zeros(N))
    rate = np.full(N, logit(0.2))
    curve = learned([rate], rate, cases=cases, replicates=20)
    assert curve.points[0].auc.value is None
    assert curve.points[0].log_loss.value == pytest.approx(-np.log(0.8))
