import pytest

from riskscreen.model.score_differences import BASE, list_differences


def test_the_base_and_every_reason_sum_to_the_change_of_the_log_odds():
    before = {"age": 0.5, "pain": -0.25}
    now = {"age": 0.375, "talk": 1.5}
    moved = list_differences(before, now, bases=(-1.0, -0.5))
    assert moved == {BASE: 0.5, "age": -0.125, "pain": 0.25, "talk": 1.5}
    whole = (-0.5 + sum(now.values())) - (-1.0 + sum(before.values()))
    assert sum(moved.values()) == pytest.approx(whole, abs=1e-12)


def test_what_says_the_same_moved_nothing():
    same = {"age": 0.5}
    assert set(list_differences(same, same, bases=(0.25, 0.25)).values()) == {0.0}
