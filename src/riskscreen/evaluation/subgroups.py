"""The same figures part by part: calendar periods, or municipalities left out."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from riskscreen.errors import TableError
from riskscreen.evaluation.bootstrap import Bootstrap
from riskscreen.evaluation.cases import EvaluationCases
from riskscreen.evaluation.crossed import hidden_figures
from riskscreen.evaluation.estimate import Estimate
from riskscreen.evaluation.grouping import Partition
from riskscreen.evaluation.metrics import quality_figures


@dataclass(frozen=True, slots=True)
class Part:
    """The figures of one part of the cases.

    ``n`` is None and there are no figures where the part is hidden: too few people, too
    few of one outcome, or it would give such a part away.
    """

    name: str
    n: int | None
    figures: tuple[Estimate, ...]

    def to_dict(self) -> dict[str, Any]:
        """The fields as JSON can hold them."""
        figures = [f.to_dict() for f in self.figures]
        return {"name": self.name, "n": self.n, "figures": figures}


@dataclass(frozen=True, slots=True)
class Spread:
    """How one figure varies over the parts in which it exists."""

    name: str
    parts: int
    lowest: float
    median: float
    highest: float


def by_part(
    judged: EvaluationCases,
    risk: ArrayLike,
    labels: ArrayLike,
    *,
    bootstrap: Bootstrap | None = None,
    hidden: Collection[str] = (),
) -> tuple[Part, ...]:
    """The quality figures of every part, in the order of the labels' names.

    *labels* are one per case: a period, or the municipality that was left out when
    the case's risk was made. *hidden* are parts that another table hides.
    """
    values, parts = (
        judged.validate_risk(risk),
        np.asarray(labels, dtype=object).astype(str),
    )
    names, place = np.unique(parts, return_inverse=True)
    line = Partition(("part",), (tuple(map(str, names)),), place)
    (masks,) = hidden_figures([line], judged.long)
    told = masks.group | masks.outcome | np.isin(names, list(hidden))
    return tuple(
        Part(str(name), None, ())
        if hide
        else _part(str(name), judged, values, parts == name, bootstrap)
        for name, hide in zip(names, told, strict=True)
    )


def years(judged: EvaluationCases) -> NDArray[np.str_]:
    """The calendar year of each decision date, as labels for ``by_part``."""
    return _period(judged, "Y")


def spread(parts: Sequence[Part]) -> tuple[Spread, ...]:
    """The lowest, median and highest value of each figure over the parts shown."""
    values: dict[str, list[float]] = {}
    for figure in (f for part in parts for f in part.figures):
        if figure.value is not None:
            values.setdefault(figure.name, []).append(figure.value)
    return tuple(
        Spread(name, len(v), min(v), float(np.median(v)), max(v))
        for name, v in values.items()
    )


def _part(
    name: str,
    judged: EvaluationCases,
    risk: NDArray[np.float64],
    kept: NDArray[np.bool_],
    bootstrap: Bootstrap | None,
) -> Part:
    cases = judged.subset(kept)
    figures = quality_figures(cases, risk[kept], bootstrap=bootstrap)
    return Part(name, cases.n, figures)


def _period(judged: EvaluationCases, unit: str) -> NDArray[np.str_]:
    if judged.day is None:
        raise TableError("cases without decision dates have no calendar periods.")
    return pd.DatetimeIndex(judged.day).to_period(unit).astype(str).to_numpy(dtype=str)
