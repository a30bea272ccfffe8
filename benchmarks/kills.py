"""Kill `score`, `report` and `train` at random moments; look at what they leave.

    python -m benchmarks.kills --rounds 200

Each round starts one command over a folder that an earlier run of it left, kills it
(three of four times with SIGKILL, else SIGTERM) at a moment drawn from the time that a
whole run takes, and looks: the folder is the earlier one or a whole new one, nothing
else beside it or in its neighbours has changed, and running again makes it whole and
leaves no hidden file. Parents fork the commands, so that imports are paid for once.
"""

import argparse
import hashlib
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from riskscreen.folders.mark import MARK, list_entries, read_mark
from tests import small_site

ROOT = Path(__file__).parents[1]
CASES = 1500
TERMS = 4
"""Every so many kills one is a SIGTERM, which is to leave no hidden file at all."""

FORKING = """
import json, os, sys
import riskscreen.cli, riskscreen.scoring, riskscreen.documents.pages
import riskscreen.stories.train
for line in sys.stdin:
    pid = os.fork()
    if not pid:
        nothing = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nothing, 1), os.dup2(nothing, 2)
        sys.argv = json.loads(line)
        riskscreen.cli.main()
        os._exit(0)
    print(pid, flush=True)
    print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)
"""


class Forker:
    """An interpreter with everything imported, which forks one command at a time."""

    def __init__(self, folder: Path) -> None:
        environment = {**os.environ, "MLFLOW_DISABLE_TELEMETRY": "true"}
        environment["PYTHONPATH"] = os.pathsep.join([str(ROOT / "src"), str(ROOT)])
        self._parent = subprocess.Popen(
            [sys.executable, "-c", FORKING],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=folder,
            env=environment,
        )

    def start(self, command: Sequence[object]) -> int:
        """Start *command*; its process."""
        self._parent.stdin.write(json.dumps([str(part) for part in command]) + "\n")
        self._parent.stdin.flush()
        return int(self._parent.stdout.readline())

    def wait(self) -> int:
        """How the command that was started ended."""
        return int(self._parent.stdout.readline())

    def close(self) -> None:
        """End the parent."""
        self._parent.stdin.close()
        self._parent.wait()


@dataclass
class Found:
    """What the rounds of one command have shown."""

    rounds: int = 0
    killed: int = 0
    ends: Counter[int] = field(default_factory=Counter)
    half: int = 0
    foreign: int = 0
    whole_again: int = 0
    left_by_term: int = 0

    def line(self, name: str) -> str:
        """The counts as one line."""
        ends = ", ".join(f"{n} ended {code}" for code, n in sorted(self.ends.items()))
        return (
            f"{name}: rounds {self.rounds}, killed while running {self.killed} "
            f"({ends}), half folders {self.half}, foreign files touched "
            f"{self.foreign}, hidden files left by SIGTERM {self.left_by_term}, "
            f"reruns whole {self.whole_again}"
        )


def run_rounds(
    forker: Forker, command: Sequence[object], out: Path, *, rounds: int, seed: int
) -> Found:
    """Kill *command*, which writes *out*, so many times."""
    rng, found = random.Random(seed), Found()
    for _ in range(2):  # the first one also reads what lies on the disk
        begun = time.perf_counter()
        forker.start(command)
        assert forker.wait() in (0, 3), f"{command[1]} does not run"
        took = time.perf_counter() - begun
    for number in range(rounds):
        before = digests(out)
        others = neighbours(out)
        pid = forker.start(command)
        time.sleep(rng.uniform(0, took))
        kind = signal.SIGKILL if number % TERMS else signal.SIGTERM
        with suppress(ProcessLookupError):
            os.kill(pid, kind)
        end = forker.wait()
        found.rounds += 1
        found.ends[end] += 1
        found.killed += end not in (0, 3)
        found.half += digests(out) != before and not is_whole(out)
        if kind == signal.SIGTERM:
            found.left_by_term += len(hidden(out))
        found.foreign += count_changed(others, neighbours(out))
        forker.start(command)
        ended = forker.wait() in (0, 3)
        found.whole_again += ended and is_whole(out) and not hidden(out)
    return found


def is_whole(out: Path) -> bool:
    """Whether *out* has its mark and every file that the mark says."""
    mark = read_mark(out)
    return mark is not None and mark.finished and list_entries(out) == mark.entries


