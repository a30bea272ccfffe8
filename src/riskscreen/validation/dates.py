"""Days as texts write them: what cannot be misread is read, what can is described.

Read: year first (``2024-12-16``, ``2024/12/16``, ``20241216``), day first
(``16-12-2024``, with dots or slashes), the month a word (``16DEC2024``, ``16. maj
2024``). A time of day is cut off; a moment with a zone (``2024-12-15T23:00:00Z``) is
the day that it was in Denmark. Never guessed: years of two digits, day numbers of Excel
or SAS, and ``2024-12-15 23:00:00`` without a zone, which is a Danish midnight in UTC as
databases and programs write it: cut off, it would be the day before.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta

from riskscreen.timeline import is_danish_midnight, to_danish_day

YEARS = (1900, 2100)
"""Dates outside are slips of the hand or stand for "never" (9999-12-31)."""
NOT_FILLED_IN = frozenset({date(1900, 1, 1), date(1899, 12, 30), date(1899, 12, 31)})
"""Days that SQL Server, Access and Excel write where no date was filled in."""
_NOTHING = date(1900, 1, 1)
"""What 0000-00-00, as MySQL writes it, is taken for."""
_ENDLESS = frozenset({"infinity", "+infinity", "inf", "+inf"})
"""What PostgreSQL writes for a day after all others."""

_TIME = r"(?:(?:T|[ ]+|:)(\d{1,2})(?:[:.](\d{2}))?(?:[:.](\d{2}))?(?:[.,]\d+)?)?"
_ZONE = r"(?:[ ]?(Z|UTC|GMT|[+-]\d{2}(?::?\d{2})?)(?:\[[A-Za-z_/]+\])?)?"
_AM_PM = r"(?:[ ]?([AP])M)?"
_FLAGS = re.ASCII | re.IGNORECASE
_YEAR_FIRST = re.compile(
    rf"(\d{{4}})([-/.])(\d{{1,2}})\2(\d{{1,2}}){_TIME}{_ZONE}", _FLAGS
)
_DAY_FIRST = re.compile(
    rf"(\d{{1,2}})[-./](\d{{1,2}})[-./](\d{{4}}){_TIME}{_AM_PM}{_ZONE}", _FLAGS
)
_COMPACT = re.compile(
    rf"(\d{{4}})(\d{{2}})(\d{{2}})(?:[.,]0+|T?(\d{{2}})(\d{{2}})(\d{{2}}){_ZONE})?",
    _FLAGS,
)
_WORD = re.compile(
    rf"(\d{{1,2}})[-. ]{{0,2}}([A-Z]{{3,9}})\.?[- ]?(\d{{4}}){_TIME}{_ZONE}", _FLAGS
)
_OFFSET = re.compile(r"([+-])(\d{2}):?(\d{2})?")

_MONTHS = (
    "januar january",
    "februar february",
    "marts march",
    "april",
    "maj may",
    "juni june",
    "juli july",
    "august",
    "september sept",
    "oktober october",
    "november",
    "december",
)
_MONTH = {
    written: number
    for number, names in enumerate(_MONTHS, start=1)
    for name in names.split()
    for written in (name, name[:3])
}

_EXCEL = (30_000, 60_000)
"""Day numbers of 1982 to 2064 as Excel counts them, from 1899-12-30."""
_SAS = (10_000, 30_000)
"""Day numbers of 1987 to 2042 as SAS counts them, from 1960-01-01."""
_LOOKS: tuple[tuple[str, str], ...] = (
    (r"\d{1,2}[-./ ]\d{1,2}[-./ ]\d{2}(?:\D.*)?", "two_digits"),
    (r"\d{1,2}[-./ ]?[A-Za-zæøåÆØÅ]{3,9}\.?[-./ ]?\d{2}(?:\D.*)?", "two_digits"),
    (r"\d{6}", "two_digits"),
    (r"[0-3]\d[01]\d(?:19|20)\d{2}", "digits"),
    (r"\d{9,10}", "seconds"),
    (r"\d{12,13}", "seconds"),
    (r"\d{4}[-./]?\d{1,2}", "months"),
    (r"\d{4}[- ]?[WwUu]\d{1,2}.*", "weeks"),
    (r"\d{1,2}[:.]\d{2}(?:[:.]\d{2})?", "times"),
    (r"[+-]?inf(?:inity)?", "infinity"),
)
_DESCRIBED = {
    "excel": "Excel day numbers: format the column as yyyy-mm-dd",
    "sas": "SAS day numbers: give the column a date format such as yymmdd10.",
    "two_digits": "dates with years of two digits: write all four",
    "digits": "eight figures that do not begin with the year: write yyyy-mm-dd",
    "seconds": "seconds counted from 1970: write yyyy-mm-dd",
    "months": "months without a day: write yyyy-mm-dd",
    "weeks": "weeks, not days: write yyyy-mm-dd",
    "times": "times of day without a date: write yyyy-mm-dd",
    "midnights": "midnights of Denmark in UTC: write yyyy-mm-dd, or the zone as well",
    "infinity": "infinity: leave an unknown date blank",
    "month_first": "month before day: write yyyy-mm-dd, or state dates = month_first",
    "no_day": "days that do not exist, or years before 1900 or after 2099",
    "other": "no form of date that is known: write yyyy-mm-dd",
}


def read_day(text: str) -> date | None:
    """Return the day that *text* writes in any form that has one meaning, or None.

    Days before 1900 and after 2099 are None, but for those of NOT_FILLED_IN.

    >>> read_day("16DEC2024"), read_day("2024-12-15T23:00:00Z"), read_day("16-12-24")
    (datetime.date(2024, 12, 16), datetime.date(2024, 12, 16), None)
    """
    written = _parse(text)
    if written is None:
        return None
    (year, month, day), clock, zone = written
    if not any((year, month, day)):
        return _NOTHING
    try:
        midnight = datetime(year, month, day)  # noqa: DTZ001
        read = _convert_to_denmark(midnight, clock, zone)
    except (ValueError, OverflowError):
        return None
    if read in NOT_FILLED_IN:
        return read
    if not YEARS[0] <= read.year < YEARS[1]:
        return None
    doubtful = zone is None and clock and is_danish_midnight(midnight + clock)
    return None if doubtful else read


def is_far_ahead(text: str) -> bool:
    """Return whether *text* is a year from 2100 on, as registers write "no end yet"."""
    if text.lower() in _ENDLESS:
        return True
    written = _parse(text)
    return written is not None and written[0][0] >= YEARS[1]


_Clock = timedelta | None
"""The time of day, or None where a text has none."""


def _parse(text: str) -> tuple[tuple[int, int, int], _Clock, str | None] | None:
    """Read year, month and day as they stand, the time of day and the zone."""
    half = None
    if match := _YEAR_FIRST.fullmatch(text):
        year, _, month, day, *clock, zone = match.groups()
    elif match := _DAY_FIRST.fullmatch(text):
        day, month, year, *clock, half, zone = match.groups()
    elif match := _COMPACT.fullmatch(text):
        year, month, day, *clock, zone = match.groups()
    elif match := _WORD.fullmatch(text):
        day, word, year, *clock, zone = match.groups()
        month = str(_MONTH.get(word.lower(), 13))
    else:
        return None
    return (int(year), int(month), int(day)), _read_clock(clock, half), zone


def _read_clock(parts: Sequence[str | None], half: str | None) -> _Clock:
    """Return the time of day of hours, minutes and seconds; *half* is A or P of AM."""
    if parts[0] is None:
        return None
    hours, minutes, seconds = (int(part or 0) for part in parts)
    if half is not None:
        hours = hours % 12 + (12 if half.upper() == "P" else 0)
    return timedelta(hours=hours, minutes=minutes, seconds=seconds)


def _convert_to_denmark(midnight: datetime, clock: _Clock, zone: str | None) -> date:
    """Return the day of a time; with a zone the day that this moment was in Denmark."""
    if zone is None or clock is None:
        return midnight.date()
    moment = midnight + clock
    if offset := _OFFSET.fullmatch(zone):
        ahead = timedelta(hours=int(offset[2]), minutes=int(offset[3] or 0))
        moment += -ahead if offset[1] == "+" else ahead
    return to_danish_day(moment)


def describe_unread(texts: Mapping[str, int]) -> str:
    """Return what most of some *texts* that are no days look like, and the remedy.

    *texts* says how many cells hold each. No text is quoted.
    """
    looks: Counter[str] = Counter()
    for text, cells in texts.items():
        looks[_look(text)] += cells
    if not looks:
        return ""
    look, cells = looks.most_common(1)[0]
    most = 2 * cells > sum(looks.values())
    return f"they look like {_DESCRIBED[look]}" if most else "they have several forms"


def _look(text: str) -> str:
    if number := re.fullmatch(r"(\d{5})(?:[.,]\d+)?", text, re.ASCII):
        days = int(number[1])
        for kind, (first, last) in {"excel": _EXCEL, "sas": _SAS}.items():
            if first <= days < last:
                return kind
    for pattern, kind in _LOOKS:
        if re.fullmatch(pattern, text, re.ASCII | re.IGNORECASE):
            return kind
    if (written := _parse(text)) is None:
        return "other"
    (year, month, day), clock, _ = written
    if month > 12:
        first_is_month = _DAY_FIRST.fullmatch(text) and day <= 12 < month <= 31
        return "month_first" if first_is_month else "no_day"
    day_alone = read_day(f"{year:04}-{month}-{day}")
    return "midnights" if clock and day_alone else "no_day"
