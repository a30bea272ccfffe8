import datetime as dt
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskscreen.validation.parsing import (
    describe_unread_dates,
    is_far_future,
    read_categories,
    read_dates,
    read_flags,
    read_numbers,
    read_texts,
)
from tests.draws import draws


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
        "1-1-24",
        "16-DEC-24",
        "45642",
        "16122024",
        "2024-12",
        "-infinity",
        "i går",
        "0001-01-01",
        "9999-12-31",
    ],
)
def test_what_is_no_day_that_exists_is_wrong_and_missing(cell):
    cells = read_dates(texts(cell, "2024-01-01"))
    assert cells.wrong.tolist() == [True, False]
    assert pd.isna(cells.values[0])
    assert not cells.find_missing().any()


@pytest.mark.parametrize("blank", ["", "  ", ".", "NA", "NULL", "nan", None])
def test_what_means_not_filled_in_is_missing_and_not_wrong(blank):
    for read in (read_dates, read_numbers, read_flags, read_texts):
        cells = read(texts(blank, blank))
        assert cells.find_missing().all()
        assert not cells.wrong.any()


def test_typed_dates_lose_their_time_of_day_and_zone():
    typed = pd.Series(pd.to_datetime(["2024-02-03 23:59"]))
    assert read_dates(typed).values.tolist() == [pd.Timestamp("2024-02-03")]
    as_objects = pd.Series([dt.date(2024, 2, 3), None], dtype=object)
    assert read_dates(as_objects).values[0] == pd.Timestamp("2024-02-03")


DAY = pd.Timestamp("2024-12-16")


@pytest.mark.parametrize(
    "cell",
    [
        "2024-12-15T23:00:00Z",
        "2024-12-15 23:00:00+00",
        "2024-12-16T00:00:00+01:00",
        "2024-12-16 00:00:00.0000000 +01:00",
        "2024-12-15T18:00:00-0500",
        "2024-12-16T00:00:00+01:00[Europe/Copenhagen]",
        "20241216",
        "20241216.0",
        "20241216000000",
        "2024/12/16",
        "16DEC2024",
        "16DEC2024:00:00:00.000",
        "16-dec-2024",
        "16. december 2024",
        "16-12-2024 00:00",
        "15-12-2024 11:00:00 PM +00:00",
        "16/12/2024 12:00:00 AM +01:00",
        "2024-12-16 22:00:00",
        "2024-12-16 23:00:01",
    ],
)
def test_every_form_with_one_meaning_is_read_as_the_day_it_was_in_denmark(cell):
    cells = read_dates(texts(cell))
    assert cells.values.tolist() == [DAY]
    assert not cells.wrong.any()


@pytest.mark.parametrize(
    "cell",
    [
        "2024-12-15 23:00",
        "2024-07-15T22:00:00.000",
        "20241215230000",
        "15/12/2024 11 PM",
    ],
)
def test_a_danish_midnight_in_utc_without_its_zone_is_no_day(cell):
    for column in (texts(cell), pd.Series([cell], dtype=object)):
        assert read_dates(column).wrong.all()
        assert "in UTC" in describe_unread_dates(column)


@pytest.mark.parametrize("kind", ["datetime64[ns]", "timestamp[us][pyarrow]", object])
def test_so_it_is_in_a_column_of_moments(kind):
    cells = ["2024-12-15 23:00", "2024-07-15 22:00", "2024-12-16", "2024-07-15 23:00"]
    column = pd.Series(pd.to_datetime(cells, format="ISO8601")).astype(kind)
    assert read_dates(column).wrong.tolist() == [True, True, False, False]
    assert "in UTC" in describe_unread_dates(column)
    zoned = pd.to_datetime(column).dt.tz_localize("UTC")
    assert read_dates(zoned).values.dt.day.tolist() == [16, 16, 16, 16]


def test_months_are_words_in_danish_and_english():
    months = texts("01MAJ2024", "01may2024", "01OKT2024", "1 oct 2024", "1. marts 2024")
    assert read_dates(months).values.dt.month.tolist() == [5, 5, 10, 10, 3]
    assert read_dates(texts("01FOO2024")).wrong.all()


