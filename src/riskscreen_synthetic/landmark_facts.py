"""Facts that come in the course of an absence, and what the hazards are from then on.

A fact has an onset: one of a few weeks of the absence, or never. Some move the weekly
odds of an exit from that week on, whatever else is known; one moves nothing. They are
independent of all that is known at T0 and of each other, and drawn apart, so that a
site without them is as it is.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np

from riskscreen_synthetic.parameters import Parameters
from riskscreen_synthetic.registration import Random
from riskscreen_synthetic.spells import OPEN, Floats, Ints, Record

FACTS = ("partly_back", "job_lost", "first_talk_held")
"""Each is a column of its day, with _on behind; first_talk_held moves nothing."""
_MOVING = FACTS[:2]
_EXITS = ("ending", "unemployment")


@dataclass(frozen=True)
class Onsets:
    """When each fact may come, how likely, and the pace of the exits in each case.

    ``weeks`` are the possible weeks, the last of them never; ``chances`` those of each
    fact, by name. ``ways`` are the combinations of the facts that move something, as
    places in ``weeks``, and ``paces`` the weekly odds of each. ``random`` is drawn from
    by nothing else.
    """

    weeks: Ints
    chances: Mapping[str, Floats]
    ways: Ints
    paces: tuple[Floats, ...]
    random: Random

    def draw(self, n: int) -> Record:
        """Draw the onset of each fact for *n* cases, as columns of what is known."""
        return {
            _name(fact): self.weeks[self.random.choice(len(self.weeks), n, p=chances)]
            for fact, chances in self.chances.items()
        }

    def weigh(self, known: Record, *, seen_through: int | None = None) -> Floats:
        """Return the chance of each way for each case: (cases, ways), summing to 1.

        Known are the facts that came by the week *seen_through*, and of the others that
        they did not; without it nothing is known of any, and with OPEN all.
        """
        seen = -1 if seen_through is None else seen_through
        total = np.ones((len(known[_name(_MOVING[0])]), len(self.ways)))
        for fact, place in zip(_MOVING, self.ways.T, strict=True):
            came, week = known[_name(fact)][:, None], self.weeks[place]
            fits = np.where(came <= seen, came == week, week > seen)
            total *= fits * self.chances[fact][place]
        return np.asarray(total / total.sum(axis=1, keepdims=True))

    def find_way(self, known: Record) -> Ints:
        """Return the way that each case goes, as a place in ``paces``."""
        weights = self.weigh(known, seen_through=OPEN)
        return np.asarray(np.argmax(weights, axis=1))


def build_onsets(parameters: Parameters, pace: Floats, *, seed: int) -> Onsets:
    """Build the facts of *parameters* on the weekly odds that *pace* has without."""
    table = parameters["landmark_facts"]
    weeks = np.array([*table["weeks"], OPEN])
    ways = np.array(list(product(range(len(weeks)), repeat=len(_MOVING))))
    return Onsets(
        weeks=weeks,
        chances={fact: _share_out(table[fact], len(weeks) - 1) for fact in FACTS},
        ways=ways,
        paces=tuple(_change_pace(table, pace, weeks[way]) for way in ways),
        random=np.random.default_rng([seed, sum(b"landmark_facts")]),
    )


def _share_out(fact: Mapping[str, Any], n: int) -> Floats:
    """Return the chance of each of *n* weeks, all alike, and of never."""
    return np.append(np.full(n, fact["share"] / n), 1.0 - fact["share"])


def _change_pace(table: Mapping[str, Any], pace: Floats, onsets: Ints) -> Floats:
    changed = pace.copy()
    for fact, onset in zip(_MOVING, onsets, strict=True):
        for row, way_out in enumerate(_EXITS):
            changed[row, min(int(onset), pace.shape[1]) :] *= np.exp(
                table[fact][way_out]
            )
    return changed


def list_fact_days(known: Record, start_monday: Ints, *, extract: int) -> Record:
    """Return the day on which each fact was registered, and where there is none.

    It is the Tuesday of the week of the onset; what comes after the extract is missing.
    """
    columns: Record = {}
    for fact in FACTS:
        onset = known[_name(fact)]
        never = onset == OPEN
        day = start_monday + 7 * np.where(never, 0, onset) + 1
        columns[f"{fact}_on"] = day, never | (day > extract)
    return columns


def _name(fact: str) -> str:
    return f"onset_{fact}"
