"""What a table of ours is like, and whether one is, as every hand-over asks.

A table that keeps its contract, as nearly all do, is found to in a millisecond. What a
broken one breaks is for breaches.py to name, by pandera's rules; a test holds the two
together.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import pandas as pd

from riskscreen.array_tables import mark_missing


@lru_cache(maxsize=100)
def _name_kind(kind: Any) -> str:
    """Return the name of a type: numpy writes it anew each time."""
    return str(kind)


@dataclass(frozen=True, slots=True)
class ColumnContract:
    """A column's type, whether cells may be missing, and what they may hold.

    ``at_least``, ``at_most`` and ``among`` are asked of the cells that are there.
    """

    dtype: str
    nullable: bool = False
    unique: bool = False
    required: bool = True
    at_least: float | None = None
    at_most: float | None = None
    among: tuple[str, ...] = ()

    def is_kept_by(self, cells: Any) -> bool:
        """Return whether *cells*, an array, are such a column."""
        if _name_kind(cells.dtype) != self.dtype:
            return False
        if self.unique and len(pd.unique(cells)) < len(cells):
            return False
        missing = mark_missing(cells)
        if not missing.any():
            return self._allows(cells)
        # Of a case alone what is missing is missing throughout.
        return self.nullable and (bool(missing.all()) or self._allows(cells[~missing]))

    def _allows(self, seen: Any) -> bool:
        """Return whether cells that are there may hold what they hold."""
        if self.among and not {*pd.unique(seen)} <= {*self.among}:
            return False
        below = self.at_least is not None and (seen < self.at_least).any()
        above = self.at_most is not None and (seen > self.at_most).any()
        return not (below or above)


@dataclass(frozen=True, slots=True)
class Contract:
    """A table's columns, in their order, and those that are ``unique`` together."""

    columns: Mapping[str, ColumnContract]
    unique: tuple[str, ...] = ()

    def is_kept_by(self, table: Mapping[str, Any]) -> bool:
        """Return whether the arrays of *table* are as the contract says, by column."""
        expected = [
            name
            for name, column in self.columns.items()
            if column.required or name in table
        ]
        return (
            [*table] == expected
            and all(self.columns[name].is_kept_by(table[name]) for name in expected)
            and self._has_no_doubles(table)
        )

    def _has_no_doubles(self, table: Mapping[str, Any]) -> bool:
        if not self.unique:
            return True
        # Where one of the columns never repeats, the rows cannot.
        first = table[self.unique[0]]
        if len(pd.unique(first)) == len(first):
            return True
        return not pd.DataFrame({n: table[n] for n in self.unique}).duplicated().any()
