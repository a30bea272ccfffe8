"""AUC and average precision against scikit-learn, with ties and weights."""

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, roc_auc_score

from riskscreen.evaluation.discrimination import auc, average_precision

MEASURES = [(auc, roc_auc_score), (average_precision, average_precision_score)]


def _cases(seed, n=80):
    draw = np.random.default_rng(seed)
    risk = draw.integers(0, 9, n) / 10  # many ties
    return (draw.random(n) < 0.2 + 0.6 * risk).astype(float), risk, draw


@pytest.mark.parametrize(("ours", "reference"), MEASURES)
@pytest.mark.parametrize("seed", range(5))
def test_agrees_with_scikit_learn_in_every_replicate(ours, reference, seed):
    long, risk, draw = _cases(seed)
    weights = draw.integers(0, 4, (6, len(long))).astype(float)

    expected = [reference(long, risk, sample_weight=w) for w in weights]

    np.testing.assert_allclose(ours(long, risk, weights), expected, atol=1e-12)


def test_auc_of_four_cases_by_hand():
    long = np.array([0.0, 0.0, 1.0, 1.0])
    risk = np.array([0.1, 0.4, 0.4, 0.9])  # three pairs right, one tied

    assert auc(long, risk, np.ones((1, 4))).tolist() == [3.5 / 4]


def test_average_precision_of_four_cases_by_hand():
    long = np.array([0.0, 1.0, 0.0, 1.0])
    risk = np.array([0.1, 0.4, 0.6, 0.9])  # precision 1 at the first, 2/3 at the second

    found = average_precision(long, risk, np.ones((1, 4)))

    np.testing.assert_allclose(found, [(1 + 2 / 3) / 2])


@pytest.mark.parametrize("measure", [auc, average_precision])
def test_a_replicate_without_a_long_case_has_no_value(measure):
    found = measure(np.array([0.0, 1.0]), np.array([0.2, 0.3]), np.array([[2.0, 0.0]]))

    assert np.isnan(found).all()


def test_turning_the_risks_around_turns_the_auc_around():
    long, risk, _ = _cases(9)
    once = np.ones((1, len(long)))

    np.testing.assert_allclose(
        auc(long, risk, once) + auc(long, 1 - risk, once), 1, atol=1e-12
    )
