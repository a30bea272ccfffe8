import contextlib
import math
import re
import sqlite3
import sys
from decimal import Decimal

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from sqlalchemy import create_engine, make_url, text
from sqlalchemy.dialects.mssql import mssqlpython

from riskscreen.errors import FileError, NotInstalledError, TableError
from riskscreen.readers import (
    CsvDialect,
    SqlQuery,
    TableSource,
    read_history,
    read_table,
    read_table_parts,
)
from tests import ten_citizens as ten
from tests.histories import check_history
from tests.readers.xport import xport

COLUMNS = ["person_id", "code", "start_date", "end_date", "registered_on"]


def same_history(read):
    """The hand-written spells, through the same check that any site's file goes."""
    checked = check_history(read.table, file="x", extract_date=ten.EXTRACT_DATE)
    assert checked.set_aside.empty
    order = ["person_id", "start_date"]
    kept = checked.kept.sort_values(order, ignore_index=True)[COLUMNS]
    expected = ten.history().sort_values(order, ignore_index=True)
    pd.testing.assert_frame_equal(kept, expected, check_dtype=False)
    assert read.rows_read == read.rows_kept == len(expected)


# Parquet


def test_a_parquet_ledger_is_read_as_it_is_typed(tmp_path):
    path = tmp_path / "history.parquet"
    ten.history().to_parquet(path, row_group_size=5)
    read = read_history(path)
    assert read.notes == ("layout spells (found)", "Parquet")
    assert read.table.index.tolist() == list(range(2, 2 + len(ten.SPELLS)))
    same_history(read)


def test_lines_go_on_counting_over_the_parts(tmp_path):
    path = tmp_path / "history.parquet"
    ten.history().to_parquet(path)
    parts = list(read_table_parts(path, rows=10))
    assert [part.table.index[0] for part in parts] == [2, 12, 22]


def test_stated_columns_give_our_names(tmp_path):
    path = tmp_path / "ledger.parquet"
    ten.history().rename(columns={"person_id": "borger", "code": "ydelse"}).to_parquet(
        path
    )
    columns = {"borger": "person_id", "ydelse": "code"}
    same_history(read_history(TableSource(path, columns)))
    with pytest.raises(FileError, match="no column person_id"):
        read_history(path)


def test_a_parquet_file_of_no_row_groups_is_a_table_without_rows(tmp_path):
    path = tmp_path / "cases.parquet"
    with pq.ParquetWriter(path, pa.schema({"case_id": pa.string(), "n": pa.int64()})):
        pass
    found = read_table(path)
    assert found.table.empty
    assert list(found.table) == ["case_id", "n"]


@pytest.mark.parametrize("cut", [0, 4, 200, -20])
def test_a_truncated_parquet_file_is_refused(tmp_path, cut):
    path = tmp_path / "history.parquet"
    ten.history().to_parquet(path)
    path.write_bytes(path.read_bytes()[:cut])
    with pytest.raises(FileError, match="not a whole Parquet file"):
        read_table(path)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"PK\x03\x04" + b"x" * 99, "an Excel or zip file"),
        (b"\x1f\x8bx", "a gzip file"),
    ],
)
def test_what_is_no_table_is_named(tmp_path, content, says):
    path = tmp_path / "cases.csv"
    path.write_bytes(content)
    with pytest.raises(FileError, match=says):
        read_table(path)


def test_a_missing_file_or_a_folder_is_a_file_error(tmp_path):
    with pytest.raises(FileError, match="no such file"):
        read_table(tmp_path / "none.csv")
    with pytest.raises(FileError, match="a folder"):
        read_table(tmp_path)


def test_a_table_that_is_no_history_in_any_form_is_refused(tmp_path):
    path = tmp_path / "history.csv"
    path.write_text("person_id;code\na;b\n", "utf-8")
    with pytest.raises(FileError, match=r"neither spells .* nor weeks"):
        read_history(path)
    with pytest.raises(FileError, match="dream_long needs the column week"):
        read_history(TableSource(path, layout="dream_long"))
    with pytest.raises(FileError, match="no week columns"):
        read_history(TableSource(path, layout="dream_wide"))


@pytest.mark.slow
def test_weeks_have_no_ends_to_be_stated(tmp_path):
    path = tmp_path / "dream.csv"
    ten.dream_wide().to_csv(path, index=False)
    with pytest.raises(FileError, match="Remove ends in site"):
        read_history(TableSource(path, ends="inclusive"))


def test_habits_of_text_may_not_be_stated_of_a_file_that_has_none(tmp_path):
    path = tmp_path / "history.parquet"
    ten.history().to_parquet(path)
    with pytest.raises(FileError, match="not delimited text"):
        read_table(TableSource(path, dialect=CsvDialect(dates="day_first")))


