"""How many cases arrived with which risk: the counts that a policy rests on."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from riskscreen.array_tables import take_cells
from riskscreen.disclosure.words import SMALLEST_GROUP, is_shown_level
from riskscreen.text_arrays import list_cells

Units = npt.NDArray[np.object_]
_FEW = 20
"""Of so few cases each unit is named, sooner than the different ones are found."""


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


def name_units(municipality: Any, team: Any) -> Units:
    """Return ``municipality/team`` of each case, each part as name_unit() has it."""
    named = []
    for column in (municipality, team):
        if len(column) <= _FEW:
            named.append(np.array([*map(name_unit, list_cells(column))], dtype=object))
            continue
        place, levels = pd.factorize(take_cells(column).astype(str))
        names = np.array([name_unit(str(level)) for level in levels], dtype=object)
        named.append(names[place] if len(names) else np.array([], dtype=object))
    return np.asarray(named[0] + "/" + named[1], dtype=object)


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
