"""Dummy histories and further tables of dummy cases: every group, exit and category."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from riskscreen.rules.code_groups import CodeTable
from riskscreen.rules.states import add_activation, get_group, name_state
from riskscreen.spec import DatedTable, RunRoute, Specification, StateRoute
from riskscreen_synthetic.dummy_cases import OVER, DummyCases
from riskscreen_synthetic.registration import Random

_WEEK = pd.Timedelta(weeks=1)
_NO_ROWS_EVERY = 25
"""One citizen in so many has no row at all."""
_PAST_WEEKS = 250
_OTHER = "andet"
"""A category of dummy rows that no declared group has."""

Spell = tuple[str, Any, Any]
"""A state (a benefit code), its first day, and the day after its last; None while it
lasts."""


@dataclass(frozen=True)
class _States:
    """The states that a course is in, those it may end in, and those of the past."""

    inside: list[str]
    exits: list[str]
    competing: list[str]
    past: list[str]


def build_history(
    random: Random,
    spec: Specification,
    codes: CodeTable,
    cases: DummyCases,
    *,
    extract: pd.Timestamp,
) -> pd.DataFrame:
    """Build the spells of *cases* that a register holds on the day of the *extract*."""
    states, rows = _list_states(spec), list[tuple[Any, ...]]()
    code_of = _list_codes(codes)
    frame = cases.frame
    lengths = random.random((len(frame), 4))
    for row, (person, start, decided, own) in enumerate(
        zip(
            frame["person_id"],
            frame["start_date"],
            frame["decision_date"],
            cases.branch,
            strict=True,
        )
    ):
        if own is None and row % _NO_ROWS_EVERY == _NO_ROWS_EVERY - 1:
            continue
        spells = list(_list_past(states.past, start, row, lengths[row]))
        if own == OVER or isinstance(own, StateRoute):
            spells += _hold_state(spec, states, own, start, row)
        else:
            course = _follow_course(spec, states, cases.pull[row], start, decided, row)
            if isinstance(own, RunRoute):
                course = _break_off(course, own, decided)
            spells += course
        rows += [
            (person, code_of.get(state), first, after)
            for state, first, after in spells
            if first < min(extract, after or extract)
        ]
    columns = ["person_id", "code", "start_date", "end_date"]
    # A state that no code shows, such as self-support, is a time without a row.
    past = pd.DataFrame(rows, columns=columns).dropna(subset="code")
    ends = pd.to_datetime(past["end_date"])
    past["start_date"] = pd.to_datetime(past["start_date"])
    past["end_date"] = ends.mask(ends >= extract)
    return past.sort_values(["person_id", "start_date"], ignore_index=True)


def _list_states(spec: Specification) -> _States:
    """List the states of a course; one that a route takes is none to be in at T0."""
    outcome, history = spec.outcome.as_read(), spec.history
    assert history is not None  # whoever asks has looked
    routed = {
        state
        for route in spec.population.routes
        if isinstance(route.when, StateRoute)
        for state in route.when.state
    }
    inside = [*outcome.long, *outcome.long_while_unbroken]
    if outcome.rule == "weeks_in":
        inside = [g for g in outcome.not_long if g not in history.self_support] + inside
    first = [state for state in inside if get_group(state) not in routed]
    past = [g for group in history.groups.values() for g in group.code_groups]
    # What was done in a benefit is a code's own: any group's first code that did it.
    past += [f"@{did}" for group in history.groups.values() for did in group.activation]
    return _States(
        inside=[*first, *(state for state in inside if state not in first)],
        exits=[*outcome.not_long],
        competing=[*outcome.competing],
        past=list(dict.fromkeys(past)),
    )


def _list_codes(codes: CodeTable) -> dict[str, str]:
    """List a code that shows each state, and each activation; of those that hold long.

    An activation is written as ``@guidance``: any group's code that says so.
    """
    rows = codes.rows[codes.rows["applies_when"] == ""].sort_values(
        ["valid_to", "valid_from"], na_position="first", kind="stable"
    )
    found: dict[str, str] = {}
    for code, group, attribute, activation in zip(
        rows["code"], rows["group"], rows["attribute"], rows["activation"], strict=True
    ):
        found.setdefault(name_state(group, attribute), code)
        found.setdefault(add_activation("", activation), code)
    return found


def _list_past(
    states: list[str], start: pd.Timestamp, row: int, drawn: Any
) -> Iterator[Spell]:
    """Yield up to three spells that had ended well before the case began."""
    begin = start - _PAST_WEEKS * _WEEK
    for number in range(row % 4 if states else 0):
        first = begin + 80 * number * _WEEK + int(30 * drawn[number]) * _WEEK
        after = first + (2 + int(35 * drawn[number + 1])) * _WEEK
        yield states[(row // 4 + 5 * number) % len(states)], first, after


def _hold_state(
    spec: Specification, states: _States, own: Any, start: pd.Timestamp, row: int
) -> list[Spell]:
    """Return the spell of a case that is elsewhere, or over, at T0."""
    if own == OVER:
        routed = [
            state
            for route in spec.population.routes
            if isinstance(route.when, StateRoute)
            for state in route.when.state
        ]
        named = [state for state in states.competing if state not in routed]
    else:
        named = [*own.state]
    first = start - 30 * _WEEK
    return [(named[row % len(named)], first, None)] if named else []


def _follow_course(
    spec: Specification,
    states: _States,
    pull: float,
    start: pd.Timestamp,
    decided: pd.Timestamp,
    row: int,
) -> list[Spell]:
    """Return the spells of a case from its beginning: in the course, and after it."""
    outcome, clock = spec.outcome, start
    if not states.inside:  # a ready outcome maps none
        held = states.past[row % len(states.past)]
        return [(held, start, start + (4 + row % 40) * _WEEK)]
    if outcome.clock == "decision_date":
        clock = decided
    horizon, inside = outcome.horizon_weeks, states.inside
    way = -1.0 if outcome.rule == "ended_within" else 1.0
    weeks = min(1 + int(horizon * np.exp(0.8 * way * pull)), 400)
    first, rest = inside[0], inside[1:]
    end = max(clock + weeks * _WEEK, decided + _WEEK)
    if outcome.rule == "weeks_in":
        # In another state until soon after T0; then long, or out.
        turn = decided + 3 * _WEEK
        spells = [(first, start, turn)]
        if pull > 0:
            long = [*outcome.long, *outcome.long_while_unbroken]
            end = clock + (horizon + 4) * _WEEK
            spells.append((long[row % len(long)], turn, end))
        else:
            end = turn
    elif rest and row % 3 == 0 and weeks > 4:
        turn = max(clock + (min(weeks, horizon) // 2) * _WEEK, decided + _WEEK)
        spells = [(first, start, turn), (rest[row // 3 % len(rest)], turn, end)]
    else:
        spells = [(first, start, end)]
    if states.competing and row % 11 == 0:
        return [
            *spells,
            (states.competing[row // 11 % len(states.competing)], end, None),
        ]
    left = states.exits[row % len(states.exits)]
    return [*spells, (left, end, end + (26 + row % 80) * _WEEK)]


def _break_off(
    course: list[Spell], own: RunRoute, decided: pd.Timestamp
) -> list[Spell]:
    """Return a course that breaks off about T0: the register knows more at the run."""
    days = -3 if own.since == "before_decision" else 1
    day = decided + pd.Timedelta(days=days)
    kept = [(s, first, min(after or day, day)) for s, first, after in course]
    return [*kept, (own.known_at_run[0], day, None)]


def build_dated_table(
    random: Random, declared: DatedTable, cases: DummyCases, *, extract: pd.Timestamp
) -> pd.DataFrame:
    """Build rows of a further table; one citizen in ten has none."""
    categories = [c for group in declared.groups.values() for c in group.categories]
    categories = [*categories, _OTHER, f"{_OTHER} 2"]
    frame, rows = cases.frame, []
    span = 7 * max(declared.windows)
    for row, (person, decided) in enumerate(
        zip(frame["person_id"], frame["decision_date"], strict=True)
    ):
        for number in range(0 if row % 10 == 9 else 1 + row % 5):
            ago = int(random.integers(1, span)) + 7 * declared.register_lag_weeks
            first = decided - pd.Timedelta(days=ago)
            after = min(first + pd.Timedelta(days=28), extract)
            place = row + number
            category = categories[place // 2 % len(categories)]
            value = None if place % 13 == 0 else _pick_value(declared, place)
            rows.append((person, first, after, value, category))
    columns = ["person_id", "start_date", "end_date", "value", "category"]
    table = pd.DataFrame(rows, columns=columns)
    table["value"] = table["value"].astype("Float64")
    table["date"] = table["start_date"]
    return table[list(declared.list_columns())]


def _pick_value(declared: DatedTable, place: int) -> float:
    of = declared.value
    low = of.minimum if of and of.minimum is not None else 0.0
    high = of.maximum if of and of.maximum is not None else low + 10.0
    return low + (high - low) * (place % 11) / 10
