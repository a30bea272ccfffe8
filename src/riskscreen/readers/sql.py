"""SQL queries, through SQLAlchemy; nothing is ever written to the database."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
from sqlalchemy import Connection, create_engine, make_url
from sqlalchemy.engine import URL
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError
from sqlalchemy.pool import NullPool

from riskscreen.errors import FileError, NotInstalledError
from riskscreen.guarding import translate
from riskscreen.readers.dialect import CsvDialect, FormatCounts
from riskscreen.readers.frames import build_table, list_text_columns, to_frame
from riskscreen.readers.read_table import ReadTable
from riskscreen.readers.spools import Spool
from riskscreen.readers.sql_query import RowDigest, SqlQuery

_REMEDY = "Make numbers of them in the query (CAST)."
_READ_ONLY = {
    "sqlite": "PRAGMA query_only = ON",
    "postgresql": "SET TRANSACTION READ ONLY",
    "mysql": "SET SESSION TRANSACTION READ ONLY",
    "mariadb": "SET SESSION TRANSACTION READ ONLY",
    "oracle": "SET TRANSACTION READ ONLY",
}
"""What makes a database refuse to write: WITH may lead to a DELETE, and Python's driver
of SQLite begins no transaction for one, so there was nothing to roll back.
"""


def read_query(
    source: SqlQuery, *, rows: int, dialect: CsvDialect, digest: RowDigest
) -> Iterator[ReadTable]:
    """Yield the rows that a query returns, at most *rows* at a time.

    Only a SELECT (or WITH ... SELECT) is run, once, where the database can be told to
    refuse to write, and its transaction is rolled back; its rows lie in a private file
    until they are read. *digest* is told of each row.
    Raises FileError where the database cannot be reached or refuses; what the database
    says is not shown, since it may quote a row.
    """
    if source.query.split(maxsplit=1)[0].lower() not in ("select", "with", "table"):
        raise FileError(f"{source}: only a query may be run. Begin it with SELECT.")
    counts: FormatCounts | None = None
    with Spool(source=str(source)) as spool:
        how: list[str] = []
        for database, table in _read_tables(source, rows=rows, digest=digest):
            how = [f"SQL query ({database})"]
            counts = counts or FormatCounts.of(table.schema.names, stated=dialect)
            counts.add(list_text_columns(table))
            spool.add(table)
        assert counts is not None  # a query without rows has its columns
        cells = counts.decide(str(source), stated=dialect, remedy=_REMEDY)
        notes = (*how, *cells.notes)
        for table in spool.read_parts():
            frame = to_frame(table, where=str(source), cells=cells)
            yield ReadTable.all_kept(frame, notes)


def _read_tables(
    source: SqlQuery, *, rows: int, digest: RowDigest
) -> Iterator[tuple[str, pa.Table]]:
    """Yield the dialect and the rows of a query, part by part."""
    url = _parse_url(source)
    # SQLite would make an empty one.
    if (named := _find_sqlite_file(url)) is not None and not Path(named).is_file():
        raise FileError(f"{source}: no such file. Correct the path of the database.")
    try:
        with create_engine(url, poolclass=NullPool).connect() as connection:
            if (order := _READ_ONLY.get(connection.dialect.name)) is not None:
                connection.exec_driver_sql(order)
            _keep_infinity(connection)
            for names, some in _fetch(source, connection, rows=rows):
                digest.add(some)
                yield connection.dialect.name, build_table(some, names)
            connection.rollback()
    except ModuleNotFoundError as missing:
        if isinstance(error := translate(missing), NotInstalledError):
            raise error from None
        raise NotInstalledError(
            f"{source}: the driver that its address names is not installed. Install "
            "it beside riskscreen, or name one that comes with an extra: "
            "postgresql+psycopg:// (postgres), mssql+mssqlpython:// (sqlserver)."
        ) from None
    # Drivers raise the latter for dates that Python does not reach.
    except (SQLAlchemyError, ImportError, ValueError, OverflowError) as failed:
        raise FileError(
            f"{source}: the query failed ({type(failed).__name__}). Check the URL, its "
            "driver, the query and the rights."
        ) from None


def place_sqlite(url: URL, *, typed: str, folder: Path = Path()) -> URL:
    """Return *url* with the path of its SQLite file; a relative one lies in *folder*.

    A file whose name holds a per cent sign or a question mark is found as *typed*.
    """
    if (named := _find_sqlite_file(url)) is None:
        return url
    as_typed = folder / typed.partition(":///")[2]
    if as_typed.is_file():
        return url.set(database=str(as_typed), query={})
    return url.set(database=str(folder / named))


def _find_sqlite_file(url: URL) -> str | None:
    """Return the file that the address of an SQLite database names, or None."""
    named = url.database if url.get_backend_name() == "sqlite" else None
    in_memory = not named or named == ":memory:" or named.startswith("file:")
    return None if in_memory else named


def _fetch(
    source: SqlQuery, connection: Connection, *, rows: int
) -> Iterator[tuple[list[str], list[tuple[Any, ...]]]]:
    # As it stands: a colon or a per cent sign of the query is no parameter of ours.
    streamed = connection.execution_options(
        stream_results=True, max_row_buffer=rows, no_parameters=True
    )
    result = streamed.exec_driver_sql(source.query)
    names = list(result.keys())
    if len(set(names)) < len(names):
        raise FileError(f"{source}: two columns have the same name. Name them with AS.")
    some: list[tuple[Any, ...]] = []
    for part in result.partitions(rows):
        some = [tuple(row) for row in part]
        yield names, some
    if not some:  # a night in which nobody came in
        yield names, some


def _keep_infinity(connection: Connection) -> None:
    """Have psycopg hand over days that Python cannot hold as PostgreSQL writes them."""
    if (connection.dialect.name, connection.dialect.driver) != (
        "postgresql",
        "psycopg",
    ):
        return
    from psycopg import DataError  # noqa: PLC0415
    from psycopg.types import datetime as kinds  # noqa: PLC0415

    driver: Any = connection.connection.driver_connection
    for name, loader in (
        ("date", kinds.DateLoader),
        ("timestamp", kinds.TimestampLoader),
        ("timestamptz", kinds.TimestamptzLoader),
    ):
        driver.adapters.register_loader(name, _load_or_keep(loader, failure=DataError))


def _load_or_keep(loader: Any, *, failure: type[Exception]) -> Any:
    """Return *loader*, but what it cannot load stays the text that it is."""

    class OrText(loader):  # type: ignore[misc]
        def load(self, data: Any) -> Any:
            try:
                return super().load(data)
            except failure:
                return bytes(data).decode()

    return OrText


def _parse_url(source: SqlQuery) -> URL:
    try:
        return place_sqlite(make_url(source.url), typed=source.url)
    except (ArgumentError, NoSuchModuleError, ValueError):
        raise FileError("the database's URL cannot be read. Check it.") from None
