"""How a delimited text file is written: found in the file, or stated, never assumed."""

import codecs
import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from riskscreen.errors import FileError

DELIMITERS = {";": "semicolon", ",": "comma", "\t": "tab", "|": "bar"}
_BLOCK = 1 << 22
_BINARY_SHARE = 0.01
"""A file with more control characters than this share of its bytes is not text."""
_SAME_SHARE = 0.9
"""A delimiter divides at least this share of the first lines like the header."""
_CLEARLY = 20
"""One reading of the dates wins if it has this many times the other's evidence."""
_NUMBERS_SHARE = 0.9

_BOMS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_CONTROLS = [*range(9), 11, 12, *range(14, 32), 127]
_HIGH_CONTROLS = list(range(0x80, 0xA0))
_NOT_IN_CP1252 = [0x81, 0x8D, 0x8F, 0x90, 0x9D]
_DANISH_IN_UTF8 = re.compile(rb"\xc3[\xa6\xb8\xa5\x86\x98\x85\xa9\xbc\xb6\xa4]")
# Old DOS letters between others: in Windows-1252 a dagger or quotation mark in a word.
_DANISH_IN_DOS = re.compile(rb"[A-Za-z][\x86\x91\x9b][a-z]")
_QUOTE = ord('"')

_DAY_AND_MONTH = r"^\s*(\d{1,2})([-./])(\d{1,2})[-./]\d{4}\b"
_DECIMAL_COMMA = r"^\s*[+-]?\d+(?:\.\d{3})*,\d+\s*$"
_THOUSANDS = {
    mark: rf"^\s*[+-]?[1-9]\d{{0,2}}(?:[{mark}]\d{{3}})+\s*$" for mark in ".,"
}
_MONTH_FIRST = r"^\s*(\d{1,2})[-./](\d{1,2})[-./](\d{4})\s*$"
_NUMBER = r"^\s*[+-]?[\d.,]+\s*$"

DateHabit = Literal["day_first", "month_first"]
DecimalHabit = Literal["comma", "point"]


@dataclass(frozen=True, slots=True)
class Habits:
    """What the user states about a file; what is not stated is found in the file."""

    encoding: str | None = None
    delimiter: str | None = None
    decimal: DecimalHabit | None = None
    dates: DateHabit | None = None


@dataclass(frozen=True, slots=True)
class Characters:
    """A text file's encoding, and whether any quotation mark stands in it."""

    encoding: str
    quoted: bool


def characters_of(path: Path, *, stated: str | None) -> Characters:
    """The encoding of a text file, stated or found from every byte of it.

    A byte order mark decides; else UTF-8 if every byte fits it; else Windows-1252 or
    its part Latin-1, Denmark's other habits. Raises FileError for anything else, and
    for a file that mixes UTF-8 with one of them.
    """
    if stated is not None:
        _known_encoding(path, stated)
        return Characters(stated, quoted=True)
    with path.open("rb") as opened:
        first = opened.read(4)
    for mark, encoding in _BOMS.items():
        if first.startswith(mark):
            return Characters(encoding, quoted=True)
    seen = _seen(path)
    if seen.how_often(_CONTROLS) > _BINARY_SHARE * seen.counts.sum():
        raise FileError(
            f"{path}: not a text file (it holds control characters throughout). "
            "Deliver CSV in UTF-8, or Parquet."
        )
    return Characters(_encoding(path, seen), quoted=bool(seen.counts[_QUOTE]))


def _known_encoding(path: Path, stated: str) -> None:
    try:
        codecs.lookup(stated)
    except LookupError:
        raise FileError(
            f"{path}: the stated encoding is not known. Use utf-8, latin-1, cp1252 or "
            "utf-16."
        ) from None


@dataclass(frozen=True, slots=True)
class _Seen:
    """How often each byte value occurs, and what the order of bytes shows."""

    counts: npt.NDArray[np.int64]
    utf8: bool
    danish_as_utf8: bool
    danish_as_dos: bool

    def how_often(self, values: Sequence[int]) -> int:
        return int(self.counts[list(values)].sum())


def _encoding(path: Path, seen: _Seen) -> str:
    if seen.utf8:
        return "utf-8" if seen.counts[128:].any() else "ascii"
    mixed = seen.danish_as_utf8 or seen.danish_as_dos
    if mixed or seen.how_often(_NOT_IN_CP1252):
        raise FileError(
            f"{path}: unreadable encoding (neither wholly UTF-8 nor wholly "
            "Windows-1252). Save it as UTF-8, or state the encoding (cp865 for DOS)."
        )
    return "cp1252" if seen.how_often(_HIGH_CONTROLS) else "latin-1"


