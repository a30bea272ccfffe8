import pandas as pd
import pytest

from riskscreen.errors import FileError
from riskscreen.readers.dated_tables import read_dated_parts
from riskscreen.readers.sources import TableSource
from riskscreen.validation.delivered import LINE
from tests.validation.test_dated_rows import declared

MONTHS = pd.DataFrame(
    {
        "person_id": ["P1", "P2", "P3"],
        "branche_2020_12": ["412000", "", ""],
        "grad_2020_12": ["0.5", "", "0"],
        "branche_2021_01": ["", "471120", ""],
        "grad_2021_01": ["1", "", ""],
    }
)


def parts(path, of, rows=100):
    return list(read_dated_parts(TableSource(path), of, rows=rows))


@pytest.fixture
def months(tmp_path):
    MONTHS.to_csv(tmp_path / "work.csv", index=False)
    return tmp_path / "work.csv"


def test_a_month_with_work_is_a_row_and_one_without_is_none(months):
    (part,) = parts(months, declared())
    rows = part.table.sort_values(["person_id", "start_date"])
    assert rows.fillna("").astype(str).to_numpy().tolist() == [
        ["P1", "2020-12-01", "2021-01-01", "0.5", "412000"],
        ["P1", "2021-01-01", "2021-02-01", "1", ""],
        ["P2", "2021-01-01", "2021-02-01", "", "471120"],
    ]
    assert rows.index.name == LINE
    assert rows.index.tolist() == [2, 2, 3]
    assert part.rows_read == 3
    assert any("months of DREAM" in note for note in part.notes)


@pytest.mark.slow
def test_the_parts_of_a_table_of_months_are_its_rows(months):
    whole = parts(months, declared())[0].table
    pieces = pd.concat([p.table for p in parts(months, declared(), rows=1)])
    order = ["person_id", "start_date"]
    pd.testing.assert_frame_equal(pieces.sort_values(order), whole.sort_values(order))


def test_months_declared_as_dates_are_refused(months):
    of = declared(rows="dates", value=None, category=False, aggregates=["count"])
    with pytest.raises(FileError, match='Declare rows = "spells"'):
        parts(months, of)


def test_rows_as_declared_are_left_as_they_stand(tmp_path):
    (tmp_path / "work.csv").write_text("person_id,start_date\nP1,30-02-2020\n")
    (part,) = parts(tmp_path / "work.csv", declared())
    assert part.table["start_date"].tolist() == ["30-02-2020"]
