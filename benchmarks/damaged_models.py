"""What a changed model does: it refuses, or scores every case to the last bit.

A model of trees and lines is trained on synthetic cases, stored and approved. Each
change of its structure (tests/model_damage.py) gets digests that fit and is scored in a
child of its own, so that a signal is seen. Prints the counts; exits 1 where a change is
neither refused with exit 14 nor without effect.

    python -m benchmarks.damaged_models [--changes 300]
"""

import argparse
import os
import signal
import sys
import tempfile
from collections import Counter
from pathlib import Path

import numpy as np

from riskscreen.errors import ScreeningError
from riskscreen.scoring.approved_model import open_approved
from riskscreen.spec import EstimatorSettings
from riskscreen.training import train
from tests.approving import save_approved
from tests.made_up import prepared_of, specification, values_of
from tests.model_damage import damage

_REFUSED, _SAME, _OTHER, _TRACEBACK = 14, 0, 20, 1


def main() -> int:
    """Try every change; return 1 where one does what it should not."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--changes", type=int, default=300)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as room:
        folder = Path(room) / "model"
        _store_model(folder)
        files = {path.name: _text(path) for path in folder.iterdir()}
        scores = _scores(folder)
        counts: Counter[str] = Counter()
        for seed in range(asked.changes):
            what, changed = damage(files, seed)
            code = _tried(Path(room) / "changed", changed, scores)
            became = _named(code)
            counts[became] += 1
            if became not in ("refused (14)", "every score the same"):
                print(f"change {seed}: {what}: {became}")
    for became, times in counts.most_common():
        print(f"{became}: {times}")
    return int(bool(set(counts) - {"refused (14)", "every score the same"}))


def _store_model(folder: Path) -> None:
    spec = specification().model_copy(
        update={"estimator": EstimatorSettings(max_rounds=60)}
    )
    result = train(prepared_of(2000, spec=spec), kind="blend")
    save_approved(result.model, folder)


def _tried(folder: Path, files: dict[str, str], scores: bytes) -> int:
    """Score by the changed *files* in a child; its exit code, or minus its signal."""
    folder.mkdir(exist_ok=True)
    for path in folder.iterdir():
        path.unlink()
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8", newline="")
    child = os.fork()
    if child == 0:
        os._exit(_outcome(folder, scores))
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def _outcome(folder: Path, scores: bytes) -> int:
    signal.alarm(60)
    try:
        return _SAME if _scores(folder) == scores else _OTHER
    except ScreeningError as refused:
        return refused.exit_code
    except BaseException as fault:  # what is looked for
        print(f"{type(fault).__name__}: {fault}", file=sys.stderr)
        return _TRACEBACK


def _scores(folder: Path) -> bytes:
    """Everything that a model says about some cases, as bytes."""
    model = open_approved(folder).model
    features, _ = values_of(200, seed=9)
    scored = model.score(features)
    units = np.full(len(features), "all/all", dtype=object)
    found = model.policy.propose(scored.risk, units)
    doubted = model.estimate_uncertainty(features, scored, thresholds=found.threshold)
    told = "|".join(map(str, doubted.abstention_rules)) + "|".join(
        model.band(scored.risk, found.proposed)
    )
    arrays = (
        scored.risk,
        scored.contributions,
        doubted.low,
        doubted.high,
        doubted.agree,
    )
    return b"".join(array.tobytes() for array in arrays) + told.encode()


def _text(path: Path) -> str:
    return path.read_bytes().decode()


def _named(code: int) -> str:
    names = {
        _REFUSED: "refused (14)",
        _SAME: "every score the same",
        _OTHER: "OTHER SCORES",
        _TRACEBACK: "TRACEBACK",
    }
    if code < 0:
        return f"SIGNAL {signal.Signals(-code).name}"
    return names.get(code, f"exit {code}")


if __name__ == "__main__":
    sys.exit(main())
