"""How many cases arrived with which risk: counts in bins of at least five persons."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from riskscreen.disclosure.words import SMALLEST_GROUP, is_shown_level

Numbers = npt.NDArray[np.float64]
Units = npt.NDArray[np.object_]
Positions = npt.NDArray[np.intp]

WINDOW_WEEKS = 52
"""The arrivals of a year: weeks differ, and so do the seasons."""
FEWEST_ARRIVALS = 100
"""A unit with fewer has no threshold of its own: the share above one would be known to
five points at best."""
_MOST_BINS = 50
_STEP = 0.05
"""The grid, in log-odds, on which a bin may begin: no edge is a person's own risk."""


@dataclass(frozen=True, slots=True)
class RiskBins:
    """The arrivals of one ``unit`` by the log-odds of their risk.

    ``counts[i]`` of them lie from ``edges[i]`` to below ``edges[i + 1]``, evenly. The
    unit is ``municipality/team``; of a municipality alone, its other teams; empty, all
    other municipalities.
    """

    unit: str
    edges: tuple[float, ...]
    counts: tuple[int, ...]

    def count_from(self, log_odds: npt.ArrayLike) -> Any:
        """Return how many lie at *log_odds* or above, between whole ones too."""
        above = np.append(np.cumsum(self.counts[::-1])[::-1], 0)
        return np.interp(np.asarray(log_odds, dtype=np.float64), self.edges, above)


@dataclass(frozen=True, slots=True)
class Arrivals:
    """The scored cases of ``weeks`` up to ``last_day``, each in one of the ``bins``.

    ``municipalities`` and ``teams`` are how many there were, those without bins of
    their own included.
    """

    weeks: float
    first_day: str
    last_day: str
    municipalities: int
    teams: int
    bins: tuple[RiskBins, ...]

    @property
    def n(self) -> int:
        """How many cases arrived, to the nearest five of each unit."""
        return sum(sum(bins.counts) for bins in self.bins)

    def count_units(self, shared_by: str) -> int:
        """Return how many units share places: the site is one."""
        if shared_by == "site":
            return 1
        return self.teams if shared_by == "team" else self.municipalities

    def list_units(self, shared_by: str) -> list[str]:
        """List the units with arrivals enough for a threshold of their own."""
        names = [bins.unit for bins in self.bins]
        if shared_by == "team":
            return [name for name in names if "/" in name]
        return [*dict.fromkeys(name.partition("/")[0] for name in names if name)]

    def find_bins(self, unit: str) -> list[RiskBins]:
        """Return the bins of a unit: a team's own, or all of a municipality's."""
        return [b for b in self.bins if b.unit == unit or b.unit.startswith(f"{unit}/")]


def name_unit(level: str) -> str:
    """Return the name of a municipality or team as a model may hold it.

    A name that may not be told (disclosure/words.py) stands as a digest of itself: it
    is known again, and says nothing.

    >>> name_unit("Nord"), name_unit("Team Nord")
    ('Nord', '#f002fe6d')
    """
    if is_shown_level(level, persons=SMALLEST_GROUP):
        return level
    return f"#{blake2b(level.encode(), digest_size=4).hexdigest()}"


def name_units(municipality: "pd.Series[Any]", team: "pd.Series[Any]") -> Units:
    """Return ``municipality/team`` of each case, each part as name_unit() has it."""
    named = []
    for column in (municipality, team):
        place, levels = pd.factorize(column.astype(str))
        names = np.array([name_unit(str(level)) for level in levels], dtype=object)
        named.append(names[place] if len(names) else np.array([], dtype=object))
    return np.asarray(named[0] + "/" + named[1], dtype=object)


def count_arrivals(
    log_odds: Numbers,
    units: Units,
    persons: npt.ArrayLike,
    days: "pd.Series[Any]",
    *,
    since: pd.Timestamp,
    until: pd.Timestamp,
) -> Arrivals:
    """Count the cases decided from *since* to before *until*, by unit and risk.

    *log_odds* is NaN where a score is not shown, or nothing but a fit to the case gives
    one: such a case is not counted, and its unit is. *units* are name_units(), *days*
    the decision dates, all of the same cases.

    The units are told apart so that nothing small follows by subtraction: a team with
    FEWEST_ARRIVALS has its own bins, the other teams of a municipality with as many
    have theirs together, and all other cases lie in one. Cells of fewer than five
    persons are not kept, and counts from the highest risk down are rounded to fives.
    """
    inside = ((days >= since) & (days < until)).to_numpy(dtype=bool)
    known = np.flatnonzero(inside & np.isfinite(log_odds))
    person, _ = pd.factorize(np.asarray(persons, dtype=object)[known])
    cells = _assign_cells(np.asarray(units, dtype=object)[known], person)
    bins = [
        RiskBins(unit, *_bin_risks(log_odds[known][own], person[own]))
        for unit, own in _group_by(cells)
        if len(np.unique(person[own])) >= SMALLEST_GROUP
    ]
    everywhere = pd.Series(np.asarray(units, dtype=object)[inside], dtype=object)
    return Arrivals(
        weeks=max((until - since) / pd.Timedelta(weeks=1), 1.0),
        first_day=f"{since:%Y-%m-%d}",
        last_day=f"{until - pd.Timedelta(days=1):%Y-%m-%d}",
        municipalities=len({unit.partition("/")[0] for unit in everywhere.unique()}),
        teams=everywhere.nunique(),
        bins=tuple(bins),
    )


