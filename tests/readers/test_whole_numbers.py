"""Whole numbers stay whole in every reader, whatever is missing beside them."""

import datetime as dt
import hashlib
import sqlite3
import uuid
from decimal import Decimal

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from sqlalchemy import create_engine, text

from riskscreen.errors import FileError
from riskscreen.readers import SqlQuery, TableSource, read_table, read_table_parts
from riskscreen.readers.dialect import CsvDialect
from riskscreen.validation.parsing import (
    is_far_future,
    read_dates,
    read_flags,
    read_numbers,
    read_texts,
)
from tests.readers.xport import xport

BIG = 2**53 + 1


@pytest.fixture
def parquet(tmp_path):
    """Read a column written to Parquet, in parts of one row."""

    def reading(column, **dialect):
        path = tmp_path / "cases.parquet"
        pq.write_table(pa.table({"id": column, "other": ["x"] * len(column)}), path)
        source = TableSource(path, dialect=CsvDialect(**dialect))
        parts = [part.table for part in read_table_parts(source, rows=1)]
        whole = read_table(source).table
        assert texts(pd.concat(parts)) == texts(whole)
        return whole

    return reading


def texts(table):
    return read_texts(table["id"]).values.fillna("-").tolist()


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        (pa.array([BIG, None], pa.int64()), [str(BIG), "-"]),
        (pa.array([2**64 - 1, None], pa.uint64()), [str(2**64 - 1), "-"]),
        (pa.array([7, None], pa.int8()), ["7", "-"]),
        (pa.array([BIG, None, BIG]).dictionary_encode(), [str(BIG), "-", str(BIG)]),
        (
            pa.array([Decimal(BIG), None], pa.decimal128(38, 10)),
            [str(BIG), "-"],
        ),
        (
            pa.array([Decimal(10**30), Decimal(0)], pa.decimal128(38, 0)),
            [str(10**30), "0"],
        ),
        (
            pa.array([Decimal(f"{BIG}.5"), None], pa.decimal128(38, 10)),
            [f"{BIG}.5", "-"],
        ),
        (pa.array([b"S1", None], pa.binary()), ["S1", "-"]),
        (pa.array([b"\x01\xff" * 8, None], pa.binary(16)), ["01ff" * 8, "-"]),
        (pa.array(["a", None]).dictionary_encode(), ["a", "-"]),
    ],
    ids=str,
)
def test_identifiers_of_every_type_in_parquet_are_exact(parquet, column, expected):
    table = parquet(column)
    assert texts(table) == expected
    assert table["other"].tolist() == ["x"] * len(expected)


def test_uuids_in_parquet_are_text(parquet):
    value = uuid.UUID(int=5)
    column = pa.array([value.bytes, None], pa.binary(16)).cast(pa.uuid())
    assert texts(parquet(column)) == [str(value), "-"]


def test_yes_and_no_beside_a_missing_one_read_as_without_it(parquet):
    column = parquet(pa.array([True, None, False]))["id"]
    assert read_flags(column).values.fillna(9).tolist() == [1, 9, 0]
    assert read_numbers(column).values.fillna(9).tolist() == [1, 9, 0]


def test_fractions_stay_numbers(parquet):
    column = pa.array([Decimal("1.250"), Decimal("12.500")], pa.decimal128(10, 3))
    assert read_numbers(parquet(column)["id"]).values.tolist() == [1.25, 12.5]


def test_texts_in_parquet_have_one_habit_for_the_file(parquet):
    table = parquet(pa.array(["1.250", "12,5", None]))
    assert read_numbers(table["id"]).values.iloc[0] == 1250
    with pytest.raises(FileError, match="column 1 may be decimals"):
        parquet(pa.array(["1.250"]))
    assert read_numbers(parquet(pa.array(["1.250"]), decimal="comma")["id"])
    with pytest.raises(FileError, match="month before day"):
        parquet(pa.array(["12/31/2024"]))


def test_moments_in_parquet_are_danish_days(parquet):
    column = pa.array(
        [dt.datetime(2024, 12, 15, 23, tzinfo=dt.UTC)], pa.timestamp("us", tz="UTC")
    )
    table = parquet(column)
    assert read_dates(table["id"]).values.tolist() == [pd.Timestamp("2024-12-16")]


def test_a_parquet_file_that_is_rewritten_while_it_is_read_is_refused(tmp_path):
    path, other = tmp_path / "a.parquet", tmp_path / "b.parquet"
    for n, where in enumerate((path, other)):
        pd.DataFrame({"id": [f"S{n}"] * 50}).to_parquet(where)
    content = path.read_bytes()
    parts = read_table_parts(path, rows=20)
    next(parts)
    path.write_bytes(other.read_bytes())
    with pytest.raises(FileError, match="changed while"):
        list(parts)
    path.write_bytes(content)
    assert read_table(path).digest == hashlib.sha256(content).hexdigest()


