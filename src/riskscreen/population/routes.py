"""Who is scored, who is routed past the model and why, and who left at which step."""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache, partial
from typing import Generic

import numpy as np
import numpy.typing as npt
import pandas as pd

from riskscreen.array_tables import AnyTable, Table, take_cells, take_rows
from riskscreen.history.index import HistoryIndex, Places
from riskscreen.history.visibility import find_state
from riskscreen.population.at_risk import find_over
from riskscreen.rules.states import get_group
from riskscreen.spec import (
    ALREADY_OVER,
    OBJECTED,
    OUTSIDE,
    ClockRoute,
    ColumnCondition,
    Route,
    RunRoute,
    Specification,
    StateRoute,
)
from riskscreen.text_arrays import build_texts
from riskscreen.timeline import OPEN_END, to_day_number, to_days
from riskscreen.validation.cells import is_among

_Mask = npt.NDArray[np.bool_]
Steps = tuple[tuple[str, int, int, str], ...]
"""Steps of an attrition: the step, how many left there, who remain, and why."""


@dataclass(frozen=True, slots=True)
class Cohort(Generic[AnyTable]):
    """The cases to score, in their order, and those that take a route past the model.

    ``routed`` has ``case_id``, ``route`` (the route's name in the specification) and
    the case's municipality and team; ``attrition`` one row per step: ``step``,
    ``left``, ``n`` (who remain), ``why``.
    """

    scored: AnyTable
    routed: pd.DataFrame
    steps: Steps

    @property
    def attrition(self) -> pd.DataFrame:
        """The steps as a table, which nobody asks for of a case alone."""
        return pd.DataFrame(self.steps, columns=["step", "left", "n", "why"])


@dataclass(frozen=True, slots=True)
class RunDay:
    """The day of a scoring run: routes may then look at all that is known.

    ``day`` is the day of the extract; None for a live history, as new as can be.
    """

    day: date | None = None


def select_cohort(
    spec: Specification,
    cases: AnyTable,
    history: HistoryIndex | None,
    *,
    run: RunDay | None = None,
    objected: Collection[str] = (),
) -> Cohort[AnyTable]:
    """Select the cases that no route takes; the first route that fits is the one.

    A state is that of visibility.find_state; what is known at the run is asked only
    with *run*. The first routes are those of the citizens in *objected*, where there
    are any, and of the cases outside population.only, the last that of the cases over
    at T0 (at_risk.py).
    """
    words = spec.population.list_words()
    taken = np.full(len(cases), -1, dtype=np.int64)
    steps: Steps = (("delivered", 0, len(cases), "rows that keep the contract"),)
    names: list[str] = []
    for name, takes in _find_takers(spec, cases, history, run, objected):
        new = takes & (taken < 0)
        taken[new] = len(names)
        names.append(name)
        steps = add_attrition_step(
            steps, step=name, left=int(new.sum()), why=words[name].en
        )
    gone = taken >= 0
    if not gone.any():
        return Cohort(cases, _NONE_ROUTED.copy(), steps)
    who = {n: take_cells(cases[n])[gone] for n in _OF_A_ROUTED if n in cases}
    who["route"] = build_texts([names[n] for n in taken[gone]])
    routed = pd.DataFrame({name: who[name] for name in _OF_A_ROUTED if name in who})
    return Cohort(take_rows(cases, ~gone), routed, steps)


_OF_A_ROUTED = ("case_id", "route", "municipality", "team")
_NONE_ROUTED = pd.DataFrame({name: build_texts([]) for name in _OF_A_ROUTED})


def _find_takers(
    spec: Specification,
    cases: Table,
    history: HistoryIndex | None,
    run: RunDay | None,
    objected: Collection[str],
) -> Iterator[tuple[str, _Mask]]:
    """Yield each route by name, with the cases that it takes, in their order."""
    if objected:
        yield OBJECTED, is_among(cases["person_id"], objected)
    known = cache(partial(_find_known_at_run, cases, history, run))
    if conditions := spec.population.list_conditions():
        inside = [one.find_met(cases[one.subject]) for one in conditions]
        yield OUTSIDE, ~np.logical_and.reduce(inside)
    for route in spec.population.routes:
        # Those of the run's day take a case only in a run.
        if run is not None or not isinstance(route.when, RunRoute):
            yield route.name, _find_taken(spec, route, cases, history, known)
    if spec.outcome.rule != "ready":
        yield ALREADY_OVER, find_over(spec, cases, history)


def add_attrition_step(steps: Steps, *, step: str, left: int, why: str) -> Steps:
    """Add a step to *steps*, at which *left* cases went because of *why*."""
    return (*steps, (step, left, steps[-1][2] - left, why))


def _find_taken(
    spec: Specification,
    route: Route,
    cases: Table,
    history: HistoryIndex | None,
    known_at_run: Callable[[], "_KnownSpells"],
) -> _Mask:
    """Find the cases that *route* takes; *known_at_run* is asked of a run's routes."""
    when = route.when
    if isinstance(when, ColumnCondition):
        return when.condition.find_met(cases[when.column])
    if isinstance(when, ClockRoute):
        waited = to_days(cases["decision_date"]) - to_days(cases["start_date"])
        return waited >= when.days_from_start_at_least
    if history is None:
        return np.zeros(len(cases), dtype=bool)
    if isinstance(when, StateRoute):
        return when.condition.find_met(find_state(spec, cases, history))
    return _match_known_at_run(when, history, known_at_run())


@dataclass(frozen=True, slots=True)
class _KnownSpells:
    """Spells that may say what state a case is in at the run, and whose each is.

    ``decided`` is the day of each case's decision.
    """

    case: Places
    spell: Places
    decided: Places


def _find_known_at_run(
    cases: Table, history: HistoryIndex | None, run: RunDay | None
) -> _KnownSpells:
    """Find the spell of each case that comes last in order, and those still going on.

    Of a live history every spell is known, and one without an end goes on.
    """
    # _list_routes leaves a run's routes out without a run, _find_taken without history.
    assert run is not None
    assert history is not None
    until = OPEN_END if run.day is None else to_day_number(run.day) + 1
    case, spell = history.expand(history.locate(cases["person_id"]))
    begun = history.start[spell] < until
    case, spell = case[begun], spell[begun]
    last = np.append(case[1:] != case[:-1], True)[: len(case)]
    tells = last | (history.end[spell] >= until)
    decided = to_days(cases["decision_date"])
    return _KnownSpells(case[tells], spell[tells], decided)


def _match_known_at_run(
    when: RunRoute, history: HistoryIndex, known: _KnownSpells
) -> _Mask:
    """Find the cases in one of the states by all that the register knows."""
    names = when.known_at_run
    wanted = np.array([get_group(state) in names for state in history.groups], bool)
    asked = wanted[history.group[known.spell]]
    began = np.full(len(known.decided), OPEN_END, dtype=np.int64)
    np.minimum.at(began, known.case[asked], history.start[known.spell[asked]])
    before = began < known.decided
    in_time = before if when.since == "before_decision" else ~before
    return (began < OPEN_END) & in_time
