"""Person numbers in registers of weeks, whose other columns go before anybody looks."""

from datetime import date

import pytest

from riskscreen.errors import PersonalDataError
from riskscreen.readers import read_history
from tests.histories import check_history


def register(folder, *, heading="note", notes=3, first="p0"):
    rows = [f"person_id;y_2401;y_2402;{heading};email"]
    for i in range(40):
        person = first if i == 0 else f"p{i}"
        note = "010170-1234" if i < notes else "x"
        rows.append(f"{person};774;774;{note};a")
    (folder / "history.csv").write_text("\n".join(rows))
    return read_history(folder / "history.csv")


def test_columns_that_are_no_weeks_are_counted_and_told_by_position(tmp_path):
    read = register(tmp_path)
    told = [note for note in read.notes if "leave it out" in note]
    assert len(told) == 2
    assert any("column 4" in note and "3 cell" in note for note in told)
    assert any("column 5" in note for note in told)


def test_a_person_number_as_the_person_sets_the_row_aside(tmp_path):
    read = register(tmp_path, first="010170 1234")
    checked = check_history(read.table, file="h", extract_date=date(2024, 2, 1))
    assert checked.set_aside["rule"].tolist() == ["person_id: holds a person number"]
    assert len(checked.kept) == 39


@pytest.mark.parametrize("change", [{"heading": "navn"}, {"notes": 5}])
def test_a_name_or_too_many_numbers_refuse_the_register(tmp_path, change):
    with pytest.raises(PersonalDataError, match="column 4"):
        register(tmp_path, **change)
