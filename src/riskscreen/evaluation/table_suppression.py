"""Suppress counts in several tables of the same cases, as sums of crossed cells."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import combinations, pairwise, product

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, kron

from riskscreen.disclosure.suppression import (
    ALWAYS,
    Cells,
    Counts,
    Reader,
    Units,
    add_secondary_suppression,
    is_small,
)
from riskscreen.evaluation.estimate import Floats
from riskscreen.evaluation.grouping import Partition

LAYERS = ("group", "outcome", "flags", "both")
_WITHIN = ((0, 1), (0, 2), (0, 3), (1, 3), (2, 3))
"""Who hides a layer of a group hides these of it, too."""
_COST = (4.0, 3.0, 2.0, 1.0)
"""What hiding one person's count costs, by layer: the later one tells less."""
_TOGETHER = 3
"""So many columns are crossed whole. Of more, every two are with their totals: what a
reader may combine of three of them at a time is not looked at, for its cost."""
_MOST_CELLS = 3000
"""Crossings with more cells are looked at two columns at a time."""

_Flags = Sequence[Floats]
_Placed = Sequence[tuple[int, Partition]]
"""Partitions, each with its place among all."""


@dataclass(frozen=True, slots=True)
class Suppressed:
    """Which groups of a partition hide what, each a mask over the groups.

    ``group``: that it exists in this size. ``outcome``: how many of it became long.
    ``flags``: how many were flagged. ``both``: how flags and outcomes met.
    """

    group: Cells
    outcome: Cells
    flags: Cells
    both: Cells


def suppress_tables(
    partitions: Sequence[Partition],
    long: Floats,
    flagged: _Flags = (),
    *,
    merged: Mapping[str, str] | None = None,
    listed: Sequence[bool] | None = None,
) -> list[Suppressed]:
    """Return what each of *partitions* must hide, all printed with their totals.

    A count of 1 to 4 people hides whatever it could be worked out from: the other side
    (long or not, flagged or not), a companion in its table, a group of one column, for
    the flags of one model or of several. Empty groups are not listed and so known to be
    empty. *merged* are columns whose groups are sums of another's (coarse -> fine).
    Sizes and outcomes do not depend on the flags, so that tables for several models of
    the same cases hide the same of them. Flags are protected among the *listed*
    partitions (all, where it is None): other tables do not print them.
    """
    if not partitions:
        return []
    first = _first_units(partitions)
    merged = merged or {}
    hidden = _suppress_outcomes(_Printed.of(partitions, long, merged))
    if flags := tuple(flagged):
        every = list(enumerate(partitions))
        shown = [(k, p) for k, p in every if listed is None or listed[k]]
        cost = _costs(partitions, len(long))
        cost[:, :2] = np.inf
        known = [w.counts(first, long, flags) for w in _worlds(shown, merged)]
        hidden = _propagate_suppression(known, _units(cost.reshape(-1)), hidden)
    return [
        Suppressed(*hidden[start:end].reshape(-1, len(LAYERS)).T)
        for start, end in pairwise(first)
    ]


@dataclass(frozen=True, slots=True)
class _Printed:
    """What is printed without any flags; equal where every person is in the same cells.

    Leaving out each column in turn evaluates the same cases a dozen times.
    """

    key: tuple[object, ...]
    partitions: tuple[Partition, ...] = field(compare=False)
    long: Floats = field(compare=False)
    merged: Mapping[str, str] = field(compare=False)

    @classmethod
    def of(
        cls, partitions: Sequence[Partition], long: Floats, merged: Mapping[str, str]
    ) -> "_Printed":
        """Identify the tables by the place and the outcome of every case."""
        tables = ((p.by, p.levels, p.place.tobytes()) for p in partitions)
        key = (*tables, np.asarray(long).tobytes(), *sorted(merged.items()))
        return cls(key, tuple(partitions), long, merged)