@pytest.mark.parametrize(
    "column",
    [
        pd.Series([DAY.date(), None], dtype="date32[pyarrow]"),
        pd.Series([DAY.date(), None], dtype="date64[pyarrow]"),
        pd.Series([DAY, None], dtype="timestamp[ns][pyarrow]"),
        pd.Series([DAY, None]).dt.tz_localize("Europe/Copenhagen"),
        pd.Series([DAY, None]).dt.tz_localize("Europe/Copenhagen").dt.tz_convert("UTC"),
        pd.Series([DAY - pd.Timedelta(hours=1), None]).astype(
            "timestamp[us, tz=UTC][pyarrow]"
        ),
        pd.Series([DAY.date(), None], dtype=object),
        pd.Series([DAY.to_pydatetime(), None], dtype=object),
        pd.Series([np.datetime64("2024-12-16"), None], dtype=object),
        pd.Series([dt.datetime(2024, 12, 15, 23, tzinfo=dt.UTC), None], dtype=object),
        pd.Series([DAY, None]).dt.to_period("D"),
        pd.Series([DAY, None], dtype="category"),
        pd.Series(["2024-12-16", None], dtype="category"),
        pd.Series([20241216, None], dtype="Int64"),
        pd.Series([20241216.0, None]),
        pd.Series([20241216, None], dtype=object),
        pd.Series(["2024-12-16", None], dtype="string[pyarrow]"),
    ],
    ids=lambda column: str(column.dtype),
)
def test_a_column_of_any_type_of_dates_is_read_alike(column):
    cells = read_dates(column)
    assert cells.values[0] == DAY
    assert cells.find_missing().tolist() == [False, True]
    assert str(cells.values.dtype) == "datetime64[us]"
    assert not is_far_future(column).any()
    assert describe_unread_dates(column) == ""


@pytest.mark.parametrize(
    "nothing",
    ["1900-01-01", "30-12-1899", "1899-12-31T00:00:00", "19000101", "0000-00-00"],
)
def test_what_programs_write_for_no_date_is_missing_and_not_wrong(nothing):
    cells = read_dates(texts(nothing, "1900-01-02"))
    assert cells.find_missing().tolist() == [True, False]
    assert not cells.wrong.any()
    typed = pd.Series(np.array(["1900-01-01", "1899-12-30"], "datetime64[us]"))
    assert read_dates(typed).find_missing().all()
    assert read_dates(pd.Series([19000101])).find_missing().all()


@pytest.mark.parametrize(
    ("cells", "look"),
    [
        (["45642", "45643"], "Excel day numbers"),
        (["23726"], "SAS day numbers"),
        (["16-12-24", "16DEC24"], "years of two digits"),
        (["12/16/2024", "12/31/2024"], "month before day"),
        (["1734303600"], "seconds counted from 1970"),
        (["16122024"], "do not begin with the year"),
        (["2024-12"], "months without a day"),
        (["2024-W51"], "weeks"),
        (["10:15"], "times of day"),
        (["31-02-2024"], "days that do not exist"),
        (["i går", "45642", "16-12-24"], "several forms"),
    ],
)
def test_what_unread_dates_look_like_is_told_without_quoting_one(cells, look):
    told = describe_unread_dates(texts(*cells, "2024-12-16", None))
    assert look in told
    assert not any(cell in told for cell in cells)


def test_typed_numbers_that_are_no_dates_are_described_too():
    assert "Excel" in describe_unread_dates(pd.Series([45642, 45643]))
    assert read_dates(pd.Series([45642, 1])).wrong.all()


def test_a_year_far_ahead_means_no_end_yet():
    cells = texts(
        "9999-12-31", "31-12-9999", "2999-01-01 00:00:00", "2024-01-01", "x", ""
    )
    assert is_far_future(cells).tolist() == [True, True, True, False, False, False]
    more = texts("infinity", "99991231", "31DEC9999", "9999-12-31T23:59:59Z", "x")
    assert is_far_future(more).tolist() == [True, True, True, True, False]
    assert not is_far_future(texts("-infinity")).any()
    assert is_far_future(pd.Series([99991231, 20240101])).tolist() == [True, False]
    zoned = pd.Series(np.array(["9999-12-31T23:30"], "datetime64[us]"))
    assert is_far_future(zoned.dt.tz_localize("UTC")).all()
    arrow = pd.Series([dt.date(9999, 12, 31)], dtype="date32[pyarrow]")
    assert is_far_future(arrow).all()
    typed = pd.Series(np.array(["9999-12-31", "2024-01-01"], "datetime64[us]"))
    assert is_far_future(typed).tolist() == [True, False]


