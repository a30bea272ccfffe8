"""Where citizens of like risk are at the horizon: shares within each outcome.

The score divides them into long, not long and left; each of these holds several states
(still on the benefit, clarified; in work, unemployed …). How they are divided is read
off earlier cases of like risk, by fits that had not seen them. What a model keeps of it
are counts of five persons or more, in steps of five.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from riskscreen.disclosure.words import SMALLEST_GROUP
from riskscreen.model.incidence import Calibration

Numbers = npt.NDArray[np.float64]

_BINS = 5
"""Fifths of the cases of an outcome: enough to follow the risk, few enough to fill."""
_DIGITS = 1
"""Edges lie on a grid of log-odds, so that none is a person's own."""


@dataclass(frozen=True, slots=True)
class StateBins:
    """The states of one outcome, in bins of rising risk.

    ``edges`` are uncalibrated log-odds between the bins; ``counts`` are each bin's
    cases by state.
    """

    edges: tuple[float, ...]
    counts: tuple[Mapping[str, int], ...]

    def find_shares(self, log_odds: float) -> dict[str, float]:
        """Return the share of each state among cases of these log-odds; they sum to 1.

        Empty where no state has five persons.
        """
        counts = self.counts[int(np.searchsorted(self.edges, log_odds, side="right"))]
        total = sum(counts.values())
        return {state: n / total for state, n in counts.items()}


def count_states(
    states: "pd.Series[str]", log_odds: Numbers, persons: "pd.Series[Any]"
) -> StateBins:
    """Count the *states* of cases of one outcome, by their uncalibrated *log_odds*.

    Bins that have one to four persons of a state, or none, are merged with the next;
    a state that fewer than five persons are in is left out.
    """
    table = pd.DataFrame(
        {"state": states.to_numpy(), "at": log_odds, "person": persons.to_numpy()}
    )
    people = table.groupby("state")["person"].nunique()
    table = table[table["state"].map(people) >= SMALLEST_GROUP]
    kept = sorted(people[people >= SMALLEST_GROUP].index)
    if not kept:
        return StateBins((), ({},))
    cuts = np.quantile(table["at"], np.linspace(0, 1, _BINS + 1)[1:-1])
    edges = np.unique(np.round(cuts, _DIGITS))
    place = np.searchsorted(edges, table["at"], side="right")
    held = table.assign(bin=place).pivot_table(
        index="bin", columns="state", values="person", aggfunc="nunique", fill_value=0
    )
    held = held.reindex(range(len(edges) + 1), fill_value=0)
    merged = _merge_bins(held.to_numpy())
    cells = pd.crosstab(merged[place], table["state"]).reindex(columns=kept)
    firsts = np.flatnonzero(np.diff(merged))
    return StateBins(
        edges=tuple(float(edges[bin_]) for bin_ in firsts),
        counts=tuple(
            dict(zip(kept, map(_round, row), strict=True)) for row in cells.to_numpy()
        ),
    )


def _merge_bins(people: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Return the merged bin of each bin of *people* (bins, states), from the lowest up.

    Persons of two bins are taken to be the same: there are at least as many.
    """
    merged, number = np.zeros(len(people), dtype=np.int64), 0
    reached = np.zeros(people.shape[1])
    for place, row in enumerate(people):
        merged[place] = number
        reached = np.maximum(reached, row)
        if (reached >= SMALLEST_GROUP).all():
            number, reached = number + 1, np.zeros(people.shape[1])
    # What is left over at the top belongs to the bin below it.
    return np.minimum(merged, max(number - 1, 0))


def _round(count: float) -> int:
    """Return *count* to the nearest five, at least five."""
    return max(SMALLEST_GROUP, SMALLEST_GROUP * round(count / SMALLEST_GROUP))


def find_state_shares(
    stored: Mapping[str, Any] | None, calibration: Calibration, risk: float
) -> dict[str, dict[str, float]]:
    """Return, by outcome, the share of each state among cases of *risk*.

    *stored* is what ``to_notes`` made; by the *calibration* of the model that it lies
    in, so that one that is recalibrated keeps it. Empty without any.
    """
    at = min(max(risk, 1e-9), 1 - 1e-9)
    log_odds = float(np.log(at / (1 - at)))
    shares = {}
    for outcome, bins in (stored or {}).items():
        edges = tuple(calibration.apply(np.array(bins["edges"])).tolist())
        shares[outcome] = StateBins(edges, tuple(bins["counts"])).find_shares(log_odds)
    return shares


def to_notes(bins: Mapping[str, StateBins]) -> dict[str, Any]:
    """Return *bins* by outcome as a model's notes hold them."""
    return {
        outcome: {"edges": list(of.edges), "counts": [dict(n) for n in of.counts]}
        for outcome, of in bins.items()
        if of.counts[0]
    }
