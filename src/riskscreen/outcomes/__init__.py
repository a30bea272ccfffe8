"""What became of each case by its horizon, as the specification's rule has it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from riskscreen.errors import SpecError, TableError
from riskscreen.history.index import HistoryIndex
from riskscreen.outcomes.kernel import (
    IS_LEFT,
    IS_LONG,
    IS_NOT_LONG,
    IS_UNKNOWN,
    SELF_SUPPORT,
    FollowUps,
    Rule,
    follow_up,
)
from riskscreen.outcomes.mapping import map_code_groups
from riskscreen.spec import History, Horizon, Specification
from riskscreen.timeline import (
    DAYS_IN_WEEK,
    OPEN_END,
    Days,
    from_days,
    to_days,
    to_monday_days,
)

__all__ = [
    "IS_LEFT",
    "IS_LONG",
    "IS_NOT_LONG",
    "IS_UNKNOWN",
    "LEVELS",
    "convert_ready_outcomes",
    "count_label_flips",
    "derive_horizon_outcomes",
    "derive_outcomes",
    "derive_states_by_week",
]

LEVELS = ("long", "not long", "left otherwise", "not yet known")
"""What can have become of a case; IS_LONG and its like are the places here."""
SHIFTS = (-4, -3, -2, -1, 1, 2, 3, 4)
"""Weeks that count_label_flips moves the end by: DREAM overstates durations by 1.4
weeks with SD 3.9 (Stapelfeldt 2012, doi 10.1186/1471-2458-12-661)."""


def derive_outcomes(
    spec: Specification,
    cases: pd.DataFrame,
    history: HistoryIndex,
    *,
    extract_date: date,
    horizon: Horizon | None = None,
) -> pd.DataFrame:
    """Derive the outcome of each case, in the order of *cases*, from the history.

    ``outcome`` is one of LEVELS and ``known_on`` the first day it could be known: when
    every week that it rests on has passed and the register lag after it. Where that day
    lies after *extract_date* the case is *not yet known*, whatever has been seen: to
    take only the open ones out would keep the short ones. ``not_at_risk``: not at risk
    (see kernel.py); ``weeks``: register weeks in a long state up to the horizon;
    ``end_group``: the code group then; ``rests_on_unverified_weeks``: weeks up to the
    horizon with an unverified code. These three are missing where not yet known.

    A person without a row supports himself. Without *horizon* it is the
    specification's own. Raises SpecError where the specification derives no outcome, or
    a code group is not mapped.
    """
    declared = _declared(spec)
    rule = _rule(spec, horizon, groups=history.groups)
    read = _read(spec, cases, history, extract_date=extract_date)
    courses = read.follow(rule)
    lag = declared.register_lag_weeks * DAYS_IN_WEEK
    names = (*history.groups, declared.self_support[0])
    known_on = read.clock + rule.last_week * DAYS_IN_WEEK + DAYS_IN_WEEK + lag
    return _framed(cases, courses, known_on, names=names)


def derive_horizon_outcomes(
    spec: Specification,
    cases: pd.DataFrame,
    history: HistoryIndex,
    *,
    extract_date: date,
    horizons: Sequence[Horizon],
) -> npt.NDArray[np.int8]:
    """Return the outcome of each case at each of *horizons*, as places in LEVELS.

    Shaped (cases, horizons); each is the outcome that derive_outcomes gives with that
    horizon. Cases and history are read once. Raises the errors of derive_outcomes.
    """
    read = _read(spec, cases, history, extract_date=extract_date)
    found = np.empty((len(cases), len(horizons)), dtype=np.int8)
    for place, horizon in enumerate(horizons):
        rule = _rule(spec, horizon, groups=history.groups)
        found[:, place] = read.follow(rule).outcome
    return found


def derive_states_by_week(
    spec: Specification,
    cases: pd.DataFrame,
    history: HistoryIndex,
    *,
    extract_date: date,
    weeks: Sequence[int],
) -> npt.NDArray[np.int8]:
    """Where each case was at each of *weeks*, shaped (cases, weeks): places in LEVELS.

    The state of a week is the outcome with the horizon there, by the same rule of what
    is known by *extract_date*: never a short one read from a case that is still open.
    Where weeks are counted (weeks_in), a single long week counts as long here, so that
    only *left otherwise* has a meaning.
    """
    at_least = 1 if spec.outcome.rule == "weeks_in" else None
    horizons = [Horizon(weeks=week, at_least_weeks=at_least) for week in weeks]
    return derive_horizon_outcomes(
        spec, cases, history, extract_date=extract_date, horizons=horizons
    )


def convert_ready_outcomes(
    spec: Specification, table: pd.DataFrame, cases: pd.DataFrame
) -> pd.DataFrame:
    """Return a delivered table's outcomes in the order and form of derive_outcomes.

    *table* has ``case_id`` and ``long`` (true or false; missing, or no row at all =
    not yet known). ``known_on`` is the horizon's end plus the register lag where there
    is a history; it is missing where cases have no dates. Raises TableError where a
    case stands twice.
    """
    if twice := int(table["case_id"].duplicated().sum()):
        raise TableError(
            f"outcomes: {twice} rows repeat a case_id. Keep one row per case."
        )
    long = table.set_index("case_id")["long"].reindex(cases["case_id"])
    value = long.astype("boolean").to_numpy(dtype=np.float64, na_value=np.nan)
    code = np.where(np.isnan(value), 3, np.where(value > 0, 0, 1))
    n = len(cases)
    return pd.DataFrame(
        {
            "case_id": cases["case_id"].to_numpy(),
            "outcome": _named(code),
            "not_at_risk": np.zeros(n, dtype=np.bool_),
            "known_on": _ready_on(spec, cases),
            "weeks": np.full(n, np.nan),
            "end_group": pd.Series([None] * n, dtype="str"),
            "rests_on_unverified_weeks": np.full(n, np.nan),
        }
    )


def count_label_flips(
    spec: Specification,
    cases: pd.DataFrame,
    history: HistoryIndex,
    outcomes: pd.DataFrame,
    *,
    extract_date: date,
) -> pd.DataFrame:
    """How many outcomes change if every end lay some weeks later (or earlier, below 0).

    *outcomes* are those that derive_outcomes gives of *cases*. One row per shift of
    SHIFTS with ``n``, the cases at risk that are long or not long as registered and as
    shifted, how many of them change each way, and their share. An end that lies s weeks
    later is in at the horizon if the registered one is s weeks before it; in
    ``weeks_in`` whoever has a week there has s more.
    """
    given = outcomes["outcome"]
    at_risk = ~outcomes["not_at_risk"] & _binary(given)
    rows = []
    for shift, moved in _moved(spec, cases, history, outcomes, extract_date):
        judged = at_risk & _binary(moved)
        long = given[judged] == "long"
        still = moved[judged] == "long"
        to_not_long, to_long = int((long & ~still).sum()), int((~long & still).sum())
        n = int(judged.sum())
        share = (to_not_long + to_long) / n if n else float("nan")
        rows.append((shift, n, to_not_long, to_long, share))
    return pd.DataFrame(
        rows,
        columns=["shift_weeks", "n", "long_to_not_long", "not_long_to_long", "share"],
    )


@dataclass(frozen=True, slots=True)
class _Read:
    """Spells and cases as the kernel reads them, to be followed by one or more rules.

    ``known_until`` is the Monday by which a week must have ended to be known.
    """

    history: HistoryIndex
    person: npt.NDArray[np.int64]
    clock: Days
    decided: Days
    known_until: int
    extracted: int

    def follow(self, rule: Rule) -> FollowUps:
        """Return the course of each case by *rule*."""
        return follow_up(
            rule,
            self.history,
            person=self.person,
            clock=self.clock,
            decided=self.decided,
            known_until=self.known_until,
            extracted=self.extracted,
        )


def _read(
    spec: Specification,
    cases: pd.DataFrame,
    history: HistoryIndex,
    *,
    extract_date: date,
) -> _Read:
    declared = _declared(spec)
    _check_mapped(spec, history)
    lag = declared.register_lag_weeks * DAYS_IN_WEEK
    extracted = np.array([(extract_date - date(1970, 1, 1)).days])
    return _Read(
        history=history,
        person=history.locate(cases["person_id"]),
        clock=to_monday_days(to_days(cases[spec.outcome.clock])),
        decided=to_monday_days(to_days(cases["decision_date"])),
        known_until=int(to_monday_days(extracted)[0]) - lag,
        extracted=int(extracted[0]),
    )


def _moved(
    spec: Specification,
    cases: pd.DataFrame,
    history: HistoryIndex,
    outcomes: pd.DataFrame,
    extract_date: date,
) -> Iterator[tuple[int, "pd.Series[Any]"]]:
    """Each shift that leaves a horizon, and the outcomes if ends lay so much later."""
    if spec.outcome.rule == "weeks_in":
        for shift in SHIFTS:
            yield shift, _more_weeks(spec, outcomes, shift)
        return
    horizon = spec.outcome.horizon_weeks
    shifts = [shift for shift in SHIFTS if shift < horizon]
    codes = derive_horizon_outcomes(
        spec,
        cases,
        history,
        extract_date=extract_date,
        horizons=[Horizon(weeks=horizon - shift) for shift in shifts],
    )
    for place, shift in enumerate(shifts):
        yield shift, pd.Series(_named(codes[:, place]), index=outcomes.index)


def _more_weeks(
    spec: Specification, given: pd.DataFrame, more: int
) -> "pd.Series[str]":
    """Return the outcomes if whoever was in at all had been in for *more* weeks."""
    weeks = given["weeks"].where(given["weeks"].eq(0), given["weeks"] + more)
    assert spec.outcome.at_least_weeks is not None  # the specification guarantees it
    long = np.where(weeks >= spec.outcome.at_least_weeks, "long", "not long")
    return pd.Series(long, index=given.index).where(
        _binary(given["outcome"]), "not yet known"
    )


def _binary(outcome: "pd.Series[Any]") -> "pd.Series[bool]":
    return outcome.isin(["long", "not long"])


def _declared(spec: Specification) -> History:
    if spec.history is None or spec.outcome.rule == "ready":
        raise SpecError(
            f"{spec.name}: outcome.rule: a ready outcome is delivered, not derived. "
            "Read the outcomes table of the site."
        )
    return spec.history


def _rule(
    spec: Specification, horizon: Horizon | None, *, groups: Sequence[str]
) -> Rule:
    """Return the rule at a horizon; the state there rests on the weeks that bridge it.

    A group that is not mapped is in no row of the history (_check_mapped).
    """
    outcome = spec.outcome
    chosen = horizon or Horizon(
        weeks=outcome.horizon_weeks, at_least_weeks=outcome.at_least_weeks
    )
    counts = outcome.rule == "weeks_in"
    if counts and chosen.at_least_weeks is None:
        raise SpecError(
            f"{spec.name}: outcome.other_horizons: {chosen.weeks} weeks without "
            "at_least_weeks, which the rule weeks_in needs. Add it."
        )
    kind = map_code_groups(spec)
    return Rule(
        kind=np.array([kind.get(name, SELF_SUPPORT) for name in groups], np.int64),
        weeks=chosen.weeks,
        at_least=chosen.at_least_weeks or 0 if counts else 0,
        bridge=outcome.bridge_weeks,
        last_week=chosen.weeks + (0 if counts else outcome.bridge_weeks - 1),
    )


def _check_mapped(spec: Specification, history: HistoryIndex) -> None:
    found = {history.groups[number] for number in np.unique(history.group)}
    if unmapped := sorted(found - map_code_groups(spec).keys()):
        raise SpecError(
            f"{spec.name}: outcome: code groups {unmapped} are in the history but not "
            "mapped. Add each to long, long_while_unbroken, not_long or competing."
        )


def _framed(
    cases: pd.DataFrame,
    courses: FollowUps,
    known_on: npt.NDArray[np.int64],
    *,
    names: tuple[str, ...],
) -> pd.DataFrame:
    """Return the outcomes table; *names* are those of the groups, self-support last."""
    unknown = courses.outcome == IS_UNKNOWN
    # The kernel's -1 for no row takes the last name.
    end_group = pd.Series(np.array(names, dtype=object)[courses.end_group], dtype="str")
    return pd.DataFrame(
        {
            "case_id": cases["case_id"].to_numpy(),
            "outcome": _named(courses.outcome),
            "not_at_risk": courses.over,
            "known_on": from_days(known_on),
            "weeks": np.where(unknown, np.nan, courses.weeks),
            "end_group": end_group.mask(unknown),
            "rests_on_unverified_weeks": np.where(unknown, np.nan, courses.unverified),
        }
    )


def _named(code: npt.NDArray[np.integer]) -> "pd.Categorical[str]":
    return pd.Categorical.from_codes(code.astype(np.int64), pd.Index(LEVELS))


def _ready_on(spec: Specification, cases: pd.DataFrame) -> "pd.Series[pd.Timestamp]":
    if spec.split.column == "period":
        return from_days(np.full(len(cases), OPEN_END))
    lag = spec.history.register_lag_weeks if spec.history else 0
    weeks = spec.outcome.horizon_weeks + lag
    return from_days(to_days(cases[spec.outcome.clock]) + weeks * DAYS_IN_WEEK)