def find_log_odds_with(bins: Sequence[RiskBins], count: float) -> float:
    """Return from which log-odds on *count* of the arrivals in *bins* lie.

    Minus infinity where there are no more than *count*.
    """
    if not bins:
        return float("-inf")
    edges = np.unique(np.concatenate([b.edges for b in bins]))
    above = np.sum([b.count_from(edges) for b in bins], axis=0)
    if above[0] <= count:
        return float("-inf")
    # From the highest edge down the counts rise; np.interp wants its axis to rise.
    return float(np.interp(count, above[::-1], edges[::-1]))


def _assign_cells(units: Units, person: Positions) -> Units:
    """Return the cell of each case: its team, its municipality, or the rest ('')."""
    cells = np.array(units, dtype=object)
    whole = np.array([unit.partition("/")[0] for unit in units], dtype=object)
    for names, wider in ((units, whole), (whole, np.full_like(whole, ""))):
        few = _is_few(cells, names, person)
        cells[few] = wider[few]
    return cells


def _is_few(cells: Units, names: Units, person: Positions) -> npt.NDArray[np.bool_]:
    """Return which cases lie in a unit with too few arrivals for bins of its own.

    *names* are the units, *cells* where the cases lie so far: of a municipality with
    arrivals enough its other teams stay together, unless they are of a few persons.
    """
    table = pd.DataFrame({"name": names, "cell": cells, "person": person})
    arrivals = table.groupby("name")["person"].transform("size").to_numpy()
    own = table[table["cell"].to_numpy() == table["name"].to_numpy()]
    held_by = own.groupby("name")["person"].nunique()
    people = table["name"].map(held_by).fillna(0).to_numpy()
    here = table["cell"].to_numpy() == table["name"].to_numpy()
    return np.asarray(
        here & ((arrivals < FEWEST_ARRIVALS) | (people < SMALLEST_GROUP)), dtype=bool
    )


def _group_by(cells: Units) -> Iterator[tuple[str, Positions]]:
    place, names = pd.factorize(cells, sort=True)
    for number, name in enumerate(names):
        yield str(name), np.flatnonzero(place == number)


def _bin_risks(
    log_odds: Numbers, person: Positions
) -> tuple[tuple[float, ...], tuple[int, ...]]:
    """Return edges and counts of the bins of one cell, of five persons or more each.

    The outermost bins reach as far beyond their inner edge as their mean does, twice
    over: to the mean of at least five persons, to the grid, not to the last of them.
    """
    step = np.floor(np.round(log_odds / _STEP, 9)).astype(np.int64)
    order = np.argsort(step, kind="stable")
    step, person = step[order], person[order]
    least = max(SMALLEST_GROUP, len(step) // _MOST_BINS)
    starts, inside = [0], set[int]()
    for place, who in enumerate(person):
        new = place > 0 and step[place] > step[place - 1]
        enough = place - starts[-1] >= least and len(inside) >= SMALLEST_GROUP
        if new and enough:
            starts.append(place)
            inside = set()
        inside.add(int(who))
    if len(starts) > 1 and len(inside) < SMALLEST_GROUP:
        del starts[-1]
    inner = [int(step[place]) for place in starts[1:]]
    if inner:
        low = inner[0] - _reach(inner[0] - step[: starts[1]])
        high = inner[-1] + _reach(step[starts[-1] :] + 1 - inner[-1])
    else:
        middle = round(float(step.mean()))
        reach = _reach(np.abs(step - middle))
        low, high = middle - reach, middle + reach
    edges = tuple(round(_STEP * edge, 2) for edge in (low, *inner, high))
    counts = np.diff([*starts, len(step)])
    return edges, tuple(_round_counts(counts))


def _reach(distances: npt.NDArray[np.int64]) -> int:
    """Return twice the mean distance from a bin's inner edge, in whole steps."""
    return max(1, int(np.ceil(2 * distances.mean())))


def _round_counts(counts: npt.NDArray[np.int64]) -> list[int]:
    """Round the counts from the highest bin down to fives, so that no error adds up."""
    above = np.cumsum(counts[::-1])
    rounded = SMALLEST_GROUP * np.round(above / SMALLEST_GROUP)
    return [int(n) for n in np.diff(rounded, prepend=0)[::-1]]
