"""How hard to hold an estimator back: by later outcomes, and by folds where few."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import numpy as np
import numpy.typing as npt
import pandas as pd

from riskscreen.features.catalogue import Feature
from riskscreen.files import fingerprint_table
from riskscreen.model.calibration import compute_log_loss, fit_calibration
from riskscreen.model.estimators.lightgbm import (
    LightGBMEstimator,
    fit_lightgbm,
    fit_with_early_stopping,
)
from riskscreen.model.estimators.logistic import LogisticEstimator, fit_logistic_path
from riskscreen.progress import Advance
from riskscreen.spec import EstimatorSettings as Settings
from riskscreen.training.rows import LabelledData
from riskscreen.training.split import assign_person_folds
from riskscreen.training.tuning import tune

Numbers = npt.NDArray[np.float64]

ENOUGH = 300
"""With fewer tuning cases of either outcome than this, folds of the earlier cases help.

Found on public data (`make examples`): 586 later claims, 150 of them long, could not
tell a penalty from one 300 times as strong, and took the strongest.
"""

FOLDS = 5


def tune_logistic(
    earlier: LabelledData,
    tuning: LabelledData,
    features: tuple[Feature, ...],
    settings: Settings,
) -> LogisticEstimator:
    """The estimator of *earlier*, its penalty the best on *tuning*.

    Where tuning cases are few, folds of the earlier cases have a say too, each case one
    voice.
    """
    penalties = settings.penalties

    def path(rows: LabelledData) -> tuple[LogisticEstimator, ...]:
        return fit_logistic_path(
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


@dataclass(frozen=True, slots=True)
class TunedTrees:
    """Trees of the earlier cases, and the settings that a search found for them."""

    trees: LightGBMEstimator
    settings: Settings


def tune_lightgbm(
    earlier: LabelledData,
    tuning: LabelledData,
    features: tuple[Feature, ...],
    settings: Settings,
    *,
    store: Path | None = None,
    after_each: Advance,
) -> TunedTrees:
    """The trees of *earlier*, as many as lower the log-loss of *tuning*.

    How they are held back otherwise is tune first (search.py). Where tuning cases
    are few, folds of the earlier cases have a say in both: the search is judged by each
    case once, and the number of trees is the median of those found. *store* keeps the
    search; *after_each* is called after each trial.
    """
    lessons = list(_lessons(earlier, tuning, settings.seed))

    def grown(held: Settings) -> list[LightGBMEstimator]:
        return [
            fit_with_early_stopping(
                taught.values,
                taught.long,
                features,
                settings=held,
                judge=(judge.values, judge.long),
            )
            for taught, judge in lessons
        ]

    def losses(held: Settings) -> Numbers:
        return np.concatenate(
            [
                calibrated_losses(trees.log_odds(judge.values), judge.long)
                for trees, (_, judge) in zip(grown(held), lessons, strict=True)
            ]
        )

    found = tune(
        losses,
        settings,
        lesson=_fingerprint(earlier, tuning, features),
        store=store,
        after_each=after_each,
    )
    first, *others = grown(found)
    if not others:
        return TunedTrees(first, found)
    rounds = round(median([first.rounds, *(trees.rounds for trees in others)]))
    fitted = fit_lightgbm(
        earlier.values, earlier.long, features, settings=found, rounds=rounds
    )
    return TunedTrees(fitted, found)


def few(rows: LabelledData) -> bool:
    """Whether *rows* have too few cases of either outcome to tune by alone."""
    return bool(min(rows.long.sum(), (1 - rows.long).sum()) < ENOUGH)


def calibrated_losses(log_odds: Numbers, long: Numbers) -> Numbers:
    """Log-losses after the best affine calibration: which tuning cannot mend."""
    return compute_log_loss(fit_calibration(log_odds, long).apply(log_odds), long)


def _losses(log_odds: "list[Numbers] | Numbers", long: Numbers) -> Numbers:
    """The calibrated log-loss of all cases together, one per row of *log_odds*."""
    return np.array([calibrated_losses(row, long).sum() for row in log_odds])


def _lessons(
    earlier: LabelledData, tuning: LabelledData, seed: int
) -> Iterator[tuple[LabelledData, LabelledData]]:
    """(taught, judging) cases: the tuning ones, and folds of the earlier where few."""
    yield earlier, tuning
    if few(tuning):
        for taught, places in _folds(earlier, seed):
            yield earlier.at(taught), earlier.at(places)


def _fingerprint(
    earlier: LabelledData, tuning: LabelledData, features: tuple[Feature, ...]
) -> str:
    """Of the cases, and of all that the trees are told about their columns."""
    told = [f"{f.name} {f.kind} {f.family} {f.monotone}" for f in features]
    table = pd.DataFrame(np.vstack([earlier.values, tuning.values]), columns=told)
    return fingerprint_table(table.assign(long=np.append(earlier.long, tuning.long)))


def _folds(
    rows: LabelledData, seed: int
) -> Iterator[tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]]:
    """(taught, held out) positions among *rows*; a person is in one fold."""
    dealt = assign_person_folds(rows.person, folds=FOLDS, seed=seed)
    for fold in range(FOLDS):
        if (dealt == fold).any():
            yield np.flatnonzero(dealt != fold), np.flatnonzero(dealt == fold)
