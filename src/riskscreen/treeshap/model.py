"""A LightGBM model laid out in flat arrays for the kernels."""

from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

import numpy as np

from riskscreen.treeshap.errors import UnsupportedTreesError
from riskscreen.treeshap.model_text import ModelText, Tree, read_model_text
from riskscreen.treeshap.quadrature import Paths, compute_pulls_and_weights, walk_paths
from riskscreen.treeshap.splits import (
    Array,
    BinCodes,
    SplitTest,
    build_bin_codes,
    build_split_test,
)


class Forest(NamedTuple):
    """All trees with at least one split, end to end.

    Of tree k, the splits are ``first_split[k]:first_split[k+1]``, the leaves start at
    ``first_leaf[k]``, the coefficients at ``first_coefficient[k]``: for each split one
    per quadrature point. Split numbers in *order* (parents first), *parent*, *left*,
    *right* and *earlier* count within the tree; children count leaves on after the
    last split, -1 in *earlier* means no earlier split on the same feature. A split
    with *table* >= 0 looks its answer up in ``tables[table + code]``, any other sends
    the codes from *low* to *high* left. *left_share*, *pull* and *weight* are those of
    `quadrature`.

    A compiled kernel is recompiled when its own file changes, not when this one does:
    who changes the fields here clears the cache (delete ``__pycache__``).
    """

    first_split: Array
    first_leaf: Array
    first_coefficient: Array
    points: Array
    order: Array
    parent: Array
    is_left: Array
    left: Array
    right: Array
    earlier: Array
    earlier_is_left: Array
    feature: Array
    low: Array
    high: Array
    table: Array
    tables: Array
    left_share: Array
    pull: Array
    weight: Array
    leaf_value: Array


@dataclass(frozen=True, eq=False)
class TreeModel:
    """A LightGBM model that can be explained.

    *base* is the expected raw score: the sum over trees of the leaf values' mean over
    the training rows, which is also the last column of LightGBM's `pred_contrib`.
    *place* is each tree's place in the *forest*, or -1 for a single leaf, whose value
    is its entry in *constant*. *text* is what was read.
    """

    text: ModelText = field(repr=False)
    base: float
    coding: BinCodes = field(repr=False)
    forest: Forest = field(repr=False)
    place: Array = field(repr=False)
    constant: Array = field(repr=False)

    @property
    def feature_names(self) -> tuple[str, ...]:
        """The names of the features, in the order of the columns."""
        return self.text.feature_names


class Booster(Protocol):
    """What is asked of a LightGBM Booster."""

    def model_to_string(self) -> str:
        """Return the text that LightGBM's ``save_model`` writes."""


Source = TreeModel | Booster | str


def read_tree_model(source: Source) -> TreeModel:
    """Read the model of a LightGBM Booster, or of its text; one that is read stays so.

    The text is what `Booster.model_to_string` returns and `save_model` writes: the
    iterations that the Booster itself predicts with.

    Raises ModelError when the text is not a whole model, and UnsupportedTreesError (a
    ModelError) for anything else and for a sound model of another kind: several scores
    per row, averaged trees (boosting=rf), linear leaves, data counts that do not add
    up, or a feature that is a number in one tree and a category in another.
    """
    if isinstance(source, TreeModel):
        return source
    if not isinstance(source, str):
        if not hasattr(source, "model_to_string"):
            raise UnsupportedTreesError(
                f"A {type(source).__name__} is no LightGBM Booster. Give one (of an "
                "LGBMClassifier its booster_), or the text that it saves."
            )
        source = source.model_to_string()
    model = read_model_text(source)
    grown = [tree for tree in model.trees if tree.splits]
    coding = build_bin_codes([split for tree in grown for split in tree.splits])
    base = 0.0
    for tree in model.trees:
        base += tree.expected()
    is_grown = np.array([bool(tree.splits) for tree in model.trees], dtype=np.bool_)
    return TreeModel(
        text=model,
        base=base,
        coding=coding,
        forest=_forest(grown, coding),
        place=np.where(is_grown, np.cumsum(is_grown) - 1, -1).astype(np.int64),
        constant=_floats([tree.leaf_values[0] for tree in model.trees]),
    )


def _forest(trees: list[Tree], coding: BinCodes) -> Forest:
    paths = [walk_paths(tree) for tree in trees]
    coefficients = [compute_pulls_and_weights(path) for path in paths]
    places = {int(column): place for place, column in enumerate(coding.columns)}
    splits = [split for tree in trees for split in tree.splits]
    tests = [build_split_test(s, coding, places[s.feature]) for s in splits]
    earlier = [before for path in paths for before in path.earlier]
    table, tables = _tables(tests)
    return Forest(
        first_split=_starts([len(tree.splits) for tree in trees]),
        first_leaf=_starts([len(tree.leaf_values) for tree in trees]),
        first_coefficient=_starts([pull.size for pull, _ in coefficients]),
        points=_whole([pull.shape[1] for pull, _ in coefficients]),
        order=_whole([k for path in paths for k in path.order]),
        parent=_whole([k for path in paths for k in path.parents]),
        is_left=np.array(
            [side for pair in zip(trees, paths, strict=True) for side in _sides(*pair)],
            dtype=np.bool_,
        ),
        left=_whole([_child(tree, s.left) for tree in trees for s in tree.splits]),
        right=_whole([_child(tree, s.right) for tree in trees for s in tree.splits]),
        earlier=_whole([before.split for before in earlier]),
        earlier_is_left=np.array([b.is_left for b in earlier], dtype=np.bool_),
        feature=_whole([places[split.feature] for split in splits]),
        low=np.array([ask.low for ask in tests], dtype=np.uint16),
        high=np.array([ask.high for ask in tests], dtype=np.uint16),
        table=table,
        tables=tables,
        left_share=_floats([share for path in paths for share in path.left_shares]),
        pull=np.concatenate([np.empty(0), *(pull.ravel() for pull, _ in coefficients)]),
        weight=np.concatenate([np.empty(0), *(w.ravel() for _, w in coefficients)]),
        leaf_value=_floats([value for tree in trees for value in tree.leaf_values]),
    )


def _child(tree: Tree, child: int) -> int:
    """Return a split's own number; leaves are counted on after the last split."""
    return child if child >= 0 else len(tree.splits) + ~child


def _sides(tree: Tree, paths: Paths) -> list[bool]:
    """Whether each split hangs on the left of its parent; the root is on neither."""
    return [
        parent >= 0 and tree.splits[parent].left == split
        for split, parent in enumerate(paths.parents)
    ]


def _tables(tests: list[SplitTest]) -> tuple[Array, Array]:
    """Return where each test's table starts (-1: none), and all tables in a row."""
    sizes = [0 if ask.table is None else len(ask.table) for ask in tests]
    starts = np.where(np.array(sizes, dtype=np.int64) > 0, _starts(sizes)[:-1], -1)
    tables = [ask.table for ask in tests if ask.table is not None]
    return starts, np.concatenate([np.empty(0, dtype=np.bool_), *tables])


def _starts(sizes: list[int]) -> Array:
    return np.cumsum([0, *sizes], dtype=np.int64)


def _whole(numbers: list[int]) -> Array:
    return np.array(numbers, dtype=np.int64)


def _floats(numbers: list[float]) -> Array:
    return np.array(numbers, dtype=np.float64)
