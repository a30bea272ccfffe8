"""What the pages of a run cost: a page a citizen, the lists and the tables.

Run: python -m benchmarks.case_pages [--cases 10000]

The cases are made up, of twenty teams over half a year, and scored by a logistic model
of 29 reasons. Processor time is counted from the run's folder to the last page, the
kernel's for the files and that of the second process too, which a machine of two cores
has: what is left without it is what a quiet one waits for. The aim is 20 seconds for
10,000, and no page of more than 60 kB.
"""

import argparse
import os
import tempfile
import time
from datetime import date
from pathlib import Path

from riskscreen.documents.pages import write_reports
from tests.scored_cases import fitted_model, write_run

TEAMS = tuple(f"T{n:02d}" for n in range(20))
WEEKS = 26


def measure(cases: int, folder: Path) -> str:
    """Write the pages of *cases* made-up cases in *folder*, and say what they cost."""
    model = fitted_model()
    write_run(folder / "run", model, n=cases, teams=TEAMS, weeks=WEEKS)
    begun, began = os.times(), time.perf_counter()
    pages = write_reports(
        folder / "run", model, language="da", out=folder / "out", as_of=date(2025, 7, 7)
    )
    took = time.perf_counter() - began
    own, other = _count_seconds(begun)
    largest = max(path.stat().st_size for path in folder.glob("out/cases/*.html"))
    return (
        f"{pages.cases:,} pages of cases and {pages.count - pages.cases} others: "
        f"{own:.1f} s of the processor and {other:.1f} s of another "
        f"({1000 * (own + other) / cases:.2f} ms a case), {took:.1f} s in all; "
        f"the largest has {largest / 1000:.1f} kB"
    )


def _count_seconds(begun: os.times_result) -> tuple[float, float]:
    """Return the processor's seconds of this process since *begun*, and of others."""
    now = os.times()
    own = now.user + now.system - begun.user - begun.system
    other = now.children_user + now.children_system
    return own, other - begun.children_user - begun.children_system


def main() -> None:
    """Measure once, in a folder that is cleared away."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=10_000)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        print(measure(chosen.cases, Path(folder)))


if __name__ == "__main__":
    main()
