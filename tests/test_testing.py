from dataclasses import replace

import numpy as np
import pytest

from riskscreen.errors import ModelError
from riskscreen.model.estimators.blend import BlendEstimator
from riskscreen.model.estimators.lightgbm import LightGBMEstimator
from riskscreen.model.estimators.logistic import LogisticEstimator
from riskscreen.testing import check_estimator

TREES = LightGBMEstimator(rounds=20, learning_rate=0.1)


@pytest.mark.slow
@pytest.mark.parametrize(
    "estimator", [LogisticEstimator(), TREES, BlendEstimator(trees=TREES)]
)
def test_every_shipped_estimator_can_be_approved(estimator):
    check_estimator(estimator)


class MissesTheLogOdds(LogisticEstimator):
    def decision_function(self, X):
        return super().decision_function(X) + 1e-8


class AddsUpItsContributions(LogisticEstimator):
    def contributions(self, X):
        return super().contributions(X).sum(axis=1, keepdims=True)


class ForgetsWhatEachDoesAlone(LogisticEstimator):
    def interactions(self, X):
        return np.zeros((*X.shape, X.shape[1]))


class DrawsWithoutASeed(LogisticEstimator):
    def fit(self, X, y):
        super().fit(X, y)
        self.intercept_ += np.random.default_rng().normal()
        return self


class NeedsEveryValue(LogisticEstimator):
    def contributions(self, X):
        return np.where(
            np.isnan(X).all(axis=1)[:, None], np.nan, super().contributions(X)
        )


class KnowsNoOtherLevel(LogisticEstimator):
    def contributions(self, X):
        return super().contributions(X) + np.where(X > 50, np.inf, 0.0)


class LetsSilenceTell(LogisticEstimator):
    def contributions(self, X):
        return super().contributions(X) + 0.1 * np.isnan(np.asarray(X, np.float64))


class ForgetsDigitsInText(LogisticEstimator):
    def to_json(self):
        return super().to_json() | {"base": round(self.base, 3)}


class KeepsEveryDigit(LogisticEstimator):
    def round_for_disclosure(self, *, n):  # noqa: ARG002
        return self


class LosesAColumnWhereFewAreRounded(LogisticEstimator):
    def round_for_disclosure(self, *, n):
        return super().round_for_disclosure(n=n).with_attributes(few_=n < 100)

    def contributions(self, X):
        parts = super().contributions(X)
        return parts[:, 1:] if getattr(self, "few_", False) else parts


class ComparesCasesWithEachOther(LogisticEstimator):
    def contributions(self, X):
        parts = super().contributions(X)
        return parts - parts.mean(axis=0)


class LeavesDirectionsOut(LogisticEstimator):
    def fit(self, X, y):
        asked = self.features
        self.features = tuple(replace(feature, monotone=None) for feature in asked)
        super().fit(X, y)
        self.features = asked
        return self


@pytest.mark.parametrize(
    ("broken", "kind_of_fault"),
    [
        (MissesTheLogOdds, "miss the log-odds"),
        (AddsUpItsContributions, "one per case and feature"),
        (ForgetsWhatEachDoesAlone, "interactions are not symmetric, or do not add up"),
        (DrawsWithoutASeed, "two fits"),
        (NeedsEveryValue, "missing value"),
        (KnowsNoOtherLevel, "level"),
        (LetsSilenceTell, "contributes to the log-odds"),
        (ForgetsDigitsInText, "text and back"),
        (KeepsEveryDigit, "rounds nothing"),
        (LosesAColumnWhereFewAreRounded, "one per case and feature"),
        (ComparesCasesWithEachOther, "a row alone"),
        (LeavesDirectionsOut, "monotone"),
    ],
)
def test_a_broken_estimator_of_each_kind_is_found(broken, kind_of_fault):
    with pytest.raises(AssertionError, match=kind_of_fault):
        check_estimator(broken())


def test_an_estimator_may_refuse_a_direction_that_it_cannot_keep():
    class Refuses(LogisticEstimator):
        def fit(self, X, y):
            if any(feature.monotone for feature in self.features):
                raise ModelError("It keeps no direction.")
            return super().fit(X, y)

    check_estimator(Refuses())
