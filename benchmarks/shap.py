"""What an explanation costs: our kernel beside predicting, LightGBM, shap and woodelf.

    python benchmarks/shap.py                  400 trees × 31 leaves × 60 features
    python benchmarks/shap.py --model FOLDER   the model in FOLDER/model.txt
    python benchmarks/shap.py --woodelf        woodelf-explainer too (installs it in a
                                               folder that is removed afterwards)
    python benchmarks/shap.py --numbers        the categories trained as numbers, which
                                               woodelf-explainer asks for

Every figure is a median of at least 5 runs in which the methods take turns, so that a
busy machine burdens all alike. Ratios are of CPU time, which neighbours hardly touch.
A second table has interaction values, of features x features a row; LightGBM has none,
so what it holds them against is that each row of them adds up to its `pred_contrib`.
"""

# ruff: noqa: E402 - the environment has to be set before the libraries are loaded
import os
import sys

sys.path.pop(0)  # this folder: its shap.py (this file) would stand in for the library
for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"

import argparse
import json
import subprocess
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median

import lightgbm
import numpy as np
import shap

from riskscreen.treeshap import explain, explain_interactions, read_tree_model

CATEGORIES = list(range(50, 60))
SIZES = (1, 100, 10_000, 200_000)
SLOW = 500  # rows at most for methods of some hundred rows a second
TOGETHER = 1_000  # rows whose interaction values are measured
SLOWEST = 20  # of them for methods of some rows a second
RUNS, RUNS_WHEN_SMALL = 5, 11
QUIET = {
    "num_threads": 1,
    "verbosity": -1,
    "deterministic": True,
    "force_row_wise": True,
}
WOODELF = """
import json, sys, time
import lightgbm, numpy as np, pandas as pd
from woodelf import WoodelfExplainer
model, rows, out, runs, values_of = sys.argv[1:]
table = pd.DataFrame(np.load(rows))
explainer = WoodelfExplainer(lightgbm.Booster(model_file=model))
runs_taken = []
for _ in range(int(runs) + 1):
    wall, cpu = time.perf_counter(), time.process_time()
    values = getattr(explainer, values_of)(table)
    runs_taken.append((time.perf_counter() - wall, time.process_time() - cpu))
np.save(out, np.asarray(values, dtype=float))
print(json.dumps(runs_taken[1:]))
"""


@dataclass(frozen=True)
class Measured:
    """Medians for one method on one number of rows; memory is the peak above rest."""

    method: str
    asked: int
    rows: int
    wall: float
    cpu: float
    difference: float | None
    megabytes: float | None


def main() -> None:
    choices = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    choices.add_argument("--model", type=Path, help="a folder that holds model.txt")
    choices.add_argument(
        "--numbers", action="store_true", help="train the categories as numbers"
    )
    choices.add_argument("--woodelf", action="store_true", help="measure it as well")
    choices.add_argument("--sizes", type=int, nargs="+", default=SIZES)
    asked = choices.parse_args()
    rng = np.random.default_rng(1)
    if asked.model:
        booster = lightgbm.Booster(model_file=str(asked.model / "model.txt"))
        X = made_up_rows(rng, booster, max(asked.sizes), ranges_in(asked.model))
    else:
        booster, X = standard_model(
            rng, max(asked.sizes), categories=[] if asked.numbers else CATEGORIES
        )
    text = booster.model_to_string()
    print(describe(booster, text))
    with tempfile.TemporaryDirectory() as home:
        python = woodelf_environment(Path(home)) if asked.woodelf else None
        print_head()
        for size in asked.sizes:
            results = measure(booster, text, X[:size])
            if python:
                results += woodelf(booster, X[:size], Path(home), python)
            print_lines(results)
        print_together(measure_together(booster, text, X, Path(home), python))
    if not asked.woodelf:
        print("\nwoodelf-explainer: not measured (add --woodelf).")


def standard_model(rng, rows, *, categories):
    """400 trees × 31 leaves on 50 numbers and 10 categories with 5 % missing."""
    X = rng.normal(size=(max(rows, 20_000), 60))
    for column in CATEGORIES:
        X[:, column] = rng.integers(0, (4, 8, 15, 40)[column % 4], len(X))
    X[rng.random(X.shape) < 0.05] = np.nan
    some = np.nan_to_num(X[:20_000])
    signal = some[:, :30] @ rng.normal(size=30) + 2 * np.sin(some[:, 1] * some[:, 2])
    signal += 2.0 * (some[:, 51] % 3 == 0) + (some[:, 52] % 4 == 1)
    y = signal + 2 * rng.logistic(size=len(some)) > 0
    settings = QUIET | {"objective": "binary", "num_leaves": 31, "learning_rate": 0.05}
    data = lightgbm.Dataset(X[:20_000], y.astype(float), categorical_feature=categories)
    return lightgbm.train(settings, data, 400), X


