import numpy as np
import pandas as pd
import pytest

from riskscreen.training.restraint import (
    ENOUGH,
    FOLDS,
    few,
    most_rounds,
    tuned_logistic,
    tuned_trees,
)
from riskscreen.training.rows import Rows
from tests.made_up import drawn, features_of, specification, values_of

FEATURES = features_of()
SETTINGS = specification(estimator={"max_rounds": 60, "learning_rate": 0.1}).estimator


def rows(n, seed):
    table, log_odds = values_of(n, seed)
    person = pd.Series([f"p{i // 2}" for i in range(n)])
    return Rows(table.to_numpy(), drawn(log_odds, seed), person)


def misleading(n, seed):
    """Cases whose outcome is chance, so that any restraint looks as good."""
    found = rows(n, seed)
    draw = np.random.default_rng(seed)
    return Rows(found.values, (draw.random(n) < 0.3).astype(float), found.person)


def grown(earlier, tuning):
    return tuned_trees(earlier, tuning, FEATURES, SETTINGS, after_each=lambda: None)


def test_few_means_either_outcome():
    many = rows(4 * ENOUGH, 1)
    assert not few(many)
    assert few(Rows(many.values, np.ones(len(many.long)), many.person))
    assert few(rows(ENOUGH, 1))


def test_a_few_misleading_later_cases_do_not_flatten_the_model():
    earlier, tuning = rows(1500, 2), misleading(120, 3)
    assert tuned_logistic(earlier, tuning, FEATURES, SETTINGS).penalty < 0.1
    assert grown(earlier, tuning).rounds > 10


def test_many_later_cases_decide_alone():
    earlier, tuning = rows(1500, 2), misleading(8 * ENOUGH, 4)
    assert grown(earlier, tuning).rounds < 10


@pytest.mark.parametrize(
    "tune", [grown, lambda e, t: tuned_logistic(e, t, FEATURES, SETTINGS)]
)
def test_the_same_cases_give_the_same_restraint(tune):
    earlier, tuning = rows(800, 5), rows(100, 6)
    assert tune(earlier, tuning).settings() == tune(earlier, tuning).settings()


def test_no_more_trees_are_counted_than_may_grow():
    steps = []
    tuning = rows(100, 6)
    tuned_trees(
        rows(800, 5), tuning, FEATURES, SETTINGS, after_each=lambda: steps.append(1)
    )
    assert len(steps) <= most_rounds(SETTINGS, tuning)
    assert most_rounds(SETTINGS, rows(4 * ENOUGH, 1)) == SETTINGS.max_rounds
    assert most_rounds(SETTINGS, tuning) == SETTINGS.max_rounds * (1 + FOLDS)
