"""Days, months and ISO weeks, as dates, day numbers and DREAM labels.

A register week runs from Monday to the next Monday. Days are whole numbers counted from
1970-01-01, so that a week is an integer division away.
"""

import calendar
import re
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from typing import Any, cast, overload
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from riskscreen.errors import FileError, ScreeningError

DAYS_IN_WEEK = 7
MONDAY_OFFSET = 3
"""1970-01-01 was a Thursday: (day + 3) // 7 numbers the weeks from Monday to Monday."""
OPEN_END = int(np.iinfo(np.int32).max)
"""The day number that stands for "no end yet"; it fits 32 bits."""
ALWAYS = int(np.iinfo(np.int32).min)
"""The day number that stands for "no beginning"."""
PIVOT_YEAR = 90
"""Two-digit years from 90 are 19xx, the others 20xx: DREAM begins in 1991."""

DENMARK = "Europe/Copenhagen"
_YEARS_OF_MOMENTS = (1800, 2100)
"""Moments outside are nobody's and are not converted, which could overflow."""

_LABEL = re.compile(r"(?:y_)?(\d{2})(\d{2})", re.ASCII | re.IGNORECASE)

Days = npt.NDArray[np.int64]
_DAY = np.dtype("datetime64[D]")
_NO_DAY = np.iinfo(np.int64).min
"""The number of a missing day."""


@overload
def to_monday(dates: date) -> date: ...
@overload
def to_monday(dates: "pd.Series[pd.Timestamp]") -> "pd.Series[pd.Timestamp]": ...
def to_monday(
    dates: "date | pd.Series[pd.Timestamp]",
) -> "date | pd.Series[pd.Timestamp]":
    """Return the Monday of the week each date lies in; a missing date stays missing.

    >>> to_monday(date(2021, 1, 3)), to_monday(date(2021, 1, 4))
    (datetime.date(2020, 12, 28), datetime.date(2021, 1, 4))
    """
    if isinstance(dates, date):
        return dates - timedelta(days=dates.weekday())
    midnight = dates.dt.normalize() if _is_plain(dates) else to_danish_days(dates)
    # A missing date stays one; as a weekday of its own it would be no whole number.
    weekdays = midnight.dt.day_of_week.fillna(0).astype("int64")
    return midnight - pd.to_timedelta(weekdays, unit="D")


def add_months(day: date, months: int) -> date:
    """Return the same day of another month, or its last day where there is none.

    >>> add_months(date(2024, 11, 30), 3), add_months(date(2024, 3, 1), -9)
    (datetime.date(2025, 2, 28), datetime.date(2023, 6, 1))
    """
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    last = calendar.monthrange(year, month + 1)[1]
    return date(year, month + 1, min(day.day, last))


def find_end_of_month(day: date) -> date:
    """Return the last day of the month of *day*.

    >>> find_end_of_month(date(2024, 2, 3))
    datetime.date(2024, 2, 29)
    """
    return day.replace(day=calendar.monthrange(day.year, day.month)[1])


def count_months(first: date, last: date) -> int:
    """Return the whole months from *first* to *last*.

    >>> count_months(date(2024, 1, 31), date(2024, 2, 29))
    1
    >>> count_months(date(2024, 1, 15), date(2024, 3, 14))
    1
    """
    months = 12 * (last.year - first.year) + last.month - first.month
    return months - (add_months(first, months) > last)


def measure_span(first: date, last: date) -> float:
    """Return how many weeks there are from *first* to the end of *last*.

    >>> measure_span(date(2024, 1, 1), date(2024, 1, 14))
    2.0
    """
    return ((last - first).days + 1) / DAYS_IN_WEEK


def to_monday_days(days: npt.NDArray[np.integer]) -> Days:
    """Return the day number of the Monday of each day number's week.

    >>> to_monday_days(np.array([0, 3, 4, 10])).tolist()
    [-3, -3, 4, 4]
    """
    wide = days.astype(np.int64)
    return cast("Days", wide - (wide + MONDAY_OFFSET) % DAYS_IN_WEEK)


