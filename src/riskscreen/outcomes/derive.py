"""Derive what became of each case by its horizon, by the specification's rule."""

from collections.abc import Sequence
from datetime import date

import numpy as np
import numpy.typing as npt
import pandas as pd

from riskscreen.errors import SpecError, TableError
from riskscreen.history.index import HistoryIndex
from riskscreen.outcomes.kernel import (
    COMPETING,
    IS_CENSORED,
    IS_LONG,
    IS_NOT_LONG,
    LONG,
    NOT_LONG,
    SELF_SUPPORT,
    UNBROKEN,
    CaseStarts,
    Extract,
    Rule,
    find_last_week,
    follow_up,
)
from riskscreen.rules.states import drop_activation, read_mapped
from riskscreen.spec import (
    GroupKind,
    History,
    Horizon,
    Specification,
    classify_code_groups,
)
from riskscreen.timeline import (
    DAYS_IN_WEEK,
    OPEN_END,
    from_days,
    to_day_number,
    to_days,
    to_monday_days,
)

LEVELS = ("long", "not long", "competing event", "censored")
"""What can have become of a case; IS_LONG and its like are the places here."""
_KINDS: dict[GroupKind, int] = {
    "long": LONG,
    "long_while_unbroken": UNBROKEN,
    "not_long": NOT_LONG,
    "competing": COMPETING,
    "self_support": SELF_SUPPORT,
    # A code that nobody can name is not counted as long.
    "unknown": NOT_LONG,
}


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
    lies after *extract_date* the case is *censored*, whatever has been seen: to
    take only the open ones out would keep the short ones. ``weeks``: register weeks in
    a long state up to the horizon; ``end_group``: the state on that day
    (rules/states.py); ``rests_on_unverified_weeks``: weeks up to the horizon with an
    unverified code.
    These three are missing where censored.

    A person without a row supports himself. Without *horizon* it is the
    specification's own. Raises SpecError where the specification derives no outcome, or
    a code group is not mapped.
    """
    declared = _require_derived(spec)
    rule = _build_rule(spec, horizon, groups=history.groups)
    starts, extract = _to_arrays(spec, cases, history, extract_date=extract_date)
    followed = follow_up(rule, history, starts, extract)
    unknown = followed.outcome == IS_CENSORED
    lag = declared.register_lag_weeks * DAYS_IN_WEEK
    last = find_last_week(rule, starts)
    known_on = starts.clock + (last + 1) * DAYS_IN_WEEK + lag
    # The kernel's -1 for no row takes the last name, that of self-support.
    names = np.array(
        [*map(drop_activation, history.groups), declared.self_support[0]], dtype=object
    )
    end_group = pd.Series(names[followed.end_group], dtype="str")
    return pd.DataFrame(
        {
            "case_id": cases["case_id"].to_numpy(),
            "outcome": name_outcomes(followed.outcome),
            "known_on": from_days(known_on),
            "weeks": np.where(unknown, np.nan, followed.weeks),
            "end_group": end_group.mask(unknown),
            "rests_on_unverified_weeks": np.where(unknown, np.nan, followed.unverified),
        }
    )


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
    starts, extract = _to_arrays(spec, cases, history, extract_date=extract_date)
    outcomes = np.empty((len(cases), len(horizons)), dtype=np.int8)
    for place, horizon in enumerate(horizons):
        rule = _build_rule(spec, horizon, groups=history.groups)
        outcomes[:, place] = follow_up(rule, history, starts, extract).outcome
    return outcomes


def derive_states_by_week(
    spec: Specification,
    cases: pd.DataFrame,
    history: HistoryIndex,
    *,
    extract_date: date,
    weeks: Sequence[int],
) -> npt.NDArray[np.int8]:
    """Derive where each case was at each of *weeks*: (cases, weeks) places in LEVELS.

    The state of a week is the outcome with the horizon there, by the same rule of what
    is known by *extract_date*: never a short one read from a case that is still open.
    Where weeks are counted (weeks_in), a single long week counts as long here, so that
    only *competing event* has a meaning.
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
    censored). ``known_on`` is the table's own where it has one, else the horizon's end
    plus the register lag where there is a history; it is missing where cases have no
    dates. Raises TableError where a case stands twice, or an outcome was known before
    its case was decided: then there was nothing to foretell.
    """
    require_one_row_each(table)
    long = table.set_index("case_id")["long"].reindex(cases["case_id"])
    value = long.astype("boolean").to_numpy(dtype=np.float64, na_value=np.nan)
    known = np.where(value > 0, IS_LONG, IS_NOT_LONG)
    code = np.where(np.isnan(value), IS_CENSORED, known)
    n = len(cases)
    return pd.DataFrame(
        {
            "case_id": cases["case_id"].to_numpy(),
            "outcome": name_outcomes(code),
            "known_on": find_ready_days(spec, table, cases),
            "weeks": np.full(n, np.nan),
            "end_group": pd.Series([None] * n, dtype="str"),
            "rests_on_unverified_weeks": np.full(n, np.nan),
        }
    )


def _to_arrays(
    spec: Specification,
    cases: pd.DataFrame,
    history: HistoryIndex,
    *,
    extract_date: date,
) -> tuple[CaseStarts, Extract]:
    """Return cases and extract as the kernel reads them, to follow by any rule.

    Raises SpecError for a code group of the history that is not mapped.
    """
    lag = _require_derived(spec).register_lag_weeks * DAYS_IN_WEEK
    found = {history.groups[number] for number in np.unique(history.group)}
    mapped = classify_code_groups(spec)
    found = {state for state in found if read_mapped(mapped, state, None) is None}
    if unmapped := sorted(found):
        raise SpecError(
            f"{spec.name}: outcome: code groups {unmapped} are in the history but not "
            "mapped. Add each to long, long_while_unbroken, not_long or competing."
        )
    clock = to_days(cases[spec.outcome.clock])
    starts = CaseStarts(
        person=history.locate(cases["person_id"]),
        day=clock,
        clock=to_monday_days(clock),
        decided=to_monday_days(to_days(cases["decision_date"])),
    )
    day = to_day_number(extract_date)
    known_until = int(to_monday_days(np.array([day]))[0]) - lag
    return starts, Extract(known_until=known_until, day=day)


def _require_derived(spec: Specification) -> History:
    if spec.history is None or spec.outcome.rule == "ready":
        raise SpecError(
            f"{spec.name}: outcome.rule: a ready outcome is delivered, not derived. "
            "Read the outcomes table of the site."
        )
    return spec.history


def _build_rule(
    spec: Specification, horizon: Horizon | None, *, groups: Sequence[str]
) -> Rule:
    """Return the rule at a horizon.

    A group that is not mapped is in no row of the history (_to_arrays).
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
    kinds = classify_code_groups(spec)
    kind = [_KINDS[read_mapped(kinds, name, "self_support")] for name in groups]
    return Rule(
        kind=np.array(kind, np.int64),
        weeks=chosen.weeks,
        at_least=chosen.at_least_weeks or 0 if counts else 0,
        bridge=outcome.bridge_weeks,
        ends=outcome.rule == "ended_within",
    )


