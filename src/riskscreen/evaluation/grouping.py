"""The cases split by one column or two, and what of each group must stay hidden."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from itertools import combinations, product

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_array

from riskscreen.errors import TableError
from riskscreen.evaluation.figure import Floats
from riskscreen.evaluation.hiding import Cells, hidden_cells, small

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
        """The shape of the table of groups: a line, or rows by columns."""
        return tuple(len(level) for level in self.levels)

    @property
    def names(self) -> list[tuple[str, ...]]:
        """The values of each group."""
        return list(product(*self.levels))

    def sums(self, values: Floats) -> Floats:
        """The sum of *values* over each group's cases."""
        size = int(np.prod(self.grid))
        total = np.bincount(self.place, weights=values, minlength=size)
        return np.asarray(total, dtype=np.float64)


def singles(groups: pd.DataFrame) -> list[Partition]:
    """One partition per column of *groups*; a missing value is a group of its own.

    Raises TableError where a column has too many values to be a grouping.
    """
    return [_single(groups[column]) for column in groups.columns]


def pairs(
    columns: Sequence[Partition], *, merged: Mapping[str, str] | None = None
) -> list[Partition]:
    """One partition per pair of the one-column partitions *columns*.

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


def membership(partitions: Sequence[Partition]) -> csr_array:
    """Which case is in which group, of all partitions side by side (cases, groups)."""
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
            f"{column.name}: {len(levels)} different values are too many to judge by "
            "group; band it, or leave it out of the grouping columns."
        )
    return Partition((str(column.name),), (tuple(map(str, levels)),), place)


@dataclass(frozen=True, slots=True)
class Hidden:
    """Which groups hide what, each a mask over the groups, from less to more.

    ``group``: that it exists in this size. ``outcome``: how many of it became long.
    ``flags``: how many were flagged. ``both``: how flags and outcomes met.
    """

    group: Cells
    outcome: Cells
    flags: Cells
    both: Cells


def hidden_figures(
    partition: Partition,
    long: Floats,
    flagged: Sequence[Floats],
    margins: Mapping[str, Hidden],
    *,
    nested: Sequence[Hidden] = (),
) -> Hidden:
    """What *partition* must hide, for the flags of one model or of several.

    A count of 1 to 4 people hides whatever it could be worked out from: the other side
    (long or not, flagged or not), a companion in its line of the table, and for a pair
    of columns the cells of every group that its column alone hides (*margins*).
    *nested* are masks over the same groups, of what finer groups hide (carried).
    """
    n, n_long = partition.sums(np.ones_like(long)), partition.sums(long)
    outcome = small(n_long) | small(n - n_long)
    flags, both = np.zeros_like(outcome), np.zeros_like(outcome)
    for taken in flagged:
        selected, hits = partition.sums(taken), partition.sums(taken * long)
        missed, spared = n_long - hits, n - n_long - selected + hits
        flags = flags | small(selected) | small(n - selected)
        both = both | small(hits) | small(selected - hits)
        both = both | small(missed) | small(spared)
    own = Hidden(small(n), outcome, flags, both)
    above = [_stretched(partition, at, margins) for at in range(len(partition.by))]
    return _widening(partition, n, [own, *above, *nested])


def carried(finer: Partition, masks: Hidden, coarse: Partition) -> Hidden:
    """What *finer* hides, as masks over the groups of *coarse* that hold such cases."""
    size = int(np.prod(coarse.grid))
    found = []
    for part in fields(Hidden):
        cases = getattr(masks, part.name)[finer.place]
        found.append(np.bincount(coarse.place[cases], minlength=size) > 0)
    return Hidden(*found)


def _stretched(partition: Partition, at: int, margins: Mapping[str, Hidden]) -> Hidden:
    """The masks of one of the partition's columns, over the whole table."""
    masks = margins.get(partition.by[at])
    if masks is None:
        nothing = np.zeros(int(np.prod(partition.grid)), dtype=bool)
        return Hidden(nothing, nothing, nothing, nothing)
    level = np.indices(partition.grid)[at].reshape(-1)
    return Hidden(*(getattr(masks, field.name)[level] for field in fields(Hidden)))


def _widening(partition: Partition, n: Floats, seeds: Sequence[Hidden]) -> Hidden:
    """The masks with companions; what hides less is hidden by what hides more."""

    def spread(name: str, *narrower: Cells) -> Cells:
        mask = np.logical_or.reduce([*(getattr(s, name) for s in seeds), *narrower])
        table = hidden_cells(
            n.reshape(partition.grid), hidden=mask.reshape(partition.grid)
        )
        return table.reshape(-1)

    group = spread("group")
    outcome, flags = spread("outcome", group), spread("flags", group)
    return Hidden(group, outcome, flags, spread("both", outcome, flags))
