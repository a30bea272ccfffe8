"""Sammen om fastholdelse: its four measures, its other core elements, who is left out.

The figures and their limits are those of *Sammen om fastholdelse, surveynotat til
slutmålingen* (2019). A case whose time has not run out is counted apart, and what was
not stated is never a no.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from riskscreen.disclosure.counts import HIDDEN, ShownCounts, count_shown
from riskscreen.followup.bands import EVERY_BAND, find_bands
from riskscreen.timeline import DAYS_IN_WEEK
from riskscreen.validation.follow_up import EXCLUDED_REASONS

YES, NO, NOT_DUE, NOT_STATED = "yes", "no", "not_due", "not_stated"
STATES = (YES, NO, NOT_DUE, NOT_STATED)
FOUR_MEASURES = ("takes_part", "first_talk", "company_course", "back_at_workplace")
"""What the project asks of a team: in this order on pages, and on the week's sheet."""
PARTS = ("talk_at_workplace", "talk_by_week_8")
"""What the second measure asks for, one by one."""
CORE_ELEMENTS = ("one_contact_person", "one_employee")
MEASURES = (*FOUR_MEASURES, *PARTS, *CORE_ELEMENTS)
TARGETS: Mapping[str, float] = {"takes_part": 0.70, "talk_at_workplace": 0.70}
"""The project's criterion: so many take part and have the talk at the workplace."""
OUTSIDE = "outside"
"""Not of the target group at all; cases of which that is not stated are NOT_STATED."""
LEFT_OUT = (*EXCLUDED_REASONS, OUTSIDE, NOT_STATED)

LAST_DAY: Mapping[str, int] = {
    "talk": 8 * DAYS_IN_WEEK - 1,
    "course": 13 * DAYS_IN_WEEK,
    "back": 26 * DAYS_IN_WEEK,
}
"""The last day that counts, from the first day of absence: before week 8 is out, within
13 weeks, within 26 weeks."""
States = npt.NDArray[np.str_]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Retention:
    """The measures by team and, with the scores of a run, by band.

    ``included`` counts the cases that are measured, ``left_out`` the others by reason;
    ``by_team`` and ``by_band`` have the cases in each of STATES, by measure.
    """

    included: ShownCounts
    left_out: ShownCounts
    by_team: Mapping[str, ShownCounts]
    by_band: Mapping[str, ShownCounts]


def measure_retention(
    cases: pd.DataFrame,
    *,
    stated: frozenset[str],
    extract_date: date,
    bands: "pd.Series[Any] | None" = None,
) -> Retention:
    """Measure the checked *cases* of follow_up as they were on *extract_date*.

    *stated* are the columns that were delivered, *bands* each scored case's band by
    case_id (bands.py).
    """
    teams = sorted(cases["team"].unique())
    groups = select_included(cases, stated=stated)
    inside = cases[(groups == "").to_numpy()]
    measured = np.full(len(inside), "included")
    included = count_shown(inside["team"], measured, teams, ["included"])
    others = groups != ""
    left_out = count_shown(cases["team"][others], groups[others], teams, LEFT_OUT)
    hidden = np.array([n == HIDDEN for n in included.row_totals], dtype=bool)
    states = judge_cases(inside, extract_date=extract_date)
    of_band = None if bands is None else find_bands(inside["case_id"], bands)
    return Retention(
        included,
        left_out,
        {
            name: count_shown(
                inside["team"], states[name], teams, STATES, hidden_rows=hidden
            )
            for name in MEASURES
        },
        {}
        if of_band is None
        else {
            name: count_shown(of_band, states[name], EVERY_BAND, STATES)
            for name in MEASURES
        },
    )


def select_included(cases: pd.DataFrame, *, stated: frozenset[str]) -> "pd.Series[str]":
    """Return why each case is left out: one of LEFT_OUT, empty where it is measured.

    Where a site does not state ``in_target_group``, every row is of the target group.
    """
    inside = cases["in_target_group"]
    groups = cases["excluded_reason"].fillna("")
    if "in_target_group" in stated:
        groups = groups.mask((groups == "") & inside.isna(), NOT_STATED)
        groups = groups.mask((groups == "") & (inside == 0), OUTSIDE)
    return groups


def judge_cases(cases: pd.DataFrame, *, extract_date: date) -> dict[str, States]:
    """Return the state of every case in each of MEASURES.

    A team without one day in a column has not stated it. A day that is empty says that
    nothing has happened, which counts from the day after the last that would do.
    """
    clock = _Clock(cases, np.datetime64(extract_date))
    talk = clock.judge("first_talk_on", "talk")
    place = _read_flag(cases["first_talk_at_workplace"])
    held = cases["first_talk_on"].notna().to_numpy()
    same = _read_flag(cases["back_at_same_workplace"])
    persons = cases["contact_persons"].to_numpy()
    over = cases["back_on"].notna().to_numpy() | ~clock.may_still("back")
    return {
        "takes_part": _read_flag(cases["takes_part"]),
        "first_talk": _join(talk, place),
        "company_course": clock.judge("company_course_on", "course"),
        "back_at_workplace": _join(clock.judge("back_on", "back"), same),
        # Where no talk was held, none was held at the workplace.
        "talk_at_workplace": np.where((place == NOT_STATED) & ~held, talk, place),
        "talk_by_week_8": talk,
        "one_contact_person": np.select(
            [np.isnan(persons), persons > 1, over], [NOT_STATED, NO, YES], NOT_DUE
        ),
        "one_employee": _read_flag(cases["one_employee"]),
    }


@dataclass(frozen=True, slots=True)
class _Clock:
    """The cases and the day they were taken out: what has happened by when."""

    cases: pd.DataFrame
    today: np.datetime64

    def judge(self, column: str, clock: str) -> States:
        """Judge whether the day in *column* came before its time ran out."""
        days = self.cases[column]
        has_one = days.notna().groupby(self.cases["team"]).transform("any")
        late = (days > self._last_day(clock)).to_numpy()
        unclocked = self.cases["first_absence_day"].isna().to_numpy()
        return np.select(
            [~has_one.to_numpy() | unclocked, late, days.notna().to_numpy()],
            [NOT_STATED, NO, YES],
            np.where(self.may_still(clock), NOT_DUE, NO),
        )

    def may_still(self, clock: str) -> Flags:
        """Tell whether the time has not run out; False where nobody knows when."""
        return (self._last_day(clock) >= pd.Timestamp(self.today)).to_numpy(dtype=bool)

    def _last_day(self, clock: str) -> "pd.Series[Any]":
        return self.cases["first_absence_day"] + pd.Timedelta(days=LAST_DAY[clock])


def _read_flag(flags: "pd.Series[Any]") -> States:
    values = flags.to_numpy()
    return np.select([values == 1, values == 0], [YES, NO], NOT_STATED)


def _join(timely: States, also: States) -> States:
    """Return whether it was in time and *also* so: two answers make one."""
    return np.where(
        (timely == YES) | ((timely == NOT_STATED) & (also == NO)), also, timely
    )