def ranges_in(folder):
    """The rounded ranges of the training that a model folder notes, by feature."""
    noted = json.loads((folder / "model.json").read_text("utf-8"))["notes"]
    return {name: found or (0.0, 1.0) for name, found in noted["ranges"].items()}


def made_up_rows(rng, booster, rows, ranges):
    """Rows within the ranges and categories the model was trained on, 5 % missing.

    A model's text holds no column's extremes, so numbers take the noted *ranges*.
    """
    line = next(
        line
        for line in booster.model_to_string().splitlines()
        if "feature_infos" in line
    )
    columns = []
    infos = line.partition("=")[2].split()
    for name, known in zip(booster.feature_name(), infos, strict=True):
        if known.startswith("["):
            columns.append(rng.uniform(*ranges.get(name, (-3.0, 3.0)), rows))
        else:
            codes = [0.0 if known == "none" else float(c) for c in known.split(":")]
            columns.append(rng.choice(codes, rows))
    X = np.column_stack(columns)
    X[rng.random(X.shape) < 0.05] = np.nan
    return X


def describe(booster, text):
    trees = text.count("\nTree=")
    splits = [int(n) - 1 for n in _values(text, "num_leaves")]
    kinds = [int(kind) & 1 for kind in _values(text, "decision_type")]
    return (
        f"{trees} trees, {sum(splits) / max(trees, 1) + 1:.1f} leaves on average, "
        f"{booster.num_feature()} features, {sum(kinds) / max(len(kinds), 1):.0%} of "
        "the splits on categories\n"
    )


def _values(text, field):
    lines = [line for line in text.splitlines() if line.startswith(field + "=")]
    return [value for line in lines for value in line.partition("=")[2].split()]


def measure(booster, text, X):
    """All methods on *X* in turns, after a first call each for values and memory."""
    model = read_tree_model(text)
    explainer = shap.TreeExplainer(booster)
    slow = X[:SLOW]
    methods: dict[str, tuple[Callable, np.ndarray]] = {
        "predict, no explanation": (
            partial(booster.predict, raw_score=True, num_threads=1),
            X,
        ),
        "pred_contrib": (
            partial(booster.predict, pred_contrib=True, num_threads=1),
            slow,
        ),
        "shap.TreeExplainer": (lambda rows: explainer(rows).values, slow),
        "ours, 1 thread": (lambda rows: explain(model, rows).values, X),
        "ours, 2 threads": (lambda rows: explain(model, rows, threads=2).values, X),
    }
    truth = contributions(booster, slow)[:, :-1]
    times = {method: [] for method in methods}
    differences, memory = {}, {}
    for method, (call, rows) in methods.items():
        call(rows[:1])  # what is compiled or loaded once is not this call's memory
        memory[method], values = peak_memory(call, rows)
        explained = values.ndim == 2
        differences[method] = _difference(values, truth) if explained else None
    for _ in range(RUNS if len(X) > 100 else RUNS_WHEN_SMALL):
        for method, (call, rows) in methods.items():
            if len(X) <= 100:
                call(rows)  # warm: the others have emptied the processor's caches
            times[method].append(timed(call, rows))
    return [
        Measured(
            method,
            len(X),
            len(rows),
            *map(median, zip(*times[method], strict=True)),
            differences[method],
            memory[method],
        )
        for method, (_, rows) in methods.items()
    ]


def measure_together(booster, text, X, home, python):
    """Interaction values in turns, and beside them the SHAP values they add up to."""
    model, explainer = read_tree_model(text), shap.TreeExplainer(booster)
    rows, few = X[:TOGETHER], X[:SLOWEST]
    methods = {
        "ours, SHAP values": (lambda rows: explain(model, rows).values, rows),
        "ours, interactions": (lambda x: explain_interactions(model, x).values, rows),
        "shap, interactions": (explainer.shap_interaction_values, few),
    }
    times = {method: [] for method in methods}
    differences = {
        method: _miss(call(rows), contributions(booster, rows)[:, :-1])
        for method, (call, rows) in methods.items()
    }
    for _ in range(RUNS):
        for method, (call, rows) in methods.items():
            times[method].append(timed(call, rows))
    results = [
        Measured(
            method,
            len(rows),
            len(rows),
            *map(median, zip(*times[method], strict=True)),
            differences[method],
            None,
        )
        for method, (_, rows) in methods.items()
    ]
    if python:
        results += woodelf(booster, X[:TOGETHER], home, python, together=True)
    return results