def test_a_stated_column_that_is_not_there_is_told_and_so_is_one_too_many(tmp_path):
    path = tmp_path / "history.csv"
    path.write_text("person_id;alder;age\na;1;2\n", "utf-8")
    with pytest.raises(TableError, match=r"history\.csv.*number 1 is none"):
        read_table(TableSource(path, {"ydelse": "code"}))
    with pytest.raises(TableError, match="columns 2 and 3"):
        read_table(TableSource(path, {"alder": "age"}))


@pytest.mark.slow
def test_weeks_after_the_extract_date_stop_the_file(tmp_path):
    path = tmp_path / "dream.csv"
    ten.dream_wide().to_csv(path, index=False)
    with pytest.raises(FileError, match="after the extract date"):
        read_history(path, extract_date=ten.EXTRACT_DATE.replace(year=2015))
    late = read_history(path, extract_date=ten.EXTRACT_DATE.replace(month=8))
    assert any("ends 4 weeks before" in note for note in late.notes)


@pytest.mark.slow
def test_a_person_with_two_wide_rows_is_set_aside_with_both(tmp_path):
    path = tmp_path / "dream.csv"
    wide = ten.dream_wide()
    pd.concat([wide, wide[wide["person_id"] == "reform"]]).to_csv(path, index=False)
    read = read_history(path)
    assert read.rows_read == 11
    assert read.set_aside["line"].tolist() == [9, 12]
    assert "reform" not in set(read.table["person_id"])
    assert read.persons_set_aside == {"reform"}


def test_persons_without_any_week_are_counted_in_the_notes(tmp_path):
    path = tmp_path / "dream.csv"
    path.write_text("person_id;y_2101;y_2102\na;;\nb;890;\nc;.;\n", "utf-8")
    assert "2 persons without" in str(read_history(path).notes)


@pytest.mark.slow
def test_a_history_row_that_cannot_be_read_warns_that_it_may_be_anybodys(tmp_path):
    path = tmp_path / "history.csv"
    text = ten.dream_long().to_csv(index=False)
    path.write_text(text, "utf-8")
    whole = read_history(path)
    path.write_text(text + "ada,y_1410\n", "utf-8")
    read = read_history(path)
    (warning,) = set(read.notes) - set(whole.notes)
    assert re.findall(r"\d+", warning) == ["1"]
    assert read.rows_read == read.rows_kept + 1


# SAS


def test_a_sas_transport_file_is_read_with_its_dates(tmp_path):
    epoch = pd.Timestamp("1960-01-01")
    ours = ten.history()
    days = {c: (ours[c] - epoch).dt.days.astype(float) for c in COLUMNS[2:]}
    rows = list(zip(ours["person_id"], ours["code"], *days.values(), strict=True))
    dates = [(name, 0, "DATE") for name in ("FRA", "TIL", "REG")]
    path = tmp_path / "history.xpt"
    path.write_bytes(xport([("PNR", 12, ""), ("KODE", 3, ""), *dates], rows))
    names = dict(zip(["PNR", "KODE", "FRA", "TIL", "REG"], COLUMNS, strict=True))
    read = read_history(TableSource(path, names))
    assert "SAS xport" in str(read.notes)
    same_history(read)


def test_sas_numbers_missing_and_danish_text_are_read(tmp_path):
    path = tmp_path / "cases.xpt"
    rows = [("Ærø", 2.5), ("", math.nan), ("x", -17.0), ("y", 0.0)]
    path.write_bytes(xport([("BY", 4, ""), ("TIMER", 0, "")], rows, encoding="latin-1"))
    read = read_table(path)
    assert read.table["BY"].fillna("-").tolist() == ["Ærø", "-", "x", "y"]
    assert read.table["TIMER"].fillna(99).tolist() == [2.5, 99, -17, 0]
    assert "encoding cp1252" in str(read.notes)


def test_sas_weeks_in_wide_form_are_numbers_and_read_as_codes(tmp_path):
    path = tmp_path / "dream.xpt"
    weeks = [("Y_2101", 0, ""), ("Y_2102", 0, ""), ("Y_2103", 0, "")]
    path.write_bytes(xport([("PNR", 4, ""), *weeks], [("ada", 890.0, 890.0, math.nan)]))
    read = read_history(TableSource(path, {"PNR": "person_id"}))
    assert read.table["code"].tolist() == ["890"]
    assert str(read.table["end_date"].iloc[0].date()) == "2021-01-18"


@pytest.mark.parametrize("name", ["cases.xpt", "cases.sas7bdat"])
def test_a_damaged_sas_file_is_a_file_error(tmp_path, name):
    path = tmp_path / name
    path.write_bytes(b"HEADER RECORD*******LIBRARY HEADER" * 9)
    with pytest.raises(FileError, match="not a whole SAS"):
        read_table(path)


# SQL


