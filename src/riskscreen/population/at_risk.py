"""Which cases are over at T0 already, by what intake can see of them that day.

One rule for both doors. Intake sees the dates of the case and the register up to T0
less its lag (history/visibility.py), and nothing of the weeks after: a training that
knew them would set aside cases that are scored every day. Whoever turns out later to
have been over is scored and judged like everybody else, by the state at the horizon.

A case is over at T0 where

- the horizon has been reached by T0;
- a state that the specification maps to *competing* was visible since the week of the
  clock, or is the last that is visible; or,
- with ``still_in`` or ``ended_within``, after a visible day in a long state a state
  that is not long was visible, or ``bridge_weeks`` weeks of self-support in a row, and
  no long day since.
  Before the first long day nothing is over: an employer may pay the weeks before it.
  A code that no table knows ends nothing: it may be the same course by a new number.

A state that an outcome maps apart from its group (rules/states.py) is read as the group
here: who is partly recovered is still on the benefit, and often sick-listed in full
again, so the case is not over.
"""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from riskscreen.array_tables import Table
from riskscreen.history.index import HistoryIndex
from riskscreen.history.visibility import visible_until
from riskscreen.jit import compile_kernel, inline_kernel
from riskscreen.rules.states import get_group, read_mapped
from riskscreen.spec import GroupKind, Specification, classify_code_groups
from riskscreen.spec.derived import derive_once
from riskscreen.timeline import DAYS_IN_WEEK, Days, to_days, to_monday_days

_SELF_SUPPORT, _LONG, _NOT_LONG, _COMPETING, _UNKNOWN = range(5)
_KINDS: dict[GroupKind, int] = {
    "self_support": _SELF_SUPPORT,
    "long": _LONG,
    "long_while_unbroken": _LONG,
    "not_long": _NOT_LONG,
    "competing": _COMPETING,
    "unknown": _UNKNOWN,
}

Flags = npt.NDArray[np.bool_]


def find_over(spec: Specification, cases: Table, history: HistoryIndex | None) -> Flags:
    """Find the cases that are over at T0, as far as intake can see.

    None are where the outcome is delivered ready: nothing says then what is long.
    Raises AssertionError for a person whom *history* was not built for.
    """
    outcome = spec.outcome
    over = np.zeros(len(cases), dtype=np.bool_)
    if outcome.rule == "ready":
        return over
    clock, decided = to_days(cases[outcome.clock]), to_days(cases["decision_date"])
    over |= decided - clock >= outcome.horizon_weeks * DAYS_IN_WEEK
    if history is None:
        return over
    return over | find_seen_over(spec, cases, history, look_at_t0(spec, cases))


class Sight(NamedTuple):
    """From which Monday each case is looked at, up to which day, and on which day.

    ``until`` is the first day that is not visible, ``day`` that by which a row must be
    registered.
    """

    begin: Days
    until: Days
    day: Days


def look_at_t0(spec: Specification, cases: Table) -> Sight:
    """Return what each case may see at T0, since its clock."""
    begin = to_monday_days(to_days(cases[spec.outcome.clock]))
    return Sight(begin, visible_until(spec, cases), to_days(cases["decision_date"]))


def find_seen_over(
    spec: Specification,
    cases: Table,
    history: HistoryIndex,
    sight: Sight,
    *,
    apart: bool = False,
) -> Flags:
    """Find the cases that the register shows to be over, by what is in *sight*.

    With *apart* a state that the outcome maps apart from its group counts as the
    outcome has it: who is partly recovered is then no longer in.
    """
    over = np.zeros(len(cases), dtype=np.bool_)
    bridge = spec.outcome.bridge_weeks * DAYS_IN_WEEK
    _find_seen_over(
        over,
        history.arrays,
        history.locate(cases["person_id"]),
        tuple(sight),
        _sort_states(spec, history.groups, apart=apart),
        0 if spec.outcome.rule == "weeks_in" else bridge,
    )
    return over