def test_numbers_are_read_with_decimal_comma_and_point():
    cells = read_numbers(
        texts("1.234,5", "12,5", "12.5", "-3", "+4", "1e3", "1.234", ",5")
    )
    assert cells.values.tolist() == [1234.5, 12.5, 12.5, -3, 4, 1000, 1.234, 0.5]


def test_marks_that_can_only_part_thousands_are_read():
    cells = read_numbers(
        texts("1 250", "1\u00a0250,5", "1'250", "1,234.5", "1.234.567", "5-", "\u22125")
    )
    assert cells.values.tolist() == [1250, 1250.5, 1250, 1234.5, 1234567, -5, -5]


@pytest.mark.parametrize(
    "cell",
    [
        "12 km",
        "12 %",
        "Infinity",
        "12 34",
        "1,2,3",
        "1.2.3",
        "inf",
        "0x1F",
        "1_000",
        "--1",
        "e5",
    ],
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
    assert read_flags(
        pd.Series([True, None], dtype="boolean")
    ).find_missing().tolist() == [
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


@pytest.mark.parametrize("day", ["12024-05-06", "-0005-01-02"])
def test_a_moment_of_a_year_that_calendars_lack_is_a_wrong_category(day):
    moments = pd.Series(np.array([day], dtype="datetime64[s]")).astype(object)
    cells = read_categories(moments, allowed=("a",))
    assert cells.wrong.tolist() == [True]


def test_whole_numbers_stay_whole_whatever_holds_them():
    big = 2**53 + 1
    for held in (
        pd.Series([big, None], dtype=object),
        pd.Series([big, None], dtype="Int64"),
        pd.Series([big, None], dtype="int64[pyarrow]"),
        pd.Series(pd.Categorical.from_codes([0, -1], [big])),
        pd.Series([Decimal(f"{big}.0000000000"), None], dtype=object),
    ):
        assert read_texts(held).values.fillna("-").tolist() == [str(big), "-"]
    assert read_texts(pd.Series([Decimal("12.50")])).values.tolist() == ["12.5"]


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


@pytest.mark.slow
@settings(max_examples=draws(40))
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


def without_groups(cell, mark, other):
    """*cell* without marks that can only part thousands: two of them, or decimals."""
    whole, _, decimals = cell.partition(other)
    first, *groups = whole.lstrip("+-").split(mark) if whole[:2] not in "+-" else [""]
    if len(whole) - len(whole.lstrip("+-")) > 1 or not first.isdigit():
        return cell
    if not groups or not all(len(g) == 3 and g.isdigit() for g in groups):
        return cell
    with_decimals = other in cell and decimals.isdigit()
    many = other not in cell and len(groups) > 1 and first[0] != "0"
    if len(first) > 3 or not (with_decimals or many):
        return cell
    return whole.replace(mark, "") + ("." + decimals if with_decimals else "")


def plain_number(cell):
    """The same reading, cell by cell: too slow to use, too plain to be wrong."""
    cell = cell.strip()
    if not cell or set(cell) - set("0123456789.,-+eE"):
        return None
    if cell[0].isdigit() and cell.endswith("-") and not set(cell[:-1]) & set("-+eE"):
        cell = "-" + cell[:-1]
    for mark, other in ((".", ","), (",", ".")):
        cell = without_groups(cell, mark, other)
    cell = cell.replace(",", ".")
    if cell.endswith(".") or ".e" in cell.lower():
        return None
    try:
        return float(cell)
    except ValueError:
        return None


@pytest.mark.slow
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


def test_the_last_midnight_that_there_is_costs_its_row_alone():
    read = read_dates(texts("31-12-9999 24:00", "2024-12-16"))
    assert read.wrong.tolist() == [True, False]
