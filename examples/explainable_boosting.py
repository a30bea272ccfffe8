"""An explainable boosting machine (InterpretML) as an estimator that can be approved.

One file shows all that another package brings: this class, and its entry point

    [project.entry-points."riskscreen.estimators"]
    ebm = "examples.explainable_boosting:ExplainableBoostingEstimator"

after which a specification may name it under [estimator] candidates. The machine is a
sum of one curve per feature (Lou et al. 2012, KDD: Intelligible models), so the curves
are the contributions, to the last bit. Fitting needs interpret-core; scoring reads the
curves from the model's folder and needs nothing.
"""

import warnings
from itertools import pairwise
from typing import Self

import numpy as np

from riskscreen.errors import ModelError
from riskscreen.model.estimators import (
    RiskEstimator,
    build_monotone_constraints,
    mark_fitted,
    round_numbers,
)
from riskscreen.rounding import round_for_disclosure


class ExplainableBoostingEstimator(RiskEstimator):
    """One boosted step curve per feature, without interactions.

    A fit leaves ``intercept_`` and, per feature, ``edges_`` and ``scores_``: the score
    of a missing value first, then one per step of a number or level of a category.
    """

    kind = "ebm"

    def __init__(  # noqa: PLR0913
        self,
        *,
        max_bins=32,
        min_data_in_leaf=40,
        learning_rate=0.03,
        ebm_rounds=2000,
        outer_bags=4,
        seed=0,
        features=None,
    ):
        self.max_bins = max_bins
        self.min_data_in_leaf = min_data_in_leaf
        self.learning_rate = learning_rate
        self.ebm_rounds = ebm_rounds
        self.outer_bags = outer_bags
        self.seed = seed
        self.features = features

    def fit(self, X, y, case_weight=None) -> Self:
        """Fit the curves; a number's keeps its monotone constraint."""
        from interpret.glassbox import ExplainableBoostingClassifier  # noqa: PLC0415

        X, y = self.validate_training(X, y)
        weights = self.validate_weights(case_weight, X)
        if len(np.unique(y)) < 2:
            raise ValueError("y has one class, and curves need cases of both.")
        is_category = [feature.kind == "category" for feature in self.features_]
        constraints = build_monotone_constraints(self.features_)
        machine = ExplainableBoostingClassifier(
            feature_names=[feature.name for feature in self.features_],
            feature_types=["nominal" if c else "continuous" for c in is_category],
            interactions=0,
            max_bins=self.max_bins,
            min_samples_leaf=self.min_data_in_leaf,
            learning_rate=self.learning_rate,
            monotone_constraints=list(constraints),
            max_rounds=self.ebm_rounds,
            outer_bags=self.outer_bags,
            n_jobs=1,
            random_state=self.seed,
        )
        with warnings.catch_warnings():  # that its own plots leave out missing values
            warnings.simplefilter("ignore")
            machine.fit(
                round_numbers(X, self.features_), y.astype(int), sample_weight=weights
            )
        self.intercept_ = float(np.ravel(machine.intercept_)[0])
        self.edges_, self.scores_ = [], []
        for place, feature in enumerate(self.features_):
            edges = np.array([]) if is_category[place] else machine.bins_[place][0]
            asked = (
                np.arange(len(feature.levels))
                if is_category[place]
                else np.append(np.min(edges, initial=0.0) - 1, edges)
            )
            rows = np.full((1 + len(asked), X.shape[1]), np.nan)
            rows[1:, place] = asked
            self.edges_.append(np.asarray(edges, dtype=np.float64))
            scores = machine.eval_terms(rows)[:, place]
            if not feature.informative_missing:
                scores[0] = 0.0  # curves are centred
            self.scores_.append(scores)
        return self

    @property
    def base(self) -> float:
        """The intercept: curves are centred."""
        return self.intercept_

    def contributions(self, X):
        """Return the value of each feature's curve, shaped (cases, features)."""
        X = self.validate_values(X)
        found = np.empty(X.shape)
        for place, (edges, scores) in enumerate(
            zip(self.edges_, self.scores_, strict=True)
        ):
            column, missing = X[:, place], np.isnan(X[:, place])
            if self.features_[place].kind == "category":
                levels = len(scores) - 1
                missing = missing | ~np.isin(column, np.arange(levels))
                step = np.where(missing, 0, column)
            else:
                step = np.searchsorted(edges, column, side="right")
            found[:, place] = scores[np.where(missing, 0, 1 + step).astype(int)]
        return found

    def round_for_disclosure(self, *, n) -> Self:
        """Return the curves rounded; one case moves a score by about 1 / n."""
        return self.with_attributes(
            intercept_=float(round_for_disclosure(self.intercept_, spread=1, n=n)),
            scores_=[round_for_disclosure(s, spread=1, n=n) for s in self.scores_],
        )

    def to_json(self):
        """Return the curves as plain numbers."""
        return {
            "kind": self.kind,
            "intercept": self.intercept_,
            "edges": [edges.tolist() for edges in self.edges_],
            "scores": [scores.tolist() for scores in self.scores_],
        }

    @classmethod
    def from_json(cls, stored, *, text, features) -> Self:  # noqa: ARG003
        """Return the machine that ``to_json`` wrote; ModelError where it is damaged."""
        estimator = cls(features=features)
        mark_fitted(estimator, features)
        try:
            estimator.intercept_ = float(stored["intercept"])
            estimator.edges_ = [np.array(e, np.float64) for e in stored["edges"]]
            estimator.scores_ = [np.array(s, np.float64) for s in stored["scores"]]
            curves = zip(features, estimator.edges_, estimator.scores_, strict=True)
            whole = all(_fits(*curve) for curve in curves)
        except (KeyError, TypeError, ValueError):
            whole = False
        if not whole:
            raise ModelError(
                "model.json: damaged at the curves. Export the model again."
            )
        return estimator


def _fits(feature, edges, scores):
    """Whether a curve has a score per step or level, and its edges rise."""
    steps = len(feature.levels) if feature.kind == "category" else len(edges) + 1
    rising = all(low < high for low, high in pairwise(edges))
    return scores.shape == (1 + steps,) and rising and np.isfinite(scores).all()
