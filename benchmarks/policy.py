"""What the card says is what happens: every row of benchmarks/policy_rows, measured.

Run: python -m benchmarks.policy [--quick] [--only PART]. Prints for each measure what
was found and what it must be; exits 1 where one is not met.
"""

import argparse
import sys
import time
from collections.abc import Iterator
from importlib import import_module
from pkgutil import iter_modules

from benchmarks import policy_rows
from benchmarks.policy_rows import Row


def main() -> int:
    """Measure and print every row; return 1 where one is not met."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a smoke size")
    parser.add_argument("--only", help="the rows of one part")
    asked = parser.parse_args()
    unmet = 0
    for row, seconds in measure_all(quick=asked.quick, only=asked.only):
        verdict = "met" if row.met else "NOT MET"
        print(f"{verdict:<8}{row.measure}: {row.found} (must: {row.must})", flush=True)
        print(f"        {seconds:.0f} s", flush=True)
        unmet += not row.met
    return int(unmet > 0)


def measure_all(*, quick: bool, only: str | None = None) -> Iterator[tuple[Row, float]]:
    """Yield each part's rows, and the seconds that passed since the row before."""
    start = time.perf_counter()
    for part in sorted(found.name for found in iter_modules(policy_rows.__path__)):
        if only not in (None, part):
            continue
        module = import_module(f"benchmarks.policy_rows.{part}")
        for row in module.measure_rows(quick=quick):
            yield row, time.perf_counter() - start
            start = time.perf_counter()


if __name__ == "__main__":
    sys.exit(main())
