"""Gradient-boosted trees (LightGBM), held back for small and drifting data."""

import hashlib
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from riskscreen.disclosure.words import SMALLEST_GROUP
from riskscreen.errors import ModelError
from riskscreen.features.catalogue import Feature
from riskscreen.model.estimators.base import (
    RiskEstimator,
    build_monotone_constraints,
    compute_percentile_ranges,
    mark_fitted,
    round_numbers,
)
from riskscreen.model.estimators.tree_text import round_tree_text
from riskscreen.model.records import check_record
from riskscreen.model.stored_model import TreesRecord, build_misfit_error
from riskscreen.rounding import round_for_disclosure
from riskscreen.treeshap import (
    TreeModel,
    explain,
    explain_by_definition,
    explain_interactions,
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


class LightGBMEstimator(RiskEstimator):
    """Gradient-boosted trees, explained exactly by ``riskscreen.treeshap``.

    ``rounds`` trees, or, where a fit is given later cases to stop early by, at most
    ``max_rounds``. The other parameters are LightGBM's num_leaves, min_data_in_leaf,
    lambda_l2 and cat_l2, bagging_fraction and feature_fraction;
    ``history_gain_factor`` scales the gain of a split on a history feature.

    A missing value of a feature without informative_missing adds nothing: such a case
    goes both ways at a split on it, by the shares of all training cases. LightGBM grows
    the trees with what is missing left missing, so no pile of cases lies at a value
    that stands in for it and could be split off. Where silence goes with the outcome,
    the cases that state the fact are shown at their own mean, the silent at that of all
    (docs/explanation/decisions/missing.md).

    A fit leaves ``text_``, LightGBM's own text without the extremes of its columns;
    ``fill_``, per feature of informative_missing the value that stands in for a missing
    one where training had none (a rounded median; LightGBM would read it as zero), else
    NaN; and ``rounds_``.
    """

    kind = "lightgbm"
    text_: str
    fill_: tuple[float, ...]
    rounds_: int

    def __init__(  # noqa: PLR0913  (hyperparameters, as scikit-learn has them)
        self,
        *,
        rounds: int = 200,
        max_rounds: int = 1500,
        learning_rate: float = 0.03,
        num_leaves: int = 6,
        min_data_in_leaf: int = 40,
        lambda_l2: float = 20.0,
        bagging_fraction: float = 0.7,
        feature_fraction: float = 0.5,
        history_gain_factor: float = 0.4,
        seed: int = 0,
        features: tuple[Feature, ...] | None = None,
    ) -> None:
        self.rounds = rounds
        self.max_rounds = max_rounds
        self.learning_rate = learning_rate
        self.num_leaves = num_leaves
        self.min_data_in_leaf = min_data_in_leaf
        self.lambda_l2 = lambda_l2
        self.bagging_fraction = bagging_fraction
        self.feature_fraction = feature_fraction
        self.history_gain_factor = history_gain_factor
        self.seed = seed
        self.features = features

    def fit(
        self,
        X: Any,
        y: Any,
        case_weight: Any = None,
        *,
        early_stopping: tuple[Any, Any, Any] | None = None,
    ) -> Self:
        """Fit ``rounds`` trees, or as many as lower a log-loss.

        *early_stopping* are X, y and weights (or None) of later cases: growing stops
        once their log-loss has not fallen for _PATIENCE / learning_rate trees, and the
        best number is kept.
        """
        import lightgbm  # noqa: PLC0415  (a second to import; scoring never does)

        X, y = self.validate_training(X, y)
        weights = self.validate_weights(case_weight, X)
        fill = _fill(X, self.features_)
        data = lightgbm.Dataset(
            round_numbers(_fill_missing(X, fill), self.features_),
            label=y,
            weight=weights,
            feature_name=[f.name for f in self.features_],
            categorical_feature=[
                i for i, f in enumerate(self.features_) if f.kind == "category"
            ],
            params={
                "verbosity": -1,
                "min_data_in_bin": SMALLEST_GROUP,
                "num_threads": 1,
            },
            free_raw_data=False,
        )
        if early_stopping is None:
            booster = lightgbm.train(
                self._parameters(), data, num_boost_round=self.rounds
            )
            rounds = self.rounds
        else:
            later = _fill_missing(np.asarray(early_stopping[0], np.float64), fill)
            booster = lightgbm.train(
                self._parameters(),
                data,
                num_boost_round=self.max_rounds,
                valid_sets=[
                    data.create_valid(
                        later,
                        label=np.asarray(early_stopping[1], np.float64),
                        weight=early_stopping[2],
                    )
                ],
                callbacks=[
                    lightgbm.early_stopping(
                        round(_PATIENCE / self.learning_rate), verbose=False
                    )
                ],
            )
            rounds = max(booster.best_iteration, 1)
        self.text_ = without_extremes(booster.model_to_string(num_iteration=rounds))
        self.fill_, self.rounds_ = fill, rounds
        return self

    @property
    def base(self) -> float:
        """The mean log-odds of the training rows, weighted by the trees' covers."""
        return _trees(self.text_).base

    def decision_function(self, X: Any) -> Numbers:
        """Return the uncalibrated log-odds, one per row of X."""
        values = self.fill_missing(X)
        return predict(_trees(self.text_), values, both_ways=self.both_ways)

    def predict_once(self, X: Any) -> Numbers:
        """Return ``decision_function`` to the bit, by LightGBM itself where it can.

        Reading the trees' text as we do, with all its checks, is a good part of what
        growing them costs; but LightGBM sends no case both ways.
        """
        import lightgbm  # noqa: PLC0415

        values = self.fill_missing(X)
        if np.isnan(values[:, self.both_ways]).any():
            return self.decision_function(X)
        booster = lightgbm.Booster(model_str=self.text_)
        return np.asarray(booster.predict(values, raw_score=True, num_threads=1))

    def contributions(self, X: Any) -> Numbers:
        """Return exact SHAP values (riskscreen.treeshap)."""
        values = self.fill_missing(X)
        return explain(_trees(self.text_), values, both_ways=self.both_ways).values

    def interactions(self, X: Any) -> Numbers:
        """Return exact SHAP interaction values (riskscreen.treeshap)."""
        values, both_ways = self.fill_missing(X), self.both_ways
        return explain_interactions(
            _trees(self.text_), values, both_ways=both_ways
        ).values

    def reference_contributions(self, X: Any) -> Numbers:
        """Return the same the slow way, from the definition."""
        values = self.fill_missing(X)
        return explain_by_definition(
            _trees(self.text_), values, both_ways=self.both_ways
        )

    @property
    def both_ways(self) -> npt.NDArray[np.bool_]:
        """Per feature, whether a case goes both ways where its value is missing."""
        return np.array([not f.informative_missing for f in self.features_])

    def fill_missing(self, X: Any) -> Numbers:
        """Return X as the trees must see it."""
        return _fill_missing(self.validate_values(X), self.fill_)

    def round_for_disclosure(self, *, n: int) -> Self:
        """Return the trees as a model's folder may hold them, grown on *n* cases."""
        return self.with_attributes(text_=round_tree_text(self.text_, n=n))

    def to_json(self) -> dict[str, Any]:
        """Return what stands beside the text; NaN is written as null."""
        return {
            "kind": self.kind,
            "fill": [None if np.isnan(value) else value for value in self.fill_],
            "rounds": self.rounds_,
            "text_sha256": _digest(self.text_),
        }

    def to_text(self) -> str | None:
        """Return LightGBM's text of the trees."""
        return self.text_

    @classmethod
    def from_json(
        cls,
        stored: Mapping[str, Any],
        *,
        text: str | None,
        features: tuple[Feature, ...],
    ) -> Self:
        """Return the estimator that ``to_json`` wrote, with its trees' *text*.

        Raises ModelError where the text is not the one that was stored with it, not
        whole, or not of a model of these *features* in their order.
        """
        check_record(stored, TreesRecord, file="model.json")
        if len(stored["fill"]) != len(features):
            raise build_misfit_error("model.json", "fill")
        if text is None:
            raise ModelError("model.txt is missing. Export the model again.")
        if stored["text_sha256"] != _digest(text):
            raise ModelError(
                "model.txt: not the trees that model.json was stored with. "
                "Export the model again."
            )
        trees, rounds = _trees(text).text, int(stored["rounds"])
        if trees.feature_names != tuple(f.name for f in features):
            raise ModelError(
                "model.txt: its feature names are not the specification's. "
                "Export the model again."
            )
        if len(trees.trees) != rounds:
            raise ModelError(
                "model.txt: not as many trees as model.json says. Export the model "
                "again."
            )
        for feature, levels in zip(features, trees.categories, strict=True):
            _check_levels(feature, levels)
        estimator = cls(rounds=rounds, features=features)
        mark_fitted(estimator, features)
        estimator.text_, estimator.rounds_ = text, rounds
        estimator.fill_ = tuple(
            np.nan if value is None else float(value) for value in stored["fill"]
        )
        return estimator

    def _parameters(self) -> dict[str, Any]:
        rows_in_leaf = max(self.min_data_in_leaf, SMALLEST_GROUP)
        return {
            "objective": "binary",
            "learning_rate": self.learning_rate,
            "num_leaves": self.num_leaves,
            "min_data_in_leaf": rows_in_leaf,
            "lambda_l2": self.lambda_l2,
            "cat_l2": self.lambda_l2,
            "min_data_per_group": rows_in_leaf,
            "bagging_fraction": self.bagging_fraction,
            "bagging_freq": 1,
            "feature_fraction": self.feature_fraction,
            "monotone_constraints": list(build_monotone_constraints(self.features_)),
            "feature_contri": [
                1.0 if f.family == "intake" else self.history_gain_factor
                for f in self.features_
            ],
            "min_data_in_bin": SMALLEST_GROUP,
            "seed": self.seed,
            "deterministic": True,
            "force_row_wise": True,
            "num_threads": 1,
            "metric": "binary_logloss",
            "verbosity": -1,
        }


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


def _fill_missing(values: Numbers, fill: tuple[float, ...]) -> Numbers:
    typical = np.array(fill)
    return np.where(np.isnan(values) & ~np.isnan(typical), typical, values)


def _fill(values: Numbers, features: tuple[Feature, ...]) -> tuple[float, ...]:
    """Return per feature what stands in for a missing value, NaN where nothing does.

    A rounded median where the feature is informative, no category and never missing.
    """
    medians = np.median(values, axis=0)
    return tuple(
        np.nan
        if feature.kind == "category"
        or not feature.informative_missing
        or np.isnan(median)
        else float(round_for_disclosure(median, spread=spread, n=len(values)))
        for feature, median, spread in zip(
            features, medians, compute_percentile_ranges(values), strict=True
        )
    )


@lru_cache(maxsize=16)
def _trees(text: str) -> TreeModel:
    """Read the trees in *text*: log-odds, with finite thresholds.

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
