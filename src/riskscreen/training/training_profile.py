"""What the training cases looked like, so that a stranger to them is noticed."""

import numpy as np
import numpy.typing as npt
import pandas as pd

from riskscreen.disclosure.words import SMALLEST_GROUP
from riskscreen.features.catalogue import Feature, list_reasons
from riskscreen.model.abstention import TrainingProfile, has_no_history
from riskscreen.model.risk_model import RiskModel
from riskscreen.rounding import round_for_disclosure
from riskscreen.training.rows import LabelledData

Numbers = npt.NDArray[np.float64]

_LOOKED_AT = 2000
"""Training cases whose contributions say what carries a model; trees are slow."""


def profile_training_data(model: RiskModel, training: LabelledData) -> TrainingProfile:
    """What the *training* cases looked like to *model*; coarse, and nobody's."""
    names = [f.name for f in model.features]
    values = training.values
    draw = np.random.default_rng(model.spec.estimator.seed)
    some = np.sort(draw.permutation(len(values))[:_LOOKED_AT])
    found = model.score(pd.DataFrame(values[some], columns=names)).contributions
    importance = {
        reason.name: float(
            np.abs(
                found[:, [names.index(f) for f in reason.features]].sum(axis=1)
            ).mean()
        )
        for reason in list_reasons(model.spec)
    }
    total = max(sum(importance.values()), 1e-12)
    intake = [f.family == "intake" for f in model.features]
    share = [
        float(round_for_disclosure(importance[f.reason] / total, spread=1, n=len(some)))
        if own
        else 0.0
        for f, own in zip(model.features, intake, strict=True)
    ]
    empty = has_no_history(model.features, values).mean()
    return TrainingProfile(
        importance=tuple(share),
        ranges=tuple(_range(model, f) for f in model.features),
        levels=tuple(map(_levels, model.features, values.T)),
        history_importance=round(1 - sum(share), 4),
        empty_history=float(round_for_disclosure(empty, spread=1, n=len(values))),
    )


def _range(model: RiskModel, feature: Feature) -> tuple[float, float] | None:
    """The range that the model's notes hold of a number of the intake."""
    found = model.notes["ranges"][feature.name]
    if found is None or feature.kind != "number" or feature.family != "intake":
        return None
    return found[0], found[1]


def _levels(feature: Feature, column: Numbers) -> tuple[int, ...] | None:
    """The places of a category's levels that enough training cases had."""
    if feature.kind != "category":
        return None
    levels, counts = np.unique(column[~np.isnan(column)], return_counts=True)
    return tuple(int(v) for v in levels[counts >= SMALLEST_GROUP])
