"""Who is flagged, who is missed and whose risk is wrong, group by group at capacity."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_array

from riskscreen.disclosure.suppression import FEW
from riskscreen.errors import TableError
from riskscreen.evaluation.bootstrap import (
    Bootstrap,
    Counts,
    Statistic,
    observed,
    replicated,
)
from riskscreen.evaluation.calibration_metrics import calibration_errors
from riskscreen.evaluation.cases import EvaluationCases
from riskscreen.evaluation.crossed import Hidden, hidden_figures
from riskscreen.evaluation.estimate import (
    Estimate,
    Floats,
    bootstrap_estimate,
    named,
    not_available,
)
from riskscreen.evaluation.grouping import (
    MOST_GROUPS,
    NOT_KNOWN,
    Partition,
    membership,
    pairs,
    singles,
)
from riskscreen.evaluation.policy_figures import Capacity, queue

__all__ = [
    "MOST_GROUPS",
    "NOT_KNOWN",
    "Fairness",
    "Group",
    "Groupings",
    "estimate_group_differences",
    "evaluate_fairness",
    "find_suppressed_groups",
]

_ERROR = "observed_minus_expected"
_LAYER = {
    "mean_risk": "group",
    "base_rate": "outcome",
    _ERROR: "outcome",
    "selected": "flags",
    "selection_rate": "flags",
    "false_negatives": "both",
    "false_negative_rate": "both",
    "false_positives": "both",
    "false_positive_rate": "both",
}
"""Each figure, and the mask of ``Hidden`` that hides it."""
NAMES = tuple(_LAYER)
_COUNTS = ("selected", "false_negatives", "false_positives")
_HIDDEN = f"hidden: {FEW}, or it would give such a count away"


@dataclass(frozen=True)
class Groupings:
    """The columns that cases are judged by.

    ``table`` has one row per judged case, in their order, and one column per grouping;
    a missing value is a group of its own. ``merged`` names the columns whose groups are
    sums of another column's (coarse -> fine); those two make no pair. ``listed`` are
    the columns to report by, without pairs; all and their pairs where it is None. The
    others are printed elsewhere: what they would give away is hidden here, too.
    """

    table: pd.DataFrame
    merged: Mapping[str, str] = field(default_factory=dict)
    listed: tuple[str, ...] | None = None

    def partitions(self) -> list[Partition]:
        """One per column, then one per pair of columns.

        Raises TableError where a column has too many values to be a grouping.
        """
        columns = singles(self.table)
        return [*columns, *pairs(columns, merged=self.merged)]

    def lists(self, partition: Partition) -> bool:
        """Whether *partition* is reported: all, or the columns ``listed`` alone."""
        return self.listed is None or (
            len(partition.by) == 1 and partition.by[0] in self.listed
        )


@dataclass(frozen=True, slots=True)
class Group:
    """The figures of one group: ``by`` names the columns, ``values`` the group.

    ``n`` is None where the group is hidden; ``judged`` says whether it has enough
    people for the gate, hidden or not. Figures: mean_risk, base_rate,
    observed_minus_expected (the share that became long minus the mean risk), selected
    and selection_rate, false_negatives and false_negative_rate (of the long, those not
    flagged), false_positives and false_positive_rate (of the others, those flagged),
    and, for judged groups of one column, ici.
    ``error`` is observed_minus_expected even where that is hidden to protect another
    group: the gate reads it, nothing writes it.
    """

    by: tuple[str, ...]
    values: tuple[str, ...]
    n: int | None
    judged: bool
    figures: tuple[Estimate, ...]
    error: Estimate = field(repr=False)

    def __getitem__(self, name: str) -> Estimate:
        """The figure of that name; KeyError where there is none."""
        return named(self.figures, name)

    @property
    def words(self) -> str:
        """Columns and values as one phrase."""
        pairs = zip(self.by, self.values, strict=True)
        return ", ".join(f"{column} {value}" for column, value in pairs)

    def to_dict(self) -> dict[str, Any]:
        """The fields as JSON can hold them."""
        return {
            "by": list(self.by),
            "values": list(self.values),
            "n": self.n,
            "judged": self.judged and self.n is not None,
            "figures": [f.to_dict() for f in self.figures],
        }


@dataclass(frozen=True, slots=True)
class Fairness:
    """Every group of every grouping column and of every pair of columns."""

    capacity: str
    groups: tuple[Group, ...]

    def to_dict(self, *, told: Collection[Group] = ()) -> dict[str, Any]:
        """The fields as JSON can hold them; of *told* it is said that they are judged.

        Of another hidden group it is not: that it has a hundred people would give away
        the few that are hidden with it.
        """
        names = {(group.by, group.values) for group in told}
        groups = [
            g.to_dict() | ({"judged": True} if (g.by, g.values) in names else {})
            for g in self.groups
        ]
        return {"capacity": self.capacity, "groups": groups}

    def table(self) -> pd.DataFrame:
        """One row per group: by, group, n, judged and each figure's text."""
        rows = [
            {
                "by": " × ".join(g.by),
                "group": " × ".join(g.values),
                "n": "hidden" if g.n is None else str(g.n),
                "judged": g.judged and g.n is not None,
            }
            | {f.name: f.text() for f in g.figures}
            for g in self.groups
        ]
        return pd.DataFrame(rows).fillna("not judged")


