"""Features of the benefit history of a case, computed in one pass over its spells.

What a case may see: days before the Monday of the decision week less the register lag,
of rows registered before the decision date (a row that does not say when it was
registered rests on the lag alone), and of these only the longest window.

- Weeks in a window are days of overlap divided by seven. On spells made of whole
  register weeks that is the count of weeks; on a dated ledger no week is counted twice.
- Spells of one history group that overlap or touch are one spell.
- The current state is that of the last visible day. Where several spells cover it, the
  one that began last counts, then the group declared first. ``state_weeks`` is the
  length of that group's spell, or the time since the last spell of any group.
- A shift is a spell whose group (the first declared that holds it) differs from that of
  the spell that began before it, whatever lies between; it counts in the windows that
  it begins in.
- Time is self-supporting when no spell but of the self-support groups covers it.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from riskscreen.features.plan import HistoryPlan
from riskscreen.history.index import Ledger, columns
from riskscreen.history.kernels import compiled, inlined
from riskscreen.timeline import Days, monday_days

# What is noted of each history group: where its latest spell begins and how far it
# reaches, how many spells there were, the longest before it, the longest gap.
_BEGUN, _REACH, _COUNT, _LONGEST, _GAP = range(5)
# What is noted of the state: the current level, the start of its spell, and the level
# of the spell read last.
_LEVEL, _LEVEL_START, _BEFORE = range(3)
_NONE = -1


def fill_history(
    table: npt.NDArray[np.float64],
    plan: HistoryPlan,
    spells: Ledger,
    *,
    person: npt.NDArray[np.integer],
    decision_days: Days,
) -> None:
    """Write the history features of each case into the last columns of *table*.

    *table* has a row per case and ends with ``plan.n_features`` columns in catalogue
    order. *person* is each case's person in *spells*, -1 for one without a row. A
    person's spells must stand by start, then by group (as ledger() leaves them).
    """
    _fill(
        table,
        plan,
        columns(spells),
        person.astype(np.int64),
        monday_days(decision_days) - plan.lag,
        decision_days,
    )


@compiled
def _fill(
    table: Any, plan: Any, spells: Any, person: Any, visible_until: Any, decided: Any
) -> None:
    """Fill *table* case by case.

    Arrays are taken out of their tuples once, up here: compiled code counts a reference
    each time it takes one, which would cost more than the features themselves.
    """
    offsets = spells.offsets
    windows, shift_windows = plan.windows, plan.shift_windows
    column, level_group = plan.column, plan.level_group
    n_groups, longest = plan.n_groups, np.int64(windows.max())
    notes = np.empty((n_groups + 1, 5), dtype=np.int64)
    days = np.empty((n_groups + 1, len(windows)), dtype=np.float64)
    state = np.empty(3, dtype=np.int64)
    shifts = np.empty(len(shift_windows), dtype=np.float64)
    first_column = table.shape[1] - plan.n_features
    for case in range(len(person)):
        until = visible_until[case]
        _forget(notes, days, state, until - longest)
        for w in range(len(shifts)):
            shifts[w] = 0.0
        who = person[case]
        if who != _NONE:
            _read(
                (notes, days, state, shifts),
                plan,
                spells,
                (offsets[who], offsets[who + 1]),
                (until - longest, until, decided[case]),
            )
        row = table[case, first_column:]
        for group in range(n_groups):
            _write_group(row, notes, days, group, (column[group], until))
        at = plan.state_column
        row[at], row[at + 1] = _state(notes, state, level_group, until)
        for w in range(len(shifts)):
            row[plan.shift_column + w] = shifts[w]
        _write_support(row, notes, days, windows, (column[n_groups], until))
        reach = notes[n_groups, _REACH]
        row[len(row) - 1] = (
            max(notes[n_groups, _GAP], until - reach) >= plan.course_ends
        )


@inlined
def _forget(notes: Any, days: Any, state: Any, since: Any) -> None:
    """Begin a case: nothing is known since the longest window's first day."""
    for group in range(len(notes)):
        notes[group, _BEGUN] = since
        notes[group, _REACH] = since
        notes[group, _COUNT] = 0
        notes[group, _LONGEST] = 0
        notes[group, _GAP] = 0
        for w in range(days.shape[1]):
            days[group, w] = 0.0
    for place in range(len(state)):
        state[place] = _NONE


