"""The calibration of a model's log-odds: a line, or one that bends once."""

from dataclasses import dataclass, replace
from typing import Self

import numpy as np
import numpy.typing as npt

from riskscreen.logistic_function import expit
from riskscreen.rounding import round_for_disclosure

Numbers = npt.NDArray[np.float64]

SMALLEST_SLOPE = 0.05
"""A model that later labels contradict is flattened, never turned upside down: reasons
keep their sign, and the gates refuse it."""

_SAME = 1e-12
"""Standardised log-odds no further apart have the slope that is there."""


@dataclass(frozen=True, slots=True)
class BetaCalibration:
    """A rising map from a model's log-odds to calibrated ones: two slopes.

    The beta calibration of Kull, Silva Filho & Flach (2017, Electron J Stat 11:
    5052-5080), a·ln p − b·ln(1 − p) + c, of p = inverse logit of (log-odds − centre) /
    spread: its slope goes smoothly from ``slope`` far below ``centre`` to
    ``slope + bend`` far above. Both are positive, so risks keep the model's order.
    Without a bend it is a line (Platt 1999, without his change of targets: there are
    hundreds of labels or more). ``centre`` and ``spread`` are those of the log-odds
    that it was fitted on: how far a fit was shrunk, and so its scale, says nothing.
    """

    slope: float = 1.0
    intercept: float = 0.0
    bend: float = 0.0
    centre: float = 0.0
    spread: float = 1.0

    @property
    def upper_slope(self) -> float:
        """The slope far above ``centre``."""
        return self.slope + self.bend

    def apply(self, log_odds: Numbers) -> Numbers:
        """Return calibrated log-odds, of the shape of *log_odds*."""
        line = self.slope * log_odds
        if self.bend:
            line = line + self.bend * self.spread * soften(self._standardise(log_odds))
        return np.asarray(line + self.intercept)

    def slope_between(self, one: Numbers | float, other: Numbers) -> Numbers:
        """Return the mean slope from *one* log-odds to each of *other*: positive.

        It is what carries contributions through: times it, what adds up from *one* to
        *other* adds up from the calibrated one to the calibrated other, each in its
        share (Aumann & Shapley 1974, Values of Non-Atomic Games, on the straight path).
        """
        if not self.bend:
            return np.full(np.shape(other), self.slope)
        begin, end = self._standardise(np.asarray(one)), self._standardise(other)
        far = end - begin
        near = np.clip(far, -1.0, 1.0)
        with np.errstate(invalid="ignore", divide="ignore"):
            # Two nearly equal numbers are not subtracted where they are close together.
            close = np.log1p(expit(begin) * np.expm1(near)) / near
            apart = (soften(end) - soften(begin)) / far
        share = np.where(np.abs(far) < 1.0, close, apart)
        share = np.where(np.abs(far) < _SAME, expit(begin), share)
        return np.asarray(self.slope + self.bend * share)

    def followed_by(self, line: "BetaCalibration") -> Self:
        """Return this calibration with the straight *line* after it, as one."""
        return type(self)(
            slope=line.slope * self.slope,
            intercept=line.slope * self.intercept + line.intercept,
            bend=line.slope * self.bend,
            centre=self.centre,
            spread=self.spread,
        )

    def slope_at(self, log_odds: Numbers) -> Numbers:
        """Return the slope at each of *log_odds*."""
        return np.asarray(self.slope + self.bend * expit(self._standardise(log_odds)))

    def round_for_disclosure(self, *, n: int) -> Self:
        """Return it, fitted on *n* cases, as a model's folder may hold it.

        One case moves its slopes and intercept, on the scale of log-odds, by about
        1 / n. A slope that was positive stays so.
        """
        slope, upper, intercept = round_for_disclosure(
            [self.slope, self.upper_slope, self.intercept], spread=1, n=n
        ).tolist()
        slope, upper = max(slope, SMALLEST_SLOPE), max(upper, SMALLEST_SLOPE)
        bend = round(upper - slope, 9)
        return replace(self, slope=slope, intercept=intercept, bend=bend)

    def _standardise(self, log_odds: Numbers) -> Numbers:
        return np.asarray((log_odds - self.centre) / self.spread)


def soften(log_odds: Numbers) -> Numbers:
    """Return ln(1 + exp of *log_odds*): 0 far below 0, *log_odds* far above."""
    return np.asarray(np.logaddexp(0.0, log_odds))


def to_risk(log_odds: Numbers) -> Numbers:
    """Return the risk (0-1) of *log_odds*."""
    return np.asarray(expit(log_odds))
