"""How far risks lie from outcomes: Brier score and log-loss, for many weightings."""

import numpy as np

from riskscreen.evaluation.estimate import Floats

SMALLEST_RISK = 1e-12
"""A risk of 0 or 1 that errs would cost an infinite log-loss; it counts as this."""


def brier(long: Floats, risk: Floats, weights: Floats) -> Floats:
    """The mean squared distance between risk and outcome (Brier 1950)."""
    return _mean((risk - long) ** 2, weights)


def scaled_brier(long: Floats, risk: Floats, weights: Floats) -> Floats:
    """1 - Brier / Brier of the base rate of the same cases.

    1 is perfect, 0 no better than telling everybody the base rate; below 0 is worse.
    NaN where all outcomes are alike (Steyerberg et al. 2010,
    doi 10.1097/EDE.0b013e3181c30fb2).
    """
    base = _mean(long, weights)
    reference = base * (1 - base)
    share = np.full(base.shape, np.nan)
    np.divide(brier(long, risk, weights), reference, out=share, where=reference > 0)
    return 1 - share


def log_loss(long: Floats, risk: Floats, weights: Floats) -> Floats:
    """The mean negative log-likelihood of the outcomes, in nats."""
    clipped = risk.clip(SMALLEST_RISK, 1 - SMALLEST_RISK)
    return _mean(-np.where(long == 1, np.log(clipped), np.log1p(-clipped)), weights)


def base_rate(long: Floats, weights: Floats) -> Floats:
    """The share of long cases."""
    return _mean(long, weights)


def _mean(values: Floats, weights: Floats) -> Floats:
    mean: Floats = weights @ values / weights.sum(axis=1)
    return mean
