"""Who is scored, who is routed past the model and why, and who left at which step."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from riskscreen.schemas.cells import is_among
from riskscreen.spec import (
    ClockRoute,
    ColumnRoute,
    Route,
    Specification,
    StateRoute,
)
from riskscreen.timeline import DAYS_IN_WEEK, monday, monday_days, to_days

UNKNOWN_CODE = "history: unknown benefit code in the history"
NO_HISTORY = "person_id: no row in the history"
BROKEN_HISTORY = "history: a row of this person breaks its contract"

_Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Cohort:
    """The cases to score, in their order, and those that take a route past the model.

    ``routed`` has ``case_id`` and ``route`` (the route's name in the specification);
    ``attrition`` one row per step: ``step``, ``left``, ``n`` (who remain), ``why``.
    """

    scored: pd.DataFrame
    routed: pd.DataFrame
    attrition: pd.DataFrame


def select_cohort(
    spec: Specification, cases: pd.DataFrame, spells: pd.DataFrame | None
) -> Cohort:
    """The cases of *cases* that no route takes; the first route that fits is the one.

    *spells* are grouped spells (person_id, group, start_date, end_date). A state is
    that of state_known.
    """
    taken = np.full(len(cases), -1, dtype=np.int64)
    steps = [("delivered", 0, len(cases), "rows that keep the contract")]
    for position, route in enumerate(spec.population.routes):
        takes = _takes(spec, route, cases, spells) & (taken < 0)
        taken[takes] = position
        remaining = int((taken < 0).sum())
        steps.append((route.name, int(takes.sum()), remaining, route.words.en))
    names = np.array([route.name for route in spec.population.routes] or [""])
    gone = taken >= 0
    routed = pd.DataFrame(
        {
            "case_id": cases["case_id"][gone].array,
            "route": pd.array(names[taken[gone]], dtype="str"),
        }
    )
    attrition = pd.DataFrame(steps, columns=["step", "left", "n", "why"])
    scored = cases[~gone].reset_index(drop=True) if gone.any() else cases
    return Cohort(scored=scored, routed=routed, attrition=attrition)


def left_out(
    attrition: pd.DataFrame, *, step: str, left: int, why: str
) -> pd.DataFrame:
    """*attrition* with one more step, at which *left* cases went because of *why*."""
    remaining = int(attrition["n"].iloc[-1]) - left if len(attrition) else 0
    row = pd.DataFrame([(step, left, remaining, why)], columns=attrition.columns)
    return pd.concat([attrition, row], ignore_index=True)


def _takes(
    spec: Specification,
    route: Route,
    cases: pd.DataFrame,
    spells: pd.DataFrame | None,
) -> _Mask:
    """Which cases *route* takes."""
    when = route.when
    if isinstance(when, ColumnRoute):
        return _column_takes(when, cases[when.column])
    if isinstance(when, ClockRoute):
        waited = to_days(cases["decision_date"]) - to_days(cases["start_date"])
        return waited >= when.days_from_start_at_least
    return _state_takes(spec, when, cases, spells)


def _column_takes(when: ColumnRoute, column: "pd.Series[Any]") -> _Mask:
    """A missing value takes no route: what is not known decides nothing."""
    takes = np.zeros(len(column), dtype=bool)
    if when.is_:
        texts = not pd.api.types.is_numeric_dtype(column.dtype)
        wanted = [str(v) if texts else float(v) for v in when.is_]
        takes |= column.isin(wanted).to_numpy(dtype=bool)
    if when.at_least is not None or when.below is not None:
        low = -np.inf if when.at_least is None else when.at_least
        high = np.inf if when.below is None else when.below
        takes |= ((column >= low) & (column < high)).to_numpy(dtype=bool)
    return takes


def _state_takes(
    spec: Specification,
    when: StateRoute,
    cases: pd.DataFrame,
    spells: pd.DataFrame | None,
) -> _Mask:
    assert spec.history is not None  # read_specification refuses a state without it
    if spells is None or spells.empty:
        return np.zeros(len(cases), dtype=bool)
    states = state_known(spec, cases, spells)
    return np.isin(states, list(when.state))


def state_known(
    spec: Specification, cases: pd.DataFrame, spells: pd.DataFrame
) -> npt.NDArray[np.object_]:
    """For each case the group on the last day that the model may see, or None.

    That day is the Sunday before the Monday of T0's week less the register lag, as for
    features. Where several spells cover it, the one that began last stands, as in a
    register that keeps one code per week.
    """
    lag = DAYS_IN_WEEK * (spec.history.register_lag_weeks if spec.history else 0)
    decided = to_days(cases["decision_date"])
    asked = pd.DataFrame(
        {
            "case": np.arange(len(cases)),
            "person_id": cases["person_id"].array,
            "decided": decided,
            "seen_until": monday_days(decided) - lag,
        }
    )
    own = spells[is_among(spells["person_id"], cases["person_id"])]
    facts = pd.DataFrame(
        {
            "person_id": own["person_id"].array,
            "group": own["group"].astype(object).to_numpy(),
            "begins": to_days(own["start_date"]),
            "ends": to_days(own["end_date"]),
            "known": _known_days(own),
        }
    )
    both = asked.merge(facts, on="person_id", how="inner")
    seen = (
        (both["begins"] < both["seen_until"])
        & (both["ends"] >= both["seen_until"])
        & (both["known"] < both["decided"])
    )
    # The end does not count in the order: it may lie in the future of the case.
    last = both[seen].sort_values(["case", "begins", "group"], kind="stable")
    last = last.drop_duplicates("case", keep="last")
    states = np.full(len(cases), None, dtype=object)
    states[last["case"].to_numpy()] = last["group"].to_numpy()
    return states


def _known_days(spells: pd.DataFrame) -> npt.NDArray[np.int64]:
    """The day each row was registered; without a stamp it is taken as known early."""
    early = int(np.iinfo(np.int64).min)
    if "registered_on" not in spells.columns:
        return np.full(len(spells), early, dtype=np.int64)
    return to_days(spells["registered_on"], missing=early)


def history_faults(
    spec: Specification,
    cases: pd.DataFrame,
    *,
    persons: Collection[str],
    unknown: Collection[str],
    broken: Collection[str],
) -> "pd.Series[Any]":
    """For each case the rule that its person's history breaks, or missing.

    *persons* are all people with a row in the history; *unknown* those with a code that
    no table maps; *broken* those with a set-aside row. What is left of such a history
    would show another person, so their cases are set aside. Without a row in the
    history a person is self-supporting, or set aside too, as the specification says.
    """
    rules = pd.Series(None, index=cases.index, dtype="str")
    if spec.history is None:
        return rules
    person = cases["person_id"]
    if spec.history.absent_person == "error":
        rules[~is_among(person, persons)] = NO_HISTORY
    rules[is_among(person, unknown)] = UNKNOWN_CODE
    rules[is_among(person, broken)] = BROKEN_HISTORY
    return rules


def rank_in_team_and_week(scores: pd.DataFrame) -> "pd.Series[Any]":
    """Rank 1 for the highest risk in each municipality, team and ISO week of T0.

    Ties go by case_id, so that the same cases get the same ranks in any order. A case
    that the model abstained from has no rank and takes nobody's.
    """
    week = monday(scores["decision_date"])
    shown = scores.assign(week=week)
    if "abstained" in scores:
        shown = shown[~scores["abstained"].to_numpy(dtype=bool)]
    ordered = shown.sort_values(
        ["risk", "case_id"], ascending=[False, True], kind="stable"
    )
    place = ordered.groupby(["municipality", "team", "week"], sort=False).cumcount() + 1
    return place.reindex(scores.index).astype("Int64")
