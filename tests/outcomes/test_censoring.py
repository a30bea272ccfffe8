import numpy as np
import pytest

from riskscreen.outcomes.censoring import (
    MOST,
    FollowedCases,
    estimate_still_followed,
    weigh_known_outcomes,
)


def plain_still_followed(days, ended, day):
    """Kaplan-Meier of the censoring, day by day: too slow to use, too plain to err."""
    share = 1.0
    for time in sorted({d for d in days if d < day}):
        each = list(zip(days, ended, strict=True))
        lost = sum(d == time and not e for d, e in each)
        there = sum(d > time or (d == time and not e) for d, e in each)
        share *= 1 - lost / there if there else 1.0
    return share


def followed_cases(n, seed, *, last=40):
    draw = np.random.default_rng(seed)
    lasts = draw.integers(0, last, n).astype(float)
    lost = draw.integers(0, last, n).astype(float)
    return FollowedCases(np.minimum(lasts, lost), lasts <= lost)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(5))
def test_the_probability_agrees_with_the_slow_plain_version(seed):
    cases = followed_cases(60, seed)
    asked = np.arange(0, 45.0)
    found = estimate_still_followed(cases, asked)
    slow = [plain_still_followed(cases.days, cases.ended, day) for day in asked]
    assert found == pytest.approx(slow, abs=1e-12)


def test_an_end_comes_before_a_loss_on_the_same_day_and_the_day_itself_is_excluded():
    cases = FollowedCases(np.array([1.0, 2, 2, 3]), np.array([True, True, False, True]))
    # On day 2 two are still there after the end, and one of them is lost.
    asked = np.array([2.0, 2.5, 3.0])
    assert estimate_still_followed(cases, asked).tolist() == [1.0, 0.5, 0.5]


def test_who_is_followed_to_the_horizon_without_an_end_is_long_and_on_it_is_short():
    days = np.array([9.0, 10.0, 10.0, 11.0, 11.0])
    ended = np.array([False, True, False, True, False])
    found = weigh_known_outcomes(FollowedCases(days, ended), np.full(5, 10.0))
    assert np.isnan(found.long).tolist() == [True, False, False, False, False]
    assert found.long[1:].tolist() == [0.0, 1.0, 1.0, 1.0]
    assert np.isnan(found.weight[0])
    assert found.weight[1:] == pytest.approx([1.25] * 4)


@pytest.mark.parametrize("seed", range(5))
def test_the_weighed_share_is_kaplan_and_meiers_of_staying(seed):
    """The identity that makes the weights right, with ties and at any horizon."""
    cases = followed_cases(400, seed)
    horizon = 15.0
    found = weigh_known_outcomes(cases, np.full(400, horizon))
    known = ~np.isnan(found.long)
    stays = 1.0
    for day in sorted(set(cases.days[cases.ended & (cases.days <= horizon)])):
        there = (cases.days >= day).sum()
        stays *= 1 - ((cases.days == day) & cases.ended).sum() / there
    share = found.weight[known] @ found.long[known] / found.weight[known].sum()
    assert share == pytest.approx(stays, abs=1e-12)
    assert found.weight[known].sum() == pytest.approx(400)


def test_the_share_is_right_where_dropping_is_far_off():
    draw = np.random.default_rng(3)
    lasts, lost = draw.exponential(365, 20_000), draw.exponential(240, 20_000)
    cases = FollowedCases(np.minimum(lasts, lost), lasts <= lost)
    found = weigh_known_outcomes(cases, np.full(20_000, 182.0))
    known = ~np.isnan(found.long)
    truth = np.exp(-182 / 365)
    weighed = np.average(found.long[known], weights=found.weight[known])
    assert weighed == pytest.approx(truth, abs=0.01)
    assert found.long[known].mean() < truth - 0.05


def test_a_horizon_of_its_own_for_each_case_is_read_as_such():
    days, ended = np.array([5.0, 5.0]), np.array([True, True])
    found = weigh_known_outcomes(FollowedCases(days, ended), np.array([4.0, 6.0]))
    assert found.long.tolist() == [1.0, 0.0]


def test_no_case_stands_for_more_than_a_bound():
    days = np.r_[np.ones(99), 20.0]
    ended = np.r_[np.zeros(99, dtype=bool), True]
    found = weigh_known_outcomes(FollowedCases(days, ended), np.full(100, 10.0))
    assert found.weight[-1] == MOST
