"""What it costs to keep a million scores in a store, beside plain SQLite inserts.

Run: python -m benchmarks.store [--scores 1000000] [--url sqlite:///FILE]

The scores are made up: forty columns and fifteen reasons each, in parts as a run has
them. The peer writes the same texts, made beforehand, with executemany into one table
with one index: no reasons are put into JSON, no digest, no chain, no look for what
stands there already. A busy machine shows in both, less in the processor's seconds.
"""

import argparse
import os
import sqlite3
import statistics
import tempfile
import time
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd

from riskscreen.scoring.rows import Scoring
from riskscreen.store import begin_store, find_scores, keep_run
from riskscreen.store.records import build_records
from riskscreen.store.verifying import verify_chain

PART = 50_000
REASONS = 15
LOOKED_UP = 200


@dataclass(frozen=True)
class MadeUpScoring(Scoring):
    """A scoring whose reasons are ``given``, since no model tells them."""

    given: pd.DataFrame = field(default_factory=pd.DataFrame)

    @property
    def reasons(self) -> pd.DataFrame:
        """The reasons, a row for each case and reason."""
        return self.given


def make_scoring(first: int, n: int, seed: int) -> Scoring:
    """*n* made-up scores of cases numbered from *first*."""
    draw = np.random.default_rng(seed)
    ids = pd.array([f"S{first + i:07d}" for i in range(n)], dtype="str")
    risk = draw.beta(2, 6, n)
    scores = {
        "case_id": ids,
        "target": "long_absence",
        "municipality": draw.choice(["Nord", "Syd"], n),
        "team": draw.choice(["A", "B", "C"], n),
        "start_date": pd.Timestamp("2025-01-06"),
        "decision_date": pd.Timestamp("2025-02-03"),
        "risk": risk,
        "base_risk": 0.25,
        "abstained": False,
        "band": np.where(risk > 0.4, "first", "usual"),
        "proposed": risk > 0.4,
        "threshold": 0.4,
        "threshold_of": "unit",
        "model_version": "0123456789ab",
        "pilot": False,
        "data_date": pd.Timestamp("2025-02-10"),
        "input_fingerprint": [f"{x:016x}" for x in draw.integers(0, 2**62, n)],
        **{f"reason_up_{i}": "Sygefravær i 26 af de seneste 52 uger" for i in range(3)},
        **{f"reason_down_{i}": "I arbejde i 20 af de seneste 52" for i in range(3)},
        **{f"share_{weeks}": risk * 0.9 for weeks in range(12)},
    }
    each = np.tile(np.arange(REASONS), n)
    names = [f"reason_{i}" for i in range(REASONS)]
    values = draw.normal(size=n * REASONS)
    reasons = pd.DataFrame(
        {
            "case_id": np.repeat(ids, REASONS),
            "reason": pd.Categorical.from_codes(each, names),
            "feature": pd.Categorical.from_codes(each, names),
            "value": np.round(values * 10),
            "log_odds": values,
            "points": values * 0.1,
            "changeable": False,
            "named": True,
            "unreadable": False,
            "inapplicable": False,
            "members": "",
        }
    )
    persons = pd.Series([f"P{first + i:026d}" for i in range(n)])
    nothing = pd.DataFrame()
    return MadeUpScoring(
        columns=dict(pd.DataFrame(scores).items()),
        explained=None,
        routed=nothing,
        set_aside=nothing,
        counts={},
        unknown=nothing,
        persons=persons,
        given=reasons,
    )


def name_model() -> SimpleNamespace:
    """As much of a model as a run is noted with."""
    spec = SimpleNamespace(name="long_absence", fingerprint=lambda: "0" * 64)
    policy = SimpleNamespace(to_json=dict)
    return SimpleNamespace(
        spec=spec, version="0123456789ab", digest="0" * 64, policy=policy
    )


def keep(url: str, total: int) -> tuple[float, float]:
    """Keep *total* scores; return the seconds of the clock, and of the processor.

    Those of making them up are left out.
    """
    store, at = begin_store(url), datetime(2025, 2, 10, tzinfo=UTC)
    seconds = work = 0.0
    with keep_run(store, name_model(), at=at, data_date=date(2025, 2, 10)) as add:
        for part, first in enumerate(range(0, total, PART)):
            scoring = make_scoring(first, min(PART, total - first), part)
            began, at_work = time.perf_counter(), time.process_time()
            add(scoring)
            seconds += time.perf_counter() - began
            work += time.process_time() - at_work
    return seconds, work


def insert_plainly(file: Path, total: int) -> tuple[float, float]:
    """Insert as many rows as long into one plain table; return seconds as keep does."""
    made = make_scoring(0, 1_000, 0)
    bodies = [record.content.body for record in build_records(made)]
    plain = sqlite3.connect(file)
    plain.execute("PRAGMA journal_mode = WAL")
    plain.execute("CREATE TABLE scores (case_id TEXT, risk REAL, body BLOB)")
    plain.execute("CREATE INDEX by_case ON scores (case_id)")
    seconds = work = 0.0
    for first in range(0, total, 2_000):
        rows = [(f"S{first + i:07d}", 0.3, bodies[i % 1_000]) for i in range(2_000)]
        began, at_work = time.perf_counter(), time.process_time()
        with plain:
            plain.executemany("INSERT INTO scores VALUES (?, ?, ?)", rows)
        seconds += time.perf_counter() - began
        work += time.process_time() - at_work
    plain.close()
    return seconds, work


def look_up(url: str, total: int) -> tuple[list[float], float]:
    """Look scores up by their case; return the milliseconds of each.

    And those of a processor for one, in the mean.
    """
    store, draw = begin_store(url), np.random.default_rng(1)
    taken, at_work = [], time.process_time()
    for number in draw.integers(0, total, LOOKED_UP):
        began = time.perf_counter()
        (_found,) = find_scores(store, f"S{number:07d}")
        taken.append(1000 * (time.perf_counter() - began))
    return taken, 1000 * (time.process_time() - at_work) / LOOKED_UP


def main() -> None:
    """Print the figures of one run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scores", type=int, default=1_000_000)
    parser.add_argument("--url", help="a store that does not stand yet")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        url = given.url or f"sqlite:///{folder}/store.db"
        print(f"load {os.getloadavg()[0]:.1f}, {given.scores:,} made-up scores")
        plainly, work = insert_plainly(Path(folder, "plain.db"), given.scores)
        print(f"plain SQLite inserts  {plainly:8.1f} s  ({work:.1f} s of a processor)")
        kept, work = keep(url, given.scores)
        print(
            f"kept in the store     {kept:8.1f} s  ({kept / plainly:.1f} times; "
            f"{work:.1f} s of a processor)"
        )
        taken, work = look_up(url, given.scores)
        print(
            f"one looked up         {statistics.median(taken):8.2f} ms, slowest of "
            f"{LOOKED_UP} {max(taken):.2f} ms ({work:.2f} ms of a processor)"
        )
        store = begin_store(url)
        if store.file:
            print(f"size                  {store.file.stat().st_size / 1e9:8.2f} GB")
        began = time.perf_counter()
        with store.read() as connection:
            found = verify_chain(connection)
        print(f"chain verified        {time.perf_counter() - began:8.1f} s")
        print(f"faults                {len(found.faults):8}")


if __name__ == "__main__":
    main()
