"""Gradient-boosted trees (LightGBM), held back for small and drifting data."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from riskscreen.disclosure.words import SMALLEST_GROUP
from riskscreen.errors import ModelError
from riskscreen.features.catalogue import Feature
from riskscreen.model.estimators.base import build_monotone_constraints
from riskscreen.model.estimators.coarse_trees import coarse_text
from riskscreen.rounding import round_for_disclosure
from riskscreen.spec import EstimatorSettings as Settings
from riskscreen.treeshap import (
    TreeModel,
    explain,
    explain_by_definition,
    predict,
    read_tree_model,
)

Numbers = npt.NDArray[np.float64]

_PATIENCE = 3.0
"""Learning without any gain before growing stops: this over the learning rate, in trees
(100 at a rate of 0.03)."""
OBJECTIVE = "binary sigmoid:1"
"""What LightGBM writes of a model whose raw scores are log-odds."""
FARTHEST = "1e+300"
"""LightGBM's own largest threshold but for infinity."""
_LARGEST_LEAF = 1000.0
"""Log-odds; a leaf of a sound model lies within 35 or so."""


@dataclass(frozen=True, slots=True)
class LightGBMEstimator:
    """The text of a LightGBM model, without the extremes of its columns.

    ``fill`` holds, per feature, the value that stands in for a missing one where
    training had none (a coarse median; LightGBM would read it as zero), else NaN.
    """

    text: str
    fill: tuple[float, ...]
    rounds: int
    kind: str = "lightgbm"

    def round_for_disclosure(self, *, n: int) -> "LightGBMEstimator":
        """The estimator as a model's folder may hold it, grown on *n* cases."""
        return replace(self, text=coarse_text(self.text, n=n))

    @property
    def base(self) -> float:
        """The mean log-odds of the training rows, weighted by the trees' covers."""
        return _trees(self.text).base

    def filled(self, values: Numbers) -> Numbers:
        """*values* as the trees must see them."""
        fill = np.array(self.fill)
        return np.where(np.isnan(values) & ~np.isnan(fill), fill, values)

    def log_odds(self, values: Numbers) -> Numbers:
        """The uncalibrated log-odds, one per row of *values* (rows, features)."""
        return predict(_trees(self.text), self.filled(values))

    def contributions(self, values: Numbers) -> Numbers:
        """SHAP values, exact (riskscreen.treeshap)."""
        return explain(_trees(self.text), self.filled(values))

    def reference_contributions(self, values: Numbers) -> Numbers:
        """The same the slow way, from the definition."""
        return explain_by_definition(_trees(self.text), self.filled(values))

    def settings(self) -> Mapping[str, Any]:
        """The number of trees."""
        return {"rounds": self.rounds}

    def as_json(self) -> dict[str, Any]:
        """What stands beside the text; NaN is written as null."""
        fill = [None if np.isnan(value) else value for value in self.fill]
        return {
            "kind": self.kind,
            "fill": fill,
            "rounds": self.rounds,
            "text_sha256": _digest(self.text),
        }


def lightgbm_from_json(
    stored: Mapping[str, Any], text: str, features: tuple[Feature, ...]
) -> LightGBMEstimator:
    """The estimator that ``as_json`` wrote, with its trees' *text*.

    Raises ModelError where the text is not the one that was stored with it, not whole,
    or not of a model of these *features* in their order.
    """
    if stored["text_sha256"] != _digest(text):
        raise ModelError(
            "model.txt: not the trees that model.json was stored with. "
            "Export the model again."
        )
    fill = tuple(np.nan if v is None else float(v) for v in stored["fill"])
    estimator = LightGBMEstimator(text=text, fill=fill, rounds=int(stored["rounds"]))
    trees = _trees(text).text
    if trees.feature_names != tuple(f.name for f in features):
        raise ModelError(
            "model.txt: its feature names are not the specification's. "
            "Export the model again."
        )
    if len(trees.trees) != estimator.rounds:
        raise ModelError(
            "model.txt: not as many trees as model.json says. Export the model again."
        )
    for feature, levels in zip(features, trees.categories, strict=True):
        _check_levels(feature, levels)
    return estimator


