"""Days and ISO weeks, as dates, day numbers and DREAM labels.

A register week runs from Monday to the next Monday. Days are whole numbers counted from
1970-01-01, so that a week is an integer division away.
"""

import re
from datetime import date, timedelta
from typing import cast, overload

import numpy as np
import numpy.typing as npt
import pandas as pd

DAYS_IN_WEEK = 7
MONDAY_OFFSET = 3
"""1970-01-01 was a Thursday: (day + 3) // 7 numbers the weeks from Monday to Monday."""
OPEN_END = int(np.iinfo(np.int32).max)
"""The day number that stands for "no end yet"; it fits 32 bits."""
PIVOT_YEAR = 90
"""Two-digit years from 90 are 19xx, the others 20xx: DREAM begins in 1991."""

_LABEL = re.compile(r"(?:y_)?(\d{2})(\d{2})", re.ASCII | re.IGNORECASE)

Days = npt.NDArray[np.int64]


@overload
def monday(dates: date) -> date: ...
@overload
def monday(dates: "pd.Series[pd.Timestamp]") -> "pd.Series[pd.Timestamp]": ...
def monday(
    dates: "date | pd.Series[pd.Timestamp]",
) -> "date | pd.Series[pd.Timestamp]":
    """The Monday of the week each date lies in; a missing date stays missing.

    >>> monday(date(2021, 1, 3)), monday(date(2021, 1, 4))
    (datetime.date(2020, 12, 28), datetime.date(2021, 1, 4))
    """
    if isinstance(dates, date):
        return dates - timedelta(days=dates.weekday())
    midnight = dates.dt.normalize()
    return midnight - pd.to_timedelta(midnight.dt.day_of_week, unit="D")


def monday_days(days: npt.NDArray[np.integer]) -> Days:
    """The day number of the Monday of each day number's week.

    >>> monday_days(np.array([0, 3, 4, 10])).tolist()
    [-3, -3, 4, 4]
    """
    wide = days.astype(np.int64)
    return cast("Days", wide - (wide + MONDAY_OFFSET) % DAYS_IN_WEEK)


def to_days(dates: "pd.Series[pd.Timestamp]", *, missing: int = OPEN_END) -> Days:
    """Whole days from 1970-01-01 to each date, in the dates' order.

    A missing date becomes *missing* (by default OPEN_END, so that a spell without an
    end is over after every other); the time of day is cut off.

    >>> to_days(pd.Series(pd.to_datetime(["1970-01-01", "2021-01-04", None]))).tolist()
    [0, 18631, 2147483647]
    """
    days = dates.to_numpy(dtype="datetime64[D]")
    return np.where(np.isnat(days), missing, days.astype(np.int64))


def from_days(
    days: npt.NDArray[np.integer], *, missing: int = OPEN_END
) -> "pd.Series[pd.Timestamp]":
    """The dates of day numbers, the reverse of to_days; *missing* becomes missing.

    >>> from_days(np.array([18631, OPEN_END])).dt.date.tolist()
    [datetime.date(2021, 1, 4), NaT]
    """
    dates = days.astype("datetime64[D]")
    dates[days == missing] = np.datetime64("NaT")
    return pd.Series(dates.astype("datetime64[s]"))


def dream_label(day: date) -> str:
    """The DREAM label YYWW of the ISO week a day lies in, without the leading ``y_``.

    >>> dream_label(date(2021, 1, 3)), dream_label(date(1992, 1, 1))
    ('2053', '9201')
    """
    year, week, _ = day.isocalendar()
    return f"{year % 100:02d}{week:02d}"


def monday_of_label(label: str) -> date:
    """The Monday of a DREAM week label, ``y_9201`` or ``9201``.

    The year is the ISO year, which begins up to three days before or after 1 January;
    years from PIVOT_YEAR are 19xx. Raises ValueError where there is no such week (a
    year has 52 or 53).

    >>> monday_of_label("y_2053"), monday_of_label("9201")
    (datetime.date(2020, 12, 28), datetime.date(1991, 12, 30))
    """
    found = _LABEL.fullmatch(label.strip())
    if not found:
        raise ValueError(f"{label!r} is not a week label; write y_YYWW")
    short, week = int(found[1]), int(found[2])
    century = 1900 if short >= PIVOT_YEAR else 2000
    return date.fromisocalendar(century + short, week, 1)


def weeks_between(first: date, last: date) -> tuple[date, ...]:
    """Every Monday from the week of *first* up to and including the week of *last*."""
    start, end = monday(first), monday(last)
    count = (end - start).days // DAYS_IN_WEEK + 1
    return tuple(start + timedelta(weeks=n) for n in range(count))
