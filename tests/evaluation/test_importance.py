from itertools import pairwise

import numpy as np
import pytest

from riskscreen.evaluation.importance import (
    bin_contributions,
    choose_step,
    list_pairs,
    measure_contributions,
)


def binned(contribution, value=None, *, person=None, ordered=True, step=0.1):
    contribution = np.asarray(contribution, dtype=float)
    value = contribution if value is None else np.asarray(value, dtype=float)
    person = np.arange(len(contribution)) if person is None else person
    return bin_contributions(
        contribution, value, person=person, ordered=ordered, step=step
    )


def test_the_mean_of_each_column_is_of_its_absolute_values_and_shares_sum_to_one():
    found = measure_contributions(["a", "b"], np.array([[1.0, 0.1], [-3.0, 0.3]]))
    assert [(one.name, one.mean) for one in found] == [("a", 2.0), ("b", 0.2)]
    assert [one.share for one in found] == pytest.approx([2 / 2.2, 0.2 / 2.2])


def test_what_pulls_nowhere_has_no_share():
    (one,) = measure_contributions(["a"], np.zeros((9, 1)))
    assert (one.mean, one.share) == (0.0, 0.0)


def test_the_five_largest_pairs_are_listed_with_both_their_halves():
    means = np.zeros((5, 5))
    each = [0.1, 0, 0.4, 0.2, 0.05, 0.05, 0.1, 0.05, 0.05, 0]  # ab, ac, ad ... de
    means[np.triu_indices(5, k=1)] = each
    found = list_pairs(list("abcde"), means + means.T + 9 * np.eye(5))
    assert [(one.first + one.second, one.mean) for one in found] == [
        ("ad", 0.8),
        ("ae", 0.4),
        ("ab", 0.2),
        ("be", 0.2),
        ("bc", 0.1),
    ]
    assert found[0].share == pytest.approx(0.8 / 2)


def test_pairs_that_do_nothing_are_not_listed():
    assert list_pairs(["a", "b"], np.eye(2)) == ()
    assert list_pairs(["a"], np.ones((1, 1))) == ()


@pytest.mark.parametrize("seed", range(8))
def test_every_bin_is_of_five_persons_or_more_and_all_are_counted_once(seed):
    draw = np.random.default_rng(seed)
    n = int(draw.integers(5, 400))
    person = draw.integers(0, n, n)
    contribution = draw.standard_t(2, n)
    bins = binned(contribution, person=person)
    persons = len(np.unique(person))
    assert sum(b.n for b in bins) == (persons if persons >= 5 else 0)
    assert all(b.n >= 5 for b in bins)
    assert all(a.high <= b.low for a, b in pairwise(bins))
    last = dict(zip(person, contribution, strict=True))
    for b in bins[1:-1]:  # the plain count, person by person
        assert b.n == sum(b.low - 1e-9 <= c < b.high - 1e-9 for c in last.values())


def test_where_the_furthest_lies_is_not_told():
    near = [0.05] * 20 + [0.15] * 20
    one, other = binned([*near, -7.0, 9.0]), binned([*near, -3.0, 4.0])
    assert [(b.low, b.high, b.n) for b in one] == [(0.0, 0.1, 21), (0.1, 0.2, 21)]
    assert one == other


def test_fewer_than_five_persons_have_no_bins():
    assert binned([0.1, 0.2, 0.3, 0.4]) == ()
    assert binned([0.1] * 40, person=[1] * 40) == ()
    assert binned([]) == ()


def test_the_value_of_a_bin_is_the_mean_rank_of_five_known_values_or_none():
    low, high = [-1.0] * 10, [1.0] * 10
    first, second = binned(low + high, [0.0] * 10 + [1.0] * 10)
    assert (first.value, second.value) == (0.0, 1.0)
    missing = [np.nan] * 6
    first, second = binned(low + high, [*missing, 0, 0, 0, 0, *[1.0] * 10])
    assert first.value is None  # four known
    assert all(b.value is None for b in binned(low + high, ordered=False))


def test_cells_are_as_wide_for_every_column_and_round():
    draw = np.random.default_rng(0)
    table = draw.normal(0, [1.0, 0.1], (1000, 2))
    assert choose_step(table) == pytest.approx(0.2)
    assert choose_step(10 * table) == pytest.approx(2.0)
    assert choose_step(np.zeros((10, 2))) > 0
