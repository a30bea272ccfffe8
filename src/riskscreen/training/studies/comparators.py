"""The simple rules a model must beat: base rate, few features, the human forecast."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from riskscreen.errors import SpecError
from riskscreen.features.catalogue import list_features
from riskscreen.model.calibration import to_risk
from riskscreen.model.estimators.logistic import fit_logistic
from riskscreen.spec import Specification
from riskscreen.training.dataset import LabelledData
from riskscreen.training.split import Split

Numbers = npt.NDArray[np.float64]

_PENALTY = 5.0
_SMOOTHING = 20.0


def predict_baselines(
    spec: Specification, data: LabelledData, split: Split
) -> dict[str, Numbers]:
    """Return the risk of every test case by each simple rule, trained as the model is.

    ``base_rate``: everybody alike. The specification's [baselines]: a spline of the few
    features each names. A benchmark column (a human forecast): the rate of its level.
    """
    train, test = data.take(split.train), data.take(split.test)
    rate = float(train.long.mean())
    risks = {"base_rate": np.full(len(split.test), rate)}
    features = list_features(spec)
    names = [f.name for f in features]
    for name, rule in spec.baselines.items():
        if rule.after_weeks is not None:  # it selects, and has no risk: deferred_rules
            continue
        if unknown := [feature for feature in rule.features if feature not in names]:
            raise SpecError(
                f"{spec.name}: baselines.{name} names {unknown}, which are no "
                "features. Name features of the specification."
            )
        places = [names.index(feature) for feature in rule.features]
        fitted = fit_logistic(
            train.values[:, places],
            train.long,
            tuple(features[place] for place in places),
            settings=spec.estimator,
            penalty=_PENALTY,
        )
        risks[name] = to_risk(fitted.log_odds(test.values[:, places]))
    for name, column in spec.columns.items():
        if column.role == "benchmark" and name in split.cases:
            levels = split.cases[name].astype(object)
            risks[name] = _predict_by_level(
                levels.iloc[split.train], train.long, levels.iloc[split.test]
            )
    return risks


def _predict_by_level(
    train: "pd.Series[Any]", long: Numbers, test: "pd.Series[Any]"
) -> Numbers:
    """Return the training rate of each case's level, shrunk where it is thin.

    A level that is missing, or that training never had, has the base rate.
    """
    by_level = pd.DataFrame({"level": train.to_numpy(), "long": long}).groupby("level")
    total, count = by_level["long"].sum(), by_level["long"].count()
    rate = float(long.mean())
    rates = (total + _SMOOTHING * rate) / (count + _SMOOTHING)
    return np.asarray(test.map(rates).astype(float).fillna(rate), dtype=np.float64)
