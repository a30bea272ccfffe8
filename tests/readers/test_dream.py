from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskscreen.errors import FileError
from riskscreen.readers import read_history, read_history_parts
from riskscreen.readers.dream import (
    NO_WEEK,
    SAME_AGAIN,
    SECOND_CODE,
    find_week_columns,
    open_ends,
    read_long_weeks,
    read_months,
    read_wide_weeks,
    to_dream_wide,
)
from riskscreen.timeline import format_week_label, parse_week_label
from riskscreen.validation.checking import MISSING
from tests.draws import draws
from tests.ten_citizens import mondays

FIRST = date(2015, 11, 30)  # the weeks 1549 to 1604: over the 53rd of 2015
WEEKS = mondays(FIRST, date(2016, 1, 27))
LABELS = [f"y_{format_week_label(week)}" for week in WEEKS]


def wide(*rows):
    """Rows of (person, codes of nine weeks parted by blanks, - = none)."""
    cells = [
        [who, *("" if c == "-" else c for c in codes.split())] for who, codes in rows
    ]
    return pd.DataFrame(cells, columns=["person_id", *LABELS], dtype="str")


def wide_weeks(table):
    """The weeks of a whole register in wide form: spells at its end are open."""
    weeks = read_wide_weeks(table)
    return replace(weeks, spells=open_ends(weeks.spells, weeks.last))


def long_weeks(table):
    """The same of the long form."""
    weeks = read_long_weeks(table)
    return replace(weeks, spells=open_ends(weeks.spells, weeks.last))


def days(spells):
    return [
        (
            r.person_id,
            r.code,
            str(r.start_date.date()),
            None if pd.isna(r.end_date) else str(r.end_date.date()),
        )
        for r in spells.itertuples()
    ]


def test_the_weeks_here_run_over_week_53():
    assert LABELS[3:6] == ["y_1552", "y_1553", "y_1601"]


def test_neighbouring_weeks_of_one_code_are_one_spell_and_another_code_splits():
    found = wide_weeks(wide(("ada", "- 890 890 890 890 740 740 - -")))
    assert days(found.spells) == [
        ("ada", "890", "2015-12-07", "2016-01-04"),
        ("ada", "740", "2016-01-04", "2016-01-18"),
    ]


def test_a_spell_in_the_last_week_is_open_and_one_in_the_first_starts_there():
    found = wide_weeks(
        wide(("ada", "890 - - - - - - - 890"), ("bo", "7 7 7 7 7 7 7 7 7"))
    )
    assert days(found.spells) == [
        ("ada", "890", "2015-11-30", "2015-12-07"),
        ("ada", "890", "2016-01-25", None),
        ("bo", "7", "2015-11-30", None),
    ]


def test_a_persons_last_week_does_not_run_into_the_next_persons_first():
    found = wide_weeks(wide(("ada", "- - - - - - - - 8"), ("bo", "8 - - - - - - - -")))
    assert days(found.spells) == [
        ("ada", "8", "2016-01-25", None),
        ("bo", "8", "2015-11-30", "2015-12-07"),
    ]


def test_columns_may_stand_in_any_order_among_others():
    table = wide(("ada", "- 890 890 890 890 740 740 - -"), ("bo", "1 - 1 - 1 - 1 - 1"))
    shuffled = table[[*reversed(LABELS), "person_id"]].assign(
        koen="1", grad_2015_12="1"
    )
    expected = days(wide_weeks(table).spells)
    assert days(wide_weeks(shuffled).spells) == expected


def test_numbers_blanks_and_sas_dots_are_read_as_codes_and_none():
    table = wide(("ada", "890 . NA 890.0 0890 - - - -"))
    numbers = wide(("ada", "- - - - - - - - -")).astype(
        dict.fromkeys(LABELS, "float64"), errors="ignore"
    )
    numbers[LABELS] = np.nan
    numbers["y_1549"] = 890.0
    assert days(wide_weeks(table).spells) == [
        ("ada", "890", "2015-11-30", "2015-12-07"),
        ("ada", "890", "2015-12-21", "2016-01-04"),
    ]
    assert days(wide_weeks(numbers).spells) == [
        ("ada", "890", "2015-11-30", "2015-12-07")
    ]


@pytest.mark.parametrize(
    ("names", "says"),
    [
        (["y_2101", "y_2153"], "does not exist"),
        (["y_2101", "y_2103"], "missing between y_2101 and y_2103"),
        (["y_2052", "y_2101"], "missing"),  # week 53 was left out
        (["y_2101", "Y_2101"], "two columns"),
    ],
)
def test_weeks_that_cannot_be_right_stop_the_file(names, says):
    with pytest.raises(FileError, match=says):
        find_week_columns(names)


def test_names_that_only_begin_like_weeks_are_not_weeks():
    assert find_week_columns(["y_2101x", "y_210", "branche_2008_01"]) == []


CODE = st.sampled_from(["", "890", "740", "121", "999"])
MATRIX = st.lists(
    st.lists(CODE, min_size=len(LABELS), max_size=len(LABELS)), min_size=1, max_size=6
)