def evaluate_fairness(
    judged: EvaluationCases,
    risk: ArrayLike,
    groups: Groupings,
    *,
    capacity: Capacity,
    smallest_evaluated_group: int,
    bootstrap: Bootstrap | None = None,
) -> Fairness:
    """Selection, errors and calibration of every group of *groups* and every pair.

    Groups of fewer than five people are hidden, and so is whatever would give one away.
    Raises TableError where the rows do not match, or a column has too many values to be
    a grouping.
    """
    values = judged.validate_risk(risk)
    counts = (bootstrap or Bootstrap()).counts(judged.n, person=judged.person)
    judging = _Judging(judged, (values,), _matching(judged, groups), capacity)
    found = _groups(judging, counts, smallest=smallest_evaluated_group)
    inside = {
        (partition.by, name): partition.place == place
        for partition in judging.partitions
        if len(partition.by) == 1
        for place, name in enumerate(partition.names)
    }
    completed = (
        _with_ici(group, judged, values, counts, inside[group.by, group.values])
        if len(group.by) == 1
        else group
        for group in found
    )
    return Fairness(capacity.words(), tuple(completed))


def estimate_group_differences(
    judged: EvaluationCases,
    risks: tuple[ArrayLike, ArrayLike],
    groups: Groupings,
    *,
    capacity: Capacity,
    bootstrap: Bootstrap | None = None,
) -> tuple[Group, ...]:
    """What changes for each group when a model is fitted without a column.

    *risks* are those of the model with the column, then of the one without it. Figures
    are the second's minus the first's, with paired intervals: a false_negative_rate
    above 0 means that leaving the column out overlooks more of that group.
    """
    both = (judged.validate_risk(risks[0]), judged.validate_risk(risks[1]))
    counts = (bootstrap or Bootstrap()).counts(judged.n, person=judged.person)
    groups = _matching(judged, groups)
    listed = groups.listed or tuple(map(str, groups.table.columns))
    judging = _Judging(judged, both, replace(groups, listed=listed), capacity)
    found = _groups(judging, counts, smallest=0)
    return tuple(_but_base_rate(group) for group in found)


def find_suppressed_groups(
    judged: EvaluationCases, groups: Groupings, column: str
) -> frozenset[str]:
    """The groups of *column* whose size or outcomes the table by group hides.

    None where it is no column of *groups*.
    """
    partitions = groups.partitions()
    masks = hidden_figures(partitions, judged.long, merged=groups.merged)
    return frozenset(
        name
        for partition, mask in zip(partitions, masks, strict=True)
        if partition.by == (column,)
        for (name,), hide in zip(partition.names, mask.outcome, strict=True)
        if hide
    )


def _matching(judged: EvaluationCases, groups: Groupings) -> Groupings:
    if len(groups.table) == judged.n:
        return groups
    raise TableError(
        f"{len(groups.table)} rows of groups for {judged.n} judged cases: "
        "pass one row per case, in the order of the cases."
    )


def _but_base_rate(group: Group) -> Group:
    """The group without the figure that no model changes."""
    changed = tuple(f for f in group.figures if f.name != "base_rate")
    return replace(group, figures=changed)


