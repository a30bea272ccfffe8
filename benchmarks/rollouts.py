"""How often 95 % intervals of simulated roll-outs hold the planted effect, and power.

Outcomes and arms alone are simulated; no model is fitted. For each design: the share of
intervals that hold the effect, the mean difference told, how often one is found, and
the power that the plan states. Exits 1 where the share lies outside 93 to 97 %.

    python -m benchmarks.rollouts [--rounds 1000] [--seed 1]
"""

import argparse
import sys

import numpy as np

from riskscreen.experiment.power import estimate_power, simulate
from tests.experiment.plans import lot, steps

EFFECT = 0.10
DESIGNS = {
    "lot, 6 cases a week": (lot(), 6.0, 0.5),
    "lot, 3 a week, share 0.3": (lot(share=0.3), 3.0, 0.35),
    "lot, 20 a week": (lot(), 20.0, 0.5),
    "steps, 5 teams": (steps(), 6.0, 0.5),
    "steps, 5 teams, 20 a week": (steps(), 20.0, 0.5),
    "steps, 6 unlike teams": (
        steps(teams=[*"ABCDEF"], team_sd=0.15),
        10.0,
        0.5,
    ),
    "steps, 12 teams": (steps(teams=[*"ABCDEFGHIJKL"], step_weeks=4), 10.0, 0.5),
}


def main() -> int:
    """Simulate every design; return 1 where its intervals do not keep their word."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    kept = True
    print("| design | hold | mean difference | found | stated power |")
    print("|---|---:|---:|---:|---:|")
    for name, (plan, cases, base) in DESIGNS.items():
        rng = np.random.default_rng(asked.seed)
        rounds = range(asked.rounds)
        found = [simulate(plan, cases, base, -EFFECT, rng) for _ in rounds]
        told = [of for of in found if of is not None]
        held = sum(of.low <= -EFFECT <= of.high for of in told) / len(told)
        mean = np.mean([of.difference for of in told])
        finds = sum(of.finds() for of in told) / len(found)
        power = estimate_power(plan, cases, base)
        kept &= 0.93 <= held <= 0.97
        print(f"| {name} | {held:.1%} | {mean:+.3f} | {finds:.1%} | {power:.1%} |")
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
