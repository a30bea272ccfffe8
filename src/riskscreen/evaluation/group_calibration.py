"""Estimate calibration group by group, each error shrunk towards its column's.

A group of few says little of itself and a lot together with the others: the errors of
a column's groups (observed minus expected) are a random effect, whose variance between
groups is DerSimonian and Laird's (1986, doi 10.1016/0197-2456(86)90046-2) and whose
means and intervals are the empirical Bayes ones (Morris 1983,
doi 10.1080/01621459.1983.10477920). Every group is judged so, however small.
"""

import math
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

import numpy as np

from riskscreen.evaluation.estimate import DETECTED, NORMAL_REACH, Estimate, Floats
from riskscreen.evaluation.grouping import Partition
from riskscreen.evaluation.random_effects import estimate_between_variance
from riskscreen.model.records import Said, Share

_NAMED = 3
_LEAST = 1e-9
"""Outcomes of risks that are all 0 or 1 vary at least this much."""


@dataclass(frozen=True, slots=True)
class GatedGroup:
    """A group and its shrunken error (observed minus expected).

    ``unseen`` is the smallest error that the group's own cases would have shown four
    times in five.
    """

    name: Said
    error: Estimate
    unseen: Share

    @property
    def words(self) -> str:
        """The group, its shrunken error and what could not have been seen of it."""
        return f"{self.name} {self.error.text()}, {self.unseen_words}"

    @property
    def unseen_words(self) -> str:
        """What the group's own cases could not have shown."""
        points = math.ceil(100 * self.unseen)
        return f"an error under {points} points could not be seen here"

    def measure_beyond(self, bound: float) -> tuple[float, float]:
        """Return how far the nearer and the further end lie beyond *bound*.

        Either way; below 0 inside it.
        """
        low, high = self.error.low or 0.0, self.error.high or 0.0
        return max(low - bound, -bound - high), max(high - bound, -bound - low)


def shrink_errors(error: Floats, variance: Floats) -> tuple[Floats, Floats]:
    """Return the empirical Bayes mean and standard error of each group's error.

    *error* is observed minus expected, *variance* its sampling variance (above 0), both
    (groups,). The standard error includes that of the mean of all groups.
    """
    between = estimate_between_variance(error, variance)
    both = 1 / (between + variance)
    centre, centre_variance = (both * error).sum() / both.sum(), 1 / both.sum()
    kept = between * both
    mean = kept * error + (1 - kept) * centre
    spread = kept * variance + (1 - kept) ** 2 * centre_variance
    return mean, np.sqrt(spread)


def estimate_gated_groups(
    partition: Partition,
    long: Floats,
    risk: Floats,
    *,
    hidden: AbstractSet[tuple[str, ...]],
    weight: Floats | None = None,
) -> tuple[GatedGroup, ...]:
    """Return the shrunken error of every group of *partition* that anybody is in.

    The *hidden* groups, whose own figures may not be shown, are one group together:
    what can be said of them by subtraction anyway. *weight* is each case's own
    (EvaluationCases).
    """
    own = np.ones(len(long)) if weight is None else weight
    names = partition.names
    is_hidden = np.array([name in hidden for name in names])
    place = np.where(is_hidden[partition.place], len(names), partition.place)
    size = np.bincount(place, minlength=len(names) + 1)
    inside = np.flatnonzero(size)
    n = np.bincount(place, weights=own)[inside]
    error = np.bincount(place, weights=own * (long - risk))[inside] / n
    spread = np.bincount(place, weights=own**2 * risk * (1 - risk))[inside]
    variance = np.maximum(spread, _LEAST) / n**2
    mean, standard_error = shrink_errors(error, variance)
    named = [_describe(partition.by, name) for name in names]
    named.append(f"{' × '.join(partition.by)} (hidden groups together)")
    return tuple(
        GatedGroup(
            named[group],
            Estimate(
                float(mean[i]),
                float(mean[i] - NORMAL_REACH * standard_error[i]),
                float(mean[i] + NORMAL_REACH * standard_error[i]),
                int(size[group]),
            ),
            min(1.0, float(DETECTED * math.sqrt(variance[i]))),
        )
        for i, group in enumerate(inside)
    )


def describe_unseen(groups: Sequence[GatedGroup], bound: float) -> str:
    """Say of groups that pass by the others' strength what could not be seen."""
    blind = [group for group in groups if group.unseen > bound]
    if not blind:
        return ""
    worst = sorted(blind, key=lambda group: -group.unseen)[:_NAMED]
    named = "; ".join(f"{group.name}: {group.unseen_words}" for group in worst)
    return f", {len(blind)} of them judged with the others ({named})"


def _describe(columns: Sequence[str], values: Sequence[str]) -> str:
    named = zip(columns, values, strict=True)
    return ", ".join(f"{column} {value}" for column, value in named)
