"""Tell whom one of two models proposes and the other does not: counts, groups, why."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from riskscreen.disclosure.counts import HIDDEN, Shown
from riskscreen.disclosure.suppression import is_small
from riskscreen.evaluation import EvaluationCases
from riskscreen.evaluation.fairness import Groupings
from riskscreen.evaluation.grouping import Partition
from riskscreen.evaluation.table_suppression import Suppressed, suppress_tables
from riskscreen.model.records import Finite, Said, Share
from riskscreen.spec import Words

Mask = npt.NDArray[np.bool_]
Numbers = npt.NDArray[np.float64]

BOTH, APPROVED_ONLY, OTHER_ONLY, NEITHER = (
    "both",
    "approved_only",
    "other_only",
    "neither",
)
_MOST_IDEAS = 5
LEVEL = Words(da="niveauet", en="the level")


@dataclass(frozen=True, slots=True)
class IdeaMove:
    """How far an idea's part of the log-odds lies from the approved model's on average.

    The empty idea is the level, which is the same for everybody.
    """

    idea: Said
    label: Words
    log_odds: Finite


@dataclass(frozen=True, slots=True)
class Moved:
    """Those whom one model alone proposes: both mean risks, and the ideas behind them.

    The ideas that moved most come first.
    """

    approved_risk: Share
    other_risk: Share
    ideas: tuple[IdeaMove, ...]


@dataclass(frozen=True, slots=True)
class GroupDifferences:
    """How many of one group each model proposes."""

    by: Said
    value: Said
    n: Shown
    counts: Mapping[str, Shown]


@dataclass(frozen=True, slots=True)
class ProposalDifferences:
    """How two models' proposals of the same cases meet.

    ``counts`` are of cases; where one of them is of fewer than five people all are
    hidden, and there are no groups. ``long`` are those that became long; hidden where
    such a count, or its other side, is of few. ``moved`` is of the two that differ.
    """

    counts: Mapping[str, Shown]
    long: Mapping[str, Shown]
    groups: tuple[GroupDifferences, ...]
    moved: Mapping[str, Moved]

    def describe(self) -> Iterator[str]:
        """Yield the counts, and why they differ, in lines."""
        yield "Proposed, and how many of these became long:"
        for name, count in self.counts.items():
            yield f"  {name.replace('_', ' ')}: {count}, {self.long[name]}"
        for name, moved in self.moved.items():
            ideas = [f"{of.label.en} {of.log_odds:+.2f}" for of in moved.ideas]
            risks = f"{moved.approved_risk:.2f} by the approved model"
            yield f"{name.replace('_', ' ')}: mean risk {risks}, "
            yield f"  {moved.other_risk:.2f} by the other. What moved it (log-odds): "
            yield f"  {', '.join(ideas)}"


def measure_differences(
    cases: EvaluationCases,
    flags: tuple[Mask, Mask],
    risks: tuple[Numbers, Numbers],
    moves: pd.DataFrame,
    *,
    groups: Groupings,
    ideas: Mapping[str, Words],
) -> ProposalDifferences:
    """Measure how the approved model's *flags* and the other's meet on *cases*.

    *moves* are the other's parts of the log-odds less the approved one's, by idea.
    """
    approved, other = flags
    cells = {
        BOTH: approved & other,
        APPROVED_ONLY: approved & ~other,
        OTHER_ONLY: other & ~approved,
        NEITHER: ~approved & ~other,
    }
    long = cases.long == 1
    few = [_is_of_few(cases, cell) for cell in cells.values()]
    parted = [
        _is_of_few(cases, cell & side)
        for cell in cells.values()
        for side in (long, ~long)
    ]
    return ProposalDifferences(
        counts=_show(cells, hidden=any(few)),
        long=_show({n: c & long for n, c in cells.items()}, hidden=any(few + parted)),
        groups=() if any(few) else tuple(_count_groups(cases, cells, groups)),
        moved={
            name: Moved(
                approved_risk=round(float(risks[0][cells[name]].mean()), 3),
                other_risk=round(float(risks[1][cells[name]].mean()), 3),
                ideas=_rank(moves[cells[name]], ideas),
            )
            for name in (APPROVED_ONLY, OTHER_ONLY)
            if cells[name].any() and not any(few)
        },
    )


def _is_of_few(cases: EvaluationCases, taken: Mask) -> bool:
    return bool(is_small(cases.subset(taken).n_people))


def _show(cells: Mapping[str, Mask], *, hidden: bool) -> dict[str, Shown]:
    return {n: HIDDEN if hidden else int(c.sum()) for n, c in cells.items()}


def _count_groups(
    cases: EvaluationCases, cells: Mapping[str, Mask], groups: Groupings
) -> Iterator[GroupDifferences]:
    """Yield the groups of each column, as the card's table by group may show them."""
    partitions = groups.partitions()
    if not partitions:
        return
    listed = [groups.lists(partition) for partition in partitions]
    # All but those whom neither proposes: their number is the other side of it.
    proposed = (cells[BOTH], cells[APPROVED_ONLY], cells[OTHER_ONLY], ~cells[NEITHER])
    masks = suppress_tables(
        partitions,
        cases.long,
        [taken.astype(np.float64) for taken in proposed],
        merged=groups.merged,
        listed=listed,
    )
    for partition, mask, is_listed in zip(partitions, masks, listed, strict=True):
        if is_listed:
            yield from _list_groups(partition, mask, cells)


def _list_groups(
    partition: Partition, mask: Suppressed, cells: Mapping[str, Mask]
) -> Iterator[GroupDifferences]:
    sizes = partition.sums(np.ones(len(partition.place)))
    sums = {name: partition.sums(cell.astype(float)) for name, cell in cells.items()}
    for place in np.flatnonzero(sizes):
        hidden = bool(mask.group[place] or mask.flags[place])
        yield GroupDifferences(
            by=partition.by[0],
            value=partition.names[place][0],
            n=HIDDEN if mask.group[place] else int(sizes[place]),
            counts={n: HIDDEN if hidden else int(of[place]) for n, of in sums.items()},
        )


def _rank(moves: pd.DataFrame, ideas: Mapping[str, Words]) -> tuple[IdeaMove, ...]:
    """Return the ideas that moved most on average, the level among them."""
    mean = moves.fillna(0.0).mean().round(2)
    most = mean.abs().sort_values(ascending=False, kind="stable").index[:_MOST_IDEAS]
    return tuple(
        IdeaMove(str(idea), ideas.get(str(idea), LEVEL), float(mean[idea]))
        for idea in most
        if mean[idea]
    )
