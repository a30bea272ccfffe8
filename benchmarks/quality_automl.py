"""EBM, FLAML and AutoGluon, each fitted to some cases and asked the risk of others.

Run by benchmarks/quality_peers.py, in a Python that has the tools:
python quality_automl.py TOOL FOLDER --seconds 60 --cores 2. It reads rows.npz (values
and outcomes of the training cases, values of those asked about, which columns are
categories) and writes the risks as TOOL.npy. Settings are the tools' own for a good
probability: nothing is tuned to a data set.
"""

# A tool is imported where it is used: no one place needs to have all of them.
# ruff: noqa: PLC0415

import argparse
import sys
from pathlib import Path

import numpy as np
import pandas as pd

OUTCOME = "long"


def table(values, category, levels):
    """Numbers as they are, categories by the text of their code; empty stays empty."""
    frame = pd.DataFrame(values, columns=[f"x{n}" for n in range(values.shape[1])])
    for column in category:
        kind = pd.CategoricalDtype([f"level {int(v)}" for v in levels[column]])
        codes = pd.Index(levels[column]).get_indexer(values[:, column])
        frame[f"x{column}"] = pd.Categorical.from_codes(codes, dtype=kind)
    return frame


def ebm(trained_on, long, asked, budget):
    """An explainable boosting machine as it comes; it needs no time limit."""
    from interpret.glassbox import ExplainableBoostingClassifier

    tool = ExplainableBoostingClassifier(random_state=0, n_jobs=budget.cores)
    return tool.fit(trained_on, long).predict_proba(asked)[:, 1]


def flaml(trained_on, long, asked, budget):
    from flaml import AutoML

    tool = AutoML()
    tool.fit(
        trained_on,
        long,
        task="classification",
        metric="log_loss",
        time_budget=budget.seconds,
        n_jobs=budget.cores,
        seed=0,
        verbose=0,
    )
    return tool.predict_proba(asked)[:, 1]


def autogluon(trained_on, long, asked, budget):
    from autogluon.tabular import TabularPredictor

    predictor = TabularPredictor(
        label=OUTCOME,
        problem_type="binary",
        eval_metric="log_loss",
        path=str(budget.folder / "autogluon"),
        verbosity=0,
    )
    predictor.fit(
        trained_on.assign(**{OUTCOME: long}),
        presets="best_quality",
        time_limit=budget.seconds,
        num_cpus=budget.cores,
        num_gpus=0,
    )
    return predictor.predict_proba(asked)[1].to_numpy()


TOOLS = {"EBM": ebm, "FLAML": flaml, "AutoGluon": autogluon}


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("tool", choices=TOOLS)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seconds", type=int, required=True)
    parser.add_argument("--cores", type=int, required=True)
    asked = parser.parse_args()
    with np.load(asked.folder / "rows.npz") as rows:
        trained_on, values, category = (
            rows["trained_on"],
            rows["asked"],
            rows["category"],
        )
        long = rows["long"].astype(int)
    levels = {
        c: np.unique(trained_on[~np.isnan(trained_on[:, c]), c]) for c in category
    }
    tell = TOOLS[asked.tool]
    try:
        risk = tell(
            table(trained_on, category, levels),
            long,
            table(values, category, levels),
            asked,
        )
    except ImportError as error:
        sys.exit(f"{sys.executable} cannot run {asked.tool}: {error}")
    np.save(asked.folder / f"{asked.tool}.npy", np.asarray(risk, dtype=np.float64))


if __name__ == "__main__":
    main()
