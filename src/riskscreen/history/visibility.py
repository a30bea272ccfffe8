"""What of a history a case may see at T0, and the state that it shows.

A case sees the days before the Monday of the decision week less the register lag, of
rows registered before the decision date; a row that does not say when it was registered
rests on the lag alone. Its state is that of the last day it sees (precedence.py).
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from riskscreen.array_tables import Table
from riskscreen.history.index import HistoryIndex, Places
from riskscreen.jit import compile_kernel
from riskscreen.rules.states import get_group
from riskscreen.spec import Specification
from riskscreen.spec.derived import derive_once
from riskscreen.timeline import DAYS_IN_WEEK, Days, to_days, to_monday_days

NO_SPELL = -1
"""The place of a state that nobody registered."""


def visible_until(spec: Specification, cases: Table) -> Days:
    """Return the day number before which a case may see its history."""
    return subtract_lag(to_days(cases["decision_date"]), spec.register_lag_weeks)


def subtract_lag(decided: Days, weeks: int) -> Days:
    """Return the day before which who was *decided* on sees a register behind."""
    return to_monday_days(decided) - DAYS_IN_WEEK * weeks


def find_current(spec: Specification, cases: Table, history: HistoryIndex) -> Places:
    """Find the spell that is each case's state, as a place in *history*, or NO_SPELL.

    Of the visible spells that cover the last visible day it is the last in order. One
    of self-support, the same as no row at all, is the state only where it is alone.
    Raises AssertionError for a person whom *history* was not built for.
    """
    found = np.empty(len(cases), dtype=np.int64)
    _find_current(
        found,
        history.arrays,
        history.locate(cases["person_id"]),
        (visible_until(spec, cases), to_days(cases["decision_date"])),
        _mark_counting(spec, history.groups),
    )
    return found


@derive_once
def _mark_counting(
    spec: Specification, groups: tuple[str, ...]
) -> npt.NDArray[np.bool_]:
    """Mark the states of *groups* that are not of self-support."""
    alone = spec.history.self_support if spec.history else ()
    return np.array([get_group(s) not in alone for s in groups], dtype=np.bool_)


def find_state(
    spec: Specification, cases: Table, history: HistoryIndex
) -> npt.NDArray[np.object_]:
    """Find the code group of each case's state (find_current), or None."""
    names = np.array([*map(get_group, history.groups), None], dtype=object)
    current = find_current(spec, cases, history)
    group = np.full(len(cases), len(history.groups))
    there = current != NO_SPELL
    group[there] = history.group[current[there]]
    return np.asarray(names[group], dtype=object)


@compile_kernel
def _find_current(found: Any, spells: Any, person: Any, days: Any, counts: Any) -> None:
    offsets, group, registered = spells.offsets, spells.group, spells.registered
    start, end = spells.start, spells.end
    seen_until, decided = days
    dated = len(registered) > 0
    for case in range(len(found)):
        found[case] = NO_SPELL
        until, day = seen_until[case], decided[case]
        for spell in range(offsets[person[case]], offsets[person[case] + 1]):
            if start[spell] >= until:
                break
            unseen = dated and registered[spell] >= day
            if end[spell] < until or unseen:
                continue
            before = found[case]
            if before == NO_SPELL or counts[group[spell]] or not counts[group[before]]:
                found[case] = spell


def count_visible_persons(
    spec: Specification,
    cases: Table,
    history: HistoryIndex,
) -> int:
    """Count the persons of *cases* with a row that is visible at T0.

    Each is asked once, by what the latest of his cases may see.
    """
    place, who = np.unique(history.locate(cases["person_id"]), return_inverse=True)
    seen_until, decided = np.full((2, len(place)), np.iinfo(np.int64).min)
    np.maximum.at(seen_until, who, visible_until(spec, cases))
    np.maximum.at(decided, who, to_days(cases["decision_date"]))
    person, spell = history.expand(place)
    seen = (history.start[spell] < seen_until[person]) & (
        history.known_on(spell) < decided[person]
    )
    return len(np.unique(person[seen]))