def _miss(values, truth):
    """How far the rows of *values* are from adding up to the contributions *truth*."""
    sums = values.sum(axis=2) if values.ndim == 3 else values
    return np.abs(sums[: len(truth)] - truth[: len(sums)]).max()


def contributions(booster, rows):
    return booster.predict(rows, pred_contrib=True, num_threads=1)


def _difference(values, truth):
    rows, features = truth.shape
    return np.abs(values[:rows, :features] - truth).max()


def timed(call, rows):
    wall, cpu = time.perf_counter(), time.process_time()
    call(rows)
    return time.perf_counter() - wall, time.process_time() - cpu


def peak_memory(call, rows):
    """Megabytes that *call* needs at its peak beyond what the process holds before."""
    try:
        Path("/proc/self/clear_refs").write_text("5")  # Linux: forget the old peak
        before = _kilobytes("VmRSS")
        values = call(rows)
        return (_kilobytes("VmHWM") - before) / 1024, values
    except OSError:
        return None, call(rows)


def _kilobytes(name):
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith(name)).split()[1])


def woodelf_environment(home):
    """The Python of a new environment in *home* that holds woodelf-explainer."""
    subprocess.run([sys.executable, "-m", "venv", home / "venv"], check=True)
    python = home / "venv" / "bin" / "python"
    install = [python, "-m", "pip", "install", "-q", "woodelf-explainer", "lightgbm"]
    subprocess.run(install, check=True, stderr=subprocess.DEVNULL)
    return python


def woodelf(booster, X, home, python, *, together=False):
    """woodelf-explainer on at most 10,000 rows, in a process of its own."""
    method = "shap_interaction_values" if together else "shap_values"
    rows = X[:10_000]
    files = [home / "model.txt", home / "rows.npy", home / "values.npy"]
    booster.save_model(files[0])
    np.save(files[1], rows)
    done = subprocess.run(
        [python, "-c", WOODELF, *files, str(RUNS), method],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        print("| | woodelf-explainer:", done.stderr.strip().splitlines()[-1])
        return []
    wall, cpu = map(median, zip(*json.loads(done.stdout.splitlines()[-1]), strict=True))
    truth = contributions(booster, rows[:SLOW])[:, :-1]
    values = np.load(files[2])
    difference = _miss(values, truth) if together else _difference(values, truth)
    name = "woodelf-explainer" + (", interactions" if together else "")
    return [Measured(name, len(X), len(rows), wall, cpu, difference, None)]


def print_head():
    print("| rows | method | ms | rows/s | rows/CPU-s | speed ÷ pred_contrib (CPU) "
          "| cost ÷ predict (CPU) | max difference | peak memory, MB |")  # fmt: skip
    print("|---:|---|---:|---:|---:|---:|---:|---:|---:|")


def print_lines(results):
    each = {line.method: line.cpu / line.rows for line in results}
    for line in results:
        part = f" (on {line.rows:,})" if line.rows < line.asked else ""
        difference = "-" if line.difference is None else f"{line.difference:.0e}"
        memory = "not measured" if line.megabytes is None else f"{line.megabytes:,.1f}"
        speed = each["pred_contrib"] / each[line.method]
        cost = each[line.method] / each["predict, no explanation"]
        print(f"| {line.asked:,} | {line.method}{part} | {line.wall * 1e3:,.2f} "
              f"| {line.rows / line.wall:,.0f} | {line.rows / line.cpu:,.0f} "
              f"| {speed:.1f} | {cost:.1f} | {difference} | {memory} |",
              flush=True)  # fmt: skip


def print_together(results):
    print("\n| rows | method | ms | rows/CPU-s | cost ÷ our SHAP values (CPU) "
          "| rows miss pred_contrib by |")  # fmt: skip
    print("|---:|---|---:|---:|---:|---:|")
    own = results[0].cpu / results[0].rows
    for line in results:
        print(f"| {line.rows:,} | {line.method} | {line.wall * 1e3:,.1f} "
              f"| {line.rows / line.cpu:,.1f} | {line.cpu / line.rows / own:,.1f} "
              f"| {line.difference:.0e} |")  # fmt: skip
    print("pred_contrib: LightGBM has no interaction values.")


if __name__ == "__main__":
    main()
