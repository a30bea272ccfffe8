"""The interactions of a block of rows, from the gains that the SHAP values are made of.

`interactions` says what the steps compute. Gains, reaches and worths are those of
`batch_kernel`, one quadrature point at a time.
"""

from typing import NamedTuple

import numpy as np

from riskscreen.jit import compile_kernel
from riskscreen.treeshap.batch_kernel import (
    extend,
    forget,
    set_deviations,
    set_leaf_worths,
    unwind,
)
from riskscreen.treeshap.model import Forest
from riskscreen.treeshap.single_row_kernel import find_most
from riskscreen.treeshap.splits import BOTH_WAYS, Array

_OFF, _LEFT, _RIGHT, _BOTH = 0.0, 1.0, 2.0, 3.0
"""A row has left the path before the split, goes on to a side of it, or to both."""


class Links(NamedTuple):
    """Which splits of a forest meet which other features above them.

    Of split k (counted over all trees) the links are ``first[k]:first[k+1]``: for each
    other feature above it the *edge* by which the path leaves its nearest split there,
    2 × that split's number in its tree, and 1 more to the right. *share* has, for both
    edges of every split, the share of training rows that its feature lets through.
    """

    first: Array
    edge: Array
    share: Array


@compile_kernel
def add_interactions(forest: Forest, links: Links, codes: Array, found: Array) -> None:
    """Add twice each interaction to *found*, in one of its two places.

    *codes* is features × rows, *found* features × features × rows.
    """
    lanes = codes.shape[1]
    most_splits, _ = find_most(forest)
    deviation = np.empty((most_splits, lanes))
    gain = np.empty((most_splits, lanes))
    worth = np.empty((2 * most_splits + 1, lanes))
    way = np.empty((most_splits, lanes))
    pull = np.empty((2 * most_splits, lanes))
    for tree in range(forest.points.size):
        set_deviations(forest, tree, codes, deviation)
        set_leaf_worths(forest, tree, worth)
        _set_ways(forest, tree, codes, deviation, way)
        for point in range(forest.points[tree]):
            forget(gain)
            extend(forest, tree, point, deviation, worth)
            unwind(forest, tree, point, deviation, worth, gain)
            _weigh(deviation, gain)
            _set_pulls(forest, links, tree, point, way, pull)
            _add_pairs(forest, links, tree, gain, pull, found)


@compile_kernel
def _set_ways(
    forest: Forest, tree: int, codes: Array, deviation: Array, way: Array
) -> None:
    """Where each row goes at each split, as _LEFT and its fellows say."""
    start, end = forest.first_split[tree], forest.first_split[tree + 1]
    for place in range(start, end):
        split = forest.order[place]
        feature = forest.feature[start + split]
        for row in range(codes.shape[1]):
            own = deviation[split, row]
            one_way = _LEFT if own > 0.0 else (_RIGHT if own < 0.0 else _OFF)
            way[split, row] = _BOTH if codes[feature, row] == BOTH_WAYS else one_way


@compile_kernel
def _weigh(deviation: Array, gain: Array) -> None:
    """Make of each split's gain what it adds to its feature."""
    for split in range(gain.shape[0]):
        for row in range(gain.shape[1]):
            gain[split, row] *= deviation[split, row]


@compile_kernel
def _set_pulls(
    forest: Forest, links: Links, tree: int, point: int, way: Array, pull: Array
) -> None:
    """(o - r)/F of each edge's feature below it: none where a row goes both ways."""
    start, end = forest.first_split[tree], forest.first_split[tree + 1]
    # At the root F is 1, so its t/F is t.
    root = forest.order[start] * forest.points[tree]
    t = forest.pull[forest.first_coefficient[tree] + root + point]
    off = -1.0 / (1.0 - t)
    for split in range(end - start):
        r = links.share[2 * (start + split)]
        left = (1.0 - r) / (t + (1.0 - t) * r)
        r = links.share[2 * (start + split) + 1]
        right = (1.0 - r) / (t + (1.0 - t) * r)
        for row in range(way.shape[1]):
            own = way[split, row]
            known = 0.0 if own == _BOTH else 1.0
            pull[2 * split, row] = known * (left if own == _LEFT else off)
            pull[2 * split + 1, row] = known * (right if own == _RIGHT else off)


@compile_kernel
def _add_pairs(
    forest: Forest, links: Links, tree: int, gain: Array, pull: Array, found: Array
) -> None:
    start, end = forest.first_split[tree], forest.first_split[tree + 1]
    for place in range(start, end):
        split = forest.order[place]
        feature = forest.feature[start + split]
        for link in range(links.first[start + split], links.first[start + split + 1]):
            edge = links.edge[link]
            other = forest.feature[start + edge // 2]
            for row in range(gain.shape[1]):
                found[feature, other, row] += gain[split, row] * pull[edge, row]