def digests(folder: Path) -> dict[str, str]:
    """The SHA-256 of every file below *folder*."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def hidden(out: Path) -> list[Path]:
    """What a run has left beside *out*."""
    ours = re.compile(rf"\.{re.escape(out.name)}\.(lock|pid\d+\.(part|aside))")
    return [path for path in out.parent.iterdir() if ours.fullmatch(path.name)]


def neighbours(out: Path) -> dict[str, str]:
    """The files beside *out* that belong to somebody else."""
    ours = {str(path.relative_to(out.parent)) for path in [out, *hidden(out)]}
    return {
        name: digest
        for name, digest in digests(out.parent).items()
        if Path(name).parts[0] not in ours
    }


def count_changed(before: dict[str, str], now: dict[str, str]) -> int:
    """How many files were changed, removed or added."""
    names = before.keys() | now.keys()
    return sum(before.get(name) != now.get(name) for name in names)


def put_strangers(place: Path, name: str) -> None:
    """Files of other people beside the folder *name*, called much as its own are."""
    place.mkdir()
    for stranger in (f"{name}.week48", f".{name}.mine.part", f"{name}-2"):
        (place / stranger).mkdir()
        (place / stranger / MARK).write_text("{}")
        (place / stranger / "only copy.csv").write_text("of somebody else")
    (place / f".{name}.part").write_text("of somebody else")


def commands(folder: Path) -> dict[str, tuple[list[object], Path]]:
    """Each command with the folder it writes, in a place full of strangers' files."""
    small_site.deliver(folder / "site", CASES)
    small_site.approved_folder(folder / "model")
    for name in ("score", "report", "train"):
        put_strangers(folder / name, name)
    (folder / "store").mkdir()
    scored = folder / "score" / "score"
    score = [
        *("riskscreen", "score", folder / "site" / "cases.csv"),
        *("--history", folder / "site" / "history.parquet"),
        *("--as-of", small_site.EXTRACTED.date(), "--model", folder / "model"),
        *("--out", scored),
    ]
    pages = folder / "report" / "report"
    report = [
        *("riskscreen", "report", folder / "scored", "--model", folder / "model"),
        *("--out", pages),
    ]
    trained = folder / "train" / "train"
    train = [
        *("riskscreen", "train", "long_benefit", "--models", folder / "models"),
        *("--site", folder / "whole", "--out", trained),
        *("--tracking-uri", f"sqlite:///{folder / 'store' / 'mlflow.db'}"),
    ]
    return {
        "score": (score, scored),
        "report": (report, pages),
        "train": (train, trained),
    }


def prepare_inputs(forker: Forker, folder: Path, score: list[object]) -> None:
    """What `report` and `train` read: a scoring run, a site and a quick target."""
    forker.start([*score[:-1], folder / "scored"])
    assert forker.wait() in (0, 3)
    make = [sys.executable, "-m", "riskscreen", "synthesise", "--cases", "1200"]
    make += ["--out", folder / "whole"]
    environment = {**os.environ, "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}"}
    quiet = subprocess.DEVNULL
    subprocess.run(list(map(str, make)), check=True, stdout=quiet, env=environment)
    shutil.copytree(ROOT / "models", folder / "models")
    quick = "\n[estimator]\ncandidates = ['logistic']\npenalties = [30.0]\n"
    with (folder / "models" / "long_benefit.toml").open("a", encoding="utf-8") as own:
        own.write(quick)


def main() -> None:
    """Run every round and say what was found; exit 1 where a promise was broken."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=200, help="over all commands")
    parser.add_argument("--train", type=int, help="rounds of train among them")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    of_train = given.rounds // 5 if given.train is None else given.train
    of_report = (given.rounds - of_train) // 2
    shares = {
        "score": given.rounds - of_train - of_report,
        "report": of_report,
        "train": of_train,
    }
    folder = Path(tempfile.mkdtemp(prefix="kills."))
    forker = Forker(folder)
    broken = 0
    try:
        made = commands(folder)
        prepare_inputs(forker, folder, made["score"][0])
        for name, (command, out) in made.items():
            if shares[name]:
                found = run_rounds(
                    forker, command, out, rounds=shares[name], seed=given.seed
                )
                print(found.line(name), flush=True)
                broken += found.half + found.foreign + found.left_by_term
                broken += found.rounds - found.whole_again
    finally:
        forker.close()
        shutil.rmtree(folder)
    print("every promise was kept" if not broken else f"{broken} broken promises")
    sys.exit(1 if broken else 0)


if __name__ == "__main__":
    main()
