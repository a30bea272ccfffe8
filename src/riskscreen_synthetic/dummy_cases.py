"""Dummy cases of any specification: a row in every branch of it, and no truth.

Row numbers deal the branches, so that each has some rows whatever the seed: of every
hundred cases one takes the first route, one the second, and so on; every column that
may be blank is blank in one of seventeen.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from riskscreen.rules.conditions import Condition
from riskscreen.spec import (
    ClockRoute,
    Column,
    ColumnCondition,
    RunRoute,
    Specification,
)
from riskscreen_synthetic.registration import Random
from riskscreen_synthetic.spells import Floats, Ints

OVER = "already over"
_EVERY, _BLANK_EVERY = 100, 17
_MOST_DAYS = 21
"""Days from the start of a case to its decision, at most, where no route needs more."""
_SIGNAL, _SHARED_BY = 0.7, 6
"""How far the first six features move the outcome, in standard deviations of chance:
enough that a training ends as on real data. It is no finding about anybody."""
_SPAN = 40.0
"""How far a number reaches whose column states no bounds."""


@dataclass(frozen=True)
class DummyCases:
    """Cases, how far each is *pulled* to be long, and the branch that each is of.

    ``branch`` is a route of the specification, OVER, or None of an ordinary case.
    """

    frame: pd.DataFrame
    pull: Floats
    branch: list[Any]


def draw_cases(
    random: Random, spec: Specification, when: "pd.Series[Any]", *, at_run: bool = False
) -> DummyCases:
    """Draw a case for each day, or period, of *when*.

    With *at_run* some take the routes that only a scoring run asks for.
    """
    n = len(when)
    branches = _list_branches(spec, at_run=at_run)
    place = np.arange(n) % max(_EVERY if n >= _EVERY else n, len(branches) + 1)
    branch = [branches[p] if p < len(branches) else None for p in place]
    columns = {
        name: _draw_column(random, column, n) for name, column in spec.columns.items()
    }
    pull = _pull(random, spec, columns, n)
    for number, (name, column) in enumerate(spec.columns.items()):
        if column.nullable and column.type != "date":
            columns[name][(np.arange(n) + 7 * number) % _BLANK_EVERY == 0] = None
    _steer_routes(spec, columns, branch)
    for name, column in spec.columns.items():
        if column.applies_when:
            condition = column.applies_when.condition
            met = [_is_met(condition, v) for v in columns[condition.subject]]
            columns[name][[is_met is False for is_met in met]] = None
    keys = _draw_keys(random, spec, when, branch)
    frame = pd.DataFrame({**keys, **_convert(spec, columns, keys)})
    return DummyCases(frame, pull, branch)


def list_values(column: Column) -> list[Any]:
    """Return values that *column* may have: all of a category, some of a number."""
    if column.type == "flag":
        return [True, False]
    if column.type == "category":
        return [*column.values]
    if column.type == "code":
        return ["A1", "B2", "C3"]
    low = column.minimum if column.minimum is not None else 0.0
    if column.minimum is None and column.maximum is not None:
        low = min(0.0, column.maximum)
    high = column.maximum if column.maximum is not None else low + _SPAN
    numbers = np.linspace(low, high, 41)
    whole = column.type == "integer"
    return sorted({float(v) for v in (np.floor(numbers) if whole else numbers)})


def _list_branches(spec: Specification, *, at_run: bool) -> list[Any]:
    routes = [
        route.when
        for route in spec.population.routes
        if at_run or not isinstance(route.when, RunRoute)
    ]
    outside = [
        ColumnCondition.model_validate({"column": name, "is": (value,)})
        for name, value in spec.population.only.items()
    ]
    return [*routes, *outside, *([OVER] if spec.outcome.rule != "ready" else [])]


def _draw_column(random: Random, column: Column, n: int) -> npt.NDArray[np.object_]:
    """Draw *n* cells, each value about as often; of a fact of landmarks the weeks."""
    if column.type == "date":
        weeks = np.array(random.integers(1, 40, n), dtype=object)
        weeks[np.arange(n) % 3 > 0] = None
        return weeks
    values = list_values(column)
    dealt = random.permutation(np.arange(n) % len(values))
    return np.array([values[place] for place in dealt], dtype=object)


def _pull(
    random: Random,
    spec: Specification,
    columns: dict[str, npt.NDArray[np.object_]],
    n: int,
) -> Floats:
    """Return how far each case is pulled to be long: some of it by its columns."""
    acting = list(spec.features().items())[:_SHARED_BY]
    signal = np.zeros(n)
    for name, column in acting:
        order = {value: place for place, value in enumerate(list_values(column))}
        if column.type == "flag":
            order = {True: 1, False: 0}
        size = np.array([order[value] for value in columns[name]], dtype=np.float64)
        spread = size.std() or 1.0
        way = -1.0 if column.monotone == "decreasing" else 1.0
        signal += way * (size - size.mean()) / spread
    pull: Floats = _SIGNAL * signal / max(len(acting), 1) ** 0.5
    return pull + random.normal(size=n)


def _steer_routes(
    spec: Specification, columns: dict[str, npt.NDArray[np.object_]], branch: list[Any]
) -> None:
    """Let the cases of a route that asks a column meet it, and nobody else."""
    conditions = [r.when for r in spec.population.routes]
    asked = [when for when in conditions if isinstance(when, ColumnCondition)]
    for when in asked:
        meeting, others = _part_values(spec, when)
        cells = columns[when.column]
        for row, own in enumerate(branch):
            if own is when and meeting:
                cells[row] = meeting[row % len(meeting)]
                _make_about(spec, columns, when.column, row)
            elif _is_met(when.condition, cells[row]):
                cells[row] = others[row % len(others)] if others else None
    for name, value in spec.population.only.items():
        when = ColumnCondition.model_validate({"column": name, "is": (value,)})
        meeting, others = _part_values(spec, when)
        for row, own in enumerate(branch):
            inside = own != when
            kind = meeting if inside else others
            if kind and _is_met(when.condition, columns[name][row]) is not inside:
                columns[name][row] = kind[row % len(kind)]


def _make_about(
    spec: Specification,
    columns: dict[str, npt.NDArray[np.object_]],
    name: str,
    row: int,
) -> None:
    """Let the column *name* be about the case in *row*."""
    if (about := spec.columns[name].applies_when) is not None:
        meeting, _ = _part_values(spec, about)
        columns[about.column][row] = meeting[row % len(meeting)]


def _part_values(
    spec: Specification, when: ColumnCondition
) -> tuple[list[Any], list[Any]]:
    """Return the values of a column that meet a condition, and those that do not."""
    ends = [end for end in (when.at_least, when.below) if end is not None]
    values = [*list_values(spec.columns[when.column]), *ends]
    meeting = [v for v in values if _is_met(when.condition, v)]
    return meeting, [v for v in values if not _is_met(when.condition, v)]


def _is_met(condition: Condition, value: Any) -> bool | None:
    """Tell whether a cell meets a condition; None of a blank one."""
    if value is None:
        return None
    return condition.is_met(value if isinstance(value, str) else float(value))


def _draw_keys(
    random: Random, spec: Specification, when: "pd.Series[Any]", branch: list[Any]
) -> dict[str, Any]:
    """Draw whose each case is, and when it began."""
    n = len(when)
    number = [f"{place:06d}" for place in range(1, n + 1)]
    keys: dict[str, Any] = {
        "case_id": [f"D{own}" for own in number],
        "person_id": [f"X{own}" for own in number],
    }
    if spec.split.column == "period":
        keys["period"] = when.to_numpy()
    else:
        waits = [
            route.when.days_from_start_at_least
            for route in spec.population.routes
            if isinstance(route.when, ClockRoute)
        ]
        days = random.integers(0, max(1, min([_MOST_DAYS, *waits])), n)
        for row, own in enumerate(branch):
            if isinstance(own, ClockRoute):
                days[row] = own.days_from_start_at_least + row % 7
        keys["start_date"] = (when - pd.to_timedelta(days, unit="D")).to_numpy()
        keys["decision_date"] = when.to_numpy()
    keys["municipality"] = [f"Prøveby {1 + place % 2}" for place in range(n)]
    keys["team"] = [f"Team {1 + place % 3}" for place in range(n)]
    return keys


def _convert(
    spec: Specification, columns: dict[str, npt.NDArray[np.object_]], keys: Any
) -> dict[str, Any]:
    """Return the columns in the types that a site's file has them in."""
    kinds: dict[str, Any] = {"flag": "boolean", "integer": "Int64", "number": "Float64"}
    found: dict[str, Any] = {}
    for name, column in spec.columns.items():
        if column.type == "date":
            weeks = pd.to_numeric(pd.Series(columns[name], dtype=object))
            days = pd.to_timedelta(7 * weeks.fillna(0).astype(np.int64), unit="D")
            found[name] = (keys["decision_date"] + days).where(weeks.notna())
        else:
            kind = kinds.get(column.type, "str")
            found[name] = pd.Series(columns[name], dtype=object).astype(kind)
    return found


def count_weeks(spec: Specification) -> Ints:
    """Return the weeks to every horizon that *spec* asks about, from the clock."""
    further = [horizon.weeks for horizon in spec.outcome.other_horizons]
    stages = [landmark.horizon_weeks for landmark in spec.landmarks]
    return np.array([spec.outcome.horizon_weeks, *further, *stages], dtype=np.int64)
