"""A folder of Parquet files, in partitions or not, read as one table."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

import pyarrow as pa
import pyarrow.dataset as ds

from riskscreen.errors import FileError
from riskscreen.folders import refuse_in_paths
from riskscreen.readers.dialect import CsvDialect, FormatCounts
from riskscreen.readers.limits import MOST_FILES, count_rows_at_once, limit_files
from riskscreen.readers.parquet import (
    BESIDE,
    SUFFIXES,
    build_frame,
    count_texts,
    detect_formats,
    open_parquet,
    read_batches,
)
from riskscreen.readers.read_table import ReadTable
from riskscreen.readers.snapshots import open_snapshot


@dataclass(slots=True)
class FolderDigest:
    """The SHA-256 of every file of a folder, and of all of them in their order."""

    files: dict[str, str] = field(default_factory=dict)

    @property
    def digest(self) -> str:
        """The SHA-256 of the files' paths within the folder and of their bytes."""
        lines = "".join(f"{name} {digest}\n" for name, digest in self.files.items())
        return hashlib.sha256(lines.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class _Piece:
    """A file of the folder; ``keys`` are told by the folders it lies in."""

    path: Path
    name: str
    keys: dict[str, str | None]


def read_parquet_folder(
    folder: Path, *, rows: int, dialect: CsvDialect, seen: FolderDigest
) -> Iterator[ReadTable]:
    """Yield the rows of every Parquet file below *folder*, in the order of the paths.

    Files may lie in folders such as ``year=2024``: the key is a column of text, unless
    the file has one of that name. A column that a file lacks is blank in its rows, and
    told. Numbers and dates in texts are written as all files together show. Raises
    FileError for a file of another form, for columns whose kinds do not go together,
    and where a file is damaged or written to meanwhile. Fills *seen*.
    """
    pieces = _find_pieces(folder)
    schema, lacking = _unite(folder, pieces, seen)
    rows = count_rows_at_once(rows, columns=len(schema))
    counts = FormatCounts.of(schema.names, stated=dialect)
    for piece in pieces:
        with open_snapshot(piece.path, digest=seen.files[piece.name]) as file:
            count_texts(counts, file, open_parquet(file), rows=rows)
    cells = detect_formats(counts, folder, dialect=dialect)
    files = f"Parquet, {len(pieces)} files" if len(pieces) > 1 else "Parquet, 1 file"
    notes = (files, *lacking, *cells.notes)
    some = False
    for piece in pieces:
        with open_snapshot(piece.path, digest=seen.files[piece.name]) as file:
            opened = open_parquet(file)
            for batch in read_batches(file, opened, rows=rows):
                some = True
                table = _complete_columns(piece, batch, schema)
                frame = build_frame(piece.path, table, cells)
                yield ReadTable.all_kept(frame, notes)
            file.verify()
    if not some:
        empty = build_frame(folder, schema.empty_table(), cells)
        yield ReadTable.all_kept(empty, notes)


def _find_pieces(folder: Path) -> list[_Piece]:
    """Return the files in the order of their paths, one letter after the other."""
    files = (path for path in folder.rglob("*") if path.is_file())
    inside = [path.relative_to(folder) for path in islice(files, MOST_FILES + 1)]
    limit_files(folder, len(inside))
    own = [
        path
        for path in inside
        if not any(part.startswith(BESIDE) for part in path.parts)
    ]
    refuse_in_paths(*(folder / path for path in own))
    if other := sum(path.suffix.lower() not in SUFFIXES for path in own):
        raise FileError(
            f"{folder}: {other} of {len(own)} files in this folder are no Parquet. "
            "Leave Parquet files alone in it, or give the path of one file."
        )
    if not own:
        raise FileError(
            f"{folder}: a folder without a Parquet file. Deliver Parquet files in it, "
            "or give the path of one file."
        )
    pieces = [
        _Piece(folder / path, path.as_posix(), _read_keys(path))
        for path in sorted(own, key=lambda path: path.as_posix())
    ]
    if any(list(piece.keys) != list(pieces[0].keys) for piece in pieces):
        raise FileError(
            f"{folder}: its files do not all lie under the same partitions "
            "(key=value). Deliver them in one form."
        )
    return pieces


def _read_keys(path: Path) -> dict[str, str | None]:
    """Return the partition keys that a path tells, as Hive writes them, all as text."""
    names = [part.split("=", 1)[0] for part in path.parent.parts if "=" in part]
    schema = pa.schema([(name, pa.string()) for name in names])
    parsed = ds.partitioning(schema, flavor="hive").parse(path.as_posix())
    keys = ds.get_partition_keys(parsed)
    return {name: keys.get(name) for name in names}


def _unite(
    folder: Path, pieces: Sequence[_Piece], seen: FolderDigest
) -> tuple[pa.Schema, list[str]]:
    """Unite the columns of all files, and describe which files lack some.

    Columns stand as in the first file; a date in one file and its moment in another, or
    numbers of different widths, go together.
    """
    schemas = []
    for piece in pieces:
        with open_snapshot(piece.path) as file:
            schemas.append(open_parquet(file).schema_arrow.remove_metadata())
            seen.files[piece.name] = file.digest
    try:
        united = pa.unify_schemas(schemas, promote_options="permissive")
    except (pa.ArrowException, ValueError, TypeError):
        raise FileError(
            f"{folder}: its files hold {_list_differing(schemas)} in kinds that do "
            "not go together. Deliver all of them with the same kinds of columns."
        ) from None
    keys = [name for name in pieces[0].keys if name not in united.names]
    lacking = []
    for name in united.names:
        if n := sum(name not in schema.names for schema in schemas):
            place = united.names.index(name) + 1
            lacking.append(f"column {place} is not in {n} of {len(schemas)} files")
    return pa.schema([*united, *((name, pa.string()) for name in keys)]), lacking


def _list_differing(schemas: Sequence[pa.Schema]) -> str:
    """Return the columns whose kinds differ, by their places."""
    names = dict.fromkeys(name for schema in schemas for name in schema.names)
    places = []
    for place, name in enumerate(names, start=1):
        alone = [pa.schema([s.field(name)]) for s in schemas if name in s.names]
        try:
            pa.unify_schemas(alone, promote_options="permissive")
        except (pa.ArrowException, ValueError, TypeError):
            places.append(f"column {place}")
    return ", ".join(places) or "columns"


def _complete_columns(piece: _Piece, batch: pa.Table, schema: pa.Schema) -> pa.Table:
    """Return the rows of one file with every column of the folder."""
    columns = []
    for column in schema:
        if column.name in batch.schema.names:
            own = batch.column(column.name)
        else:
            own = pa.array([piece.keys.get(column.name)] * len(batch), pa.string())
        columns.append(own if own.type == column.type else own.cast(column.type))
    return pa.Table.from_arrays(columns, schema=schema)
