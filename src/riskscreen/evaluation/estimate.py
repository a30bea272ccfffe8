"""A figure with its 95 % interval, which is "not available" rather than NaN."""

import math
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
INTERVAL = (2.5, 97.5)
"""Percentiles of the bootstrap replicates that bound a 95 % interval."""

_USABLE_SHARE = 0.8
"""Below this share of replicates in which a figure exists, it gets no interval."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """One figure, its 95 % interval and the number of cases it rests on.

    ``value`` is None where the figure makes no sense; ``note`` then says why.
    ``digits`` are the decimals worth printing: none for counts of people.

    >>> Estimate("auc", 0.7314, 0.71, 0.7528, n=900).text()
    '0.731 (0.710 to 0.753)'
    >>> Estimate("slope", None, None, None, n=3, note="too few").text()
    'not available (too few)'
    """

    name: str
    value: float | None
    low: float | None
    high: float | None
    n: int
    note: str = ""
    digits: int = 3

    def __post_init__(self) -> None:
        if not all(math.isfinite(x) for x in self._known()):
            raise ValueError(f"{self.name}: a figure is a finite number or None")

    def text(self) -> str:
        """The figure with its interval, as cards and messages print it."""
        if self.value is None:
            return f"not available ({self.note})" if self.note else "not available"
        shown, *ends = (f"{x:.{self.digits}f}" for x in self._known())
        return f"{shown} ({' to '.join(ends)})" if ends else shown

    def _known(self) -> list[float]:
        """The value, then both ends of its interval where it has one."""
        figures = (self.value, self.low, self.high)
        return [x for x in figures if x is not None]

    def to_dict(self) -> dict[str, Any]:
        """The fields as JSON can hold them."""
        return asdict(self)


def bootstrap_estimate(
    name: str, value: float, replicates: Floats, *, n: int, digits: int = 3
) -> Estimate:
    """The figure with the percentile interval of its bootstrap *replicates*.

    NaN becomes "not available"; the interval is left out where fewer than four fifths
    of the replicates are finite.
    """
    if not math.isfinite(value):
        return not_available(name, n=n, why="cannot be computed on these cases")
    finite = replicates[np.isfinite(replicates)]
    if len(finite) < max(2, _USABLE_SHARE * len(replicates)):
        return Estimate(name, float(value), None, None, n, digits=digits)
    low, high = np.percentile(finite, INTERVAL)
    return Estimate(name, float(value), float(low), float(high), n, digits=digits)


def not_available(name: str, *, n: int, why: str) -> Estimate:
    """The figure that does not exist, with the reason."""
    return Estimate(name, None, None, None, n, why)


def named(figures: Iterable[Estimate], name: str) -> Estimate:
    """The figure of that name; KeyError with the names there are, if it is none."""
    found = {figure.name: figure for figure in figures}
    if name not in found:
        raise KeyError(f"{name}; the figures are {', '.join(found)}")
    return found[name]