def find_last_long_day(
    spec: Specification, cases: Table, history: HistoryIndex, sight: Sight
) -> Days:
    """Return the last day in *sight* of each case in a long state, as a day number.

    The day before the first one looked at where there is none. States count as the
    outcome has them.
    """
    found = np.empty(len(cases), dtype=np.int64)
    _find_last_long_days(
        found,
        history.arrays,
        history.locate(cases["person_id"]),
        tuple(sight),
        _sort_states(spec, history.groups, apart=True),
    )
    return found


@derive_once
def _sort_states(
    spec: Specification, states: tuple[str, ...], *, apart: bool
) -> npt.NDArray[np.int64]:
    """Return what each state is to the case; one that is not mapped is nothing."""
    kinds = {name: _KINDS[kind] for name, kind in classify_code_groups(spec).items()}
    named = states if apart else map(get_group, states)
    return np.array([read_mapped(kinds, n, _SELF_SUPPORT) for n in named], np.int64)


@compile_kernel
def _find_seen_over(
    over: Any, spells: Any, person: Any, days: Any, kind: Any, bridge: Any
) -> None:
    """Mark the cases over by what is visible; *bridge* is in days, 0 for weeks_in."""
    begins, seen_until, decided = days
    for case in range(len(over)):
        begin, until, day = begins[case], seen_until[case], decided[case]
        first = spells.offsets[person[case]]
        own = first, spells.offsets[person[case] + 1], until, day
        over[case] = has_left(spells, own, begin, kind) or (
            bridge > 0 and has_ended(spells, own, begin, kind, bridge)
        )


@compile_kernel
def has_left(spells: Any, own: Any, begin: Any, kind: Any) -> Any:
    """Tell whether a competing state was visible since *begin*, or is the last."""
    first, after, until, day = own
    for spell in range(first, after):
        if spells.start[spell] >= until:
            break
        if (
            kind[spells.group[spell]] == _COMPETING
            and spells.end[spell] > min(begin, until - 1)
            and is_registered(spells, spell, day)
        ):
            return True
    return False


@compile_kernel
def has_ended(spells: Any, own: Any, begin: Any, kind: Any, bridge: Any) -> Any:
    """Tell whether a long course had ended, walking back from the last visible day."""
    until = own[2]
    other = False
    for today in range(until - 1, begin - 1, -1):
        state = read_state(spells, own, today, kind)
        if state == _LONG:
            return other or until - 1 - today >= bridge
        if state == _UNKNOWN and not other and until - 1 - today < bridge:
            return False
        other = other or state == _NOT_LONG
    return False


@compile_kernel
def _find_last_long_days(
    found: Any, spells: Any, person: Any, days: Any, kind: Any
) -> None:
    """Walk back from the last visible day to the last one in a long state."""
    begins, seen_until, decided = days
    for case in range(len(found)):
        begin, until, day = begins[case], seen_until[case], decided[case]
        first = spells.offsets[person[case]]
        own = first, spells.offsets[person[case] + 1], until, day
        found[case] = begin - 1
        for today in range(until - 1, begin - 1, -1):
            if read_state(spells, own, today, kind) == _LONG:
                found[case] = today
                break


@inline_kernel
def read_state(spells: Any, own: Any, today: Any, kind: Any) -> Any:
    """Return what the last spell in order that covers a day is to the case."""
    first, after, _, day = own
    state = _SELF_SUPPORT
    for spell in range(first, after):
        if spells.start[spell] > today:
            break
        group = kind[spells.group[spell]]
        if (
            group != _SELF_SUPPORT
            and spells.end[spell] > today
            and is_registered(spells, spell, day)
        ):
            state = group
    return state


@compile_kernel
def is_registered(spells: Any, spell: Any, day: Any) -> Any:
    """Tell whether a spell was registered before T0, or does not say when."""
    return len(spells.registered) == 0 or spells.registered[spell] < day
