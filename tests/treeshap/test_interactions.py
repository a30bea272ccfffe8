"""Interaction values against the definition, summed over every set of features."""

from collections import Counter
from itertools import combinations
from math import factorial

import lightgbm
import numpy as np
import pytest

from riskscreen.treeshap import explain, explain_interactions, read_tree_model
from tests.treeshap.test_shap_values import STRANGE, random_model, trained


def small_model(seed):
    """A model of two to six features of any kind, and rows to explain."""
    rng = np.random.default_rng(seed)
    features, rows = int(rng.integers(2, 7)), int(rng.integers(30, 200))
    is_category = rng.random(features) < 0.4
    X = np.where(
        is_category,
        rng.integers(0, 9, (rows, features)),
        rng.normal(size=(rows, features)),
    )
    X[:, 0] = np.where(is_category[0], X[:, 0], np.round(X[:, 0]))  # ties and zeros
    X[rng.random(X.shape) < rng.choice([0.0, 0.2])] = np.nan
    known = np.nan_to_num(X)
    y = known[:, 0] * known[:, 1] + (known[:, -1] % 3 > 1) + rng.normal(size=rows)
    booster = trained(
        X,
        (y > np.median(y)).astype(float),
        trees=int(rng.integers(1, 4)),
        categories=np.flatnonzero(is_category).tolist(),
        objective="binary",
        num_leaves=int(rng.choice([2, 6, 16])),
        max_cat_to_onehot=int(rng.choice([1, 4])),
        boosting=str(rng.choice(["gbdt", "dart"])),
        zero_as_missing=bool(rng.random() < 0.3),
        use_missing=bool(rng.random() < 0.8),
        seed=seed,
    )
    strange = X[:3].copy()
    hit = rng.random(strange.shape) < 0.5
    strange[hit] = rng.choice([*STRANGE, 3.0, 12.0], hit.sum())
    return booster, np.vstack([X[:3], strange])


def goes_left(node, value):
    """LightGBM's documented rule, of a node in its own JSON."""
    if node["decision_type"] == "==":
        listed = {int(level) for level in node["threshold"].split("||")}
        return bool(np.isfinite(value) and value > -1 and int(value) in listed)
    missing = node["missing_type"]
    if np.isnan(value) and missing != "NaN":
        value = 0.0
    if abs(value) <= 1e-35:
        value = 0.0
    if (missing == "NaN" and np.isnan(value)) or (missing == "Zero" and value == 0):
        return node["default_left"]
    threshold = node["threshold"]  # the JSON has 1e300 for infinity
    return bool(value <= (threshold if threshold < 1e300 else np.inf))


def mean_output(node, row, known):
    """The tree's output where *known* features decide and all others are shared out."""
    if "leaf_value" in node:
        return node["leaf_value"]
    left, right = node["left_child"], node["right_child"]
    if node["split_feature"] in known:
        way = left if goes_left(node, row[node["split_feature"]]) else right
        return mean_output(way, row, known)
    covers = [way.get("internal_count", way.get("leaf_count")) for way in (left, right)]
    ends = [mean_output(way, row, known) for way in (left, right)]
    return (covers[0] * ends[0] + covers[1] * ends[1]) / sum(covers)


def sum_over_every_set(booster, row):
    """The interaction index as Lundberg et al. 2020 define it, word for word."""
    trees = [tree["tree_structure"] for tree in booster.dump_model()["tree_info"]]
    count = len(row)
    sets = [
        frozenset(s) for n in range(count + 1) for s in combinations(range(count), n)
    ]
    worth = {
        known: sum(mean_output(tree, row, known) for tree in trees) for known in sets
    }
    found = np.zeros((count, count))
    for i in range(count):
        for known in sets:
            if i in known:
                continue
            size = len(known)
            weight = factorial(size) * factorial(count - size - 1) / factorial(count)
            found[i, i] += weight * (worth[known | {i}] - worth[known])
            for j in set(range(count)) - known - {i}:
                weight = factorial(size) * factorial(count - size - 2)
                weight /= 2 * factorial(count - 1)
                both = worth[known | {i, j}] + worth[known]
                each = worth[known | {i}] + worth[known | {j}]
                found[i, j] += weight * (both - each)
    found[np.diag_indices(count)] -= found.sum(axis=1) - np.diag(found)
    return found


@pytest.mark.slow
@pytest.mark.parametrize(
    "hundred",
    [0, *(pytest.param(later, marks=pytest.mark.thorough) for later in (1, 2, 3, 4))],
)
def test_five_hundred_small_models_equal_the_sum_over_every_set(hundred):
    for seed in range(100 * hundred, 100 * hundred + 100):
        booster, X = small_model(seed)
        values, base = explain_interactions(booster, X)
        expected = [sum_over_every_set(booster, row) for row in X]
        np.testing.assert_allclose(values, expected, rtol=0, atol=1e-9)
        raw = booster.predict(X, raw_score=True, num_threads=1)
        np.testing.assert_allclose(values.sum(axis=(1, 2)) + base, raw, atol=1e-9)


