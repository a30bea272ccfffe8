"""What two models give away of one citizen: one was trained with her, one without.

Models are trained on synthetic cases through the product's own door, with and without
each of several citizens. The attacker has both folders, knows the number of cases and
looks for her intake columns in the differences (tests/two_versions.py). Prints how many
of her columns come back, and to how many people the narrowest sum is known; exits 1
where a column comes back or a sum is known to ±2 people.

    python -m benchmarks.two_versions [--cases 2400] [--citizens 5] [--kind logistic]
"""

import argparse
import sys
import tempfile
from pathlib import Path

from tests.made_up import prepared_of, specification
from tests.two_versions import (
    citizens,
    folder_of,
    given_back,
    narrowest_people,
    without_person,
)


def main() -> int:
    """Attack every citizen; return 1 where something of one comes back."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=2400)
    parser.add_argument("--citizens", type=int, default=5)
    parser.add_argument("--kind", default="logistic")
    asked = parser.parse_args()
    members = ["logistic"] if asked.kind == "logistic" else ["logistic", "lightgbm"]
    spec = specification(estimator={"candidates": members})
    prepared = prepared_of(asked.cases, spec=spec)
    back, narrowest = 0, float("inf")
    with tempfile.TemporaryDirectory() as room:
        whole, result = folder_of(prepared, asked.kind, Path(room) / "whole")
        n = len(result.split.train)
        for who, (person, row) in enumerate(citizens(prepared, result, asked.citizens)):
            rest, _ = folder_of(
                without_person(prepared, person), asked.kind, Path(room) / str(who)
            )
            found = given_back(whole, rest, n, row)
            people = narrowest_people(whole, rest, n)
            print(f"citizen {who + 1}: {len(found)} of {len(row)} columns come back")
            back, narrowest = back + len(found), min(narrowest, people)
    print(f"columns that come back: {back}; narrowest sum: ±{narrowest:.1f} people")
    return int(back > 0 or narrowest <= 2)


if __name__ == "__main__":
    sys.exit(main())
