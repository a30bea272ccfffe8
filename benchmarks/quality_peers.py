"""The chosen model beside standard ones on three real, public data sets.

Run: python -m benchmarks.quality_peers --data ../shared/data [--automl-python PATH]
[--seconds 60]; benchmarks/quality.py uses it too. Every tool gets the same rows,
columns and split: plain logistic regression, LightGBM and HistGradientBoosting as they
come, and EBM, FLAML and AutoGluon in the Python that --automl-python names (make
bench-quality sets one up). The tool to compare with is the one with the lowest
log-loss on the training data's own newest cases, fitted to the older ones; then
it learns from them all. FLAML and AutoGluon get --seconds for each of their two fits;
what they find in that time depends on the machine.
"""

import argparse
import importlib
import os
import subprocess
import sys
from collections.abc import Callable
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
from riskscreen.features.catalogue import list_features
from riskscreen.spec import read_specification
from riskscreen.training import prepare, train
from riskscreen.training.studies.groups import build_evaluation_cases

EXAMPLES = Path(__file__).parents[1] / "examples"
SETS = ("french_jobseekers", "german_sick_leave", "us_compensation")
ELSEWHERE = ("EBM", "FLAML", "AutoGluon")
CORES = 2


@dataclass(frozen=True)
class OtherPython:
    """The Python that has EBM, FLAML and AutoGluon, and the seconds a fit may take."""

    path: Path
    seconds: int

    def words(self):
        return f"FLAML and AutoGluon with {self.seconds} s a fit on {CORES} cores"


@dataclass(frozen=True)
class FitTask:
    """Cases with their outcome, the cases whose risk is asked, columns of categories.

    A peer never sees the outcomes of the cases asked about.
    """

    trained_on: pd.DataFrame
    long: np.ndarray
    asked: pd.DataFrame
    named: list[str]


Peer = Callable[[FitTask], np.ndarray]


@dataclass(frozen=True)
class Beside:
    """One data set: the peer that was best inside the training data, and all of them.

    ``inner`` is each peer's log-loss on the training data's newest cases. Each
    comparison is the chosen model less a peer, on the test cases.
    """

    name: str
    n: int
    chosen: str
    best: str
    inner: dict[str, float]
    against: dict[str, Comparison]


def beside_peers(name: str, data: Path, other: OtherPython | None = None) -> Beside:
    """The chosen model of one data set beside every peer."""
    spec = read_specification(EXAMPLES / name / "specification.toml")
    reader = importlib.import_module(f"examples.{name}.reader")
    with TemporaryDirectory() as folder:
        write_site(reader.read(data), target=spec.name, out=Path(folder) / "site")
        prepared = prepare(spec, Path(folder) / "site")
    result = train(prepared)
    rows, split = prepared.to_arrays(), result.split
    features = list_features(spec)
    table = pd.DataFrame(rows.values, columns=[f.name for f in features])
    named = [f.name for f in features if f.kind == "category"]

    def task(trained_on, asked):
        long = rows.long[trained_on].astype(int)
        return FitTask(table.iloc[trained_on], long, table.iloc[asked], named)

    choosing = task(split.tuning_train, split.calibration)
    testing = task(split.train, split.test)
    judged = build_evaluation_cases(result.split.cases.iloc[split.test])
    ours = result.model.score(testing.asked).risk
    inner, against = {}, {}
    for peer, risk in peers(other).items():
        inner[peer] = log_loss(rows.long[split.calibration], risk(choosing))
        against[peer] = compare(judged, ours, risk(testing), names=("chosen", peer))
    best = min(inner, key=inner.get)
    return Beside(name, judged.n, result.selection.kind, best, inner, against)


def peers(other: OtherPython | None) -> dict[str, Peer]:
    """How each peer comes to its risks; those of *other* only where it is given."""
    here = {name: _here(make) for name, make in PEERS.items()}
    there = {name: _there(name, other) for name in ELSEWHERE} if other else {}
    return here | there


def _here(make) -> Peer:
    def risk(task):
        fitted = make(task.named).fit(task.trained_on, task.long)
        return fitted.predict_proba(task.asked)[:, 1]

    return risk


def _there(tool: str, other: OtherPython) -> Peer:
    """A tool in a process of the other Python; stops the benchmark where it fails."""
    script = Path(__file__).with_name("quality_automl.py")
    budget = ["--seconds", str(other.seconds), "--cores", str(CORES)]

    def risk(task):
        with TemporaryDirectory() as folder:
            np.savez(
                Path(folder) / "rows.npz",
                trained_on=task.trained_on.to_numpy(),
                long=task.long,
                asked=task.asked.to_numpy(),
                category=task.trained_on.columns.get_indexer(task.named),
            )
            done = subprocess.run(
                [other.path, script, tool, folder, *budget],
                check=False,
                capture_output=True,
                text=True,
                env={**os.environ, "OMP_NUM_THREADS": str(CORES)},
            )
            if done.returncode:
                sys.exit(
                    f"{done.stderr[-2000:]}\n{tool} failed in {other.path}. If it "
                    f"found no model in {other.seconds} s, give it more: --seconds."
                )
            return np.load(Path(folder) / f"{tool}.npy")

    return risk


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
        known = {c: table[c].where(table[c].isin(v)) for c, v in self.levels.items()}
        return table.assign(
            **{c: pd.Categorical(known[c], v) for c, v in self.levels.items()}
        )


PEERS = {
    "plain logistic regression": _logistic,
    "default LightGBM": _lightgbm,
    "HistGradientBoosting": _histograms,
}


def add_arguments(parser):
    parser.add_argument("--data", type=Path, help="folder of the three public sets")
    parser.add_argument(
        "--automl-python", type=Path, help="a Python that has EBM, FLAML and AutoGluon"
    )
    parser.add_argument(
        "--seconds", type=int, default=60, help="for each fit of FLAML and AutoGluon"
    )


def other_python(asked):
    """The Python that the arguments name, or None where they name none."""
    if asked.automl_python is None:
        return None
    if not asked.automl_python.is_file():
        sys.exit(f"{asked.automl_python}: no such Python. make bench-quality makes it.")
    return OtherPython(asked.automl_python, asked.seconds)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    add_arguments(parser)
    asked = parser.parse_args()
    if asked.data is None:
        parser.error("say where the three public sets lie: --data FOLDER")
    other = other_python(asked)
    print(other.words() if other else "EBM, FLAML and AutoGluon are left out.")
    print(
        "\n| set | peer | log-loss on the newest training cases | AUC, ours less "
        "the peer's | Brier, ours less the peer's |\n|---|---|---|---|---|"
    )
    for name in SETS:
        beside = beside_peers(name, asked.data, other)
        for peer, found in beside.against.items():
            mark = " (best)" if peer == beside.best else ""
            print(
                f"| {name}, {beside.chosen} | {peer} | {beside.inner[peer]:.4f}{mark} "
                f"| {found.differences['auc'].text()} | "
                f"{found.differences['brier'].text()} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
