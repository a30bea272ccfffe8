"""Raw scores: the leaf that a row comes to, tree after tree, to LightGBM's last bit."""

import numpy as np
import numpy.typing as npt

from riskscreen.jit import compile_kernel
from riskscreen.treeshap.announcement import announce_compilation
from riskscreen.treeshap.model import Forest, TreeModel
from riskscreen.treeshap.shap_values import require_columns
from riskscreen.treeshap.single_row_kernel import goes_left
from riskscreen.treeshap.splits import Array, encode_rows

Floats = npt.NDArray[np.float64]

_ROWS_AT_ONCE = 1024


def predict(model: TreeModel, X: Floats) -> Floats:
    """Compute the raw score (log-odds) of every row of *X*, as ``explain`` takes it.

    Leaf values are added in the order of the trees, as LightGBM's own ``predict`` does,
    so the bits are the same. Raises ModelError when the number of columns is not that
    of the model.
    """
    X = require_columns(model, X)
    score = np.zeros(len(X))
    with announce_compilation():
        for start in range(0, len(X), _ROWS_AT_ONCE):
            rows = np.array(X[start : start + _ROWS_AT_ONCE], order="C")
            codes = np.zeros((len(model.coding.columns), len(rows)), dtype=np.uint16)
            encode_rows(model.coding, rows, codes)
            _add_leaves(
                model.forest,
                model.place,
                model.constant,
                codes,
                score[start : start + _ROWS_AT_ONCE],
            )
    return score


@compile_kernel
def _add_leaves(
    forest: Forest, place: Array, constant: Array, codes: Array, score: Array
) -> None:
    """Add to *score* the value of the leaf that each row comes to, in every tree."""
    for number in range(place.size):
        tree = place[number]
        for row in range(score.size):
            if tree < 0:
                score[row] += constant[number]
                continue
            start = forest.first_split[tree]
            splits = forest.first_split[tree + 1] - start
            here = 0
            while here < splits:
                node = start + here
                is_left = goes_left(forest, node, codes[forest.feature[node], row])
                here = forest.left[node] if is_left else forest.right[node]
            score[row] += forest.leaf_value[forest.first_leaf[tree] + here - splits]
