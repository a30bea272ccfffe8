import numpy as np
import pandas as pd
import pytest
from scipy.optimize import linprog

from riskscreen.disclosure.counts import HIDDEN, CountTable, compute_share


def table(*rows):
    counts = np.array(rows)
    names = [chr(ord("a") + n) for n in range(counts.shape[0])]
    return CountTable(tuple(names), tuple("xyz"[: counts.shape[1]]), counts)


def test_people_are_counted_by_row_and_column_in_the_order_asked_for():
    rows, columns = pd.Series(["b", "a", "b"]), pd.Series(["x", "x", "y"])
    counted = CountTable.cross(
        rows, columns, row_order=["a", "b", "c"], column_order=["y", "x"]
    )
    assert counted.counts.tolist() == [[0, 1], [1, 1], [0, 0]]


def test_large_counts_and_empty_ones_are_shown_with_their_sums():
    shown = table([20, 10], [0, 30]).hide_small()
    assert shown.cells == ((20, 10), (0, 30))
    assert (shown.row_totals, shown.column_totals) == ((30, 30), (20, 40))
    assert (shown.total, shown.find(None, "y"), shown.find_size("a")) == (60, 40, 30)


def test_a_small_count_is_hidden_and_does_not_follow_from_the_sums():
    shown = table([20, 3, 9], [30, 12, 8], [25, 9, 9]).hide_small()
    cells = np.array(shown.cells, dtype=object)
    assert cells[0, 1] == HIDDEN
    hidden = cells == HIDDEN
    # Neither its row nor its column leaves it alone.
    assert (hidden.sum(axis=0)[hidden.any(axis=0)] > 1).all()
    assert (hidden.sum(axis=1)[hidden.any(axis=1)] > 1).all()


def test_a_small_team_is_hidden_whole_and_so_is_another():
    shown = table([2, 1], [30, 20], [40, 10]).hide_small()
    assert shown.find_size("a") == HIDDEN
    assert shown.cells[0] == (HIDDEN, HIDDEN)
    assert shown.row_totals.count(HIDDEN) == 2


def test_fewer_than_five_in_all_are_hidden_altogether():
    shown = table([2, 0], [0, 2]).hide_small()
    assert shown.total == HIDDEN
    assert shown.find("a", "x") == HIDDEN
    assert shown.find("a", "y") == 0


def test_a_share_is_told_only_of_counts_that_are_shown():
    assert compute_share(121, 24) == 121 / 145
    assert compute_share(HIDDEN, 24) is None
    assert compute_share(24, HIDDEN) is None
    assert compute_share(0, 0) is None


def test_as_json_it_is_counts_by_row_and_of_all():
    shown = table([20, 0], [30, 2]).hide_small().to_json()
    assert shown["all"]["of"] == 52
    assert shown["rows"]["a"]["y"] == 0
    assert shown["rows"]["b"]["y"] == HIDDEN


def list_counts(counts, shown):
    """Yield the cells of every count, and what is shown of it."""
    n_rows, n_columns = counts.shape
    for row in range(n_rows):
        for column in range(n_columns):
            yield (row, column), shown.cells[row][column]
        yield (row, slice(None)), shown.row_totals[row]
    for column in range(n_columns):
        yield (slice(None), column), shown.column_totals[column]
    yield (slice(None), slice(None)), shown.total


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(12))
def test_no_small_count_or_sum_can_be_worked_out_from_what_is_shown(seed):
    """The ends of what fits are linear programmes: four values fit, as 1 to 4 do."""
    random = np.random.default_rng(seed)
    sizes = random.integers(2, 5, 2)
    counts = random.choice([0, 0, 1, 2, 3, 4, 6, 9, 15, 30, 60], size=sizes)
    shown = table(*counts.tolist()).hide_small()
    told, secret = [], []
    for place, said in list_counts(counts, shown):
        of = np.zeros(counts.shape)
        of[place] = 1
        size = counts[place].sum()
        if said != HIDDEN:
            assert said == size
            told.append((of.ravel(), size))
        elif size < 5:
            secret.append(of.ravel())
    known = {}
    if told:
        known = {"A_eq": [of for of, _ in told], "b_eq": [size for _, size in told]}
    for of in secret:
        low, high = linprog(of, **known), linprog(-of, **known)
        width = (
            np.inf
            if high.status == 3
            else np.floor(-high.fun + 1e-6) - np.ceil(low.fun - 1e-6)
        )
        assert width >= 3
