"""SAS files, through pandas: transport files (XPORT) and, untested, .sas7bdat.

The reading of .sas7bdat has not been tested on a real file, and its notes say so.
"""

import io
from collections.abc import Iterator
from typing import Any, Literal

import pandas as pd
import pyarrow as pa

from riskscreen.errors import FileError
from riskscreen.readers.dialect import CsvDialect, FormatCounts
from riskscreen.readers.frames import list_text_columns, to_frame
from riskscreen.readers.limits import (
    count_rows_at_once,
    limit_cells,
    limit_columns,
)
from riskscreen.readers.read_table import ReadTable
from riskscreen.readers.snapshots import Snapshot
from riskscreen.readers.spools import Spool

_SMALLEST = 1e-75
_EPOCH = pd.Timestamp("1960-01-01")
_EXACT = 2**53
"""Whole numbers below this are exact in SAS."""
# Typed too narrowly to say that text shall come as bytes.
_read_sas: Any = pd.read_sas
_DATES: dict[str, Literal["D", "s"]] = {
    "DATE": "D",
    "DDMMYY": "D",
    "DDMMYYD": "D",
    "YYMMDD": "D",
    "YYMMDDD": "D",
    "MMDDYY": "D",
    "E8601DA": "D",
    "DATETIME": "s",
}
SUFFIXES = {".xpt": "xport", ".xport": "xport", ".sas7bdat": "sas7bdat"}


def read_sas(file: Snapshot, *, rows: int, dialect: CsvDialect) -> Iterator[ReadTable]:
    """Yield the rows of a SAS file, at most *rows* at a time; SAS's missing is missing.

    SAS names are at most 8 letters in transport files: map them to ours. Text is
    UTF-8 if every text of the file is, else Windows-1252, unless stated. SAS knows no
    whole numbers: those below 2^53 are exact, and columns of them are integers. Raises
    FileError where pandas cannot read the file.
    """
    path = file.path
    form = SUFFIXES[path.suffix.lower()]
    file.verify()
    counts: FormatCounts | None = None
    encodings = [dialect.encoding] if dialect.encoding else ["utf-8", "cp1252"]
    with Spool(source=str(path)) as spool:
        for frame in _read_frames(file, form, rows=rows):
            table = pa.Table.from_pandas(
                _convert_whole_numbers(frame), preserve_index=False
            )
            encodings = [e for e in encodings if _can_decode(table, e)]
            counts = counts or FormatCounts.of(table.schema.names, stated=dialect)
            # Marks and figures are the same in every encoding.
            counts.add(list_text_columns(_decode_texts(table, "latin-1")))
            spool.add(table)
        file.verify()
        if counts is None:
            raise FileError(f"{path}: the SAS file has no rows. Deliver it again.")
        if not encodings:
            raise FileError(f"{path}: unreadable encoding. State the right one.")
        cells = counts.decide(str(path), stated=dialect)
        notes = [f"SAS {form}", f"encoding {encodings[0]}"]
        if form == "sas7bdat":
            notes.append("reading .sas7bdat is untested: compare counts with SAS")
        notes += cells.notes
        for table in spool.read_parts():
            read = to_frame(
                _decode_texts(table, encodings[0]), where=str(path), cells=cells
            )
            yield ReadTable.all_kept(read, notes)


def _read_frames(file: Snapshot, form: str, *, rows: int) -> Iterator[pd.DataFrame]:
    """Yield parts of the file; pandas raises many kinds of errors for a damaged one."""
    try:
        file.handle.seek(0)
        # pandas closes what it is given.
        handle = io.BufferedReader(io.FileIO(file.handle.fileno(), closefd=False))
        reader = _read_sas(handle, format=form, chunksize=rows, encoding=None)
        with reader:
            formats = _read_date_formats(reader)
            columns = _limit_size(reader, file)
            reader.chunksize = count_rows_at_once(rows, columns=columns)
            for frame in reader:
                if not len(frame):
                    continue
                # pandas reads the zeros of XPORT as 5.4e-79.
                numbers = frame.select_dtypes("float64")
                frame[numbers.columns] = numbers.mask(numbers.abs() < _SMALLEST, 0.0)
                # SAS counts days and seconds from 1960-01-01.
                for name, unit in formats.items():
                    days = pd.to_datetime(frame[name], unit=unit, origin=_EPOCH)
                    frame[name] = days
                yield frame
    except FileError:
        raise
    except Exception:
        raise FileError(
            f"{file.path}: not a whole SAS {form} file. Export it again, or deliver "
            "CSV."
        ) from None


def _limit_size(reader: Any, file: Snapshot) -> int:
    """Return how many columns the file says it has; refuse what it cannot hold.

    pandas makes room for as many rows as the header of .sas7bdat states. Those of a
    transport file follow from its size.
    """
    stated = getattr(reader, "column_count", None)
    columns = len(reader.fields) if stated is None else int(stated)
    limit_columns(file.path, columns)
    cells = int(getattr(reader, "row_count", 0)) * max(1, columns)
    limit_cells(file.path, cells, size=file.size)
    return columns


def _convert_whole_numbers(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the frame with its columns of whole numbers as integers."""
    numbers = frame.select_dtypes("float64")
    whole = {
        str(name): numbers[name].astype("Int64")
        for name in numbers
        if ((numbers[name] % 1 == 0) & (numbers[name].abs() < _EXACT))[
            numbers[name].notna()
        ].all()
    }
    return frame.assign(**whole)


def _read_date_formats(reader: Any) -> dict[str, Literal["D", "s"]]:
    """Return the columns that a transport file formats as days or as seconds."""
    fields = getattr(reader, "fields", ())
    shown = {_decode_name(f["name"]): _decode_name(f["nform"]) for f in fields}
    return {n: _DATES[shape] for n, shape in shown.items() if shape in _DATES}


def _decode_name(value: object) -> str:
    text = value.decode("ascii", "replace") if isinstance(value, bytes) else str(value)
    return text.strip()


def _can_decode(table: pa.Table, encoding: str) -> bool:
    """Return whether every text of *table* can be read in an encoding."""
    try:
        _decode_texts(table, encoding)
    except (UnicodeDecodeError, LookupError):
        return False
    return True


def _decode_texts(table: pa.Table, encoding: str) -> pa.Table:
    """Return the table with its bytes as text, without the blanks that fill them up."""
    for place, column in enumerate(table.columns):
        if pa.types.is_binary(column.type):
            texts = [
                None if v is None else v.decode(encoding).rstrip() or None
                for v in column.to_pylist()
            ]
            named = table.schema.names[place]
            table = table.set_column(place, named, pa.array(texts, type=pa.string()))
    return table
