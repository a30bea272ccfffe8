"""How a calibration is fitted, and what it loses; no score asks."""

from typing import Any

import numpy as np

from riskscreen.logistic_function import logit
from riskscreen.model.calibration import (
    SMALLEST_SLOPE,
    BetaCalibration,
    Numbers,
    to_risk,
)
from riskscreen.model.irls import fit_logistic_regression


def fit_calibration(
    log_odds: Numbers, long: Any, weight: Numbers | None = None
) -> BetaCalibration:
    """Fit a line to *long* (0/1) by maximum likelihood, its slope positive.

    *weight* is each case's own, None of none.

    *log_odds* must come from models that did not see these labels. Where the log-odds
    tell long from not long without a fault there is no maximum: then, and only then,
    Platt's (1999) targets stand for the labels, which keep the line finite.
    """
    y = np.asarray(long, dtype=np.float64)
    own = np.ones(len(y)) if weight is None else weight
    if _separate(log_odds, y):
        y = np.where(y > 0, (y.sum() + 1) / (y.sum() + 2), 1 / ((1 - y).sum() + 2))
    # On one scale and from a slope of 0, where no risk is nearly 0 or 1 at the start.
    centre, spread = float(log_odds.mean()), float(log_odds.std()) or 1.0
    slope, at_centre = fit_logistic_regression(
        np.column_stack([(log_odds - centre) / spread, np.ones_like(log_odds)]),
        y,
        start=np.array([0.0, logit((own @ y + 0.5) / (own.sum() + 1.0))]),
        weight=own,
    ).tolist()
    slope = slope / spread
    intercept = at_centre - slope * centre
    if slope < SMALLEST_SLOPE:
        slope = SMALLEST_SLOPE
        intercept = fit_intercept(SMALLEST_SLOPE * log_odds, y, own)
    return BetaCalibration(slope=slope, intercept=intercept)


def fit_intercept(offset: Numbers, long: Any, weight: Numbers | None = None) -> float:
    """Return what, added to *offset*, makes the mean risk the share of long cases.

    *long* may be risks as well; *weight* is each case's own, None of none. Half a case
    of either outcome is added to the share, so that the intercept is finite.
    """
    y = np.asarray(long, dtype=np.float64)
    own = np.ones(len(y)) if weight is None else weight
    n = own.sum()
    share = (own @ y + 0.5) / (n + 1.0)
    low, high = -40.0, 40.0
    for _ in range(80):
        middle = (low + high) / 2
        if own @ to_risk(offset + middle) / n < share:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def compute_log_loss(log_odds: Numbers, long: Any) -> Numbers:
    """Return the log-loss of each case, in nats."""
    y = np.asarray(long, dtype=np.float64)
    return np.asarray(np.logaddexp(0.0, log_odds) - y * log_odds)


def _separate(log_odds: Numbers, y: Numbers) -> bool:
    """Return whether all of *log_odds* of one label lie beyond all of the other's."""
    long, short = log_odds[y == 1], log_odds[y == 0]
    if len(long) + len(short) < len(y):
        return False
    if not len(long) or not len(short):
        return True
    return bool(long.min() >= short.max() or long.max() <= short.min())
