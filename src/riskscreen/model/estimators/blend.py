"""A weighted mean, in log-odds, of a linear estimator and trees."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from riskscreen.model.estimators.lightgbm import LightGBMEstimator
from riskscreen.model.estimators.logistic import LogisticEstimator

Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class BlendEstimator:
    """``weight`` × logistic + (1 − weight) × trees: contributions add up likewise."""

    logistic: LogisticEstimator
    trees: LightGBMEstimator
    weight: float
    kind: str = "blend"

    @property
    def base(self) -> float:
        """The weighted mean of both bases."""
        return self.weight * self.logistic.base + (1 - self.weight) * self.trees.base

    def log_odds(self, values: Numbers) -> Numbers:
        """The uncalibrated log-odds, one per row of *values* (rows, features)."""
        linear = self.weight * self.logistic.log_odds(values)
        return np.asarray(linear + (1 - self.weight) * self.trees.log_odds(values))

    def contributions(self, values: Numbers) -> Numbers:
        """What each feature adds to the base in both members."""
        linear = self.weight * self.logistic.contributions(values)
        trees = (1 - self.weight) * self.trees.contributions(values)
        return np.asarray(linear + trees)

    def reference_contributions(self, values: Numbers) -> Numbers:
        """The same, the trees' the slow way."""
        linear = self.weight * self.logistic.contributions(values)
        trees = (1 - self.weight) * self.trees.reference_contributions(values)
        return np.asarray(linear + trees)

    def settings(self) -> Mapping[str, Any]:
        """The weight, and how both members were held back."""
        members = {**self.logistic.settings(), **self.trees.settings()}
        return {"weight": self.weight, **members}

    def as_json(self) -> dict[str, Any]:
        """Both members and the weight."""
        return {
            "kind": self.kind,
            "weight": self.weight,
            "logistic": self.logistic.as_json(),
            "trees": self.trees.as_json(),
        }
