import numpy as np
import pytest

from riskscreen.features.catalogue import list_features
from riskscreen.monitoring.two_samples import compare_samples
from tests import small_site

FEATURES = list_features(small_site.specification())[:3]


def draw(n, shift=0.0, seed=0):
    values = np.random.default_rng(seed).normal(5, 2, (n, len(FEATURES)))
    values[:, 0] += shift
    values[:, 2] = values[:, 2] > 5
    return values


def test_cases_that_moved_are_told_from_the_others():
    values = np.vstack([draw(400), draw(200, shift=2.0, seed=1)])
    found = compare_samples(values, np.arange(600) >= 400, FEATURES)
    assert found.differs
    assert 0.7 < found.auc.value < 0.85
    # SE of the AUC of 100 and 200 without a difference.
    assert found.by_chance == 0.5 + 1.6448536269514722 * np.sqrt(301 / 12 / 100 / 200)


@pytest.mark.slow
def test_cases_from_the_same_place_are_told_apart_one_time_in_twenty():
    """40 pairs of samples: 2 are due, and more than 6 would come 1 time in 100."""
    differ = 0
    for seed in range(40):
        values = draw(300, seed=seed)
        found = compare_samples(values, np.arange(300) >= 150, FEATURES)
        differ += found.differs
    assert differ <= 6


def test_few_cases_are_not_compared():
    assert compare_samples(draw(199), np.arange(199) >= 150, FEATURES) is None
