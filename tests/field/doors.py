"""The doors of the product, run in this process, and when what came out is right."""

import csv
import json
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from datetime import date
from io import StringIO
from pathlib import Path

from riskscreen import cli
from riskscreen.errors import ScreeningError, UnexpectedError
from riskscreen.spec import Specification, read_specification
from tests.field import base
from tests.hooks import hooks_restored

SPECIFICATION = Path(__file__).parents[2] / "models" / "long_absence.toml"
AS_OF = "2025-01-06"


@dataclass
class Run:
    """What a command left: exit code, words, and the rows of the folder it wrote."""

    code: int
    said: str
    out: Path
    scores: dict = field(default_factory=dict)
    routed: dict = field(default_factory=dict)
    set_aside: list = field(default_factory=list)
    summary: dict = field(default_factory=dict)

    @property
    def finished(self):
        return self.code in (0, 3)

    @property
    def refused(self):
        """Stopped by a message of ours, of a kind that has an exit code."""
        return 10 <= self.code < UnexpectedError.exit_code

    def risks(self):
        return {case: float(row["risk"]) for case, row in self.scores.items()}

    def flagged(self, flag):
        """The scored cases that carry *flag*."""
        return {
            c for c, row in self.scores.items() if row.get(flag, "").lower() == "true"
        }


def run_command(*arguments):
    """One command in this process, as main() runs it: exit code and words."""
    said, before = StringIO(), sys.argv
    sys.argv = ["riskscreen", *map(str, arguments)]
    try:
        with hooks_restored(), redirect_stdout(said), redirect_stderr(said):
            cli.main()
    except SystemExit as ended:
        return ended.code or 0, said.getvalue()
    finally:
        sys.argv = before
    return 0, said.getvalue()


def read_scoring_run(code, said, out):
    """The run with what stands in *out*."""
    if code not in (0, 3):
        return Run(code, said, out)
    return Run(
        code,
        said,
        out,
        scores={row["case_id"]: row for row in _table(out / "scores.csv")},
        routed={row["case_id"]: row["route"] for row in _table(out / "routed.csv")},
        set_aside=_table(out / "set_aside.csv"),
        summary=json.loads((out / "summary.json").read_text("utf-8")),
    )


def _table(path):
    with path.open(encoding="utf-8", newline="") as opened:
        return list(csv.DictReader(opened))


@dataclass
class Intake:
    """The intake of one test: files are written here and scored by one model."""

    folder: Path
    model: Path
    runs: int = 0

    def write(self, name, rows, *, encoding="utf-8", before="", after="", **how):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes((before + base.as_csv(rows, **how) + after).encode(encoding))
        return path

    def score(self, cases=None, history=None, *options, as_of=AS_OF, out=None):
        """Score rows, or a path or query; what is not given is the base's."""
        self.runs += 1
        out = out or self.folder / f"out{self.runs}"
        given = [self._source("cases.csv", cases or base.cases())]
        past = self._source("history.csv", history or base.history())
        given += ["--history", past, "--as-of", as_of, "--out", out]
        code, said = run_command("score", *given, "--model", self.model, *options)
        return read_scoring_run(code, said, out)

    def score_site(self, toml=None, *options, out=None):
        """Score what site.toml in the folder says, written as *toml* if given."""
        self.runs += 1
        out = out or self.folder.parent / f"{self.folder.name}.out{self.runs}"
        if toml is not None:
            (self.folder / "site.toml").write_text(toml, encoding="utf-8")
        given = ["--site", self.folder, "--target", "long_absence"]
        code, said = run_command(
            "score", *options, *given, "--out", out, "--model", self.model
        )
        return read_scoring_run(code, said, out)

    def _source(self, name, given):
        if isinstance(given, (str, Path)):
            return given
        return self.write(name, given)


def fault_of(run, risks, *, case_of=lambda case: case):
    """What is wrong with *run* where the right risks are *risks*, or None."""
    if not (run.refused or run.finished):
        return f"exit code {run.code}"
    if run.refused:
        return "a refused run left a folder" if run.out.exists() else None
    counts = run.summary["counts"]
    if counts["cases"] != counts["scored"] + counts["routed"] + counts["set_aside"]:
        return "the counts do not add up"
    other = {
        case
        for case, risk in run.risks().items()
        if abs(risk - risks[case_of(case)]) > 1e-9
    }
    told = run.flagged("no_history") if other else set()
    if other - told:
        return f"{len(other - told)} of {len(run.scores)} scores are others, untold"
    if told and not counts.get("no_history"):
        return "the flag stands on rows and not among the counts"
    return None


def cheap_specification():
    """The shipped specification with the base's columns, and the cheapest estimator."""
    content = read_specification(SPECIFICATION).model_dump(by_alias=True)
    told = content["columns"]
    content["columns"] = {
        name: column
        for name, column in told.items()
        if name in base.cases()[0] or column["optional"]
    }
    content["history"]["windows"] = [4, 52, 260]
    content["estimator"] = {"candidates": ["logistic"], "penalties": [3.0]}
    return Specification.model_validate(content)


def score_frames(loaded, cases, history, *, as_of=AS_OF):
    """The Python door, its tables as the rows that a folder would hold."""
    nowhere = Path("/nonexistent")
    try:
        scoring = loaded.score(cases, history, as_of=date.fromisoformat(as_of))
    except ScreeningError as refused:
        return Run(refused.exit_code, str(refused), nowhere)
    counts = dict(scoring.counts)
    return Run(
        3 if counts["set_aside"] else 0,
        "",
        nowhere,
        scores={
            row["case_id"]: {name: str(value) for name, value in row.items()}
            for row in scoring.scores.to_dict("records")
        },
        routed=dict(
            zip(scoring.routed["case_id"], scoring.routed["route"], strict=True)
        ),
        set_aside=scoring.set_aside.to_dict("records"),
        summary={"counts": counts},
    )