@pytest.mark.slow
def test_the_small_models_hold_what_the_kernel_must_know():
    """Otherwise five hundred agreements would say little."""
    seen = Counter()

    def walk(node, above):
        if "leaf_value" in node:
            return
        feature = node["split_feature"]
        seen[node["decision_type"], node["missing_type"]] += 1
        seen["levels"] += "||" in str(node["threshold"])
        seen["repeated"] += feature in above
        seen["repeated below another"] += feature in above[:-1] and feature != above[-1]
        for way in ("left_child", "right_child"):
            walk(node[way], [*above, feature])

    for seed in range(100):
        booster, _ = small_model(seed)
        seen["dart"] += "[boosting: dart]" in booster.model_to_string()
        for tree in booster.dump_model()["tree_info"]:
            walk(tree["tree_structure"], [])
    kinds = {("<=", missing) for missing in ("None", "Zero", "NaN")} | {("==", "None")}
    words = {"levels", "repeated", "repeated below another", "dart"}
    assert {what for what, times in seen.items() if times > 10} >= kinds | words


@pytest.mark.slow
def test_they_are_symmetric_and_their_rows_add_up_to_the_shap_values():
    strongest = 0.0
    for seed in range(60):
        booster, X = random_model(seed)
        model = read_tree_model(booster)
        both_ways = np.arange(X.shape[1]) % 2 == 0
        for marks in (None, both_ways):
            values, base = explain_interactions(model, X, both_ways=marks)
            assert np.array_equal(values, values.transpose(0, 2, 1))
            single = explain(model, X, both_ways=marks)
            assert base == single.base
            np.testing.assert_allclose(values.sum(axis=2), single.values, atol=1e-9)
        silent = np.isnan(X) & both_ways
        assert not values[silent].any()
        strongest = max(strongest, np.abs(values).max(initial=0.0))
    assert strongest > 0.1


def interacting(rng, *, categories):
    """A model of forty categories that matter only together with a number."""
    X = np.column_stack([rng.integers(0, 40, 600), rng.normal(size=600)]).astype(float)
    y = np.where(X[:, 0] % 3 == 1, X[:, 1], -X[:, 1])
    kind = {"num_leaves": 8, "objective": "l2"}
    return trained(X, y, trees=3, categories=categories, **kind), X[:40]


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::PendingDeprecationWarning")  # of matplotlib
def test_shaps_own_are_right_for_numbers_and_wrong_for_many_categories():
    """Why ours are here (shap's 5079); when it fails, docs/explanation/treeshap.md is
    to change."""
    import shap  # noqa: PLC0415  (it warns as it is imported)

    for categories, right in (([], True), ([0], False)):
        booster, X = interacting(np.random.default_rng(0), categories=categories)
        expected = np.array([sum_over_every_set(booster, row) for row in X])
        ours = explain_interactions(booster, X).values
        np.testing.assert_allclose(ours, expected, rtol=0, atol=1e-9)
        try:
            theirs = shap.TreeExplainer(booster).shap_interaction_values(X)
        except AttributeError:  # shap 0.48 ends so where there are categories
            assert not right
            continue
        gap = np.abs(theirs - expected).max()
        assert gap < 1e-6 if right else gap > 0.1


def test_more_rows_than_a_block_and_none_at_all():
    booster, X = interacting(np.random.default_rng(1), categories=[0])
    values = explain_interactions(booster, np.repeat(X, 8, axis=0)).values
    assert values.shape == (320, 2, 2)
    alone = [explain_interactions(booster, row[np.newaxis]).values[0] for row in X]
    assert np.array_equal(values[::8], alone)
    assert explain_interactions(booster, X[:0]).values.shape == (0, 2, 2)


def test_where_nothing_is_split_or_one_feature_is_nothing_interacts():
    X = np.linspace(-3, 3, 200)[:, np.newaxis]
    alone = trained(X, np.sin(X[:, 0]), num_leaves=20, objective="l2")
    values = explain_interactions(alone, X).values
    np.testing.assert_array_equal(values[:, 0], explain(alone, X).values)
    single = trained(np.zeros((30, 2)), np.arange(30.0), objective="l2")
    values, base = explain_interactions(single, np.ones((3, 2)))
    assert not values.any()
    assert base == pytest.approx(14.5)


@pytest.mark.slow
def test_trees_joined_from_several_trainings_are_known_as_one():
    rng = np.random.default_rng(3)
    X = np.round(rng.normal(size=(300, 4)), 1)
    y = X[:, 0] * X[:, 1] + X[:, 2]
    first = trained(X, y, num_leaves=8, objective="l2")
    params = {"verbosity": -1, "num_threads": 1, "zero_as_missing": True}
    data = lightgbm.Dataset(X, y, params=params)
    booster = lightgbm.train(params, data, 3, init_model=first)
    expected = [sum_over_every_set(booster, row) for row in X[:5]]
    values = explain_interactions(booster, X[:5]).values
    np.testing.assert_allclose(values, expected, rtol=0, atol=1e-9)
