"""History features of 200,000 cases beside their peers.

Run: python benchmarks/history.py [--peers-python PATH].
It computes 9 groups x 6 windows and the other families from 10 spells a
person over 520 weeks, in memory, each tool on one thread. It counts processor seconds
(best of several), which a busy machine changes less than the clock's; a peer runs in a
process of its own and must give the same features. polars and duckdb come from the
Python that --peers-python names (it also needs pandas and pyarrow), or are left out.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

from riskscreen.features import build_features
from riskscreen.features.history import fill_history_features
from riskscreen.features.plan import build_history_plan
from riskscreen.history.index import index_spells
from riskscreen.history.precedence import order_groups
from riskscreen.spec import HistoryGroup, Words, read_specification
from riskscreen.timeline import from_days

MODELS = Path(__file__).parents[1] / "models"
CASES, WEEKS, SPELLS = 200_000, 520, 10
GROUPS = tuple(f"group_{n}" for n in range(9))
END = 18_001  # a Monday


def specification():
    """A shipped specification whose history has nine groups of one code group each."""
    spec = read_specification(MODELS / "long_absence.toml")
    words = Words(da="x", en="x")
    groups = {name: HistoryGroup(code_groups=(name,), label=words) for name in GROUPS}
    history = spec.history.model_copy(
        update={"groups": groups, "self_support": (), "register_lag_weeks": 0}
    )
    return spec.model_copy(update={"columns": {}, "history": history})


def spell_days(n_persons, weeks, *, seed):
    """Starts and ends of SPELLS spells a person, in whole weeks with gaps between."""
    rng = np.random.default_rng(seed)
    bounds = rng.random((n_persons, 2 * SPELLS), dtype=np.float32)
    bounds.sort(axis=1)
    # A week more at every bound keeps spells and gaps at one week or longer.
    week = (bounds * (weeks - 2 * SPELLS)).astype(np.int32) + np.arange(2 * SPELLS)
    days = (week.astype(np.int32) - weeks) * 7 + END
    return days[:, ::2].ravel(), days[:, 1::2].ravel()


def made_up():
    """Spells as integers with one case a person, up to half a year before the end."""
    rng = np.random.default_rng(2)
    start, end = spell_days(CASES, WEEKS, seed=1)
    spells = pd.DataFrame(
        {
            "person": np.repeat(np.arange(CASES, dtype=np.int32), SPELLS),
            "group": rng.integers(0, len(GROUPS), len(start)).astype(np.int16),
            "start": start,
            "end": end,
        }
    )
    until = (END - 7 * rng.integers(0, 26, CASES)).astype(np.int32)
    return spells, pd.DataFrame(
        {"person": np.arange(CASES, dtype=np.int32), "until": until}
    )


def index_of(spells):
    """The index of the spells, as the reader of both doors makes it."""
    groups = order_groups(specification(), GROUPS)
    place = np.array([groups.index(name) for name in GROUPS], dtype=np.int16)
    return index_spells(
        pd.Index([f"p{n:07d}" for n in range(CASES)], dtype="str"),
        groups,
        person=spells["person"].to_numpy(),
        group=place[spells["group"].to_numpy()],
        start=spells["start"].to_numpy(),
        end=spells["end"].to_numpy(),
        registered=None,
        verified=np.zeros(len(spells), dtype=bool),
    )


def best(function):
    """Processor seconds of the best of five runs after a first one, and the result."""
    result, seconds = function(), float("inf")
    for _ in range(5):
        begin = time.process_time()
        result = function()
        seconds = min(seconds, time.process_time() - begin)
    return seconds, result


def compare(peers_python):
    """Print cases a second of riskscreen and of each peer on the same data."""
    spec, (spells, cases) = specification(), made_up()
    until = from_days(cases["until"].to_numpy())
    names = [f"p{n:07d}" for n in range(CASES)]
    table = pd.DataFrame(
        {"case_id": names, "person_id": names, "decision_date": until}
    ).astype({"person_id": "str"})
    index = index_of(spells)
    found = np.empty(
        (CASES, build_history_plan(spec, code_groups=index.groups).n_features)
    )

    def kernel():
        fill_history_features(found, spec, table, index)
        return found

    print(
        f"{CASES:,} cases x {WEEKS} weeks, {SPELLS} spells a person, {len(GROUPS)} "
        f"groups, {found.shape[1]} features; load {os.getloadavg()[0]:.1f}"
    )
    ours, features = best(kernel)
    features = features.copy()
    show("riskscreen, kernel", ours)
    whole = best(lambda: build_features(spec, table, index_of(spells)))[0]
    show("riskscreen, with its index", whole)
    for tool, python in peers(peers_python):
        seconds = peer_seconds(tool, python, (spells, cases, features))
        show(tool, seconds, beside=ours)


def show(what, seconds, *, beside=None):
    times = f", {seconds / beside:.1f} x the kernel's time" if beside else ""
    millions = CASES / seconds / 1e6
    print(f"  {what:30s} {millions:6.3f} million cases a second of a core{times}")


def peers(peers_python):
    """Each tool and the Python that has it."""
    yield "pandas", sys.executable
    if peers_python:
        yield "polars", peers_python
        yield "duckdb", peers_python
    else:
        print("  (polars and duckdb are left out: no --peers-python)")


def peer_seconds(tool, python, data):
    """The seconds of a peer; stops the benchmark where its features differ."""
    spells, cases, features = data
    with tempfile.TemporaryDirectory() as folder:
        spells.to_parquet(Path(folder) / "spells.parquet")
        cases.to_parquet(Path(folder) / "cases.parquet")
        script = Path(__file__).with_name("history_peers.py")
        done = subprocess.run(
            [python, script, tool, folder],
            check=True,
            capture_output=True,
            env={**os.environ, "POLARS_MAX_THREADS": "1"},
        )
        theirs = np.nan_to_num(np.load(Path(folder) / f"{tool}.npy"))
    if not np.allclose(theirs, np.nan_to_num(features), atol=1e-9):
        raise SystemExit(f"{tool} gives other features")
    return json.loads(done.stdout)["seconds"]


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--peers-python")
    compare(arguments.parse_args().peers_python)


if __name__ == "__main__":
    main()
