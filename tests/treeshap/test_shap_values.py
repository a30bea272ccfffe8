"""The kernel against LightGBM's own explanation, its slow and trusted twin."""

import subprocess
import sys
from collections import Counter

import lightgbm
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskscreen.errors import ModelError
from riskscreen.treeshap import (
    ShapValues,
    UnsupportedTreesError,
    explain,
    explain_by_definition,
    predict,
    read_tree_model,
)
from riskscreen.treeshap.definition import _goes_left
from riskscreen.treeshap.model_text import read_model_text
from riskscreen.treeshap.quadrature import walk_paths
from tests.draws import draws

QUIET = {
    "num_threads": 1,
    "verbosity": -1,
    "deterministic": True,
    "force_row_wise": True,
}
# Settings under which a handful of rows grows real trees.
GREEDY = {
    "min_data_in_leaf": 1,
    "min_sum_hessian_in_leaf": 0.0,
    "min_data_in_bin": 1,
    "min_data_per_group": 1,
    "cat_smooth": 0.0,
    "cat_l2": 0.0,
    "feature_pre_filter": False,
}
STRANGE = [np.nan, np.inf, -np.inf, 0.0, -0.0, 1e-40, -1e-36, 1e300, -0.5, -1.0, -7.0]


def trained(X, y, *, trees=3, categories=(), **settings):
    params = QUIET | GREEDY | settings
    data = lightgbm.Dataset(X, y, categorical_feature=list(categories), params=params)
    booster = lightgbm.Booster(params, data)
    for _ in range(trees):
        booster.update()
    return booster


def random_table(rng, rows, *, categories):
    """Numbers, whole numbers, a constant, a twin, holes; then category columns."""
    numbers = rng.normal(size=(rows, int(rng.integers(3, 12))))
    numbers[:, 0] = rng.integers(-2, 3, rows)  # many zeros and ties
    numbers[:, 1] = numbers[:, -1] if rng.random() < 0.3 else numbers[:, 1]
    numbers[:, 2] = 4.0 if rng.random() < 0.3 else numbers[:, 2]
    sizes = rng.choice([2, 5, 40, 90], categories)
    codes = np.column_stack(
        [rng.integers(0, s, rows) for s in sizes] or [numbers[:, :0]]
    )
    X = np.column_stack([numbers, codes]).astype(float)
    X[rng.random(X.shape) < rng.choice([0.0, 0.15])] = np.nan
    return X


def random_model(seed):
    """A model of few rows with anything LightGBM may do, and rows to explain."""
    rng = np.random.default_rng(seed)
    rows, categories = int(rng.integers(20, 500)), int(rng.integers(0, 4))
    X = random_table(rng, rows, categories=categories)
    y = np.nansum(X * rng.normal(size=X.shape[1]), axis=1) % 3.0 + rng.normal(size=rows)
    objective = rng.choice(["binary", "regression", "poisson"])
    booster = trained(
        X,
        np.abs(y) if objective == "poisson" else (y > y.mean()).astype(float),
        trees=int(rng.integers(0, 7)),
        categories=range(X.shape[1] - categories, X.shape[1]),
        objective=objective,
        num_leaves=int(rng.choice([2, 8, 31, 31, 100])),
        max_cat_to_onehot=int(rng.choice([1, 4])),
        max_cat_threshold=int(rng.choice([4, 64])),
        zero_as_missing=bool(rng.random() < 0.3),
        use_missing=bool(rng.random() < 0.8),
        min_gain_to_split=float(rng.choice([0.0] * 9 + [5.0])),
        bagging_fraction=float(rng.choice([0.6, 1.0])),
        bagging_freq=1,
        max_bin=int(rng.choice([15, 255])),
        seed=seed,
    )
    return booster, with_strange_values(rng, X[:12])


def with_strange_values(rng, X):
    """*X*, and as many rows again with values no training row had."""
    strange = X.copy()
    hit = rng.random(X.shape) < 0.4
    strange[hit] = rng.choice([*STRANGE, 3.0, 33.0, 89.7, 1000.0], hit.sum())
    return np.vstack([X, strange])