def _check_levels(feature: Feature, found: frozenset[int] | None) -> None:
    """Raise ModelError where the trees know *feature* as another kind of column.

    A column that is never split on may be of no kind at all (None).
    """
    allowed = set(range(-1, len(feature.levels)))
    if found is not None and (feature.kind != "category" or not found <= allowed):
        raise ModelError(
            f"model.txt: {feature.name} has categories that the specification does "
            "not know. Export the model again."
        )


def fit_lightgbm(
    values: Numbers,
    long: Any,
    features: tuple[Feature, ...],
    *,
    settings: Settings,
    rounds: int,
) -> LightGBMEstimator:
    """Exactly *rounds* trees."""
    import lightgbm  # noqa: PLC0415

    fill = _fill(values, features)
    booster = lightgbm.train(
        _parameters(settings, features),
        _dataset(values, long, features, fill),
        num_boost_round=rounds,
    )
    return _kept(booster, fill, rounds=rounds)


def fit_with_early_stopping(
    values: Numbers,
    long: Any,
    features: tuple[Feature, ...],
    *,
    settings: Settings,
    judge: tuple[Numbers, Any],
) -> LightGBMEstimator:
    """As many trees as lower the log-loss of the *judge* (values, long): later cases.

    Stops after _PATIENCE without gain.
    """
    import lightgbm  # noqa: PLC0415  (a second to import; scoring a logistic model never does)

    fill = _fill(values, features)
    data = _dataset(values, long, features, fill)
    filled = LightGBMEstimator("", fill, 0).filled(judge[0])
    booster = lightgbm.train(
        _parameters(settings, features),
        data,
        num_boost_round=settings.max_rounds,
        valid_sets=[data.create_valid(filled, label=_labels(judge[1]))],
        callbacks=[
            lightgbm.early_stopping(
                round(_PATIENCE / settings.learning_rate), verbose=False
            ),
        ],
    )
    return _kept(booster, fill, rounds=max(booster.best_iteration, 1))


def without_extremes(text: str) -> str:
    """*text* of a LightGBM model without its columns' exact minima and maxima.

    ``feature_infos`` holds the most extreme row of every number; nothing that predicts
    reads it. The parameters at the end go too: the specification has them. A split
    between the numbers and what is missing stands at FARTHEST, not at infinity, so that
    a stored text holds finite numbers only.
    """
    coarse = re.sub(r"\[[^\]\n]*:[^\]\n]*\]", "[-inf:inf]", _line(text))
    bare = text.replace(_line(text), coarse, 1)
    bare = bare.split("\nparameters:", 1)[0].rstrip("\n") + "\n"
    header, blank, rest = bare.partition("\n\n")
    body, end, tail = rest.partition("end of trees")
    trees = re.split(r"(?=^Tree=)", body, flags=re.MULTILINE)[1:]
    finite = [
        re.sub(r"^threshold=.*$", _finite, tree, flags=re.MULTILINE) for tree in trees
    ]
    sizes = f"tree_sizes={' '.join(str(len(tree)) for tree in finite)}"
    header = re.sub(r"^tree_sizes=.*$", sizes, header, flags=re.MULTILINE)
    return header + blank + "".join(finite) + end + tail


def _finite(thresholds: re.Match[str]) -> str:
    return re.sub(r"\binf\b", FARTHEST, thresholds.group())


def _line(text: str) -> str:
    found = re.search(r"^feature_infos=.*$", text, flags=re.MULTILINE)
    if not found:
        raise ModelError(
            "model.txt: no LightGBM model (no feature_infos). Train again."
        )
    return found.group()


def _dataset(
    values: Numbers,
    long: Any,
    features: tuple[Feature, ...],
    fill: tuple[float, ...],
) -> Any:
    import lightgbm  # noqa: PLC0415

    categories = [i for i, f in enumerate(features) if f.kind == "category"]
    filled = LightGBMEstimator("", fill, 0).filled(values)
    return lightgbm.Dataset(
        _coarse_numbers(filled, features),
        label=_labels(long),
        feature_name=[f.name for f in features],
        categorical_feature=categories,
        params={"verbosity": -1, "min_data_in_bin": SMALLEST_GROUP, "num_threads": 1},
        free_raw_data=False,
    )


