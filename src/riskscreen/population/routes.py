"""Who is scored, who is routed past the model and why, and who left at which step."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from riskscreen.history.index import HistoryIndex
from riskscreen.history.visibility import find_state
from riskscreen.population.at_risk import find_over
from riskscreen.rules.states import get_group
from riskscreen.spec import (
    ALREADY_OVER,
    ClockRoute,
    ColumnRoute,
    Route,
    RunRoute,
    Specification,
    StateRoute,
)
from riskscreen.timeline import OPEN_END, to_day_number, to_days

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


@dataclass(frozen=True, slots=True)
class RunDay:
    """The day of a scoring run: routes may then look at all that is known.

    ``day`` is the day of the extract; None for a live history, as new as can be.
    """

    day: date | None = None


def select_cohort(
    spec: Specification,
    cases: pd.DataFrame,
    history: HistoryIndex | None,
    *,
    run: RunDay | None = None,
) -> Cohort:
    """Select the cases that no route takes; the first route that fits is the one.

    A state is that of visibility.find_state; what is known at the run is asked only
    with *run*. The last route is that of the cases over at T0 (at_risk.py).
    """
    taken = np.full(len(cases), -1, dtype=np.int64)
    steps = [("delivered", 0, len(cases), "rows that keep the contract")]
    for position, route in enumerate(_list_routes(spec, run)):
        takes = _find_taken(spec, route, cases, history, run) & (taken < 0)
        taken[takes] = position
        remaining = int((taken < 0).sum())
        steps.append((route.name, int(takes.sum()), remaining, route.words.en))
    over = find_over(spec, cases, history) & (taken < 0)
    taken[over] = len(steps) - 1
    if spec.outcome.rule != "ready":
        words = spec.population.already_over.en
        steps.append((ALREADY_OVER, int(over.sum()), int((taken < 0).sum()), words))
    names = np.array([*(r.name for r in _list_routes(spec, run)), ALREADY_OVER])
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


def _list_routes(spec: Specification, run: RunDay | None) -> tuple[Route, ...]:
    """Return the routes that can take a case: those of the run's day only in a run."""
    return tuple(
        route
        for route in spec.population.routes
        if run is not None or not isinstance(route.when, RunRoute)
    )


def add_attrition_step(
    attrition: pd.DataFrame, *, step: str, left: int, why: str
) -> pd.DataFrame:
    """Add a step to *attrition*, at which *left* cases went because of *why*."""
    remaining = int(attrition["n"].iloc[-1]) - left if len(attrition) else 0
    row = pd.DataFrame([(step, left, remaining, why)], columns=attrition.columns)
    return pd.concat([attrition, row], ignore_index=True)


def _find_taken(
    spec: Specification,
    route: Route,
    cases: pd.DataFrame,
    history: HistoryIndex | None,
    run: RunDay | None,
) -> _Mask:
    """Find the cases that *route* takes."""
    when = route.when
    if isinstance(when, ColumnRoute):
        return _match_column(when, cases[when.column])
    if isinstance(when, ClockRoute):
        waited = to_days(cases["decision_date"]) - to_days(cases["start_date"])
        return waited >= when.days_from_start_at_least
    if history is None:
        return np.zeros(len(cases), dtype=bool)
    if isinstance(when, StateRoute):
        return np.isin(find_state(spec, cases, history), list(when.state))
    assert run is not None  # _list_routes leaves a run's routes out without one
    return _match_known_at_run(when, cases, history, run)


def _match_column(when: ColumnRoute, column: "pd.Series[Any]") -> _Mask:
    """Return which cases the column routes; a missing value decides nothing."""
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


def _match_known_at_run(
    when: RunRoute, cases: pd.DataFrame, history: HistoryIndex, run: RunDay
) -> _Mask:
    """Find the cases in one of the states by all that the register knows.

    The state is that of the spell that comes last in order, or of one that is still
    going on. Of a live history every spell is known, and one without an end goes on.
    """
    until = OPEN_END if run.day is None else to_day_number(run.day) + 1
    case, spell = history.expand(history.locate(cases["person_id"]))
    begun = history.start[spell] < until
    case, spell = case[begun], spell[begun]
    last = np.append(case[1:] != case[:-1], True)[: len(case)]
    asked = np.isin(history.group[spell], _number_groups(history, when.known_at_run))
    asked &= last | (history.end[spell] >= until)
    began = np.full(len(cases), OPEN_END, dtype=np.int64)
    np.minimum.at(began, case[asked], history.start[spell[asked]])
    before = began < to_days(cases["decision_date"])
    wanted = before if when.since == "before_decision" else ~before
    return (began < OPEN_END) & wanted


def _number_groups(history: HistoryIndex, names: Collection[str]) -> list[int]:
    return [n for n, state in enumerate(history.groups) if get_group(state) in names]
