"""How much of a history rests on codes that nobody verified, or no table knows."""

from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from riskscreen.array_tables import Table
from riskscreen.history.index import HistoryIndex
from riskscreen.history.visibility import visible_until
from riskscreen.spec import Specification
from riskscreen.text_arrays import build_whole_numbers
from riskscreen.timeline import DAYS_IN_WEEK, MONDAY_OFFSET, to_day_number, to_days

Integers = npt.NDArray[np.int64]


def count_unverified_weeks(
    spec: Specification, cases: Table, history: HistoryIndex | None
) -> Any:
    """Count each case's weeks on an unverified code; missing without history.

    Counted are the register weeks that the case's features may see (visibility.py),
    within the longest window. A week that several such spells cover counts once.
    """
    if spec.history is None or history is None:
        return build_whole_numbers(np.full(len(cases), np.nan))
    weeks = _count_weeks(spec, cases, history, among=~history.verified)
    return build_whole_numbers(weeks)


def find_unknown_codes(
    spec: Specification, cases: Table, history: HistoryIndex | None
) -> npt.NDArray[np.bool_]:
    """Find the cases that see a week on a code which no table knew at that time.

    What a case sees is as in count_unverified_weeks.
    """
    if spec.history is None or history is None or history.unknown is None:
        return np.zeros(len(cases), dtype=np.bool_)
    return _count_weeks(spec, cases, history, among=history.unknown) > 0


def _count_weeks(
    spec: Specification,
    cases: Table,
    history: HistoryIndex,
    *,
    among: npt.NDArray[np.bool_],
) -> Integers:
    """Count the weeks that each case sees of the spells *among* all."""
    assert spec.history is not None  # both callers look
    case, spell = history.expand(history.locate(cases["person_id"]))
    wanted = among[spell]
    if not wanted.any():
        return np.zeros(len(cases), dtype=np.int64)
    case, spell = case[wanted], spell[wanted]
    decided, until = to_days(cases["decision_date"]), visible_until(spec, cases)
    since = until - DAYS_IN_WEEK * max(spec.history.windows)
    begin = np.maximum(history.start[spell], since[case])
    end = np.minimum(history.end[spell], until[case])
    seen = (begin < end) & (history.known_on(spell) < decided[case])
    case, first, last = case[seen], _to_week(begin[seen]), _to_week(end[seen] - 1)
    # Count the weeks that each case's spells cover together; they stand by start.
    # A case's weeks lie far above those before it, so one running maximum serves all.
    above = case * (1 << 32)
    reach = np.maximum.accumulate(last + above)
    before = np.append(np.int64(-1 << 62), reach[:-1]) - above
    new = np.maximum(last - np.maximum(first - 1, before), 0)
    return np.bincount(case, weights=new, minlength=len(cases)).astype(np.int64)


def count_verified_days(
    history: HistoryIndex, persons: "pd.Series[str]", *, until: date
) -> tuple[int, int]:
    """Count days up to *until* behind cases, and those on unverified codes.

    *persons* is the person of each case: who has two cases counts twice.
    """
    _, spell = history.expand(history.locate(persons))
    end = np.minimum(history.end[spell], to_day_number(until)).astype(np.int64)
    days = np.maximum(end - history.start[spell], 0)
    return int(days.sum()), int(days[~history.verified[spell]].sum())


def _to_week(day: npt.NDArray[np.integer]) -> Integers:
    return (day.astype(np.int64) + MONDAY_OFFSET) // DAYS_IN_WEEK
