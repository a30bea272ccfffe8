"""Any source a site delivers: text, Parquet, SAS or a query, told apart by its form."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Literal

from riskscreen.errors import FileError
from riskscreen.folders import refuse_in_paths
from riskscreen.guarding import guarded, guarded_iterator
from riskscreen.readers.delimited import read_delimited
from riskscreen.readers.dialect import CsvDialect
from riskscreen.readers.foreign import describe_foreign_file
from riskscreen.readers.parquet import MAGIC, DamagedParquetError, read_parquet
from riskscreen.readers.parquet import SUFFIXES as PARQUET_SUFFIXES
from riskscreen.readers.parquet_folders import FolderDigest, read_parquet_folder
from riskscreen.readers.read_table import ReadTable, concat_parts, mark_last
from riskscreen.readers.sas import SUFFIXES as SAS_SUFFIXES
from riskscreen.readers.sas import read_sas
from riskscreen.readers.snapshots import Snapshot, open_snapshot
from riskscreen.readers.sql_query import RowDigest, SqlQuery
from riskscreen.readers.year_files import (
    add_year,
    find_weeks_of_year,
    find_year_files,
)
from riskscreen.validation.history import Ends

Source = Path | str | SqlQuery
Layout = Literal["spells", "dream_wide", "dream_long", "dream_years"]

IDENTIFIERS = frozenset({"case_id", "person_id", "municipality", "team", "code"})
"""Our columns that name something: no number or date is read from their cells."""
_BEGINNING = 64
_ROWS = 250_000


@dataclass(frozen=True, slots=True)
class TableSource:
    """A table as a site delivers it, with what the site states of this one source.

    ``source`` is a file (CSV, Parquet, SAS), a folder of Parquet files or of one file a
    year, or a query, as SqlQuery or written ``URL#SELECT ...``. ``columns`` names the
    site's columns (theirs -> ours). ``dialect`` is that of a text file, ``layout`` and
    ``ends`` are those of a history; what is not stated is found in the source, and
    told. ``notes`` are told with those of its reading.
    """

    source: Source
    columns: Mapping[str, str] = field(default_factory=dict)
    dialect: CsvDialect = field(default_factory=CsvDialect)
    layout: Layout | None = None
    ends: Ends = "half_open"
    notes: tuple[str, ...] = ()

    @classmethod
    def of(cls, source: "Source | TableSource") -> "TableSource":
        """Return *source* itself, or a source of which nothing is stated."""
        return source if isinstance(source, TableSource) else cls(source)

    @property
    def name(self) -> str:
        """What to call it in messages: a file's name, of a query only its database."""
        if isinstance(self.source, str) and "://" in self.source:
            return str(SqlQuery.parse(self.source))
        is_query = isinstance(self.source, SqlQuery)
        return str(self.source) if is_query else Path(str(self.source)).name


@guarded
def read_table(source: Source | TableSource) -> ReadTable:
    """Return everything that *source* holds, under our column names.

    Text stays text: validation reads the cells. Raises FileError naming the file, what
    is wrong with it and the remedy, and TableError where it lacks a column that the
    site's names speak of.
    """
    return concat_parts(list(read_table_parts(source, rows=_ROWS)))


@guarded_iterator
def read_table_parts(source: Source | TableSource, *, rows: int) -> Iterator[ReadTable]:
    """Read the same, at most *rows* rows at a time, in at least one part.

    A file is opened once and a query run once, however far the parts are taken. Raises
    FileError if a file is written to meanwhile, at the latest before its last part,
    which carries the digest. The size of a part changes nothing else.
    """
    stated = TableSource.of(source)
    named = [name for name, ours in stated.columns.items() if ours in IDENTIFIERS]
    dialect = replace(stated.dialect, identifiers=IDENTIFIERS.union(named))
    line = 2
    with ExitStack() as stack:
        parts, seen = _open_parts(stated, stack, rows=rows, dialect=dialect)
        for read, is_last in mark_last(parts):
            part = replace(read, notes=(*stated.notes, *read.notes))
            if is_last:
                part = replace(part, digest=seen.digest)
            yield part.number_lines(line).with_names(stated.columns, file=stated.name)
            line += part.rows_read


def _open_parts(
    stated: TableSource, stack: ExitStack, *, rows: int, dialect: CsvDialect
) -> tuple[Iterator[ReadTable], Snapshot | RowDigest | FolderDigest]:
    """Return the parts of a source, and what knows their digest after the last one."""
    source, own_names = stated.source, tuple(stated.columns.values())
    if isinstance(source, str) and "://" in source:
        source = SqlQuery.parse(source)
    if isinstance(source, SqlQuery):
        # Loaded by who has a database: SQLAlchemy takes a quarter of a second.
        from riskscreen.readers.sql import read_query  # noqa: PLC0415

        asked = RowDigest()
        return read_query(source, rows=rows, dialect=dialect, digest=asked), asked
    path = Path(source)
    refuse_in_paths(path)
    if path.is_dir():
        files = FolderDigest()
        if years := find_year_files(path):
            read = partial(_read_file, rows=rows, dialect=dialect)
            return _read_years(years, read, seen=files, own_names=own_names), files
        _require_no_dialect(path, dialect)
        return read_parquet_folder(path, rows=rows, dialect=dialect, seen=files), files
    file = stack.enter_context(open_snapshot(path))
    parts = _read_file(file, rows=rows, dialect=dialect)
    return add_year(path, parts, own_names=own_names, labels=[]), file


def _read_years(
    paths: Sequence[Path],
    read: Callable[[Snapshot], Iterator[ReadTable]],
    *,
    seen: FolderDigest,
    own_names: Sequence[str],
) -> Iterator[ReadTable]:
    """Yield the rows of one file a year, one file after the other. Fills *seen*.

    Raises FileError where a file holds no weeks: other tables come in one piece.
    """
    labels: list[str] = []
    for path in paths:
        with open_snapshot(path) as file:
            parts = add_year(path, read(file), own_names=own_names, labels=labels)
            for part in parts:
                if not find_weeks_of_year(map(str, part.table.columns)):
                    raise FileError(
                        f"{path}: no week columns y_01 to y_53, and nothing else may "
                        "come in one file a year. Deliver one file, or Parquet files "
                        "in a folder."
                    )
                # Lines are counted over all files, as in any folder.
                yield replace(part, table=part.table.rename_axis(None))
            seen.files[path.name] = file.digest


def _read_file(
    file: Snapshot, *, rows: int, dialect: CsvDialect
) -> Iterator[ReadTable]:
    path, begins = file.path, file.read_beginning(_BEGINNING)
    if path.suffix.lower() in SAS_SUFFIXES:
        _require_no_dialect(path, replace(dialect, encoding=None))
        return read_sas(file, rows=rows, dialect=dialect)
    if begins.startswith(MAGIC):
        _require_no_dialect(path, dialect)
        return read_parquet(file, rows=rows, dialect=dialect)
    if path.suffix.lower() in PARQUET_SUFFIXES:
        raise DamagedParquetError(path)
    if (kind := describe_foreign_file(path, begins)) is not None:
        raise FileError(f"{path}: {kind}. Deliver it as CSV or Parquet.")
    return read_delimited(file, rows=rows, dialect=dialect)


def _require_no_dialect(path: Path, stated: CsvDialect) -> None:
    """Raise FileError where a dialect is stated that only delimited text can have.

    Numbers and dates may stand as text in a file of typed columns, too.
    """
    if stated.encoding or stated.delimiter:
        raise FileError(
            f"{path}: not delimited text, so its encoding and delimiter cannot be as "
            "stated. Remove them in site.toml, or deliver CSV."
        )
