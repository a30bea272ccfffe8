"""How much the cases say of the outcome: as much as those of its rarer side.

Harrell (2015, Regression Modeling Strategies, 2nd ed., 4.4, table 4.1) counts a binary
outcome so.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

FEWEST_EVENTS = 10
"""Of the rarer outcome among the training cases: with fewer no interval is told. What
so few leave open is set by the prior and not by them (python -m benchmarks.intervals).
"""


def count_rarer(long: npt.NDArray[Any]) -> int:
    """Return how many cases (1, or True, for long) have the rarer of both outcomes.

    >>> count_rarer(np.array([0.0, 1.0, 0.0]))
    1
    """
    n_long = int(np.sum(long))
    return min(n_long, len(long) - n_long)
