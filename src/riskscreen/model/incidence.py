"""The calibration of a risk of all citizens where some leave before the horizon."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from riskscreen.logistic_function import expit
from riskscreen.model.calibration import SMALLEST_SLOPE, BetaCalibration, soften
from riskscreen.rounding import round_for_disclosure

Numbers = npt.NDArray[np.float64]

_REACH = 40.0
"""How many spreads of the log-odds around their centre a curve is looked over."""
_STEPS = 8001
_NEAR = 1e-6
"""Log-odds nearer to each other than this have the slope midway, theirs to 1e-12."""


@dataclass(frozen=True, slots=True)
class IncidenceCalibration:
    """A rising map from a model's log-odds to those of a cumulative incidence.

    P(long) = P(long | stays) · P(stays): ``staying`` calibrates the model's log-odds to
    those of long among the citizens who stay, ``leaving`` (a line) to those of leaving.
    With these log-odds x and y, the log-odds of the product are

        x − ln(1 + exp y + exp (x + y)),

    which flatten where more and more leave. From ``level_from`` on, where the curve
    would have a slope of SMALLEST_SLOPE and then fall, it is a line of that slope:
    reasons keep their sign. The log-odds shown are ``slope`` times the curve, and
    ``intercept``: what later labels ask for.
    """

    staying: BetaCalibration
    leaving: BetaCalibration
    level_from: float
    slope: float = 1.0
    intercept: float = 0.0

    def apply(self, log_odds: Numbers) -> Numbers:
        """Return calibrated log-odds, of the shape of *log_odds*."""
        return np.asarray(self.slope * self._follow(log_odds) + self.intercept)

    def slope_between(self, one: Numbers | float, other: Numbers) -> Numbers:
        """Return the mean slope from *one* log-odds to each of *other*: positive.

        As BetaCalibration's, it carries contributions through exactly.
        """
        begin, end = np.asarray(one), np.asarray(other)
        far, near = end - begin, np.abs(end - begin) < _NEAR
        rise = self._follow(end) - self._follow(begin)
        mean = np.divide(rise, far, out=np.zeros_like(rise), where=~near)
        midway = begin + far / 2
        own = self._slope_at(np.minimum(midway, self.level_from))
        own = np.where(midway > self.level_from, SMALLEST_SLOPE, own)
        return np.asarray(self.slope * np.where(near, own, mean))

    def followed_by(self, line: BetaCalibration) -> Self:
        """Return this calibration with the straight *line* after it, as one."""
        return replace(
            self,
            slope=line.slope * self.slope,
            intercept=line.slope * self.intercept + line.intercept,
        )

    def round_for_disclosure(self, *, n: int) -> Self:
        """Return this calibration, its level fitted on *n* cases, as a folder holds it.

        Its curve is rounded where it is fitted (``combine_incidence``).
        """
        slope, intercept = round_for_disclosure(
            [self.slope, self.intercept], spread=1, n=n
        ).tolist()
        return replace(self, slope=max(slope, SMALLEST_SLOPE), intercept=intercept)

    def rises(self) -> bool:
        """Return whether no log-odds below ``level_from`` have a falling curve."""
        at = self._list_points()
        return bool((self._slope_at(at[at < self.level_from]) > 0.0).all())

    def find_level(self) -> float:
        """Return the log-odds up to which the curve is as steep as SMALLEST_SLOPE.

        To a hundredth of a spread; the first it looks at where it never is, the last
        where it always is.
        """
        at = self._list_points()
        steep = np.flatnonzero(self._slope_at(at) >= SMALLEST_SLOPE)
        return round(float(at[steep[-1] if len(steep) else 0]), 9)

    def _list_points(self) -> Numbers:
        reach = _REACH * self.staying.spread
        return self.staying.centre + np.linspace(-reach, reach, _STEPS)

    def _follow(self, log_odds: Numbers) -> Numbers:
        """Return the curve at each of *log_odds*."""
        at = np.minimum(log_odds, self.level_from)
        x, y = self.staying.apply(at), self.leaving.apply(at)
        beyond = SMALLEST_SLOPE * (log_odds - at)
        return np.asarray(x - soften(np.logaddexp(y, x + y)) + beyond)

    def _slope_at(self, log_odds: Numbers) -> Numbers:
        """Return the slope of the formula at each of *log_odds*."""
        x, y = self.staying.apply(log_odds), self.leaving.apply(log_odds)
        steep, left = self.staying.slope_at(log_odds), self.leaving.slope
        # The shares of exp y and of exp (x + y) in 1 + exp y + exp (x + y).
        either = expit(np.logaddexp(y, x + y))
        both = either * expit(x)
        return np.asarray(steep - left * either - steep * both)


Calibration = BetaCalibration | IncidenceCalibration
"""Where nobody leaves, or nobody says who, the risk's own curve; else the product."""


def combine_incidence(
    staying: BetaCalibration, leaving: BetaCalibration, *, usual: BetaCalibration
) -> IncidenceCalibration:
    """Return the calibration of the product of *staying* and the line *leaving*.

    Where *staying* bends upwards, so that the product would fall and then rise again,
    everybody leaves as often (*usual*, of slope 0): that product rises.
    """
    for line in (leaving, usual):
        found = IncidenceCalibration(staying, line, level_from=0.0)
        found = replace(found, level_from=found.find_level())
        if found.rises():
            break
    return found


def calibration_from_json(stored: Mapping[str, Any]) -> Calibration:
    """Return the calibration of which ``asdict`` gave *stored*."""
    if "staying" not in stored:
        return BetaCalibration(**stored)
    return incidence_from_json(stored)


def incidence_from_json(stored: Mapping[str, Any]) -> IncidenceCalibration:
    """Return the incidence calibration of which ``asdict`` gave *stored*."""
    parts = {name: BetaCalibration(**stored[name]) for name in ("staying", "leaving")}
    return IncidenceCalibration(**{**stored, **parts})
