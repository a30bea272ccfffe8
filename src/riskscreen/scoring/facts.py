"""The facts that a page asks for beside the scores: columns, and the newest benefits.

Deadlines hold for some cases only, and some count the weeks that a benefit was paid.
Both are left beside the scores, so that pages need neither intake nor register.
"""

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import numpy.typing as npt
import pandas as pd

from riskscreen.array_tables import Table, take_cells
from riskscreen.history.reading import PersonHistory
from riskscreen.rules.paid_time import LONGEST_WINDOW
from riskscreen.rules.states import get_group
from riskscreen.spec import Specification
from riskscreen.text_arrays import TEXT
from riskscreen.timeline import from_days, to_day_number, to_days
from riskscreen.validation.schemas import KNOWN_UNTIL, STATE_AT_RUN

DAYS_BEFORE_START = LONGEST_WINDOW * 31
"""Benefits that ended earlier than this before the start count for no deadline."""

_DAY = "datetime64[s]"
_Places = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class PageFacts:
    """Facts and benefits of ``cases``, tabulated when a page is to be made of them.

    What is known is known to the end of the day ``as_of``; a live case, without one,
    has no page, and none.
    """

    spec: Specification
    cases: Table
    history: PersonHistory | None
    as_of: date | None

    def tabulate_facts(self) -> pd.DataFrame:
        """Return build_facts of the cases."""
        if self.as_of is None:
            return pd.DataFrame()
        until = self.as_of + timedelta(days=1)
        return build_facts(self.spec, self.cases, self.history, until=until)

    def tabulate_benefits(self) -> pd.DataFrame:
        """Return list_benefits of the cases."""
        if self.as_of is None:
            return pd.DataFrame()
        until = self.as_of + timedelta(days=1)
        return list_benefits(self.cases, self.history, until=until)


def build_facts(
    spec: Specification,
    cases: Table,
    history: PersonHistory | None,
    *,
    until: date,
) -> pd.DataFrame:
    """Return one row per case: case_id, its columns, its state and until when known.

    The state is the code group of the person's last spell that began before *until*,
    the day after the run's data; missing where there is none.
    """
    columns = {name: take_cells(cases[name]) for name in spec.kept_columns()}
    state = np.full(len(cases), None, dtype=object)
    known: date | None = None
    if history is not None:
        case, spell = _list_spells(cases, history, until)
        # Spells stand in their order, so the last one written is a person's last.
        state[case] = _name_groups(history)[history.index.group[spell]]
        known = _find_end(history, until)
    more = {
        STATE_AT_RUN: pd.array(state, dtype=TEXT),
        KNOWN_UNTIL: np.full(
            len(cases), np.datetime64(known or "NaT"), "datetime64[us]"
        ),
    }
    return pd.DataFrame({"case_id": take_cells(cases["case_id"])} | columns | more)


def list_benefits(
    cases: Table, history: PersonHistory | None, *, until: date
) -> pd.DataFrame:
    """Return the newest spells of the cases: case_id, code_group, start and end.

    Those that began before *until* and had not ended DAYS_BEFORE_START before the
    case's start; an end is not after the last day that is known.
    """
    if history is None:
        return build_empty_benefits()
    case, spell = _list_spells(cases, history, until)
    index = history.index
    near = index.end[spell] > to_days(cases["start_date"])[case] - DAYS_BEFORE_START
    case, spell = case[near], spell[near]
    last = to_day_number(_find_end(history, until))
    start = index.start[spell]
    return pd.DataFrame(
        {
            "case_id": take_cells(cases["case_id"])[case],
            "code_group": pd.array(
                _name_groups(history)[index.group[spell]], dtype="str"
            ),
            "start": from_days(start),
            "end": from_days(np.maximum(np.minimum(index.end[spell], last), start)),
        }
    )


def build_empty_benefits() -> pd.DataFrame:
    """Return the benefits of nobody."""
    dtypes = {"case_id": "str", "code_group": "str", "start": _DAY, "end": _DAY}
    return pd.DataFrame({n: pd.Series(dtype=kind) for n, kind in dtypes.items()})


def _name_groups(history: PersonHistory) -> npt.NDArray[np.object_]:
    return np.array([*map(get_group, history.index.groups)], dtype=object)


def _list_spells(
    cases: Table, history: PersonHistory, until: date
) -> tuple[_Places, _Places]:
    """Return whose each spell is that began before *until*, and its place."""
    index = history.index
    case, spell = index.expand(index.locate(cases["person_id"]))
    begun = index.start[spell] < to_day_number(until)
    return case[begun], spell[begun]


def _find_end(history: PersonHistory, until: date) -> date:
    """Return the first day of which the history says nothing."""
    last = history.last_day
    return until if last is None else min(until, last + timedelta(days=1))
