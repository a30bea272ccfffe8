"""How coarsely a model tells of its training cases, so that no statistic is one's."""

import math

import numpy as np
import numpy.typing as npt

from riskscreen.disclosure.words import SMALLEST_GROUP

_DIGITS = 3
"""Significant digits, of a column's range, that a stored statistic is told to."""


def compute_rounding_step(spread: float, n: int) -> float:
    """Return the step that a statistic of *n* training cases is rounded to.

    It is the next of 1, 2 and 5 times a power of ten that reaches

        max(SMALLEST_GROUP / n, 10 ** -3) × spread,

    *spread* being the range of what the statistic is of (1 for a share, or for a column
    between 0 and 1). One person moves a mean by at most spread / n, so two models, one
    of which was trained without her, differ by nothing or by what five persons would
    move, never by her own value: conventional rounding with a base of five persons
    (Hundepool et al. 2012, Statistical Disclosure Control, section 5.4), and to no more
    than three significant digits of the range. *n* below 1 counts as 1; a spread of 0
    as one of 1.

    >>> [compute_rounding_step(*of) for of in ((1, 2_250), (60, 2_250), (1, 200_000))]
    [0.005, 0.2, 0.001]
    """
    least = max(SMALLEST_GROUP / max(n, 1), 10.0**-_DIGITS) * (abs(spread) or 1.0)
    exponent = math.floor(math.log10(least))
    steps = (float(f"{lead}e{exponent}") for lead in (1, 2, 5, 10))
    return next(step for step in steps if step >= least * (1 - 1e-9))


def round_for_disclosure(
    values: npt.ArrayLike, *, spread: float, n: int
) -> npt.NDArray[np.float64]:
    """Round *values* to ``compute_rounding_step(spread, n)``, shaped as they are.

    Every statistic of the training cases that a model's folder holds goes through here
    before the model is put together, so what it computes follows from what it stores.

    >>> round_for_disclosure([0.4823, 0.0011], spread=1, n=2_250).tolist()
    [0.48, 0.0]
    """
    step = compute_rounding_step(spread, n)
    decimals = max(0, -math.floor(math.log10(step)))
    whole = np.round(np.asarray(values, dtype=np.float64) / step)
    return np.asarray(np.round(whole * step, decimals) + 0.0)


def round_count(count: int) -> int:
    """Round a *count* of cases as ``round_for_disclosure`` does: to fives or coarser.

    >>> round_count(2_249), round_count(123_456), round_count(0)
    (2250, 123400, 0)
    """
    return int(round_for_disclosure(count, spread=count, n=count))