def assert_exact(booster, X):
    model = read_tree_model(booster.model_to_string())
    expected = booster.predict(X, pred_contrib=True, num_threads=1)
    phi = explain(model, X).values
    np.testing.assert_allclose(phi, expected[:, :-1], rtol=0, atol=1e-9)
    np.testing.assert_allclose(model.base, expected[:, -1], rtol=0, atol=1e-9)
    raw = booster.predict(X, raw_score=True, num_threads=1)
    np.testing.assert_allclose(phi.sum(axis=1) + model.base, raw, rtol=0, atol=1e-9)
    assert same_bits(predict(model, X), raw)
    np.testing.assert_allclose(explain_by_definition(model, X), phi, rtol=0, atol=1e-9)


@pytest.mark.slow
@pytest.mark.parametrize(
    "hundred",
    [0, 1, *(pytest.param(later, marks=pytest.mark.thorough) for later in (2, 3, 4))],
)
def test_five_hundred_random_models_equal_pred_contrib(hundred):
    for seed in range(100 * hundred, 100 * hundred + 100):
        assert_exact(*random_model(seed))


def walked(tree, here, row, both_ways):
    """The tree's output for one row that goes both ways where it is to."""
    if here < 0:
        return tree.leaf_values[~here]
    split = tree.splits[here]
    ends = [walked(tree, child, row, both_ways) for child in (split.left, split.right)]
    if both_ways[split.feature] and np.isnan(row[split.feature]):
        return float(
            np.average(ends, weights=[tree.cover(split.left), tree.cover(split.right)])
        )
    return ends[0 if _goes_left(split, row[[split.feature]])[0] else 1]


@pytest.mark.slow
def test_what_is_missing_of_a_marked_column_tells_nothing_and_goes_both_ways():
    marked, asked = 0, 0
    for seed in range(30):
        booster, X = random_model(seed)
        model = read_tree_model(booster.model_to_string())
        both_ways = np.arange(X.shape[1]) % 2 == 0
        phi = explain(model, X, both_ways=both_ways).values
        told = explain_by_definition(model, X, both_ways=both_ways)
        np.testing.assert_allclose(phi, told, rtol=0, atol=1e-9)
        open_cells = np.isnan(X) & both_ways
        assert not phi[open_cells].any()
        raw = predict(model, X, both_ways=both_ways)
        np.testing.assert_allclose(phi.sum(axis=1) + model.base, raw, atol=1e-9)
        trees = model.text.trees
        ends = [
            sum(walked(t, 0 if t.splits else -1, x, both_ways) for t in trees)
            for x in X
        ]
        np.testing.assert_allclose(raw, ends, rtol=0, atol=1e-9)
        alone = [explain(model, x[None], both_ways=both_ways).values[0] for x in X]
        assert same_bits(np.array(alone), phi)
        whole = ~open_cells.any(axis=1)
        assert same_bits(raw[whole], predict(model, X[whole]))
        marked += int(open_cells.sum())
        asked += int((explain(model, X).values[open_cells] != 0).sum())
    assert marked > 100
    assert asked > 20


@pytest.mark.slow
def test_the_random_models_hold_what_the_kernel_must_know():
    """Otherwise five hundred agreements would say little."""
    seen = Counter()
    for seed in range(60):
        trees = read_model_text(random_model(seed)[0].model_to_string()).trees
        seen["no tree"] += not trees
        for tree in trees:
            seen["one leaf"] += not tree.splits
            if tree.splits:
                paths = walk_paths(tree)
                seen["repeated feature"] += any(e.split >= 0 for e in paths.earlier)
                seen["nine features on a path"] += paths.most_features >= 9
            for split in tree.splits:
                if split.categories is None:
                    seen[split.missing, split.missing_goes_left] += 1
                else:
                    seen["category"] += 1
                    seen["category over 32"] += max(split.categories) > 32
                    seen["category over 64"] += max(split.categories) > 64
    missing = {(kind, way) for kind in ("zero", "nan") for way in (True, False)}
    words = {"no tree", "one leaf", "repeated feature", "nine features on a path"}
    words |= {"category", "category over 32", "category over 64"}
    assert {what for what, times in seen.items() if times} >= missing | words
    assert seen["none", True] + seen["none", False]


