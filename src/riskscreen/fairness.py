"""Who is flagged, who is missed and whose risk is wrong, group by group at capacity."""

from dataclasses import dataclass, field, replace
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from riskscreen.errors import TableError
from riskscreen.evaluation.bootstrap import (
    Bootstrap,
    Counts,
    Statistic,
    observed,
    replicated,
)
from riskscreen.evaluation.capacity import Capacity, queue
from riskscreen.evaluation.figure import Figure, Floats, measured, not_available
from riskscreen.evaluation.hiding import Cells, hidden_cells, small
from riskscreen.evaluation.judged import Judged
from riskscreen.evaluation.reliability import calibration_errors

NOT_KNOWN = "not known"
MOST_GROUPS = 60
"""A column with more values than this is not a grouping; it needs bands."""

_ABOUT_RISK = ("mean_risk",)
_ERROR = "observed_less_expected"
_ABOUT_OUTCOMES = ("base_rate", _ERROR)
_ABOUT_FLAGS = ("selected", "selected_share")
_ABOUT_BOTH = ("missed", "missed_share", "needless_flags", "needless_share")
_COUNTS = ("selected", "missed", "needless_flags")
NAMES = (*_ABOUT_RISK, *_ABOUT_OUTCOMES, *_ABOUT_FLAGS, *_ABOUT_BOTH)
_DIGITS = {name: 0 if name in _COUNTS else 3 for name in NAMES}
_HIDDEN = "hidden: fewer than 5 people, or it would give such a count away"


@dataclass(frozen=True, slots=True)
class Group:
    """The figures of one group: ``by`` names the columns, ``values`` the group.

    ``n`` is None where the group is hidden; ``judged`` says whether it has enough
    people for the gate, hidden or not. Figures: mean_risk, base_rate,
    observed_less_expected (the share that became long less the mean risk), selected and
    selected_share, missed and missed_share (of the long, those not flagged),
    needless_flags and needless_share (of the others, those flagged), and, for judged
    groups of one column, ici.
    ``error`` is observed_less_expected even where that is hidden to protect another
    group: the gate reads it, nothing writes it.
    """

    by: tuple[str, ...]
    values: tuple[str, ...]
    n: int | None
    judged: bool
    figures: tuple[Figure, ...]
    error: Figure = field(repr=False)

    def __getitem__(self, name: str) -> Figure:
        return next(f for f in self.figures if f.name == name)

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
            "judged": self.judged,
            "figures": [f.to_dict() for f in self.figures],
        }


@dataclass(frozen=True, slots=True)
class Fairness:
    """Every group of every grouping column and of every pair of columns."""

    capacity: str
    groups: tuple[Group, ...]

    def to_dict(self) -> dict[str, Any]:
        """The fields as JSON can hold them."""
        return {
            "capacity": self.capacity,
            "groups": [g.to_dict() for g in self.groups],
        }

    def table(self) -> pd.DataFrame:
        """One row per group: by, group, n, judged and each figure's text."""
        rows = [
            {
                "by": " × ".join(g.by),
                "group": " × ".join(g.values),
                "n": "hidden" if g.n is None else str(g.n),
                "judged": g.judged,
            }
            | {f.name: f.text() for f in g.figures}
            for g in self.groups
        ]
        return pd.DataFrame(rows).fillna("not judged")


@dataclass(frozen=True, slots=True)
class _Partition:
    """The cases split by one or two columns; ``member`` is (cases, groups) 0/1."""

    by: tuple[str, ...]
    names: tuple[tuple[str, ...], ...]
    member: Floats

    @property
    def grid(self) -> tuple[int, ...]:
        """The shape of the table of groups: a line, or rows by columns."""
        levels = zip(*self.names, strict=True)
        return tuple(len(dict.fromkeys(level)) for level in levels)


