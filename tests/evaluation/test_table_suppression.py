"""Tables of one column and two, with totals: no hidden count can be worked out."""

import numpy as np
import pandas as pd
import pytest

from riskscreen.evaluation.grouping import partition_by_column, partition_by_pair
from riskscreen.evaluation.table_suppression import suppress_tables
from tests.disclosed_counts import given_away, ranges_of_hidden, sparse_cases
from tests.draws import draws


def test_few_long_hide_the_outcome_and_few_flagged_the_flags():
    groups = pd.DataFrame({"a": ["x"] * 50 + ["y"] * 50 + ["z"] * 60})
    long = np.r_[np.ones(3), np.zeros(47), np.tile([0, 1], 55)]
    flagged = np.r_[np.zeros(50), np.ones(2), np.zeros(48), np.tile([0, 1], 30)]

    (masks,) = suppress_tables(partition_by_column(groups), long, [flagged])

    assert masks.group.tolist() == [False, False, False]
    assert masks.outcome.tolist() == [True, True, False]  # y goes with x
    # Nobody of x is flagged, so x leaves y's 2 too narrow a range: 0 to 2.
    assert masks.flags.tolist() == [False, True, True]
    assert masks.both.tolist() == [True, True, True]


@pytest.mark.slow
def test_sizes_and_outcomes_hide_the_same_whatever_is_flagged():
    groups, long, risk = sparse_cases(3)
    columns = partition_by_column(groups)
    every = [*columns, *partition_by_pair(columns)]

    without = suppress_tables(every, long)
    with_flags = suppress_tables(every, long, [risk > 0.8, risk < 0.1])

    for one, other in zip(without, with_flags, strict=True):
        assert one.group.tolist() == other.group.tolist()
        assert one.outcome.tolist() == other.outcome.tolist()


def test_where_no_closed_path_protects_a_cell_its_totals_are_hidden():
    """(a, x) 3, (a, y) 400, (b, x) 300, (b, y) none: x less b would be the 3."""
    groups = pd.DataFrame(
        {
            "origin": ["a"] * 403 + ["b"] * 300,
            "band": ["x"] * 3 + ["y"] * 400 + ["x"] * 300,
        }
    )
    columns = partition_by_column(groups)
    every = [*columns, *partition_by_pair(columns)]

    masks = suppress_tables(every, (np.arange(703) % 2).astype(float))

    hidden = {
        name
        for partition, mask in zip(every, masks, strict=True)
        for name, hide in zip(partition.names, mask.group, strict=True)
        if hide
    }
    assert hidden == {("a",), ("b",), ("a", "x"), ("b", "x")}


def test_a_column_within_another_hides_its_few_beside_a_part_of_the_same_whole():
    """Town n1 (3 people) with n2, not with the smaller s1: the north's sum is shown."""
    town = np.repeat(["n1", "n2", "n3", "s1", "s2"], [3, 90, 200, 20, 300])
    groups = pd.DataFrame({"region": [t[0] for t in town], "town": town})
    columns = partition_by_column(groups)

    masks = suppress_tables(
        [*columns, *partition_by_pair(columns)],
        (np.arange(len(town)) % 2).astype(float),
    )

    assert masks[0].group.tolist() == [False, False]
    assert masks[1].group.tolist() == [True, True, False, False, False]


def test_the_oracle_sees_what_a_naive_table_gives_away():
    def row(by, values, n, rate):
        estimates = {"base_rate": {"value": rate}}
        return {"by": by, "values": values, "n": n, "estimates": estimates}

    rows = [
        row(["a"], ["x"], 40, 0.5),
        row(["a"], ["y"], 50, 0.5),
        row(["a"], ["z"], None, None),
    ]

    found = {
        what: ends
        for *_, what, low, high in ranges_of_hidden(rows, 93, 47)
        for ends in [(low, high)]
    }

    assert found == {"n": (3, 3), "long": (2, 2)}


@pytest.mark.slow
@pytest.mark.parametrize("columns", [2, pytest.param(3, marks=pytest.mark.thorough)])
def test_no_hidden_count_of_sparse_tables_is_worked_out(columns):
    """benchmarks/hidden_counts.py does the same on a thousand tables."""
    hidden, tables = 0, draws(20 if columns == 2 else 5)
    for seed in range(tables):
        n, told = given_away(*sparse_cases(seed, columns))
        hidden += n
        assert told == []
    assert hidden > 8 * tables


def test_one_person_more_or_another_outcome_is_another_table():
    """What was found for the same cases is kept: for these, and for no others."""
    groups = pd.DataFrame({"a": ["x"] * 5 + ["y"] * 50 + ["z"] * 60})
    long = np.r_[np.tile([0, 1], 57), 0].astype(float)

    def hidden(groups, long):
        (masks,) = suppress_tables(partition_by_column(groups), long)
        return masks.group.tolist(), masks.outcome.tolist()

    before = hidden(groups, long)
    one_less = hidden(groups[1:], long[1:])
    all_long = hidden(groups, np.r_[np.ones(5), long[5:]])

    assert before == ([False] * 3, [True, True, False])
    assert one_less == ([True, True, False], [True, True, False])
    assert all_long == ([False] * 3, [False] * 3)
    assert hidden(groups, long) == before