def name_outcomes(code: npt.NDArray[np.integer]) -> "pd.Categorical[str]":
    """Return outcomes given as places in LEVELS by their names."""
    return pd.Categorical.from_codes(code.astype(np.int64), pd.Index(LEVELS))


def require_one_row_each(table: pd.DataFrame) -> None:
    """Raise TableError where a case stands twice in delivered outcomes."""
    if twice := int(table["case_id"].duplicated().sum()):
        raise TableError(
            f"outcomes: {twice} rows repeat a case_id. Keep one row per case."
        )


def find_ready_days(
    spec: Specification, table: pd.DataFrame, cases: pd.DataFrame
) -> "pd.Series[pd.Timestamp]":
    """Return the day from which each delivered outcome was known.

    Raises TableError where that lies before the case was decided.
    """
    if spec.split.column == "period":
        return from_days(np.full(len(cases), OPEN_END))
    weeks = spec.outcome.horizon_weeks + spec.register_lag_weeks
    days = to_days(cases[spec.outcome.clock]) + weeks * DAYS_IN_WEEK
    if "known_on" not in table:
        return from_days(days)
    stated = table.set_index("case_id")["known_on"].reindex(cases["case_id"])
    own = to_days(stated.reset_index(drop=True))
    if early := int((own < to_days(cases["decision_date"])).sum()):
        raise TableError(
            f"outcomes: known_on lies before the decision date in {early} rows. "
            "Deliver the day from which the outcome was known, or leave the cases out."
        )
    return from_days(np.where(own == OPEN_END, days, own))
