"""The integral and its points against the definition, summed over every set."""

from itertools import combinations
from math import factorial

import numpy as np
import pytest

from riskscreen.treeshap import explain, read_tree_model
from riskscreen.treeshap.model_text import read_model_text
from riskscreen.treeshap.quadrature import compute_points_and_weights, walk_paths
from tests.tree_texts import tree_text

# weeks <= 4 ? (age <= 30 ? A : (weeks <= 2 ? B : C)) : D
TEXT = tree_text(
    "weeks age unused",
    {
        "split_feature": "0 1 0",
        "threshold": "4 30 2",
        "left_child": "1 -1 -3",
        "right_child": "-2 2 -4",
        "leaf_value": "1.5 -2 0.25 3",
        "leaf_count": "6 8 1 5",
        "internal_count": "20 12 6",
    },
)


def mean_output(tree, row, known, here=0):
    """The tree's output where *known* features decide and all others are shared out."""
    if here < 0:
        return tree.leaf_values[~here]
    split = tree.splits[here]
    left, right = (mean_output(tree, row, known, c) for c in (split.left, split.right))
    if split.feature in known:
        return left if row[split.feature] <= split.threshold else right
    share = tree.cover(split.left) / tree.cover(here)
    return share * left + (1 - share) * right


def shapley_value(tree, row, feature):
    others = [other for other in range(len(row)) if other != feature]
    total = 0.0
    for size in range(len(others) + 1):
        weight = factorial(size) * factorial(len(others) - size) / factorial(len(row))
        for known in map(set, combinations(others, size)):
            with_it = mean_output(tree, row, known | {feature})
            total += weight * (with_it - mean_output(tree, row, known))
    return total


@pytest.mark.parametrize("row", [(1, 20, 0), (1, 40, 0), (3, 40, 0), (9, 20, 0)])
def test_the_kernel_gives_the_shapley_values_of_the_definition(row):
    tree = read_model_text(TEXT).trees[0]
    expected = [shapley_value(tree, row, feature) for feature in range(3)]
    phi = explain(read_tree_model(TEXT), np.array([row], dtype=float)).values[0]
    np.testing.assert_allclose(phi, expected, rtol=0, atol=1e-15)


@pytest.mark.parametrize("most_features", range(1, 40))
def test_the_points_integrate_every_shapley_weight_exactly(most_features):
    """|S|!(M-|S|-1)!/M! for every size of S."""
    points, weights = compute_points_and_weights(most_features)
    for size in range(most_features):
        integrand = points**size * (1 - points) ** (most_features - 1 - size)
        expected = factorial(size) * factorial(most_features - 1 - size)
        assert weights @ integrand == pytest.approx(
            expected / factorial(most_features), rel=1e-12
        )


def test_no_more_points_are_used_than_the_longest_path_needs():
    assert [len(compute_points_and_weights(m)[0]) for m in (1, 2, 3, 16, 17)] == [
        1,
        1,
        2,
        8,
        9,
    ]


def test_the_walk_knows_the_earlier_split_on_a_feature_and_the_share_it_let_through():
    paths = walk_paths(read_model_text(TEXT).trees[0])
    assert paths.most_features == 2
    assert [before.split for before in paths.earlier] == [-1, -1, 0]
    assert paths.earlier[2].is_left
    assert paths.earlier[2].share == 12 / 20
    assert paths.parents == (-1, 0, 1)
