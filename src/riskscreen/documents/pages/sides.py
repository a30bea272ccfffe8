"""Choose which reasons stand alone on a case's page; the others stand in one sum."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Truths = npt.NDArray[np.bool_]

TOP_REASONS = 5
"""Reasons shown one by one on each side; the rest stand in one sum and in the list."""
SMALLEST_REASON = 0.005
"""Half a percentage point: what would print as zero is not shown one by one."""


@dataclass(frozen=True, slots=True)
class OneWay:
    """All that raises, or lowers: reasons shown alone, and those in one sum.

    ``points`` has one entry for each alone, then one for the others, if any.
    """

    alone: tuple[int, ...]
    others: tuple[int, ...]
    points: tuple[float, ...]


def split_direction(
    points: Floats, sign: int, *, stated: Truths, named: Truths
) -> OneWay:
    """Return what raises (*sign* 1) or lowers (-1); *points* stand strongest first.

    What is not *stated* is on neither side; what may not be *named* is never alone.
    """
    positions = [int(i) for i in np.flatnonzero((points * sign > 0) & stated)]
    strong = [i for i in positions if abs(points[i]) >= SMALLEST_REASON and named[i]]
    # A single reason is named, for a sum of one would say less.
    most = TOP_REASONS + 1 if len(positions) == TOP_REASONS + 1 else TOP_REASONS
    alone = tuple(strong[:most])
    others = tuple(i for i in positions if i not in alone)
    sums = (*(float(points[i]) for i in alone), float(points[list(others)].sum()))
    return OneWay(alone, others, sums if others else sums[:-1])
