"""The words that leave a run: what may be named in them, and what is masked in all.

Every text that is raised, printed or kept beside figures passes ``mask_words``. What
stands in a delivery and is nobody's declaration (a code, a heading, a level, a key of a
hand-written file) is told by the functions here, or not at all.
"""

import re
from collections.abc import Collection, Iterable, Mapping
from functools import cache
from importlib.resources import files
from itertools import pairwise
from typing import Any

from riskscreen.person_numbers import mask_person_numbers
from riskscreen.spelling import find_nearest_name

SMALLEST_GROUP = 5
"""Figures built on fewer people are hidden (Statistics Denmark's usual floor)."""
SECRET = "***"
_CODE = re.compile(r"[A-Z]{0,2}[0-9]{1,4}")
_HARMLESS = re.compile(r"[A-Za-z_ .,-]*")
"""Nothing of what is masked is without a digit, an equals sign or a colon."""
_WORD = re.compile(r"[\w.+-]{1,20}")
_ADDRESS = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*://)([^\s'\"<>`]*)")
_SECRET_WORDS = "pass|pwd|token|secret|credential|key|auth|odbc_connect"
_PAIR = re.compile(
    rf"([A-Za-z0-9_.-]*(?:{_SECRET_WORDS})[A-Za-z0-9_.-]*\s?=)(\s?)"
    r"""('[^']*'|"[^"]*"|\{[^}]*\}|[^\s&;,'"]+)""",
    re.IGNORECASE,
)
_DIGEST = re.compile(r"(?<![0-9A-Za-z])(?=[0-9]*[a-f])[0-9a-f]{12,64}(?![0-9A-Za-z])")


def mask_words(words: str) -> str:
    """Return *words* without person numbers, and without what opens a database.

    Of an address the user, the password and everything behind a question mark go, and
    of ``password=...`` and its like, wherever they stand, the value.

    >>> mask_words("postgresql://ada:p@db/register?sslpassword=x is not there")
    'postgresql://***@db/register?*** is not there'
    """
    if _HARMLESS.fullmatch(words):
        return words
    return "\n".join(map(_mask_line, words.split("\n")))


def mask_content(content: Any) -> Any:
    """Return *content*, as JSON holds it, with mask_words over each of its texts."""
    if isinstance(content, str):
        return mask_words(content)
    if isinstance(content, Mapping):
        return {
            mask_content(key): mask_content(value) for key, value in content.items()
        }
    if isinstance(content, list | tuple):
        return [mask_content(entry) for entry in content]
    return content


def _mask_line(line: str) -> str:
    if "=" in line:
        line = _PAIR.sub(rf"\1\2{SECRET}", line)
    if "://" in line:
        line = _ADDRESS.sub(lambda found: found[1] + _mask_address(found[2]), line)
    # Half of all digests hold a run of digits; a person number holds no such letters.
    digests = list(_DIGEST.finditer(line))
    if not digests:
        return mask_person_numbers(line)
    bounds = [0, *(at for found in digests for at in found.span()), len(line)]
    parts = [line[a:b] for a, b in pairwise(bounds)]
    parts[::2] = map(mask_person_numbers, parts[::2])
    return "".join(parts)


def _mask_address(rest: str) -> str:
    """Return what follows ``://`` without user, password and the values behind it."""
    place, asked, _ = rest.partition("?")
    if "@" in rest.removeprefix(place):
        return SECRET  # a mark in a password, or an at-sign in a value: nobody can tell
    opened = f"{SECRET}@" if "@" in place else ""
    return opened + place.rpartition("@")[2] + (f"?{SECRET}" if asked else "")


def is_secret(name: str) -> bool:
    """Return whether what is called *name* opens a database or a service.

    >>> is_secret("sslpassword"), is_secret("sslmode")
    (True, False)
    """
    return re.search(_SECRET_WORDS, name, re.IGNORECASE) is not None


def looks_like_code(text: str) -> bool:
    """Return whether a text has the form of a benefit code; others may be anything.

    >>> looks_like_code("A12"), looks_like_code("0101901234")
    (True, False)
    """
    return _CODE.fullmatch(text) is not None


def is_shown_code(code: str, *, persons: int) -> bool:
    """Return whether a code that no table holds may be named: many have it.

    >>> is_shown_code("A12", persons=5), is_shown_code("Kaj, Storegade", persons=9)
    (True, False)
    """
    return persons >= SMALLEST_GROUP and looks_like_code(code)


def is_shown_level(level: str, *, persons: int) -> bool:
    """Return whether a level that nobody declared may be named: many have it.

    >>> is_shown_level("Nord", persons=5), is_shown_level("Kaj Hansen", persons=9)
    (True, False)
    """
    return persons >= SMALLEST_GROUP and _WORD.fullmatch(level) is not None


def describe_headings(
    headings: Iterable[str], declared: Collection[str]
) -> tuple[str, ...]:
    """Describe the columns that are none of *declared*, never by their own text.

    >>> describe_headings(["case_id", "Kaj Hansen", "taem"], ["case_id", "team"])
    ('column 2', 'column 3 (nearest: team)')
    """
    return tuple(
        f"column {position}{_nearest(heading, declared)}"
        for position, heading in enumerate(headings, start=1)
        if heading not in declared
    )


def _nearest(name: str, declared: Iterable[str]) -> str:
    near = find_nearest_name(name, declared)
    return f" (nearest: {near})" if near else ""


@cache
def _leaks() -> tuple[tuple[re.Pattern[str], str], ...]:
    """Read the patterns of columns known only after T0, or the outcome itself."""
    source = files("riskscreen").joinpath("data/leaks.csv").read_text("utf-8")
    rows = [line.split(",", 1) for line in source.splitlines()[1:] if line.strip()]
    return tuple((re.compile(pattern), why) for pattern, why in rows)


TALK_HELD = "a talk held after T0"
"""Why the day of the first talk is a leak at intake; at a landmark it is known."""


def find_leak(column: str) -> str | None:
    """Return why a column of this name cannot be known at T0, or None.

    The list is data/leaks.csv (the barred columns of the two intake moments).
    """
    plain = column.strip().lower()
    return next((why for pattern, why in _leaks() if pattern.search(plain)), None)