def judge_fairness(
    judged: Judged,
    risk: ArrayLike,
    groups: pd.DataFrame,
    *,
    capacity: Capacity,
    smallest_judged_group: int,
    bootstrap: Bootstrap | None = None,
) -> Fairness:
    """Selection, errors and calibration of every group of *groups* and every pair.

    *groups* has one row per judged case, in their order, and one column per grouping; a
    missing value is a group of its own. Groups of fewer than five people are hidden,
    and so is whatever would give one away. Raises TableError where the rows do not
    match, or a column has too many values to be a grouping.
    """
    values = judged.checked(risk)
    _check(judged, groups)
    counts = (bootstrap or Bootstrap()).counts(judged.n, person=judged.person)
    found: list[Group] = []
    for partition in _partitions(groups):
        found += _groups(
            judged, values, partition, counts, (capacity, smallest_judged_group)
        )
    return Fairness(capacity.words(), tuple(found))


def effect_of_leaving_out(
    judged: Judged,
    risks: tuple[ArrayLike, ArrayLike],
    groups: pd.DataFrame,
    *,
    capacity: Capacity,
    bootstrap: Bootstrap | None = None,
) -> tuple[Group, ...]:
    """What changes for each group when a model is fitted without a column.

    *risks* are those of the model with the column, then of the one without it. Figures
    are the second's less the first's, with paired intervals: a missed_share above 0
    means that leaving the column out overlooks more of that group.
    """
    _check(judged, groups)
    before, after = judged.checked(risks[0]), judged.checked(risks[1])
    counts = (bootstrap or Bootstrap()).counts(judged.n, person=judged.person)
    found: list[Group] = []
    for partition in _singles(groups):
        first = _statistic(judged, before, partition, capacity)
        second = _statistic(judged, after, partition, capacity)
        cells = _cells(judged, (before, after), partition, capacity)
        found += _measured(partition, _difference(first, second), counts, cells)
    return tuple(_but_base_rate(group) for group in found)


def _but_base_rate(group: Group) -> Group:
    """The group without the figure that no model changes."""
    changed = tuple(f for f in group.figures if f.name != "base_rate")
    return replace(group, figures=changed)


def _difference(first: Statistic, second: Statistic) -> Statistic:
    return lambda weights: second(weights) - first(weights)


def _check(judged: Judged, groups: pd.DataFrame) -> None:
    if len(groups) != judged.n:
        raise TableError(
            f"{len(groups)} rows of groups for {judged.n} judged cases: "
            "pass one row per case, in the order of the cases."
        )
    for column in groups.columns:
        if (n := groups[column].nunique()) > MOST_GROUPS:
            raise TableError(
                f"{column}: {n} different values are too many to judge by group; "
                "band it, or leave it out of the grouping columns."
            )


def _partitions(groups: pd.DataFrame) -> list[_Partition]:
    pairs = combinations(groups.columns, 2)
    return [*_singles(groups), *(_partition(groups, pair) for pair in pairs)]


def _singles(groups: pd.DataFrame) -> list[_Partition]:
    return [_partition(groups, (column,)) for column in groups.columns]


def _partition(groups: pd.DataFrame, by: tuple[str, ...]) -> _Partition:
    """Every combination of levels, the empty ones too, so that the table is whole."""
    columns = [groups[c].astype(object) for c in by]
    labels = [c.where(c.notna(), NOT_KNOWN).astype(str).to_numpy() for c in columns]
    levels = [np.unique(label) for label in labels]
    names: list[tuple[str, ...]] = [()]
    for level in levels:
        names = [(*name, str(value)) for name in names for value in level]
    member = np.column_stack(
        [
            np.logical_and.reduce(
                [label == value for label, value in zip(labels, name, strict=True)]
            )
            for name in names
        ]
    )
    return _Partition(tuple(map(str, by)), tuple(names), member.astype(np.float64))


def _groups(
    judged: Judged,
    risk: Floats,
    partition: _Partition,
    counts: Counts,
    limits: tuple[Capacity, int],
) -> list[Group]:
    capacity, smallest = limits
    cells = _cells(judged, (risk,), partition, capacity)
    statistic = _statistic(judged, risk, partition, capacity)
    plain = _measured(partition, statistic, counts, cells, smallest=smallest)
    if len(partition.by) > 1:
        return plain
    return [_with_ici(g, judged, risk, partition, counts) for g in plain]


