"""Gradient-boosted trees (LightGBM), held back for small and drifting data."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from riskscreen.disclosure import SMALLEST_GROUP
from riskscreen.errors import ModelError
from riskscreen.estimators.contract import direction_signs
from riskscreen.features.catalogue import Feature
from riskscreen.spec import Estimator as Settings

Numbers = npt.NDArray[np.float64]

_PATIENCE = 3.0
"""Learning without any gain before growing stops: this over the learning rate, in trees
(100 at a rate of 0.03)."""


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

    @property
    def base(self) -> float:
        """The mean log-odds of the training rows, weighted by the trees' covers."""
        row = np.zeros((1, len(self.fill)))
        return float(_contributions(self.text, row)[0, -1])

    def filled(self, values: Numbers) -> Numbers:
        """*values* as the trees must see them."""
        fill = np.array(self.fill)
        return np.where(np.isnan(values) & ~np.isnan(fill), fill, values)

    def log_odds(self, values: Numbers) -> Numbers:
        """The uncalibrated log-odds, one per row of *values* (rows, features)."""
        raw = _booster(self.text).predict(
            self.filled(values), raw_score=True, num_threads=1
        )
        return np.asarray(raw, dtype=np.float64)

    def contributions(self, values: Numbers) -> Numbers:
        """SHAP values by LightGBM's own ``pred_contrib``: exact, and the slow way."""
        return _contributions(self.text, self.filled(values))[:, :-1]

    def settings(self) -> Mapping[str, Any]:
        """The number of trees."""
        return {"rounds": self.rounds}

    def as_json(self) -> dict[str, Any]:
        """What stands beside the text; NaN is written as null."""
        fill = [None if np.isnan(value) else value for value in self.fill]
        return {"kind": self.kind, "fill": fill, "rounds": self.rounds}


def lightgbm_from_json(stored: Mapping[str, Any], text: str) -> LightGBMEstimator:
    """The estimator that ``as_json`` wrote, with its trees' *text*."""
    fill = tuple(np.nan if v is None else float(v) for v in stored["fill"])
    return LightGBMEstimator(text=text, fill=fill, rounds=int(stored["rounds"]))


def fit_lightgbm(
    values: Numbers,
    long: Any,
    features: tuple[Feature, ...],
    *,
    settings: Settings,
    rounds: int,
) -> LightGBMEstimator:
    """Exactly *rounds* trees."""
    data = _dataset(values, long, features)
    return _fitted(data, values, features, settings=settings, rounds=rounds)


def fit_until_no_better(
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

    data = _dataset(values, long, features)
    filled = LightGBMEstimator("", _fill(values, features), 0).filled(judge[0])
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
    return _kept(booster, values, features, rounds=max(booster.best_iteration, 1))


def without_extremes(text: str) -> str:
    """*text* of a LightGBM model without its columns' exact minima and maxima.

    ``feature_infos`` holds the most extreme row of every number; nothing that predicts
    reads it. The parameters at the end go too: the specification has them.
    """
    coarse = re.sub(r"\[[^\]\n]*:[^\]\n]*\]", "[-inf:inf]", _line(text))
    bare = text.replace(_line(text), coarse, 1)
    return bare.split("\nparameters:", 1)[0].rstrip("\n") + "\n"


def _line(text: str) -> str:
    found = re.search(r"^feature_infos=.*$", text, flags=re.MULTILINE)
    if not found:
        raise ModelError(
            "model.txt: no LightGBM model (no feature_infos). Train again."
        )
    return found.group()


def _dataset(values: Numbers, long: Any, features: tuple[Feature, ...]) -> Any:
    import lightgbm  # noqa: PLC0415

    categories = [i for i, f in enumerate(features) if f.kind == "category"]
    return lightgbm.Dataset(
        LightGBMEstimator("", _fill(values, features), 0).filled(values),
        label=_labels(long),
        feature_name=[f.name for f in features],
        categorical_feature=categories,
        params={"verbosity": -1, "min_data_in_bin": SMALLEST_GROUP, "num_threads": 1},
        free_raw_data=False,
    )


def _fitted(
    data: Any,
    values: Numbers,
    features: tuple[Feature, ...],
    *,
    settings: Settings,
    rounds: int,
) -> LightGBMEstimator:
    import lightgbm  # noqa: PLC0415

    booster = lightgbm.train(
        _parameters(settings, features), data, num_boost_round=rounds
    )
    return _kept(booster, values, features, rounds=rounds)


def _kept(
    booster: Any, values: Numbers, features: tuple[Feature, ...], *, rounds: int
) -> LightGBMEstimator:
    text = without_extremes(booster.model_to_string(num_iteration=rounds))
    return LightGBMEstimator(text, _fill(values, features), rounds)


def _parameters(settings: Settings, features: tuple[Feature, ...]) -> dict[str, Any]:
    return {
        "objective": "binary",
        "learning_rate": settings.learning_rate,
        "num_leaves": settings.max_leaves,
        "min_data_in_leaf": max(settings.min_rows_in_leaf, SMALLEST_GROUP),
        "lambda_l2": settings.ridge,
        "cat_l2": settings.ridge,
        "min_data_per_group": max(settings.min_rows_in_leaf, SMALLEST_GROUP),
        "bagging_fraction": settings.row_share,
        "bagging_freq": 1,
        "feature_fraction": settings.column_share,
        "monotone_constraints": list(direction_signs(features)),
        "feature_contri": [
            1.0 if f.family == "intake" else settings.history_gain for f in features
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
    return tuple(
        _coarse_median(values[:, i]) if f.kind != "category" else np.nan
        for i, f in enumerate(features)
    )


def _coarse_median(column: Numbers) -> float:
    if np.isnan(column).any() or not len(column):
        return np.nan
    return float(f"{np.median(column):.2g}")


def _labels(long: Any) -> Numbers:
    return np.asarray(long, dtype=np.float64)


def _contributions(text: str, values: Numbers) -> Numbers:
    found = _booster(text).predict(values, pred_contrib=True, num_threads=1)
    return np.asarray(found, dtype=np.float64)


@lru_cache(maxsize=16)
def _booster(text: str) -> Any:
    import lightgbm  # noqa: PLC0415

    return lightgbm.Booster(model_str=text)
