"""Kill a scoring into a store at random moments; look at what it leaves.

    python -m benchmarks.store_kills --rounds 200 [--url postgresql+psycopg://…]

Each round starts a run for a purpose of its own, kills it with SIGKILL at a moment
drawn from the time that a whole run takes, and scores again: then each case has one
score of the model for that purpose, none is lost, none is there twice, and the chain of
events verifies. Without --url it goes into SQLite. Runs are forked, so that imports are
paid for once, and store twenty scores a transaction, so that there are many to hit.
"""

import argparse
import os
import random
import signal
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path

from sqlalchemy import func, select

from riskscreen.model.risk_model import RiskModel
from riskscreen.scoring.rows import Scoring
from riskscreen.scoring.score_cases import score
from riskscreen.store import Store, begin_store, keep_run, keeping
from riskscreen.store.schema import CONTENTS, RUNS, SCORES
from riskscreen.store.verifying import verify_chain
from tests import small_site

CASES = 200
AT = datetime(2025, 1, 6, tzinfo=UTC)
VERIFIED_EVERY = 20


@dataclass
class Found:
    """What the rounds have shown."""

    rounds: int = 0
    killed: int = 0
    stored: list[int] = field(default_factory=list)
    wrong: int = 0
    faults: int = 0

    def line(self) -> str:
        """The counts as one line."""
        part = sum(n > 0 for n in self.stored)
        return (
            f"rounds {self.rounds}, killed while running {self.killed}, of which "
            f"{part} had stored a part; rerun with a score lost or double "
            f"{self.wrong}, faults of the chain {self.faults}"
        )


def make_scoring(model: RiskModel) -> Scoring:
    """A scoring of the small site's cases."""
    cases = small_site.cases(CASES, seed=5)
    history = small_site.history(cases, seed=5)
    return score(model, cases, history, as_of=small_site.EXTRACTED.date())


def run_rounds(url: str, *, rounds: int, seed: int) -> Found:
    """Kill so many runs into the store at *url*."""
    rng, found = random.Random(seed), Found()
    model = small_site.model()
    scoring = make_scoring(model)
    store = begin_store(url)
    began = time.perf_counter()
    assert (
        os.waitstatus_to_exitcode(os.waitpid(fork(url, model, scoring, "0"), 0)[1]) == 0
    )
    took = time.perf_counter() - began
    expected = count_scores(store, "0")
    assert set(expected.values()) == {1}
    for number in range(1, rounds + 1):
        purpose = str(number)
        pid = fork(url, model, scoring, purpose)
        time.sleep(rng.uniform(0, took))
        os.kill(pid, signal.SIGKILL)
        end = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        found.rounds += 1
        if end == -signal.SIGKILL:
            found.killed += 1
            stored = len(count_scores(store, purpose))
            found.stored.append(stored if stored < len(expected) else 0)
        keep(store, model, scoring, purpose)
        found.wrong += count_scores(store, purpose) != expected
        if number % VERIFIED_EVERY == 0 or number == rounds:
            with store.read() as connection:
                found.faults += len(verify_chain(connection).faults)
    return found


def fork(url: str, model: RiskModel, scoring: Scoring, purpose: str) -> int:
    """Start a run in a process of its own; return its number."""
    pid = os.fork()
    if pid:
        return pid
    try:
        keeping._IN_A_TRANSACTION = 20
        keep(begin_store(url), model, scoring, purpose)
        os._exit(0)
    finally:
        os._exit(1)


def keep(store: Store, model: RiskModel, scoring: Scoring, purpose: str) -> None:
    """Keep the scoring as one run for *purpose*."""
    day = date(2024, 12, 30)
    with keep_run(store, model, at=AT, data_date=day, purpose=purpose) as add:
        add(scoring)


def count_scores(store: Store, purpose: str) -> Counter[str]:
    """How many scores each case has for *purpose*."""
    joined = SCORES.join(CONTENTS, CONTENTS.c.content_id == SCORES.c.score_id)
    joined = joined.join(RUNS, RUNS.c.run_id == SCORES.c.first_run)
    chosen = select(CONTENTS.c.case_id, func.count()).select_from(joined)
    chosen = chosen.where(RUNS.c.purpose == purpose).group_by(CONTENTS.c.case_id)
    with store.read() as connection:
        return Counter(dict(connection.execute(chosen).all()))


def main() -> None:
    """Print what the rounds have shown."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--url", help="a store that does not stand yet")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        url = given.url or f"sqlite:///{Path(folder) / 'store.db'}"
        found = run_rounds(url, rounds=given.rounds, seed=given.seed)
        print(f"{begin_store(url).engine.dialect.name}: {found.line()}")


if __name__ == "__main__":
    main()
