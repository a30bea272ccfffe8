"""Groups and pairs of groups."""

import numpy as np
import pandas as pd

from riskscreen.evaluation.grouping import (
    build_membership,
    partition_by_column,
    partition_by_pair,
)

GROUPS = pd.DataFrame({"sex": ["f", "m", "f", None], "town": ["n", "n", "s", "s"]})


def test_groups_are_the_values_with_the_missing_as_one():
    sex, town = partition_by_column(GROUPS)

    assert sex.names == [("f",), ("m",), ("not known",)]
    assert sex.sums(np.array([1.0, 2, 4, 8])).tolist() == [5, 2, 8]
    assert town.by == ("town",)


def test_a_pair_is_a_whole_table_with_its_empty_cells():
    (pair,) = partition_by_pair(partition_by_column(GROUPS))

    table = dict(zip(pair.names, pair.sums(np.ones(4)), strict=True))
    assert pair.grid == (3, 2)
    assert table["f", "n"] == table["f", "s"] == table["not known", "s"] == 1
    assert table["m", "s"] == table["not known", "n"] == 0


def test_membership_sums_all_partitions_at_once():
    columns = partition_by_column(GROUPS)
    weights = np.array([[1.0, 2, 4, 8]])

    found = weights @ build_membership([*columns, *partition_by_pair(columns)])

    expected = [p.sums(weights[0]) for p in [*columns, *partition_by_pair(columns)]]
    assert found[0].tolist() == np.concatenate(expected).tolist()
