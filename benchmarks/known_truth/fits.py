"""What the benchmark's table compares: ours, four peers, and who knows the terms."""

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec

import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from benchmarks.attainable import own_terms
from benchmarks.quality_peers import CORES, PEERS
from riskscreen.features.catalogue import list_features
from riskscreen.training import Dataset, ship_model, train

OURS, ORACLE, EBM = "ours", "oracle", "EBM"
INSTALLED = find_spec("interpret") is not None
"""EBM is measured where interpret-core is installed, as the dev extra has it."""


@dataclass(frozen=True)
class KnownCases:
    """The cases with a known outcome: their features and whether each became long.

    ``named`` are the features that are categories.
    """

    features: pd.DataFrame
    long: np.ndarray
    named: list[str]


def select_known_cases(dataset: Dataset) -> KnownCases:
    """Return every case of *dataset* whose outcome is known at the extract."""
    long = dataset.table["long"].to_numpy()
    known = np.flatnonzero(~np.isnan(long))
    named = [f.name for f in list_features(dataset.spec) if f.kind == "category"]
    return KnownCases(dataset.features.iloc[known], long[known].astype(int), named)


def find_telling(features: pd.DataFrame) -> list[str]:
    """Find the features with two values or more: some tools stumble over the others."""
    return [name for name in features if features[name].nunique() > 1]


def predict_ours(dataset: Dataset, asked: pd.DataFrame) -> np.ndarray:
    """Return the risks of the model that is shipped, by the product's own doors."""
    return ship_model(train(dataset), dataset).model.score(asked).risk


def predict_oracle(dataset: Dataset, asked: pd.DataFrame) -> np.ndarray:
    """Return the risks of a logistic regression on the generator's own terms.

    It knows thresholds, scales and interactions, which nobody knows of a real site; no
    effect, no level and no reform.
    """
    trained_on = select_known_cases(dataset)
    fitted = make_pipeline(StandardScaler(), LogisticRegression(max_iter=5000))
    fitted.fit(own_terms(trained_on.features), trained_on.long)
    return fitted.predict_proba(own_terms(asked))[:, 1]


def _predict_as(make: Callable) -> Callable[[Dataset, pd.DataFrame], np.ndarray]:
    def predict(dataset: Dataset, asked: pd.DataFrame) -> np.ndarray:
        trained_on = select_known_cases(dataset)
        kept = find_telling(trained_on.features)
        named = [name for name in trained_on.named if name in kept]
        fitted = make(named).fit(trained_on.features[kept], trained_on.long)
        return fitted.predict_proba(asked[kept])[:, 1]

    return predict


class _Boosting:
    """EBM as it comes, told which features are categories."""

    def __init__(self, named: list[str]):
        self.named = named

    def fit(self, table: pd.DataFrame, long: np.ndarray) -> "_Boosting":
        from interpret.glassbox import ExplainableBoostingClassifier  # noqa: PLC0415

        kinds = ["nominal" if name in self.named else "continuous" for name in table]
        self.tool = ExplainableBoostingClassifier(
            feature_types=kinds, n_jobs=CORES, random_state=0
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # missing values, which it handles
            self.tool.fit(table.to_numpy(), long)
        return self

    def predict_proba(self, table: pd.DataFrame) -> np.ndarray:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return self.tool.predict_proba(table.to_numpy())


OF_PEERS = {name: _predict_as(make) for name, make in PEERS.items()} | (
    {EBM: _predict_as(_Boosting)} if INSTALLED else {}
)
TOOLS = {OURS: predict_ours} | OF_PEERS | {ORACLE: predict_oracle}
