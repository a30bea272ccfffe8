"""Calibrate by cross-fits: every training case as a fit without it predicts it."""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from riskscreen.disclosure.words import SMALLEST_GROUP
from riskscreen.model.calibration import (
    SMALLEST_SLOPE,
    BetaCalibration,
    soften,
    to_risk,
)
from riskscreen.model.calibration_fit import compute_log_loss, fit_intercept
from riskscreen.model.incidence import Calibration, combine_incidence
from riskscreen.model.irls import fit_logistic_regression
from riskscreen.rounding import round_for_disclosure
from riskscreen.training.data.dataset import LabelledData
from riskscreen.training.resampling import Positions

Numbers = npt.NDArray[np.float64]

_LEVEL_SD = 1.0
"""Prior SD of a block's own level, in log-odds: wide, so that it holds back only a
block that knows one outcome alone."""


@dataclass(frozen=True, slots=True)
class BlockCalibration:
    """One shape for all blocks, and the intercept of each.

    The fit that leaves a block out does not know the level of its time, which is no
    fault of the slope: with one intercept, years that lie apart would flatten it.
    ``shape`` has no intercept of its own. ``likelihood_ratio`` is the statistic of its
    bend against none, of which ``kept`` says how much of the bend was taken.
    """

    shape: Calibration
    intercepts: Numbers
    likelihood_ratio: float = 0.0

    @property
    def kept(self) -> float:
        """The share of the bend that is kept, the rest being what chance brings.

        So the shape of few cases is a line, or nearly.
        """
        return _shrink(self.likelihood_ratio)

    def apply(self, log_odds: Numbers, block: Positions) -> Numbers:
        """Return the calibrated log-odds of cases of these blocks."""
        return np.asarray(self.shape.apply(log_odds) + self.intercepts[block])


def fit_block_calibration(
    log_odds: Numbers, cases: LabelledData, block: Positions
) -> BlockCalibration:
    """Fit a shape common to all blocks to the outcomes of *cases*, and own intercepts.

    Where SMALLEST_GROUP of *cases* or more left before the horizon, the shape is that
    of long among those who stayed, times that of staying: each is fitted to its own
    outcomes. What bends because the illest leave is told by those who left, and not by
    the long among the highest risks alone.
    """
    left = cases.left
    if left is None or left.sum() < SMALLEST_GROUP:
        return BlockCalibration(*_fit_shape(log_odds, cases, block))
    stayed = np.flatnonzero(~left)
    staying, levels, ratio = _fit_shape(
        log_odds[stayed], cases.take(stayed), block[stayed]
    )
    staying = replace(staying, intercept=_average_levels(levels, block[stayed]))
    leavers = replace(cases, long=left.astype(np.float64))
    leaving, usual = _fit_leaving(log_odds, leavers, block)
    staying = staying.round_for_disclosure(n=len(block))
    shape = combine_incidence(staying, leaving, usual=usual)
    intercepts = _Blocks(cases, block).fit_levels(shape.apply(log_odds))
    return BlockCalibration(shape, intercepts, ratio)


def _fit_leaving(
    log_odds: Numbers, cases: LabelledData, block: Positions
) -> tuple[BetaCalibration, BetaCalibration]:
    """Return the line of leaving, as far as it is borne out, and that of slope 0.

    The *long* of these *cases* are those who left.
    """
    blocks, none = _Blocks(cases, block), np.zeros(len(log_odds))
    usual = BlockCalibration(BetaCalibration(0.0), blocks.fit_levels(none))
    centre, spread = _describe_scale(log_odds)
    found = blocks.fit((log_odds - centre)[:, None] / spread, none)
    slope, levels = float(found[0]) / spread, found[1:]
    best = BlockCalibration(BetaCalibration(slope), levels - slope * centre)
    gain = blocks.compute_log_loss(usual, log_odds) - blocks.compute_log_loss(
        best, log_odds
    )
    slope *= _shrink(2.0 * gain)
    levels = blocks.fit_levels(slope * log_odds)
    return _round_line(slope, levels, block), _round_line(0.0, usual.intercepts, block)


def _round_line(slope: float, levels: Numbers, block: Positions) -> BetaCalibration:
    """Return the line of this *slope* at the mean of the *levels* of *block*."""
    rounded = [slope, _average_levels(levels, block)]
    return BetaCalibration(
        *round_for_disclosure(rounded, spread=1, n=len(block)).tolist()
    )


def _average_levels(levels: Numbers, block: Positions) -> float:
    """Return the mean of the *levels* of blocks over their cases."""
    sizes = np.bincount(block, minlength=len(levels))
    return float(np.average(levels, weights=sizes))


def _shrink(likelihood_ratio: float) -> float:
    """Return how much of one more coefficient is borne out.

    The heuristic shrinkage factor (χ² − df) / χ² of van Houwelingen & le Cessie
    (1990, Stat Med 9: 1303-1325), of one degree of freedom; none where χ² is 1 or less.
    """
    return 1.0 - 1.0 / max(likelihood_ratio, 1.0)


