"""Parquet files, read in parts and checked before they are believed."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from riskscreen.errors import FileError
from riskscreen.registers.delivered import ReadTable

MAGIC = b"PAR1"


def opened(path: Path, *, dictionaries: tuple[str, ...] = ()) -> pq.ParquetFile:
    """An open Parquet file; the named text columns come as dictionaries.

    Raises FileError for a file that is truncated or none.
    """
    try:
        names = pq.read_schema(path).names
        there = [name for name in dictionaries if name in names]
        return pq.ParquetFile(path, read_dictionary=there)
    except (pa.ArrowException, OSError, ValueError):
        raise damaged(path) from None


def damaged(path: Path) -> FileError:
    """The error for a file that is not the whole Parquet file it should be."""
    return FileError(
        f"{path}: not a whole Parquet file (truncated, damaged or another format). "
        "Deliver it again."
    )


def parquet_parts(path: Path, *, rows: int) -> Iterator[ReadTable]:
    """The rows of a Parquet file, at most *rows* at a time, as the file types them.

    Raises FileError where a part is damaged. A changed byte that still makes a valid
    file can only be seen with a manifest of checksums.
    """
    file = opened(path)
    notes = ("Parquet",)
    some = False
    for batch in _batches(path, file, rows=rows):
        some = True
        yield ReadTable(_frame(path, batch), len(batch), len(batch), notes=notes)
    if not some:
        empty = _frame(path, file.schema_arrow.empty_table())
        yield ReadTable(empty, 0, 0, notes=notes)


def _batches(
    path: Path, file: pq.ParquetFile, *, rows: int
) -> Iterator[pa.RecordBatch]:
    left = file.metadata.num_rows
    batches = file.iter_batches(batch_size=rows, use_threads=False)
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
            yield batch
    if left:
        raise damaged(path)


def _frame(path: Path, table: Any) -> pd.DataFrame:
    names = table.schema.names
    if len(set(names)) < len(names):
        raise FileError(f"{path}: two columns have the same name. Leave one of them.")
    try:
        # Dates as one array, not as a Python object each.
        frame: pd.DataFrame = table.to_pandas(
            ignore_metadata=True, date_as_object=False
        )
    except (pa.ArrowException, ValueError, OverflowError):
        raise damaged(path) from None
    return frame
