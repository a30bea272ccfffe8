"""Parquet files, read in parts and checked before they are believed."""

from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from riskscreen.errors import FileError
from riskscreen.registers.delivered import ReadTable
from riskscreen.registers.frames import frame_of, texts_in
from riskscreen.registers.habits import CellCounts, Cells, Habits
from riskscreen.registers.snapshots import Snapshot

MAGIC = b"PAR1"


def damaged(path: Path) -> FileError:
    """The error for a file that is not the whole Parquet file it should be."""
    return FileError(
        f"{path}: not a whole Parquet file (truncated, damaged or another format). "
        "Deliver it again."
    )


def parquet_parts(file: Snapshot, *, rows: int, habits: Habits) -> Iterator[ReadTable]:
    """The rows of a Parquet file, at most *rows* at a time, as the file types them.

    Numbers and dates that stand in it as text are written as all of them show, or as
    the habits state. Raises FileError where a part is damaged. A changed byte that
    still makes a valid file can only be seen with a manifest of checksums.
    """
    file.verify()
    try:
        opened_file = pq.ParquetFile(pa.PythonFile(file.handle, mode="r"))
    except (pa.ArrowException, OSError, ValueError):
        raise damaged(file.path) from None
    cells = _cells(file.path, opened_file, rows=rows, habits=habits)
    notes = ("Parquet", *cells.notes)
    some = False
    for batch in _batches(file.path, opened_file, rows=rows):
        some = True
        frame = _frame(file.path, batch, cells)
        yield ReadTable(frame, len(frame), len(frame), notes=notes)
    file.verify()
    if not some:
        empty = _frame(file.path, opened_file.schema_arrow.empty_table(), cells)
        yield ReadTable(empty, 0, 0, notes=notes)


def _cells(path: Path, file: pq.ParquetFile, *, rows: int, habits: Habits) -> Cells:
    """How numbers and dates are written in the file's texts."""
    schema = file.schema_arrow
    empty = texts_in(schema.empty_table())
    names = [
        name
        for name, texts in zip(schema.names, empty, strict=True)
        if texts is not None
    ]
    counts = CellCounts.of(schema.names, stated=habits)
    if names and len(set(schema.names)) == len(schema.names):
        for batch in _batches(path, file, rows=rows, columns=names):
            texts = dict(zip(batch.schema.names, texts_in(batch), strict=True))
            counts.add([texts.get(name) for name in schema.names])
    if not counts.shows(habits):
        raise FileError(
            f"{path}: not delimited text, and no text in it can have dates or decimals "
            "as stated. Remove them in site.toml, or deliver CSV."
        )
    return counts.decide(str(path), stated=habits)


def _batches(
    path: Path, file: pq.ParquetFile, *, rows: int, columns: list[str] | None = None
) -> Iterator[pa.Table]:
    left = file.metadata.num_rows
    batches = file.iter_batches(batch_size=rows, columns=columns, use_threads=False)
    while True:
        try:
            batch = next(batches, None)
            if batch is not None:
                batch.validate(full=True)
        except (pa.ArrowException, OSError, ValueError):
            raise damaged(path) from None
        if batch is None:
            break
        left -= len(batch)
        if len(batch):
            yield pa.Table.from_batches([batch])
    if left:
        raise damaged(path)


def _frame(path: Path, table: pa.Table, cells: Cells) -> pd.DataFrame:
    try:
        return frame_of(table, where=str(path), cells=cells)
    except (pa.ArrowException, ValueError, OverflowError):
        raise damaged(path) from None
