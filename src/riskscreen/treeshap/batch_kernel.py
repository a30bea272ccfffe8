"""The explanation of a block of rows: every step is one plain loop over the rows.

The compiler turns such a loop into vector instructions, eight rows at a time, so the
cost of finding out what a split needs is shared by the whole block. `quadrature` says
what the steps compute; `single_row_kernel` does the same operations in the same order.

`order` is read from memory even where a count would do: from a count the compiler
sees that the loops over splits touch one array at growing places, tests once for the
whole tree whether they overlap, finds that they do and gives up on vectors.
"""

import numpy as np

from riskscreen.jit import compile_kernel
from riskscreen.treeshap.model import Forest
from riskscreen.treeshap.single_row_kernel import find_most
from riskscreen.treeshap.splits import BOTH_WAYS, Array


@compile_kernel
def explain_block(forest: Forest, codes: Array, phi: Array) -> None:
    """Add the SHAP values to *phi*; both it and *codes* are features × rows."""
    lanes = codes.shape[1]
    most_splits, _ = find_most(forest)
    deviation = np.empty((most_splits, lanes))
    gain = np.empty((most_splits, lanes))
    worth = np.empty((2 * most_splits + 1, lanes))  # of the splits, then of the leaves
    for tree in range(forest.points.size):
        set_deviations(forest, tree, codes, deviation)
        set_leaf_worths(forest, tree, worth)
        forget(gain)
        for point in range(forest.points[tree]):
            extend(forest, tree, point, deviation, worth)
            unwind(forest, tree, point, deviation, worth, gain)
        _add_to_features(forest, tree, deviation, gain, phi)


@compile_kernel
def forget(gain: Array) -> None:
    """Set every gain to nothing."""
    for split in range(gain.shape[0]):
        for row in range(gain.shape[1]):
            gain[split, row] = 0.0


@compile_kernel
def set_deviations(forest: Forest, tree: int, codes: Array, deviation: Array) -> None:
    """b - a for each split: how far the row's own way is from that of all rows.

    A row that goes both ways goes as all rows do.
    """
    start, end = forest.first_split[tree], forest.first_split[tree + 1]
    for place in range(start, end):
        split = forest.order[place]
        node = start + split
        if forest.table[node] < 0:
            _compare(forest, node, split, codes, deviation)
        else:
            _look_up(forest, node, split, codes, deviation)
        if forest.earlier[node] >= 0:
            _clear(forest, node, split, deviation)


@compile_kernel
def _compare(
    forest: Forest, node: int, split: int, codes: Array, deviation: Array
) -> None:
    feature, share = forest.feature[node], forest.left_share[node]
    low, high = forest.low[node], forest.high[node]
    for row in range(codes.shape[1]):
        code = codes[feature, row]
        goes_left = (code >= low) & (code <= high)
        own = 1.0 - share if goes_left else -share
        deviation[split, row] = 0.0 if code == BOTH_WAYS else own


@compile_kernel
def _look_up(
    forest: Forest, node: int, split: int, codes: Array, deviation: Array
) -> None:
    feature, share = forest.feature[node], forest.left_share[node]
    table = forest.table[node]
    for row in range(codes.shape[1]):
        code = codes[feature, row]
        if code == BOTH_WAYS:
            deviation[split, row] = 0.0
        else:
            deviation[split, row] = (
                1.0 - share if forest.tables[table + code] else -share
            )


@compile_kernel
def _clear(forest: Forest, node: int, split: int, deviation: Array) -> None:
    """No deviation for rows that left the path at the earlier split on the feature.

    Rows that went left there have a positive deviation, rows that went right a
    negative one, rows that had left the path before have none.
    """
    earlier = forest.earlier[node]
    towards = 1.0 if forest.earlier_is_left[node] else -1.0
    for row in range(deviation.shape[1]):
        follows = deviation[earlier, row] * towards > 0.0
        deviation[split, row] = deviation[split, row] if follows else 0.0


@compile_kernel
def set_leaf_worths(forest: Forest, tree: int, worth: Array) -> None:
    """Set each leaf's worth to its value, at every point and for every row."""
    splits = forest.first_split[tree + 1] - forest.first_split[tree]
    for leaf in range(splits + 1):
        value = forest.leaf_value[forest.first_leaf[tree] + leaf]
        # Written out: assigning the row takes the compiler seconds.
        for row in range(worth.shape[1]):
            worth[splits + leaf, row] = value


@compile_kernel
def extend(
    forest: Forest, tree: int, point: int, deviation: Array, reach: Array
) -> None:
    """*reach*: the product of the factors on the path, from the root to each split."""
    start, end = forest.first_split[tree], forest.first_split[tree + 1]
    coefficient = forest.first_coefficient[tree] + point
    points = forest.points[tree]
    root = forest.order[start]
    for row in range(reach.shape[1]):
        reach[root, row] = 1.0
    for place in range(start + 1, end):
        split = forest.order[place]
        parent = forest.parent[start + split]
        share = forest.left_share[start + parent]
        pull = forest.pull[coefficient + parent * points]
        if forest.is_left[start + split]:
            for row in range(reach.shape[1]):
                left = share + pull * deviation[parent, row]
                reach[split, row] = reach[parent, row] * left
        else:
            for row in range(reach.shape[1]):
                left = share + pull * deviation[parent, row]
                reach[split, row] = reach[parent, row] * (1.0 - left)


@compile_kernel
def unwind(
    forest: Forest, tree: int, point: int, deviation: Array, worth: Array, gain: Array
) -> None:
    """From the leaves to the root: the gap at each split, and what it gains.

    *worth* still holds each split's reach, and for the last time: the split's worth
    takes its place.
    """
    start, end = forest.first_split[tree], forest.first_split[tree + 1]
    coefficient = forest.first_coefficient[tree] + point
    points, splits = forest.points[tree], end - start
    for place in range(end - 1, start - 1, -1):
        split = forest.order[place]
        share = forest.left_share[start + split]
        pull = forest.pull[coefficient + split * points]
        weight = forest.weight[coefficient + split * points]
        left, right = forest.left[start + split], forest.right[start + split]
        if left < splits or right < splits:
            for row in range(worth.shape[1]):
                gap = worth[left, row] - worth[right, row]
                gain[split, row] += weight * worth[split, row] * gap
                factor = share + pull * deviation[split, row]
                worth[split, row] = worth[right, row] + factor * gap
        else:
            right_value = worth[right, 0]
            gap = worth[left, 0] - right_value
            for row in range(worth.shape[1]):
                gain[split, row] += weight * worth[split, row] * gap
                factor = share + pull * deviation[split, row]
                worth[split, row] = right_value + factor * gap


@compile_kernel
def _add_to_features(
    forest: Forest, tree: int, deviation: Array, gain: Array, phi: Array
) -> None:
    """Add each split's gain to its feature, in the order of `single_row_kernel`."""
    start, end = forest.first_split[tree], forest.first_split[tree + 1]
    for place in range(end - 1, start - 1, -1):
        split = forest.order[place]
        feature = forest.feature[start + split]
        for row in range(phi.shape[1]):
            phi[feature, row] += deviation[split, row] * gain[split, row]
