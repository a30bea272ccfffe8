"""Compute how many cases a model of a given size needs (Riley et al.)."""

from dataclasses import dataclass
from math import ceil, exp, log

from scipy.optimize import brentq

from riskscreen.evaluation.estimate import NORMAL_REACH
from riskscreen.model.records import Count, Finite, Share

SHRINKAGE = 0.9
OPTIMISM = 0.05
MARGIN = 0.05
"""Shrinkage of 0.9 or more, at most .05 optimism in Nagelkerke's R², and the overall
risk known to within .05: the three criteria and their usual values, Riley et al. 2018,
Statistics in Medicine, doi 10.1002/sim.7992."""


@dataclass(frozen=True, slots=True)
class SampleSize:
    """How many training cases are needed, by criterion, and how many there are.

    ``parameters`` counts every coefficient considered, not columns: a spline or a
    category counts with all its terms. ``expected_shrinkage`` is what the actual ``n``
    gives: below 0.9 the risks would be more than 10 % too extreme. It is None where so
    few cases cannot say. ``r2`` is the Cox-Snell R² the model is expected to reach.
    """

    n: Count
    parameters: Count
    base_rate: Share
    r2: Finite
    for_shrinkage: Count
    for_optimism: Count
    for_overall_risk: Count
    expected_shrinkage: Share | None

    @property
    def needed(self) -> int:
        """Return the number of cases that meets all three criteria."""
        return max(self.for_shrinkage, self.for_optimism, self.for_overall_risk)

    @property
    def enough(self) -> bool:
        """Return whether there are that many."""
        return self.n >= self.needed


def compute_sample_size(
    n: int, *, parameters: int, base_rate: float, r2: float
) -> SampleSize | None:
    """Return whether *n* training cases suffice; None where that cannot be said.

    *r2* is the Cox-Snell R² to expect, best from an out-of-time log-loss by
    ``compute_cox_snell_r2``. It cannot be said where the model explains
    nothing, nothing is fitted, or all outcomes are alike.
    """
    possible = 0 < base_rate < 1 and parameters > 0
    if not possible or not 0 < r2 < compute_largest_r2(base_rate):
        return None
    tight = r2 / (r2 + OPTIMISM * compute_largest_r2(base_rate))
    return SampleSize(
        n=n,
        parameters=parameters,
        base_rate=base_rate,
        r2=r2,
        for_shrinkage=_round_up(_count_cases(parameters, r2, SHRINKAGE)),
        for_optimism=_round_up(_count_cases(parameters, r2, tight)),
        for_overall_risk=_round_up(
            (NORMAL_REACH / MARGIN) ** 2 * base_rate * (1 - base_rate)
        ),
        expected_shrinkage=_solve_shrinkage(n, parameters, r2),
    )


def compute_cox_snell_r2(log_loss: float, *, base_rate: float) -> float:
    """Return the Cox-Snell R² of a model with this mean log-loss.

    1 - exp(-2 · gain), the gain being how much lower the log-loss is than that of
    the base rate for everybody; below 0 where the model is worse than that.
    """
    return 1 - exp(-2 * (_compute_null_loss(base_rate) - log_loss))


def compute_largest_r2(base_rate: float) -> float:
    """Return the largest Cox-Snell R² that any model can have at this base rate.

    >>> round(compute_largest_r2(0.5), 2)
    0.75
    """
    return 1 - exp(-2 * _compute_null_loss(base_rate))


def _compute_null_loss(base_rate: float) -> float:
    return -(base_rate * log(base_rate) + (1 - base_rate) * log(1 - base_rate))


def _count_cases(parameters: int, r2: float, shrinkage: float) -> float:
    """Return, by Riley's equation 11, the cases at which this shrinkage is expected."""
    return parameters / ((shrinkage - 1) * log(1 - r2 / shrinkage))


def _solve_shrinkage(n: int, parameters: int, r2: float) -> float | None:
    """Return the shrinkage at which *n* cases are needed; None where n is too small."""
    low, high = r2 * (1 + 1e-9), 1 - 1e-9

    def surplus(shrinkage: float) -> float:
        return _count_cases(parameters, r2, shrinkage) - n

    if surplus(low) > 0 or surplus(high) < 0:
        return None
    return float(brentq(surplus, low, high))


def _round_up(cases: float) -> int:
    """Return the next whole case; the last digits of floating point do not add one."""
    return ceil(round(cases, 6))
