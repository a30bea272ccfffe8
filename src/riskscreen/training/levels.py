"""Names of groups that no specification declares: few people's are told as others."""

from typing import Any

import pandas as pd

from riskscreen.disclosure.words import is_shown_level
from riskscreen.spec import Specification

OTHERS = "others"
"""Stands for the levels that are not told by their own text."""


def merge_small_audit_levels(
    spec: Specification, audit: pd.DataFrame, persons: "pd.Series[Any]"
) -> pd.DataFrame:
    """Return *audit* with OTHERS for undeclared levels that may not be told.

    *persons* are those of its rows, in their order. Columns whose values the
    specification declares stay as they are.
    """
    free = [name for name, column in spec.audit.items() if not column.values]
    return audit.assign(
        **{name: merge_small_levels(audit[name], persons) for name in free}
    )


def merge_small_levels(
    levels: "pd.Series[Any]", persons: "pd.Series[Any]"
) -> "pd.Series[Any]":
    """Return *levels* with OTHERS for those that may not be told (disclosure.py)."""
    held_by = persons.groupby(levels.to_numpy()).nunique()
    shown = {
        level
        for level, n in held_by.items()
        if is_shown_level(str(level), persons=int(n))
    }
    return levels.where(levels.isna() | levels.isin(shown), OTHERS)