@pytest.mark.slow
@settings(max_examples=draws(25))
@given(
    st.lists(
        st.lists(
            st.sampled_from([*STRANGE[:6], 1.0, 2.0, 3.5]) | st.floats(-9, 9),
            min_size=3,
            max_size=3,
        ),
        min_size=8,
        max_size=40,
    ),
    st.booleans(),
    st.integers(2, 20),
)
def test_any_small_table_is_explained_exactly(values, zero_as_missing, num_leaves):
    X = np.array(values)
    y = np.arange(len(X)) % 3.0
    booster = trained(
        X, y, zero_as_missing=zero_as_missing, num_leaves=num_leaves, objective="l2"
    )
    assert_exact(booster, X)


@pytest.mark.slow
def test_more_than_sixteen_features_on_a_path_need_more_points_and_get_them():
    """A chain: only rows above zero in all features so far are split again."""
    rng = np.random.default_rng(5)
    X = rng.normal(size=(3000, 24)) + 1.5
    y = np.argmin(np.column_stack([X, np.full(len(X), -99.0)]) > 0, axis=1) ** 2.0
    booster = trained(X, y, trees=2, num_leaves=60, objective="regression")
    trees = read_model_text(booster.model_to_string()).trees
    assert max(walk_paths(tree).most_features for tree in trees) > 16
    assert_exact(booster, with_strange_values(rng, X[:50]))


def test_one_feature_repeated_along_a_deep_path_is_explained_exactly():
    X = np.linspace(-3, 3, 400)[:, np.newaxis]
    booster = trained(X, np.sin(5 * X[:, 0]), num_leaves=100, objective="regression")
    assert_exact(booster, np.vstack([X, [[np.nan], [np.inf], [-np.inf]]]))


def test_hundreds_of_categories_seen_and_unseen_are_explained_exactly():
    rng = np.random.default_rng(6)
    X = rng.integers(0, 300, size=(3000, 2)).astype(float)
    y = (X[:, 0] % 7 + X[:, 1] % 5 > 5).astype(float)
    booster = trained(
        X,
        y,
        categories=[0, 1],
        num_leaves=31,
        objective="binary",
        max_cat_threshold=200,
    )
    rows = [
        [-1, 3],
        [np.nan, 299],
        [300, 1e9],
        [2.9, -0.5],
        [np.inf, -np.inf],
        [1e18, 4],
    ]
    assert_exact(booster, np.vstack([X[:100], np.array(rows, dtype=float)]))


def test_trees_joined_from_tables_with_and_without_holes_are_explained_exactly():
    """Continued training mixes missing types of one feature in one model."""
    rng = np.random.default_rng(8)
    X = np.round(rng.normal(size=(200, 3)), 1)
    y = X[:, 0] * X[:, 1] + X[:, 2]
    holes = np.where(rng.random(X.shape) < 0.2, np.nan, X)
    booster = None
    for table, zero_as_missing in (
        (X, False),
        (holes, False),
        (X, True),
        (holes, True),
    ):
        booster = lightgbm.train(
            QUIET | GREEDY | {"zero_as_missing": zero_as_missing, "num_leaves": 8},
            lightgbm.Dataset(table, y, params={"zero_as_missing": zero_as_missing}),
            2,
            init_model=booster,
            keep_training_booster=True,
        )
    text = booster.model_to_string()
    kinds = {s.missing for t in read_model_text(text).trees for s in t.splits}
    assert kinds == {"none", "nan", "zero"}
    assert_exact(booster, with_strange_values(rng, holes[:60]))


@pytest.fixture(scope="module")
def middling():
    """A model with all kinds of columns, and 700 rows, some of them strange."""
    rng = np.random.default_rng(9)
    X = np.column_stack([rng.normal(size=(700, 6)), rng.integers(0, 90, (700, 2))])
    X[rng.random(X.shape) < 0.1] = np.nan
    y = (np.nansum(X[:, :4], axis=1) + (X[:, 6] % 3) > 1).astype(float)
    booster = trained(
        X, y, trees=20, categories=[6, 7], num_leaves=31, objective="binary"
    )
    return booster, with_strange_values(rng, X[:350])


def same_bits(one, other):
    return one.shape == other.shape and one.tobytes() == other.tobytes()


@pytest.mark.slow
@pytest.mark.parametrize("block", [1, 2, 4, 5, 7, 8, 64, 255, 256, 257, 1000])
@pytest.mark.parametrize("threads", [1, 2, 3])
def test_block_size_and_threads_change_no_bit(middling, block, threads):
    booster, X = middling
    model = read_tree_model(booster.model_to_string())
    expected = explain(model, X).values
    assert same_bits(explain(model, X, block=block, threads=threads).values, expected)


