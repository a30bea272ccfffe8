import datetime as dt
import re

import pandas as pd
import pytest

from riskscreen.errors import TableError
from riskscreen.spec import DatedTable
from riskscreen.validation.checking import MISSING, NOT_A_DATE
from riskscreen.validation.dated_rows import read_dated_rows
from riskscreen.validation.schemas import DATED_ROWS, list_dtypes
from tests.small_site import words

EXTRACTED = dt.date(2024, 12, 30)


def declared(**changes):
    content = {
        "name": "work",
        "label": words("work"),
        "idea": "past",
        "rows": "spells",
        "aggregates": ["mean"],
        "category": True,
        "value": {
            "label": words("degree"),
            "unit": "index",
            "minimum": 0,
            "maximum": 2,
        },
    }
    return DatedTable.model_validate(content | changes)


def table(**columns):
    n = max(len(column) for column in columns.values())
    usual = {
        "person_id": ["P1"] * n,
        "start_date": ["2020-01-01"] * n,
        "end_date": ["2020-02-01"] * n,
        "value": ["1"] * n,
        "category": ["shop"] * n,
    }
    return pd.DataFrame(usual | columns)


def read(rows, of=None, **how):
    of = of or declared()
    return read_dated_rows(of, rows, file="work.csv", extract_date=EXTRACTED, **how)


def test_a_row_that_breaks_a_rule_is_set_aside_with_it():
    rows = table(
        person_id=["P1", "", "P3", "P4", "P5", "P6", "P7", "P8", "P9"],
        start_date=["2020-01-01"] * 2
        + ["30-02-2020", "2025-01-01", "2020-03-01"]
        + ["2020-01-01"] * 4,
        end_date=["2020-02-01"] * 3 + ["2025-02-01", "2020-02-01"] + ["2020-02-01"] * 4,
        value=["0,5"] + ["1"] * 4 + ["much", "-1", "3", ""],
    )
    checked = read(rows)
    assert checked.set_aside[["line", "rule"]].to_numpy().tolist() == [
        [3, f"person_id: {MISSING}"],
        [4, f"start_date: {NOT_A_DATE}"],
        [5, "start_date: after the extract date"],
        [6, "end_date: not after start_date"],
        [7, "value: not a number"],
        [8, "value: below 0"],
        [9, "value: above 2"],
    ]
    assert checked.kept["person_id"].tolist() == ["P1", "P9"]
    assert checked.kept["value"].tolist()[0] == 0.5
    assert checked.kept["value"].isna().tolist() == [False, True]


def test_kept_rows_are_spells_of_the_contract():
    kept = read(table(end_date=["2020-01-31", ""]), ends="inclusive").kept
    assert list(kept) == [n for n in DATED_ROWS.columns if n != "registered_on"]
    kinds = list_dtypes(DATED_ROWS)
    assert {n: str(kept[n].dtype) for n in kept} == {n: kinds[n] for n in kept}
    assert kept["end_date"].iloc[0] == pd.Timestamp("2020-02-01")
    assert pd.isna(kept["end_date"].iloc[1])


def test_a_date_is_a_spell_of_a_day_and_needs_neither_value_nor_category():
    of = declared(rows="dates", value=None, category=False, aggregates=["count"])
    rows = pd.DataFrame(
        {"person_id": ["P1"], "date": ["2020-01-31"], "registered_on": ["2020-02-03"]}
    )
    kept = read(rows, of).kept
    assert kept["start_date"].tolist() == [pd.Timestamp("2020-01-31")]
    assert kept["end_date"].tolist() == [pd.Timestamp("2020-02-01")]
    assert kept["registered_on"].tolist() == [pd.Timestamp("2020-02-03")]
    assert kept[["value", "category"]].isna().all(axis=None)


def test_person_keys_are_read_as_in_every_other_table():
    pattern = {"person_id": re.compile("P[0-9]")}
    checked = read(table(person_id=[" P1 ", "whoever"]), patterns=pattern)
    assert checked.kept["person_id"].tolist() == ["P1"]
    assert len(checked.set_aside) == 1


def test_a_missing_column_stops_the_table():
    with pytest.raises(TableError, match=r"missing: category"):
        read(table(value=["1"]).drop(columns="category"))
