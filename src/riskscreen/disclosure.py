"""What may never be shown: leaks and small groups."""

import re
from functools import cache
from importlib.resources import files

import pandas as pd

SMALLEST_GROUP = 5
"""Figures built on fewer people are hidden (Statistics Denmark's usual floor)."""


@cache
def _leaks() -> tuple[tuple[re.Pattern[str], str], ...]:
    """Patterns of columns that are known only after T0, or are the outcome itself."""
    source = files("riskscreen").joinpath("data/leaks.csv").read_text("utf-8")
    rows = [line.split(",", 1) for line in source.splitlines()[1:] if line.strip()]
    return tuple((re.compile(pattern), why) for pattern, why in rows)


def leak_named(column: str) -> str | None:
    """Why a column of this name cannot be known at T0, or None.

    The list is data/leaks.csv (the barred columns of the two intake moments).
    """
    plain = column.strip().lower()
    return next((why for pattern, why in _leaks() if pattern.search(plain)), None)


def hide_small(counts: pd.DataFrame, *, size: str = "n") -> pd.DataFrame:
    """Blank every figure in rows built on fewer than SMALLEST_GROUP people.

    >>> hide_small(pd.DataFrame({"n": [4, 5], "rate": [0.5, 0.2]}))["rate"].tolist()
    [nan, 0.2]
    """
    return counts.mask(counts[size] < SMALLEST_GROUP)
