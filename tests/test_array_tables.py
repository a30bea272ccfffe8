"""Tables as arrays: what reads one reads a frame alike."""

import numpy as np
import pandas as pd
import pytest

from riskscreen.array_tables import ArrayTable, mark_missing, take_cells, take_rows

FRAME = pd.DataFrame(
    {
        "name": pd.Series(["a", None, "c"], dtype="str"),
        "day": pd.to_datetime(["2024-01-01", "2024-01-02", None]).astype("M8[us]"),
        "value": [1.0, np.nan, 3.0],
    },
    index=[7, 8, 9],
)


def test_a_frame_comes_back_numbered_anew():
    table = ArrayTable.of_frame(FRAME)
    assert len(table) == 3
    assert "day" in table
    assert "index" not in table
    pd.testing.assert_frame_equal(table.to_frame(), FRAME.reset_index(drop=True))


def test_rows_are_taken_by_mask_and_by_place_as_of_a_frame():
    expected = FRAME.iloc[[0, 2]].reset_index(drop=True)
    mask, table = np.array([True, False, True]), ArrayTable.of_frame(FRAME)
    by_place = table.take(np.array([0, 2])).to_frame()
    pd.testing.assert_frame_equal(by_place, expected)
    pd.testing.assert_frame_equal(take_rows(table, mask).to_frame(), expected)
    pd.testing.assert_frame_equal(take_rows(FRAME, mask), expected)


def test_of_all_rows_the_table_itself_is_taken():
    table, everybody = ArrayTable.of_frame(FRAME), np.ones(3, dtype=bool)
    assert take_rows(table, everybody) is table
    assert take_rows(FRAME, everybody) is FRAME


@pytest.mark.parametrize("name", FRAME.columns)
def test_what_is_missing_is_missing_in_a_column_and_in_its_array(name):
    expected = FRAME[name].isna().tolist()
    assert mark_missing(FRAME[name]).tolist() == expected
    assert mark_missing(take_cells(FRAME[name])).tolist() == expected


def test_what_is_put_aside_with_arrow_comes_back_with_its_kinds():
    table = ArrayTable.of_frame(FRAME.assign(sound=[True, False, True]))
    back = ArrayTable.of_arrow(table.to_arrow())
    pd.testing.assert_frame_equal(back.to_frame(), table.to_frame())
    assert back["name"].equals(table["name"])