def to_days(dates: Any, *, missing: int = OPEN_END) -> Days:
    """Return whole days from 1970-01-01 to each date, in the dates' order.

    *dates* are a column or an array.
    A missing date becomes *missing* (by default OPEN_END, so that a spell without an
    end is over after every other); the time of day is cut off.

    >>> to_days(pd.Series(pd.to_datetime(["1970-01-01", "2021-01-04", None]))).tolist()
    [0, 18631, 2147483647]
    """
    plain = dates if _is_plain(dates) else to_danish_days(dates)
    days = np.asarray(plain).astype(_DAY).astype(np.int64)
    return np.where(days == _NO_DAY, missing, days)


def find_newest_day(dates: npt.NDArray[np.datetime64]) -> date | None:
    """Return the last day of *dates*; None where there is none.

    >>> find_newest_day(np.array(["2021-01-04", "NaT"], "datetime64[us]"))
    datetime.date(2021, 1, 4)
    """
    there = dates[~np.isnat(dates)]
    return there.max().astype(_DAY).item() if len(there) else None


def to_day_number(day: date) -> int:
    """Return whole days from 1970-01-01 to *day*.

    >>> to_day_number(date(2021, 1, 4))
    18631
    """
    return (day - date(1970, 1, 1)).days


def from_day_number(number: float) -> date:
    """Return the day of a day number, the reverse of to_day_number.

    >>> from_day_number(18631)
    datetime.date(2021, 1, 4)
    """
    return date(1970, 1, 1) + timedelta(days=int(number))


def from_days(
    days: npt.NDArray[np.integer], *, missing: int = OPEN_END
) -> "pd.Series[pd.Timestamp]":
    """Return the dates of day numbers, the reverse of to_days; *missing* is missing.

    >>> from_days(np.array([18631, OPEN_END])).dt.date.tolist()
    [datetime.date(2021, 1, 4), NaT]
    """
    dates = days.astype("datetime64[D]")
    dates[days == missing] = np.datetime64("NaT")
    return pd.Series(dates.astype("datetime64[s]"))


@cache
def _load_zone(name: str = DENMARK) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except ZoneInfoNotFoundError:
        raise FileError(
            "the time zones of this machine are not installed, so moments cannot be "
            "read as days. Install the system's package tzdata."
        ) from None


def to_danish_day(moment: datetime) -> date:
    """Return the day in Denmark of a moment, given in UTC without a zone.

    >>> to_danish_day(datetime(2024, 12, 15, 23))
    datetime.date(2024, 12, 16)
    >>> to_danish_day(datetime(2024, 7, 15, 21))
    datetime.date(2024, 7, 15)
    """
    return _to_danish_time(moment).date()


def is_danish_midnight(moment: datetime) -> bool:
    """Return whether *moment*, given in UTC without a zone, is midnight in Denmark.

    >>> is_danish_midnight(datetime(2024, 12, 15, 23))
    True
    >>> is_danish_midnight(datetime(2024, 7, 15, 23))
    False
    """
    return _to_danish_time(moment).time() == time.min and moment.time() != time.min


def _to_danish_time(moment: datetime) -> datetime:
    if not _YEARS_OF_MOMENTS[0] <= moment.year < _YEARS_OF_MOMENTS[1]:
        return moment
    return moment.replace(tzinfo=UTC).astimezone(_load_zone())


def find_today(now: datetime, zone: str = DENMARK) -> date:
    """Return the day in *zone* of *now*, a moment with its zone.

    >>> find_today(datetime(2024, 12, 15, 23, tzinfo=UTC))
    datetime.date(2024, 12, 16)
    >>> find_today(datetime(2024, 12, 15, 23, tzinfo=UTC), "Atlantic/Faroe")
    datetime.date(2024, 12, 15)
    """
    return now.astimezone(_load_zone(zone)).date()


def drop_time(day: date | None) -> date | None:
    """Return a day without a time: a datetime is a date too, and compares with none.

    >>> drop_time(datetime(2024, 12, 15, 23))
    datetime.date(2024, 12, 15)
    """
    return day.date() if isinstance(day, datetime) else day


def refuse_future(day: date, *, now: datetime, what: str) -> None:
    """Raise ScreeningError where *day* lies more than a day after today in Denmark.

    *now* is a moment with its zone. A register that is said to reach into the future
    would make every open case one whose outcome is known.
    """
    today = find_today(now)
    if day > today + timedelta(days=1):
        raise ScreeningError(
            f"{what} lies {(day - today).days} days after today. Name the day on which "
            "the data were extracted."
        )


