import datetime as dt
from collections import Counter

import pandas as pd
import pytest

from riskscreen.errors import TableError
from riskscreen.validation.checking import MISSING, NOT_A_DATE
from tests.histories import check_history

EXTRACTED = dt.date(2024, 12, 30)
ROWS = [
    # person  code   starts        ends
    ("p1", "300", "2024-01-01", "2024-02-05"),
    ("p1", "100", "05-02-2024", ""),  # open
    ("p2", "300", "2024-01-01", "9999-12-31"),  # open, as registers write it
    ("p3", "300", "2024-01-01", "2023-12-01"),  # ends before it starts
    ("p4", "300", "2024-01-01", "2024-01-01"),  # no day at all
    ("p5", "", "2024-01-01", "2024-02-05"),  # no code
    ("", "300", "2024-01-01", "2024-02-05"),  # nobody
    ("p6", "300", "2024-02-30", "2024-03-05"),  # no such day
    ("p7", "300", "2025-02-03", ""),  # begins after the extract
    ("p8", "300", "2024-01-01", "soon"),
]
HISTORY = pd.DataFrame(ROWS, columns=["person_id", "code", "start_date", "end_date"])


def test_spells_are_kept_open_or_closed_and_faulty_rows_are_set_aside():
    checked = check_history(HISTORY, file="history.csv", extract_date=EXTRACTED)
    assert checked.kept["person_id"].tolist() == ["p1", "p1", "p2"]
    assert checked.kept["end_date"].isna().tolist() == [False, True, True]
    told = dict(checked.set_aside[["line", "rule"]].itertuples(index=False))
    assert told == {
        5: "end_date: not after start_date",
        6: "end_date: not after start_date",
        7: f"code: {MISSING}",
        8: f"person_id: {MISSING}",
        9: f"start_date: {NOT_A_DATE}",
        10: "start_date: after the extract date",
        11: f"end_date: {NOT_A_DATE}",
    }
    assert checked.broken["person_id"].tolist() == ["p3", "p4", "p5", "p6", "p7", "p8"]
    assert (
        checked.broken["code"].fillna("").tolist() == ["300"] * 2 + [""] + ["300"] * 3
    )


def test_a_stamp_of_the_year_1_costs_its_row_alone():
    """A program that knows no day of registration writes such a one."""
    stamps = ["2024-02-12", "0001-01-01"]
    table = HISTORY[:2].assign(registered_on=stamps)
    checked = check_history(table, file="history.csv", extract_date=EXTRACTED)
    assert checked.kept["code"].tolist() == ["300"]
    assert checked.set_aside["rule"].tolist() == [f"registered_on: {NOT_A_DATE}"]
    assert checked.broken["person_id"].tolist() == ["p1"]
    assert len(checked.persons_set_aside) == 0


def test_a_row_may_say_when_it_was_registered():
    stamps = ["2024-01-08", "", "x", *["2024-01-08"] * 7]
    stamped = HISTORY.assign(registered_on=stamps)
    checked = check_history(stamped, file="h", extract_date=EXTRACTED)
    assert checked.kept["registered_on"].isna().tolist() == [False, True]
    assert f"registered_on: {NOT_A_DATE}" in Counter(checked.set_aside["rule"])


def test_a_history_without_a_column_stops():
    with pytest.raises(TableError, match=r"h: 1 required column.*missing: end_date"):
        check_history(
            HISTORY.drop(columns="end_date"), file="h", extract_date=EXTRACTED
        )


def test_of_inclusive_ends_the_day_after_is_ours():
    checked = check_history(
        HISTORY, file="history.csv", extract_date=EXTRACTED, ends="inclusive"
    )
    ends = checked.kept["end_date"].dt.strftime("%Y-%m-%d").fillna("open")
    people = checked.kept["person_id"]
    assert list(zip(people, ends, strict=True)) == [
        ("p1", "2024-02-06"),
        ("p1", "open"),
        ("p2", "open"),
        ("p4", "2024-01-02"),  # one day
    ]
