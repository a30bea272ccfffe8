"""The logistic function and its inverse: scipy's, and of few numbers without scipy.

To import scipy.special takes a fifth of a second, a sixth of what a command may take
that scores one case (python -X importtime -c "import scipy.special").
"""

import math
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

_FEW = 10_000
"""So many numbers take less time one by one than scipy does to be imported."""
_NEAR_A_HALF = (0.3, 0.65)


def expit(log_odds: npt.ArrayLike) -> Any:
    """Return the probability behind each of *log_odds*, as scipy.special.expit does.

    The few go through the C library's exp, which is scipy's own, so that a case has the
    same bits alone and in a batch; numpy's exp has others.
    """
    values = np.asarray(log_odds, dtype=np.float64)
    if _is_for_scipy(values):
        from scipy.special import expit as expit_many  # noqa: PLC0415  (see the module)

        return expit_many(values)
    return _map(_expit_one, values)


def logit(risk: npt.ArrayLike) -> Any:
    """Return the log-odds of each *risk*, as scipy.special.logit does, bit for bit."""
    values = np.asarray(risk, dtype=np.float64)
    if _is_for_scipy(values):
        from scipy.special import logit as logit_many  # noqa: PLC0415  (see the module)

        return logit_many(values)
    return _map(_logit_one, values)


def _is_for_scipy(values: npt.NDArray[np.float64]) -> bool:
    return values.size > _FEW or "scipy.special" in sys.modules


def _map(
    function: Callable[[float], float], values: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    found = np.array([function(value) for value in values.ravel().tolist()])
    mapped: npt.NDArray[np.float64] = found.reshape(values.shape)[()]
    return mapped


def _expit_one(log_odds: float) -> float:
    try:
        return 1.0 / (1.0 + math.exp(-log_odds))
    except OverflowError:  # to C it is infinite
        return 0.0


def _logit_one(risk: float) -> float:
    if math.isnan(risk) or not 0.0 < risk < 1.0:
        return {0.0: -math.inf, 1.0: math.inf}.get(risk, math.nan)
    if not _NEAR_A_HALF[0] <= risk <= _NEAR_A_HALF[1]:
        return math.log(risk / (1.0 - risk))
    # The quotient would lose what the two logarithms keep.
    apart = 2.0 * (risk - 0.5)
    return math.log1p(apart) - math.log1p(-apart)
