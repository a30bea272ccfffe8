"""A weighted mean, in log-odds, of a linear estimator and trees."""

from collections.abc import Mapping
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from riskscreen.features.catalogue import Feature
from riskscreen.model.estimators.base import RiskEstimator, mark_fitted
from riskscreen.model.estimators.design import DesignMatrix
from riskscreen.model.estimators.lightgbm import LightGBMEstimator
from riskscreen.model.estimators.logistic import LogisticEstimator
from riskscreen.model.records import check_record
from riskscreen.model.stored_model import BlendRecord

Numbers = npt.NDArray[np.float64]


class BlendEstimator(RiskEstimator):
    """``weight`` × logistic + (1 − weight) × trees, in log-odds and contributions.

    ``logistic`` and ``trees`` are the unfitted members, None for their defaults; a fit
    leaves them as ``logistic_`` and ``trees_``.
    """

    kind = "blend"
    logistic_: LogisticEstimator
    trees_: LightGBMEstimator

    def __init__(
        self,
        *,
        weight: float = 0.5,
        logistic: LogisticEstimator | None = None,
        trees: LightGBMEstimator | None = None,
        features: tuple[Feature, ...] | None = None,
    ) -> None:
        self.weight = weight
        self.logistic = logistic
        self.trees = trees
        self.features = features

    @classmethod
    def from_members(
        cls, logistic: LogisticEstimator, trees: LightGBMEstimator, weight: float
    ) -> Self:
        """Return the blend of two fitted members."""
        blended = cls(weight=weight, features=trees.features_)
        blended.logistic_, blended.trees_ = logistic, trees
        mark_fitted(blended, trees.features_)
        return blended

    @staticmethod
    def mix(logistic: Numbers, trees: Numbers, weight: float) -> Numbers:
        """Return the weighted mean of two arrays of log-odds."""
        return np.asarray(weight * logistic + (1 - weight) * trees)

    def fit(self, X: Any, y: Any, case_weight: Any = None) -> Self:
        """Fit both members to the same cases."""
        X, y = self.validate_training(X, y)
        weights = self.validate_weights(case_weight, X)
        from sklearn.base import clone  # noqa: PLC0415  (only fits need it)

        logistic = clone(self.logistic or LogisticEstimator())
        trees = clone(self.trees or LightGBMEstimator())
        features = {"features": self.features_}
        self.logistic_ = logistic.set_params(**features).fit(X, y, weights)
        self.trees_ = trees.set_params(**features).fit(X, y, weights)
        return self

    @property
    def base(self) -> float:
        """The weighted mean of both bases."""
        return self.weight * self.logistic_.base + (1 - self.weight) * self.trees_.base

    def decision_function(self, X: Any) -> Numbers:
        """Return the uncalibrated log-odds, one per row of X."""
        X = self.validate_values(X)
        logistic = self.logistic_.decision_function(X)
        return self.mix(logistic, self.trees_.decision_function(X), self.weight)

    def contributions(self, X: Any) -> Numbers:
        """Return what each feature adds to the base in both members."""
        X = self.validate_values(X)
        logistic = self.logistic_.contributions(X)
        return self.mix(logistic, self.trees_.contributions(X), self.weight)

    def compute_contributions(self, X: Any, matrix: DesignMatrix | None) -> Numbers:
        """Return the contributions, the linear member's of *matrix* where it can."""
        X = self.validate_values(X)
        logistic = self.logistic_.compute_contributions(X, matrix)
        return self.mix(logistic, self.trees_.contributions(X), self.weight)

    def interactions(self, X: Any) -> Numbers:
        """Return those of the trees: the linear member adds to the diagonal alone."""
        X = self.validate_values(X)
        found = (1 - self.weight) * self.trees_.interactions(X)
        own = np.arange(found.shape[1])
        found[:, own, own] += self.weight * self.logistic_.contributions(X)
        return np.asarray(found)

    def reference_contributions(self, X: Any) -> Numbers:
        """Return the same, the trees' from their definition."""
        X = self.validate_values(X)
        logistic = self.logistic_.contributions(X)
        return self.mix(logistic, self.trees_.reference_contributions(X), self.weight)

    def round_for_disclosure(self, *, n: int) -> Self:
        """Return the blend of the rounded members."""
        return self.with_attributes(
            logistic_=self.logistic_.round_for_disclosure(n=n),
            trees_=self.trees_.round_for_disclosure(n=n),
        )

    def to_json(self) -> dict[str, Any]:
        """Return both members and the weight."""
        return {
            "kind": self.kind,
            "weight": self.weight,
            "logistic": self.logistic_.to_json(),
            "trees": self.trees_.to_json(),
        }

    def to_text(self) -> str | None:
        """Return the trees' text."""
        return self.trees_.to_text()

    @classmethod
    def from_json(
        cls,
        stored: Mapping[str, Any],
        *,
        text: str | None,
        features: tuple[Feature, ...],
    ) -> Self:
        """Return the blend that ``to_json`` wrote."""
        check_record(stored, BlendRecord, file="model.json")
        logistic, trees = stored["logistic"], stored["trees"]
        return cls.from_members(
            LogisticEstimator.from_json(logistic, text=None, features=features),
            LightGBMEstimator.from_json(trees, text=text, features=features),
            float(stored["weight"]),
        )
