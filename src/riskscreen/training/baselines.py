"""The simple rules a model must beat: base rate, few features, the human forecast."""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pandas as pd

from riskscreen.errors import SpecError
from riskscreen.features.catalogue import Feature, list_features
from riskscreen.model.calibration import to_risk
from riskscreen.model.estimators.logistic import fit_logistic
from riskscreen.spec import Specification
from riskscreen.training.rows import LabelledData
from riskscreen.training.split import Split

Numbers = npt.NDArray[np.float64]

_PENALTY = 5.0
_SMOOTHING = 20.0


def predict_baselines(
    spec: Specification, known: pd.DataFrame, rows: LabelledData, split: Split
) -> dict[str, Numbers]:
    """The risk of every test case by each simple rule, all of them taught as the model.

    ``base_rate``: everybody alike. The specification's [baselines]: a spline of the few
    features each names. A benchmark column (a human forecast): the rate of its level.
    """
    taught, judged = rows.at(split.training), rows.at(split.test)
    rate = float(taught.long.mean())
    found = {"base_rate": np.full(len(split.test), rate)}
    for name, places in _places(spec):
        found[name] = _of_few(spec, taught, judged, places)
    for name, column in spec.columns.items():
        if column.role == "benchmark" and name in known:
            levels = known[name].astype(object)
            found[name] = _of_level(
                levels.iloc[split.training], taught.long, levels.iloc[split.test]
            )
    return found


def _places(spec: Specification) -> Iterator[tuple[str, list[int]]]:
    names = [f.name for f in list_features(spec)]
    for baseline, rule in spec.baselines.items():
        if rule.after_weeks is not None:  # a flag, no risk: waiting.py
            continue
        if unknown := [name for name in rule.features if name not in names]:
            raise SpecError(
                f"{spec.name}: baselines.{baseline} names {unknown}, which are no "
                "features. Name features of the specification."
            )
        yield baseline, [names.index(name) for name in rule.features]


def _of_few(
    spec: Specification, taught: LabelledData, judged: LabelledData, places: list[int]
) -> Numbers:
    features: tuple[Feature, ...] = tuple(list_features(spec)[i] for i in places)
    fitted = fit_logistic(
        taught.values[:, places],
        taught.long,
        features,
        settings=spec.estimator,
        penalty=_PENALTY,
    )
    return to_risk(fitted.log_odds(judged.values[:, places]))


def _of_level(level: pd.Series, long: Numbers, asked: pd.Series) -> Numbers:
    """The training rate of each case's level, drawn to the base rate where it is thin.

    A level that is missing, or that training never had, has the base rate.
    """
    by_level = pd.DataFrame({"level": level.to_numpy(), "long": long}).groupby("level")
    total, count = by_level["long"].sum(), by_level["long"].count()
    rate = float(long.mean())
    rates = (total + _SMOOTHING * rate) / (count + _SMOOTHING)
    found = asked.map(rates).astype(float).fillna(rate)
    return np.asarray(found, dtype=np.float64)