def _statistic(
    judged: Judged, risk: Floats, partition: _Partition, capacity: Capacity
) -> Statistic:
    """NAMES for every group, shaped (replicates, groups x names)."""
    line, member = queue(judged, risk, capacity), partition.member
    long, told = judged.long[:, None] * member, risk[:, None] * member

    def statistic(weights: Floats) -> Floats:
        flagged = (
            np.full_like(weights, np.nan) if line is None else line.flagged(weights)
        )
        n, n_long, expected = weights @ member, weights @ long, weights @ told
        selected, hits = flagged @ member, flagged @ long
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
        return np.stack(columns, axis=2).reshape(len(weights), -1)

    return statistic


@dataclass(frozen=True, slots=True)
class _Cells:
    """People per group, and which figures of which group are hidden."""

    n: NDArray[np.int64]
    hidden: dict[str, Cells]


def _cells(
    judged: Judged,
    risks: tuple[Floats, ...],
    partition: _Partition,
    capacity: Capacity,
) -> _Cells:
    """What must be hidden, in widening steps: group, outcome, flags, both together.

    A count of 1 to 4 people on either side (long or not, flagged or not) hides the
    figures that it could be worked out from.
    """
    member, once = partition.member, np.ones((1, judged.n))
    n = member.sum(axis=0)
    n_long = judged.long @ member
    group = _spread_out(n, small(n), partition)
    outcome = _spread_out(n, group | small(n_long) | small(n - n_long), partition)
    flags, both = group, outcome
    for risk in risks:
        if (line := queue(judged, risk, capacity)) is not None:
            flagged = line.flagged(once)[0]
            selected, hits = flagged @ member, (flagged * judged.long) @ member
            needless, missed = selected - hits, n_long - hits
            spared = n - selected - missed
            flags = flags | small(selected) | small(n - selected)
            both = both | small(hits) | small(needless) | small(missed) | small(spared)
    flags = _spread_out(n, flags, partition)
    both = _spread_out(n, flags | both, partition)
    hidden = {"mean_risk": group}
    hidden |= dict.fromkeys(_ABOUT_OUTCOMES, outcome)
    hidden |= dict.fromkeys(_ABOUT_FLAGS, flags) | dict.fromkeys(_ABOUT_BOTH, both)
    return _Cells(n.astype(np.int64), hidden)


def _spread_out(n: Floats, hidden: Cells, partition: _Partition) -> Cells:
    """The hidden cells with those that would give one away."""
    shape = partition.grid
    return hidden_cells(n.reshape(shape), hidden=hidden.reshape(shape)).reshape(-1)


def _measured(
    partition: _Partition,
    statistic: Statistic,
    counts: Counts,
    cells: _Cells,
    *,
    smallest: int = 0,
) -> list[Group]:
    """One Group per group that anybody is in."""
    shape = (-1, len(partition.names), len(NAMES))
    value = observed(statistic, counts.shape[1]).reshape(shape)[0]
    drawn = replicated(statistic, counts).reshape(shape)
    found = []
    for i in np.flatnonzero(cells.n > 0):
        n = int(cells.n[i])
        figures = tuple(
            not_available(name, n=0, why=_HIDDEN)
            if cells.hidden[name][i]
            else measured(
                name, float(value[i, k]), drawn[:, i, k], n=n, digits=_DIGITS[name]
            )
            for k, name in enumerate(NAMES)
        )
        hidden = bool(cells.hidden["mean_risk"][i])
        k = NAMES.index(_ERROR)
        found.append(
            Group(
                by=partition.by,
                values=partition.names[i],
                n=None if hidden else n,
                judged=n >= smallest,
                figures=figures,
                error=measured(_ERROR, float(value[i, k]), drawn[:, i, k], n=n),
            )
        )
    return found


def _with_ici(
    group: Group,
    judged: Judged,
    risk: Floats,
    partition: _Partition,
    counts: Counts,
) -> Group:
    """The group with its integrated calibration index, where it is judged."""
    if not group.judged or group["base_rate"].value in (None, 0.0, 1.0):
        return group
    kept = partition.member[:, partition.names.index(group.values)] > 0
    curved = calibration_errors(judged.long[kept], risk[kept], counts[:, kept])
    return replace(group, figures=(*group.figures, curved.errors[0]))
