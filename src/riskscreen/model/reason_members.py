"""What a case has in each feature of a reason of several: one short text, and back.

The table of reasons has a row a case and reason, so the further members' values stand
together in one cell: ``distance=12.0;journey=nan``, ``?`` for what cannot be read.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

BETWEEN, _UNREADABLE = ";", "?"


@dataclass(frozen=True, slots=True)
class Member:
    """One feature of a reason and a case's value there; NaN where it is missing."""

    feature: str
    value: float
    unreadable: bool = False


def write_members(
    names: Sequence[npt.NDArray[np.object_]],
    values: Sequence[npt.NDArray[np.float64]],
    unreadable: Sequence[npt.NDArray[np.bool_]],
    inapplicable: Sequence[npt.NDArray[np.bool_]],
) -> npt.NDArray[np.object_]:
    """Return the text of each case; the arguments have an array of cases a member.

    A member that is not about a case (*inapplicable*) is none of it.
    """
    cells = []
    parts = zip(names, values, unreadable, inapplicable, strict=True)
    for name, value, cannot, none in parts:
        distinct, place = np.unique(value, return_inverse=True)
        text = np.array([repr(float(v)) for v in distinct], dtype=object)[place]
        text = np.where(cannot, _UNREADABLE, text)
        cells.append(np.where(none, "", name + "=" + text))
    joined = cells[0]
    for cell in cells[1:]:
        joined = joined + BETWEEN + cell
    return np.asarray(joined, dtype=object)


def read_members(text: str) -> Iterator[Member]:
    """Yield the members that ``write_members`` wrote; none of an empty text."""
    for cell in filter(None, text.split(BETWEEN)):
        feature, _, value = cell.partition("=")
        cannot = value == _UNREADABLE
        yield Member(feature, float("nan") if cannot else float(value), cannot)
