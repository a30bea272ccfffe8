"""Small files that people write by hand: text, TOML and CSV, as editors save them."""

import codecs
import csv
import io
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

from riskscreen.errors import FileError, ScreeningError
from riskscreen.harmful_words import find_harmful_word
from riskscreen.plain_files import NotPlainError, TooLargeError, read_plain

YES = frozenset({"ja", "j", "true", "t", "sand", "yes", "y", "1", "1.0"})
NO = frozenset({"nej", "n", "false", "f", "falsk", "no", "0", "0.0"})
"""What people and programs write for yes and no, in small letters."""

_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_UTF_8 = "Save it as UTF-8."
_CSV_UTF_8 = "Save it as UTF-8 (in a spreadsheet: CSV UTF-8)."
_DAY_FIRST = re.compile(r"([0-9]{1,2})[-.]([0-9]{1,2})[-.]([0-9]{4})")
_PLACE = re.compile(r"\(at [a-z0-9, ]+\)$")
_YEAR_FIRST = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


class UnreadableError(ValueError):
    """Why a file cannot be read, and the remedy; says nothing of which file it is."""


@contextmanager
def name_unreadable(
    file: Path | str, *, absent: str = "", kind: type[ScreeningError] = FileError
) -> Iterator[None]:
    """Raise *kind* naming *file* where what is read there cannot be.

    *absent* says what to do where there is no such file; without it FileNotFoundError
    passes, for who reads to say what that means.
    """
    try:
        yield
    except FileNotFoundError:
        if not absent:
            raise
        raise kind(f"{file}: {absent}") from None
    except UnreadableError as fault:
        raise kind(f"{file}: {fault}") from None


