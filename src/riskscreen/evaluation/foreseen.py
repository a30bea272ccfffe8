"""Foresee how many test cases the gates need, before there is a model.

The estimates are taken to lie where a gate leaves most room: no difference between
observed and expected, a slope of 1, an AUC in the middle of its bounds. A model that
lies elsewhere needs more. Formulas: Riley et al. 2021, "Minimum sample size for
external validation of a clinical prediction model with a binary outcome", Stat Med 40:
4230-4251 (doi 10.1002/sim.9025); the standard error of the AUC is Newcombe's (2006),
as there. How far an AUC spreads the risks: Pavlou et al. 2021, Stat Methods Med Res 30:
2187-2206 (doi 10.1177/09622802211007522), equations 7 and 8.
"""

from math import ceil

import numpy as np
import numpy.typing as npt
from scipy.optimize import brentq
from scipy.special import expit, logit, ndtri

from riskscreen.evaluation.estimate import NORMAL_REACH
from riskscreen.evaluation.gates import FEWEST_CASES
from riskscreen.spec import Gates

_MOST = 10_000_000
_QUANTILES = 2_000
Floats = npt.NDArray[np.float64]


def foresee_test_cases(gates: Gates, *, base_rate: float) -> dict[str, int]:
    """Return the fewest test cases by which each gate could pass, by its name.

    Raises ValueError for a base rate that is not between 0 and 1.
    """
    if not 0 < base_rate < 1:
        raise ValueError("a base rate lies between 0 and 1")
    auc = (gates.auc_at_least + gates.auc_at_most) / 2
    auc_room = (gates.auc_at_most - gates.auc_at_least) / 2
    slope_room = min(
        1 - gates.calibration_slope_at_least, gates.calibration_slope_at_most - 1
    )

    def exceed(n: float) -> float:
        error = compute_auc_error(auc, n=n, base_rate=base_rate)
        return NORMAL_REACH * error - auc_room

    # The risks are right: an outcome varies about its own, not about the base rate.
    risk = expit(_spread_log_odds(base_rate, auc=auc))
    reach = gates.observed_minus_expected_at_most / NORMAL_REACH
    slope_error = compute_slope_error(base_rate, auc=auc)
    needed = {
        "observed_minus_expected": (risk * (1 - risk)).mean() / reach**2,
        "calibration_slope": (slope_error * NORMAL_REACH / slope_room) ** 2,
        "auc": brentq(exceed, 1, _MOST),
    }
    return {name: max(FEWEST_CASES, ceil(n)) for name, n in needed.items()}


def compute_auc_error(auc: float, *, n: float, base_rate: float) -> float:
    """Compute the standard error of an AUC of *n* cases (Newcombe's method 4).

    >>> round(compute_auc_error(0.7, n=400, base_rate=0.5), 4)
    0.026
    """
    half = n / 2 - 1
    spread = 1 + half * (1 - auc) / (2 - auc) + half * auc / (1 + auc)
    variance = auc * (1 - auc) * spread / (n * n * base_rate * (1 - base_rate))
    return float(variance**0.5)


def compute_slope_error(base_rate: float, *, auc: float) -> float:
    """Compute the standard error of a calibration slope of 1 by one case.

    That of *n* cases is as many times less as the root of *n*.
    """
    log_odds = _spread_log_odds(base_rate, auc=auc)
    weight = expit(log_odds) * expit(-log_odds)
    level, tilt = weight.mean(), (weight * log_odds**2).mean()
    both = (weight * log_odds).mean()
    return float((level / (level * tilt - both**2)) ** 0.5)


def _spread_log_odds(base_rate: float, *, auc: float) -> Floats:
    """Return quantiles of the log-odds of right risks that reach *auc*.

    They are taken to be normal, with the mean and the variance of two normals, those of
    long cases and of others, which *auc* tells apart.
    """
    apart = 2 * ndtri(auc) ** 2
    mean = logit(base_rate) + (base_rate - 0.5) * apart
    variance = apart * (1 + base_rate * (1 - base_rate) * apart)
    normal = ndtri((np.arange(_QUANTILES) + 0.5) / _QUANTILES)
    return np.asarray(mean + variance**0.5 * normal)
