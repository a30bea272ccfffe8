"""A killed scoring run leaves nothing half-written, and running again completes."""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from datetime import UTC, datetime

import pandas as pd
import pytest

from riskscreen.store import open_store
from riskscreen.store.schema import SCORES
from tests import small_site
from tests.nights.conftest import deliver
from tests.store.kept import count, verified

pytestmark = pytest.mark.thorough

RUNS = 4
FILES = {
    ".riskscreen.json",
    "scores.csv",
    "scores.parquet",
    "reasons.parquet",
    "facts.parquet",
    "benefits.parquet",
    "arrivals.parquet",
    "routed.csv",
    "set_aside.csv",
    "summary.json",
}
RUN = "from riskscreen.cli import main; main()"
FORKED = """
import json, os, sys
import riskscreen.cli, riskscreen.scoring
for line in sys.stdin:
    pid = os.fork()
    if not pid:
        sys.argv = json.loads(line)
        nothing = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nothing, 1), os.dup2(nothing, 2)
        riskscreen.cli.main()
    print(pid, flush=True)
    print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)
"""
"""Forks a score process for each line: seconds of imports are paid for once."""


class Forked:
    """A score process among those that one interpreter forks."""

    def __init__(self, server, command):
        self._server = server
        server.stdin.write(json.dumps(["riskscreen", *map(str, command)]) + "\n")
        server.stdin.flush()
        self._pid = int(server.stdout.readline())

    def kill(self):
        with suppress(ProcessLookupError):  # it may just have finished
            os.kill(self._pid, signal.SIGKILL)

    def wait(self):
        return int(self._server.stdout.readline())


@pytest.fixture(scope="module")
def server():
    with subprocess.Popen(
        [sys.executable, "-c", FORKED],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as started:
        yield started
        started.stdin.close()


@pytest.fixture(scope="module")
def command(tmp_path_factory):
    folder = tmp_path_factory.mktemp("killed")
    small_site.deliver(folder / "site", 1500)
    small_site.approved_folder(folder / "model")
    return folder, [
        *("score", folder / "site" / "cases.csv"),
        *("--history", folder / "site" / "history.parquet"),
        *("--as-of", str(small_site.EXTRACTED.date()), "--out", folder / "out"),
        *("--model", folder / "model"),
    ]


def content(out):
    """Every file, read as a whole; the time of scoring left out."""
    assert {path.name for path in out.iterdir()} == FILES
    summary = json.loads((out / "summary.json").read_text(encoding="utf-8"))
    scores = pd.read_csv(out / "scores.csv").drop(columns="scored_at")
    typed = pd.read_parquet(out / "scores.parquet")
    assert len(scores) == len(typed) == summary["counts"]["scored"]
    reasons = pd.read_parquet(out / "reasons.parquet")
    others = [(out / name).read_bytes() for name in ("routed.csv", "set_aside.csv")]
    return scores.to_csv(), reasons.to_csv(), others


def kill_later(process, folder, *, seed, took):
    """Kill a run: half of them anywhere, half of them while it writes."""
    rng = random.Random(seed)
    if seed % 2:
        time.sleep(rng.uniform(0, took))
    else:
        until = time.monotonic() + 60
        while not list(folder.glob(".out.*.part")) and time.monotonic() < until:
            time.sleep(0.002)
        time.sleep(rng.uniform(0, took / 4))
    process.kill()
    return process.wait()


def test_a_killed_run_leaves_nothing_half_written_and_a_new_run_completes(
    server, command
):
    folder, run = command
    out = folder / "out"
    begun = time.perf_counter()
    assert Forked(server, run).wait() == 0
    took = time.perf_counter() - begun
    whole = content(out)
    shutil.rmtree(out)
    ends = []
    for seed in range(RUNS):
        ends.append(kill_later(Forked(server, run), folder, seed=seed, took=took))
        assert not out.exists() or content(out) == whole
        if seed == RUNS // 2:
            assert Forked(server, run).wait() == 0
            assert content(out) == whole
    assert -signal.SIGKILL in ends
    assert Forked(server, run).wait() == 0
    assert content(out) == whole
    assert not list(folder.glob(".out.*"))


def test_a_process_killed_as_a_shell_would_start_it_leaves_nothing(command):
    folder, run = command
    elsewhere = folder / "elsewhere"
    arguments = [str(elsewhere) if part == folder / "out" else part for part in run]
    process = subprocess.Popen([sys.executable, "-c", RUN, *arguments])
    while process.poll() is None and not list(folder.glob(".elsewhere.*.part")):
        time.sleep(0.002)
    process.kill()
    assert process.wait() == -signal.SIGKILL
    assert not elsewhere.exists()


def test_a_killed_night_leaves_the_ones_before_and_a_new_run_completes_it(
    server, tmp_path
):
    today = datetime.now(tz=UTC).date()
    site, root = deliver(tmp_path / "site", until=today), tmp_path / "nights"
    for name in ("small_target", "other_target"):
        spec = small_site.specification(name=name)
        small_site.approved_folder(tmp_path / "models" / name, spec=spec)
    url = f"sqlite:///{tmp_path / 'store.db'}"
    run = ["nightly", "--site", site, "--model", tmp_path / "models", "--out", root]
    run += ["--store", url]
    begun = time.perf_counter()
    assert Forked(server, run).wait() == 0
    took = time.perf_counter() - begun
    night = (root / "latest").resolve()
    kept = count(open_store(url), SCORES)
    whole = sorted(path.relative_to(night) for path in night.rglob("*"))
    rng, ends = random.Random(0), []
    for _ in range(RUNS):
        shutil.rmtree(root)
        process = Forked(server, run)
        time.sleep(rng.uniform(0, took))
        process.kill()
        ends.append(process.wait())
        assert not (root / "latest").is_symlink() or (root / "latest").is_dir()
        assert Forked(server, run).wait() == 0
        assert sorted(path.relative_to(night) for path in night.rglob("*")) == whole
        assert (root / "latest").resolve() == night
        left = {path.name for path in root.iterdir()}
        named = {night.name, "latest", "newest_run.json", ".riskscreen.json"}
        assert left == named
        assert count(open_store(url), SCORES) == kept
        assert verified(open_store(url)).faults == ()
    assert -signal.SIGKILL in ends
