"""Weeks on each code group by year, and the groups that fall away or begin."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt
import pandas as pd

from riskscreen.timeline import DAYS_IN_WEEK, to_day_number

Weeks = npt.NDArray[np.float64]
Integers = npt.NDArray[np.integer]

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

    def describe(self, what: str = "") -> str:
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

    def find_cliffs(self) -> tuple[Cliff, ...]:
        """Return the groups that all but vanish from one year to the next, or begin."""
        cliffs: list[Cliff] = []
        for group, weeks in zip(self.groups, self._scale_to_years(), strict=True):
            cliffs += _find_cliffs(group, self.years, weeks)
        return tuple(cliffs)

    def _scale_to_years(self) -> Weeks:
        usable = self.lived >= _SHORTEST_YEAR
        return np.where(usable, self.weeks / np.maximum(self.lived, 1e-9), np.nan)


def measure_coverage(
    groups: Sequence[str],
    place: Integers,
    days: tuple[Integers, Integers],
    *,
    extract_date: date,
    weights: Integers | None = None,
) -> Coverage:
    """Measure weeks by group and year; an open spell counts up to the extract date.

    *place* is each spell's place in *groups*, *days* the day numbers of the starts and
    of the ends, *weights* how often a spell counts (once if left out). Years go from
    the first start to that of the extract.
    """
    until = to_day_number(extract_date)
    start, end = days[0], np.minimum(days[1], until)
    years: tuple[int, ...] = ()
    if len(start):
        first = np.datetime64(int(start.min()), "D").astype(object).year
        years = tuple(range(first, max(first, extract_date.year) + 1))
    weeks = np.zeros((len(groups), len(years)))
    for n, year in enumerate(years):
        first, last = (to_day_number(date(y, 1, 1)) for y in (year, year + 1))
        lived = (np.minimum(end, last) - np.maximum(start, first)).clip(0)
        times = lived if weights is None else lived * weights
        weeks[:, n] = np.bincount(
            place, weights=times / DAYS_IN_WEEK, minlength=len(groups)
        )
    return Coverage(
        groups=tuple(groups),
        years=years,
        weeks=weeks,
        lived=np.array([_compute_lived(year, until) for year in years]),
    )


def add_coverage(parts: Sequence[Coverage], *, extract_date: date) -> Coverage:
    """Add up coverage measured in parts; groups that no spell has are left out."""
    table = pd.concat(
        [pd.DataFrame(p.weeks, index=[*p.groups], columns=[*p.years]) for p in parts]
    )
    table = table.fillna(0.0).groupby(level=0).sum().sort_index(axis=1)
    table = table[(table != 0).any(axis=1)]
    until = to_day_number(extract_date)
    return Coverage(
        groups=tuple(str(name) for name in table.index),
        years=tuple(int(year) for year in table.columns),
        weeks=table.to_numpy(dtype=np.float64),
        lived=np.array([_compute_lived(int(year), until) for year in table.columns]),
    )


def _compute_lived(year: int, until: int) -> float:
    first, last = (to_day_number(date(y, 1, 1)) for y in (year, year + 1))
    return min(1.0, max(0.0, (until - first) / (last - first)))


def _find_cliffs(group: str, years: Sequence[int], weeks: Weeks) -> list[Cliff]:
    """Return the year that a group is gone from for good, and a late one's first."""
    cliffs = []
    for n in range(1, len(years)):
        before, after = weeks[:n], weeks[n:][~np.isnan(weeks[n:])]
        if not len(after):
            break
        last, first = float(before[-1]), float(after[0])
        if last >= ENOUGH_WEEKS and (after < CLIFF * last).all():
            cliffs.append(Cliff(group, "ends", years[n], last, first))
        if first >= ENOUGH_WEEKS and (before < CLIFF * first).all():
            cliffs.append(Cliff(group, "begins", years[n], last, first))
    return cliffs
