"""How hard to hold an estimator back: by later outcomes, and by folds where few."""

from collections.abc import Callable, Iterator
from statistics import median

import numpy as np
import numpy.typing as npt

from riskscreen.calibration import fit_calibration, log_loss_of
from riskscreen.estimators.boosting import (
    LightGBMEstimator,
    fit_lightgbm,
    fit_until_no_better,
)
from riskscreen.estimators.logistic import LogisticEstimator, logistic_path
from riskscreen.features.catalogue import Feature
from riskscreen.spec import Estimator as Settings
from riskscreen.splits import person_folds
from riskscreen.training.rows import Rows

Numbers = npt.NDArray[np.float64]

ENOUGH = 300
"""With fewer tuning cases of either outcome than this, folds of the earlier cases help.

Found on public data (`make examples`): 586 later claims, 150 of them long, could not
tell a penalty from one 300 times as strong, and took the strongest.
"""

FOLDS = 5


def tuned_logistic(
    earlier: Rows, tuning: Rows, features: tuple[Feature, ...], settings: Settings
) -> LogisticEstimator:
    """The estimator of *earlier*, its penalty the best on *tuning*.

    Where tuning cases are few, folds of the earlier cases have a say too, each case one
    voice.
    """
    penalties = settings.penalties

    def path(rows: Rows) -> tuple[LogisticEstimator, ...]:
        return logistic_path(
            rows.values, rows.long, features, settings=settings, penalties=penalties
        )

    fitted = path(earlier)
    loss = _losses([e.log_odds(tuning.values) for e in fitted], tuning.long)
    if few(tuning):
        held_out = np.empty((len(penalties), len(earlier.long)))
        for taught, places in _folds(earlier, settings.seed):
            rest = earlier.at(places)
            for i, estimator in enumerate(path(earlier.at(taught))):
                held_out[i, places] = estimator.log_odds(rest.values)
        loss += _losses(held_out, earlier.long)
    return fitted[int(np.argmin(loss))]


def tuned_trees(
    earlier: Rows,
    tuning: Rows,
    features: tuple[Feature, ...],
    settings: Settings,
    *,
    after_each: Callable[[], None],
) -> LightGBMEstimator:
    """The trees of *earlier*, as many as lower the log-loss of *tuning*.

    Where tuning cases are few, the median of their number of trees and of the numbers
    that folds of the earlier cases find.
    """

    def until_no_better(taught: Rows, judge: Rows) -> LightGBMEstimator:
        return fit_until_no_better(
            taught.values,
            taught.long,
            features,
            settings=settings,
            judge=(judge.values, judge.long),
            after_each=after_each,
        )

    trees = until_no_better(earlier, tuning)
    if not few(tuning):
        return trees
    rounds = [trees.rounds] + [
        until_no_better(earlier.at(taught), earlier.at(places)).rounds
        for taught, places in _folds(earlier, settings.seed)
    ]
    return fit_lightgbm(
        earlier.values,
        earlier.long,
        features,
        settings=settings,
        rounds=round(median(rounds)),
    )


def most_rounds(settings: Settings, tuning: Rows) -> int:
    """How many trees ``tuned_trees`` may grow in all its fits."""
    return settings.max_rounds * (1 + FOLDS * few(tuning))


def few(rows: Rows) -> bool:
    """Whether *rows* have too few cases of either outcome to tune by alone."""
    return bool(min(rows.long.sum(), (1 - rows.long).sum()) < ENOUGH)


def calibrated_loss(log_odds: Numbers, long: Numbers) -> float:
    """Mean log-loss after the best affine calibration: what restraint cannot mend."""
    fitted = fit_calibration(log_odds, long)
    return float(log_loss_of(fitted.apply(log_odds), long).mean())


def _losses(log_odds: "list[Numbers] | Numbers", long: Numbers) -> Numbers:
    """The calibrated log-loss of all cases together, one per row of *log_odds*."""
    return np.array([calibrated_loss(row, long) * len(long) for row in log_odds])


def _folds(
    rows: Rows, seed: int
) -> Iterator[tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]]:
    """(taught, held out) positions; a person is in one fold."""
    dealt = person_folds(rows.person, folds=FOLDS, seed=seed)
    for fold in range(FOLDS):
        if (dealt == fold).any():
            yield np.flatnonzero(dealt != fold), np.flatnonzero(dealt == fold)
