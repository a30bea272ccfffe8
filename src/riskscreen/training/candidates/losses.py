"""The losses that candidates are tuned by, each case by its weight."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from riskscreen.model.calibration_fit import compute_log_loss, fit_calibration
from riskscreen.training.data.dataset import LabelledData

Numbers = npt.NDArray[np.float64]


def calibrated_losses(
    log_odds: Numbers, long: Numbers, weight: Numbers | None = None
) -> Numbers:
    """Return log-losses after the best affine calibration, which tuning cannot mend.

    Each is times its case's *weight*, where cases have one.
    """
    line = fit_calibration(log_odds, long, weight)
    losses = compute_log_loss(line.apply(log_odds), long)
    return losses if weight is None else weight * losses


def join_weights(parts: Sequence[LabelledData]) -> Numbers | None:
    """Return the weights of all *parts* of one data set, in their order."""
    weights = [part.weight for part in parts if part.weight is not None]
    return np.concatenate(weights) if weights else None
