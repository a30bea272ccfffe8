from dataclasses import replace
from functools import partial

import numpy as np
import pandas as pd
import pytest

from riskscreen.training.candidates import tuning as tuning_module
from riskscreen.training.candidates.tuning import (
    ENOUGH,
    has_few,
    tune_lightgbm,
    tune_logistic,
)
from riskscreen.training.data.dataset import LabelledData
from tests.made_up import drawn, features_of, specification, values_of

pytestmark = pytest.mark.slow

FEATURES = features_of()
SETTINGS = specification(
    estimator={"max_rounds": 60, "learning_rate": 0.1, "tuning_trials": 0}
).estimator
SEARCHING = SETTINGS.model_copy(update={"tuning_trials": 3})


def rows(n, seed):
    table, log_odds = values_of(n, seed)
    person = pd.Series([f"p{i // 2}" for i in range(n)])
    return LabelledData(table.to_numpy(), drawn(log_odds, seed), person)


def misleading(n, seed):
    """Cases whose outcome is chance, so that any hyperparameters looks as good."""
    found = rows(n, seed)
    draw = np.random.default_rng(seed)
    return LabelledData(
        found.values, (draw.random(n) < 0.3).astype(float), found.person
    )


def grown(earlier, tuning, settings=SETTINGS):
    told = []
    found = tune_lightgbm(
        earlier, tuning, FEATURES, settings, after_each=lambda: told.append(1)
    )
    assert len(told) == settings.tuning_trials
    return found.rounds


def test_few_means_either_outcome():
    many = rows(4 * ENOUGH, 1)
    assert not has_few(many)
    assert has_few(LabelledData(many.values, np.ones(len(many.long)), many.person))
    assert has_few(rows(ENOUGH, 1))


def test_a_few_misleading_later_cases_do_not_flatten_the_model():
    earlier, tuning = rows(1500, 2), misleading(120, 3)
    assert tune_logistic(earlier, tuning, FEATURES, SETTINGS).penalty < 100
    assert grown(earlier, tuning) > 10


def test_many_later_cases_decide_alone():
    earlier, tuning = rows(1500, 2), misleading(8 * ENOUGH, 4)
    assert grown(earlier, tuning) < 10


def test_the_same_cases_give_the_same_restraint():
    earlier, tuning = rows(800, 5), rows(100, 6)
    assert grown(earlier, tuning) == grown(earlier, tuning)
    first, again = (tune_logistic(earlier, tuning, FEATURES, SETTINGS) for _ in "12")
    assert first.to_json() == again.to_json()


def test_a_search_is_judged_by_each_case_once(monkeypatch):
    earlier, tuning = rows(800, 5), rows(100, 6)
    judged = []

    def asked_once(losses, settings, **_):
        judged.append(losses(settings))
        return settings

    monkeypatch.setattr(tuning_module, "search_hyperparameters", asked_once)
    tune_lightgbm(earlier, tuning, FEATURES, SETTINGS, after_each=lambda: None)
    assert [len(losses) for losses in judged] == [900]


def test_a_search_for_columns_told_otherwise_begins_anew(tmp_path):
    """One that began anew says each of its trials; one that goes on says one."""
    earlier, tuning = rows(800, 5), rows(100, 6)
    others = tuple(replace(f, monotone=None) for f in FEATURES)
    said = []
    for features in (FEATURES, FEATURES, others):
        told = []
        tune_lightgbm(
            earlier,
            tuning,
            features,
            SEARCHING,
            store=tmp_path / "search.db",
            after_each=partial(told.append, 1),
        )
        said.append(len(told))
    assert said == [3, 1, 3]
