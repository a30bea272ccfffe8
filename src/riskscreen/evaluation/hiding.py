"""Which cells of a table of people may not be shown, so that none can be worked out."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from riskscreen.disclosure import SMALLEST_GROUP

Cells = NDArray[np.bool_]
FEW = f"fewer than {SMALLEST_GROUP} people"
"""Why a figure is hidden, as its note says it."""


def small(counts: ArrayLike) -> Cells:
    """Cells of 1 to 4 people; an empty cell hides nobody."""
    values = np.asarray(counts)
    return (values > 0) & (values < SMALLEST_GROUP)


def hidden_cells(sizes: ArrayLike, *, hidden: ArrayLike | None = None) -> Cells:
    """The cells to hide: the small ones, and what would give one of them away.

    *sizes* are people per cell, in one line or two-way (rows and columns); their sums
    are taken as known. Where exactly one cell of a line is hidden, it is the line's sum
    less the others, so the next smallest cell is hidden too, until no line has a single
    hidden one. *hidden* are cells to hide for another reason.

    >>> hidden_cells([3, 40, 12]).tolist()
    [True, False, True]
    """
    counts = np.atleast_2d(np.asarray(sizes, dtype=np.float64))
    mask = small(counts)
    if hidden is not None:
        mask = mask | np.atleast_2d(np.asarray(hidden, dtype=bool))
    two_way = counts.shape[0] > 1
    changed = True
    while changed:
        changed = _complement(counts, mask)
        if two_way:
            changed = _complement(counts.T, mask.T) or changed
    return mask if np.ndim(sizes) > 1 else mask[0]


def _complement(counts: NDArray[np.float64], mask: Cells) -> bool:
    """Hide a second cell in every row that has exactly one; whether there was any."""
    changed = False
    for row, line in zip(counts, mask, strict=True):
        open_cells = np.flatnonzero(~line & (row > 0))
        if line.sum() == 1 and len(open_cells):
            line[open_cells[np.argmin(row[open_cells])]] = True
            changed = True
    return changed
