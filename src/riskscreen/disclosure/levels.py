"""Merge levels that may not be told, by their text or their few people, as others."""

from typing import Any

import pandas as pd

from riskscreen.disclosure.words import is_shown_level

OTHERS = "others"
"""Stands for the levels that are not told by their own text."""


def merge_small_levels(
    levels: "pd.Series[Any]", persons: "pd.Series[Any]"
) -> "pd.Series[Any]":
    """Return *levels* with OTHERS for those that may not be told (words.py)."""
    held_by = persons.groupby(levels.to_numpy()).nunique()
    shown = {
        level
        for level, n in held_by.items()
        if is_shown_level(str(level), persons=int(n))
    }
    return levels.where(levels.isna() | levels.isin(shown), OTHERS)