@pytest.mark.slow
@settings(max_examples=draws(50))
@given(MATRIX)
def test_wide_to_spells_to_wide_loses_nothing(matrix):
    persons = [f"p{n}" for n in range(len(matrix))]
    table = pd.DataFrame(matrix, columns=LABELS, dtype="str")
    table.insert(0, "person_id", pd.Series(persons, dtype="str"))
    found = wide_weeks(table)
    back = to_dream_wide(found.spells, persons=persons, first=WEEKS[0], last=WEEKS[-1])
    pd.testing.assert_frame_equal(back, table)


@pytest.mark.slow
@settings(max_examples=draws(30))
@given(MATRIX, st.randoms())
def test_wide_and_long_rows_tell_the_same_spells(matrix, shuffler):
    table = pd.DataFrame(matrix, columns=LABELS, dtype="str")
    table.insert(0, "person_id", [f"p{n}" for n in range(len(matrix))])
    table.loc[0, LABELS[-1]] = "890"  # the long form ends with its last coded week
    rows = [
        (person, label, code)
        for person, *codes in table.itertuples(index=False)
        for label, code in zip(LABELS, codes, strict=True)
        if code
    ]
    shuffler.shuffle(rows)
    long = pd.DataFrame(rows, columns=["person_id", "week", "code"], dtype="str")
    assert sorted(days(long_weeks(long).spells), key=str) == sorted(
        days(wide_weeks(table).spells), key=str
    )


def test_a_ledger_of_days_codes_every_week_it_touches():
    spells = pd.DataFrame(
        {
            "person_id": ["ada", "ada", "bo"],
            "code": ["890", "740", "1"],
            "start_date": pd.to_datetime(["2015-12-02", "2015-12-13", "2010-01-01"]),
            "end_date": pd.to_datetime(["2015-12-08", "2015-12-15", "2011-01-01"]),
        }
    )
    back = to_dream_wide(spells, persons=["ada", "bo"], first=WEEKS[0], last=WEEKS[-1])
    assert back.loc[0, LABELS[:4]].tolist() == ["890", "740", "740", ""]
    assert (back.loc[1, LABELS] == "").all()


@pytest.mark.slow
@pytest.mark.parametrize(
    "dress", ["y_{yy}{ww}", "{yy}{ww}", "20{yy}-W{ww}", "20{yy}{ww}", "20{yy}W{ww}"]
)
def test_a_week_is_read_however_it_is_written(dress):
    table = pd.DataFrame(
        {"person_id": ["ada"] * 2, "code": ["890", "1"]}, dtype="str"
    ).assign(
        week=[dress.format(yy="15", ww="53"), dress.format(yy="16", ww="02")],
    )
    assert days(long_weeks(table).spells) == [
        ("ada", "890", "2015-12-28", "2016-01-04"),
        ("ada", "1", "2016-01-11", None),
    ]


def test_year_and_week_may_be_two_columns_of_numbers():
    table = pd.DataFrame(
        {
            "person_id": ["ada"] * 2,
            "code": [890, 890],
            "year": [2009, 2009],
            "week": [5, 6],
        }
    )
    assert days(long_weeks(table).spells) == [("ada", "890", "2009-01-26", None)]


def test_a_short_label_that_lost_its_zero_is_read():
    assert parse_week_label("0905") == date(2009, 1, 26)
    table = pd.DataFrame(
        {"person_id": ["a", "a"], "code": ["1", "2"], "week": [905, 907]}
    )
    assert days(long_weeks(table).spells)[0] == ("a", "1", "2009-01-26", "2009-02-02")


def test_long_rows_that_cannot_be_read_are_set_aside_by_line():
    table = pd.DataFrame(
        [
            ("ada", "1549", "890"),
            ("ada", "1549", "740"),  # a second code in the week
            ("bo", "1550", "1"),
            ("bo", "1550", "1"),  # the same again
            ("ada", "1454", "890"),  # 2014 had 52 weeks
            (None, "1551", "890"),
            ("bo", "1552", None),  # a week without a benefit, told as such
        ],
        columns=["person_id", "week", "code"],
    )
    found = long_weeks(table)
    assert found.broken == {
        7: f"person_id: {MISSING}",
        6: NO_WEEK,
        3: SECOND_CODE,
        5: SAME_AGAIN,
    }
    assert found.broken_persons == {"ada"}
    assert found.persons.tolist() == ["ada", "bo", "bo"]
    assert days(found.spells) == [
        ("ada", "890", "2015-11-30", "2015-12-07"),
        ("bo", "1", "2015-12-07", "2015-12-14"),
    ]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("year", "week"),
    [
        (2024, "01"),  # 1 January, or 30 December under its calendar year
        (2022, "52"),  # its last week, or 1 January
        (2020, "53"),
    ],
)
def test_a_citizen_whose_year_turns_in_one_week_twice_is_doubted(year, week):
    rows = [(who, year, week, "890") for who in ("ada", "ada", "bo")]
    twice = pd.DataFrame(rows, columns=["person_id", "year", "week", "code"])
    assert long_weeks(twice).broken_persons == {"ada"}
    within = twice.assign(week="20")
    assert long_weeks(within).broken_persons == set()


