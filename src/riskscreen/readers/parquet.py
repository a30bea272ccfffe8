"""Parquet files, read in parts and checked before they are believed."""

from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from riskscreen.errors import FileError
from riskscreen.readers.dialect import CellFormats, CsvDialect, FormatCounts
from riskscreen.readers.frames import list_text_columns, to_frame
from riskscreen.readers.limits import (
    count_rows_at_once,
    limit_bytes,
    limit_cells,
    limit_columns,
    limit_row_groups,
)
from riskscreen.readers.read_table import ReadTable
from riskscreen.readers.snapshots import Snapshot
from riskscreen.validation.decimals import name_positions

MAGIC = b"PAR1"
SUFFIXES = (".parquet", ".pq")
BESIDE = (".", "_")
"""First letters of what a writer leaves beside its files: _SUCCESS, .crc."""
_SMALL_DICTIONARY = 48


class DamagedParquetError(FileError):
    """A file is not the whole Parquet file that it should be."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"{path}: not a whole Parquet file (truncated, damaged or another format). "
            "Deliver it again."
        )


def read_parquet(
    file: Snapshot, *, rows: int, dialect: CsvDialect
) -> Iterator[ReadTable]:
    """Read the rows of a Parquet file, at most *rows* at a time.

    Numbers and dates that stand in it as text are written as all of them show, or as
    the dialect states. Raises FileError where a part is damaged. A changed byte that
    still makes a valid file can only be seen with a manifest of checksums.
    """
    opened_file = open_parquet(file)
    rows = count_rows_at_once(rows, columns=opened_file.metadata.num_columns)
    counts = FormatCounts.of(opened_file.schema_arrow.names, stated=dialect)
    count_texts(counts, file, opened_file, rows=rows)
    cells = detect_formats(counts, file.path, dialect=dialect)
    notes = ("Parquet", *cells.notes)
    some = False
    for batch in read_batches(file, opened_file, rows=rows):
        some = True
        frame = build_frame(file.path, batch, cells)
        yield ReadTable.all_kept(frame, notes)
    file.verify()
    if not some:
        empty = build_frame(file.path, opened_file.schema_arrow.empty_table(), cells)
        yield ReadTable.all_kept(empty, notes)


def open_parquet(file: Snapshot) -> pq.ParquetFile:
    """Open the file, once its metadata shows that it can be read in bounds.

    Raises FileError where it cannot, and for two columns of one name.
    """
    file.verify()
    try:
        opened_file = pq.ParquetFile(pa.PythonFile(file.handle, mode="r"))
        _limit(file, opened_file.metadata)
        _refuse_nested(file.path, opened_file.schema_arrow)
    except (pa.ArrowException, OSError, ValueError):
        raise DamagedParquetError(file.path) from None
    names = opened_file.schema_arrow.names
    if len(set(names)) < len(names):
        raise FileError(
            f"{file.path}: two columns have the same name. Leave one of them."
        )
    return opened_file


def _limit(file: Snapshot, metadata: pq.FileMetaData) -> None:
    """Raise FileError for more columns, pieces, cells or bytes than its size tells."""
    path, size = file.path, file.size
    limit_columns(path, metadata.num_columns)
    limit_row_groups(path, metadata.num_row_groups)
    limit_cells(path, metadata.num_columns * metadata.num_rows, size=size)
    groups = [metadata.row_group(n) for n in range(metadata.num_row_groups)]
    limit_bytes(path, sum(group.total_byte_size for group in groups), size=size)
    widths = [metadata.schema.column(n).length for n in range(metadata.num_columns)]
    # Bytes of a fixed length, which each cell has.
    limit_bytes(path, metadata.num_rows * sum(w for w in widths if w > 0), size=size)


def _refuse_nested(path: Path, schema: pa.Schema) -> None:
    nested = [n for n, f in enumerate(schema, 1) if pa.types.is_nested(f.type)]
    if nested:
        raise FileError(
            f"{path}: {name_positions(nested)} holds lists or structures. Deliver one "
            "value a cell, or leave it out."
        )


def count_texts(
    counts: FormatCounts, file: Snapshot, opened_file: pq.ParquetFile, *, rows: int
) -> None:
    """Count how numbers and dates are written in the file's texts."""
    for batch in _read_limited_texts(file, opened_file, rows=rows):
        texts = dict(zip(batch.schema.names, list_text_columns(batch), strict=True))
        counts.add([texts.get(name) for name in counts.names])


