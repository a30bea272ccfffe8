"""The cases split by one column or two."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, product

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_array

from riskscreen.errors import TableError
from riskscreen.evaluation.estimate import Floats

NOT_KNOWN = "not known"
MOST_GROUPS = 120
"""A column with more values than this is not a grouping; it needs bands."""


@dataclass(frozen=True, slots=True)
class Partition:
    """The cases split by the columns ``by``; ``place`` is each case's group.

    Groups are all combinations of the columns' ``levels``, the empty ones too, in the
    order of ``names``, so that a pair of columns makes a whole table.
    """

    by: tuple[str, ...]
    levels: tuple[tuple[str, ...], ...]
    place: NDArray[np.intp]

    @property
    def grid(self) -> tuple[int, ...]:
        """Return the shape of the table of groups: a line, or rows by columns."""
        return tuple(len(level) for level in self.levels)

    @property
    def names(self) -> list[tuple[str, ...]]:
        """Return the values of each group."""
        return list(product(*self.levels))

    def sums(self, values: Floats) -> Floats:
        """Return the sum of *values* over each group's cases."""
        size = int(np.prod(self.grid))
        total = np.bincount(self.place, weights=values, minlength=size)
        return np.asarray(total, dtype=np.float64)


def partition_by_column(groups: pd.DataFrame) -> list[Partition]:
    """Return one partition per column; a missing value is a group of its own.

    Raises TableError where a column has too many values to be a grouping.
    """
    return [_single(groups[column]) for column in groups.columns]


def partition_by_pair(
    columns: Sequence[Partition], *, merged: Mapping[str, str] | None = None
) -> list[Partition]:
    """Return one partition per pair of the one-column partitions *columns*.

    A column and what is *merged* of it (coarse -> fine) are no pair, nor are two that
    are merged of the same.
    """
    source = {p.by[0]: (merged or {}).get(p.by[0], p.by[0]) for p in columns}
    return [
        Partition(
            (*first.by, *second.by),
            (*first.levels, *second.levels),
            first.place * second.grid[0] + second.place,
        )
        for first, second in combinations(columns, 2)
        if source[first.by[0]] != source[second.by[0]]
    ]


def build_membership(partitions: Sequence[Partition]) -> csr_array:
    """Return which case is in which group of all partitions, shaped (cases, groups)."""
    sizes = [int(np.prod(p.grid)) for p in partitions]
    starts = np.cumsum([0, *sizes])
    column = np.concatenate(
        [p.place + start for p, start in zip(partitions, starts, strict=False)]
    )
    n = len(partitions[0].place)
    row = np.tile(np.arange(n), len(partitions))
    shape = (n, int(starts[-1]))
    return csr_array((np.ones(len(row)), (row, column)), shape=shape)


def _single(column: "pd.Series[str]") -> Partition:
    label = column.astype(object)
    label = label.where(label.notna(), NOT_KNOWN).astype(str)
    levels, place = np.unique(label.to_numpy(dtype=str), return_inverse=True)
    if len(levels) > MOST_GROUPS:
        raise TableError(
            f"{column.name}: {len(levels)} different values are too many to evaluate "
            "by group; band it, or leave it out of the grouping columns."
        )
    return Partition((str(column.name),), (tuple(map(str, levels)),), place)
