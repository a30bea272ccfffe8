"""Global importance: which reasons and features a model listens to, over many cases."""

from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from riskscreen.evaluation.importance import (
    Contribution,
    GlobalImportance,
    bin_contributions,
    choose_step,
    measure_contributions,
)
from riskscreen.model.risk_model import RiskModel

Numbers = npt.NDArray[np.float64]


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
