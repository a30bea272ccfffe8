"""How a delimited text file is written: found in the file, or stated, never assumed."""

import codecs
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from riskscreen.errors import FileError
from riskscreen.registers.date_habits import DateCounts, DateHabit, decide_dates
from riskscreen.schemas.decimals import (
    REMEDY,
    DecimalCounts,
    DecimalHabit,
    DoubtfulDecimalsError,
    decide_decimal,
    distinct_texts,
    has_mark,
    ungroup,
)

DELIMITERS = {";": "semicolon", ",": "comma", "\t": "tab", "|": "bar"}
_BINARY_SHARE = 0.01
"""A file with more control characters than this share of its bytes is not text."""
_SAME_SHARE = 0.9
"""A delimiter divides at least this share of the first lines like the header."""
_ZEROS_SHARE = 0.4
"""Every other byte of UTF-16 is zero in most letters of European text."""

_BOMS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_OF_NO_FILE = {
    "idna",
    "punycode",
    "raw-unicode-escape",
    "undefined",
    "unicode-escape",
    "utf-7",
}
_CONTROLS = bytes([*range(9), 11, 12, *range(14, 32), 127])
_HIGH_CONTROLS = bytes(range(0x80, 0xA0))
_NOT_IN_CP1252 = b"\x81\x8d\x8f\x90\x9d"
_DANISH_IN_UTF8 = re.compile(rb"\xc3[\xa6\xb8\xa5\x86\x98\x85\xa9\xbc\xb6\xa4]")
# Old DOS letters between others: in Windows-1252 a dagger or quotation mark in a word.
_DANISH_IN_DOS = re.compile(rb"[A-Za-z][\x86\x91\x9b][a-z]")
_QUOTE = b'"'

_MONTH_FIRST = r"^\s*(\d{1,2})[-./](\d{1,2})[-./](\d{4})\b"


@dataclass(frozen=True, slots=True)
class Habits:
    """What the user states about a file; what is not stated is found in the file.

    ``identifiers`` are the columns, by the file's own names, whose cells are names of
    something, whatever they look like: they show no habit, and are never rewritten.
    """

    encoding: str | None = None
    delimiter: str | None = None
    decimal: DecimalHabit | None = None
    dates: DateHabit | None = None
    identifiers: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Characters:
    """A text file's encoding, and whether any quotation mark stands in it."""

    encoding: str
    quoted: bool


def known_encoding(path: Path, first: bytes, *, stated: str | None) -> str | None:
    """The encoding that the *first* bytes of a file show, or that is stated, or None.

    A byte order mark decides, and UTF-16 is known without one by its zeros. Raises
    FileError for a stated encoding that is unknown, or that a mark contradicts.
    """
    shown = next((e for mark, e in _BOMS.items() if first.startswith(mark)), None)
    if stated is None:
        return shown or _unmarked_utf16(first)
    name = _name_encoding(path, stated)
    wide = name.startswith("utf-16")
    if shown is None:
        return (_unmarked_utf16(first) or name) if name == "utf-16" else stated
    if wide != (shown == "utf-16") or not (wide or name.startswith("utf-8")):
        raise FileError(
            f"{path}: the stated encoding is not that of the mark with which the file "
            f"begins, which is {shown}. State what the file has, or nothing."
        )
    return shown


def name_encoding(stated: str) -> str:
    """Python's name of an encoding in which files are written.

    Raises LookupError for one that is not known, and for what Python calls an encoding
    and no file has: packings of bytes (base64), of names (idna) and of source texts.
    """
    found = codecs.lookup(stated)
    if not getattr(found, "_is_text_encoding", True) or found.name in _OF_NO_FILE:
        raise LookupError(stated)
    return found.name


def _name_encoding(path: Path, stated: str) -> str:
    try:
        return name_encoding(stated)
    except (LookupError, ValueError):
        raise FileError(
            f"{path}: the stated encoding is not known. Use utf-8, latin-1, cp1252 or "
            "utf-16."
        ) from None


