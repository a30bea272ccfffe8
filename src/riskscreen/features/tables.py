"""Features of further tables of dated rows, computed as those of the history are.

A case sees the rows of its person that begin before the Monday of the decision week
less the table's register lag, registered before the decision date; where a row is known
only when it is over, only those that have ended by that Monday. What reaches further
counts up to it, and only what lies in the longest window counts at all.

- The days of a window are those that any row covers, each once; a date is a day.
- A row counts in a window that it has a day in, whole: so does its value in a sum.
- A mean weighs each value by the days of its row in the window; it is missing where
  there are none, as are the last value and the time since the last row.
- A change is a row with another category than the row before it, whatever lies between;
  it counts in the windows that it begins in. A row without a category is neither.
- Rows stand as in the index: by start, then by category, then by value.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from riskscreen.array_tables import Table
from riskscreen.features.table_catalogue import list_table_features
from riskscreen.history.index import HistoryIndex
from riskscreen.history.visibility import subtract_lag
from riskscreen.jit import compile_kernel, inline_kernel
from riskscreen.spec import DatedTable
from riskscreen.timeline import DAYS_IN_WEEK, to_days

NO_CATEGORY = ""
"""The group of rows that carry no category."""
Values = npt.NDArray[np.float64]

# What is summed up of each window, and what is noted of the longest.
_COUNT, _DAYS, _SUM, _WEIGHTED, _WEIGHT, _CHANGES = range(6)
_SEEN, _LAST, _SINCE = range(3)
_NONE = -1


def fill_table_features(
    out: Values, table: DatedTable, cases: Table, rows: HistoryIndex | None
) -> None:
    """Write the features of *table* for each case into the columns of *out*.

    *rows* is the table's index, whose groups are its categories; None where the table
    was not delivered, and then every feature is missing. Raises AssertionError for a
    person whom *rows* was not built for.
    """
    if rows is None:
        out[:] = np.nan
        return
    for group in (None, *table.groups):
        sums, notes = _summarise(table, group, cases, rows)
        for place, feature in enumerate(list_table_features(table)):
            if feature.group == group:
                window = sums[:, feature.place]
                out[:, place] = _read_aggregate(feature.aggregate, window, notes)
    if table.absent_person == "unknown":
        out[~find_people_with_rows(table, cases, rows)] = np.nan


def find_people_with_rows(
    table: DatedTable, cases: Table, rows: HistoryIndex
) -> npt.NDArray[np.bool_]:
    """Tell of each case whether it sees any row of its person, however old."""
    _, notes = _summarise(table, None, cases, rows)
    return np.asarray(notes[:, _SEEN] > 0, dtype=np.bool_)


def _summarise(
    table: DatedTable, group: str | None, cases: Table, rows: HistoryIndex
) -> tuple[Values, Values]:
    """Return sums (cases, windows, 6) and notes (cases, 3) of a group's rows."""
    windows = np.array(table.windows, dtype=np.float64) * DAYS_IN_WEEK
    counted = (
        [c in table.groups[group].categories for c in rows.groups] if group else []
    )
    sums = np.zeros((len(cases), len(windows), 6))
    notes = np.full((len(cases), 3), np.nan)
    value = np.full(len(rows.start), np.nan) if rows.value is None else rows.value
    decided = to_days(cases["decision_date"])
    _sum_rows(
        (sums, notes),
        rows.arrays,
        value,
        (
            np.array(counted, dtype=np.bool_)
            if group
            else np.ones(len(rows.groups), dtype=np.bool_),
            np.array([c != NO_CATEGORY for c in rows.groups], dtype=np.bool_),
        ),
        (
            rows.locate(cases["person_id"]),
            subtract_lag(decided, table.register_lag_weeks),
            decided,
        ),
        (windows, table.known == "end"),
    )
    return sums, notes


def _read_aggregate(aggregate: str, window: Values, notes: Values) -> Values:
    if aggregate == "since":
        return notes[:, _SINCE] / DAYS_IN_WEEK
    if aggregate == "last":
        return notes[:, _LAST]
    if aggregate == "weeks":
        return window[:, _DAYS] / DAYS_IN_WEEK
    if aggregate == "mean":
        weight = window[:, _WEIGHT]
        mean = np.full(len(window), np.nan)
        np.divide(window[:, _WEIGHTED], weight, out=mean, where=weight > 0)
        return mean
    column = {"count": _COUNT, "days": _DAYS, "sum": _SUM, "changes": _CHANGES}
    return window[:, column[aggregate]]


@compile_kernel
def _sum_rows(
    out: Any, rows: Any, value: Any, categories: Any, cases: Any, how: Any
) -> None:
    """Sum up the rows of each case, in one pass over those of its person."""
    sums, notes = out
    offsets, category = rows.offsets, rows.group
    start, end, registered = rows.start, rows.end, rows.registered
    counted, named = categories
    person, seen_until, decided = cases
    windows, when_over = how
    longest, dated = np.int64(windows.max()), len(registered) > 0
    for case in range(len(person)):
        until, day = seen_until[case], decided[case]
        since = until - longest
        reach, before = since, np.int64(_NONE)
        notes[case, _SEEN] = 0.0
        for row in range(offsets[person[case]], offsets[person[case] + 1]):
            if start[row] >= until:
                break
            unseen = dated and registered[row] >= day
            if unseen or (when_over and end[row] > until):
                continue
            notes[case, _SEEN] = 1.0
            stop = min(np.int64(end[row]), until)
            if not counted[category[row]] or stop <= since:
                continue
            begin = max(np.int64(start[row]), since)
            kind = np.int64(category[row])
            changed = before != _NONE and named[kind] and kind != before
            _add_row(
                sums[case],
                windows,
                (until - begin, until - max(begin, reach), until - stop),
                value[row],
                changed and start[row] >= since,
            )
            if named[kind]:
                before = kind
            reach = max(reach, stop)
            if not np.isnan(value[row]):
                notes[case, _LAST] = value[row]
            notes[case, _SINCE] = float(until - reach)


@inline_kernel
def _add_row(sums: Any, windows: Any, days: Any, value: Any, changed: Any) -> None:
    """Add a row to each window that it has a day in.

    *days* back from the last one seen lie where it begins, what of it no earlier row
    covers begins, and where it ends.
    """
    far, fresh, near = float(days[0]), float(days[1]), float(days[2])
    for w in range(len(windows)):
        window = windows[w]
        if near < window:
            sums[w, _COUNT] += 1.0
            sums[w, _DAYS] += max(0.0, min(fresh, window) - near)
            sums[w, _CHANGES] += changed and far <= window
            if not np.isnan(value):
                weight = min(far, window) - near
                sums[w, _SUM] += value
                sums[w, _WEIGHTED] += value * weight
                sums[w, _WEIGHT] += weight
