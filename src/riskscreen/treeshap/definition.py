"""SHAP values the slow way, from the definition: a check on the fast kernel.

Each leaf is a game of its own: worth its value if every known feature sends the row
its way, times the shares of training rows for the features that are unknown. Its
Shapley values follow from how much a set of each size is worth, which is a product of
polynomials. No code, no quadrature and nothing compiled is shared with the kernel.
"""

from collections.abc import Iterator
from math import factorial
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from riskscreen.treeshap.model import TreeModel
from riskscreen.treeshap.model_text import SplitNode, Tree

Floats = npt.NDArray[np.float64]
Truths = npt.NDArray[np.bool_]

_ALMOST_ZERO = float(np.float32(1e-35))


class _Path(NamedTuple):
    """Features above a leaf: whether each row goes its way, and the share that does."""

    follows: dict[int, Truths]
    share: dict[int, float]


def explain_by_definition(
    model: TreeModel, X: Floats, *, both_ways: Truths | None = None
) -> Floats:
    """Compute what ``explain`` does, to rounding, for some dozens of rows."""
    phi = np.zeros(X.shape)
    informative = np.ones(X.shape, dtype=np.bool_)
    if both_ways is not None:
        informative = ~(np.isnan(X) & both_ways)
    for tree in model.text.trees:
        if tree.splits:
            _add_tree(tree, X, informative, phi)
    return phi


def _add_tree(tree: Tree, X: Floats, informative: Truths, phi: Floats) -> None:
    """Add the Shapley values of every leaf's game, all leaves of *tree* at once.

    Paths are filled up with features that change nothing: every row goes their way.
    What is not *informative* (rows × features) goes both ways, by the share.
    """
    leaves = dict(_leaves(tree, X))
    width = max(len(path.share) for path in leaves.values())
    follows = np.ones((len(leaves), width, len(X)))
    share = np.ones((len(leaves), width, 1))
    for row, path in enumerate(leaves.values()):
        shares = np.array(list(path.share.values()))
        own = np.array(list(path.follows.values()), dtype=np.float64)
        known = informative[:, list(path.share)].T
        follows[row, : len(shares)] = np.where(known, own, shares[:, None])
        share[row, : len(shares), 0] = shares
    value = np.array([tree.leaf_values[leaf] for leaf in leaves])[:, None, None]
    pull = value * (follows - share) * _worth_of_others(follows, share)
    for row, path in enumerate(leaves.values()):
        phi[:, list(path.share)] += pull[row, : len(path.share)].T


def _leaves(tree: Tree, X: Floats) -> Iterator[tuple[int, _Path]]:
    """Each leaf's number and the path to it."""
    waiting = [(0, _Path({}, {}))]
    while waiting:
        here, (follows, share) = waiting.pop()
        if here < 0:
            yield ~here, _Path(follows, share)
            continue
        split = tree.splits[here]
        left = _goes_left(split, X[:, split.feature])
        for child, taken in ((split.left, left), (split.right, ~left)):
            so_far = share.get(split.feature, 1.0) * tree.cover(child)
            before = follows.get(split.feature, np.ones_like(taken))
            below = _Path(
                follows | {split.feature: before & taken},
                share | {split.feature: so_far / tree.cover(here)},
            )
            waiting.append((child, below))


def _worth_of_others(follows: Floats, share: Floats) -> Floats:
    """Return the Shapley-weighted worth of all sets of other features.

    ``worth[leaf, feature, row, size]`` is the sum over all sets of that size.
    """
    leaves, width, rows = follows.shape
    worth = np.zeros((leaves, width, rows, width))
    worth[..., 0] = 1.0
    for feature in range(width):
        others = np.arange(width) != feature
        known = worth[:, others] * follows[:, None, feature, :, None]
        worth[:, others] *= share[:, None, feature, :, None]
        worth[:, others, :, 1:] += known[..., :-1]
    weights = [factorial(k) * factorial(width - 1 - k) for k in range(width)]
    return np.asarray(worth @ (np.array(weights, dtype=float) / factorial(width)))


def _goes_left(split: SplitNode, column: Floats) -> Truths:
    """Which rows a split sends left, by LightGBM's rules."""
    if split.categories is not None:
        known = np.isfinite(column) & (column > -1)
        whole = np.where(known, np.trunc(column), -1)
        return np.asarray(np.isin(whole, list(split.categories)))
    value = np.where(np.abs(column) <= _ALMOST_ZERO, 0.0, column)
    if split.missing != "nan":
        value = np.where(np.isnan(value), 0.0, value)
    missing = np.isnan(value) if split.missing == "nan" else value == 0.0
    if split.missing == "none":
        missing = np.zeros_like(missing)
    return np.where(missing, split.missing_goes_left, value <= split.threshold)
