"""Count arrivals by unit and risk, in bins of at least five persons."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from riskscreen.arrivals import Arrivals, RiskBins, Units
from riskscreen.disclosure.words import SMALLEST_GROUP

Numbers = npt.NDArray[np.float64]
Positions = npt.NDArray[np.intp]

WINDOW_WEEKS = 52
"""The arrivals of a year: weeks differ, and so do the seasons."""
FEWEST_ARRIVALS = 100
"""A unit with fewer has no threshold of its own: the share above one would be known to
five points at best."""
_MOST_BINS = 50
_STEP = 0.05
"""The grid, in log-odds, on which a bin may begin: no edge is a person's own risk."""


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
    # Rounded from the highest bin down to fives, so that no error adds up.
    above = np.cumsum(counts[::-1])
    rounded = SMALLEST_GROUP * np.round(above / SMALLEST_GROUP)
    return edges, tuple(int(n) for n in np.diff(rounded, prepend=0)[::-1])


def _reach(distances: npt.NDArray[np.int64]) -> int:
    """Return twice the mean distance from a bin's inner edge, in whole steps."""
    return max(1, int(np.ceil(2 * distances.mean())))
