"""Counts of people by row and column, and what may be printed of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from riskscreen.disclosure.suppression import Cells, is_small, suppress_totals_too

HIDDEN: Literal["hidden"] = "hidden"
"""Stands in the place of a count that is of few people, or gives one away."""
Shown = int | Literal["hidden"]


@dataclass(frozen=True, slots=True)
class CountTable:
    """How many people there are of each row and column; each person stands once."""

    rows: tuple[str, ...]
    columns: tuple[str, ...]
    counts: npt.NDArray[np.int64]

    @classmethod
    def cross(
        cls,
        rows: Any,
        columns: Any,
        *,
        row_order: Sequence[str],
        column_order: Sequence[str],
    ) -> "CountTable":
        """Count the people whose row and column are given one beside the other."""
        counted = pd.crosstab(np.asarray(rows), np.asarray(columns))
        named, headed = list(row_order), list(column_order)
        whole = counted.reindex(index=named, columns=headed, fill_value=0)
        return cls(tuple(named), tuple(headed), whole.to_numpy(dtype=np.int64))

    def hide_small(self, *, hidden_rows: Cells | None = None) -> "ShownCounts":
        """Return what may be printed: cells, and the sums of rows, columns and all.

        *hidden_rows* are rows to hide whole.
        """
        hidden = suppress_totals_too(self.counts, hidden_rows=hidden_rows)
        return self.show(*hidden)

    def show(self, cells: Cells, rows: Cells, columns: Cells) -> "ShownCounts":
        """Return the counts without those to hide, and without any of few in all."""
        of_rows, of_columns = self.counts.sum(axis=1), self.counts.sum(axis=0)
        total = int(self.counts.sum())
        few = bool(is_small(total))
        return ShownCounts(
            self.rows,
            self.columns,
            tuple(
                tuple(_show(int(n), hidden=few or h) for n, h in zip(*row, strict=True))
                for row in zip(self.counts, cells, strict=True)
            ),
            tuple(
                _show(int(n), hidden=few or h)
                for n, h in zip(of_rows, rows, strict=True)
            ),
            tuple(
                _show(int(n), hidden=few or h)
                for n, h in zip(of_columns, columns, strict=True)
            ),
            _show(total, hidden=few),
        )


@dataclass(frozen=True, slots=True)
class ShownCounts:
    """A table of counts as it may be printed; a count of few people is HIDDEN."""

    rows: tuple[str, ...]
    columns: tuple[str, ...]
    cells: tuple[tuple[Shown, ...], ...]
    row_totals: tuple[Shown, ...]
    column_totals: tuple[Shown, ...]
    total: Shown

    def find(self, row: str | None, column: str) -> Shown:
        """Return the count of *column* in *row*, or in all rows together for None."""
        place = self.columns.index(column)
        if row is None:
            return self.column_totals[place]
        return self.cells[self.rows.index(row)][place]

    def find_size(self, row: str | None) -> Shown:
        """Return how many people there are in *row*, or in all rows for None."""
        return self.total if row is None else self.row_totals[self.rows.index(row)]

    def to_json(self) -> dict[str, Any]:
        """Return the counts by row, ``of`` each row's sum, and those of all rows."""
        return {
            "rows": {row: self._to_json(row) for row in self.rows},
            "all": self._to_json(None),
        }

    def _to_json(self, row: str | None) -> dict[str, Shown]:
        counts = {column: self.find(row, column) for column in self.columns}
        return {**counts, "of": self.find_size(row)}


def count_shown(
    rows: Any,
    columns: Any,
    row_order: Sequence[str],
    column_order: Sequence[str],
    *,
    hidden_rows: Cells | None = None,
) -> ShownCounts:
    """Count people by row and column; return what may be printed of the table."""
    table = CountTable.cross(
        rows, columns, row_order=row_order, column_order=column_order
    )
    return table.hide_small(hidden_rows=hidden_rows)


def compute_share(part: Shown, *rest: Shown) -> float | None:
    """Return the share of *part* in it and the *rest*.

    None where one of them is hidden, or where there is nobody.

    >>> compute_share(7, 3), compute_share(7, HIDDEN), compute_share(0, 0)
    (0.7, None, None)
    """
    counts = [n for n in (part, *rest) if n != HIDDEN]
    if part == HIDDEN or len(counts) <= len(rest) or not sum(counts):
        return None
    return part / sum(counts)


def _show(n: int, *, hidden: bool) -> Shown:
    return HIDDEN if hidden and n else n