@dataclass(frozen=True)
class _Judging:
    """The cases, the risks of one model (or of two, to be subtracted), the groups."""

    judged: EvaluationCases
    risks: tuple[Floats, ...]
    groups: Groupings
    capacity: Capacity

    @cached_property
    def partitions(self) -> list[Partition]:
        """Those that are reported."""
        return [p for p in self.groups.partitions() if self.groups.lists(p)]

    def statistic(self) -> Statistic:
        """NAMES for every group, shaped (replicates, groups x names)."""
        member = membership(self.partitions)
        each = [self._of(risk, member) for risk in self.risks]
        if len(each) == 1:
            return each[0]
        return lambda weights: each[1](weights) - each[0](weights)

    def hidden(self) -> list[Hidden]:
        """What each partition hides, in their order, beside all the others."""
        once = np.ones((1, self.judged.n))
        lines = [queue(self.judged, risk, self.capacity) for risk in self.risks]
        flagged = [line.flagged(once)[0] for line in lines if line is not None]
        every = self.groups.partitions()
        listed = [self.groups.lists(partition) for partition in every]
        masks = hidden_figures(
            every,
            self.judged.long,
            flagged,
            merged=self.groups.merged,
            listed=listed,
        )
        return [mask for mask, kept in zip(masks, listed, strict=True) if kept]

    def _of(self, risk: Floats, member: csr_array) -> Statistic:
        line, long = queue(self.judged, risk, self.capacity), self.judged.long

        def statistic(weights: Floats) -> Floats:
            nobody = np.full_like(weights, np.nan)
            flagged = nobody if line is None else line.flagged(weights)
            sums = (
                values @ member
                for values in (
                    weights,
                    weights * long,
                    weights * risk,
                    flagged,
                    flagged * long,
                )
            )
            return _figures(*sums).reshape(len(weights), -1)

        return statistic


def _figures(
    n: Floats, n_long: Floats, expected: Floats, selected: Floats, hits: Floats
) -> Floats:
    """NAMES from the sums over each group, along a third axis."""
    missed, needless = n_long - hits, selected - hits
    with np.errstate(invalid="ignore", divide="ignore"):
        columns = [
            expected / n,
            n_long / n,
            (n_long - expected) / n,
            selected,
            selected / n,
            missed,
            missed / n_long,
            needless,
            needless / (n - n_long),
        ]
    return np.stack(columns, axis=2)


def _groups(judging: _Judging, counts: Counts, *, smallest: int) -> list[Group]:
    """One Group per group that anybody is in, partition by partition."""
    if not judging.partitions:
        return []
    statistic = judging.statistic()
    shape = (-1, sum(len(p.names) for p in judging.partitions), len(NAMES))
    value = observed(statistic, counts.shape[1]).reshape(shape)[0]
    drawn = replicated(statistic, counts).reshape(shape)
    found: list[Group] = []
    first = 0
    for partition, masks in zip(judging.partitions, judging.hidden(), strict=True):
        n = np.bincount(partition.place, minlength=len(partition.names))
        for place in np.flatnonzero(n):
            figures = _measured(value[first + place], drawn[:, first + place], n[place])
            group = _group(partition, int(place), masks, figures)
            found.append(replace(group, judged=bool(n[place] >= smallest)))
        first += len(n)
    return found


def _measured(value: Floats, drawn: Floats, n: int) -> dict[str, Estimate]:
    """The figures of one group by name, from value and replicates by NAMES."""
    return {
        name: bootstrap_estimate(
            name,
            float(value[k]),
            drawn[:, k],
            n=int(n),
            digits=0 if name in _COUNTS else 3,
        )
        for k, name in enumerate(NAMES)
    }


def _group(
    partition: Partition, place: int, masks: Hidden, figures: dict[str, Estimate]
) -> Group:
    """The group at *place* with what may be shown of its figures."""
    shown = (
        not_available(name, n=0, why=_HIDDEN)
        if getattr(masks, _LAYER[name])[place]
        else figure
        for name, figure in figures.items()
    )
    return Group(
        by=partition.by,
        values=partition.names[place],
        n=None if masks.group[place] else figures[_ERROR].n,
        judged=False,
        figures=tuple(shown),
        error=figures[_ERROR],
    )


def _with_ici(
    group: Group,
    judged: EvaluationCases,
    risk: Floats,
    counts: Counts,
    inside: NDArray[np.bool_],
) -> Group:
    """The group with its integrated calibration index, where it is judged."""
    if not group.judged or group["base_rate"].value in (None, 0.0, 1.0):
        return group
    curved = calibration_errors(judged.long[inside], risk[inside], counts[:, inside])
    return replace(group, figures=(*group.figures, curved.errors[0]))
