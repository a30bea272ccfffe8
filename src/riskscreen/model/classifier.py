"""A risk model as a fitted scikit-learn classifier, for notebooks and their tools."""

from typing import Any, Self

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.base import BaseEstimator, ClassifierMixin

Numbers = npt.NDArray[np.float64]


class RiskClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """The calibrated risk of ``model`` (a RiskModel) behind scikit-learn's methods.

    It is fitted already: ``fit`` changes nothing, so cross-validation judges one and
    the same model. X are the model's features as ``riskscreen.build_features`` gives
    them, or an array of the same columns.
    """

    def __init__(self, model: Any) -> None:
        self.model = model

    @property
    def classes_(self) -> npt.NDArray[np.int64]:
        """0 (the outcome did not come) and 1."""
        return np.array([0, 1])

    @property
    def n_features_in_(self) -> int:
        """How many features the model has."""
        return len(self.model.features)

    @property
    def feature_names_in_(self) -> npt.NDArray[np.object_]:
        """The features' names, in the order of the columns."""
        return np.array([f.name for f in self.model.features], dtype=object)

    def fit(self, X: Any, y: Any = None) -> Self:  # noqa: ARG002
        """Return the classifier as it is."""
        return self

    def decision_function(self, X: Any) -> Numbers:
        """Return the calibrated log-odds, one per row of X."""
        return np.asarray(self.model.score(self._to_table(X)).log_odds)

    def predict_proba(self, X: Any) -> Numbers:
        """Return 1 − risk and risk, shaped (cases, 2)."""
        risk = self.model.score(self._to_table(X)).risk
        return np.column_stack([1 - risk, risk])

    def predict(self, X: Any) -> npt.NDArray[np.int64]:
        """Return 1 where the risk is above one half.

        Places are given by the policy's threshold, not by this one: see
        ``sklearn.model_selection.FixedThresholdClassifier``.
        """
        return (self.decision_function(X) > 0).astype(np.int64)

    def _to_table(self, X: Any) -> pd.DataFrame:
        if isinstance(X, pd.DataFrame):
            return X
        return pd.DataFrame(np.asarray(X), columns=self.feature_names_in_)

    def __sklearn_is_fitted__(self) -> bool:
        """Return True: the model is fitted."""
        return True

    def __sklearn_tags__(self) -> Any:
        """Say that X may hold NaN and that there are two classes."""
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.classifier_tags.multi_class = False
        return tags
