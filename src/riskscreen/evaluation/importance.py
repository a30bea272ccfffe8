"""Global importance: what a model listens to, as means and binned contributions.

A summary plot of SHAP values draws a dot per case; whoever knows a person's facts finds
her dot. Here each feature has bins of five persons and more in its place.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.stats import rankdata

from riskscreen.disclosure.suppression import is_small, select_nested_counts
from riskscreen.disclosure.words import SMALLEST_GROUP
from riskscreen.model.records import Count, Finite, Said, Share
from riskscreen.rounding import compute_rounding_step, round_for_disclosure

Floats = npt.NDArray[np.float64]

_CELLS = 40
"""The finest bins: as many at most over the feature that pulls furthest apart."""
_LEAST_STEP = 1e-3
_PAIRS = 5


@dataclass(frozen=True, slots=True)
class ContributionBin:
    """The ``n`` persons whose contribution lies between ``low`` and ``high`` log-odds.

    The first bin of a feature has all below it too, the last all above. ``value`` is
    the mean rank of their values, 0 being the feature's lowest and 1 its highest; None
    where the feature has no order, or too few of them a value.
    """

    low: Finite
    high: Finite
    n: Count
    value: Share | None


@dataclass(frozen=True, slots=True)
class Contribution:
    """How much of all contributions one feature, or one reason, makes.

    ``mean`` is the mean |contribution| in log-odds, ``share`` its part of the sum of
    all means. ``bins`` are persons by their contribution; none for a reason, or where
    all persons' contributions lie together.
    """

    name: Said
    mean: Finite
    share: Share
    bins: tuple[ContributionBin, ...] = ()


@dataclass(frozen=True, slots=True)
class FeaturePair:
    """How much two features do together, beyond what each does by itself.

    ``mean`` is the mean |interaction| in log-odds, ``share`` its part of the sum over
    all pairs.
    """

    first: Said
    second: Said
    mean: Finite
    share: Share


@dataclass(frozen=True, slots=True)
class FeaturePairs:
    """The pairs of features that do most together, over ``n`` cases.

    0 cases and no pairs where an estimator is additive or does not tell.
    """

    n: Count
    pairs: tuple[FeaturePair, ...]


@dataclass(frozen=True, slots=True)
class GlobalImportance:
    """Every reason's and every feature's contribution, the largest first.

    ``n`` are the cases. A reason's contribution to a case is the sum of its features',
    so what pulls both ways within a reason counts less than it does feature by feature.
    """

    n: Count
    reasons: tuple[Contribution, ...]
    features: tuple[Contribution, ...]


def measure_contributions(
    names: Sequence[str], contributions: Floats
) -> tuple[Contribution, ...]:
    """Return the mean |contribution| of each column of *contributions*, largest first.

    *contributions* (cases, columns) are SHAP values in log-odds; their mean absolute
    value is the global importance of Lundberg et al. 2020 (doi
    10.1038/s42256-019-0138-9).
    """
    means = np.abs(contributions).mean(axis=0)
    total = max(float(means.sum()), 1e-12)
    return tuple(
        Contribution(names[i], float(means[i]), float(means[i]) / total)
        for i in np.argsort(-means, kind="stable")
    )


def list_pairs(names: Sequence[str], means: Floats) -> tuple[FeaturePair, ...]:
    """Return the _PAIRS pairs of the largest *means* (features, features), in order.

    *means* are the mean |SHAP interaction values| (Lundberg et al. 2020, as above),
    half of a pair's in each of its two places. A pair that does nothing is left out.
    """
    first, second = np.triu_indices(len(names), k=1)
    both = 2 * means[first, second]
    total = max(float(both.sum()), 1e-12)
    return tuple(
        FeaturePair(
            names[first[i]], names[second[i]], float(both[i]), float(both[i]) / total
        )
        for i in np.argsort(-both, kind="stable")[:_PAIRS]
        if both[i] > 0
    )


def bin_contributions(
    contribution: Floats,
    value: Floats,
    *,
    person: npt.ArrayLike,
    ordered: bool,
    step: float,
) -> tuple[ContributionBin, ...]:
    """Return how many persons have which contribution of one feature to their log-odds.

    *value* is what each case has there; *person* says whose case it is: of each person
    the last case counts. Bins are multiples of *step* wide. Neighbouring ones are
    joined until each holds five persons or more (or nobody): differences of what is
    shown, and of it to all, are of as many (disclosure.select_nested_counts). Where the
    furthest lie is not told: the outer bins are *step* wide and have all beyond them.
    """
    last = ~pd.Series(person).duplicated(keep="last").to_numpy()
    contribution, value = contribution[last], value[last]
    if not len(contribution):
        return ()
    cell = np.floor(contribution / step + 1e-9).astype(np.int64)
    first, counts = int(cell.min()), np.bincount(cell - cell.min())
    total = len(cell)
    shown = select_nested_counts(np.cumsum(counts)[:, None], [total])
    # The last cell ends whatever was left over; a few in all are told nowhere.
    ends = np.flatnonzero(shown) + 1
    if is_small(total) or not len(ends):
        return ()
    which = np.searchsorted(ends, cell - first, side="right")
    rank = _rank(value) if ordered else np.full(total, np.nan)
    sizes = np.bincount(which, minlength=len(ends))
    bins = []
    for place in np.flatnonzero(sizes):
        begin = ends[place - 1] if place else 0
        mean = _mean_rank(rank[which == place])
        low, high = (float(first + end) * step for end in (begin, ends[place]))
        bins.append(ContributionBin(low, high, int(sizes[place]), mean))
    return _hide_ends(bins, step)


def choose_step(contributions: Floats) -> float:
    """Return the width of the finest bins for all columns of *contributions* alike.

    _CELLS of it, or somewhat fewer, reach over 98 % of the cases in the widest column.
    """
    if not contributions.size:
        return 1.0
    low, high = np.quantile(contributions, (0.01, 0.99), axis=0)
    widest = float((high - low).max())
    return max(compute_rounding_step(widest, _CELLS * SMALLEST_GROUP), _LEAST_STEP)


def _rank(value: Floats) -> Floats:
    """Return each value's rank, from 0 for the lowest to 1; NaN where there is none."""
    rank = np.full(len(value), np.nan)
    known = ~np.isnan(value)
    if known.any():
        found = rankdata(value[known], method="average")
        low, spread = found.min(), float(np.ptp(found))
        rank[known] = (found - low) / spread if spread else 0.5
    return rank


def _mean_rank(rank: Floats) -> float | None:
    known = rank[~np.isnan(rank)]
    if not len(known) or is_small(len(known)):
        return None
    return float(round_for_disclosure(known.mean(), spread=1, n=len(known)))


def _hide_ends(bins: list[ContributionBin], step: float) -> tuple[ContributionBin, ...]:
    """Return *bins*, the outer ones one cell wide, whoever lies furthest."""
    found = []
    for place, one in enumerate(bins):
        low = one.high - step if place == 0 else one.low
        high = low + step if place == len(bins) - 1 else one.high
        found.append(replace(one, low=round(low, 9), high=round(high, 9)))
    return tuple(found)