def detect_formats(
    counts: FormatCounts, path: Path, *, dialect: CsvDialect
) -> CellFormats:
    """Return how numbers and dates are written in the texts that were counted."""
    if not counts.shows(dialect):
        raise FileError(
            f"{path}: not delimited text, and no text in it can have dates or decimals "
            "as stated. Remove them in site.toml, or deliver CSV."
        )
    return counts.decide(str(path), stated=dialect)


def _read_limited_texts(
    file: Snapshot, opened_file: pq.ParquetFile, *, rows: int
) -> Iterator[pa.Table]:
    """Read the columns of texts, batch by batch; FileError for too many bytes.

    They are read as dictionaries, in which a text that a million rows refer to stands
    once, and laid out row by row only when it is known how large they then are.
    """
    metadata = opened_file.metadata
    stored = [metadata.schema.column(n) for n in range(metadata.num_columns)]
    texts = [column.name for column in stored if _is_text(column)]
    unpacked = 0
    if not texts:
        return
    again = pq.ParquetFile(
        pa.PythonFile(file.handle, mode="r"),
        metadata=metadata,
        read_dictionary=texts,
    )
    for batch in read_batches(file, again, rows=rows, columns=texts):
        unpacked += sum(_count_unpacked(column) for column in batch.columns)
        limit_bytes(file.path, unpacked, size=file.size)
        yield pa.table([_decode(c) for c in batch.columns], names=batch.schema.names)


def _is_text(column: pq.ColumnSchema) -> bool:
    """Return whether a stored column is of texts or bytes of any length."""
    decimal = column.logical_type.type == "DECIMAL"
    return bool(column.physical_type == "BYTE_ARRAY" and not decimal)


def _count_unpacked(column: pa.ChunkedArray) -> int:
    """Count the bytes that the texts of a column have where each stands in its own row.

    Those of small dictionaries, such as codes, are left to the limit of cells.
    """
    size = 0
    for chunk in column.chunks:
        if chunk.dictionary.nbytes > _SMALL_DICTIONARY:
            lengths = pc.binary_length(chunk.dictionary)
            size += pc.sum(lengths.take(chunk.indices)).as_py() or 0
    return size


def _decode(column: pa.ChunkedArray) -> pa.ChunkedArray:
    return pa.chunked_array(
        [chunk.dictionary_decode() for chunk in column.chunks],
        type=column.type.value_type,
    )


def read_batches(
    file: Snapshot,
    opened_file: pq.ParquetFile,
    *,
    rows: int,
    columns: list[str] | None = None,
) -> Iterator[pa.Table]:
    """Read the file, at most *rows* rows at a time; FileError where it is damaged."""
    path, left = file.path, opened_file.metadata.num_rows
    if not opened_file.metadata.num_row_groups:
        return  # older pyarrow asks such a file for a group that it has not
    batches = opened_file.iter_batches(
        batch_size=rows, columns=columns, use_threads=False
    )
    while True:
        try:
            batch = next(batches, None)
            if batch is not None:
                batch.validate(full=True)
        except (pa.ArrowException, OSError, ValueError):
            raise DamagedParquetError(path) from None
        if batch is None:
            break
        left -= len(batch)
        if len(batch):
            yield pa.Table.from_batches([batch])
    if left:
        raise DamagedParquetError(path)


def build_frame(path: Path, table: pa.Table, cells: CellFormats) -> pd.DataFrame:
    """Make a frame of *table*, its texts written plainly; FileError where damaged."""
    try:
        return to_frame(table, where=str(path), cells=cells)
    except (pa.ArrowException, ValueError, OverflowError):
        raise DamagedParquetError(path) from None
