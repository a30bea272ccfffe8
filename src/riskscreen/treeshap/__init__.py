"""Exact SHAP values for LightGBM models, at a few times the cost of predicting.

The quantity is path-dependent TreeSHAP (Lundberg et al. 2020, "From local
explanations to global understanding with explainable AI for trees", Nature Machine
Intelligence 2, 56-67): the Shapley value of every feature in the game whose worth for
a set of *known* features is the tree's mean output when a split on a known feature
sends the row where it belongs, and a split on an unknown feature sends a share of it
each way, in proportion to the training rows that went there. LightGBM's
`pred_contrib` and `shap.TreeExplainer` compute the same numbers.

How it gets exact and fast, one module per idea, in reading order:

1. `model_text`  reads the trees from LightGBM's model text, and refuses one that is
                 not whole (`text_parts`: cut into named fields).
2. `splits`      turns a value into a small code once, and each split into a test
                 about that code.
3. `quadrature`  replaces the sum over all sets of features by an integral over one
                 number, and the integral by a few points that are exact for it.
4. `model`       lays all trees out in flat arrays.
5. `batch_kernel`  explains many rows: each step is one loop over a block of rows.
6. `single_row_kernel`  explains one row: the same steps in the same order, the same
                 bits.
7. `shap_values` checks the table, cuts it into blocks, hands blocks to threads.
8. `interactions` what every two features do together, from the same pass:
                 `interaction_kernel` has its two steps more.

Beside it stand `raw_scores`, the raw scores to LightGBM's last bit, so that nothing but
training needs LightGBM, and `definition`, a slow second way to scores and SHAP values
that shares nothing with the fast one but the trees read: a run checks its model by it.
"""

from riskscreen.treeshap.definition import explain_by_definition
from riskscreen.treeshap.errors import UnsupportedTreesError
from riskscreen.treeshap.interactions import explain_interactions
from riskscreen.treeshap.model import TreeModel, read_tree_model
from riskscreen.treeshap.raw_scores import predict
from riskscreen.treeshap.shap_values import ShapValues, explain

__all__ = [
    "ShapValues",
    "TreeModel",
    "UnsupportedTreesError",
    "explain",
    "explain_by_definition",
    "explain_interactions",
    "predict",
    "read_tree_model",
]
