"""Any source a site delivers: text, Parquet, SAS or a query, told apart by its form."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from riskscreen.errors import FileError
from riskscreen.registers.columnar import MAGIC, damaged, parquet_parts
from riskscreen.registers.delimited import delimited_parts
from riskscreen.registers.delivered import ReadTable, whole
from riskscreen.registers.habits import Habits
from riskscreen.registers.queries import SqlQuery, query_parts
from riskscreen.registers.sas import SUFFIXES, sas_parts

Source = Path | str | SqlQuery

_NOT_TABLES = {b"PK\x03\x04": "an Excel or zip file", b"\x1f\x8b": "a gzip file"}
_ROWS = 250_000


def read_table(
    source: Source,
    *,
    mapping: Mapping[str, str] | None = None,
    habits: Habits | None = None,
) -> ReadTable:
    """Everything that *source* holds, under our column names by *mapping*.

    A source is a file (CSV, Parquet, SAS) or a query, as SqlQuery or written
    ``URL#SELECT ...``. Text stays text: schemas.py reads the cells. Raises FileError
    naming the file, what is wrong with it and the remedy.
    """
    parts = table_parts(source, rows=_ROWS, mapping=mapping, habits=habits)
    return whole(list(parts))


def table_parts(
    source: Source,
    *,
    rows: int,
    mapping: Mapping[str, str] | None = None,
    habits: Habits | None = None,
) -> Iterator[ReadTable]:
    """The same, at most *rows* rows at a time; there is always at least one part."""
    line = 2
    for part in _parts(source, rows=rows, habits=habits or Habits()):
        yield part.numbered(line).with_names(mapping)
        line += part.rows_read


def _parts(source: Source, *, rows: int, habits: Habits) -> Iterator[ReadTable]:
    if isinstance(source, SqlQuery):
        return query_parts(source, rows=rows)
    if isinstance(source, str) and "://" in source:
        return query_parts(SqlQuery.parsed(source), rows=rows)
    path = Path(source)
    begins = beginning(path)
    if path.suffix.lower() in SUFFIXES:
        return sas_parts(path, rows=rows, encoding=habits.encoding)
    if begins.startswith(MAGIC):
        return parquet_parts(path, rows=rows)
    if path.suffix.lower() in (".parquet", ".pq"):
        raise damaged(path)
    for magic, kind in _NOT_TABLES.items():
        if begins.startswith(magic):
            raise FileError(f"{path}: {kind}. Deliver it as CSV or Parquet.")
    return delimited_parts(path, rows=rows, habits=habits)


def beginning(path: Path) -> bytes:
    """The first bytes of a file; FileError if there is none that can be read."""
    if not path.exists():
        raise FileError(f"{path}: no such file. Check the path.")
    if path.is_dir():
        raise FileError(f"{path}: a folder, not a file. Give the file's path.")
    try:
        with path.open("rb") as opened:
            return opened.read(8)
    except OSError:
        raise FileError(f"{path}: cannot be read. Check that it may be.") from None
