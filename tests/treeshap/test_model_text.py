"""What is read from LightGBM's model text, and what is refused in words."""

import re

import lightgbm
import numpy as np
import pytest

from riskscreen.errors import ModelError
from riskscreen.treeshap import UnsupportedTreesError, read_tree_model
from riskscreen.treeshap.model_text import read_model_text
from tests.tree_texts import resized, tree_text

# One split on a number (NaN goes left) and, to its right, one on categories 1 and 33.
TEXT = tree_text(
    "weeks branch",
    {
        "split_feature": "0 1",
        "threshold": "4.5 0",
        "decision_type": "10 1",
        "left_child": "-1 -2",
        "right_child": "1 -3",
        "leaf_value": "0.5 -0.25 0.125",
        "leaf_count": "10 6 4",
        "internal_count": "20 10",
        "cat_boundaries": "0 2",
        "cat_threshold": "2 2",
    },
    {"leaf_value": "0.75"},
    infos="[0:9] 0:1:33",
)


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
        ("sigmoid:1\n", "sigmoid:1\naverage_output\n", "averages"),
        ("is_linear=0", "is_linear=1", "linear leaves"),
        ("leaf_count=10 6 4", "leaf_count=10 0 10", "do not add up"),
        ("leaf_count=10 6 4", "leaf_count=11 6 4", "do not add up"),
    ],
)
def test_other_kinds_of_models_are_refused_in_words(there, instead, says):
    text = resized(TEXT.replace(there, instead))
    assert text != TEXT
    with pytest.raises(UnsupportedTreesError, match=says):
        read_tree_model(text)


# Each change keeps tree_sizes right, so that what it changes is what is seen.
DAMAGE = [
    ("version=v4", "version=v3"),
    ("num_class=1", "num_class=2"),
    ("max_feature_idx=1", "max_feature_idx=2"),
    ("weeks branch", "weeks"),
    ("weeks branch", "weeks branch third"),
    ("weeks branch", "weeks weeks"),
    ("weeks branch", "weeks  branch"),
    ("feature_names=weeks branch\n", ""),
    ("feature_names=weeks branch\n", "feature_names=weeks branch\n" * 2),
    ("[0:9] 0:1:33", "[0:9]"),
    ("[0:9] 0:1:33", "0:1:33 [0:9]"),
    ("[0:9] 0:1:33", "[0:9] 0:1:32"),
    ("[0:9] 0:1:33", "[0:9] none"),
    ("Tree=0", "Tree=1"),
    ("num_leaves=3", "num_leaves=4"),
    ("num_leaves=3", "num_leaves=-3"),
    ("num_leaves=3", "num_leaves=99999999"),
    ("num_cat=1", "num_cat=0"),
    ("num_cat=1", "num_cat=2"),
    ("split_feature=0 1", "split_feature=1 0"),
    ("split_feature=0 1", "split_feature=1 1"),
    ("split_feature=0 1", "split_feature=0 7"),
    ("split_feature=0 1", "split_feature=0 -1"),
    ("threshold=4.5 0", "threshold=nan 0"),
    ("threshold=4.5 0", "threshold=-inf 0"),
    ("threshold=4.5 0", "threshold=4.5 1"),
    ("threshold=4.5 0", "threshold=4.5 -1"),
    ("threshold=4.5 0", "threshold=4_5 0"),
    ("threshold=4.5 0", "threshold=4.5"),
    ("threshold=4.5 0\n", ""),
    ("threshold=4.5 0\n", "threshold=4.5 0\n" * 2),
    ("decision_type=10 1", "decision_type=11 1"),
    ("decision_type=10 1", "decision_type=10 0"),
    ("decision_type=10 1", "decision_type=14 1"),
    ("decision_type=10 1", "decision_type=10 129"),
    ("left_child=-1 -2\n", ""),
    ("left_child=-1 -2", "left_child=-1 -1"),
    ("left_child=-1 -2", "left_child=-2 -1"),
    ("left_child=-1 -2", "left_child=-1 0"),
    ("left_child=-1 -2", "left_child=-1 1"),
    ("left_child=-1 -2", "left_child=-1 99999"),
    ("left_child=-1 -2", "left_child=-1"),
    ("right_child=1 -3", "right_child=0 -3"),
    ("right_child=1 -3", "right_child=-3 1"),
    ("leaf_value=0.5 -0.25 0.125", "leaf_value=0.5 -0.25"),
    ("leaf_value=0.5", "leaf_value=half"),
    ("leaf_value=0.5", "leaf_value=nan"),
    ("leaf_value=0.5", "leaf_value=-inf"),
    ("leaf_value=0.75", "leaf_value="),
    ("leaf_weight=1 1 1", "leaf_weight=1 1"),
    ("leaf_count=10 6 4", "leaf_count=10 6"),
    ("internal_count=20 10", "internal_count=20"),
    ("internal_value=0 0", "internal_value=0"),
    ("cat_boundaries=0 2\n", ""),
    ("cat_boundaries=0 2", "cat_boundaries=0 3"),
    ("cat_boundaries=0 2", "cat_boundaries=1 2"),
    ("cat_boundaries=0 2", "cat_boundaries=0 1"),
    ("cat_threshold=2 2", "cat_threshold=0 0"),
    ("cat_threshold=2 2", "cat_threshold=2 4"),
    ("cat_threshold=2 2", "cat_threshold=2 -2"),
    ("cat_threshold=2 2", "cat_threshold=2 99999999999"),
    ("shrinkage=1", "shrinkage=nan"),
    ("end of trees", "end of tree"),
]


@pytest.mark.parametrize(("there", "instead"), DAMAGE)
def test_a_damaged_text_is_refused_and_not_called_another_kind(there, instead):
    text = resized(TEXT.replace(there, instead, 1))
    assert text != TEXT
    with pytest.raises(ModelError, match=r"damaged|not a whole") as refused:
        read_tree_model(text)
    assert not isinstance(refused.value, UnsupportedTreesError)


def test_a_text_that_is_cut_is_refused_wherever_it_is_cut():
    for end in range(TEXT.index("end of trees")):
        with pytest.raises(ModelError, match=r"damaged|not a whole"):
            read_tree_model(TEXT[:end])


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace("Tree=1", "Tree=0"),
        lambda text: text.replace("Tree=1", "\nTree=1"),
        lambda text: re.sub(r"Tree=1\n.*?(?=end)", "", text, flags=re.DOTALL),
        lambda text: re.sub(r"(Tree=1\n.*?)(?=end)", r"\1\1", text, flags=re.DOTALL),
        lambda text: re.sub(
            r"(Tree=0\n.*?)(Tree=1\n.*?)(?=end)", r"\2\1", text, flags=re.DOTALL
        ),
        lambda _: "",
        lambda _: "a shopping list",
    ],
)
def test_trees_that_are_not_as_many_and_as_long_as_stated_are_refused(change):
    for text in (change(TEXT), resized(change(TEXT))):
        if text == resized(re.sub(r"Tree=1\n.*?(?=end)", "", TEXT, flags=re.DOTALL)):
            continue  # a smaller model, whole in itself
        with pytest.raises(ModelError, match=r"damaged|not a whole"):
            read_tree_model(text)


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
        with pytest.raises(UnsupportedTreesError, match=says):
            read_tree_model(booster.model_to_string())
