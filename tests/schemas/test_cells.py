import datetime as dt

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskscreen.schemas.cells import (
    never_ends,
    read_categories,
    read_dates,
    read_flags,
    read_numbers,
    read_texts,
)


def texts(*cells):
    return pd.Series(cells, dtype="str")


def test_a_day_is_read_in_danish_and_in_iso_and_the_day_comes_before_the_month():
    cells = read_dates(
        texts(
            "2024-02-03", "03-02-2024", "3.2.2024", "03/02/2024", " 2024-02-03 10:15:00"
        )
    )
    assert cells.values.tolist() == [pd.Timestamp("2024-02-03")] * 5
    assert not cells.wrong.any()


@pytest.mark.parametrize(
    "cell",
    [
        "31-02-2024",
        "2024-13-01",
        "20240203",
        "1-1-24",
        "i går",
        "0001-01-01",
        "9999-12-31",
    ],
)
def test_what_is_no_day_that_exists_is_wrong_and_missing(cell):
    cells = read_dates(texts(cell, "2024-01-01"))
    assert cells.wrong.tolist() == [True, False]
    assert pd.isna(cells.values[0])
    assert not cells.missing().any()


@pytest.mark.parametrize("blank", ["", "  ", ".", "NA", "NULL", "nan", None])
def test_what_means_not_filled_in_is_missing_and_not_wrong(blank):
    for read in (read_dates, read_numbers, read_flags, read_texts):
        cells = read(texts(blank, blank))
        assert cells.missing().all()
        assert not cells.wrong.any()


def test_typed_dates_lose_their_time_of_day_and_zone():
    typed = pd.Series(pd.to_datetime(["2024-02-03 23:59"], utc=True))
    assert read_dates(typed).values.tolist() == [pd.Timestamp("2024-02-03")]
    as_objects = pd.Series([dt.date(2024, 2, 3), None], dtype=object)
    assert read_dates(as_objects).values[0] == pd.Timestamp("2024-02-03")
    assert read_dates(pd.Series([20240203])).wrong.all()


def test_a_year_far_ahead_means_no_end_yet():
    cells = texts(
        "9999-12-31", "31-12-9999", "2999-01-01 00:00:00", "2024-01-01", "x", ""
    )
    assert never_ends(cells).tolist() == [True, True, True, False, False, False]
    typed = pd.Series(np.array(["9999-12-31", "2024-01-01"], "datetime64[us]"))
    assert never_ends(typed).tolist() == [True, False]


def test_numbers_are_read_with_decimal_comma_and_point():
    cells = read_numbers(
        texts("1.234,5", "12,5", "12.5", "-3", "+4", "1e3", "1.234", ",5")
    )
    assert cells.values.tolist() == [1234.5, 12.5, 12.5, -3, 4, 1000, 1.234, 0.5]


@pytest.mark.parametrize(
    "cell", ["12 km", "1,2,3", "1.2.3", "inf", "0x1F", "1_000", "--1", "e5"]
)
def test_what_is_no_number_is_wrong(cell):
    assert read_numbers(texts(cell)).wrong.tolist() == [True]


def test_infinite_numbers_are_wrong():
    assert read_numbers(pd.Series([np.inf, np.nan, 1.0])).wrong.tolist() == [
        True,
        False,
        False,
    ]
    assert read_numbers(texts("1e999")).wrong.tolist() == [True]


def test_flags_are_read_in_danish_english_and_figures():
    yes = read_flags(texts("ja", "J", "TRUE", "1", "yes", "Sand", "1.0"))
    no = read_flags(texts("nej", "N", "false", "0", "no", "falsk", "0.0"))
    assert yes.values.tolist() == [1.0] * 7
    assert no.values.tolist() == [0.0] * 7
    assert read_flags(texts("måske", "2")).wrong.all()
    assert read_flags(pd.Series([True, False])).values.tolist() == [1.0, 0.0]
    assert read_flags(pd.Series([1, 0, 2])).wrong.tolist() == [False, False, True]
    assert read_flags(pd.Series([True, None], dtype="boolean")).missing().tolist() == [
        False,
        True,
    ]


def test_categories_are_exactly_one_of_the_allowed_values():
    cells = read_categories(texts(" a", "b", "A", "", "NA"), allowed=("a", "b", "NA"))
    assert cells.values.fillna("-").tolist() == ["a", "b", "-", "-", "NA"]
    assert cells.wrong.tolist() == [False, False, True, False, False]
    whole = read_categories(pd.Series([1.0, 2.0, np.nan]), allowed=("1", "2"))
    assert whole.values.fillna("-").tolist() == ["1", "2", "-"]
    held = pd.Series(["a", "b"], dtype="category")
    assert read_categories(held, allowed=("a",)).wrong.tolist() == [False, True]


def test_codes_from_a_number_column_have_no_decimals():
    assert read_texts(pd.Series([890.0, 651.0])).values.tolist() == ["890", "651"]
    assert read_texts(pd.Series([890, 651])).values.tolist() == ["890", "651"]


CELLS = st.one_of(
    st.text(alphabet="0123456789.,-/+eE janeJNtrue", max_size=12),
    st.dates().map(str),
    st.floats().map(str),
    st.sampled_from(["", "ja", "NA", "1.234,5", "31-02-2024", "9999-12-31"]),
)
READERS = [
    read_dates,
    read_numbers,
    read_flags,
    read_texts,
    lambda column: read_categories(column, allowed=("ja", "1", "NA")),
]


@settings(max_examples=40)
@given(st.lists(CELLS, min_size=1, max_size=12))
def test_a_cell_reads_the_same_alone_and_among_others(cells):
    for read in READERS:
        together = read(texts(*cells))
        for place, cell in enumerate(cells):
            alone = read(texts(cell))
            assert alone.wrong[0] == together.wrong[place]
            pd.testing.assert_series_equal(
                alone.values, together.values[[place]].reset_index(drop=True)
            )


def plain_number(cell):
    """The same reading, cell by cell: too slow to use, too plain to be wrong."""
    cell = cell.strip()
    if not cell or set(cell) - set("0123456789.,-+eE"):
        return None
    if "," in cell and "." in cell.split(",")[0]:
        whole, _, decimals = cell.partition(",")
        parts = whole.lstrip("+-").split(".")
        if not all(len(p) == 3 for p in parts[1:]) or not 1 <= len(parts[0]) <= 3:
            return None
        if not decimals.isdigit():
            return None
        cell = whole.replace(".", "") + "." + decimals
    cell = cell.replace(",", ".")
    if cell.endswith(".") or ".e" in cell.lower():
        return None
    try:
        return float(cell)
    except ValueError:
        return None


@given(
    st.lists(st.text(alphabet="0123456789.,-+e", max_size=9), min_size=1, max_size=30)
)
def test_the_fast_reader_of_numbers_agrees_with_a_plain_one(cells):
    cells = [cell for cell in cells if cell not in (".", "")] or ["1"]
    found = read_numbers(texts(*cells))
    for place, cell in enumerate(cells):
        expected = plain_number(cell)
        if expected is None or np.isinf(expected):
            assert found.wrong[place], cell
        else:
            assert found.values[place] == expected, cell
