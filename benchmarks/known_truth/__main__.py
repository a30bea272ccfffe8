"""The benchmark's commands; docs/how-to/known-truth.md tells how to take part.

Run: python -m benchmarks.known_truth run [--fresh SEED] [--scenarios plain reform]
[--tools ours EBM] [--asked 20000]; make SCENARIO; score SCENARIO predictions.csv;
check. The folders lie in --cache, else in $RISKSCREEN_KNOWN_TRUTH, else in the user's
cache; a row that is done is kept there.
"""

import argparse
import sys
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.known_truth.scenarios import (
    Scenario,
    Scenarios,
    compute_checksum,
    read_scenarios,
)
from benchmarks.known_truth.scoring import PredictionsError, score_file
from benchmarks.known_truth.sites import Cell, find_cache, get_cell


def check(listed: Scenarios) -> int:
    """Compare each checksum with the generator's; 1 where one differs."""
    differ = 0
    for name, scenario in listed.by_name.items():
        found = compute_checksum(scenario, listed.seed)
        same = found == scenario.checksum
        differ += not same
        print(name, found, "as frozen" if same else f"NOT {scenario.checksum}")
    if differ:
        print(
            f"The generator makes {differ} of {len(listed.by_name)} scenarios anew: "
            "results are not those of this version."
        )
    return int(differ > 0)


def run(listed: Scenarios, asked: argparse.Namespace) -> int:
    """Print the table of every tool, row by row as it is done."""
    from benchmarks.known_truth.fits import INSTALLED, TOOLS  # noqa: PLC0415
    from benchmarks.known_truth.table import (  # noqa: PLC0415
        format_header,
        format_rows,
        format_verdict,
        measure_cell,
    )

    tools = [tool for tool in TOOLS if asked.tools is None or tool in asked.tools]
    day = f"{datetime.now(UTC):%Y-%m-%d}"
    print(
        format_header(
            day=day,
            version_of_table=listed.version,
            seed=asked.fresh or listed.seed,
            asked=asked.asked or listed.asked,
        ),
        flush=True,
    )
    by_scenario = {}
    for name in asked.scenarios or listed.by_name:
        cell = find_cell(listed, asked, name)
        by_scenario[name] = measure_cell(cell, tools)
        print(*format_rows(name, by_scenario[name]), sep="\n", flush=True)
    print("", *format_verdict(by_scenario), sep="\n")
    if not INSTALLED:
        print("EBM is left out: interpret-core is not installed.")
    return 0


def find_cell(listed: Scenarios, asked: argparse.Namespace, name: str) -> Cell:
    """Return the folder of one scenario, generated where it is not there yet."""
    return get_cell(
        find_scenario(listed, name),
        cache=find_cache(asked.cache),
        version=listed.version,
        seed=asked.fresh or listed.seed,
        asked=asked.asked or listed.asked,
        cases=asked.cases,
    )


def find_scenario(listed: Scenarios, name: str) -> Scenario:
    """Return the scenario of this *name*; stops where there is none."""
    if name not in listed.by_name:
        sys.exit(f"{name}: no such scenario. There are {', '.join(listed.by_name)}.")
    return listed.by_name[name]


def make(listed: Scenarios, asked: argparse.Namespace) -> int:
    """Generate one scenario and say where its files lie."""
    cell = find_cell(listed, asked, asked.scenario)
    print(f"training site: {cell.site}")
    print(f"site of the cases asked about: {cell.asked}")
    print(f"their case_ids: {cell.folder / 'asked.csv'}")
    return 0


def score(listed: Scenarios, asked: argparse.Namespace) -> int:
    """Score anybody's predictions of one scenario."""
    cell = find_cell(listed, asked, asked.scenario)
    try:
        found = score_file(asked.predictions, cell.truth)
    except PredictionsError as error:
        sys.exit(str(error))
    print(f"expected log-loss: {found.log_loss:.4f}")
    print(f"distance, mean |shown - true|: {found.distance:.4f}")
    print(f"share of signal: {found.share:.3f}")
    print(f"mean shown less mean true: {found.level:+.4f}")
    return 0


def parse(arguments: list[str] | None = None) -> argparse.Namespace:
    """Return the arguments of one of the four commands."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.known_truth", description=__doc__.split("\n")[0]
    )
    draw = argparse.ArgumentParser(add_help=False)
    draw.add_argument("--cache", type=Path, help="folder of the generated sites")
    draw.add_argument("--fresh", type=int, metavar="SEED", help="a draw of its own")
    draw.add_argument("--asked", type=int, help="cases asked about (20,000)")
    draw.add_argument("--cases", type=int, help="training cases made, in every one")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("check", help="whether the generator is the frozen one")
    table = commands.add_parser("run", parents=[draw], help="the table of all tools")
    table.add_argument("--scenarios", nargs="+")
    table.add_argument("--tools", nargs="+")
    for name in ("make", "score"):
        one = commands.add_parser(name, parents=[draw])
        one.add_argument("scenario")
        if name == "score":
            one.add_argument("predictions", type=Path)
    return parser.parse_args(arguments)


def main(arguments: list[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    asked, listed = parse(arguments), read_scenarios()
    if asked.command == "check":
        return check(listed)
    return {"run": run, "make": make, "score": score}[asked.command](listed, asked)


if __name__ == "__main__":
    sys.exit(main())
