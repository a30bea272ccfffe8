r"""Exact interaction values: what two features do together, beyond what each does.

The SHAP interaction values of Lundberg et al. (2020, "From local explanations to
global understanding with explainable AI for trees", Nature Machine Intelligence 2,
56-67, equations 8 to 10), of the same game as the SHAP values: the Shapley interaction
index, half of it to each of the two,

    Φᵢⱼ = Σ over sets S without i and j  |S|! (M-|S|-2)! / (2 (M-1)!) · ∇ᵢⱼ(S),
    ∇ᵢⱼ(S) = f(S ∪ {i,j}) - f(S ∪ {i}) - f(S ∪ {j}) + f(S),

and on the diagonal what is left of a feature's SHAP value, Φᵢᵢ = φᵢ - Σ_{j≠i} Φᵢⱼ.

**From sets to one number**, as in `quadrature`: these weights are Beta integrals too,

    Φᵢⱼ = ½ Σ over leaves  v · (oᵢ - rᵢ) · (oⱼ - rⱼ) · ∫₀¹ ∏_{k≠i,j} F_k(t) dt,

the second derivative of the multilinear extension along its diagonal. The polynomial's
degree is one less than before, so the same points are exact.

**From leaves to splits.** `quadrature` has what a split on j at a fixed t gains for j,
p·D·(r/F²)·(b - a). Every leaf below it carries the factor (oᵢ - rᵢ)/Fᵢ of any other
feature i on the path above, which no longer changes at this split. So each split adds

    gain · (oᵢ - rᵢ)/Fᵢ    to Φᵢⱼ + Φⱼᵢ

for every other feature i above it, and each pair on a path is met once for each of the
splits by which it deepens. The factor has two values: (1 - r)/(t + (1-t)·r) for a row
that follows the path as far as i goes, -1/(1-t) for one that left it. (It is 0 for a
row that goes both ways on i.) The whole costs one pass as of the SHAP values, and one
multiplication for each split and feature above it.
"""

import numpy as np

from riskscreen.treeshap.announcement import announce_compilation
from riskscreen.treeshap.interaction_kernel import Links, add_interactions
from riskscreen.treeshap.model import Source, TreeModel, read_tree_model
from riskscreen.treeshap.quadrature import Floats, walk_paths
from riskscreen.treeshap.shap_values import (
    ROWS_PER_BLOCK,
    Marks,
    ShapValues,
    encode_block,
    explain,
    require_columns,
    require_marks,
)


def explain_interactions(
    source: Source, X: Floats, *, both_ways: Marks | None = None
) -> ShapValues:
    """Compute the SHAP interaction values of every row, in raw score (log-odds).

    *source*, *X* and *both_ways* are as ``explain`` takes them. ``values`` is rows ×
    features × features and symmetric: ``values[n, i, j] + values[n, j, i]`` is what i
    and j do together in row n, half of it in each place, and the diagonal what i does
    by itself. ``values.sum(axis=2)`` are the SHAP values of ``explain``, and the sum
    over both axes, with ``base``, is the raw score. The game is ``explain``'s: what is
    not known is shared out by the training rows at each split (path-dependent). The
    result takes 8 bytes × rows × features².

    Raises ModelError as ``explain`` does.
    """
    model = read_tree_model(source)
    X = require_columns(model, X)
    marks = require_marks(model, both_ways)
    single = explain(model, X, both_ways=both_ways)
    values = np.zeros((*X.shape, X.shape[1]))
    links, columns = _link(model), model.coding.columns
    with announce_compilation():
        for start in range(0, len(X) if len(columns) else 0, ROWS_PER_BLOCK):
            rows = np.arange(start, min(start + ROWS_PER_BLOCK, len(X)))
            codes = encode_block(model, marks, X[rows])
            found = np.zeros((len(columns), *codes.shape))
            add_interactions(model.forest, links, codes, found)
            halves = ((found + found.transpose(1, 0, 2)) / 2)[..., : len(rows)]
            values[np.ix_(rows, columns, columns)] = halves.transpose(2, 0, 1)
    own = np.arange(X.shape[1])
    values[:, own, own] = single.values - values.sum(axis=2)
    return ShapValues(values, model.base)


def _link(model: TreeModel) -> Links:
    """Return which features every split of *model* meets above it."""
    paths = [walk_paths(tree) for tree in model.text.trees if tree.splits]
    above = [splits for path in paths for splits in path.above]
    left = model.forest.left_share
    before = np.array([earlier.share for path in paths for earlier in path.earlier])
    return Links(
        first=np.cumsum([0, *map(len, above)], dtype=np.int64),
        edge=np.array(
            [2 * e.split + (not e.is_left) for splits in above for e in splits],
            dtype=np.int64,
        ),
        share=np.column_stack([before * left, before * (1.0 - left)]).ravel(),
    )
