"""The base class of every estimator: a classifier whose log-odds are a sum of parts."""

import copy
import inspect
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar, Self, TypeGuard

import numpy as np
import numpy.typing as npt

from riskscreen.features.catalogue import Feature
from riskscreen.logistic_function import expit
from riskscreen.model.estimators.conventions import ScikitLearnClassifier
from riskscreen.model.estimators.design import DesignMatrix
from riskscreen.rounding import round_for_disclosure
from riskscreen.spec import Words

Numbers = npt.NDArray[np.float64]

_CONSTRAINTS = {"increasing": 1, "decreasing": -1, None: 0}


class RiskEstimator(ScikitLearnClassifier, ABC):
    """A binary classifier whose log-odds are a base plus one contribution per feature.

    A scikit-learn estimator: parameters in the constructor, what a fit found in
    attributes with a trailing underscore. It also hands out its contributions, and goes
    into plain text and back. Every X has one row per case and one column per feature,
    as float64: categories are places in the feature's list of levels, missing is NaN.
    ``riskscreen.testing.check_estimator`` proves that a class keeps to this.

    ``kind`` is its name in specifications, in stored models and on cards. A subclass
    takes ``features`` as a constructor parameter: what the columns are, the model's
    columns in their order; None takes each column as a number without a direction.
    """

    kind: ClassVar[str]
    features: tuple[Feature, ...] | None
    features_: tuple[Feature, ...]
    classes_: npt.NDArray[Any]
    n_features_in_: int

    @classmethod
    def from_settings(
        cls, settings: object, features: tuple[Feature, ...], **hyperparameters: Any
    ) -> Self:
        """Return an unfitted estimator with the *settings* it knows.

        A constructor parameter takes the key of its name under [estimator] in the
        specification, or under [estimator.parameters] what is said of this kind, unless
        *hyperparameters* holds a tuned value.
        """
        names = inspect.signature(cls).parameters
        known = {n: getattr(settings, n) for n in names if hasattr(settings, n)}
        stated = getattr(settings, "parameters", {}).get(cls.kind, {})
        tuned = {n: value for n, value in hyperparameters.items() if n in names}
        return cls(**(known | stated | tuned | {"features": features}))

    @classmethod
    def list_parameters(cls) -> tuple[str, ...]:
        """Return the constructor's parameters that a specification may state."""
        return tuple(n for n in inspect.signature(cls).parameters if n != "features")

    @abstractmethod
    def fit(self, X: Any, y: Any, case_weight: Any = None) -> Self:
        """Fit to X (cases, features) and the binary *y*; return the estimator itself.

        *case_weight* is each case's own, None of none: a case of weight two has twice
        the say in the likelihood. It is not scikit-learn's sample_weight, by which it
        would be two cases: bins, knots and leaves count the cases themselves, so that
        none is of fewer people than it seems. Raises ModelError where a direction of
        the features cannot be kept.
        """

    @property
    @abstractmethod
    def base(self) -> float:
        """The log-odds that the contributions start from."""

    @abstractmethod
    def contributions(self, X: Any) -> Numbers:
        """Return what each feature adds to the base, shaped (cases, features).

        ``base + contributions(X).sum(axis=1)`` is ``decision_function(X)`` to 1e-9.
        """

    def compute_contributions(
        self,
        X: Any,
        matrix: DesignMatrix | None,  # noqa: ARG002  (for those that have a design)
    ) -> Numbers:
        """Return ``contributions(X)``, from *matrix* where it holds their columns.

        *matrix* is of the same rows as X. An estimator without a design has no use for
        it.
        """
        return self.contributions(X)

    def interactions(self, X: Any) -> Numbers | None:  # noqa: ARG002
        """Return what every two features add together: (cases, features, features).

        Symmetric, and ``interactions(X).sum(axis=2)`` is ``contributions(X)`` to 1e-9:
        half of what two features do together stands in each of its places. None of an
        estimator that is additive, or that does not tell.
        """
        return None

    @abstractmethod
    def round_for_disclosure(self, *, n: int) -> Self:
        """Return the estimator as a model's folder may hold it, fitted on *n* cases.

        No stored number may be one person's: see ``riskscreen.rounding``.
        """

    @abstractmethod
    def to_json(self) -> dict[str, Any]:
        """Return all that scoring needs as plain JSON values, ``kind`` among them."""

    @classmethod
    @abstractmethod
    def from_json(
        cls,
        stored: Mapping[str, Any],
        *,
        text: str | None,
        features: tuple[Feature, ...],
    ) -> Self:
        """Return the fitted estimator that ``to_json`` and ``to_text`` wrote.

        Raises ModelError where either is damaged or not of these *features*.
        """

    def to_text(self) -> str | None:
        """Return what is stored as text beside the JSON, None without any."""
        return None

    def reference_contributions(self, X: Any) -> Numbers:
        """Return the contributions by a second, slower way where there is one."""
        return self.contributions(X)

    def decision_function(self, X: Any) -> Numbers:
        """Return the uncalibrated log-odds, one per row of X."""
        return np.asarray(self.contributions(X).sum(axis=1) + self.base)

    def predict_once(self, X: Any) -> Numbers:
        """Return ``decision_function(X)`` to the bit, of a fit that is asked once.

        As those of a search and of folds are; what a fit must prepare before it
        predicts may be left out.
        """
        return self.decision_function(X)

    def predict_proba(self, X: Any) -> Numbers:
        """Return the uncalibrated probabilities of both classes, (cases, 2)."""
        risk = expit(self.decision_function(X))
        return np.column_stack([1 - risk, risk])

    def predict(self, X: Any) -> npt.NDArray[Any]:
        """Return the more likely class of each row of X."""
        later = self.decision_function(X) > 0
        return np.asarray(self.classes_[later.astype(int)])

    def validate_training(self, X: Any, y: Any) -> tuple[Numbers, Numbers]:
        """Return X and *y* (0 or 1) as float64; set what every fitted estimator has.

        Raises ValueError where *y* is not binary, or X is no table of finite numbers.
        """
        from sklearn.utils.multiclass import (  # noqa: PLC0415
            check_classification_targets,
        )
        from sklearn.utils.validation import validate_data  # noqa: PLC0415

        X, y = validate_data(
            self,
            X,
            y,
            dtype=np.float64,
            order="C",
            ensure_all_finite="allow-nan",
            ensure_min_samples=2,
        )
        check_classification_targets(y)
        classes, place = np.unique(y, return_inverse=True)
        if np.isin(classes, (0, 1)).all():  # one class alone is a class of two as well
            classes, place = np.array([0, 1], dtype=classes.dtype), np.asarray(y)
        if len(classes) != 2:
            raise ValueError(
                "Only binary classification is supported: y has "
                f"{len(classes)} class{'es' if len(classes) > 1 else ''}."
            )
        self.classes_ = classes
        self.features_ = self.features or name_columns(X.shape[1])
        if len(self.features_) != X.shape[1]:
            raise ValueError(
                f"X has {X.shape[1]} columns, but there are {len(self.features_)} "
                "features."
            )
        return X, np.asarray(place, dtype=np.float64)

    def validate_weights(self, case_weight: Any, X: Numbers) -> Numbers | None:
        """Return *case_weight* as float64, one per row of X; None for none.

        Raises ValueError where one is missing, endless or below 0.
        """
        if case_weight is None:
            return None
        weights = np.asarray(case_weight, dtype=np.float64)
        if weights.shape != (len(X),) or not np.isfinite(weights).all():
            raise ValueError("case_weight is not one finite number for each row of X.")
        if (weights < 0).any():
            raise ValueError("case_weight has weights below 0.")
        return weights

    def validate_values(self, X: Any) -> Numbers:
        """Return X as float64, its columns checked against those of the fit."""
        if self._is_as_it_was_fitted_to(X):
            return X
        from sklearn.utils.validation import (  # noqa: PLC0415
            check_is_fitted,
            validate_data,
        )

        check_is_fitted(self)
        found: Numbers = validate_data(
            self, X, dtype=np.float64, order="C", ensure_all_finite=False, reset=False
        )
        return found

    def _is_as_it_was_fitted_to(self, X: Any) -> TypeGuard[Numbers]:
        """Return whether scikit-learn would hand X back as it is, as in scoring."""
        return (
            type(X) is np.ndarray
            and X.dtype == np.float64
            and X.ndim == 2
            and X.flags.c_contiguous
            and len(X) > 0
            and X.shape[1] == getattr(self, "n_features_in_", None)
            and not hasattr(self, "feature_names_in_")
        )

    def with_attributes(self, **fitted: Any) -> Self:
        """Return a copy whose fitted attributes are *fitted* where they are named."""
        other = copy.copy(self)
        other.__dict__.update(fitted)
        return other