@lru_cache(maxsize=2)
def _suppress_outcomes(printed: _Printed) -> Cells:
    """Return the units to hide for sizes and outcomes, which no flags change."""
    every = list(enumerate(printed.partitions))
    first = _first_units(printed.partitions)
    units = _units(_costs(printed.partitions, len(printed.long)).reshape(-1))
    worlds = _worlds(every, printed.merged)
    known = [world.counts(first, printed.long, ()) for world in worlds]
    hidden = _propagate_suppression(known, units, np.zeros(first[-1], dtype=bool))
    hidden.setflags(write=False)
    return hidden


def _first_units(partitions: Sequence[Partition]) -> NDArray[np.intp]:
    """Return where the units of each partition begin, and where the last ones end."""
    sizes = [int(np.prod(p.grid)) for p in partitions]
    return np.cumsum([0, *sizes]) * len(LAYERS)


def _costs(partitions: Sequence[Partition], n: int) -> Floats:
    """Return what hiding each layer of each group costs, shaped (groups, layers)."""
    people = np.concatenate([p.sums(np.ones(n)) for p in partitions])
    return np.asarray(people[:, None] * _COST)


def _propagate_suppression(
    known: Sequence[Counts], units: Units, hidden: Cells
) -> Cells:
    """Hide more than *hidden*, until none of *known* gives anything away."""
    readers = [Reader.of(counts) for counts in known]
    safe: set[int] = set()
    while len(safe) < len(known):
        for place in sorted(set(range(len(known))) - safe):
            found = add_secondary_suppression(
                known[place], units, hidden=hidden, reader=readers[place]
            )
            safe = {*safe, place} if (found == hidden).all() else {place}
            hidden = found
    return hidden


def _units(cost: Floats) -> Units:
    """Return the layers of each group, one after the other."""
    inside = np.tile(np.arange(len(LAYERS))[:, None], (1, len(LAYERS)))
    for outer, inner in _WITHIN:
        inside[outer, inner] = inner
    group = np.arange(len(cost)) // len(LAYERS) * len(LAYERS)
    within = group[:: len(LAYERS), None, None] + inside
    return Units(within.reshape(-1, len(LAYERS)), group, cost.copy())


def _worlds(taken: _Placed, merged: Mapping[str, str]) -> Iterator["_World"]:
    """Yield columns that are looked at together, with what is merged of them."""
    column = {p.by[0]: p for _, p in taken if len(p.by) == 1}
    finer = {
        name: column[of]
        for name, of in merged.items()
        if name in column and of in column and _is_sum(column[name], column[of])
    }
    fine = [name for name in column if name not in finer]
    width = len(fine) if len(fine) <= _TOGETHER else 2
    for names in combinations(fine, width):
        few = np.prod([column[name].grid[0] for name in names]) <= _MOST_CELLS
        for crossed in (names,) if few else combinations(names, 2):
            yield _World.of([column[name] for name in crossed], finer, taken)


def _is_sum(coarse: Partition, fine: Partition) -> bool:
    """Return whether every group of *fine* lies in one group of *coarse*."""
    both = np.unique(np.column_stack([fine.place, coarse.place]), axis=0)
    return len(both) == len(np.unique(fine.place))


