"""Features of the benefit history of a case, computed in one pass over its spells.

What a case may see is said in history/visibility.py; of that it uses only the longest
window.

- Weeks in a window are days of overlap divided by seven. On spells made of whole
  register weeks that is the count of weeks; on a dated ledger no week is counted twice.
- Spells of one history group that overlap or touch are one spell.
- The current state is that of visibility.find_current, which routes ask too; of a code
  group that no history group holds there is none. ``state_weeks`` is the length of that
  group's spell, or the time since the last spell of any group.
- A shift is a spell whose group (the first declared that holds it) differs from that of
  the spell that stands before it, whatever lies between; it counts in the windows that
  it begins in. Spells stand as in the index: of two that began together the one that is
  the state comes later.
- Time is self-supporting when no spell but of the self-support groups covers it.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from riskscreen.array_tables import Table
from riskscreen.features.plan import build_history_plan
from riskscreen.history.index import HistoryIndex
from riskscreen.history.visibility import find_current, visible_until
from riskscreen.jit import compile_kernel, inline_kernel
from riskscreen.spec import Specification
from riskscreen.timeline import to_days

# What is noted of each history group: where its latest spell begins and how far it
# reaches, how many spells there were, the longest before it, the longest gap.
_BEGUN, _REACH, _COUNT, _LONGEST, _GAP = range(5)
_NONE = -1


def fill_history_features(
    table: npt.NDArray[np.float64],
    spec: Specification,
    cases: Table,
    history: HistoryIndex,
) -> None:
    """Write the history features of each case into the last columns of *table*.

    *table* has a row per case and ends with the history features in catalogue order.
    Raises SpecError where the specification has no [history], and AssertionError for a
    person whom *history* was not built for.
    """
    _fill_table(
        table,
        build_history_plan(spec, code_groups=history.groups),
        history.arrays,
        (history.locate(cases["person_id"]), find_current(spec, cases, history)),
        (visible_until(spec, cases), to_days(cases["decision_date"])),
    )


@compile_kernel
def _fill_table(table: Any, plan: Any, spells: Any, cases: Any, days: Any) -> None:
    """Fill *table* case by case.

    Arrays are taken out of their tuples once, up here: compiled code counts a reference
    each time it takes one, which would cost more than the features themselves.
    """
    person, current = cases
    visible_until, decided = days
    offsets, code = spells.offsets, spells.group
    windows, shift_windows = plan.windows, plan.shift_windows
    column, level_group, level = plan.column, plan.level_group, plan.level
    n_groups, longest = plan.n_groups, np.int64(windows.max())
    notes = np.empty((n_groups + 1, 5), dtype=np.int64)
    lengths = np.empty((n_groups + 1, len(windows)), dtype=np.float64)
    shifts = np.empty(len(shift_windows), dtype=np.float64)
    first_column = table.shape[1] - plan.n_features
    for case in range(len(person)):
        until = visible_until[case]
        _reset_notes(notes, lengths, shifts, until - longest)
        who = person[case]
        _read_spells(
            (notes, lengths, shifts),
            plan,
            spells,
            (offsets[who], offsets[who + 1]),
            (until - longest, until, decided[case]),
        )
        row = table[case, first_column:]
        for group in range(n_groups):
            _write_group(row, notes, lengths, group, (column[group], until))
        state = _NONE if current[case] == _NONE else level[code[current[case]]]
        at = plan.state_column
        row[at], row[at + 1] = _read_state(notes, state, level_group, until)
        for w in range(len(shifts)):
            row[plan.shift_column + w] = shifts[w]
        _write_support(row, notes, lengths, windows, (column[n_groups], until))
        reach = notes[n_groups, _REACH]
        row[len(row) - 1] = (
            max(notes[n_groups, _GAP], until - reach) >= plan.course_ends
        )


@inline_kernel
def _reset_notes(notes: Any, days: Any, shifts: Any, since: Any) -> None:
    """Begin a case: nothing is known since the longest window's first day."""
    for group in range(len(notes)):
        notes[group, _BEGUN] = since
        notes[group, _REACH] = since
        notes[group, _COUNT] = 0
        notes[group, _LONGEST] = 0
        notes[group, _GAP] = 0
        for w in range(days.shape[1]):
            days[group, w] = 0.0
    for w in range(len(shifts)):
        shifts[w] = 0.0


@inline_kernel
def _read_spells(known: Any, plan: Any, spells: Any, bounds: Any, case: Any) -> None:
    """Take in what the case may see of a person's spells."""
    notes, days, shifts = known
    group, start, end = spells.group, spells.start, spells.end
    registered = spells.registered
    first, member, level = plan.first, plan.member, plan.level
    windows, shift_windows = plan.windows, plan.shift_windows
    since, until, decided = case
    dated = len(registered) > 0
    before = np.int64(_NONE)
    for spell in range(bounds[0], bounds[1]):
        if start[spell] >= until:
            break
        if end[spell] <= since or (dated and registered[spell] >= decided):
            continue
        code = group[spell]
        piece = (max(start[spell], since), min(end[spell], until), until)
        for at in range(first[code], first[code + 1]):
            _add_piece(notes, days, windows, member[at], piece)
        if level[code] != _NONE:
            if before != _NONE and level[code] != before:
                for w in range(len(shift_windows)):
                    shifts[w] += until - start[spell] <= shift_windows[w]
            before = level[code]


@inline_kernel
def _add_piece(notes: Any, days: Any, windows: Any, group: Any, piece: Any) -> None:
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


@inline_kernel
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


@inline_kernel
def _read_state(notes: Any, state: Any, level_group: Any, until: Any) -> Any:
    """Return the current level and its weeks; "none" comes after the last level."""
    if state == _NONE:
        latest = notes[0, _REACH]
        for group in range(1, len(notes) - 1):
            latest = max(latest, notes[group, _REACH])
        return float(len(level_group)), (until - latest) / 7.0
    begun = notes[level_group[state], _BEGUN]
    return float(state), (until - begun) / 7.0


@inline_kernel
def _write_support(row: Any, notes: Any, days: Any, windows: Any, place: Any) -> None:
    """Write the share of each window without support."""
    column, _ = place
    support = len(notes) - 1
    for w in range(len(windows)):
        row[column + w] = 1.0 - days[support, w] / windows[w]
