"""The chosen model beside standard ones on three real, public data sets.

Used by benchmarks/quality.py. Every tool gets the same rows, columns and split: plain
logistic regression, LightGBM and HistGradientBoosting as they come. The tool to compare
with is the one with the lowest log-loss on the training data's own newest cases.
"""

import importlib
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd
from lightgbm import LGBMClassifier
from sklearn.compose import make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from examples.site import write_site
from riskscreen.evaluation import Comparison, compare
from riskscreen.features.catalogue import catalogue
from riskscreen.spec import read_specification
from riskscreen.training import prepare, train
from riskscreen.training.judging import judged_cases
from riskscreen.training.rows import rows_of

EXAMPLES = Path(__file__).parents[1] / "examples"
SETS = ("french_jobseekers", "german_sick_leave", "us_compensation")


@dataclass(frozen=True)
class Beside:
    """One data set: the peer that was best inside the training data, and all of them.

    Each comparison is the chosen model less a peer, on the test cases.
    """

    name: str
    n: int
    chosen: str
    best: str
    against: dict[str, Comparison]


def beside_peers(name: str, data: Path) -> Beside:
    """The chosen model of one data set beside every peer."""
    spec = read_specification(EXAMPLES / name / "specification.toml")
    reader = importlib.import_module(f"examples.{name}.reader")
    with TemporaryDirectory() as folder:
        write_site(reader.read(data), target=spec.name, out=Path(folder) / "site")
        prepared = prepare(spec, Path(folder) / "site")
    result = train(prepared)
    rows, split = rows_of(prepared, result.known), result.split
    features = catalogue(spec)
    table = pd.DataFrame(rows.values, columns=[f.name for f in features])
    named = [f.name for f in features if f.kind == "category"]
    judged = judged_cases(result.known.iloc[split.test])
    ours = result.model.score(table.iloc[split.test]).risk
    inner, against = {}, {}
    for peer, make in PEERS.items():
        before = np.concatenate([split.earlier, split.tuning])
        fitted = make(named).fit(table.iloc[before], rows.long[before])
        later = fitted.predict_proba(table.iloc[split.choosing])[:, 1]
        inner[peer] = log_loss(rows.long[split.choosing], later)
        fitted = make(named).fit(table.iloc[split.training], rows.long[split.training])
        risk = fitted.predict_proba(table.iloc[split.test])[:, 1]
        against[peer] = compare(judged, ours, risk, names=("chosen", peer))
    best = min(inner, key=inner.get)
    return Beside(name, judged.n, result.choice.kind, best, against)


def _logistic(named):
    """Plain logistic regression: one column per level, missing numbers at the mean."""
    levels = make_pipeline(
        SimpleImputer(strategy="constant", fill_value=-1),
        OneHotEncoder(handle_unknown="ignore"),
    )
    numbers = make_pipeline(SimpleImputer(keep_empty_features=True), StandardScaler())
    columns = make_column_transformer((levels, named), remainder=numbers)
    return make_pipeline(columns, LogisticRegression(max_iter=5000))


def _lightgbm(named):
    return _Named(LGBMClassifier(verbose=-1, n_jobs=1, random_state=0), named)


def _histograms(named):
    tool = HistGradientBoostingClassifier(
        categorical_features="from_dtype", random_state=0
    )
    return _Named(tool, named)


class _Named:
    """A tool that is told which columns are categories, as it likes to be told."""

    def __init__(self, tool, named):
        self.tool, self.named = tool, named

    def fit(self, table, long):
        self.levels = {c: sorted(table[c].dropna().unique()) for c in self.named}
        self.tool.fit(self._told(table), long)
        return self

    def predict_proba(self, table):
        return self.tool.predict_proba(self._told(table))

    def _told(self, table):
        return table.assign(
            **{c: pd.Categorical(table[c], levels) for c, levels in self.levels.items()}
        )


PEERS = {
    "plain logistic regression": _logistic,
    "default LightGBM": _lightgbm,
    "HistGradientBoosting": _histograms,
}