def test_a_sqlite_query_is_read_and_nothing_written(tmp_path):
    path = tmp_path / "site.db"
    with contextlib.closing(sqlite3.connect(path)) as connection:
        history = ten.history()
        for column in COLUMNS[2:]:
            history[column] = history[column].dt.strftime("%Y-%m-%d")
        history.to_sql("history", connection, index=False)
    before = path.read_bytes()
    read = read_history(f"sqlite:///{path}#SELECT * FROM history ORDER BY person_id")
    assert read.notes[1] == "SQL query (sqlite)"
    same_history(read)
    parts = list(read_table_parts(f"sqlite:///{path}#SELECT * FROM history", rows=10))
    assert [len(part.table) for part in parts] == [10, 10, 3]
    assert path.read_bytes() == before


DELETING = "WITH one AS (SELECT 1) DELETE FROM history RETURNING *"


def test_a_query_that_would_delete_is_refused_and_no_row_is_lost(tmp_path):
    path = tmp_path / "site.db"
    with contextlib.closing(sqlite3.connect(path)) as connection:
        ten.history().to_sql("history", connection, index=False)
    before = path.read_bytes()
    with pytest.raises(FileError, match=r"failed \(OperationalError\)"):
        read_table(f"sqlite:///{path}#{DELETING}")
    assert path.read_bytes() == before


@pytest.mark.slow
def test_a_postgresql_query_is_read_with_its_types(postgres):
    engine = create_engine(postgres)
    with engine.begin() as connection:
        connection.execute(text("DROP TABLE IF EXISTS history"))
        connection.execute(
            text(
                "CREATE TABLE history (person_id text, code integer, start_date date, "
                "end_date date, registered_on timestamp)"
            )
        )
        connection.execute(
            text("INSERT INTO history VALUES (:person, :code, :start, :end, :seen)"),
            [
                dict(zip(["person", "code", "start", "end", "seen"], row, strict=True))
                for row in ten.SPELLS
            ],
        )
    same_history(read_history(SqlQuery(postgres, "SELECT * FROM history")))
    parts = list(read_table_parts(SqlQuery(postgres, "SELECT * FROM history"), rows=9))
    assert [len(part.table) for part in parts] == [9, 9, 5]
    for writing in (DELETING, "SELECT * INTO others FROM history"):
        with pytest.raises(FileError, match="query failed"):
            read_table(SqlQuery(postgres, writing))
    engine.dispose()


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("sqlite:///none.db#", "no query"),
        ("sqlite:///none.db#DROP TABLE cases", "only a query"),
        ("sqlite:///:memory:#SELECT * FROM nothing", r"failed \(OperationalError\)"),
        ("sqlite:///:memory:#SELECT 1 AS a, 2 AS a", "same name"),
        ("nosuch://host/db#SELECT 1", r"failed \(NoSuchModuleError\)"),
        ("://#SELECT 1", "URL cannot be read"),
    ],
)
def test_a_query_that_cannot_be_run_is_a_file_error(source, says):
    with pytest.raises(FileError, match=says):
        read_table(source)


@pytest.mark.parametrize(
    ("address", "library", "says"),
    [
        ("postgresql+psycopg://me:secret@host/none", "psycopg", r"\[postgres\]"),
        (
            "mssql+mssqlpython://me:secret@host/none",
            "mssql_python",
            r"\[sqlserver\]",
        ),
        ("oracle://me:secret@host/none", "oracledb", "name one that comes with"),
    ],
)
def test_a_driver_that_is_not_installed_is_told_with_the_extra_that_brings_it(
    address, library, says, monkeypatch
):
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(NotInstalledError, match=says) as told:
        read_table(f"{address}#SELECT 1")
    assert "secret" not in str(told.value)


def test_the_address_of_a_sql_server_is_what_its_driver_is_asked_with():
    """No server is asked here, nor is the driver needed for it."""
    address = make_url("mssql+mssqlpython://ada:p%40ss@db.example:1433/register")
    (asked,), more = mssqlpython.dialect().create_connect_args(address)
    assert dict(part.split("=") for part in asked.split(";")) == {
        "Server": "db.example,1433",
        "Database": "register",
        "UID": "ada",
        "PWD": "p@ss",
    }
    assert more == {}


def test_decimals_of_a_typed_column_are_those_of_the_same_text(tmp_path):
    """Arrow's own cast of decimals is one step of a float off for one in three."""
    texts = [f"{n / 10:.1f}" for n in range(2000)]
    path = tmp_path / "history.parquet"
    pq.write_table(pa.table({"a": [*map(Decimal, texts)]}), path)
    assert read_table(path).table["a"].tolist() == [*map(float, texts)]


@pytest.mark.slow
def test_a_password_is_never_shown():
    source = "postgresql+psycopg://me:secret@localhost:1/none#SELECT 1"
    with pytest.raises(FileError) as raised:
        read_table(source)
    assert "secret" not in str(raised.value)
