"""The way from a table to its SHAP values: checks, blocks of rows, threads."""

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from riskscreen.errors import ModelError
from riskscreen.treeshap.announcement import announce_compilation
from riskscreen.treeshap.batch_kernel import explain_block
from riskscreen.treeshap.model import Source, TreeModel, read_tree_model
from riskscreen.treeshap.single_row_kernel import explain_one_row
from riskscreen.treeshap.splits import Array, encode_rows

Floats = npt.NDArray[np.float64]
Marks = npt.NDArray[np.bool_]

# Blocks of 256 rows keep a tree's arrays (3 × splits × rows) in the second-level cache.
ROWS_PER_BLOCK = 256
# One vector of the kernel's loops: lanes are filled up to a multiple of it.
_LANES = 8
# Up to this many rows, one row after the other is quicker than a vector of rows.
_FEW_ROWS = 4


class ShapValues(NamedTuple):
    """Values that add up to the raw score with *base*, the mean of the training rows.

    ``base + values[n].sum()`` is the raw score of row n, to rounding.
    """

    values: Floats
    base: float


def explain(
    source: Source,
    X: Floats,
    *,
    both_ways: Marks | None = None,
    threads: int = 1,
    block: int = ROWS_PER_BLOCK,
) -> ShapValues:
    """Compute the SHAP values of every row and feature, in raw score (log-odds).

    *source* is a LightGBM Booster, its text, or what ``read_tree_model`` made of
    either, which spares reading it again. *X* is rows × features in the model's column
    order, float64, categories as their integer codes, NaN where missing. ``values`` is
    shaped alike, and ``values.sum(axis=1) + base`` is the raw score. *both_ways* marks
    the columns whose missing values tell nothing: a share of the row goes each way at
    every split on one, as the training rows did, and its SHAP value is 0. The result
    has the same bits whatever *threads* and *block* (rows explained together) are, and
    for a row alone or among others. The first call on a machine compiles for some
    seconds and says so in the log.

    Raises ModelError where ``read_tree_model`` does, when the number of columns is not
    that of the model, and for a table with named columns, whose order and categories
    LightGBM may know otherwise.
    """
    model = read_tree_model(source)
    X = require_columns(model, X)
    if threads < 1 or block < 1:
        raise ValueError("threads and block are at least 1")
    phi = np.zeros(X.shape)
    starts = range(0, len(X) if len(model.forest.points) else 0, block)
    marks = require_marks(model, both_ways)
    into = partial(_explain_rows, model, marks, X, phi, block)
    with announce_compilation():
        if threads == 1 or len(starts) <= 1:
            for start in starts:
                into(start)
        else:
            with ThreadPoolExecutor(threads) as pool:
                list(pool.map(into, starts))
    return ShapValues(phi, model.base)


def require_columns(model: TreeModel, X: Floats) -> Floats:
    """*X* as float64; ModelError where its columns are not as many as the model's."""
    if hasattr(X, "columns"):
        raise ModelError(
            "The table to explain has named columns. Hand over its numbers in the "
            "model's order (X[model.feature_names].to_numpy()), categories as codes."
        )
    X = np.asarray(X, dtype=np.float64)
    if X.ndim != 2 or X.shape[1] != len(model.feature_names):
        raise ModelError(
            f"The model has {len(model.feature_names)} features, but the table to "
            f"explain has the shape {X.shape}. Build it from the model's features."
        )
    return X


def require_marks(model: TreeModel, both_ways: Marks | None) -> Marks:
    """Return one mark per column, none where nothing is marked."""
    if both_ways is None:
        return np.zeros(len(model.feature_names), dtype=np.bool_)
    return np.array(both_ways, dtype=np.bool_).reshape(len(model.feature_names))


def _explain_rows(
    model: TreeModel, both_ways: Marks, X: Floats, phi: Floats, block: int, start: int
) -> None:
    """Explain up to *block* rows from *start* on into the same rows of *phi*."""
    rows, columns = X[start : start + block], model.coding.columns
    codes = encode_block(model, both_ways, rows)
    values = np.zeros(codes.shape)
    if len(rows) <= _FEW_ROWS:
        for row in range(len(rows)):
            explain_one_row(model.forest, codes, row, values)
    else:
        explain_block(model.forest, codes, values)
    phi[start : start + block, columns] = values[:, : len(rows)].T


def encode_block(model: TreeModel, both_ways: Marks, X: Floats) -> Array:
    """Return the codes of the rows of *X*: features the trees use × lanes."""
    # A copy of our own: contiguous and writeable, so the kernels are compiled once.
    rows = np.array(X, order="C")
    lanes = -(-len(rows) // _LANES) * _LANES
    codes = np.zeros((len(model.coding.columns), lanes), dtype=np.uint16)
    encode_rows(model.coding, both_ways, rows, codes)
    return codes
