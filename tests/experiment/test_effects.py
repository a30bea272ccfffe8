"""Effects of written-out cases, and intervals that hold what was planted."""

import numpy as np
import pytest

from riskscreen.experiment.effects import estimate_lot, estimate_steps


def count_by_hand(long, drawn, strata):
    """The Mantel-Haenszel difference, stratum by stratum."""
    above = below = 0.0
    for one in set(strata):
        arm = [[x for x, d, s in zip(long, drawn, strata, strict=True)
                if s == one and d is which] for which in (True, False)]  # fmt: skip
        n1, n0 = map(len, arm)
        above += (sum(arm[0]) * n0 - sum(arm[1]) * n1) / (n1 + n0)
        below += n1 * n0 / (n1 + n0)
    return above / below


def test_one_stratum_gives_the_difference_of_the_shares():
    long = [1] * 3 + [0] * 7 + [1] * 6 + [0] * 4
    drawn = [True] * 10 + [False] * 10
    found = estimate_lot(long, drawn, ["a"] * 20)
    assert found.difference == pytest.approx(-0.3)
    assert found.low < -0.3 < found.high


def test_strata_are_compared_within_themselves():
    rng = np.random.default_rng(1)
    strata = rng.integers(0, 12, 150).tolist()
    drawn = (rng.random(150) < 0.4).tolist()
    long = (rng.random(150) < 0.5).astype(int).tolist()
    found = estimate_lot(long, drawn, strata)
    assert found.difference == pytest.approx(count_by_hand(long, drawn, strata))
    order = rng.permutation(150)
    turned = (np.array(of)[order] for of in (long, drawn, strata))
    assert estimate_lot(*turned).difference == pytest.approx(found.difference)


def test_nothing_is_estimated_of_one_arm_or_of_nobody():
    assert estimate_lot([1, 0], [True, True], ["a", "a"]) is None
    assert estimate_lot([1, 0], [True, False], ["a", "b"]) is None
    assert estimate_lot([], [], []) is None
    nothing = np.array([], dtype=np.int64)
    assert estimate_steps(nothing, nothing, nothing, 5) is None
    in_period_0 = np.zeros(5, dtype=np.int64)
    assert estimate_steps([1, 0, 1, 0, 1], np.arange(5), in_period_0, 5) is None


def lay_out(n_teams, size):
    team, period = np.meshgrid(range(n_teams), range(n_teams + 1), indexing="ij")
    return (np.repeat(of.ravel(), size) for of in (team, period))


def test_steps_find_an_effect_whatever_the_levels_of_teams_and_periods():
    team, period = lay_out(5, 100)
    share = 0.30 + 0.05 * team + 0.02 * period - 0.20 * (period > team)
    place = np.tile(np.arange(100), 30)
    found = estimate_steps(place < np.round(100 * share), team, period, 5)
    assert found.difference == pytest.approx(-0.20)
    assert found.low == pytest.approx(-0.20)
    assert found.high == pytest.approx(-0.20)


def test_of_four_teams_no_interval_is_told_and_of_five_there_is_one():
    rng = np.random.default_rng(3)
    for n_teams, told in ((4, False), (5, True)):
        team, period = lay_out(n_teams, 20)
        found = estimate_steps(rng.random(len(team)) < 0.5, team, period, n_teams)
        assert ((found.low, found.high) != (-1.0, 1.0)) is told


def test_a_team_without_a_case_changes_no_estimate_into_nonsense():
    team, period = lay_out(6, 30)
    there = team != 2
    long = np.random.default_rng(4).random(len(team)) < 0.4
    found = estimate_steps(long[there], team[there], period[there], 6)
    assert -1 <= found.low < found.difference < found.high <= 1
