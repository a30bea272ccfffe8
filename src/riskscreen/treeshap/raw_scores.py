"""Raw scores: the leaf that a row comes to, tree after tree, to LightGBM's last bit."""

import numpy as np
import numpy.typing as npt

from riskscreen.jit import compile_kernel
from riskscreen.treeshap.announcement import announce_compilation
from riskscreen.treeshap.model import Forest, TreeModel
from riskscreen.treeshap.shap_values import (
    Marks,
    encode_block,
    require_columns,
    require_marks,
)
from riskscreen.treeshap.single_row_kernel import find_most, goes_left
from riskscreen.treeshap.splits import BOTH_WAYS, Array

Floats = npt.NDArray[np.float64]

_ROWS_AT_ONCE = 1024


def predict(model: TreeModel, X: Floats, *, both_ways: Marks | None = None) -> Floats:
    """Compute the raw score (log-odds) of every row of *X*, as ``explain`` takes both.

    Leaf values are added in the order of the trees, as LightGBM's own ``predict`` does,
    so the bits are the same but for rows that go both ways, which it does not know.
    Raises ModelError when the number of columns is not that of the model.
    """
    X = require_columns(model, X)
    marks, score = require_marks(model, both_ways), np.zeros(len(X))
    with announce_compilation():
        for start in range(0, len(X), _ROWS_AT_ONCE):
            part = slice(start, start + _ROWS_AT_ONCE)
            codes = encode_block(model, marks, X[part])
            _add_leaves(model.forest, model.place, model.constant, codes, score[part])
    return score


@compile_kernel
def _add_leaves(
    forest: Forest, place: Array, constant: Array, codes: Array, score: Array
) -> None:
    """Add to *score* the value of the leaf that each row comes to, in every tree.

    A row that goes both ways at a split takes the left way first, with its share, and
    the right one, with the rest, is put on the stack *waiting*.
    """
    most_splits, _ = find_most(forest)
    waiting = np.empty(most_splits + 1, dtype=np.int64)
    shares = np.empty(most_splits + 1)
    for number in range(place.size):
        tree = place[number]
        for row in range(score.size):
            if tree < 0:
                score[row] += constant[number]
                continue
            start = forest.first_split[tree]
            splits = forest.first_split[tree + 1] - start
            waiting[0], shares[0], left_to_go = 0, 1.0, 1
            while left_to_go > 0:
                left_to_go -= 1
                here, share = waiting[left_to_go], shares[left_to_go]
                while here < splits:
                    node = start + here
                    code = codes[forest.feature[node], row]
                    if code == BOTH_WAYS:
                        left = forest.left_share[node]
                        waiting[left_to_go] = forest.right[node]
                        shares[left_to_go] = share * (1.0 - left)
                        left_to_go += 1
                        here, share = forest.left[node], share * left
                    elif goes_left(forest, node, code):
                        here = forest.left[node]
                    else:
                        here = forest.right[node]
                leaf = forest.first_leaf[tree] + here - splits
                score[row] += share * forest.leaf_value[leaf]
