"""How many hidden counts of sparse tables by group are worked out from what is printed.

Each table has two columns (or more) of 60 to 900 synthetic cases, with rare and empty
cells, and is printed by the product. The oracle (tests/disclosed_counts.py) reads the
printed rows and the totals, and finds the smallest and the largest value of every
hidden size and outcome by mixed-integer programmes. Worked out is a count with one
value left, or one of 1 to 4 people with fewer than four. Prints the figures; exits 1
where a count is worked out.

    python -m benchmarks.hidden_counts [--tables 1000] [--columns 2] [--first 0]
"""

import argparse
import sys

from tests.disclosed_counts import given_away, sparse_cases


def main() -> int:
    """Try every table; return 1 where one gives a hidden count away."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tables", type=int, default=1000)
    parser.add_argument("--columns", type=int, default=2)
    parser.add_argument("--first", type=int, default=0, help="seed of the first table")
    asked = parser.parse_args()
    hidden = tables = worked_out = 0
    for seed in range(asked.first, asked.first + asked.tables):
        n, told = given_away(*sparse_cases(seed, asked.columns))
        hidden, tables = hidden + n, tables + bool(n)
        worked_out += len(told)
        for by, values, what, low, high in told:
            print(f"table {seed}: {what} of {by} {values} lies in {low} to {high}")
    print(f"tables: {asked.tables}, with hidden counts: {tables}")
    print(f"hidden counts: {hidden}, worked out: {worked_out}")
    return int(worked_out > 0)


if __name__ == "__main__":
    sys.exit(main())
