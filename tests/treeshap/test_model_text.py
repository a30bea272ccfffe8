"""What is read from LightGBM's model text, and what is refused in words."""

import lightgbm
import numpy as np
import pytest

from riskscreen.errors import ModelError
from riskscreen.treeshap import KernelRefusal, read_tree_model
from riskscreen.treeshap.model_text import read_model_text

# One split on a number (NaN goes left) and, to its right, one on categories 1 and 33.
TEXT = """tree
version=v4
num_class=1
num_tree_per_iteration=1
max_feature_idx=1
objective=binary sigmoid:1
feature_names=weeks branch
feature_infos=[0:9] 0:1:33

Tree=0
num_leaves=3
num_cat=1
split_feature=0 1
threshold=4.5 0
decision_type=10 1
left_child=-1 -2
right_child=1 -3
leaf_value=0.5 -0.25 0.125
leaf_count=10 6 4
internal_count=20 10
cat_boundaries=0 2
cat_threshold=2 2
is_linear=0
shrinkage=1


Tree=1
num_leaves=1
leaf_value=0.75

end of trees
"""


def test_splits_read_as_the_questions_they_are():
    model = read_model_text(TEXT)
    weeks, branch = model.trees[0].splits
    assert model.feature_names == ("weeks", "branch")
    assert (weeks.feature, weeks.threshold, weeks.categories) == (0, 4.5, None)
    assert (weeks.missing, weeks.missing_goes_left) == ("nan", True)
    assert (branch.feature, branch.categories) == (1, frozenset({1, 33}))


def test_the_base_is_what_is_expected_of_nobody_in_particular():
    model = read_tree_model(TEXT)
    assert model.base == (10 * 0.5 - 6 * 0.25 + 4 * 0.125) / 20 + 0.75


def test_a_feature_may_bear_the_name_of_a_setting():
    names = "feature_names=is_linear average_output"
    model = read_model_text(TEXT.replace("feature_names=weeks branch", names))
    assert model.feature_names == ("is_linear", "average_output")


def test_windows_line_ends_change_nothing():
    assert read_model_text(TEXT.replace("\n", "\r\n")) == read_model_text(TEXT)


@pytest.mark.parametrize(
    ("there", "instead", "says"),
    [
        ("num_tree_per_iteration=1", "num_tree_per_iteration=3", "one score"),
        ("objective=binary", "average_output\nobjective=binary", "averages"),
        ("is_linear=0", "is_linear=1", "linear leaves"),
        ("leaf_count=10 6 4", "leaf_count=10 0 10", "do not add up"),
        ("leaf_count=10 6 4", "leaf_count=11 6 4", "do not add up"),
    ],
)
def test_other_kinds_of_models_are_refused_in_words(there, instead, says):
    text = TEXT.replace(there, instead)
    assert text != TEXT
    with pytest.raises(KernelRefusal, match=says):
        read_tree_model(text)


def test_a_feature_that_is_number_and_category_is_refused():
    text = TEXT.replace("split_feature=0 1", "split_feature=1 1")
    with pytest.raises(KernelRefusal, match="number in one tree"):
        read_tree_model(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a shopping list",
        TEXT[: TEXT.index("leaf_value")],
        TEXT.replace("left_child=-1 -2\n", ""),
        TEXT.replace("left_child=-1 -2", "left_child=-1 -1"),
        TEXT.replace("left_child=-1 -2", "left_child=-1"),
        TEXT.replace("leaf_value=0.5 -0.25 0.125", "leaf_value=0.5 -0.25"),
        TEXT.replace("leaf_value=0.5", "leaf_value=half"),
        TEXT.replace("cat_boundaries=0 2\n", ""),
        TEXT.replace("split_feature=0 1", "split_feature=0 7"),
        TEXT.replace("split_feature=0 1", "split_feature=0 -1"),
        TEXT.replace("feature_names=weeks branch\n", ""),
    ],
)
def test_damaged_text_is_refused_and_not_called_another_kind(text):
    with pytest.raises(ModelError, match=r"damaged|not a whole") as refused:
        read_tree_model(text)
    assert not isinstance(refused.value, KernelRefusal)


def test_what_lightgbm_calls_linear_multiclass_and_random_forest_is_refused():
    X = np.random.default_rng(0).normal(size=(200, 3))
    y = np.digitize(X[:, 0], [-0.5, 0.5])
    kinds = [
        ({"objective": "regression", "linear_tree": True}, "linear"),
        ({"objective": "multiclass", "num_class": 3}, "one score"),
        (
            {
                "objective": "regression",
                "boosting": "rf",
                "bagging_freq": 1,
                "bagging_fraction": 0.5,
            },
            "averages",
        ),
    ]
    for settings, says in kinds:
        params = {"num_threads": 1, "verbosity": -1, **settings}
        booster = lightgbm.Booster(params, lightgbm.Dataset(X, y, params=params))
        booster.update()
        with pytest.raises(KernelRefusal, match=says):
            read_tree_model(booster.model_to_string())
