"""Calibrate by cross-fits: every training case as a fit without it predicts it."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from riskscreen.model.calibration import (
    SMALLEST_SLOPE,
    BetaCalibration,
    fit_intercept,
    to_risk,
)
from riskscreen.model.irls import fit_logistic_regression
from riskscreen.training.dataset import LabelledData
from riskscreen.training.resampling import Positions

Numbers = npt.NDArray[np.float64]

_LEVEL_SD = 1.0
"""Prior SD of a block's own level, in log-odds: wide, so that it holds back only a
block that knows one outcome alone."""


@dataclass(frozen=True, slots=True)
class BlockCalibration:
    """One slope for all blocks, and the intercept of each.

    The fit that leaves a block out does not know the level of its time, which is no
    fault of the slope: with one intercept, years that lie apart would flatten it.
    """

    slope: float
    intercepts: Numbers

    def apply(self, log_odds: Numbers, block: Positions) -> Numbers:
        """Return the calibrated log-odds of cases of these blocks."""
        return np.asarray(self.slope * log_odds + self.intercepts[block])


def fit_block_calibration(
    log_odds: Numbers, cases: LabelledData, block: Positions
) -> BlockCalibration:
    """Fit a slope common to all blocks to the outcomes of *cases*, and own intercepts.

    Maximum likelihood, but for a normal of SD _LEVEL_SD that holds each block's
    intercept near the others'; the slope is SMALLEST_SLOPE at least.
    """
    n_blocks = int(block.max()) + 1
    own = np.zeros((len(block), n_blocks))
    own[np.arange(len(block)), block] = 1.0
    level = np.column_stack([np.ones(len(block)), own])
    centre, spread = float(log_odds.mean()), float(log_odds.std()) or 1.0
    standard = (log_odds - centre) / spread
    weight = np.ones(len(block)) if cases.weight is None else cases.weight
    share = (weight @ cases.long + 0.5) / (weight.sum() + 1.0)
    start = np.zeros(2 + n_blocks)
    start[1] = np.log(share / (1 - share))
    # Outcomes that are told without a fault leave the slope without an end: it is held
    # as little as one case could.
    held = np.r_[1 / len(block), 0.0, np.full(n_blocks, 1 / _LEVEL_SD**2)]
    slope, common, *apart = fit_logistic_regression(
        np.column_stack([standard, level]),
        cases.long,
        start=start,
        penalty=np.diag(held),
        weight=weight,
    )
    slope = slope / spread
    if slope < SMALLEST_SLOPE:
        slope = SMALLEST_SLOPE
        common, *apart = fit_logistic_regression(
            level,
            cases.long,
            start=start[1:],
            penalty=np.diag(held[1:]),
            offset=slope * (log_odds - centre),
            weight=weight,
        )
    return BlockCalibration(float(slope), common + np.array(apart) - slope * centre)


def align_blocks(log_odds: Numbers, final: Numbers, block: Positions) -> Numbers:
    """Return *log_odds* at the level that the *final* fit gives each block.

    The final fit knows every block's time, so its mean risk there is nearer to what it
    will be for the cases that come; the order within a block stays the fit's without
    it.
    """
    aligned = log_odds.copy()
    for number in np.unique(block):
        of = block == number
        aligned[of] += fit_intercept(log_odds[of], to_risk(final[of]))
    return aligned


def calibrate_by_blocks(
    log_odds: Numbers,
    cases: LabelledData,
    block: Positions,
    *,
    newest: npt.NDArray[np.bool_],
) -> BetaCalibration:
    """Return the slope of all *cases*, with the intercept of the *newest*.

    *log_odds* are at the final fit's level (align_blocks).
    """
    slope = fit_block_calibration(log_odds, cases, block).slope
    recent = cases.take(np.flatnonzero(newest))
    intercept = fit_intercept(slope * log_odds[newest], recent.long, recent.weight)
    return BetaCalibration(slope, intercept)