def _coarse_numbers(values: Numbers, features: tuple[Feature, ...]) -> Numbers:
    """*values* with numbers as coarse as thresholds may be, which lie between them."""
    found, seen, spreads = values.copy(), ~np.isnan(values), _spreads(values)
    for place, feature in enumerate(features):
        if feature.kind == "number" and (n := int(seen[:, place].sum())):
            found[:, place] = round_for_disclosure(
                values[:, place], spread=spreads[place], n=n
            )
    return found


def _spreads(values: Numbers) -> Numbers:
    """From the 1st to the 99th percentile of each column, of what is not missing."""
    missing, ends = np.isnan(values), (0.01, 0.99)
    whole = ~missing.any(axis=0)
    spreads = np.full(values.shape[1], np.nan)
    spreads[whole] = np.ptp(np.quantile(values[:, whole], ends, axis=0), axis=0)
    for place in np.flatnonzero(~whole & ~missing.all(axis=0)):
        seen = values[~missing[:, place], place]
        spreads[place] = np.ptp(np.quantile(seen, ends))
    return spreads


def _kept(booster: Any, fill: tuple[float, ...], *, rounds: int) -> LightGBMEstimator:
    text = without_extremes(booster.model_to_string(num_iteration=rounds))
    return LightGBMEstimator(text, fill, rounds)


def _parameters(settings: Settings, features: tuple[Feature, ...]) -> dict[str, Any]:
    return {
        "objective": "binary",
        "learning_rate": settings.learning_rate,
        "num_leaves": settings.num_leaves,
        "min_data_in_leaf": max(settings.min_data_in_leaf, SMALLEST_GROUP),
        "lambda_l2": settings.lambda_l2,
        "cat_l2": settings.lambda_l2,
        "min_data_per_group": max(settings.min_data_in_leaf, SMALLEST_GROUP),
        "bagging_fraction": settings.bagging_fraction,
        "bagging_freq": 1,
        "feature_fraction": settings.feature_fraction,
        "monotone_constraints": list(build_monotone_constraints(features)),
        "feature_contri": [
            1.0 if f.family == "intake" else settings.history_gain_factor
            for f in features
        ],
        "min_data_in_bin": SMALLEST_GROUP,
        "seed": settings.seed,
        "deterministic": True,
        "force_row_wise": True,
        "num_threads": 1,
        "metric": "binary_logloss",
        "verbosity": -1,
    }


def _fill(values: Numbers, features: tuple[Feature, ...]) -> tuple[float, ...]:
    """A coarse median where a number or flag is never missing in training, else NaN."""
    if not len(values):
        return (np.nan,) * len(features)
    medians, spreads = np.median(values, axis=0), _spreads(values)
    return tuple(
        np.nan
        if feature.kind == "category" or np.isnan(median)
        else float(round_for_disclosure(median, spread=spread, n=len(values)))
        for feature, median, spread in zip(features, medians, spreads, strict=True)
    )


def _labels(long: Any) -> Numbers:
    return np.asarray(long, dtype=np.float64)


@lru_cache(maxsize=16)
def _trees(text: str) -> TreeModel:
    """The trees in *text*, which must be log-odds and ask nothing of infinity.

    Raises ModelError for any other text.
    """
    try:
        model = read_tree_model(text)
    except ModelError as refused:
        raise ModelError(f"model.txt: {refused}") from None
    if model.text.objective != OBJECTIVE:
        raise ModelError(
            f"model.txt: its objective is not {OBJECTIVE!r}. Export the model again."
        )
    splits = [split for tree in model.text.trees for split in tree.splits]
    missing = {(split.feature, split.missing) for split in splits}
    if len(missing) != len({split.feature for split in splits}):
        raise ModelError(
            "model.txt: damaged: what counts as missing differs between trees. "
            "Export the model again."
        )
    values = [value for tree in model.text.trees for value in tree.leaf_values]
    if not all(abs(value) <= _LARGEST_LEAF for value in values) or not all(
        np.isfinite(split.threshold) for split in splits
    ):
        raise ModelError(
            "model.txt: damaged: a threshold or a leaf is out of bounds. "
            "Export the model again."
        )
    return model


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
