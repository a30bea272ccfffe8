"""Choose the reasons that stand alone on a page, and round figures that must add up."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Truths = npt.NDArray[np.bool_]

TOP_REASONS = 5
"""Reasons shown one by one on each side; the rest stand in one sum and in the list."""
SMALLEST_REASON = 0.005
"""Half a percentage point: what would print as zero is not shown one by one."""


def round_to_total(values: Sequence[float], *, total: int) -> list[int]:
    """Return whole numbers that sum to *total*, each as near its value as that allows.

    Largest remainders first. *total* must lie within one of the sum of *values*, so
    that no figure moves by more than one.

    >>> round_to_total([1.4, 1.4, 1.4], total=4)
    [2, 1, 1]
    """
    floors = np.floor(np.asarray(values, np.float64)).astype(int)
    short = total - int(floors.sum())
    order = np.argsort(-(np.asarray(values) - floors), kind="stable")
    floors[order[:short]] += 1
    return [int(n) for n in floors]


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
