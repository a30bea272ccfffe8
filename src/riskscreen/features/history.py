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
from riskscreen.ledger import SpellArrays, columns, compiled
from riskscreen.timeline import Days, monday_days

_BEGUN, _REACH, _COUNT, _LONGEST, _GAP = range(5)
_Row = Any
"""A row of the feature table; compiled code is not checked for types."""


def fill_history(
    out: npt.NDArray[np.float64],
    plan: HistoryPlan,
    spells: SpellArrays,
    *,
    person: npt.NDArray[np.integer],
    decision_days: Days,
) -> None:
    """Write the history features of each case into the rows of *out*.

    *out* has shape (cases, plan.n_features), in catalogue order; it may be a slice of a
    larger table. *person* is each case's person in *spells*, -1 for one without a row.
    A person's spells must stand by start, then by group (as ledger() leaves them).
    """
    _fill(
        out,
        plan,
        columns(spells),
        person.astype(np.int64),
        monday_days(decision_days) - plan.lag,
        decision_days,
    )


@compiled
def _fill(
    out: Any, plan: Any, spells: Any, person: Any, visible_until: Any, decided: Any
) -> None:
    """Fill *out* case by case; ``notes`` holds what is known of each group so far."""
    notes = np.empty((5, plan.n_groups + 1), dtype=np.int64)
    for case in range(len(person)):
        row = out[case]
        row[:] = 0.0
        until = visible_until[case]
        since = until - plan.windows.max()
        notes[_BEGUN:_COUNT] = since
        notes[_COUNT:] = 0
        who = person[case]
        level = -1
        if who >= 0:
            bounds = (spells.offsets[who], spells.offsets[who + 1])
            level = _read(
                row, plan, spells, notes, bounds, (since, until, decided[case])
            )
        _finish_groups(row, plan, notes, until)
        _finish_state(row, plan, notes, until, level)
        _finish_support(row, plan, notes, until)


@compiled
def _read(row: _Row, plan: Any, spells: Any, notes: Any, bounds: Any, case: Any) -> Any:
    """Take in a person's spells; returns the level that is current, -1 for none."""
    since, until, decided = case
    dated = len(spells.registered) > 0
    current = before = -1
    current_start = since
    for spell in range(bounds[0], bounds[1]):
        start = np.int64(spells.start[spell])
        end = np.int64(spells.end[spell])
        if start >= until:
            break
        if end <= since or (dated and spells.registered[spell] >= decided):
            continue
        code = spells.group[spell]
        a, b = max(start, since), min(end, until)
        for at in range(plan.first[code], plan.first[code + 1]):
            _lay(row, plan, notes, plan.member[at], a, b, until)
        level = plan.level[code]
        if level < 0:
            continue
        if before >= 0 and level != before:
            for w in range(len(plan.shift_windows)):
                row[plan.shift_column + w] += until - start <= plan.shift_windows[w]
        before = level
        if end >= until and (
            current < 0
            or start > current_start
            or (start == current_start and level < current)
        ):
            current, current_start = level, start
    return current


@compiled
def _lay(
    row: _Row, plan: Any, notes: Any, group: Any, a: Any, b: Any, until: Any
) -> None:
    """Lay days *a* to *b* of a group over what its earlier spells have covered."""
    reach = notes[_REACH, group]
    if a > reach or notes[_COUNT, group] == 0:
        length = reach - notes[_BEGUN, group]
        notes[_LONGEST, group] = max(notes[_LONGEST, group], length)
        notes[_GAP, group] = max(notes[_GAP, group], a - reach)
        notes[_COUNT, group] += 1
        notes[_BEGUN, group] = a
    new = max(a, reach)
    if b <= new:
        return
    notes[_REACH, group] = b
    column = plan.column[group]
    far, near = until - new, until - b
    for w in range(len(plan.windows)):
        window = plan.windows[w]
        row[column + w] += min(far, window) - min(near, window)


@compiled
def _finish_groups(row: _Row, plan: Any, notes: Any, until: Any) -> None:
    """Turn each group's days into weeks, and write its spells."""
    n_windows = len(plan.windows)
    for group in range(plan.n_groups):
        column = plan.column[group]
        if notes[_COUNT, group] == 0:
            row[column + n_windows + 1] = np.nan
            continue
        for w in range(n_windows):
            row[column + w] /= 7
        reach = notes[_REACH, group]
        length = max(notes[_LONGEST, group], reach - notes[_BEGUN, group])
        row[column + n_windows] = notes[_COUNT, group]
        row[column + n_windows + 1] = (until - reach) / 7
        row[column + n_windows + 2] = length / 7


@compiled
def _finish_state(row: _Row, plan: Any, notes: Any, until: Any, level: Any) -> None:
    """Write the current level and its length; no level comes after the last one."""
    if level < 0:
        row[plan.state_column] = len(plan.level_group)
        latest = notes[_REACH, : plan.n_groups].max()
        row[plan.state_column + 1] = (until - latest) / 7
    else:
        row[plan.state_column] = level
        begun = notes[_BEGUN, plan.level_group[level]]
        row[plan.state_column + 1] = (until - begun) / 7


@compiled
def _finish_support(row: _Row, plan: Any, notes: Any, until: Any) -> None:
    """Turn days of support into shares without it, and say if a course ended."""
    column = plan.column[plan.n_groups]
    n_windows = len(plan.windows)
    for w in range(n_windows):
        row[column + w] = 1.0 - row[column + w] / plan.windows[w]
    reach = notes[_REACH, plan.n_groups]
    gap = max(notes[_GAP, plan.n_groups], until - reach)
    row[column + n_windows] = gap >= plan.course_ends
