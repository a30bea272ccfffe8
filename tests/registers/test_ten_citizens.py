"""The readers and the code table on the ten citizens of tests/ten_citizens.py."""

import pandas as pd

from riskscreen.codes import grouped
from tests import ten_citizens as ten


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


def test_the_groups_of_the_ten_are_the_hand_written_ones(tmp_path):
    found = grouped(ten.history(), ten.code_table(tmp_path))
    columns = ("person_id", "group", "start_date", "end_date", "verified")
    assert plain(found.spells, *columns) == plain(ten.grouped_spells(), *columns)
    assert found.unknown.to_dict("records") == [
        {"code": "555", "n_rows": 1, "n_persons": 1}
    ]
    assert found.unknown_persons == {"unknown"}


def test_a_piece_carries_the_day_its_spell_was_registered(tmp_path):
    found = grouped(ten.history(), ten.code_table(tmp_path)).spells
    late = found[found["person_id"] == "late"]
    assert late["registered_on"].dt.strftime("%Y-%m-%d").tolist() == [
        "2014-05-01",
        "2014-03-10",
    ]
    reform = found[found["person_id"] == "reform"]
    assert reform["registered_on"].iloc[0] == reform["registered_on"].iloc[1]
