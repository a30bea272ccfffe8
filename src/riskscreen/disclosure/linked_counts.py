"""Hide small counts in several tables of the same people, looked at as one."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd

from riskscreen.disclosure.counts import CountTable, ShownCounts
from riskscreen.disclosure.suppression import Cells, Floats, suppress_sums

N = "n"
"""The column of how many people a cell has."""


@dataclass(frozen=True, slots=True)
class LinkedTable:
    """A printed table: by which columns of the cells, and the order of their values."""

    rows: str
    columns: str
    row_order: tuple[str, ...]
    column_order: tuple[str, ...]

    def count(self, cells: pd.DataFrame) -> CountTable:
        """Sum the *cells* that have a row and a column of the table."""
        counts = self.find_members(cells) @ cells[N].to_numpy(dtype=np.int64)
        shape = (len(self.row_order), len(self.column_order))
        whole = counts[: shape[0] * shape[1]].reshape(shape)
        return CountTable(self.row_order, self.column_order, whole.astype(np.int64))

    def find_members(self, cells: pd.DataFrame) -> Floats:
        """Return what each count sums: the table's cells, its rows, its columns."""
        rows, columns = (
            np.array(order, dtype=object)[:, None] == cells[by].to_numpy(dtype=object)
            for order, by in (
                (self.row_order, self.rows),
                (self.column_order, self.columns),
            )
        )
        rows, columns = rows & columns.any(axis=0), columns & rows.any(axis=0)
        both = (rows[:, None] & columns[None]).reshape(
            len(rows) * len(columns), len(cells)
        )
        return np.vstack([both, rows, columns]).astype(np.float64)


def hide_linked(
    cells: pd.DataFrame, tables: Sequence[LinkedTable], *, link: str, block: str
) -> list[ShownCounts]:
    """Return what may be printed of *tables* that sum the same people in several ways.

    *cells* has a row for each combination that can be, with ``n`` people, those of
    nobody among them. They are listed once in each *block*, which have the same people
    by *link*. What a reader knows is everything printed in all tables, which cells
    there can be, and that of each link the blocks are equal.
    """
    sums = np.vstack([of.find_members(cells) for of in tables])
    blocks = cells[block].unique()
    everybody = cells[block].isin(blocks[:1]).to_numpy(dtype=np.float64)
    links = [
        (everybody - (cells[block] == other)) * (cells[link] == kind)
        for other in blocks[1:]
        for kind in cells[link].unique()
    ]
    hidden = suppress_sums(
        sums,
        cells[N].to_numpy(dtype=np.float64),
        known=np.vstack([*links, everybody]),
    )
    return _show(cells, tables, hidden)


def _show(
    cells: pd.DataFrame, tables: Sequence[LinkedTable], hidden: Cells
) -> list[ShownCounts]:
    shown, start = [], 0
    for of in tables:
        n, k = len(of.row_order), len(of.column_order)
        ends = np.cumsum([start, n * k, n, k])
        mask, rows, columns = (hidden[a:b] for a, b in pairwise(ends))
        shown.append(of.count(cells).show(mask.reshape(n, k), rows, columns))
        start = int(ends[-1])
    return shown
