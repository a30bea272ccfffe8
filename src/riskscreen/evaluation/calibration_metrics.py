"""Calibration metrics: slope, intercept, ICI, calibration curve, reliability bins."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit

from riskscreen.disclosure.words import SMALLEST_GROUP
from riskscreen.evaluation.bootstrap import Counts, compute_observed, compute_replicates
from riskscreen.evaluation.estimate import (
    INTERVAL,
    NORMAL_REACH,
    Estimate,
    Floats,
    bootstrap_estimate,
)
from riskscreen.model.events import count_rarer
from riskscreen.model.irls import fit_logistic_replicates
from riskscreen.model.records import Count, Share

_FURTHEST = 1e-6
"""Log-odds of a risk nearer 0 or 1 than this are taken as its log-odds."""
_KNOTS = (0.05, 0.35, 0.65, 0.95)
"""Quantiles of the log-odds: Harrell, Regression Modeling Strategies, four knots."""
_GRID = np.linspace(0.01, 0.99, 41)


@dataclass(frozen=True, slots=True)
class ReliabilityBin:
    """Cases of like risk: what was said on average beside what happened.

    ``share`` is the share that was long, with Wilson's 95 % interval.
    """

    n: Count
    mean_risk: Share
    share: Share
    low: Share
    high: Share


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """The flexible calibration curve at one risk, with its pointwise 95 % interval."""

    risk: Share
    share: Share
    low: Share
    high: Share


def log_odds(risk: Floats) -> Floats:
    """Return the log-odds of *risk*, finite also for 0 and 1."""
    odds: Floats = logit(risk.clip(_FURTHEST, 1 - _FURTHEST))
    return odds


def calibration_intercept(long: Floats, risk: Floats, weights: Floats) -> Floats:
    """Return calibration-in-the-large: the intercept with log-odds of risk as offset.

    0 is right; above 0, more became long than the risks said (Van Calster et al. 2016,
    doi 10.1016/j.jclinepi.2015.12.005).
    """
    design = np.ones((len(long), 1))
    return fit_logistic_replicates(design, long, weights, offset=log_odds(risk))[:, 0]


def calibration_slope(long: Floats, risk: Floats, weights: Floats) -> Floats:
    """Return the slope of a logistic regression of the outcome on the log-odds of risk.

    1 is right; below 1 the risks are too extreme. NaN where all risks are alike.
    """
    odds = log_odds(risk)
    if np.ptp(odds) == 0:
        return np.full(len(weights), np.nan)
    design = np.column_stack([np.ones_like(odds), odds])
    return fit_logistic_replicates(design, long, weights)[:, 1]


def observed_minus_expected(long: Floats, risk: Floats, weights: Floats) -> Floats:
    """Return the share of long cases minus the mean risk (mean calibration error)."""
    difference: Floats = weights @ (long - risk) / weights.sum(axis=1)
    return difference


@dataclass(frozen=True, slots=True)
class CalibrationSpline:
    """A natural cubic spline in the log-odds of risk.

    Four knots at fixed quantiles; where risks take too few values, a straight line,
    and for one value a constant.
    """

    knots: tuple[float, ...]
    straight: bool

    @classmethod
    def through(cls, risk: Floats) -> "CalibrationSpline":
        """Return the spline whose knots fit these risks."""
        odds = log_odds(risk)
        knots = np.quantile(odds, _KNOTS)
        apart = bool(np.diff(knots).min() > 1e-6 * max(np.ptp(odds), 1e-12))
        return cls(tuple(knots.tolist()) if apart else (), bool(np.ptp(odds) > 0))

    def design(self, risk: Floats) -> Floats:
        """Return the spline's columns (cases, 1 to 4) at these risks."""
        odds = log_odds(risk)
        columns = [np.ones_like(odds)]
        if self.straight:
            columns.append(odds)
        if self.knots:
            columns.extend(spline_basis(odds, np.array(self.knots)))
        return np.column_stack(columns)


def spline_basis(x: Floats, knots: Floats) -> list[Floats]:
    """Return the non-linear columns of a restricted cubic spline (Harrell's form)."""

    def cube(knot: float) -> Floats:
        above: Floats = (x - knot).clip(0) ** 3
        return above

    last, before = knots[-1], knots[-2]
    width = (last - knots[0]) ** 2
    return [
        (
            cube(knot)
            - cube(before) * (last - knot) / (last - before)
            + cube(last) * (before - knot) / (last - before)
        )
        / width
        for knot in knots[:-2]
    ]


CURVE_ERRORS = ("ici", "e50", "e90", "emax")


@dataclass(frozen=True, slots=True)
class CalibrationCurve:
    """The flexible calibration curve's points and its distances from the risks."""

    errors: dict[str, Estimate]
    points: tuple[CurvePoint, ...]