def test_monthly_columns_become_rows_of_their_own():
    table = pd.DataFrame(
        {
            "person_id": ["ada", "bo"],
            "branche_2008_01": ["851", ""],
            "branche_2008_02": ["", ""],
            "grad_2008_01": ["0.5", "1"],
            "y_0801": ["890", ""],
        }
    )
    months = read_months(table)
    assert months.columns.tolist() == ["person_id", "month", "branche", "grad"]
    assert [
        (r.person_id, str(r.month.date()), r.branche, r.grad)
        for r in months.fillna("none").itertuples()
    ] == [
        ("ada", "2008-01-01", "851", "0.5"),
        ("bo", "2008-01-01", "none", "1"),
    ]


# Where a register of weeks ends


def register(folder, *patterns, persons=100):
    """A wide file: the persons have *patterns* in turn; x = a code, - = none."""
    rows = ";".join(["person_id", *LABELS]) + "\n"
    for n in range(persons):
        cells = ["890" if c == "x" else "" for c in patterns[n % len(patterns)]]
        rows += ";".join([f"p{n:03d}", *cells]) + "\n"
    path = folder / "dream.csv"
    path.write_text(rows, "utf-8")
    return path


def long_form(folder, path):
    """The same file in long form, with a row for each week."""
    wide_table = pd.read_csv(path, sep=";", dtype="str")
    rows = wide_table.melt("person_id", var_name="week", value_name="code")
    rows.to_csv(folder / "long.csv", sep=";", index=False)
    return folder / "long.csv"


@pytest.mark.slow
@pytest.mark.parametrize("layout", ["wide", "long"])
def test_weeks_blank_for_everybody_at_the_end_were_not_delivered(tmp_path, layout):
    path = register(tmp_path, "xxxxxxx--", "xx----x--", "xxx------")
    read = read_history(path if layout == "wide" else long_form(tmp_path, path))
    assert read.ends == date(2016, 1, 18)
    assert read.last_day == date(2016, 1, 17)
    assert days(read.table[read.table["person_id"] == "p000"]) == [
        ("p000", "890", "2015-11-30", None)
    ]
    assert days(read.table[read.table["person_id"] == "p001"]) == [
        ("p001", "890", "2015-11-30", "2015-12-14"),
        ("p001", "890", "2016-01-11", None),
    ]
    assert days(read.table[read.table["person_id"] == "p002"]) == [
        ("p002", "890", "2015-11-30", "2015-12-21")
    ]
    told = "the last 2 weeks are blank for everybody"
    assert any(note.startswith(told) and "1602" in note for note in read.notes)


@pytest.mark.slow
@pytest.mark.parametrize("layout", ["wide", "long"])
def test_a_week_blank_for_everybody_in_the_middle_is_refused(tmp_path, layout):
    path = register(tmp_path, "--xx-xxxx", "--x--xx--")
    with pytest.raises(FileError, match=r"week 1553 .* 100 persons"):
        read_history(path if layout == "wide" else long_form(tmp_path, path))


def test_blank_weeks_before_the_first_coded_one_are_no_fault(tmp_path):
    assert read_history(register(tmp_path, "--xxxxxxx")).ends == date(2016, 2, 1)


def test_a_register_without_any_code_is_refused(tmp_path):
    with pytest.raises(FileError, match=r"no week .*100 persons"):
        read_history(register(tmp_path, "---------"))


def test_fewer_than_a_hundred_persons_say_nothing_of_the_end(tmp_path):
    read = read_history(register(tmp_path, "xx--xxx--", persons=99))
    assert read.ends is None
    assert read.last_day is None
    assert read.table["end_date"].notna().all()


@pytest.mark.slow
@pytest.mark.parametrize("rows", [1, 7, 1000])
def test_the_parts_of_a_register_tell_the_same_end_whatever_their_size(tmp_path, rows):
    path = register(tmp_path, "xxxxxxx--", "x--------", "--xx-----", persons=120)
    parts = list(read_history_parts(path, rows=rows))
    spells = pd.concat([part.table for part in parts])
    assert spells["end_date"].notna().all()
    last = parts[-1]
    assert last.ends == last.open_ends == date(2016, 1, 18)
    assert all(part.ends is None for part in parts[:-1])
    expected = read_history(path)
    assert sum(part.rows_kept for part in parts) == expected.rows_kept == 120
    pd.testing.assert_frame_equal(
        open_ends(spells, last.open_ends), expected.table, check_dtype=False
    )


def test_a_person_with_two_rows_in_different_parts_is_set_aside_with_both(tmp_path):
    path = register(tmp_path, "xxxxxxxxx", persons=5)
    lines = path.read_text("utf-8").splitlines()
    path.write_text("\n".join([*lines, lines[1]]) + "\n", "utf-8")
    parts = list(read_history_parts(path, rows=2))
    assert parts[-1].persons_set_aside == {"p000"}
    assert parts[-1].set_aside["line"].tolist() == [2, 7]
    assert sum(part.rows_kept for part in parts) == 4
