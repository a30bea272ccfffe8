"""Check for leakage: a model that is too good to be true, and single-feature AUC."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.metrics import roc_auc_score

from riskscreen.errors import LeakError
from riskscreen.features.catalogue import Feature
from riskscreen.model.estimators.logistic import LogisticEstimator
from riskscreen.model.records import Said, Share
from riskscreen.spec import Gates
from riskscreen.training.dataset import LabelledData

Numbers = npt.NDArray[np.float64]

_PENALTY_ALONE = 5.0
_PENALTY_WITHOUT = 100.0
_LEFT_OUT = 3
_NAMED = 5


@dataclass(frozen=True, slots=True)
class ColumnSignal:
    """What one intake column says of the outcome of the test cases.

    ``auc`` is that of the column alone. ``share`` is its share of the model's signal:
    (AUC − ½)², once for the column alone and once for what is lost without it, and of
    these the mean (a Shapley value over the first and the last place in line, so that
    a column that others stand in for is not blamed). None where it was not asked:
    only the columns with the highest AUC are left out in turn.
    """

    column: Said
    auc: Share
    share: Share | None = None


def measure_column_signals(
    train: LabelledData,
    test: LabelledData,
    features: tuple[Feature, ...],
    *,
    model_auc: float,
) -> tuple[ColumnSignal, ...]:
    """Measure the intake columns, by falling AUC, each by a spline of its own.

    Features of the history are not asked: they come from dated spells, which nothing
    after T0 can change, and time on support may well carry most of a model.
    """
    intake = [i for i, f in enumerate(features) if f.family == "intake"]
    everything = list(range(len(features)))
    alone = {
        i: _fit_auc(train, test, features, [i], penalty=_PENALTY_ALONE) for i in intake
    }
    whole = max(
        model_auc, _fit_auc(train, test, features, everything, penalty=_PENALTY_WITHOUT)
    )
    ordered = sorted(intake, key=lambda i: -alone[i])
    signals = []
    for rank, i in enumerate(ordered):
        signal = ColumnSignal(features[i].name, alone[i])
        if rank < _LEFT_OUT and len(features) > 1:
            rest = [j for j in everything if j != i]
            without = _fit_auc(train, test, features, rest, penalty=_PENALTY_WITHOUT)
            signal = replace(signal, share=_compute_share(whole, alone[i], without))
        signals.append(signal)
    return tuple(signals)


def require_no_leaks(
    model_auc: float,
    signals: Sequence[ColumnSignal],
    gates: Gates,
    *,
    model: str,
) -> None:
    """Require that *model* is plausible, or so weak that the gates refuse it anyway.

    Raises LeakError where its AUC is above ``auc_at_most``, or where one intake column
    has more than ``column_contribution_share_at_most`` of its signal; the text lists
    the columns to look at.
    """
    if model_auc < gates.auc_at_least:
        return
    why = []
    if model_auc > gates.auc_at_most:
        why.append(f"its AUC on the test is {model_auc:.3f}, over {gates.auc_at_most}")
    most = gates.column_contribution_share_at_most
    if carrying := [s for s in signals if s.share is not None and s.share > most]:
        named = ", ".join(f"{s.column} carries {s.share:.0%}" for s in carrying)
        why.append(f"{named} of its signal, over {most:.0%}")
    if why:
        columns = [f"  {s.column}: AUC {s.auc:.3f} alone" for s in signals[:_NAMED]]
        raise LeakError(
            f"{model}: too good to be true ({'; '.join(why)}). Something known after "
            "T0 may have got in. Check when these columns are known and remove the "
            "leak, or raise the gate with a reason:\n" + "\n".join(columns)
        )


def compute_auc(long: Numbers, risk: Numbers) -> float:
    """Return the AUC, or ½ where only one outcome occurs."""
    return float(roc_auc_score(long, risk)) if pd.Series(long).nunique() > 1 else 0.5


def _fit_auc(
    train: LabelledData,
    test: LabelledData,
    features: tuple[Feature, ...],
    places: list[int],
    *,
    penalty: float,
) -> float:
    """Return the test AUC of a logistic regression on the features at *places*.

    Directions are not imposed: a leak may well run against what documents say.
    """
    if not places:
        return 0.5
    fitted = LogisticEstimator(
        penalty=penalty,
        features=tuple(replace(features[i], monotone=None) for i in places),
    ).fit(train.values[:, places], train.long)
    return compute_auc(test.long, fitted.decision_function(test.values[:, places]))


def _compute_share(whole: float, alone: float, without: float) -> float:
    """Return the mean of what a column has alone and what is lost without it."""
    signal, first, rest = (max(auc - 0.5, 0.0) ** 2 for auc in (whole, alone, without))
    if signal == 0:
        return 0.0
    return float(min(first / signal, 1.0) + max(1.0 - rest / signal, 0.0)) / 2
