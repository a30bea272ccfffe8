"""What features do together, by the log-odds that a model shows."""

import numpy as np
import pytest

from riskscreen.training.importance import measure_pairs
from tests import small_site


def scored(kind, n=300):
    """A model of *kind*, the values of *n* cases, and their scores."""
    model = small_site.model(kind)
    cases = small_site.cases(n)
    features = small_site.features_of(cases, small_site.history(cases), model.spec)
    return model, features.to_numpy(), model.score(features)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["lightgbm", "blend"])
def test_the_pairs_of_trees_are_means_over_cases_of_the_shown_log_odds(kind):
    model, values, found = scored(kind)
    pairs = measure_pairs(model, values, found)
    assert pairs.n == 300
    assert 1 <= len(pairs.pairs) <= 5
    assert [p.mean for p in pairs.pairs] == sorted(p.mean for p in pairs.pairs)[::-1]
    assert 0 < sum(pair.share for pair in pairs.pairs) <= 1 + 1e-9
    names = [feature.name for feature in model.features]
    first = pairs.pairs[0]
    i, j = names.index(first.first), names.index(first.second)
    shown = found.log_odds - model.base_log_odds
    slope = shown / (found.uncalibrated - model.estimator.base)
    together = 2 * slope * model.estimator.interactions(values)[:, i, j]
    assert first.mean == pytest.approx(np.abs(together).mean(), abs=1e-9)


@pytest.mark.slow
def test_of_many_cases_two_thousand_are_asked_spread_over_all():
    model, values, found = scored("lightgbm")
    many = np.resize(np.arange(300), 3000)
    pairs = measure_pairs(model, values[many], found.take(many))
    assert pairs.n == 2000
    whole = measure_pairs(model, values, found)
    assert pairs.pairs[0].mean == pytest.approx(whole.pairs[0].mean, rel=0.2)


def test_an_additive_model_has_no_pairs():
    model, values, found = scored("logistic")
    pairs = measure_pairs(model, values, found)
    assert (pairs.n, pairs.pairs) == (0, ())