def name_columns(count: int) -> tuple[Feature, ...]:
    """Return *count* features that are numbers without a direction: x0, x1, …"""
    return tuple(
        Feature(
            name=f"x{i}",
            kind="number",
            label=Words(da=f"x{i}", en=f"x{i}"),
            idea="",
            reason=f"x{i}",
        )
        for i in range(count)
    )


def mark_fitted(estimator: RiskEstimator, features: tuple[Feature, ...]) -> None:
    """Set on *estimator* what ``validate_training`` does, without any training."""
    estimator.classes_ = np.array([0, 1])
    estimator.features_ = features
    estimator.n_features_in_ = len(features)


def build_monotone_constraints(features: tuple[Feature, ...]) -> tuple[int, ...]:
    """Return +1 (increasing), −1 (decreasing) or 0 per feature."""
    return tuple(_CONSTRAINTS[f.monotone] for f in features)


def round_numbers(values: Numbers, features: tuple[Feature, ...]) -> Numbers:
    """Return *values* with numbers rounded, so that no threshold is one person's."""
    rounded, seen = values.copy(), ~np.isnan(values)
    ranges = compute_percentile_ranges(values)
    for place, feature in enumerate(features):
        if feature.kind == "number" and (n := int(seen[:, place].sum())):
            rounded[:, place] = round_for_disclosure(
                values[:, place], spread=ranges[place], n=n
            )
    return rounded


def compute_percentile_ranges(values: Numbers) -> Numbers:
    """Return the distance from the 1st to the 99th percentile, one per column.

    Missing values are left out; NaN where all are missing.
    """
    missing, ends = np.isnan(values), (0.01, 0.99)
    whole = ~missing.any(axis=0)
    ranges = np.full(values.shape[1], np.nan)
    ranges[whole] = np.ptp(np.quantile(values[:, whole], ends, axis=0), axis=0)
    for place in np.flatnonzero(~whole & ~missing.all(axis=0)):
        seen = values[~missing[:, place], place]
        ranges[place] = np.ptp(np.quantile(seen, ends))
    return ranges
