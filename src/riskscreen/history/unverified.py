"""How many weeks of each case's own history rest on codes that nobody has verified."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from riskscreen.history.index import ALWAYS_KNOWN, Ledger, ledger
from riskscreen.spec import Specification
from riskscreen.timeline import DAYS_IN_WEEK, MONDAY_OFFSET, monday_days, to_days

Integers = npt.NDArray[np.int64]


def weeks_on_unverified_codes(
    spec: Specification, cases: pd.DataFrame, spells: pd.DataFrame | None
) -> Any:
    """Each case's weeks with a day on an unverified code; missing without history.

    Counted are the register weeks that the case's features may see: before the Monday
    of T0's week less the register lag, of rows registered before T0, within the longest
    window. A week that several such spells cover counts once. *spells* is
    Grouped.spells (codes.py), in any order.
    """
    if spec.history is None or spells is None:
        return pd.array([pd.NA] * len(cases), dtype="Int64")
    persons = pd.Index(cases["person_id"].unique())
    own = _unverified(spells, persons)
    case, row = _rows(own, persons.get_indexer(pd.Index(cases["person_id"])))
    decided = to_days(cases["decision_date"])
    until = monday_days(decided) - DAYS_IN_WEEK * spec.history.register_lag_weeks
    since = until - DAYS_IN_WEEK * max(spec.history.windows)
    begin = np.maximum(own.start[row], since[case])
    end = np.minimum(own.end[row], until[case])
    seen = (begin < end) & (_registered(own)[row] < decided[case])
    case, first, last = case[seen], _week(begin[seen]), _week(end[seen] - 1)
    return pd.array(_distinct(case, first, last, n=len(cases)), dtype="Int64")


def _unverified(spells: pd.DataFrame, persons: "pd.Index[str]") -> Ledger:
    rows = spells[~spells["verified"].to_numpy(dtype=bool)]
    return ledger(rows, persons, groups=tuple(map(str, rows["group"].unique())))


def _rows(
    own: Ledger, person: npt.NDArray[np.integer]
) -> tuple[npt.NDArray[np.intp], Integers]:
    """Each case's spells, case after case: the case's place, and the spell's."""
    begin, length = own.offsets[person], np.diff(own.offsets)[person]
    row = np.repeat(begin - np.cumsum(length) + length, length)
    return np.repeat(np.arange(len(person)), length), row + np.arange(len(row))


def _registered(own: Ledger) -> npt.NDArray[np.int32]:
    if own.registered is None:
        return np.full(len(own.start), ALWAYS_KNOWN, dtype=np.int32)
    return own.registered


def _week(day: npt.NDArray[np.integer]) -> Integers:
    return (day.astype(np.int64) + MONDAY_OFFSET) // DAYS_IN_WEEK


def _distinct(
    case: npt.NDArray[np.intp], first: Integers, last: Integers, *, n: int
) -> Integers:
    """How many weeks each case's spells cover together; a case's stand by start."""
    # A case's weeks lie far above those before it, so one running maximum serves all.
    above = case * (1 << 32)
    reach = np.maximum.accumulate(last + above)
    before = np.append(np.int64(-1 << 62), reach[:-1]) - above
    new = np.maximum(last - np.maximum(first - 1, before), 0)
    return np.bincount(case, weights=new, minlength=n).astype(np.int64)