def _fit_shape(
    log_odds: Numbers, cases: LabelledData, block: Positions
) -> tuple[BetaCalibration, Numbers, float]:
    """Fit a line, or one that bends, to the long of *cases*.

    Return it with the levels of the blocks, and the likelihood ratio of its bend.

    Maximum likelihood, but for a normal of SD _LEVEL_SD that holds each block's
    intercept near the others'; no slope is under SMALLEST_SLOPE. The shape is the line
    and as much of the way to the best bend as BlockCalibration.kept says.
    """
    blocks = _Blocks(cases, block)
    centre, spread = _describe_scale(log_odds)
    at = (log_odds - centre) / spread
    least, above = SMALLEST_SLOPE * spread, soften(at)
    line, levels = _fit_slopes(at[:, None], blocks, least)
    both, bent_levels = _fit_slopes(np.column_stack([at - above, above]), blocks, least)
    straight = BetaCalibration(float(line[0]) / spread, centre=centre, spread=spread)
    lower, upper = both / spread
    bent = replace(straight, slope=float(lower), bend=float(upper - lower))
    # Levels are of distances from the centre, where a shape is 0 without them.
    found = BlockCalibration(straight, levels - straight.slope * centre)
    other = BlockCalibration(bent, bent_levels - bent.slope * centre)
    gain = blocks.compute_log_loss(found, log_odds) - blocks.compute_log_loss(
        other, log_odds
    )
    ratio = max(2.0 * gain, 0.0)
    kept = _shrink(ratio)
    if not kept:
        return straight, found.intercepts, ratio
    slope = straight.slope + kept * (bent.slope - straight.slope)
    shape = replace(straight, slope=slope, bend=kept * bent.bend)
    return shape, blocks.fit_levels(shape.apply(log_odds)), ratio


@dataclass(frozen=True, slots=True)
class _Blocks:
    """Cases and the block of each, for fits of a level of every block."""

    cases: LabelledData
    block: Positions

    @property
    def weight(self) -> Numbers:
        weight = self.cases.weight
        return np.ones(len(self.block)) if weight is None else weight

    def fit(self, columns: Numbers, offset: Numbers) -> Numbers:
        """Return the coefficients of *columns*, then the level of each block."""
        n, n_blocks = len(self.block), int(self.block.max()) + 1
        own = np.zeros((n, n_blocks))
        own[np.arange(n), self.block] = 1.0
        weight, slopes = self.weight, columns.shape[1]
        share = (weight @ self.cases.long + 0.5) / (weight.sum() + 1.0)
        start = np.zeros(slopes + 1 + n_blocks)
        start[slopes] = np.log(share / (1 - share)) - np.average(offset, weights=weight)
        # Outcomes that are told without a fault leave a slope without an end: it is
        # held as little as one case could.
        prior_precision = np.r_[
            np.full(slopes, 1 / n), 0.0, np.full(n_blocks, _LEVEL_SD**-2)
        ]
        found = fit_logistic_regression(
            np.column_stack([columns, np.ones(n), own]),
            self.cases.long,
            start=start,
            penalty=np.diag(prior_precision),
            offset=offset,
            weight=weight,
        )
        levels = found[slopes] + found[slopes + 1 :]
        return np.concatenate([found[:slopes], levels])

    def fit_levels(self, offset: Numbers) -> Numbers:
        """Return the level of each block beside *offset*, fitted alone."""
        return self.fit(np.zeros((len(offset), 0)), offset)

    def compute_log_loss(self, fitted: BlockCalibration, log_odds: Numbers) -> float:
        """Return the log-loss of all cases, in nats, each times its weight."""
        losses = compute_log_loss(fitted.apply(log_odds, self.block), self.cases.long)
        return float(self.weight @ losses)


def _fit_slopes(
    columns: Numbers, blocks: _Blocks, least: float
) -> tuple[Numbers, Numbers]:
    """Return the coefficient of each of *columns*, *least* at least, and the levels.

    The likelihood is concave: where its maximum has a coefficient under the least, the
    best that is allowed has one there. The lowest is set to it, until none is under.
    """
    found = np.full(columns.shape[1], np.nan)
    while True:
        free = np.isnan(found)
        offset = columns[:, ~free] @ found[~free]
        fitted = blocks.fit(columns[:, free], offset)
        slopes, levels = np.split(fitted, [free.sum()])
        if not free.any() or slopes.min() >= least:
            found[free] = slopes
            return found, levels
        found[np.flatnonzero(free)[slopes.argmin()]] = least


def _describe_scale(log_odds: Numbers) -> tuple[float, float]:
    """Return centre and spread of *log_odds*, as coarse as a model may hold them."""
    centre, spread = float(log_odds.mean()), float(log_odds.std())
    rounded = round_for_disclosure(
        [centre, spread], spread=float(np.ptp(log_odds)), n=len(log_odds)
    )
    return float(rounded[0]), float(rounded[1]) or 1.0


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
) -> tuple[Calibration, BlockCalibration]:
    """Return the shape of all *cases* with the level of the *newest*, and the fit.

    *log_odds* are at the final fit's level (align_blocks).
    """
    fitted = fit_block_calibration(log_odds, cases, block)
    recent = cases.take(np.flatnonzero(newest))
    offset = fitted.shape.apply(log_odds[newest])
    intercept = fit_intercept(offset, recent.long, recent.weight)
    return replace(fitted.shape, intercept=intercept), fitted
