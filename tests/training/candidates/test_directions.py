from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit, logit

from riskscreen.training.candidates import directions
from riskscreen.training.candidates.directions import (
    LEVEL,
    check_directions,
    describe_directions,
    reject_by_holm,
)
from riskscreen.training.data.dataset import LabelledData
from tests.made_up import features_of

BY_NAME = {f.name: f for f in features_of()}
FLAG, NUMBER, FREE = "alone", "burden", "distance"
FEATURES = tuple(BY_NAME[name] for name in (FLAG, NUMBER, FREE, "resource"))
RIGHT = (0.6, 0.8, 0.5, -0.8)


def cases_of(effects, *, n=3000, seed=0, of_one_person=1, shared=0.0):
    """Cases whose true log-odds are linear in the columns of FEATURES.

    The cases of a person share values, and with *shared* (an SD) a part of the risk.
    """
    rng = np.random.default_rng(seed)
    persons = n // of_one_person
    values = rng.normal(size=(persons, 4)) + 0.7 * rng.normal(size=(persons, 1))
    values[:, 0] = values[:, 0] > 1.5
    values = np.repeat(values, of_one_person, axis=0)
    own = np.repeat(rng.normal(0, shared, persons), of_one_person)
    risk = expit(logit(0.3) + values @ np.array(effects) + own)
    long = (rng.random(len(risk)) < risk).astype(float)
    person = pd.Series(np.repeat(np.arange(persons), of_one_person))
    return LabelledData(values, long, person)


def dropped(cases, features=FEATURES):
    return [t.feature for t in check_directions(features, cases) if t.dropped]


def test_directions_that_are_true_are_kept():
    told = check_directions(FEATURES, cases_of(RIGHT))
    assert [(t.feature, t.direction, t.dropped) for t in told] == [
        (FLAG, "increasing", False),
        (NUMBER, "increasing", False),
        ("resource", "decreasing", False),
    ]
    assert np.sign([t.change for t in told]).tolist() == [1, 1, -1]
    assert all(t.p > 0.5 for t in told)
    assert describe_directions(told).startswith("3 directions are tested")


@pytest.mark.parametrize("name", [FLAG, NUMBER])
def test_a_direction_that_is_wrong_is_dropped_and_no_other(name):
    effects = np.where([f.name == name for f in FEATURES], -0.8, RIGHT)
    told = check_directions(FEATURES, cases_of(effects))
    assert [t.feature for t in told if t.dropped] == [name]
    assert next(t for t in told if t.feature == name).change < 0
    assert f"against {name}, which is not imposed" in describe_directions(told)


def test_the_change_of_a_flag_is_its_coefficient():
    cases = cases_of((-0.8, 0.8, 0.5, -0.8), n=20_000)
    (flag, *_) = check_directions(FEATURES, cases)
    assert flag.change == pytest.approx(-0.8, abs=0.15)


def test_few_cases_drop_nothing():
    assert not any(
        dropped(cases_of((-0.8, 0.8, 0.5, -0.8), n=60, seed=seed)) for seed in range(20)
    )


@pytest.mark.slow
@pytest.mark.parametrize(("of_one_person", "shared"), [(1, 0.0), (4, 2.0)])
def test_of_directions_without_an_effect_about_one_training_of_twenty_drops_any(
    of_one_person, shared
):
    """The cases of a person count as one where their outcomes go together."""
    drops = [
        bool(
            dropped(
                cases_of(
                    (0, 0, 0.5, 0),
                    n=1200,
                    seed=seed,
                    of_one_person=of_one_person,
                    shared=shared,
                )
            )
        )
        for seed in range(100)
    ]
    # Three standard errors of a share of 100 draws beyond the level.
    assert np.mean(drops) <= LEVEL + 3 * np.sqrt(LEVEL * (1 - LEVEL) / 100)


def test_nothing_is_asked_without_a_direction_or_with_one_outcome_alone():
    cases = cases_of(RIGHT, n=200)
    free = tuple(replace(f, monotone=None) for f in FEATURES)
    assert check_directions(free, cases) == ()
    one = replace(cases, long=np.zeros(len(cases.long)))
    assert check_directions(FEATURES, one) == ()


def test_a_column_of_one_value_speaks_against_nothing():
    cases = cases_of(RIGHT, n=400)
    cases.values[:, :2] = np.nan, 3.0
    told = {t.feature: t for t in check_directions(FEATURES, cases)}
    assert (told[NUMBER].p, told[NUMBER].dropped) == (1.0, False)


def test_of_too_many_cases_whole_persons_are_asked(monkeypatch):
    monkeypatch.setattr(directions, "MOST_CASES", 1000)
    cases = cases_of(RIGHT, n=4000, of_one_person=4)
    fewer = directions._limit_cases(cases, seed=0)
    assert 800 <= len(fewer.long) <= 1000
    assert set(fewer.person.value_counts()) == {4}


def test_a_case_that_weighs_two_speaks_as_two():
    cases = cases_of(RIGHT, n=600)
    half = np.arange(300)
    weighed = replace(cases.take(half), weight=np.full(300, 2.0))
    twice = cases.take(np.r_[half, half])
    one, other = (check_directions(FEATURES, c) for c in (weighed, twice))
    assert [t.change for t in one] == pytest.approx([t.change for t in other], abs=0.2)


def holm_plainly(p, level):
    """Reject the smallest p's one after the other until one is too large."""
    left, rejected = list(range(len(p))), set()
    while left:
        smallest = min(left, key=lambda i: p[i])
        if p[smallest] > level / len(left):
            break
        rejected.add(smallest)
        left.remove(smallest)
    return [i in rejected for i in range(len(p))]


def test_holms_procedure_agrees_with_the_plain_one():
    rng = np.random.default_rng(0)
    for n in (1, 2, 7, 40):
        p = rng.random(n) ** 6
        assert reject_by_holm(p, level=0.05).tolist() == holm_plainly(p, 0.05)
