"""Which reasons go together so closely that their credit cannot be told apart.

An inert twin of a true feature gets 12, 28 and 43 % of its credit at a correlation of
.5, .8 and .95: the fit cannot know which of the two it was. Such features are one
reason. Its contribution is the sum of theirs, which is exact, and stays the same
whichever of them the fit prefers.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy.stats import rankdata

from riskscreen.features.catalogue import Feature

Floats = npt.NDArray[np.float64]

CORRELATED = 0.7
"""Features with a higher |Spearman's ρ| are collinear by the usual bound (Dormann et
al. 2013, doi 10.1111/j.1600-0587.2012.07348.x)."""


def group_reasons(
    features: Sequence[Feature], values: Floats
) -> tuple[tuple[str, ...], ...]:
    """Return the reasons that are one, each group in the order of the features.

    *values* (cases, features) are the training table. Agglomerative clustering with
    average linkage (Sokal & Michener 1958), which starts from the specification's
    reasons: two clusters are as near as the mean |Spearman's ρ| between a feature of
    one and a feature of the other, and those nearer than CORRELATED are joined. A
    missing value has its column's mean rank. Categories have no order, so they are left
    alone.
    """
    ordered = [place for place, f in enumerate(features) if f.kind != "category"]
    if len(ordered) < 2 or len(values) < 2:
        return ()
    near = _correlate_ranks(values[:, ordered])
    clusters: dict[tuple[str, ...], list[int]] = {}
    for position, place in enumerate(ordered):
        clusters.setdefault((features[place].reason,), []).append(position)
    while pair := _find_nearest(clusters, near):
        first, second = pair
        clusters[(*first, *second)] = clusters.pop(first) + clusters.pop(second)
    order = list(dict.fromkeys(f.reason for f in features))
    groups = (tuple(sorted(g, key=order.index)) for g in clusters if len(g) > 1)
    return tuple(sorted(groups, key=lambda group: order.index(group[0])))


def _correlate_ranks(values: Floats) -> Floats:
    """Return |Spearman's ρ| of every two columns; 0 with a constant one."""
    missing = np.isnan(values)
    ranks = rankdata(values, axis=0, nan_policy="omit")
    ranks = np.where(missing, 0.0, ranks)
    mean = ranks.sum(axis=0) / np.maximum(1, (~missing).sum(axis=0))
    ranks = np.where(missing, 0.0, ranks - mean)
    length = np.sqrt((ranks**2).sum(axis=0))
    scaled = np.divide(ranks, length, out=np.zeros_like(ranks), where=length > 0)
    near: Floats = np.abs(scaled.T @ scaled)
    return near


def _find_nearest(
    clusters: dict[tuple[str, ...], list[int]], near: Floats
) -> tuple[tuple[str, ...], tuple[str, ...]] | None:
    """Return the two nearest clusters, where they are near enough to be one."""
    names = list(clusters)
    best, found = CORRELATED, None
    for i, first in enumerate(names):
        for second in names[i + 1 :]:
            mean = float(near[np.ix_(clusters[first], clusters[second])].mean())
            if mean > best:
                best, found = mean, (first, second)
    return found
