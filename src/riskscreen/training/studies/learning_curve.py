"""Fit the selected kind on fewer cases: would more of them help?"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt

from riskscreen.evaluation import Bootstrap
from riskscreen.evaluation.learning_curve import (
    LearningCurve,
    estimate_learning_curve,
)
from riskscreen.model.calibration_fit import fit_calibration
from riskscreen.model.estimators.blend import BlendEstimator
from riskscreen.model.events import count_rarer
from riskscreen.training.candidates.selection import EQUIVALENT, fit_member
from riskscreen.training.data.dataset import LabelledData
from riskscreen.training.resampling import (
    Fold,
    Positions,
    assign_person_folds,
    cross_fit,
)
from riskscreen.training.studies.groups import build_evaluation_cases
from riskscreen.training.studies.trained import Trained
from riskscreen.training.train import TrainingResult

Numbers = npt.NDArray[np.float64]

PARTS = 8
"""The training persons are dealt to as many parts; an eighth is the smallest fit."""
FITS = 2
"""Fits of each size, on persons apart: how one draw of them fits matters less."""
FEWEST = 50
"""A size with fewer long cases, or not long ones, in a fit is left out."""
WORDS = {
    "yes": "more cases would help",
    "hardly": "more cases would hardly help",
    "open": "whether more cases would help cannot be told",
}


@dataclass(frozen=True, slots=True)
class TrainingCurve:
    """The learning curve of the selected kind, on the test cases."""

    curve: LearningCurve

    def describe(self) -> Iterator[str]:
        """Yield the answer in a sentence."""
        curve = self.curve
        yield (
            f"learning curve: {WORDS[curve.verdict]}; twice as many are expected to "
            f"lower the log-loss by {curve.next.text()} nats a case "
            f"({curve.noticeable:g} is noticeable)"
        )


def study_learning_curve(trained: Trained) -> TrainingCurve | None:
    """Fit the selected kind on an eighth, a quarter and half of the training persons.

    With the hyperparameters of the whole fit, FITS times each on persons apart; the
    whole fit is the model's own. All are evaluated on the test cases, each after its
    own best line there: what is compared is what a fit knows, not its level. It costs
    about one and three quarter fits. None where half of the cases are too few to fit.
    """
    result, split = trained.result, trained.result.split
    data = trained.dataset.to_arrays()
    train, test = data.take(split.train), data.take(split.test)
    parts = assign_person_folds(
        train.person, folds=PARTS, seed=result.spec.estimator.seed
    )
    sizes = []
    for eighths in (PARTS // 8, PARTS // 4, PARTS // 2):
        folds = [
            Fold(np.flatnonzero(parts // eighths == at), np.arange(len(test.long)))
            for at in range(FITS)
        ]
        if min(count_rarer(train.long[fold.train]) for fold in folds) < FEWEST:
            continue
        log_odds = [
            _calibrate(found, test) for found in _fit(result, train, test, folds)
        ]
        n_train = int(np.mean([len(fold.train) for fold in folds]))
        sizes.append((n_train, log_odds))
    if not sizes:
        return None
    whole = result.model.estimator.predict_once(test.values)
    curve = estimate_learning_curve(
        build_evaluation_cases(result.test_cases),
        [*sizes, (len(split.train), [_calibrate(whole, test)])],
        noticeable=EQUIVALENT,
        bootstrap=Bootstrap(seed=result.spec.estimator.seed),
    )
    return TrainingCurve(curve)


def _fit(
    result: TrainingResult,
    train: LabelledData,
    test: LabelledData,
    folds: list[Fold[Positions]],
) -> list[Numbers]:
    """Return the log-odds of *test* by the selected kind, fitted on each fold."""
    kind, features = result.selection.kind, result.model.features
    chosen = result.candidates[kind].hyperparameters
    members = ("logistic", "lightgbm") if kind == "blend" else (kind,)

    def predict(member: str) -> list[Numbers]:
        settings = result.candidates[member].hyperparameters
        fit = partial(fit_member, member, settings)
        refits = cross_fit(
            folds,
            lambda fold: fit(train.take(fold.train), features, result.spec),
            lambda fitted, _: fitted.predict_once(test.values),
        )
        return [refit.prediction for refit in refits]

    found = [predict(member) for member in members]
    if kind != "blend":
        return found[0]
    mix = partial(BlendEstimator.mix, weight=chosen["weight"])
    return list(map(mix, *found))


def _calibrate(log_odds: Numbers, test: LabelledData) -> Numbers:
    return fit_calibration(log_odds, test.long, test.weight).apply(log_odds)