@dataclass(frozen=True, slots=True)
class _World:
    """Some columns crossed: the cells that may hold anybody, and each case's cell.

    A cell may where every pair of its groups is listed. ``taken`` are the partitions
    that are sums of its cells: place in the list of all, and each cell's group.
    """

    cells: int
    cell: NDArray[np.intp]
    taken: tuple[tuple[int, NDArray[np.intp]], ...]

    @classmethod
    def of(
        cls,
        columns: Sequence[Partition],
        finer: Mapping[str, Partition],
        taken: _Placed,
    ) -> "_World":
        """Cross *columns*, with what is a sum of one of them (*finer*)."""
        grid = tuple(p.grid[0] for p in columns)
        level = np.indices(grid).reshape(len(grid), -1)
        possible = np.ones(level.shape[1], dtype=bool)
        for one, other in combinations(range(len(columns)), 2):
            listed = np.zeros((grid[one], grid[other]), dtype=bool)
            listed[columns[one].place, columns[other].place] = True
            possible &= listed[level[one], level[other]]
        level = level[:, possible]
        groups = {p.by[0]: level[k] for k, p in enumerate(columns)}
        at = {p.by[0]: k for k, p in enumerate(columns)}
        for p in (p for _, p in taken if len(p.by) == 1 and p.by[0] in finer):
            fine = finer[p.by[0]]
            if fine.by[0] in at:
                of = np.zeros(fine.grid[0], dtype=np.intp)
                of[fine.place] = p.place
                groups[p.by[0]] = of[level[at[fine.by[0]]]]
        number = np.cumsum(possible) - 1
        cell = number[np.ravel_multi_index([p.place for p in columns], grid)]
        sums = (
            (k, np.ravel_multi_index([groups[name] for name in p.by], p.grid))
            for k, p in taken
            if set(p.by) <= groups.keys()
        )
        return cls(level.shape[1], cell, tuple(sums))

    def counts(self, first: NDArray[np.intp], long: Floats, flags: _Flags) -> Counts:
        """Return everything printed of its partitions, whose units begin at *first*."""
        kinds = list(product((True, False), repeat=1 + len(flags)))
        of_kind = [
            np.prod(
                [
                    v if is_so else 1 - v
                    for v, is_so in zip((long, *flags), kind, strict=True)
                ],
                axis=0,
            )
            for kind in kinds
        ]
        cells = np.column_stack(
            [np.bincount(self.cell, weights, self.cells) for weights in of_kind]
        ).astype(np.float64)
        layers, parts = zip(*_parts(np.array(kinds).T), strict=True)
        groups = [np.unique(group, return_inverse=True) for _, group in self.taken]
        # A row for each group of each partition, and one for everybody.
        starts = np.cumsum([0, *(len(listed) for listed, _ in groups)])
        rows = [row + at for (_, row), at in zip(groups, starts[:-1], strict=True)]
        row = np.concatenate([*rows, np.full(self.cells, starts[-1])])
        column = np.tile(np.arange(self.cells), len(groups) + 1)
        member = csr_array((np.ones(len(row)), (row, column)))
        # All of them for every part of the people, whose cells lie kind by kind there.
        by_cell = np.arange(cells.size).reshape(len(kinds), -1).T.reshape(-1)
        sums = kron(np.array(parts, dtype=np.float64), member, format="csr")
        unit = np.concatenate(
            [
                first[k] + listed * len(LAYERS)
                for (k, _), (listed, _) in zip(self.taken, groups, strict=True)
            ]
        )
        units = np.full((len(parts), len(unit) + 1), ALWAYS)
        units[:, :-1] = unit + np.array(layers)[:, None]
        told = np.ones(units.shape, dtype=bool)
        told[:, -1] = [
            not is_small([(cells @ part).sum(), (cells @ ~part).sum()]).any()
            for part in parts
        ]
        printed = units[told]
        return Counts(
            csr_array(csr_array(sums)[told.reshape(-1)][:, by_cell]),
            cells.reshape(-1),
            printed,
            named=(printed != ALWAYS) & (printed % len(LAYERS) == 0),
        )


def _parts(is_so: NDArray[np.bool_]) -> Iterator[tuple[int, NDArray[np.bool_]]]:
    """Yield each layer's counts, as the kinds of case that they are sums of.

    *is_so* (long and each model's flags, kinds) says what each kind of case is.
    """
    long, *flags = is_so
    yield 0, np.ones_like(long)
    yield from ((1, long), (1, ~long))
    for flag in flags:
        yield from ((2, flag), (2, ~flag))
        for part in (flag & long, flag & ~long, ~flag & long, ~flag & ~long):
            yield 3, part
