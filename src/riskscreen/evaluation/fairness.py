"""Evaluate selection, errors and calibration group by group, at capacity."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from riskscreen.disclosure.suppression import FEW
from riskscreen.errors import TableError
from riskscreen.evaluation.bootstrap import (
    Bootstrap,
    Counts,
    compute_observed,
    compute_replicates,
)
from riskscreen.evaluation.calibration_metrics import fit_calibration_curve
from riskscreen.evaluation.cases import EvaluationCases
from riskscreen.evaluation.estimate import Estimate, Floats, bootstrap_estimate
from riskscreen.evaluation.group_calibration import (
    GatedGroup,
    estimate_gated_groups,
)
from riskscreen.evaluation.grouping import (
    Partition,
    build_membership,
    partition_by_column,
    partition_by_pair,
)
from riskscreen.evaluation.policy_figures import NO_PLACES, ProposedCases
from riskscreen.evaluation.table_suppression import suppress_tables
from riskscreen.model.records import Count, Said
from riskscreen.spec import Gates

ERROR = "observed_minus_expected"
_LAYER = {
    "mean_risk": "group",
    "base_rate": "outcome",
    ERROR: "outcome",
    "selected": "flags",
    "selection_rate": "flags",
    "false_negatives": "both",
    "false_negative_rate": "both",
    "false_positives": "both",
    "false_positive_rate": "both",
}
"""Each estimate, and the mask of ``Hidden`` that hides it."""
NAMES = tuple(_LAYER)
_COUNTS = ("selected", "false_negatives", "false_positives")
_HIDDEN = f"hidden: {FEW}, or it would give such a count away"


@dataclass(frozen=True)
class Groupings:
    """The columns whose groups are evaluated.

    ``table`` has one row per case, in their order, and one column per grouping; a
    missing value is a group of its own. ``merged`` names the columns whose groups are
    sums of another column's (coarse -> fine); those two make no pair. ``listed`` are
    the columns to report by, without pairs; all and their pairs where it is None. The
    others are printed elsewhere: what they would give away is hidden here, too.
    """

    table: pd.DataFrame
    merged: Mapping[str, str] = field(default_factory=dict)
    listed: tuple[str, ...] | None = None

    def partitions(self) -> list[Partition]:
        """Return one partition per column, then one per pair of columns.

        Raises TableError where a column has too many values to be a grouping.
        """
        columns = partition_by_column(self.table)
        return [*columns, *partition_by_pair(columns, merged=self.merged)]

    def lists(self, partition: Partition) -> bool:
        """Return whether *partition* is reported: all, or the columns ``listed``."""
        return self.listed is None or (
            len(partition.by) == 1 and partition.by[0] in self.listed
        )


@dataclass(frozen=True, slots=True)
class Group:
    """The estimates of one group: ``by`` names the columns, ``values`` the group.

    ``n`` is None where the group is hidden. ``is_large`` says whether it has enough
    people for a calibration curve of its own, which of a hidden one is not said.
    Estimates: mean_risk, base_rate,
    observed_minus_expected (the share that became long minus the mean risk), selected
    and selection_rate, false_negatives and false_negative_rate (of the long, those not
    flagged), false_positives and false_positive_rate (of the others, those flagged),
    and, for large groups of one column, ici.
    """

    by: tuple[str, ...]
    values: tuple[str, ...]
    n: Count | None
    is_large: bool
    estimates: Mapping[str, Estimate]

    def describe(self) -> str:
        """Return columns and values as one phrase."""
        named = zip(self.by, self.values, strict=False)
        return ", ".join(f"{column} {value}" for column, value in named)


@dataclass(frozen=True, slots=True)
class Fairness:
    """Every group of every grouping column and of every pair, ready to publish.

    ``gated`` are the shrunken errors that the calibration gate looks at; groups whose
    own are hidden are one group there.
    """

    capacity: Said
    groups: tuple[Group, ...]
    gated: tuple[GatedGroup, ...] = ()


def evaluate_fairness(
    cases: EvaluationCases,
    risk: ArrayLike,
    groups: Groupings,
    *,
    proposed: ProposedCases | None,
    gates: Gates,
    bootstrap: Bootstrap | None = None,
) -> Fairness:
    """Estimate selection, errors and calibration of every group and every pair.

    Groups of fewer than five people are hidden, and so is whatever would give one away.
    By *gates* a group is large enough for a calibration curve of its own.
    Raises TableError where the rows do not match, or a column has too many values to be
    a grouping.
    """
    values = cases.validate_risk(risk)
    counts = (bootstrap or Bootstrap()).draw_counts(cases.n, person=cases.person)
    members = {
        (partition.by, values): partition.place == place
        for partition in groups.partitions()
        if len(partition.by) == 1
        for place, values in enumerate(partition.names)
    }
    found = []
    for group, error in _estimate_groups(cases, (values,), groups, (proposed,), counts):
        is_large = error.n >= gates.smallest_evaluated_group and group.n is not None
        estimates = dict(group.estimates)
        rate = estimates["base_rate"].value
        if is_large and len(group.by) == 1 and rate not in (None, 0.0, 1.0):
            inside = members[group.by, group.values]
            curve = fit_calibration_curve(
                cases.long[inside],
                values[inside],
                counts[:, inside],
                None if cases.weight is None else cases.weight[inside],
            )
            estimates["ici"] = curve.errors["ici"]
        found.append(replace(group, is_large=is_large, estimates=estimates))
    hidden = {(g.by, g.values) for g in found if g.estimates[ERROR].value is None}
    gated = [
        group
        for partition in groups.partitions()
        if groups.lists(partition)
        for group in estimate_gated_groups(
            partition,
            cases.long,
            values,
            weight=cases.weight,
            hidden={level for by, level in hidden if by == partition.by},
        )
    ]
    words = NO_PLACES if proposed is None else proposed.words
    return Fairness(words, tuple(found), tuple(gated))


def compute_excess(error: Estimate, bound: float) -> float:
    """Return how far the whole interval of *error* lies beyond *bound*, either way."""
    if error.low is None or error.high is None:
        return 0.0
    return max(error.low - bound, -bound - error.high, 0.0)


def estimate_group_differences(
    cases: EvaluationCases,
    risks: tuple[ArrayLike, ArrayLike],
    groups: Groupings,
    *,
    proposed: tuple[ProposedCases | None, ProposedCases | None],
    bootstrap: Bootstrap | None = None,
) -> tuple[Group, ...]:
    """Estimate what changes for each group when a model is fitted without a column.

    *risks* are those of the model with the column, then of the one without it.
    Estimates are the second's minus the first's, with paired intervals: a
    false_negative_rate above 0 means that leaving the column out overlooks more of that
    group. There is no base_rate, which no model changes.
    """
    both = tuple(cases.validate_risk(risk) for risk in risks)
    counts = (bootstrap or Bootstrap()).draw_counts(cases.n, person=cases.person)
    listed = groups.listed or tuple(map(str, groups.table.columns))
    found = _estimate_groups(
        cases, both, replace(groups, listed=listed), proposed, counts
    )
    return tuple(
        replace(
            group,
            is_large=group.n is not None,
            estimates={k: e for k, e in group.estimates.items() if k != "base_rate"},
        )
        for group, _ in found
    )


def find_suppressed_groups(
    cases: EvaluationCases, groups: Groupings, column: str
) -> frozenset[str]:
    """Find the groups of *column* whose size or outcomes the table by group hides.

    None where it is no column of *groups*.
    """
    partitions = groups.partitions()
    masks = suppress_tables(partitions, cases.long, merged=groups.merged)
    return frozenset(
        name
        for partition, mask in zip(partitions, masks, strict=True)
        if partition.by == (column,)
        for (name,), hide in zip(partition.names, mask.outcome, strict=True)
        if hide
    )


def _estimate_groups(
    cases: EvaluationCases,
    risks: tuple[Floats, ...],
    groups: Groupings,
    proposed: tuple[ProposedCases | None, ...],
    counts: Counts,
) -> Iterator[tuple[Group, Estimate]]:
    """Yield each group that anybody is in, and its error, hidden or not.

    Of two risks the estimates are the second's minus the first's.
    """
    if len(groups.table) != cases.n:
        raise TableError(
            f"{len(groups.table)} rows of groups for {cases.n} cases: "
            "pass one row per case, in the order of the cases."
        )
    every = groups.partitions()
    listed = [groups.lists(partition) for partition in every]
    partitions = [p for p, is_listed in zip(every, listed, strict=True) if is_listed]
    if not partitions:
        return
    selected = [None if taken is None else taken.flags for taken in proposed]
    masks = suppress_tables(
        every,
        cases.long,
        [flags for flags in selected if flags is not None],
        merged=groups.merged,
        listed=listed,
    )
    shown = [mask for mask, is_listed in zip(masks, listed, strict=True) if is_listed]
    member = build_membership(partitions)

    def statistic(weights: Floats) -> Floats:
        """Return NAMES for every group, shaped (replicates, groups x names)."""
        each = []
        for risk, flags in zip(risks, selected, strict=True):
            flagged = weights * (np.nan if flags is None else flags)
            sums = (
                values @ member
                for values in (
                    weights,
                    weights * cases.long,
                    weights * risk,
                    flagged,
                    flagged * cases.long,
                )
            )
            each.append(_compute_rates(*sums).reshape(len(weights), -1))
        return each[0] if len(each) == 1 else each[1] - each[0]

    shape = (-1, member.shape[1], len(NAMES))
    value = compute_observed(statistic, cases.n, cases.weight).reshape(shape)[0]
    drawn = compute_replicates(statistic, counts, cases.weight).reshape(shape)
    column = 0
    for partition, mask in zip(partitions, shown, strict=True):
        sizes = np.bincount(partition.place, minlength=len(partition.names))
        for place in np.flatnonzero(sizes):
            n = int(sizes[place])
            estimates = {
                name: bootstrap_estimate(
                    float(value[column + place, k]),
                    drawn[:, column + place, k],
                    n=n,
                    digits=0 if name in _COUNTS else 3,
                )
                for k, name in enumerate(NAMES)
            }
            published = {
                name: Estimate.unavailable(n=0, why=_HIDDEN)
                if getattr(mask, _LAYER[name])[place]
                else estimate
                for name, estimate in estimates.items()
            }
            shown_n = None if mask.group[place] else n
            group = Group(
                partition.by,
                partition.names[place],
                shown_n,
                is_large=False,
                estimates=published,
            )
            yield group, estimates[ERROR]
        column += len(sizes)


def _compute_rates(
    n: Floats, n_long: Floats, expected: Floats, selected: Floats, hits: Floats
) -> Floats:
    """Return NAMES from the sums over each group, along a third axis."""
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
