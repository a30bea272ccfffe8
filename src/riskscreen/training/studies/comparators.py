"""What a model is compared with: simple rules it must beat, and other classifiers."""

from collections.abc import Iterable, Mapping
from copy import deepcopy
from importlib import import_module
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.base import clone

from riskscreen.errors import ModelError, SpecError, UsageError
from riskscreen.features.catalogue import list_features
from riskscreen.guarding import guarded
from riskscreen.model.calibration import to_risk
from riskscreen.model.estimators.logistic import LogisticEstimator
from riskscreen.spec import Specification
from riskscreen.training.data.dataset import Dataset, LabelledData
from riskscreen.training.data.split import Split

Numbers = npt.NDArray[np.float64]

_PENALTY = 5.0
_SMOOTHING = 20.0
_TRIED = 100
"""Cases of either outcome that a classifier is tried on before the training."""
_LEAST_RISK = 1e-6
"""A forest that says 0 or 1 would have an infinite log-loss."""


def predict_baselines(
    spec: Specification, data: LabelledData, split: Split
) -> dict[str, Numbers]:
    """Return the risk of every test case by each simple rule, trained as the model is.

    ``base_rate``: everybody alike. The specification's [baselines]: a spline of the few
    features each names. A benchmark column (a human forecast): the rate of its level.
    """
    train, test = data.take(split.train), data.take(split.test)
    rate = float(np.average(train.long, weights=train.weight))
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
        fitted = LogisticEstimator.from_settings(
            spec.estimator,
            tuple(features[place] for place in places),
            penalty=_PENALTY,
        ).fit(train.values[:, places], train.long, train.weight)
        risks[name] = to_risk(fitted.decision_function(test.values[:, places]))
    for name, column in spec.columns.items():
        if column.role == "benchmark" and name in split.cases:
            levels = split.cases[name].astype(object)
            risks[name] = _predict_by_level(
                levels.iloc[split.train], train, levels.iloc[split.test]
            )
    return risks


@guarded
def read_comparators(addresses: Iterable[str]) -> dict[str, Any]:
    """Return the unfitted classifiers at *addresses* by name; see read_comparator.

    Raises UsageError, too, where two have one name.
    """
    named = [read_comparator(address) for address in addresses]
    classifiers = dict(named)
    if len(classifiers) < len(named):
        raise UsageError(
            "--compare: two classifiers have one name. Give one of them another in a "
            "module of your own."
        )
    return classifiers


@guarded
def read_comparator(address: str) -> tuple[str, Any]:
    """Return the name and the unfitted classifier at *address*, ``module:Class``.

    What stands there may be a class or an instance, such as a Pipeline. Raises
    UsageError where it cannot be imported, or has no ``fit`` and ``predict_proba``.
    """
    module, _, name = address.partition(":")
    try:
        imported = import_module(module)
    except (ImportError, TypeError, ValueError):  # TypeError: it begins with a dot
        raise UsageError(
            f"--compare {address}: the module cannot be imported. Install what brings "
            "it, or name the folder of your own file in PYTHONPATH; then a colon, and "
            "a scikit-learn classifier in it."
        ) from None
    try:
        found = getattr(imported, name)
        classifier = found() if isinstance(found, type) else clone(found)
    except (AttributeError, TypeError, ValueError):
        raise UsageError(
            f"--compare {address}: nothing of that name in the module can be made "
            "without arguments. Name a scikit-learn classifier in it, a class or an "
            "instance."
        ) from None
    if not (hasattr(classifier, "fit") and hasattr(classifier, "predict_proba")):
        raise UsageError(
            f"--compare {address}: it has no fit and predict_proba. Name a "
            "scikit-learn classifier."
        )
    return name, classifier


@guarded
def try_comparators(classifiers: Mapping[str, Any], dataset: Dataset) -> None:
    """Fit a copy of each classifier to a few cases, those with most missing values.

    Raises ModelError where one refuses the features, before hours were spent.
    """
    data = dataset.to_arrays()
    blank_first = np.argsort(-np.isnan(data.values).sum(axis=1), kind="stable")
    each = [blank_first[data.long[blank_first] == long] for long in (0, 1)]
    few = data.take(np.concatenate([cases[:_TRIED] for cases in each]))
    for name, classifier in classifiers.items():
        predict_comparator(name, deepcopy(classifier), few, few)


def predict_comparator(
    name: str, classifier: Any, train: LabelledData, test: LabelledData
) -> Numbers:
    """Return the risk of every test case by *classifier*, fitted on *train*.

    It is for comparison alone: never stored, never approved. Where cases have weights
    it is fitted to as many drawn in proportion to them, because not every classifier
    takes weights. It gets the features of which any training case has a value: some
    classifiers that take missing values refuse a column of nothing else. Raises
    ModelError where it refuses them.
    """
    if train.weight is not None:
        n, share = len(train.long), train.weight / train.weight.sum()
        train = train.take(np.random.default_rng(0).choice(n, n, p=share))
    known = ~np.isnan(train.values).all(axis=0)
    try:
        fitted = classifier.fit(train.values[:, known], train.long.astype(int))
        risk = np.asarray(fitted.predict_proba(test.values[:, known])[:, 1], np.float64)
    except (ValueError, TypeError, IndexError):
        raise ModelError(
            f"{name}: it cannot be fitted to the features. They are numbers with "
            "missing values as NaN, categories as whole numbers: put an imputer "
            "before it in a Pipeline."
        ) from None
    return np.clip(risk, _LEAST_RISK, 1 - _LEAST_RISK)


def _predict_by_level(
    levels: "pd.Series[Any]", train: LabelledData, test: "pd.Series[Any]"
) -> Numbers:
    """Return the training rate of each case's level, shrunk where it is thin.

    A level that is missing, or that training never had, has the base rate.
    """
    own = np.ones(len(levels)) if train.weight is None else train.weight
    sums = pd.DataFrame(
        {"level": levels.to_numpy(), "n": own, "long": own * train.long}
    )
    by_level = sums.groupby("level")
    total, count = by_level["long"].sum(), by_level["n"].sum()
    rate = float(np.average(train.long, weights=train.weight))
    rates = (total + _SMOOTHING * rate) / (count + _SMOOTHING)
    return np.asarray(test.map(rates).astype(float).fillna(rate), dtype=np.float64)
