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

    @property
    def takes_all(self) -> bool:
        """Whether every column of this type is such a column."""
        bounded = self.at_least is not None or self.at_most is not None
        return self.nullable and not (self.unique or bounded or self.among)

    def is_kept_by(self, values: "pd.Series[Any]") -> bool:
        """Return whether *values* are such a column."""
        if _name_kind(values.dtype) != self.dtype:
            return False
        if self.unique and not values.is_unique:
            return False
        missing = values.array.isna()
        if missing.any() and not self.nullable:
            return False
        bounded = self.at_least is not None or self.at_most is not None
        if not (bounded or self.among):
            return True
        seen = values[~missing] if missing.any() else values
        return not (
            (self.at_least is not None and (seen < self.at_least).any())
            or (self.at_most is not None and (seen > self.at_most).any())
            or (self.among and not seen.isin(self.among).all())
        )


@dataclass(frozen=True, slots=True)
class Contract:
    """A table's columns, in their order, and those that are ``unique`` together."""

    columns: Mapping[str, ColumnContract]
    unique: tuple[str, ...] = ()

    def is_kept_by(self, table: pd.DataFrame) -> bool:
        """Return whether *table* is as the contract says, column by column."""
        expected = [
            name
            for name, column in self.columns.items()
            if column.required or name in table.columns
        ]
        if list(table.columns) != expected:
            return False
        columns = [self.columns[name] for name in expected]
        kinds = zip(columns, table.dtypes.tolist(), strict=True)
        return (
            all(_name_kind(kind) == column.dtype for column, kind in kinds)
            # A column without a rule beyond its type is not taken out to be looked at.
            and all(
                column.is_kept_by(table[name])
                for name, column in zip(expected, columns, strict=True)
                if not column.takes_all
            )
            and self._has_no_doubles(table)
        )

    def _has_no_doubles(self, table: pd.DataFrame) -> bool:
        # Where one of the columns never repeats, the rows cannot.
        return (
            not self.unique
            or bool(table[self.unique[0]].is_unique)
            or not table.duplicated(list(self.unique)).any()
        )
