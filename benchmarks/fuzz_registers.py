"""20,000 damaged register files: each is read to the last row, or stops with a message.

    python -m benchmarks.fuzz_registers [how many] [first seed]

Any other error, or a row neither kept nor set aside, ends the run with its seed.
"""

import sys
import tempfile
import time
import warnings
from collections import Counter
from pathlib import Path

from tests.readers.corruption import read_damaged


def main(count: int, first: int) -> None:
    warnings.simplefilter("error")
    ends: Counter[str] = Counter()
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        for seed in range(first, first + count):
            try:
                ends[read_damaged(seed, Path(folder))] += 1
            except BaseException:
                print(f"seed {seed} broke the reader")
                raise
    seconds = time.monotonic() - began
    print(
        f"{count} damaged files, seeds {first} to {first + count - 1}: "
        f"{ends['read']} read with every row accounted for, {ends['stopped']} stopped "
        f"with a message, 0 tracebacks, in {seconds:.0f} s"
    )


if __name__ == "__main__":
    given = [int(argument) for argument in sys.argv[1:]]
    main(given[0] if given else 20_000, given[1] if len(given) > 1 else 0)
