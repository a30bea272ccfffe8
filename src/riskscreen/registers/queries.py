"""SQL queries, through SQLAlchemy; nothing is ever written to the database."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
from sqlalchemy import Connection, create_engine, make_url, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError
from sqlalchemy.pool import NullPool

from riskscreen.errors import FileError
from riskscreen.registers.delivered import ReadTable


@dataclass(frozen=True, slots=True)
class SqlQuery:
    """A database and what to ask it.

    ``url`` is a SQLAlchemy URL such as ``sqlite:///site.db`` or
    ``postgresql+psycopg://host/register``.
    """

    url: str
    query: str

    @classmethod
    def parsed(cls, source: str) -> "SqlQuery":
        """The query in ``URL#SELECT ...``; FileError where there is none.

        >>> SqlQuery.parsed("sqlite:///site.db#SELECT * FROM cases").query
        'SELECT * FROM cases'
        """
        url, _, query = source.partition("#")
        if not query.strip():
            raise FileError(
                f"{_shown(url)}: no query. Write the URL, then #, then SELECT ..."
            )
        return cls(url, query)

    def __str__(self) -> str:
        """The database without its password; the query may name anything."""
        return _shown(self.url)


def query_parts(source: SqlQuery, *, rows: int) -> Iterator[ReadTable]:
    """The rows that a query returns, at most *rows* at a time.

    Only a SELECT (or WITH ... SELECT) is run, and its transaction is rolled back.
    Raises FileError where the database cannot be reached or refuses; what the database
    says is not shown, since it may quote a row.
    """
    if source.query.split(maxsplit=1)[0].lower() not in ("select", "with", "table"):
        raise FileError(f"{source}: only a query may be run. Begin it with SELECT.")
    some = False
    try:
        with create_engine(_url(source), poolclass=NullPool).connect() as connection:
            for part in _parts(source, connection, rows=rows):
                some = True
                yield part
            connection.rollback()
    except (SQLAlchemyError, ImportError) as failed:
        raise FileError(
            f"{source}: the query failed ({type(failed).__name__}). Check the URL, its "
            "driver, the query and the rights."
        ) from None
    if not some:
        raise FileError(f"{source}: the query returned no rows. Check it.")


def _parts(
    source: SqlQuery, connection: Connection, *, rows: int
) -> Iterator[ReadTable]:
    streamed = connection.execution_options(stream_results=True, max_row_buffer=rows)
    found = streamed.execute(text(source.query))
    names = list(found.keys())
    if len(set(names)) < len(names):
        raise FileError(f"{source}: two columns have the same name. Name them with AS.")
    for some in found.partitions(rows):
        frame = _frame(some, names)
        notes = (f"SQL query ({connection.dialect.name})",)
        yield ReadTable(frame, len(frame), len(frame), notes=notes)


def _frame(rows: Sequence[Any], names: list[str]) -> pd.DataFrame:
    """Rows under their names; dates become dates, however the driver gives them."""
    frame = pd.DataFrame([tuple(row) for row in rows], columns=names)
    for name in names:
        if frame[name].dtype == object and _all_dates(frame[name]):
            frame[name] = pd.to_datetime(frame[name])
    return frame


def _all_dates(column: "pd.Series[Any]") -> bool:
    return pd.api.types.infer_dtype(column, skipna=True) in ("date", "datetime")


def _url(source: SqlQuery) -> URL:
    try:
        return make_url(source.url)
    except (ArgumentError, NoSuchModuleError, ValueError):
        raise FileError("the database's URL cannot be read. Check it.") from None


def _shown(url: str) -> str:
    try:
        return make_url(url).render_as_string(hide_password=True)
    except (ArgumentError, ValueError):
        return "the database"
