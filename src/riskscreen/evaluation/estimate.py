"""An estimate with its 95 % interval, which is "not available" rather than NaN."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from riskscreen.model.records import Count, Finite

Floats = NDArray[np.float64]
INTERVAL = (2.5, 97.5)
"""Percentiles of the bootstrap replicates that bound a 95 % interval."""

NORMAL_REACH = 1.959963984540054
"""How many standard errors a 95 % interval of a normal reaches to either side."""

DETECTED = NORMAL_REACH + 0.8416212335729143
"""Standard errors at which a difference is seen four times in five (5 %, two-sided)."""

_USABLE_SHARE = 0.8
"""Below this share of replicates in which a value exists, it gets no interval."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """One estimate, its 95 % interval and the number of cases it rests on.

    ``value`` is None where there is none; ``note`` then says why. ``digits`` are the
    decimals worth printing: none for counts of people. Raises ValueError for a number
    that is not finite, and for half an interval or one the wrong way round.

    >>> Estimate(0.7314, 0.71, 0.7528, n=900).text()
    '0.731 (0.710 to 0.753)'
    >>> Estimate.unavailable(n=3, why="too few").text()
    'not available (too few)'
    """

    value: Finite | None
    low: Finite | None
    high: Finite | None
    n: Count
    note: str = ""
    digits: Count = 3

    def __post_init__(self) -> None:
        """Refuse what is no estimate."""
        known = [x for x in (self.value, self.low, self.high) if x is not None]
        if not all(math.isfinite(x) for x in known):
            raise ValueError("an estimate is a finite number or None")
        if len(known) not in (0, 1, 3) or (known and self.value is None):
            raise ValueError("half an interval, or one of no value")
        if self.low is not None and self.high is not None and self.low > self.high:
            raise ValueError("an interval ends before it begins")

    @classmethod
    def unavailable(cls, *, n: int, why: str) -> "Estimate":
        """Return the estimate of what cannot be estimated, with the reason."""
        return cls(None, None, None, n, why)

    def text(self) -> str:
        """Return value and interval as cards and messages print them."""
        if self.value is None:
            return f"not available ({self.note})" if self.note else "not available"
        shown = f"{self.value:.{self.digits}f}"
        if self.low is None or self.high is None:
            return shown
        return f"{shown} ({self.low:.{self.digits}f} to {self.high:.{self.digits}f})"


def bootstrap_estimate(
    value: float, replicates: Floats, *, n: int, digits: int = 3
) -> Estimate:
    """Return *value* with the percentile interval of its bootstrap *replicates*.

    NaN becomes "not available"; the interval is left out where fewer than four fifths
    of the replicates are finite.
    """
    if not math.isfinite(value):
        return Estimate.unavailable(n=n, why="cannot be computed on these cases")
    finite = replicates[np.isfinite(replicates)]
    if len(finite) < max(2, _USABLE_SHARE * len(replicates)):
        return Estimate(float(value), None, None, n, digits=digits)
    low, high = np.percentile(finite, INTERVAL)
    return Estimate(float(value), float(low), float(high), n, digits=digits)
