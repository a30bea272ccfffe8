"""A table's columns as arrays: a frame's, or of plain rows as pandas has them."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from riskscreen.array_tables import take_cells
from riskscreen.errors import TableError
from riskscreen.validation.delivered import LINE, DeliveredColumns, take_columns

CELLS = {
    "truths": [True, False],
    "truths and nothing": [True, None],
    "whole numbers": [1, -2],
    "whole numbers and nothing": [1, None],
    "whole numbers of many digits": [2**53 + 1, 2**64],
    "numbers": [1.5, float("nan")],
    "numbers of two kinds": [1, 2.5],
    "numbers and nothing": [1.5, None],
    "texts": ["a", "æ"],
    "texts and nothing": ["a", None],
    "texts and numbers": ["a", 1],
    "nothing": [None, None],
    "days": [dt.date(2024, 1, 1), None],
    "moments": [pd.Timestamp("2024-01-01 10:00"), None],
    "numbers of numpy": [np.float64(1.5), np.int64(2)],
}


@pytest.mark.parametrize("kind", CELLS)
def test_plain_rows_make_the_arrays_that_pandas_makes_of_them(kind):
    rows = [{"a": cell, "other": 1} for cell in CELLS[kind]]
    made = DeliveredColumns.of_rows(rows, names=())
    expected = take_cells(pd.DataFrame(rows)["a"])
    assert made.headings == ("a", "other")
    assert made["a"].dtype == expected.dtype
    pd.testing.assert_series_equal(pd.Series(made["a"]), pd.Series(expected))


def test_a_name_that_a_row_lacks_is_missing_there_and_without_rows_names_stay():
    made = DeliveredColumns.of_rows([{"a": "x"}, {"b": 1.5}], names=("c",))
    assert made.headings == ("a", "b")
    assert pd.isna(made["a"]).tolist() == [False, True]
    assert pd.isna(made["b"]).tolist() == [True, False]
    none = DeliveredColumns.of_rows([], names=("a", "b"))
    assert none.headings == ("a", "b")
    assert len(none) == 0
    assert none["b"].tolist() == []


def test_the_lines_of_a_reader_are_kept_and_every_other_index_is_let_go():
    read = pd.DataFrame({"a": [1, 2]}, index=pd.Index([3, 7], name=LINE))
    assert DeliveredColumns.of_frame(read).number_lines().tolist() == [3, 7]
    other = read.rename_axis(index="a")
    assert DeliveredColumns.of_frame(other).number_lines().tolist() == [2, 3]


def test_of_a_heading_that_stands_twice_both_columns_are_there_and_the_first_found():
    twice = DeliveredColumns.of_frame(pd.DataFrame([[1, 2]], columns=["a", "a"]))
    assert [(name, cells.tolist()) for name, cells in twice.items()] == [
        ("a", [1]),
        ("a", [2]),
    ]
    assert twice["a"].tolist() == [1]
    assert twice.assign({"b": np.array([3])})["b"].tolist() == [3]


def test_the_cells_of_a_column_that_is_not_there_are_nothing_throughout():
    made = DeliveredColumns.of_rows([{"a": "x"}, {"a": "y"}], names=())
    assert made.list_cells("a") == ["x", "y"]
    assert made.list_cells("b") == [None, None]


def test_columns_are_taken_of_a_frame_or_as_they_are_and_of_nothing_else():
    made = DeliveredColumns.of_rows([{"a": "x"}], names=())
    assert take_columns(made, file="cases") is made
    assert take_columns(pd.DataFrame({"a": ["x"]}), file="cases")["a"].tolist() == ["x"]
    with pytest.raises(TableError, match=r"^cases: not a table"):
        take_columns([{"a": "x"}], file="cases")