def test_a_row_alone_has_the_same_bits_as_in_a_batch(middling):
    booster, X = middling
    model = read_tree_model(booster.model_to_string())
    batch = explain(model, X).values
    alone = np.vstack([explain(model, row[np.newaxis]).values for row in X])
    assert same_bits(alone, batch)


def test_the_bits_are_the_same_for_columns_in_memory_a_view_and_a_locked_table(
    middling,
):
    booster, X = middling
    model = read_tree_model(booster.model_to_string())
    expected = explain(model, X).values
    locked = X.copy()
    locked.flags.writeable = False
    assert same_bits(explain(model, np.asfortranarray(X)).values, expected)
    assert same_bits(explain(model, locked).values, expected)
    assert same_bits(explain(model, np.repeat(X, 2, axis=0)[::2]).values, expected)


def test_zero_rows_give_zero_rows(middling):
    model = read_tree_model(middling[0].model_to_string())
    assert explain(model, np.empty((0, 8))).values.shape == (0, 8)


def test_a_model_without_trees_explains_everything_by_its_base():
    booster = trained(np.zeros((30, 2)), np.arange(30.0), trees=0, objective="l2")
    model = read_tree_model(booster.model_to_string())
    assert model.base == 0.0
    assert not explain(model, np.ones((3, 2))).values.any()


def test_a_model_of_single_leaves_explains_everything_by_its_base():
    booster = trained(np.zeros((30, 2)), np.arange(30.0), objective="regression")
    model = read_tree_model(booster.model_to_string())
    assert model.base == pytest.approx(14.5)
    assert not explain(model, np.ones((3, 2))).values.any()


def test_a_table_with_the_wrong_number_of_columns_is_refused(middling):
    model = read_tree_model(middling[0].model_to_string())
    with pytest.raises(ModelError, match=r"8 features.*\(5, 7\)"):
        explain(model, np.zeros((5, 7)))


@pytest.mark.parametrize("wrong", [{"threads": 0}, {"block": 0}])
def test_no_threads_or_empty_blocks_are_a_mistake(middling, wrong):
    model = read_tree_model(middling[0].model_to_string())
    with pytest.raises(ValueError, match="at least 1"):
        explain(model, np.zeros((5, 8)), **wrong)


def test_a_table_with_named_columns_is_refused(middling):
    with pytest.raises(ModelError, match="named columns"):
        explain(middling[0], pd.DataFrame(middling[1]))


def test_a_booster_its_text_and_what_was_read_are_explained_alike(middling):
    booster, X = middling
    expected = explain(read_tree_model(booster.model_to_string()), X[:20])
    assert isinstance(expected, ShapValues)
    for source in (booster, booster.model_to_string()):
        values, base = explain(source, X[:20])
        assert same_bits(values, expected.values)
        assert base == expected.base


@pytest.mark.parametrize("source", [None, lightgbm.LGBMClassifier(), 3.0])
def test_what_is_no_booster_is_refused_in_words(source):
    with pytest.raises(UnsupportedTreesError, match="is no LightGBM Booster"):
        explain(source, np.zeros((1, 1)))


def test_a_booster_with_a_best_iteration_is_explained_as_it_predicts():
    X = np.random.default_rng(2).normal(size=(200, 3))
    booster = trained(X, X[:, 0] * X[:, 1], trees=9, objective="l2")
    booster.best_iteration = 4
    values, base = explain(booster, X)
    np.testing.assert_allclose(values.sum(axis=1) + base, booster.predict(X))
    assert len(read_tree_model(booster).text.trees) == 4


@pytest.mark.slow
def test_the_library_needs_numpy_and_numba_alone():
    """An oracle that the kernel imported would prove nothing."""
    program = (
        "import numba, sys\n"
        "numbas_own = set(sys.modules)\n"
        "import riskscreen.treeshap\n"
        "from importlib.metadata import packages_distributions as installed\n"
        "found = {name.partition('.')[0] for name in {*sys.modules} - numbas_own}\n"
        "print(*found & installed().keys())"
    )
    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert set(run.stdout.split()) <= {"riskscreen", "numba", "llvmlite", "numpy"}
