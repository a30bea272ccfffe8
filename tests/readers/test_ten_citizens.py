"""The readers and the code table on the ten citizens of tests/ten_citizens.py."""

import pandas as pd
import pytest

from riskscreen.readers import read_history, to_dream_wide
from riskscreen.timeline import parse_week_label
from tests import ten_citizens as ten
from tests.grouped import group_history
from tests.histories import check_history


def plain(spells, *columns):
    """Rows as text, without the dress of dtypes; missing is None."""
    text = spells[list(columns)].astype("object")
    for column in ("start_date", "end_date", "registered_on"):
        if column in text:
            text[column] = spells[column].dt.strftime("%Y-%m-%d").astype("object")
    return sorted(
        (tuple(None if pd.isna(v) else v for v in row) for row in text.to_numpy()),
        key=str,
    )


@pytest.mark.slow
def test_the_groups_of_the_ten_are_the_hand_written_ones(tmp_path):
    found = group_history(ten.history(), ten.code_table(tmp_path))
    columns = ("person_id", "group", "start_date", "end_date", "verified")
    assert plain(found.spells, *columns) == plain(ten.grouped_spells(), *columns)
    assert found.unknown.to_dict("records") == [
        {"code": "555", "n_rows": 1, "n_persons": 1}
    ]
    assert found.unknown_persons == {"unknown"}


@pytest.mark.slow
def test_a_piece_carries_the_day_its_spell_was_registered(tmp_path):
    found = group_history(ten.history(), ten.code_table(tmp_path)).spells
    late = found[found["person_id"] == "late"]
    assert late["registered_on"].dt.strftime("%Y-%m-%d").tolist() == [
        "2014-05-01",
        "2014-03-10",
    ]
    reform = found[found["person_id"] == "reform"]
    assert reform["registered_on"].iloc[0] == reform["registered_on"].iloc[1]


def written(table, path, *, form):
    """The table in a file, in one of the habits that Danish systems write."""
    if form == "parquet":
        table.to_parquet(path)
    else:
        table.to_csv(path, sep=";", index=False, encoding=form, lineterminator="\r\n")
    return path


@pytest.mark.slow
@pytest.mark.parametrize("form", ["latin-1", "utf-8-sig", "utf-16", "parquet"])
@pytest.mark.parametrize("shape", ["dream_wide", "dream_long"])
def test_the_weeks_of_the_ten_become_the_hand_written_spells(tmp_path, shape, form):
    path = written(getattr(ten, shape)(), tmp_path / "dream", form=form)
    read = read_history(path, extract_date=ten.EXTRACT_DATE)
    columns = ("person_id", "code", "start_date", "end_date")
    assert plain(read.table, *columns) == plain(ten.history(), *columns)
    assert read.set_aside.empty
    assert f"layout {shape} (found)" in read.notes
    assert read.rows_read == len(getattr(ten, shape)())


def test_a_danish_ledger_of_the_ten_is_read_and_checked_to_the_same_spells(tmp_path):
    ledger = ten.history()
    for column in ("start_date", "end_date", "registered_on"):
        ledger[column] = ledger[column].dt.strftime("%d-%m-%Y")
    path = written(ledger, tmp_path / "ledger.csv", form="latin-1")
    read = read_history(path)
    assert "in 3 columns" in str(read.notes)
    checked = check_history(
        read.table, file="ledger.csv", extract_date=ten.EXTRACT_DATE
    )
    assert checked.set_aside.empty
    columns = ("person_id", "code", "start_date", "end_date", "registered_on")
    assert plain(checked.kept, *columns) == plain(ten.history(), *columns)


@pytest.mark.slow
def test_spells_of_the_ten_lead_back_to_their_weeks():
    back = to_dream_wide(
        ten.history(),
        persons=list(ten.RUNS),
        first=parse_week_label(ten.FIRST_WEEK),
        last=parse_week_label(ten.LAST_WEEK),
    )
    pd.testing.assert_frame_equal(back, ten.dream_wide())
