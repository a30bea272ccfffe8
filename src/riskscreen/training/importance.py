"""Global importance: which reasons and features a model listens to, over many cases."""

from dataclasses import replace
from math import ceil
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from riskscreen.evaluation.importance import (
    Contribution,
    FeaturePairs,
    GlobalImportance,
    bin_contributions,
    choose_step,
    list_pairs,
    measure_contributions,
)
from riskscreen.model.risk_model import RiskModel
from riskscreen.model.scored import Scored

Numbers = npt.NDArray[np.float64]

_MOST_CASES = 2_000
"""So many show which features go together; each costs a few explanations."""
_CASES_AT_ONCE = 500


def measure_reasons(
    model: RiskModel, contributions: Numbers
) -> tuple[Contribution, ...]:
    """Return each reason's mean |contribution| and share of all, the largest first.

    *contributions* are those of *model* to some cases, shaped (cases, features), in
    log-odds; a reason's is the sum of its features'.
    """
    at = {feature.name: place for place, feature in enumerate(model.features)}
    columns = [
        contributions[:, [at[name] for name in reason.features]].sum(axis=1)
        for reason in model.reasons
    ]
    return measure_contributions(
        [reason.name for reason in model.reasons], np.column_stack(columns)
    )


def measure_importance(
    model: RiskModel,
    values: Numbers,
    contributions: Numbers,
    *,
    person: "pd.Series[Any]",
) -> GlobalImportance:
    """Return what *model* listens to, over the cases of *values* (cases, features).

    *contributions* are shaped alike; *person* says whose case each is, so that no bin
    of a feature is of fewer persons than may be shown.
    """
    step = choose_step(contributions)
    at = {feature.name: place for place, feature in enumerate(model.features)}
    found = []
    for one in measure_contributions(list(at), contributions):
        place = at[one.name]
        bins = bin_contributions(
            contributions[:, place],
            values[:, place],
            person=person,
            ordered=model.features[place].kind != "category",
            step=step,
        )
        found.append(replace(one, bins=bins))
    return GlobalImportance(
        n=len(values),
        reasons=measure_reasons(model, contributions),
        features=tuple(found),
    )


def measure_pairs(model: RiskModel, values: Numbers, scored: Scored) -> FeaturePairs:
    """Return the features that matter most together, by the log-odds of *model*.

    *values* (cases, features) are those that were *scored*. Of more than _MOST_CASES
    as many are asked, spread evenly.
    """
    last = len(values) - 1
    asked = np.unique(np.linspace(0, last, min(len(values), _MOST_CASES)).astype(int))
    slope = model.calibration.slope_between(model.estimator.base, scored.uncalibrated)
    sums = np.zeros((len(model.features), len(model.features)))
    for places in np.array_split(asked, ceil(len(asked) / _CASES_AT_ONCE)):
        found = model.estimator.interactions(np.ascontiguousarray(values[places]))
        if found is None:
            return FeaturePairs(0, ())
        sums += np.tensordot(slope[places], np.abs(found), axes=1)
    names = [feature.name for feature in model.features]
    return FeaturePairs(len(asked), list_pairs(names, sums / len(asked)))
