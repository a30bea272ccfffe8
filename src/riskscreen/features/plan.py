"""What the specification asks of a history, as integers that the kernel reads."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from riskscreen.errors import SpecError
from riskscreen.features.catalogue import list_state_levels, select_shift_windows
from riskscreen.rules.states import get_activation, get_group
from riskscreen.spec import History, Specification
from riskscreen.spec.derived import derive_once
from riskscreen.timeline import DAYS_IN_WEEK

Integers = npt.NDArray[np.int64]

GROUP_FEATURES = 3
"""Columns of a group after its windows: spells, weeks since the last, longest."""


class HistoryPlan(NamedTuple):
    """Windows, groups and columns of a history; lengths are in days.

    The history groups of code group *c* are ``member[first[c]:first[c + 1]]``; number
    ``n_groups`` is one more: every code group but self-support. ``level[c]`` is the
    level of state_at_decision that *c* makes current, -1 for none, and ``level_group``
    the history group of each level. ``column[g]`` is where the windows of group *g*
    stand; ``state_column`` and ``shift_column`` as they say. (A named tuple, because
    the compiled kernel reads those.)
    """

    n_groups: int
    first: Integers
    member: Integers
    level: Integers
    level_group: Integers
    windows: npt.NDArray[np.float64]
    shift_windows: npt.NDArray[np.float64]
    column: Integers
    state_column: int
    shift_column: int
    n_features: int
    course_ends: int


@derive_once
def build_history_plan(
    spec: Specification, *, code_groups: tuple[str, ...]
) -> HistoryPlan:
    """Return the plan of *spec*; a code group's number is its place in *code_groups*.

    *code_groups* are states (rules/states.py): one counts as its group, and for the
    history groups of what was done in it. Raises SpecError where the specification has
    no [history].
    """
    history = spec.history
    if history is None:
        raise SpecError(f"{spec.name}: no [history], so it has no history features.")
    members = [_list_members(history, state) for state in code_groups]
    names = list(history.groups)
    levels = list_state_levels(history)[:-1]
    n_groups, n_windows = len(names), len(history.windows)
    state_column = n_groups * (n_windows + GROUP_FEATURES)
    shifts = select_shift_windows(history)
    support_column = state_column + 2 + len(shifts)
    return HistoryPlan(
        n_groups=n_groups,
        first=np.cumsum([0, *map(len, members)], dtype=np.int64),
        member=np.array([n for of in members for n in of], dtype=np.int64),
        level=np.array(
            [_find_level(history, get_group(state)) for state in code_groups],
            np.int64,
        ),
        level_group=np.array([names.index(level) for level in levels], np.int64),
        windows=_to_days(history.windows),
        shift_windows=_to_days(shifts),
        column=np.append(
            np.arange(n_groups) * (n_windows + GROUP_FEATURES), support_column
        ),
        state_column=state_column,
        shift_column=state_column + 2,
        n_features=support_column + n_windows + 1,
        course_ends=spec.outcome.bridge_weeks * DAYS_IN_WEEK,
    )


def _list_members(history: History, state: str) -> list[int]:
    """Return the numbers of the history groups that a state counts for."""
    groups, code_group = history.groups.values(), get_group(state)
    found = [
        n
        for n, group in enumerate(groups)
        if code_group in group.code_groups or get_activation(state) in group.activation
    ]
    return found + [len(groups)] * (code_group not in history.self_support)


def _find_level(history: History, code_group: str) -> int:
    """Return the level that a code group makes current; -1 where it makes none."""
    levels = list_state_levels(history)
    for name, group in history.groups.items():
        if code_group in group.code_groups and name in levels:
            return levels.index(name)
    return -1


def _to_days(weeks: tuple[int, ...]) -> npt.NDArray[np.float64]:
    return np.array(weeks, dtype=np.float64) * DAYS_IN_WEEK
