"""One row a scenario and tool, each kept when it is done, and the table of them."""

import json
import time
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path

import pandas as pd
from sklearn.exceptions import ConvergenceWarning

from benchmarks.known_truth.fits import OF_PEERS, ORACLE, OURS, TOOLS
from benchmarks.known_truth.scoring import Score, score_predictions
from benchmarks.known_truth.sites import Cell, read_tables

BEHIND = 0.001
"""By more expected log-loss than this, ours is behind the best peer."""
BEHIND_IN = 2
PACKAGES = ("riskscreen", "numpy", "pandas", "scikit-learn", "lightgbm")
Scores = Mapping[str, Score | str]


def measure_cell(cell: Cell, tools: list[str]) -> dict[str, Score | str]:
    """Return the score of each of *tools*, or in words why it has none.

    A tool that is done is not done again: its row lies in the draw's folder, under the
    versions of the packages that fitted it.
    """
    missing = [tool for tool in tools if not _place(cell, tool).is_file()]
    if missing:
        dataset, asked = read_tables(cell)
        true = pd.read_csv(cell.truth, dtype={"case_id": "str"})
        risk = true.set_index("case_id").loc[asked.index, "risk"].to_numpy()
        for tool in missing:
            begun = time.perf_counter()
            row = _measure(tool, dataset, asked, risk)
            row["seconds"] = round(time.perf_counter() - begun, 1)
            place = _place(cell, tool)
            place.parent.mkdir(exist_ok=True)
            half = place.with_suffix(".half")
            half.write_text(json.dumps(row), encoding="utf-8")
            half.rename(place)
    return {tool: _read(_place(cell, tool)) for tool in tools}


def _measure(tool: str, dataset, asked: pd.DataFrame, risk) -> dict:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        try:
            shown = TOOLS[tool](dataset, asked)
        except Exception as error:  # one tool must not take the others
            return {"failed": f"{type(error).__name__}: {error}"}
    return {"score": asdict(score_predictions(shown, risk))}


def _place(cell: Cell, tool: str) -> Path:
    """Where the row of *tool* lies: another version of a package is another row."""
    versions = "-".join(f"{name}{version(name)}" for name in PACKAGES)
    name = tool.replace(" ", "_").lower()
    return cell.folder / f"rows-{versions}" / f"{name}.json"


def _read(place: Path) -> Score | str:
    row = json.loads(place.read_text(encoding="utf-8"))
    return row["failed"] if "failed" in row else Score(**row["score"])


def format_header(*, day: str, version_of_table: int, seed: int, asked: int) -> str:
    """Return what was run, in a line, and the head of the table."""
    versions = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    return (
        f"Known truth, version {version_of_table}, seed {seed}, {asked:,} cases asked "
        f"about, {day}; {versions}. Synthetic data.\n\n"
        "| scenario | tool | expected log-loss | distance | ÷ oracle's | "
        "share of signal | shown less true |\n|---|---|---:|---:|---:|---:|---:|"
    )


def format_rows(name: str, scores: Scores) -> Iterator[str]:
    """Return one line a tool; *name* is the scenario's."""
    oracle = scores.get(ORACLE)
    for tool, score in scores.items():
        if isinstance(score, str):
            yield f"| {name} | {tool} | failed: {score} | | | | |"
            continue
        ratio = "-"
        if isinstance(oracle, Score):
            ratio = f"{score.distance / oracle.distance:.2f}"
        yield (
            f"| {name} | {tool} | {score.log_loss:.4f} | {score.distance:.4f} | "
            f"{ratio} | {score.share:.3f} | {score.level:+.4f} |"
        )


def compare_with_best(scores: Scores) -> tuple[str, float] | None:
    """Return the best peer and ours' expected log-loss less its; None without both."""
    ours = scores.get(OURS)
    losses = {
        tool: score.log_loss
        for tool, score in scores.items()
        if tool in OF_PEERS and isinstance(score, Score)
    }
    if not losses or not isinstance(ours, Score):
        return None
    best = min(losses, key=losses.__getitem__)
    return best, ours.log_loss - losses[best]


def format_verdict(by_scenario: Mapping[str, Scores]) -> Iterator[str]:
    """Return ours less the best peer of each scenario, and whether that is enough."""
    behind, compared = 0, 0
    for name, scores in by_scenario.items():
        found = compare_with_best(scores)
        if found is None:
            yield f"- {name}: ours or every peer has no score"
            continue
        best, less = found
        compared, behind = compared + 1, behind + (less > BEHIND)
        yield f"- {name}: {less:+.4f} expected log-loss, less {best}"
    words = "reached" if behind <= BEHIND_IN and compared == len(by_scenario) else "NOT"
    yield (
        f"\nBehind by more than {BEHIND} in {behind} of {compared} scenarios compared "
        f"(at most {BEHIND_IN}): {words}."
    )