@dataclass(frozen=True, slots=True)
class CsvRows:
    """The rows of a CSV file: of each the line it ends on, and its cells by column.

    Cells are without blanks around them; a row that is blank throughout is none.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[int, dict[str, str]], ...]


def read_toml(path: Path) -> dict[str, Any]:
    """Return the content of a TOML file.

    Raises FileNotFoundError, and UnreadableError with the remedy for anything else.
    """
    try:
        return deepcopy(_parse_toml(read_text(path)))
    except RecursionError:
        raise UnreadableError("nested too deeply. Mend the file.") from None
    except UnreadableError:
        raise
    # Of a whole number of thousands of digits it is a plain ValueError.
    except ValueError as broken:
        # Its place alone: what is said of a name that stands twice quotes it.
        place = _PLACE.search(str(broken))
        where = f" {place[0]}" if place else ""
        raise UnreadableError(f"not valid TOML{where}. Mend the file.") from None


# Each target reads the files that all of them share.
@lru_cache(maxsize=32)
def _parse_toml(text: str) -> dict[str, Any]:
    _refuse_harmful_words(text)
    return tomllib.loads(text)


def read_words(path: Path) -> str:
    """Return the text of a file that people read, or that is printed for them.

    Raises as read_text does, and UnreadableError with line and word where one is
    harmful (harmful_words.py), in a comment too.
    """
    text = read_text(path)
    _refuse_harmful_words(text)
    return text


def _refuse_harmful_words(text: str) -> None:
    for number, line in enumerate(text.splitlines(), start=1):
        if found := find_harmful_word(line):
            word, instead = found
            raise UnreadableError(f"line {number}: not {word!r}: {instead}.")


def read_text(path: Path) -> str:
    """Return the text of a file in UTF-8; a mark at its beginning (BOM) is no text.

    Raises FileNotFoundError, and UnreadableError with the remedy for anything else.
    """
    try:
        content = read_plain(path)
    except FileNotFoundError:
        raise
    except NotPlainError:
        raise UnreadableError("no file. Save it as a file first.") from None
    except TooLargeError:
        raise UnreadableError("too large for what it is. Check the path.") from None
    except OSError:
        raise UnreadableError("cannot be read. Check that it may be.") from None
    remedy = _CSV_UTF_8 if path.suffix.lower() == ".csv" else _UTF_8
    if content.startswith(_UTF_16) or b"\0" in content:
        raise UnreadableError(f"saved as UTF-16. {remedy}")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UnreadableError(f"not UTF-8. {remedy}") from None


def parse_csv(text: str) -> CsvRows:
    """Return the rows of a CSV text; commas part its cells, or semicolons.

    Which, the first line says: a Danish spreadsheet writes semicolons. A row may end
    before its last columns, for a spreadsheet leaves blank cells out there. Raises
    UnreadableError with line and remedy for what is no such text.
    """
    (_, head), *rows = _read_lines(text) or [(1, [])]
    columns = tuple(head)
    while columns and not columns[-1]:
        columns = columns[:-1]
    if len({*columns}) < len(columns):
        raise UnreadableError("two columns have one name. Leave one of them.")
    for line, cells in rows:
        if len(cells) > len(head) or any(cells[len(columns) :]):
            raise UnreadableError(
                f"line {line}: more cells than columns. Put a text with a comma (or "
                "semicolon) in quotes."
            )
    blank = dict.fromkeys(columns, "")
    return CsvRows(
        columns,
        # What is over is blank.
        tuple(
            (line, blank | dict(zip(columns, row, strict=False))) for line, row in rows
        ),
    )


def format_csv(columns: Sequence[str], rows: Iterable[Mapping[str, str]]) -> str:
    """Return a CSV text that parse_csv reads as *rows*; a cell left out is blank.

    >>> format_csv(["code", "source"], [{"code": "860", "source": "law, 2026"}, {}])
    'code,source\\n860,"law, 2026"\\n,\\n'
    """
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def read_csv_log(
    path: Path, columns: Sequence[str], *, remedy: str
) -> list[dict[str, str]]:
    """Return the rows of a CSV file that we write; none where there is none yet.

    Raises FileError with *remedy* where its columns are others.
    """
    try:
        with name_unreadable(path):
            log = parse_csv(read_text(path))
    except FileNotFoundError:
        return []
    if log.columns != columns:
        listed = ", ".join(columns)
        raise FileError(f"{path}: its columns are not {listed}. {remedy}")
    return [row for _, row in log.rows]


def split_paragraphs(words: str) -> tuple[str, ...]:
    """Return the paragraphs of a text, which blank lines part, each on one line.

    >>> split_paragraphs("One\\nline.\\n\\n\\n\\nAnother.\\n")
    ('One line.', 'Another.')
    """
    parts = words.split("\n\n")
    return tuple(" ".join(part.split()) for part in parts if part.strip())


def _read_lines(text: str) -> list[tuple[int, list[str]]]:
    """Return the cells of each row that is not blank, and the line it ends on."""
    # Line ends of any kind; one within quotes belongs to its cell.
    stream = io.StringIO(text, newline=None)
    reader = csv.reader(stream, delimiter=_find_delimiter(text), strict=True)
    try:
        lines = [([cell.strip() for cell in row], reader.line_num) for row in reader]
    except csv.Error:
        raise UnreadableError(
            f"line {reader.line_num}: cannot be read as CSV: quotes that do not pair, "
            "or a cell of more than 131,072 characters. Save it as CSV anew."
        ) from None
    return [(line, cells) for cells, line in lines if any(cells)]


def write_iso_day(text: str) -> str:
    """Return a day as 2026-07-01 that a Danish spreadsheet wrote as 01-07-2026.

    Anything else stays as it is.

    >>> write_iso_day("01-07-2026"), write_iso_day("1.7.2026"), write_iso_day("7/1/26")
    ('2026-07-01', '2026-07-01', '7/1/26')
    """
    if (found := _DAY_FIRST.fullmatch(text)) is None:
        return text
    day, month, year = found.groups()
    return f"{year}-{month:0>2}-{day:0>2}"


def parse_day(text: str) -> date | None:
    """Return the day that a cell says, None of an empty one.

    Raises ValueError for what is neither 2026-07-01 nor 01-07-2026.

    >>> parse_day("01-07-2026")
    datetime.date(2026, 7, 1)
    """
    if not text:
        return None
    iso = write_iso_day(text)
    if _YEAR_FIRST.fullmatch(iso) is None:
        raise ValueError("not a day as 2026-07-01 or 01-07-2026")
    return date.fromisoformat(iso)


def _find_delimiter(text: str) -> str:
    head = next(iter(text.lstrip().splitlines()), "")
    return ";" if head.count(";") > head.count(",") else ","