def _unmarked_utf16(first: bytes) -> str | None:
    """UTF-16 without its mark, told by zeros in every other byte; else None."""
    pairs = np.frombuffer(first[: len(first) // 2 * 2], dtype=np.uint8).reshape(-1, 2)
    for encoding, zeros, letters in (("utf-16-le", 1, 0), ("utf-16-be", 0, 1)):
        plain = pairs[pairs[:, zeros] == 0, letters]
        held = np.bincount(plain, minlength=256)
        text = held[list(_CONTROLS)].sum() <= _BINARY_SHARE * len(plain)
        if len(plain) and text and len(plain) >= _ZEROS_SHARE * len(pairs):
            return encoding
    return None


@dataclass(slots=True)
class Bytes:
    """What the bytes of a file show of its encoding, counted block by block."""

    size: int = 0
    controls: int = 0
    high_controls: int = 0
    not_in_cp1252: int = 0
    quoted: bool = False
    beyond_ascii: bool = False
    utf8: bool = True
    danish_as_utf8: bool = False
    danish_as_dos: bool = False
    _decoder: codecs.IncrementalDecoder = field(
        default_factory=codecs.getincrementaldecoder("utf-8")
    )

    def seen(self, blocks: Iterable[bytes]) -> Iterable[bytes]:
        """The same *blocks*, each looked at as it passes; an empty one comes last."""
        for block in blocks:
            self.add(block)
            yield block

    def add(self, block: bytes) -> None:
        """Look at one block more."""
        self.size += len(block)
        self.controls += _how_often(block, _CONTROLS)
        self.quoted = self.quoted or _QUOTE in block
        self.utf8 = self.utf8 and self._decodes(block)
        if not block.isascii():
            self.beyond_ascii = True
            self.high_controls += _how_often(block, _HIGH_CONTROLS)
            self.not_in_cp1252 += _how_often(block, _NOT_IN_CP1252)
            self.danish_as_utf8 |= bool(_DANISH_IN_UTF8.search(block))
            self.danish_as_dos |= bool(_DANISH_IN_DOS.search(block))

    def _decodes(self, block: bytes) -> bool:
        try:
            self._decoder.decode(block, final=not block)
        except UnicodeDecodeError:
            return False
        return True

    def refuse_binary(self, path: Path) -> None:
        """FileError if bytes that occur so often cannot be those of text."""
        if self.controls > _BINARY_SHARE * self.size:
            raise FileError(
                f"{path}: not a text file (it holds control characters throughout). "
                "Deliver CSV in UTF-8, or Parquet."
            )


def _how_often(block: bytes, values: bytes) -> int:
    """How many bytes of *block* have one of *values*."""
    return len(block) - len(block.translate(None, values))


def find_characters(
    path: Path, seen: Bytes, *, known: str | None, stated: str | None
) -> Characters:
    """The encoding of a text file, from every byte of it, unless *known* before.

    UTF-8 if every byte fits it; else Windows-1252 or its part Latin-1, Denmark's other
    habits. Raises FileError for anything else, for a file that mixes UTF-8 with one of
    them, and for a stated encoding of one byte a letter where the file is UTF-8.
    """
    if known is None:
        seen.refuse_binary(path)
        return Characters(_encoding(path, seen), quoted=seen.quoted)
    narrow = not codecs.lookup(known).name.startswith("utf")
    if stated is not None and narrow and seen.utf8 and seen.beyond_ascii:
        raise FileError(
            f"{path}: the stated encoding is not that of the file, which is utf-8. "
            "State what the file has, or nothing."
        )
    return Characters(known, quoted=True)


def _encoding(path: Path, seen: Bytes) -> str:
    if seen.utf8:
        return "utf-8" if seen.beyond_ascii else "ascii"
    mixed = seen.danish_as_utf8 or seen.danish_as_dos
    if mixed or seen.not_in_cp1252:
        raise FileError(
            f"{path}: unreadable encoding (neither wholly UTF-8 nor wholly "
            "Windows-1252). Save it as UTF-8, or state the encoding (cp865 for DOS)."
        )
    return "cp1252" if seen.high_controls else "latin-1"


def delimiter_of(path: Path, lines: Sequence[str], *, stated: str | None) -> str:
    """The delimiter of a file whose first lines are *lines*, the header first.

    It divides the header, and at least 9 in 10 of the other lines into as many fields.
    Raises FileError where none or several do, or where another than the stated does.
    """
    dividing = [d for d in DELIMITERS if d in lines[0]]
    if stated is not None:
        return _stated_delimiter(path, lines, dividing, stated=stated)
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


def _stated_delimiter(
    path: Path, lines: Sequence[str], dividing: Sequence[str], *, stated: str
) -> str:
    if stated not in lines[0]:
        raise FileError(
            f"{path}: the stated delimiter is not in the first line, so there is "
            "one column only. State the right one."
        )
    others = [d for d in dividing if d != stated]
    better = [d for d in others if _share_divided_alike(lines, d) >= _SAME_SHARE]
    if better and _share_divided_alike(lines, stated) < 1 / 2:
        raise FileError(
            f"{path}: the stated delimiter does not divide the lines alike, as "
            f"{DELIMITERS[better[0]]} does. State what the file has, or nothing."
        )
    return stated


def _share_divided_alike(lines: Sequence[str], delimiter: str) -> float:
    """The share of lines with as many fields as the first, one empty more or less."""
    divided = [fields_of(line, delimiter) or [] for line in lines]
    width = len(without_last_blank(divided[0]))
    alike = [width in (len(f), len(without_last_blank(f))) for f in divided]
    return sum(alike) / len(alike)


def without_last_blank(fields: list[str]) -> list[str]:
    """*fields* without the last one if it is blank, as after a closing delimiter."""
    return fields[:-1] if fields and not fields[-1].strip() else fields


def fields_of(text: str, delimiter: str) -> list[str] | None:
    """The fields of one row's text, or None if its quotation marks are wrong.

    As Python's csv module has them in strict mode, but of any length: that module stops
    at 131,072 characters, and its limit is one for the whole process.
    """
    if '"' not in text:
        return text.split(delimiter)
    fields, begin = [], 0
    while True:
        quoted = text.startswith('"', begin)
        end = _end_of_quoted(text, begin) if quoted else text.find(delimiter, begin)
        if end is None:
            return None
        end = len(text) if end < 0 else end
        field = text[begin:end]
        if quoted:
            field = field[1:-1].replace('""', '"')
        elif "\n" in field:
            return None
        fields.append(field)
        if end == len(text):
            return fields
        if text[end] != delimiter:
            return None
        begin = end + 1


def _end_of_quoted(text: str, begin: int) -> int | None:
    """Where the quoted field ends that begins there; None if it is never closed."""
    end = begin + 1
    while (mark := text.find('"', end)) >= 0:
        if not text.startswith('"', mark + 1):
            return mark + 1
        end = mark + 2
    return None


@dataclass(frozen=True, slots=True)
class Cells:
    """How dates and decimals are written in a file; columns are told by position."""

    dates: DateHabit | None = None
    decimal: DecimalHabit | None = None
    notes: tuple[str, ...] = ()
    rewrites_dates: bool = False
    identifiers: frozenset[str] = frozenset()

    def write_plainly(self, texts: pa.Array, *, name: str) -> pa.Array:
        """Texts of the column *name* so that each cell reads by itself.

        Months before days become ISO dates, and marks that part thousands go.
        """
        if name in self.identifiers:
            return texts
        if self.rewrites_dates and has_mark(texts, b"-./"):
            texts = pc.replace_substring_regex(texts, _MONTH_FIRST, r"\3-\1-\2")
        return ungroup(texts, self.decimal)


@dataclass(slots=True)
class CellCounts:
    """What the cells of every column of a file show; counts of parts are added up."""

    columns: list[tuple[DecimalCounts, DateCounts]]
    names: Sequence[str]
    identifiers: frozenset[str]

    @classmethod
    def of(cls, names: Sequence[str], *, stated: Habits) -> "CellCounts":
        """Nothing counted yet in columns of these *names*."""
        # A file's first reading may take its UTF-8 for one byte a letter.
        written = {n.encode().decode("latin-1") for n in stated.identifiers}
        columns = [(DecimalCounts(), DateCounts()) for _ in names]
        return cls(columns, names, stated.identifiers | written)

    def add(self, columns: Sequence[pa.Array | None]) -> None:
        """Count one part of every column more; None where a column holds no text."""
        every = zip(self.names, self.columns, columns, strict=True)
        for name, (decimals, dates), texts in every:
            if texts is None or name in self.identifiers:
                continue
            if not has_mark(texts, b",.-/"):
                # A register of weeks has hundreds of columns of plain numbers.
                continue
            distinct, times = distinct_texts(texts)
            if has_mark(distinct, b",."):
                decimals.add_distinct(distinct, times)
            if has_mark(distinct, b"-./"):
                dates.add_distinct(distinct, times)

    def shows(self, stated: Habits) -> bool:
        """Whether there are texts of the kind of which something is *stated*."""
        decimals = any(d.marked for d, _ in self.columns)
        dates = any(d.rows for _, d in self.columns)
        return (decimals or not stated.decimal) and (dates or not stated.dates)

    def decide(self, where: str, *, stated: Habits, remedy: str = REMEDY) -> Cells:
        """The habits of the cells, stated or found from all of them.

        With dashes or dots the day stands first, as in Danish; with slashes the file
        must show it. Raises FileError beginning with *where* for cells that contradict
        each other or what is stated, and for day and month, or the points and commas of
        numbers, that can be read in two ways.
        """
        counts = [decimals for decimals, _ in self.columns]
        try:
            decimal = decide_decimal(counts, stated=stated.decimal)
        except DoubtfulDecimalsError as doubt:
            words = str(doubt).replace(REMEDY, remedy)
            raise FileError(f"{where}: {words}") from None
        dated = [dates for _, dates in self.columns]
        dates = decide_dates(where, dated, stated=stated.dates)
        told = []
        if dates == "day_first" and (n := sum(d.shows() for d in dated)):
            told.append(f"day before month in {n} columns")
        if dates == "month_first":
            told.append("month before day, as stated")
        if n := sum(c.comma > 0 and c.shows() for c in counts):
            told.append(f"decimal comma in {n} columns")
        return Cells(
            dates, decimal, tuple(told), dates == "month_first", stated.identifiers
        )