def _is_plain(dates: Any) -> bool:
    """Tell whether numpy holds the column: days without a zone, or objects."""
    return isinstance(dates.dtype, np.dtype)


def to_danish_days(dates: "pd.Series[Any]") -> "pd.Series[Any]":
    """Return the days of a column of dates or moments: ``datetime64[us]``, no zone.

    A moment with a zone is the day that it was in Denmark; one without a zone is the
    day it says. Columns of pandas and of Arrow are read alike, whatever their unit.

    >>> utc = pd.Series(pd.to_datetime(["2024-12-15 23:00"], utc=True))
    >>> to_danish_days(utc).tolist()
    [Timestamp('2024-12-16 00:00:00')]
    """
    moments, zoned = _to_moments(dates)
    if zoned:
        first, last = (np.datetime64(f"{y}-01-01") for y in _YEARS_OF_MOMENTS)
        near = (moments >= first) & (moments < last)
        local = pd.DatetimeIndex(moments[near]).tz_localize("UTC")
        local = local.tz_convert(_load_zone()).tz_localize(None)
        moments = moments.copy()
        moments[near] = local.to_numpy(dtype="datetime64[us]")
    days = moments.astype("datetime64[D]").astype("datetime64[us]")
    return pd.Series(days, index=dates.index, name=dates.name)


def find_danish_midnights(dates: "pd.Series[Any]") -> npt.NDArray[np.bool_]:
    """Find the moments without a zone that are midnight in Denmark if they are of UTC.

    >>> moments = pd.Series(pd.to_datetime(["2024-12-15 23:00", "2024-12-16 10:00"]))
    >>> find_danish_midnights(moments).tolist()
    [True, False]
    """
    moments, zoned = _to_moments(dates)
    of_day = moments - moments.astype("datetime64[D]")
    late = np.isin(of_day, np.array([22, 23], dtype="timedelta64[h]"))
    if zoned or not late.any():
        return np.zeros(len(moments), dtype=bool)
    late[late] = [is_danish_midnight(m) for m in moments[late].tolist()]
    return late


def _to_moments(dates: "pd.Series[Any]") -> tuple[npt.NDArray[np.datetime64], bool]:
    """Return moments in UTC if the column has a zone, and whether it has."""
    kind = dates.dtype
    if isinstance(kind, pd.ArrowDtype):
        zoned = getattr(kind.pyarrow_dtype, "tz", None) is not None
        held = pa.chunked_array(pa.array(dates)).combine_chunks()
        if zoned:
            held = held.cast(pa.timestamp("us", tz="UTC"), safe=False)
        plain = held.cast(pa.timestamp("us"), safe=False)
        return plain.to_numpy(zero_copy_only=False), zoned
    zoned = isinstance(kind, pd.DatetimeTZDtype)
    plain = dates.dt.tz_convert("UTC").dt.tz_localize(None) if zoned else dates
    return plain.to_numpy(dtype="datetime64[us]"), zoned


def format_week_label(day: date) -> str:
    """Return the DREAM label YYWW of the ISO week a day lies in, without ``y_``.

    >>> format_week_label(date(2021, 1, 3)), format_week_label(date(1992, 1, 1))
    ('2053', '9201')
    """
    year, week, _ = day.isocalendar()
    return f"{year % 100:02d}{week:02d}"


def parse_week_label(label: str) -> date:
    """Return the Monday of a DREAM week label, ``y_9201`` or ``9201``.

    The year is the ISO year, which begins up to three days before or after 1 January;
    years from PIVOT_YEAR are 19xx. Raises ValueError where there is no such week (a
    year has 52 or 53).

    >>> parse_week_label("y_2053"), parse_week_label("9201")
    (datetime.date(2020, 12, 28), datetime.date(1991, 12, 30))
    """
    found = _LABEL.fullmatch(label.strip())
    if not found:
        raise ValueError(f"{label!r} is not a week label; write y_YYWW")
    short, week = int(found[1]), int(found[2])
    century = 1900 if short >= PIVOT_YEAR else 2000
    return date.fromisocalendar(century + short, week, 1)
