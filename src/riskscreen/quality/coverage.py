"""Weeks on each code group by year, and the groups that fall away or begin."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt
import pandas as pd

from riskscreen.timeline import DAYS_IN_WEEK, to_days

Weeks = npt.NDArray[np.float64]

CLIFF = 0.05
"""A year with less than this share of the year before is a cliff (our judgement)."""
ENOUGH_WEEKS = 260
"""Weeks a year below which nothing is said of a group: five persons, all year long."""
_SHORTEST_YEAR = 0.25


@dataclass(frozen=True, slots=True)
class Cliff:
    """A group (or code) that falls away after a year, or begins in one."""

    group: str
    kind: str
    year: int
    before: float
    after: float

    def words(self, what: str = "") -> str:
        """Return the cliff as a sentence, *what* standing before the name."""
        figures = f"{self.before:,.0f} weeks the year before, {self.after:,.0f} then"
        if self.kind == "ends":
            return (
                f"{what}{self.group}: falls away in {self.year} ({figures}). "
                "Has the benefit ended, or its code?"
            )
        return (
            f"{what}{self.group}: begins in {self.year} ({figures}). "
            "Is it new, or is earlier history missing?"
        )


@dataclass(frozen=True)
class Coverage:
    """Weeks in register by group (rows) and calendar year (columns).

    ``lived`` is the share of each year that lies before the extract date.
    """

    groups: tuple[str, ...]
    years: tuple[int, ...]
    weeks: Weeks
    lived: Weeks

    def cliffs(self) -> tuple[Cliff, ...]:
        """Return the groups that all but vanish from one year to the next, or begin."""
        found: list[Cliff] = []
        for group, weeks in zip(self.groups, self._per_whole_year(), strict=True):
            found += _cliffs(group, self.years, weeks)
        return tuple(found)

    def _per_whole_year(self) -> Weeks:
        usable = self.lived >= _SHORTEST_YEAR
        return np.where(usable, self.weeks / np.maximum(self.lived, 1e-9), np.nan)


def measure_coverage(
    groups: "pd.Series[str]", spells: pd.DataFrame, *, extract_date: date
) -> Coverage:
    """Weeks by group and year; an open spell counts up to the extract date.

    *groups* is each spell's group (or code), in the order of *spells*.
    """
    place, names = pd.factorize(groups, sort=True)
    until = (extract_date - date(1970, 1, 1)).days
    start = to_days(spells["start_date"])
    end = np.minimum(to_days(spells["end_date"]), until)
    years = _years(start, extract_date)
    weeks = np.zeros((len(names), len(years)))
    for n, year in enumerate(years):
        first, last = (_day(date(y, 1, 1)) for y in (year, year + 1))
        days = np.minimum(end, last) - np.maximum(start, first)
        weeks[:, n] = np.bincount(
            place, weights=days.clip(0) / DAYS_IN_WEEK, minlength=len(names)
        )
    return Coverage(
        groups=tuple(str(name) for name in names),
        years=years,
        weeks=weeks,
        lived=np.array([_lived(year, until) for year in years]),
    )


def _years(start: npt.NDArray[np.int64], extract_date: date) -> tuple[int, ...]:
    if not len(start):
        return ()
    first = np.datetime64(int(start.min()), "D").astype(object).year
    return tuple(range(first, max(first, extract_date.year) + 1))


def _day(day: date) -> int:
    return (day - date(1970, 1, 1)).days


def _lived(year: int, until: int) -> float:
    first, last = _day(date(year, 1, 1)), _day(date(year + 1, 1, 1))
    return min(1.0, max(0.0, (until - first) / (last - first)))


def _cliffs(group: str, years: Sequence[int], weeks: Weeks) -> list[Cliff]:
    """Return the year that a group is gone from for good, and a late one's first."""
    told = []
    for n in range(1, len(years)):
        before, after = weeks[:n], weeks[n:][~np.isnan(weeks[n:])]
        if not len(after):
            break
        last, first = float(before[-1]), float(after[0])
        if last >= ENOUGH_WEEKS and (after < CLIFF * last).all():
            told.append(Cliff(group, "ends", years[n], last, first))
        if first >= ENOUGH_WEEKS and (before < CLIFF * first).all():
            told.append(Cliff(group, "begins", years[n], last, first))
    return told
