"""What parts the fields of delimited text, and a row's fields by it."""

from collections.abc import Sequence
from pathlib import Path

from riskscreen.errors import FileError

DELIMITERS = {";": "semicolon", ",": "comma", "\t": "tab", "|": "bar"}
_SAME_SHARE = 0.9
"""A delimiter divides at least this share of the first lines like the header."""


def detect_delimiter(path: Path, lines: Sequence[str], *, stated: str | None) -> str:
    """Return the delimiter of a file whose first lines are *lines*, the header first.

    It divides the header, and at least 9 in 10 of the other lines into as many fields.
    Raises FileError where none or several do, or where another than the stated does.
    """
    dividing = [mark for mark in DELIMITERS if mark in lines[0]]
    alike = [m for m in dividing if _measure_alike(lines, m) >= _SAME_SHARE]
    if stated is not None:
        if stated not in lines[0]:
            raise FileError(
                f"{path}: the stated delimiter is not in the first line, so there is "
                "one column only. State the right one."
            )
        better = [mark for mark in alike if mark != stated]
        if better and _measure_alike(lines, stated) < 1 / 2:
            raise FileError(
                f"{path}: the stated delimiter does not divide the lines alike, as "
                f"{DELIMITERS[better[0]]} does. State what the file has, or nothing."
            )
        return stated
    if not dividing:
        raise FileError(
            f"{path}: the first line is one column only: wrong delimiter, or no line "
            "of column names. Use ; or , or tab or |, or state the delimiter."
        )
    possible = alike or dividing
    if len(possible) > 1:
        names = " and ".join(DELIMITERS[mark] for mark in possible)
        raise FileError(
            f"{path}: {names} divide the lines equally well. State the delimiter."
        )
    return possible[0]


def _measure_alike(lines: Sequence[str], delimiter: str) -> float:
    """Return the share of lines with as many fields as the first, a blank apart."""
    divided = [split_fields(line, delimiter) or [] for line in lines]
    width = len(drop_trailing_blank(divided[0]))
    alike = [width in (len(f), len(drop_trailing_blank(f))) for f in divided]
    return sum(alike) / len(alike)


def drop_trailing_blank(fields: list[str]) -> list[str]:
    """Return *fields* without a blank last one, as after a closing delimiter."""
    return fields[:-1] if fields and not fields[-1].strip() else fields


def split_fields(text: str, delimiter: str) -> list[str] | None:
    """Split one row's text into its fields; None if its quotation marks are wrong.

    As Python's csv module has them in strict mode, but of any length: that module stops
    at 131,072 characters, and its limit is one for the whole process.
    """
    if '"' not in text:
        return text.split(delimiter)
    fields, begin = [], 0
    while True:
        quoted = text.startswith('"', begin)
        end = _find_closing(text, begin) if quoted else text.find(delimiter, begin)
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


def _find_closing(text: str, begin: int) -> int | None:
    """Find where the quoted field ends that begins there; None if nowhere."""
    end = begin + 1
    while (mark := text.find('"', end)) >= 0:
        if not text.startswith('"', mark + 1):
            return mark + 1
        end = mark + 2
    return None
