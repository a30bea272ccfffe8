"""SAS files, through pandas: transport files (XPORT) and, untested, .sas7bdat.

The reading of .sas7bdat has not been tested on a real file, and its notes say so.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import pandas as pd

from riskscreen.errors import FileError
from riskscreen.registers.delivered import ReadTable

_SMALLEST = 1e-75
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


def sas_parts(path: Path, *, rows: int, encoding: str | None) -> Iterator[ReadTable]:
    """The rows of a SAS file, at most *rows* at a time; SAS's missing is missing.

    SAS names are at most 8 letters in transport files: map them to ours. Text is
    UTF-8 if every text of the part is, else Windows-1252, unless stated. Raises
    FileError where pandas cannot read the file.
    """
    form = SUFFIXES[path.suffix.lower()]
    some = False
    for frame in _frames(path, form, rows=rows):
        some = some or len(frame) > 0
        text, found = _as_text(path, frame, stated=encoding)
        yield ReadTable(text, len(text), len(text), notes=_notes(form, found))
    if not some:
        raise FileError(f"{path}: the SAS file has no rows. Deliver it again.")


def _notes(form: str, encoding: str) -> tuple[str, ...]:
    told = (f"SAS {form}", f"encoding {encoding}")
    if form == "sas7bdat":
        return (*told, "reading .sas7bdat is untested: compare counts with SAS")
    return told


def _frames(path: Path, form: str, *, rows: int) -> Iterator[pd.DataFrame]:
    """Parts of the file; pandas raises many kinds of errors for a damaged one."""
    try:
        reader = _read_sas(path, format=form, chunksize=rows, encoding=None)
        with reader:
            formats = _date_formats(reader)
            for frame in reader:
                yield _dated(_with_zeros(frame), formats)
    except Exception:
        raise FileError(
            f"{path}: not a whole SAS {form} file. Export it again, or deliver CSV."
        ) from None


def _with_zeros(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with zeros as zeros: pandas reads those of XPORT as 5.4e-79."""
    numbers = frame.select_dtypes("float64")
    zeros = numbers.mask(numbers.abs() < _SMALLEST, 0.0)
    return frame.assign(**{str(name): zeros[name] for name in zeros})


def _date_formats(reader: Any) -> dict[str, Literal["D", "s"]]:
    """The columns that a transport file formats as days or as seconds."""
    fields = getattr(reader, "fields", ())
    shown = {_text(f["name"]): _text(f["nform"]) for f in fields}
    return {n: _DATES[shape] for n, shape in shown.items() if shape in _DATES}


def _text(value: object) -> str:
    text = value.decode("ascii", "replace") if isinstance(value, bytes) else str(value)
    return text.strip()


def _dated(frame: pd.DataFrame, formats: dict[str, Literal["D", "s"]]) -> pd.DataFrame:
    """The frame with SAS's day numbers (from 1960-01-01) as dates."""
    epoch = pd.Timestamp("1960-01-01")
    dates = {n: epoch + pd.to_timedelta(frame[n], unit=u) for n, u in formats.items()}
    return frame.assign(**dates)


def _as_text(
    path: Path, frame: pd.DataFrame, *, stated: str | None
) -> tuple[pd.DataFrame, str]:
    """The frame with its bytes as text, and the encoding they were read in."""
    names = [n for n in frame.columns if frame[n].dtype == object]
    for encoding in [stated] if stated else ["utf-8", "cp1252"]:
        try:
            read = {name: _decoded(frame[name], encoding) for name in names}
        except (UnicodeDecodeError, LookupError):
            continue
        return frame.assign(**read), encoding
    raise FileError(f"{path}: unreadable encoding. State the right one.")


def _decoded(column: "pd.Series[Any]", encoding: str) -> "pd.Series[str]":
    texts = [v.decode(encoding).rstrip() if isinstance(v, bytes) else v for v in column]
    return pd.Series([t or None for t in texts], index=column.index, dtype="str")