@inlined
def _read(known: Any, plan: Any, spells: Any, bounds: Any, case: Any) -> None:
    """Take in what the case may see of a person's spells."""
    notes, days, state, shifts = known
    group, start, end = spells.group, spells.start, spells.end
    registered = spells.registered
    first, member, level = plan.first, plan.member, plan.level
    windows, shift_windows = plan.windows, plan.shift_windows
    since, until, decided = case
    dated = len(registered) > 0
    for spell in range(bounds[0], bounds[1]):
        if start[spell] >= until:
            break
        if end[spell] <= since or (dated and registered[spell] >= decided):
            continue
        code = group[spell]
        piece = (max(start[spell], since), min(end[spell], until), until)
        for at in range(first[code], first[code + 1]):
            _lay(notes, days, windows, member[at], piece)
        if level[code] != _NONE:
            days_of = (start[spell], end[spell], until)
            _note_state(state, shifts, shift_windows, level[code], days_of)


@inlined
def _lay(notes: Any, days: Any, windows: Any, group: Any, piece: Any) -> None:
    """Lay a piece of a spell over what the group's earlier spells have covered."""
    begin, end, until = piece
    reach = notes[group, _REACH]
    if begin > reach or notes[group, _COUNT] == 0:
        length = reach - notes[group, _BEGUN]
        notes[group, _LONGEST] = max(notes[group, _LONGEST], length)
        notes[group, _GAP] = max(notes[group, _GAP], begin - reach)
        notes[group, _COUNT] += 1
        notes[group, _BEGUN] = begin
    far, near = float(until - max(begin, reach)), float(until - end)
    if near < far:
        notes[group, _REACH] = end
        for w in range(len(windows)):
            window = windows[w]
            days[group, w] += (far if far < window else window) - (
                near if near < window else window
            )


@inlined
def _note_state(
    state: Any, shifts: Any, shift_windows: Any, level: Any, spell: Any
) -> None:
    """Count a shift where the level changes, and keep the level that is current."""
    start, end, until = spell
    if state[_BEFORE] != _NONE and level != state[_BEFORE]:
        for w in range(len(shift_windows)):
            shifts[w] += until - start <= shift_windows[w]
    state[_BEFORE] = level
    same_start = start == state[_LEVEL_START]
    if end >= until and (
        state[_LEVEL] == _NONE
        or start > state[_LEVEL_START]
        or (same_start and level < state[_LEVEL])
    ):
        state[_LEVEL], state[_LEVEL_START] = level, start


@inlined
def _write_group(row: Any, notes: Any, days: Any, group: Any, place: Any) -> None:
    """Write a group's weeks and spells; without a spell, the last one is missing."""
    column, until = place
    n_windows = days.shape[1]
    for w in range(n_windows):
        row[column + w] = days[group, w] / 7.0
    after = column + n_windows
    reach = notes[group, _REACH]
    length = max(notes[group, _LONGEST], reach - notes[group, _BEGUN])
    row[after] = notes[group, _COUNT]
    row[after + 1] = (until - reach) / 7.0 if notes[group, _COUNT] else np.nan
    row[after + 2] = length / 7.0


@inlined
def _state(notes: Any, state: Any, level_group: Any, until: Any) -> Any:
    """The current level and its weeks; "none" comes after the last level."""
    if state[_LEVEL] == _NONE:
        latest = notes[0, _REACH]
        for group in range(1, len(notes) - 1):
            latest = max(latest, notes[group, _REACH])
        return float(len(level_group)), (until - latest) / 7.0
    begun = notes[level_group[state[_LEVEL]], _BEGUN]
    return float(state[_LEVEL]), (until - begun) / 7.0


@inlined
def _write_support(row: Any, notes: Any, days: Any, windows: Any, place: Any) -> None:
    """Write the share of each window without support."""
    column, _ = place
    support = len(notes) - 1
    for w in range(len(windows)):
        row[column + w] = 1.0 - days[support, w] / windows[w]
