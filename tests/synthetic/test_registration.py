"""The register's noise is the published one, and only what it shows can be seen."""

from dataclasses import replace

import numpy as np

from riskscreen_synthetic import read_parameters
from riskscreen_synthetic.histories import summarise_histories
from riskscreen_synthetic.registration import compute_noise_chances, draw_noise
from riskscreen_synthetic.spells import build_spells, to_week_start


def test_durations_are_overstated_by_the_published_weeks():
    table = read_parameters()["absence"]["noise"]
    added = draw_noise(np.random.default_rng(1), 200_000, table)
    assert abs(added.mean() - 1.4) < 0.05
    assert abs(added.std() - 3.9) < 0.1
    weeks, chance = compute_noise_chances(table)
    assert chance.sum() == 1.0 or abs(chance.sum() - 1.0) < 1e-12
    assert abs((weeks * chance).sum() - 1.4) < 0.05


def one_citizen(registered):
    """Ten weeks of illness, 20 weeks before the case."""
    spells = build_spells(np.array([0]), "sickness", np.array([2500]), np.array([2510]))
    return replace(spells, registered=np.array([registered]))


def seen(spells, *, until=2530):
    decision = to_week_start(np.array([2532]))
    return summarise_histories(spells, 1, decision=decision, until=np.array([until]))


def test_a_row_counts_from_the_day_after_it_was_registered():
    day = int(to_week_start(np.array([2532]))[0])
    assert seen(one_citizen(day - 1))["support_weeks"].tolist() == [10]
    assert seen(one_citizen(day))["support_weeks"].tolist() == [0]


def test_weeks_after_the_limit_are_not_seen():
    spells = one_citizen(0)
    assert seen(spells, until=2504)["sick_weeks"].tolist() == [4]
    assert seen(spells, until=2500)["sick_spells"].tolist() == [0]
