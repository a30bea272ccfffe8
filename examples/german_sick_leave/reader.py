"""Sick-leave spells in one German firm, each with the same worker's earlier spells."""

from pathlib import Path

import pandas as pd

from examples.site import Source, Tables, levels

SOURCE = Source(
    file="de_sickleave_absent/sickleave_spells.csv",
    sha256="cb92b37bf26bb15718a4888a13659a661d894d35869d58280d0b2488145e16a3",
)
DAYS = {"Mo": "mon", "Di": "tue", "Mi": "wed", "Do": "thu", "Fr": "fri"}
SEASONS = "winter " * 2 + "spring " * 3 + "summer " * 3 + "autumn " * 3 + "winter"
CUT = pd.Timedelta(days=10)


def read(data: Path) -> Tables:
    """Return the spells as a site's tables; after ten days one becomes history."""
    spells = _spells(data)
    case_id = spells["case_id"]
    person = "worker-" + spells["id"].astype(str)
    long = spells["last_day_observed"] == 10
    cases = pd.DataFrame(
        {
            "case_id": case_id,
            "person_id": person,
            "municipality": "firm",
            "team": "all",
            "start_date": spells["start"],
            "decision_date": spells["start"],
            "reported_weekday": spells["day_of_week"].map(DAYS).fillna("weekend"),
            "reported_season": levels(spells["start"].dt.month, SEASONS),
        }
    )
    # Rows are cut at day 10, and how long a spell lasted is known only then.
    history = pd.DataFrame(
        {
            "person_id": person,
            "code": long.map({True: "long", False: "short"}),
            "start_date": spells["start"],
            "end_date": spells["start"]
            + pd.to_timedelta(spells["last_day_observed"], unit="D"),
            "registered_on": spells["start"] + CUT,
        }
    )
    outcomes = pd.DataFrame({"case_id": case_id, "long": long})
    return Tables(
        cases=cases,
        outcomes=outcomes,
        history=history,
        places_per_week=1,
        code_groups=Path(__file__).with_name("code_groups.csv"),
        extract_date=spells["start"].max().date() + CUT.to_pytimedelta() * 3,
    )


def ambiguous(data: Path) -> frozenset[str]:
    """Spells that ended over the weekend around day 10: long or not is unknown."""
    spells = _spells(data)
    open_end = spells["ended_on_last_day"] == 0
    late = spells["last_day_observed"].between(7, 9)
    return frozenset(spells["case_id"][open_end & late])


def _spells(data: Path) -> pd.DataFrame:
    """Return the file in the order of its dates, each row with a number."""
    spells = pd.read_csv(SOURCE.verified(data), parse_dates=["start"])
    spells = spells.sort_values(["start", "id"], kind="stable", ignore_index=True)
    return spells.assign(case_id="spell-" + (spells.index + 1).astype(str))
