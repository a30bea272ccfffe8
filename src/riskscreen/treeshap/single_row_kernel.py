"""The explanation of a single row: its quadrature points are what lies side by side.

For one row the loops of `batch_kernel` would be all overhead. Here each split is
visited once on the way down and once on the way up, for all points of the tree
together. Every number comes from the same operations in the same order as there, so
a row has the same SHAP values, bit for bit, alone and in a block.
"""

import numpy as np

from riskscreen.jit import compile_kernel
from riskscreen.treeshap.model import Forest
from riskscreen.treeshap.splits import BOTH_WAYS, Array


@compile_kernel
def explain_one_row(forest: Forest, codes: Array, row: int, phi: Array) -> None:
    """Add the SHAP values of *row* to its column of *phi*; arrays as for a block."""
    most_splits, most_points = find_most(forest)
    deviation = np.empty(most_splits)
    worth = np.empty((2 * most_splits + 1, most_points))
    for tree in range(forest.points.size):
        _set_deviations(forest, tree, codes, row, deviation)
        _set_leaf_worths(forest, tree, worth)
        _extend(forest, tree, deviation, worth)
        _unwind(forest, tree, row, deviation, worth, phi)


@compile_kernel
def find_most(forest: Forest) -> tuple[int, int]:
    """Return the splits and the points of the trees that have the most of either.

    By hand: numpy's own maximum and difference take seconds to compile.
    """
    splits, points = 0, 0
    for tree in range(forest.points.size):
        splits = max(splits, forest.first_split[tree + 1] - forest.first_split[tree])
        points = max(points, forest.points[tree])
    return splits, points


@compile_kernel
def _set_deviations(
    forest: Forest, tree: int, codes: Array, row: int, deviation: Array
) -> None:
    start, end = forest.first_split[tree], forest.first_split[tree + 1]
    for place in range(start, end):
        split = forest.order[place]
        node = start + split
        deviation[split] = 0.0
        if _follows(forest, node, deviation):
            code, share = codes[forest.feature[node], row], forest.left_share[node]
            if code != BOTH_WAYS:
                is_left = goes_left(forest, node, code)
                deviation[split] = 1.0 - share if is_left else -share


@compile_kernel
def _follows(forest: Forest, node: int, deviation: Array) -> bool:
    """Whether the row is still on the path as far as the node's feature goes."""
    earlier = forest.earlier[node]
    if earlier < 0:
        return True
    towards = 1.0 if forest.earlier_is_left[node] else -1.0
    return bool(deviation[earlier] * towards > 0.0)


@compile_kernel
def goes_left(forest: Forest, node: int, code: int) -> bool:
    """Whether a row with this code of the node's feature goes left."""
    table = forest.table[node]
    if table >= 0:
        return bool(forest.tables[table + code])
    return bool((code >= forest.low[node]) & (code <= forest.high[node]))


@compile_kernel
def _set_leaf_worths(forest: Forest, tree: int, worth: Array) -> None:
    splits = forest.first_split[tree + 1] - forest.first_split[tree]
    for leaf in range(splits + 1):
        for point in range(forest.points[tree]):
            value = forest.leaf_value[forest.first_leaf[tree] + leaf]
            worth[splits + leaf, point] = value


@compile_kernel
def _extend(forest: Forest, tree: int, deviation: Array, reach: Array) -> None:
    start, end = forest.first_split[tree], forest.first_split[tree + 1]
    points = forest.points[tree]
    first = forest.first_coefficient[tree]
    for point in range(points):
        reach[forest.order[start], point] = 1.0
    for place in range(start + 1, end):
        split = forest.order[place]
        parent = forest.parent[start + split]
        share, own = forest.left_share[start + parent], deviation[parent]
        is_left = forest.is_left[start + split]
        for point in range(points):
            left = share + forest.pull[first + parent * points + point] * own
            factor = left if is_left else 1.0 - left
            reach[split, point] = reach[parent, point] * factor


@compile_kernel
def _unwind(
    forest: Forest, tree: int, row: int, deviation: Array, worth: Array, phi: Array
) -> None:
    start, end = forest.first_split[tree], forest.first_split[tree + 1]
    points, first = forest.points[tree], forest.first_coefficient[tree]
    for place in range(end - 1, start - 1, -1):
        split = forest.order[place]
        node, coefficient = start + split, first + split * points
        left, right = forest.left[node], forest.right[node]
        share, own = forest.left_share[node], deviation[split]
        gain = 0.0
        for point in range(points):
            gap = worth[left, point] - worth[right, point]
            gain += forest.weight[coefficient + point] * worth[split, point] * gap
            factor = share + forest.pull[coefficient + point] * own
            worth[split, point] = worth[right, point] + factor * gap
        phi[forest.feature[node], row] += own * gain
