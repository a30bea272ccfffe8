"""What may never be shown: person numbers, names, leaks and small groups."""

import re
from functools import cache
from importlib.resources import files

import pandas as pd

SMALLEST_GROUP = 5
"""Figures built on fewer people are hidden (Statistics Denmark's usual floor)."""

_CPR = re.compile(r"(?<!\d)(\d{2})(\d{2})(\d{2})[- ]?(\d{4})(?!\d)")
_DAYS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_PERSONAL = {
    "person number": ("cpr", "cprnr", "personnummer", "person_number", "ssn"),
    "name": ("navn", "fornavn", "efternavn", "name", "first_name", "last_name"),
    "address": ("adresse", "address", "vej", "street", "postnr_by", "email", "telefon"),
}


def holds_person_number(text: str) -> bool:
    """Whether *text* holds a Danish person number (CPR) with a possible date.

    Ten digits ddmmyy-xxxx, where dd (from 61 in replacement numbers: 60 added) and mm
    are a day that exists; the check digit is not used, since numbers issued after
    October 2007 may break it.

    >>> holds_person_number("ring 010190-1234"), holds_person_number("9999991234")
    (True, False)
    """
    return any(_possible_day(*found.groups()[:2]) for found in _CPR.finditer(text))


def _possible_day(day: str, month: str) -> bool:
    number, month_number = int(day), int(month)
    if not 1 <= month_number <= 12:
        return False
    number = number - 60 if number > 60 else number
    return 1 <= number <= _DAYS[month_number - 1]


def personal_data_named(column: str) -> str | None:
    """The kind of personal data that a column's name says it holds, or None.

    >>> personal_data_named("Fornavn"), personal_data_named("weeks_of_work")
    ('name', None)
    """
    plain = column.strip().lower().replace(" ", "_").replace("-", "_")
    for kind, names in _PERSONAL.items():
        if plain in names or any(plain.startswith(f"{n}_") for n in names[:2]):
            return kind
    return None


@cache
def _leaks() -> tuple[tuple[re.Pattern[str], str], ...]:
    """Patterns of columns that are known only after T0, or are the outcome itself."""
    source = files("riskscreen").joinpath("data/leaks.csv").read_text("utf-8")
    rows = [line.split(",", 1) for line in source.splitlines()[1:] if line.strip()]
    return tuple((re.compile(pattern), why) for pattern, why in rows)


def leak_named(column: str) -> str | None:
    """Why a column of this name cannot be known at T0, or None.

    The list is data/leaks.csv (the barred columns of the two intake moments).
    """
    plain = column.strip().lower()
    return next((why for pattern, why in _leaks() if pattern.search(plain)), None)


def hide_small(counts: pd.DataFrame, *, size: str = "n") -> pd.DataFrame:
    """Blank every figure in rows built on fewer than SMALLEST_GROUP people.

    >>> hide_small(pd.DataFrame({"n": [4, 5], "rate": [0.5, 0.2]}))["rate"].tolist()
    [nan, 0.2]
    """
    return counts.mask(counts[size] < SMALLEST_GROUP)
