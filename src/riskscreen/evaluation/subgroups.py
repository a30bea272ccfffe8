"""Estimate metrics by subgroup: calendar periods, or municipalities left out."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from riskscreen.errors import TableError
from riskscreen.evaluation.bootstrap import Bootstrap
from riskscreen.evaluation.cases import EvaluationCases
from riskscreen.evaluation.estimate import Estimate
from riskscreen.evaluation.grouping import Partition
from riskscreen.evaluation.metrics import estimate_metrics
from riskscreen.evaluation.table_suppression import suppress_tables
from riskscreen.model.records import Count, Finite, Said


@dataclass(frozen=True, slots=True)
class Subgroup:
    """The estimates of one subgroup of the cases.

    ``n`` is None and there are no estimates where it is hidden: too few people, too few
    of one outcome, or it would give such a subgroup away.
    """

    name: Said
    n: Count | None
    estimates: Mapping[str, Estimate]


@dataclass(frozen=True, slots=True)
class MetricRange:
    """How one metric varies over the subgroups in which it is available."""

    name: Said
    subgroups: Count
    lowest: Finite
    median: Finite
    highest: Finite


def evaluate_subgroups(
    cases: EvaluationCases,
    risk: ArrayLike,
    labels: ArrayLike,
    *,
    bootstrap: Bootstrap | None = None,
    hidden: Collection[str] = (),
) -> tuple[Subgroup, ...]:
    """Return the metrics of every subgroup, in the order of the labels' names.

    *labels* are one per case: a period, or the municipality that was left out when
    the case's risk was made. *hidden* are subgroups that another table hides.
    """
    values, label = cases.validate_risk(risk), np.asarray(labels, object).astype(str)
    names, place = np.unique(label, return_inverse=True)
    line = Partition(("label",), (tuple(map(str, names)),), place)
    (masks,) = suppress_tables([line], cases.long)
    hide = masks.group | masks.outcome | np.isin(names, list(hidden))
    found = []
    for name, is_hidden in zip(map(str, names), hide, strict=True):
        inside = label == name
        if is_hidden:
            found.append(Subgroup(name, None, {}))
        else:
            estimates = estimate_metrics(
                cases.subset(inside), values[inside], bootstrap=bootstrap
            )
            found.append(Subgroup(name, int(inside.sum()), estimates))
    return tuple(found)


def label_years(cases: EvaluationCases) -> NDArray[np.str_]:
    """Return the calendar year of each decision date, for ``evaluate_subgroups``.

    Raises TableError where cases have no dates.
    """
    if cases.day is None:
        raise TableError("cases without decision dates have no calendar years.")
    return pd.DatetimeIndex(cases.day).year.astype(str).to_numpy(dtype=str)


def summarise_range(subgroups: Sequence[Subgroup]) -> tuple[MetricRange, ...]:
    """Return the lowest, median and highest value of each metric that is shown."""
    values: dict[str, list[float]] = {}
    for subgroup in subgroups:
        for name, estimate in subgroup.estimates.items():
            if estimate.value is not None:
                values.setdefault(name, []).append(estimate.value)
    return tuple(
        MetricRange(name, len(v), min(v), float(np.median(v)), max(v))
        for name, v in values.items()
    )
