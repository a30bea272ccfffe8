"""Name the state that each case was in at its horizon, as the specification does."""

from collections.abc import Mapping
from typing import Any, TypeVar

import pandas as pd

from riskscreen.rules.states import read_mapped
from riskscreen.spec import Specification

OTHER = "another state"

T = TypeVar("T")


def name_end_states(
    spec: Specification, end_group: "pd.Series[Any]"
) -> "pd.Series[str]":
    """Return the name under [outcome.end_states] of each case's *end_group*.

    OTHER where none holds it, or it is missing.
    """
    named = {
        group: name
        for name, state in spec.outcome.end_states.items()
        for group in state.code_groups
    }
    return look_up_states(end_group, named, default=OTHER).astype("str")


def look_up_states(
    states: "pd.Series[Any]", named: Mapping[str, T], *, default: T
) -> "pd.Series[Any]":
    """Return what *named* says of each of *states*; *default* of a missing one."""
    found = [
        default if pd.isna(state) else read_mapped(named, str(state), default)
        for state in states
    ]
    return pd.Series(found, index=states.index, dtype=object)