def _seen(path: Path) -> _Seen:
    decoder = codecs.getincrementaldecoder("utf-8")()
    counts, utf8 = np.zeros(256, dtype=np.int64), True
    in_utf8 = in_dos = False
    for block in blocks(path):
        counts += np.bincount(np.frombuffer(block, dtype=np.uint8), minlength=256)
        utf8 = utf8 and _decodes(decoder, block, final=not block)
        in_utf8 = in_utf8 or bool(_DANISH_IN_UTF8.search(block))
        in_dos = in_dos or bool(_DANISH_IN_DOS.search(block))
    return _Seen(counts, utf8, in_utf8, in_dos)


def _decodes(decoder: codecs.IncrementalDecoder, block: bytes, *, final: bool) -> bool:
    try:
        decoder.decode(block, final=final)
    except UnicodeDecodeError:
        return False
    return True


def blocks(path: Path) -> Iterator[bytes]:
    """The bytes of a file, a few million at a time; an empty block comes last."""
    try:
        with path.open("rb") as opened:
            while block := opened.read(_BLOCK):
                yield block
    except OSError:
        raise FileError(f"{path}: cannot be read. Check that it may be.") from None
    yield b""


def delimiter_of(path: Path, lines: Sequence[str], *, stated: str | None) -> str:
    """The delimiter of a file whose first lines are *lines*, the header first.

    It divides the header, and at least 9 in 10 of the other lines into as many fields.
    Raises FileError where none or several do.
    """
    if stated is not None:
        if stated not in lines[0]:
            raise FileError(
                f"{path}: the stated delimiter is not in the first line, so there is "
                "one column only. State the right one."
            )
        return stated
    dividing = [d for d in DELIMITERS if d in lines[0]]
    if not dividing:
        raise FileError(
            f"{path}: the first line is one column only: wrong delimiter, or no line "
            "of column names. Use ; or , or tab or |, or state the delimiter."
        )
    same = [d for d in dividing if _share_divided_alike(lines, d) >= _SAME_SHARE]
    found = same or dividing
    if len(found) > 1:
        names = " and ".join(DELIMITERS[d] for d in found)
        raise FileError(
            f"{path}: {names} divide the lines equally well. State the delimiter."
        )
    return found[0]


def _share_divided_alike(lines: Sequence[str], delimiter: str) -> float:
    counts = [len(fields_of(line, delimiter) or ()) for line in lines]
    return counts.count(counts[0]) / len(counts)


def fields_of(text: str, delimiter: str) -> list[str] | None:
    """The fields of one row's text, or None if its quotation marks are wrong."""
    if '"' not in text:
        return text.split(delimiter)
    try:
        rows = list(csv.reader([text], delimiter=delimiter, strict=True))
    except csv.Error:
        return None
    return rows[0] if len(rows) == 1 else None


@dataclass(frozen=True, slots=True)
class Cells:
    """How dates and decimals are written in a file; columns are told by position."""

    dates: DateHabit | None = None
    date_columns: tuple[int, ...] = ()
    decimal_columns: tuple[int, ...] = ()

    def words(self) -> tuple[str, ...]:
        """The habits in words, without any column's name."""
        told = []
        if self.dates == "day_first":
            told.append(f"day before month in {len(self.date_columns)} columns")
        if self.dates == "month_first":
            told.append("month before day, as stated")
        if self.decimal_columns:
            told.append(f"decimal comma in {len(self.decimal_columns)} columns")
        return tuple(told)


def cells_of(
    path: Path, head: pd.DataFrame, *, stated: Habits, delimiter: str
) -> Cells:
    """The habits of the cells in the first rows of a file, stated or found.

    With dashes or dots the day stands first, as in Danish; with slashes the file must
    show it. Raises FileError where day and month, or the points and commas of numbers,
    can be read in two ways.
    """
    texts = [_doubtful(head.iloc[:, n].dropna()) for n in range(head.shape[1])]
    dates = [_date_evidence(text) for text in texts]
    decimals = [_decimal_evidence(text) for text in texts]
    if stated.decimal is None:
        for n, found in enumerate(decimals):
            if found.either_way(delimiter):
                raise _two_ways(path, column=n)
    return Cells(
        dates=_date_habit(path, dates, stated=stated.dates),
        date_columns=tuple(n for n, found in enumerate(dates) if found.rows),
        decimal_columns=tuple(n for n, found in enumerate(decimals) if found.comma),
    )


