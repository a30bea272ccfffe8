"""Measure what each intake column says alone: what the leak gates look at."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.metrics import roc_auc_score

from riskscreen.evaluation import Estimate, EvaluationCases
from riskscreen.evaluation.gates import ColumnShare
from riskscreen.evaluation.metrics import estimate_auc, estimate_signal_share
from riskscreen.features.catalogue import Feature
from riskscreen.model.estimators.logistic import LogisticEstimator
from riskscreen.model.records import Said, Share
from riskscreen.training.data.dataset import LabelledData

Numbers = npt.NDArray[np.float64]

_PENALTY_ALONE = 5.0
_PENALTY_WITHOUT = 100.0
_LEFT_OUT = 3


@dataclass(frozen=True, slots=True)
class ColumnSignal:
    """What one intake column says of the outcome of the test cases.

    ``auc`` is that of the column alone. ``share`` is its share of the model's signal:
    (AUC − ½)², once for the column alone and once for what is lost without it, and of
    these the mean (a Shapley value over the first and the last place in line, so that
    a column that others stand in for is not blamed). None where it was not asked:
    only the columns with the highest AUC are left out in turn, and those have
    ``strength``, the AUC alone; both with their 95 % intervals.
    """

    column: Said
    auc: Share
    share: Estimate | None = None
    strength: Estimate | None = None

    def __post_init__(self) -> None:
        """Refuse a share of more than everything, and of less than nothing."""
        share = self.share
        known = () if share is None else (share.value, share.low, share.high)
        if not all(x is None or 0 <= x <= 1 for x in known):
            raise ValueError("a share is from 0 to 1")


def measure_column_signals(
    train: LabelledData,
    test: LabelledData,
    features: tuple[Feature, ...],
    *,
    risk: Numbers,
) -> tuple[ColumnSignal, ...]:
    """Measure the intake columns, by falling AUC, each by a spline of its own.

    *risk* is the model's, of the test cases. Features of the history are not asked:
    they come from dated spells, which nothing after T0 can change, and time on support
    may well carry most of a model.
    """
    intake = [i for i, f in enumerate(features) if f.family == "intake"]
    everything = list(range(len(features)))
    scores = {
        i: _predict(train, test, features, [i], penalty=_PENALTY_ALONE) for i in intake
    }
    alone = {
        i: compute_auc(test.long, score, test.weight) for i, score in scores.items()
    }
    cases = EvaluationCases.from_columns(
        test.long, person_id=test.person, weight=test.weight
    )
    wholes = (
        risk,
        _predict(train, test, features, everything, penalty=_PENALTY_WITHOUT),
    )
    ordered = sorted(intake, key=lambda i: -alone[i])
    signals = []
    for rank, i in enumerate(ordered):
        signal = ColumnSignal(features[i].name, alone[i])
        if rank < _LEFT_OUT and len(features) > 1:
            rest = [j for j in everything if j != i]
            without = _predict(train, test, features, rest, penalty=_PENALTY_WITHOUT)
            signal = replace(
                signal,
                share=estimate_signal_share(
                    cases, wholes, alone=scores[i], without=without
                ),
                strength=estimate_auc(cases, scores[i]),
            )
        signals.append(signal)
    return tuple(signals)


def find_largest(signals: Iterable[ColumnSignal]) -> ColumnShare | None:
    """Return the column with the largest share of the signal, as a gate reads it."""
    asked = [
        ColumnShare(signal.column, signal.share, signal.strength)
        for signal in signals
        if signal.share is not None and signal.strength is not None
    ]
    return max(asked, key=lambda column: column.share.value or 0.0, default=None)


def compute_auc(long: Numbers, risk: Numbers, weight: Numbers | None = None) -> float:
    """Return the AUC, or ½ where only one outcome occurs."""
    if pd.Series(long).nunique() < 2:
        return 0.5
    return float(roc_auc_score(long, risk, sample_weight=weight))


def _predict(
    train: LabelledData,
    test: LabelledData,
    features: tuple[Feature, ...],
    places: list[int],
    *,
    penalty: float,
) -> Numbers:
    """Return the test log-odds of a logistic regression on the features at *places*.

    Directions are not imposed: a leak may well run against what documents say.
    """
    fitted = LogisticEstimator(
        penalty=penalty,
        features=tuple(replace(features[i], monotone=None) for i in places),
    ).fit(train.values[:, places], train.long, train.weight)
    return np.asarray(fitted.decision_function(test.values[:, places]))
