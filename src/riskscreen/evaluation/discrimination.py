"""How well risks rank the cases: AUC and average precision, for many weightings."""

import numpy as np
from numpy.typing import NDArray

from riskscreen.evaluation.estimate import Floats


def auc(long: Floats, risk: Floats, weights: Floats) -> Floats:
    """The area under the ROC curve in each row of *weights* (replicates, cases).

    The share of pairs (long, not long) that the risk puts in the right order; a tie
    counts half. NaN where a replicate lacks one of the outcomes.
    """
    up, starts = _tied(risk)
    drawn = weights[:, up]
    n_long = np.add.reduceat(drawn * long[up], starts, axis=1)
    n_not = np.add.reduceat(drawn, starts, axis=1) - n_long
    below = np.cumsum(n_not, axis=1) - n_not
    pairs = n_long.sum(axis=1) * n_not.sum(axis=1)
    return _ratio((n_long * (below + n_not / 2)).sum(axis=1), pairs)


def average_precision(long: Floats, risk: Floats, weights: Floats) -> Floats:
    """The step-wise area under the precision-recall curve in each row of *weights*.

    The mean, over long cases, of the precision among all cases at or above their risk
    (scikit-learn's definition). NaN where a replicate has no long case.
    """
    up, starts = _tied(-risk)
    drawn = weights[:, up]
    n_long = np.add.reduceat(drawn * long[up], starts, axis=1)
    n_all = np.cumsum(np.add.reduceat(drawn, starts, axis=1), axis=1)
    precision = _ratio(np.cumsum(n_long, axis=1), n_all)
    # Nobody drawn yet at the top: such a step holds no long case and weighs nothing.
    stepped = np.where(n_long > 0, n_long * precision, 0.0)
    return _ratio(stepped.sum(axis=1), n_long.sum(axis=1))


def _tied(values: Floats) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """The ascending order of *values*, and where each run of equal values begins."""
    up = np.argsort(values, kind="stable")
    steps = np.flatnonzero(np.diff(values[up])) + 1
    return up, np.concatenate([[0], steps])


def _ratio(above: Floats, below: Floats) -> Floats:
    """*above* / *below*, NaN where there is nothing to divide by."""
    ratio = np.full(above.shape, np.nan)
    np.divide(above, below, out=ratio, where=below > 0)
    return ratio