def _doubtful(text: "pd.Series[str]") -> "pd.Series[str]":
    """The column, or nothing of it if no cell holds a mark that dates or decimals do.

    A register of weeks has hundreds of columns of plain numbers.
    """
    held = set().union(*text.unique()) & set(",./-")
    return text if held else text.iloc[:0]


def _two_ways(path: Path, *, column: int) -> FileError:
    return FileError(
        f"{path}: the points or commas in the numbers of column {column + 1} may be "
        "decimals or part thousands. State the decimal: comma or point."
    )


@dataclass(frozen=True, slots=True)
class _DateEvidence:
    """Rows of one column that look like day and month in some order."""

    rows: int = 0
    first_is_day: int = 0
    second_is_day: int = 0
    slashes: int = 0


@dataclass(frozen=True, slots=True)
class _DecimalEvidence:
    """What the points and commas in a column of numbers can mean."""

    comma: bool = False
    points_like_thousands: bool = False
    commas_like_thousands_only: bool = False

    def either_way(self, delimiter: str) -> bool:
        """Whether a number can be read in two ways.

        Only a file divided by commas, as in English, may part thousands by commas.
        """
        english = delimiter == "," and self.commas_like_thousands_only
        return self.comma and (self.points_like_thousands or english)


def _date_evidence(text: "pd.Series[str]") -> _DateEvidence:
    parts = text.str.extract(_DAY_AND_MONTH).dropna()
    if parts.empty or len(parts) < _NUMBERS_SHARE * len(text):
        return _DateEvidence()
    first, second = (parts[n].astype("int64").to_numpy() for n in (0, 2))
    return _DateEvidence(
        rows=len(parts),
        first_is_day=int((first > 12).sum()),
        second_is_day=int((second > 12).sum()),
        slashes=int((parts[1] == "/").sum()),
    )


def _decimal_evidence(text: "pd.Series[str]") -> _DecimalEvidence:
    if text.str.match(_NUMBER).sum() < _NUMBERS_SHARE * len(text):
        return _DecimalEvidence()
    commas = text[text.str.match(_DECIMAL_COMMA)]
    return _DecimalEvidence(
        comma=bool(len(commas)),
        points_like_thousands=bool(text.str.match(_THOUSANDS["."]).any()),
        commas_like_thousands_only=bool(commas.str.match(_THOUSANDS[","]).all()),
    )


def _date_habit(
    path: Path, found: Sequence[_DateEvidence], *, stated: DateHabit | None
) -> DateHabit | None:
    """The order of day and month; all date columns of a file share one."""
    day_first = sum(f.first_is_day for f in found)
    month_first = sum(f.second_is_day for f in found)
    if stated is not None or not any(f.rows for f in found):
        return stated
    if day_first > _CLEARLY * month_first:
        return "day_first"
    if month_first > _CLEARLY * day_first:
        raise FileError(
            f"{path}: dates look like month before day. State the dates: month_first "
            "(or day_first), or deliver YYYY-MM-DD."
        )
    if day_first or month_first or any(f.slashes for f in found):
        raise FileError(
            f"{path}: it cannot be told whether dates have the day or the month first. "
            "State the dates: day_first or month_first, or deliver YYYY-MM-DD."
        )
    return "day_first"


def plainly(
    path: Path, table: pd.DataFrame, cells: Cells, *, stated: Habits
) -> pd.DataFrame:
    """The rows with what was stated written out, so that each cell reads by itself.

    Months before days become ISO dates, and points (or commas) that part thousands go.
    Raises FileError where a later row shows a number that can be read in two ways.
    """
    if stated.decimal is None:
        for n in cells.decimal_columns:
            if table.iloc[:, n].str.match(_THOUSANDS["."]).any():
                raise _two_ways(path, column=n)
    changed = table
    if stated.dates == "month_first":
        changed = changed.apply(_as_iso)
    if stated.decimal is not None:
        mark = "." if stated.decimal == "comma" else ","
        changed = changed.apply(_without_thousands, mark=mark)
    return changed


def _as_iso(column: "pd.Series[str]") -> "pd.Series[str]":
    """Whole cells mm/dd/yyyy as yyyy-mm-dd."""
    return column.str.replace(_MONTH_FIRST, r"\3-\1-\2", regex=True)


def _without_thousands(column: "pd.Series[str]", mark: str) -> "pd.Series[str]":
    parted = column.str.match(_THOUSANDS[mark]).fillna(value=False).astype(bool)
    return column.where(~parted, column.str.replace(mark, "", regex=False))
