"""Which cells of a table of people may not be shown, so that none can be worked out."""

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse.csgraph import dijkstra

from riskscreen.disclosure import SMALLEST_GROUP

Cells = NDArray[np.bool_]
FEW = f"fewer than {SMALLEST_GROUP} people"
"""Why a figure is hidden, as its note says it."""

_HIDDEN_ALREADY = 1e-9


def small(counts: ArrayLike) -> Cells:
    """Cells of 1 to 4 people; an empty cell hides nobody."""
    values = np.asarray(counts)
    return (values > 0) & (values < SMALLEST_GROUP)


def hidden_cells(sizes: ArrayLike, *, hidden: ArrayLike | None = None) -> Cells:
    """The cells to hide: the small ones, and what would give one of them away.

    *sizes* are people per cell, in one line or two-way (rows and columns); their sums
    and the empty cells are taken as known. A hidden cell alone in its line is the sum
    less the others, so the next smallest is hidden too. In a two-way table a hidden
    cell is safe if and only if it lies on a closed path of hidden cells, along a row
    and a column in turn (they may then be raised and lowered in turn); the path of the
    fewest people is hidden (Gusfield 1988, "A graph theoretic approach to statistical
    data security", SIAM Journal on Computing 17). *hidden* are cells to hide for
    another reason, as safely.

    >>> hidden_cells([3, 40, 12]).tolist()
    [True, False, True]
    """
    counts = np.asarray(sizes, dtype=np.float64)
    mask = small(counts)
    if hidden is not None:
        mask = mask | (np.asarray(hidden, dtype=bool) & (counts > 0))
    return _in_line(counts, mask) if counts.ndim == 1 else _two_way(counts, mask)


def _in_line(counts: NDArray[np.float64], mask: Cells) -> Cells:
    open_cells = np.flatnonzero(~mask & (counts > 0))
    if mask.sum() == 1 and len(open_cells):
        mask[open_cells[np.argmin(counts[open_cells])]] = True
    return mask


def _two_way(counts: NDArray[np.float64], mask: Cells) -> Cells:
    """Every hidden cell on a closed path; the whole table where there is none.

    Rows and columns are the nodes, cells that hold people the edges; hiding a cell
    costs its people, and nothing where it is hidden already.
    """
    rows = len(counts)
    cost = np.zeros((sum(counts.shape), sum(counts.shape)))
    cost[:rows, rows:] = np.where(mask, _HIDDEN_ALREADY, counts)
    for row, column in np.argwhere(mask):
        cost[row, rows + column] = 0
        path = _cheapest_path(cost, int(row), int(rows + column))
        cost[row, rows + column] = _HIDDEN_ALREADY
        if path is None:
            return counts > 0
        for one, other in path:
            cost[min(one, other), max(one, other)] = _HIDDEN_ALREADY
    return np.asarray(cost[:rows, rows:] == _HIDDEN_ALREADY)


def _cheapest_path(
    cost: NDArray[np.float64], start: int, end: int
) -> list[tuple[int, int]] | None:
    """The edges of the cheapest path between two nodes; None where there is none."""
    _, before = dijkstra(
        cost, directed=False, indices=[start], return_predecessors=True
    )
    path, node = [], end
    while node != start:
        last = int(before[0, node])
        if last < 0:
            return None
        path.append((last, node))
        node = last
    return path
