"""How many cases a model of a given size needs to be fitted on (Riley et al.)."""

from dataclasses import asdict, dataclass
from math import ceil, exp, log
from typing import Any

from scipy.optimize import brentq

SHRINKAGE = 0.9
OPTIMISM = 0.05
MARGIN = 0.05
"""Shrinkage of 0.9 or more, at most .05 optimism in Nagelkerke's R², and the overall
risk known to within .05: the three criteria and their usual values, Riley et al. 2018,
Statistics in Medicine, doi 10.1002/sim.7992."""

_NORMAL = 1.96


@dataclass(frozen=True, slots=True)
class SampleSize:
    """How many training cases are needed, by criterion, and how many there are.

    ``parameters`` counts every coefficient considered, not columns: a spline or a
    category counts with all its terms. ``expected_shrinkage`` is what the actual ``n``
    gives: below 0.9 the risks would be more than 10 % too extreme. It is None where so
    few cases cannot say. ``r2`` is the Cox-Snell R² the model is expected to reach.
    """

    n: int
    parameters: int
    base_rate: float
    r2: float
    for_shrinkage: int
    for_optimism: int
    for_overall_risk: int
    expected_shrinkage: float | None

    @property
    def needed(self) -> int:
        """The number of cases that meets all three criteria."""
        return max(self.for_shrinkage, self.for_optimism, self.for_overall_risk)

    @property
    def enough(self) -> bool:
        """Whether there are that many."""
        return self.n >= self.needed

    @property
    def long_per_parameter(self) -> float:
        """Long cases per parameter (the older rule of thumb asks for 10)."""
        return self.n * self.base_rate / self.parameters

    def to_dict(self) -> dict[str, Any]:
        """The fields and what follows from them, as JSON can hold them."""
        return asdict(self) | {
            "needed": self.needed,
            "enough": self.enough,
            "long_per_parameter": self.long_per_parameter,
        }


def sample_size(
    n: int, *, parameters: int, base_rate: float, r2: float
) -> SampleSize | None:
    """Whether *n* training cases suffice; None where that cannot be said.

    *r2* is the Cox-Snell R² to expect, best from an out-of-time log-loss by
    ``cox_snell_r2``. It cannot be said where the model explains nothing, nothing is
    fitted, or all outcomes are alike.
    """
    possible = 0 < base_rate < 1 and parameters > 0
    if not possible or not 0 < r2 < largest_r2(base_rate):
        return None
    tight = r2 / (r2 + OPTIMISM * largest_r2(base_rate))
    return SampleSize(
        n=n,
        parameters=parameters,
        base_rate=base_rate,
        r2=r2,
        for_shrinkage=_ceiling(_cases(parameters, r2, SHRINKAGE)),
        for_optimism=_ceiling(_cases(parameters, r2, tight)),
        for_overall_risk=_ceiling(
            (_NORMAL / MARGIN) ** 2 * base_rate * (1 - base_rate)
        ),
        expected_shrinkage=_shrinkage(n, parameters, r2),
    )


def cox_snell_r2(log_loss: float, *, base_rate: float) -> float:
    """The Cox-Snell R² of a model with this mean log-loss.

    1 - exp(-2 · gain), the gain being how much lower the log-loss is than that of
    telling everybody the base rate; below 0 where the model is worse than that.
    """
    return 1 - exp(-2 * (_null_loss(base_rate) - log_loss))


def largest_r2(base_rate: float) -> float:
    """The largest Cox-Snell R² that any model can have at this base rate.

    >>> round(largest_r2(0.5), 2)
    0.75
    """
    return 1 - exp(-2 * _null_loss(base_rate))


def _null_loss(base_rate: float) -> float:
    return -(base_rate * log(base_rate) + (1 - base_rate) * log(1 - base_rate))


def _cases(parameters: int, r2: float, shrinkage: float) -> float:
    """Riley's equation 11: the cases at which this shrinkage is expected."""
    return parameters / ((shrinkage - 1) * log(1 - r2 / shrinkage))


def _shrinkage(n: int, parameters: int, r2: float) -> float | None:
    """The shrinkage that solves _cases(...) = n; None where n is too small."""
    low, high = r2 * (1 + 1e-9), 1 - 1e-9

    def surplus(shrinkage: float) -> float:
        return _cases(parameters, r2, shrinkage) - n

    if surplus(low) > 0 or surplus(high) < 0:
        return None
    return float(brentq(surplus, low, high))


def _ceiling(cases: float) -> int:
    """The next whole case; the last digits of floating point do not add one."""
    return ceil(round(cases, 6))