@pytest.fixture
def sqlite(tmp_path):
    """Read values of one column of a SQLite table in parts of one row."""

    def reading(*values, kind="INTEGER"):
        path = tmp_path / "site.db"
        path.unlink(missing_ok=True)
        with sqlite3.connect(path) as connection:
            connection.execute(f"CREATE TABLE cases (id {kind})")
            rows = [(value,) for value in values]
            connection.executemany("INSERT INTO cases VALUES (?)", rows)
        connection.close()
        query = SqlQuery(f"sqlite:///{path}", "SELECT * FROM cases")
        parts = [part.table for part in read_table_parts(query, rows=1)]
        assert texts(pd.concat(parts)) == texts(read_table(query).table)
        return read_table(query)

    return reading


def test_whole_numbers_from_a_database_stay_whole_beside_a_missing_one(sqlite):
    assert texts(sqlite(BIG, None, BIG + 2).table) == [str(BIG), "-", str(BIG + 2)]


def test_values_of_several_kinds_in_one_column_are_texts(sqlite):
    assert texts(sqlite(BIG, "S1", None, 2.5, kind="").table) == [
        str(BIG),
        "S1",
        "-",
        "2.5",
    ]


def test_numbers_as_text_in_a_database_have_one_habit(sqlite):
    table = sqlite("1.250", "12,5", kind="TEXT").table
    assert read_numbers(table["id"]).values.tolist() == [1250, 12.5]


def test_the_digest_of_a_query_is_that_of_its_rows(sqlite):
    first = sqlite(1, 2).digest
    assert first == sqlite(1, 2).digest
    assert first != sqlite(1, 3).digest


def test_a_query_is_run_once_however_often_the_table_changes(tmp_path):
    path = tmp_path / "site.db"
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE cases (id INTEGER)")
    connection.executemany("INSERT INTO cases VALUES (?)", [(n,) for n in range(9)])
    connection.commit()
    parts = read_table_parts(
        SqlQuery(f"sqlite:///{path}", "SELECT * FROM cases"), rows=2
    )
    first = next(parts)
    connection.execute("UPDATE cases SET id = id + 100")
    connection.commit()
    connection.close()
    whole = pd.concat([first.table, *(part.table for part in parts)])
    assert whole["id"].tolist() == list(range(9))


@pytest.mark.slow
def test_postgresql_hands_over_exact_numbers_moments_and_infinity(postgres):
    engine = create_engine(postgres)
    value = uuid.UUID(int=7)
    with engine.begin() as connection:
        connection.execute(text("DROP TABLE IF EXISTS kinds"))
        connection.execute(
            text(
                "CREATE TABLE kinds (id numeric(38, 10), big bigint, key uuid, "
                "moment timestamptz, ends date, raw bytea)"
            )
        )
        connection.execute(
            text(
                "INSERT INTO kinds VALUES (:id, :id, :key, '2024-12-15 23:00:00+00', "
                "'infinity', 'S1'), (NULL, NULL, NULL, '2024-07-15 22:00:00+00', "
                "'2024-12-16', NULL), (1, 1, NULL, NULL, '-infinity', NULL)"
            ),
            {"id": BIG, "key": value},
        )
    engine.dispose()
    table = read_table(SqlQuery(postgres, "SELECT * FROM kinds")).table
    assert texts(table) == [str(BIG), "-", "1"]
    assert read_texts(table["big"]).values.fillna("-").tolist() == [str(BIG), "-", "1"]
    assert read_texts(table["key"]).values.iloc[0] == str(value)
    assert read_texts(table["raw"]).values.iloc[0] == "S1"
    days = read_dates(table["moment"]).values
    assert days.dt.strftime("%F").fillna("-").tolist() == [
        "2024-12-16",
        "2024-07-16",
        "-",
    ]
    assert is_far_future(table["ends"]).tolist() == [True, False, False]
    assert read_dates(table["ends"]).wrong.tolist() == [True, False, True]


def test_whole_numbers_of_sas_are_integers_beside_a_missing_one(tmp_path):
    path = tmp_path / "cases.xpt"
    content = [(2.0**52 + 1, 1.5), (float("nan"), 2.0)]
    path.write_bytes(xport([("ID", 0, ""), ("KM", 0, "")], content))
    read = read_table(path)
    assert read_texts(read.table["ID"]).values.fillna("-").tolist() == [
        str(2**52 + 1),
        "-",
    ]
    assert read.table["KM"].tolist() == [1.5, 2]
    assert read.digest == hashlib.sha256(path.read_bytes()).hexdigest()
