import datetime as dt

import numpy as np
import pandas as pd
import pytest

from riskscreen.errors import TableError
from riskscreen.history import dated_tables
from riskscreen.history.dated_tables import (
    check_delivered,
    read_table_rows,
    take_table_rows,
)
from riskscreen.readers.sources import TableSource
from riskscreen.timeline import to_day_number
from riskscreen.validation.checking import NOT_A_DATE
from riskscreen.validation.dated_rows import read_dated_rows
from tests import small_site
from tests.validation.test_dated_rows import declared

EXTRACTED = dt.date(2024, 12, 30)
ROWS = pd.DataFrame(
    {
        "person_id": ["P2", "P1", "P9", "P1", "P2"],
        "start_date": ["2020-03-01", "2020-02-01", "2020-01-01", "2020-01-01", "x"],
        "end_date": ["", "2020-03-01", "2020-02-01", "2020-02-01", ""],
        "value": ["1", "0,5", "1", "", "1"],
        "category": ["shop", "build", "ship", "shop", "shop"],
        "note": ["a", "b", "c", "d", "e"],
    }
)
PERSONS = pd.Index(["P2", "P1", "P3"], dtype="str")


def read(path, persons=PERSONS):
    return read_table_rows(
        TableSource(path), declared(), persons, extract_date=EXTRACTED
    )


@pytest.fixture
def file(tmp_path):
    ROWS.to_csv(tmp_path / "work.csv", index=False)
    return tmp_path / "work.csv"


def test_rows_of_the_people_asked_for_are_indexed_by_person_and_day(file):
    rows = read(file)
    index = rows.index
    assert index.persons.tolist() == ["P1", "P2", "P3"]
    assert index.groups == ("build", "shop")
    assert index.offsets.tolist() == [0, 2, 3, 3]
    assert index.start[0] == to_day_number(dt.date(2020, 1, 1))
    assert [index.groups[g] for g in index.group] == ["shop", "build", "shop"]
    np.testing.assert_array_equal(index.value, [np.nan, 0.5, 1.0])
    assert index.registered is None
    assert rows.people.found == 2
    assert rows.set_aside["rule"].tolist() == [f"start_date: {NOT_A_DATE}"]
    told = "\n".join(rows.describe())
    assert "1 rows set aside (start_date" in told
    assert "fewer than 5 of 3 citizens" in told
    assert len(rows.digest) == 64


@pytest.mark.slow
def test_neither_parts_nor_the_order_of_a_file_change_what_is_read(
    file, tmp_path, monkeypatch
):
    whole = read(file)
    monkeypatch.setattr(dated_tables, "ROWS_IN_A_PART", 1)
    ROWS.iloc[::-1].to_csv(tmp_path / "other.csv", index=False)
    for path in (file, tmp_path / "other.csv"):
        other = read(path)
        assert other.fingerprint == whole.fingerprint
        for name in ("offsets", "group", "start", "end", "value"):
            found, expected = getattr(other.index, name), getattr(whole.index, name)
            np.testing.assert_array_equal(found, expected)


def test_a_table_without_a_row_is_refused_as_a_file_and_taken_of_live_cases(tmp_path):
    ROWS.iloc[:0].to_csv(tmp_path / "work.csv", index=False)
    with pytest.raises(TableError, match="no rows"):
        read(tmp_path / "work.csv")
    of, none = declared(), ROWS.iloc[:0].astype("str")
    checked = read_dated_rows(of, none, file="work", extract_date=EXTRACTED)
    taken = take_table_rows([checked], of, PERSONS, file="work", extract_date=EXTRACTED)
    assert taken.people.found == 0
    assert taken.index.offsets.tolist() == [0, 0, 0, 0]


def test_a_table_that_holds_none_of_many_people_is_refused(file):
    persons = pd.Index([f"Q{n}" for n in range(10)], dtype="str")
    with pytest.raises(TableError, match="none of the 10 citizens"):
        read(file, persons)


def test_a_needed_table_must_be_delivered_and_no_other_may_be():
    needed = declared().model_dump()
    spec = small_site.specification(tables=(needed,))
    with pytest.raises(TableError, match="work: small_target reads this table"):
        check_delivered(spec, ())
    with pytest.raises(TableError, match=r"table number 2: .*'work'"):
        check_delivered(spec, ("work", "wrok"))
    check_delivered(spec, ("work",))
    optional = small_site.specification(tables=(needed | {"required": False},))
    check_delivered(optional, ())