def fit_calibration_curve(
    long: Floats, risk: Floats, counts: Counts, weight: Floats | None = None
) -> CalibrationCurve:
    """Return ICI, E50, E90 and Emax with intervals, and the curve they come from.

    *weight* is each case's own (EvaluationCases).

    Integrated calibration index: the mean absolute distance between risk and flexible
    curve; E50, E90, Emax its median, ninth decile and maximum (Austin & Steyerberg
    2019, doi 10.1002/sim.8281). Being absolute, they lie above 0 on a perfectly
    calibrated model too, and replicates lie higher still: the interval therefore runs
    from the lower end of the basic to the upper end of the percentile bootstrap.
    """
    spline = CalibrationSpline.through(risk)
    design, grid = spline.design(risk), np.quantile(risk, _GRID)
    on_grid = spline.design(grid)

    def statistic(weights: Floats) -> Floats:
        fitted = fit_logistic_replicates(design, long, weights)
        away = np.abs(expit(fitted @ design.T) - risk)
        errors = _summarise_distances(away, weights)
        return np.column_stack([errors, expit(fitted @ on_grid.T)])

    value, drawn = (
        compute_observed(statistic, len(long), weight),
        compute_replicates(statistic, counts, weight),
    )
    width = len(CURVE_ERRORS)
    errors = {
        name: _estimate_distance(float(value[i]), drawn[:, i], n=len(long))
        for i, name in enumerate(CURVE_ERRORS)
    }
    return CalibrationCurve(errors, _points(grid, value[width:], drawn[:, width:]))


def _summarise_distances(away: Floats, weights: Floats) -> Floats:
    """Return mean, median, ninth decile and maximum of *away* among those drawn."""
    lost = np.isnan(away).any(axis=1)
    near = np.argsort(away, axis=1)
    sorted_away = np.take_along_axis(away, near, axis=1)
    below = np.cumsum(np.take_along_axis(weights, near, axis=1), axis=1)
    below /= below[:, -1:]
    mean = (away * weights).sum(axis=1) / weights.sum(axis=1)
    at = [(below < q - 1e-12).sum(axis=1) for q in (0.5, 0.9, 1.0)]
    rows = np.arange(len(away))
    table = np.column_stack([mean, *(sorted_away[rows, place] for place in at)])
    table[lost] = np.nan
    return table


def _estimate_distance(value: float, drawn: Floats, *, n: int) -> Estimate:
    """Return the estimate of what cannot be negative; see fit_calibration_curve."""
    plain = bootstrap_estimate(value, drawn, n=n)
    if plain.value is None or plain.low is None or plain.high is None:
        return plain
    low = min(plain.low, plain.value, max(0.0, 2 * plain.value - plain.high))
    return Estimate(plain.value, low, max(plain.high, plain.value), n)


def _points(grid: Floats, value: Floats, drawn: Floats) -> tuple[CurvePoint, ...]:
    usable = drawn[~np.isnan(drawn).any(axis=1)]
    if np.isnan(value).any() or len(usable) < 2:
        return ()
    low, high = np.percentile(usable, INTERVAL, axis=0)
    return tuple(
        CurvePoint(float(x), float(y), float(a), float(b))
        for x, y, a, b in zip(grid, value, low, high, strict=True)
    )


def build_reliability_bins(
    long: Floats, risk: Floats, *, bins: int = 10, weight: Floats | None = None
) -> tuple[ReliabilityBin, ...]:
    """Return at most *bins* groups of like risk, from low to high.

    Bounds are quantiles of risk, so equal risks share a bin; neighbours are merged
    until each holds five people of either outcome, so that no bin tells of fewer. Empty
    where there are not that many. Means are by *weight*, each case's own; the interval
    is of as many cases as the weighted ones are worth (Kish 1965, Survey Sampling).
    """
    bounds = np.unique(np.quantile(risk, np.linspace(0, 1, bins + 1)[1:-1]))
    place = np.searchsorted(bounds, risk, side="left")
    merged: list[NDArray[np.bool_]] = []
    waiting = np.zeros(len(long), dtype=bool)
    for i in range(len(bounds) + 1):
        waiting = waiting | (place == i)
        if count_rarer(long[waiting]) >= SMALLEST_GROUP:
            merged.append(waiting)
            waiting = np.zeros(len(long), dtype=bool)
    if merged:
        merged[-1] = merged[-1] | waiting
    weights = np.ones(len(long)) if weight is None else weight
    return tuple(_bin(long[kept], risk[kept], weights[kept]) for kept in merged)


def _bin(long: Floats, risk: Floats, weight: Floats) -> ReliabilityBin:
    mean_risk, share = (float(np.average(v, weights=weight)) for v in (risk, long))
    worth = float(weight.sum() ** 2 / (weight**2).sum())
    low, high = wilson(share * worth, worth)
    return ReliabilityBin(len(long), mean_risk, share, low, high)


def wilson(k: float, n: float) -> tuple[float, float]:
    """Return Wilson's 95 % interval of the share *k* / *n* (Wilson 1927).

    >>> [round(x, 4) for x in wilson(5, 10)]
    [0.2366, 0.7634]
    """
    share, square = k / n, NORMAL_REACH**2 / n
    middle = (share + square / 2) / (1 + square)
    half = np.sqrt(share * (1 - share) * square + square**2 / 4) / (1 + square)
    return float(max(0.0, middle - half)), float(min(1.0, middle + half))
