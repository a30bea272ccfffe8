"""Read one file of a release by its content: a table, a note, or what may not leave."""

import csv
import json
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from riskscreen.disclosure.words import SECRET, mask_words
from riskscreen.person_numbers import MASKED
from riskscreen.release.findings import Rule
from riskscreen.release.forms import Tables, parse_table

_SEPARATORS = (",", ";", "\t", "|")
_PATH = re.compile(r"[A-Za-z]:\\|\\\\|://|(?<![\w/])(?:~|\.\.?)?/[\w.-]+", re.ASCII)
_KEY = re.compile(r"\b(?=\w*[0-9])(?=\w*[A-Za-z])[\w-]{5,}\b|[0-9]{6,}")
_DAY = re.compile(r"\b(?:19|20)[0-9]{2}(?:-[0-9]{2}-[0-9]{2})?\b")
_NUMBER = re.compile(r"\d")


@dataclass(frozen=True, slots=True)
class Content:
    """What a file holds: ``tables``, the words of a ``note``, or the ``rule`` broken.

    ``rows`` are how many rows, or lines, it has.
    """

    tables: Tables | None = None
    note: str | None = None
    rule: Rule | None = None
    rows: int = 1


def read_content(raw: bytes) -> Content:
    """Return what *raw* holds, whatever its name says."""
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        return Content(rule=Rule.KIND)
    # Control characters make no text; a byte-order mark is one that nobody sees.
    if re.search(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]", text.removeprefix("\ufeff")):
        return Content(rule=Rule.KIND)
    text = text.removeprefix("\ufeff")
    if re.search(r"<[A-Za-z!?/]", text):
        rows = len(re.findall(r"<tr\b", text, re.IGNORECASE))
        return Content(rule=Rule.TABLE if rows else Rule.KIND, rows=max(rows, 1))
    return _read_lines(text)


def _read_lines(text: str) -> Content:
    lines = [line for line in text.splitlines() if line.strip()]
    if (rows := _count_json_rows(text, lines)) is not None:
        return Content(rule=Rule.TABLE if rows > 1 else Rule.JSON, rows=rows)
    with suppress(ValueError, csv.Error):
        return Content(tables=parse_table(csv.reader(lines)), rows=len(lines))
    if _is_table(lines):
        return Content(rule=Rule.TABLE, rows=len(lines))
    return Content(note=text)


def _count_json_rows(text: str, lines: list[str]) -> int | None:
    """Return how many objects JSON lists, or as many lines of it; None for others."""
    whole = _parse_json(text)
    if whole is not None:
        return len(whole) if isinstance(whole, list) else 1
    found = [_parse_json(line) for line in lines]
    return len(lines) if len(lines) > 1 and None not in found else None


def _is_table(lines: list[str]) -> bool:
    """Return whether each of two lines or more has the same separators, by one mark."""
    for mark in _SEPARATORS:
        marks = {line.count(mark) for line in lines}
        if len(lines) > 1 and len(marks) == 1 and marks != {0}:
            return True
    return sum(line.count("|") > 1 for line in lines) > 1


def _parse_json(text: str) -> dict[str, Any] | list[Any] | None:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict | list) else None


def check_words(words: str) -> Iterator[Rule]:
    """Yield what *words* hold that no file, nor its name, may hold."""
    masked = mask_words(words)
    if MASKED in masked and MASKED not in words:
        yield Rule.PERSON_NUMBER
    if SECRET in masked and SECRET not in words:
        yield Rule.SECRET


def check_note(note: str) -> Iterator[tuple[Rule, int]]:
    """Yield what each line of a *note* breaks, with its number."""
    for number, line in enumerate(note.splitlines(), start=1):
        for rule in check_words(line):
            yield rule, number
        if _PATH.search(line):
            yield Rule.PATH, number
        plain = _DAY.sub("", line)
        if _KEY.search(plain):
            yield Rule.KEY, number
        elif _NUMBER.search(plain):
            yield Rule.NUMBER_IN_NOTE, number
