"""Score sick-listed citizens whose past has the code frequencies of a DREAM simulator.

Run: python -m benchmarks.simulator_register --model FOLDER [--cases 925]. FOLDER is an
approved model of long_absence, such as a demo leaves in out/models/long_absence. Each
citizen is a synthetic one on sickness benefit at T0; before it lie two spells of 20
weeks on codes drawn by their share of person-weeks. It prints how many were scored,
routed and set aside, and by what.
"""

import argparse
from pathlib import Path

import numpy as np
import pandas as pd

from riskscreen.rules.code_groups import read_shipped_code_table
from riskscreen.scoring.approved_model import open_approved
from riskscreen.scoring.rows import Scoring
from riskscreen.scoring.score_cases import score
from riskscreen_synthetic import synthesise_site

SHARES = {
    "111": 0.0142, "115": 0.0021, "121": 0.0037, "130": 0.0029, "133": 0.0017,
    "521": 0.0017, "651": 0.1891, "652": 0.0871, "720": 0.0021, "723": 0.0018,
    "727": 0.0011, "730": 0.0060, "733": 0.0051, "764": 0.0011, "771": 0.0025,
    "781": 0.0011, "783": 0.0080, "881": 0.0228, "890": 0.0086, "899": 0.0013,
    "997": 0.0236,
}  # fmt: skip
"""The share of person-weeks of each code in CALDISS-AAU/tools_sim-dkreg @6f91360b,
dream_prob-y.xlsx, which adds up to 1 with the blank weeks (.6125)."""
TARGET = "long_absence"
WEEKS = 20
_SICK = "890"


def draw_codes(random, persons):
    """Two codes for each of *persons*, by their share of the weeks on any."""
    chance = np.array([*SHARES.values()])
    return random.choice([*SHARES], size=(persons, 2), p=chance / chance.sum())


def build_register(cases, random):
    """The spells of *cases*: two drawn ones, a gap, and sickness from the start on."""
    codes = draw_codes(random, len(cases))
    length = pd.Timedelta(weeks=WEEKS)
    sick = pd.DataFrame(
        {
            "person_id": cases["person_id"],
            "code": _SICK,
            "start_date": cases["start_date"],
            "end_date": pd.NaT,
        }
    )
    earlier = [
        sick.assign(
            code=codes[:, n],
            start_date=sick["start_date"] - (3 - n) * 2 * length,
            end_date=sick["start_date"] - (3 - n) * 2 * length + length,
        )
        for n in (0, 1)
    ]
    spells = pd.concat([*earlier, sick], ignore_index=True)
    return spells.assign(registered_on=spells["start_date"] + pd.Timedelta(days=5))


def score_register(model, cases, seed=1):
    """Score one case of so many synthetic citizens with such a past."""
    site = synthesise_site(cases=2 * cases, years=3, seed=seed)
    newest = site.targets[TARGET].cases.drop_duplicates("person_id")[:cases]
    history = build_register(newest, np.random.default_rng(seed))
    extract = site.parameters["calendar"]["extract_date"]
    return score(model, newest, history, as_of=extract), history


def describe(scoring: Scoring, history: pd.DataFrame) -> list[str]:
    """Say what became of the cases, and which codes the table does not know."""
    known = set(read_shipped_code_table().rows["code"])
    routes = scoring.routed["route"].value_counts().sort_index()
    return [
        f"{history['person_id'].nunique()} citizens, {len(history)} spells",
        f"scored: {len(scoring.scores)}",
        f"routed: {len(scoring.routed)}",
        *(f"  {name}: {n}" for name, n in routes.items()),
        f"set aside: {len(scoring.set_aside)}",
        f"flagged for an unknown code: {int(scoring.scores['unknown_codes'].sum())}",
        f"codes that the table does not know: {len(set(history['code']) - known)}",
    ]


def main() -> None:
    """Print what became of the cases."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--cases", type=int, default=925)
    asked = parser.parse_args()
    scoring, history = score_register(open_approved(asked.model).model, asked.cases)
    print("\n".join(describe(scoring, history)))


if __name__ == "__main__":
    main()
