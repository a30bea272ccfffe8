"""On which day a benefit has been paid for so long, lately."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import numpy.typing as npt

from riskscreen.timeline import DAYS_IN_WEEK, add_months, find_end_of_month

LONGEST_WINDOW = 18
"""Months in which a rule may count paid time: scoring carries no older benefits."""
_ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class PaidTime:
    """When a citizen was paid a benefit, and for how long a rule counts it.

    ``periods`` are (first day, day after the last). ``known_until`` is the first day
    of which nothing is known; from it on the benefit is taken to go on without a break,
    so that a day after it is the earliest that can be. The ``free_days`` from ``start``
    do not count. Time counts in the last ``within_months``; since ``start`` if 0.
    """

    periods: tuple[tuple[date, date], ...]
    known_until: date
    start: date
    free_days: int
    within_months: int

    def find_full(self, weeks: int, *, after: date | None = None) -> date:
        """Find the first day, from the start on, by which *weeks* were paid.

        What was paid until *after* does not count.
        """
        count_paid = self._sum_days(weeks, after)
        day = self.start if after is None else after + _ONE_DAY
        while (lacking := weeks * DAYS_IN_WEEK - count_paid(day)) > 0:
            # A day pays one day at most, so no day before that one is full.
            day += timedelta(days=lacking)
        return day

    def find_month_end(self, weeks: int) -> date:
        """Find the last day of the first month by which more than *weeks* were paid."""
        count_paid = self._sum_days(weeks, None)
        last = find_end_of_month(self.start)
        while (lacking := weeks * DAYS_IN_WEEK - count_paid(last)) >= 0:
            # As above; one day more than the weeks is asked for.
            last = find_end_of_month(last + timedelta(days=lacking + 1))
        return last

    def _sum_days(self, weeks: int, after: date | None) -> Callable[[date], int]:
        """Return what counts the days that were paid in the window up to a day."""
        first, paid = self._list_days(weeks, after)
        total = np.concatenate([[0], np.cumsum(paid)])

        def count_paid(day: date) -> int:
            since = max(first, self._open_window(day + _ONE_DAY))
            return int(total[(day - first).days + 1] - total[(since - first).days])

        return count_paid

    def _open_window(self, after: date) -> date:
        """Return the first day that counts on the day before *after*."""
        if not self.within_months:
            return self.start
        return add_months(after, -self.within_months)

    def _list_days(
        self, weeks: int, after: date | None
    ) -> tuple[date, npt.NDArray[np.int64]]:
        """Return the first day, and for it and each later one whether it counts."""
        first = min(self.start, add_months(self.start, -self.within_months))
        # A window of its own time and all weeks paid after the last known day: enough.
        newest = max(self.known_until, self.start, after or self.start)
        last = add_months(newest, self.within_months + 2)
        last += timedelta(days=self.free_days + weeks * DAYS_IN_WEEK)
        paid = np.zeros((last - first).days, dtype=np.int64)
        for begin, end in (*self.periods, (self.known_until, last)):
            paid[_clip(begin, first, last) : _clip(end, first, last)] = 1
        free = self.start + timedelta(days=self.free_days)
        paid[(self.start - first).days : (free - first).days] = 0
        if after is not None:
            paid[: (after - first).days + 1] = 0
        return first, paid


def _clip(day: date, first: date, last: date) -> int:
    return (min(max(day, first), last) - first).days


def is_paid_on(periods: Iterable[tuple[date, date]], day: date) -> bool:
    """Tell whether one of *periods* holds *day*."""
    return any(begin <= day < end for begin, end in periods)
