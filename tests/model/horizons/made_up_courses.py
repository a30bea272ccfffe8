"""Made-up courses in register weeks whose hazards follow a known log-odds."""

from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from riskscreen.spec import Horizon, Outcome, Words, read_specification
from tests.histories import index_of

MODELS = Path(__file__).parents[3] / "models"
FIRST = pd.Timestamp("2018-01-01")  # a Monday
LAST_WEEK = 260
LAST_INTAKE = 200


def still_in(*, lag=2):
    """26 weeks first, from the first absence day; 8, 13 and 52 beside it."""
    outcome = {"rule": "still_in", "clock": "start_date"}
    return _of(outcome, (8, 13, 52), lag=lag)


def weeks_in():
    """13 of the 26 weeks after T0 first; 26 of 52 beside it."""
    outcome = {"rule": "weeks_in", "clock": "decision_date", "at_least_weeks": 13}
    return _of(outcome, (52,), lag=2, at_least=26)


def _of(outcome, weeks, *, lag, at_least=None):
    shipped = read_specification(MODELS / "long_absence.toml")
    made = Outcome(
        **outcome,
        horizon_weeks=26,
        other_horizons=tuple(Horizon(weeks=w, at_least_weeks=at_least) for w in weeks),
        long=("ill",),
        not_long=("alone", "studying"),
        competing=("dead",),
        bridge_weeks=1,
        long_words=Words(da="ord", en="words"),
    )
    history = shipped.history.model_copy(
        update={"self_support": ("alone",), "register_lag_weeks": lag}
    )
    return shipped.model_copy(update={"outcome": made, "history": history})


def courses(n, *, seed=0, waits=6, slower_from=None):
    """Cases, the index of their history, and the log-odds of what drives them.

    Each week a case that is in goes out with a chance that falls with its log-odds, one
    that is out comes back with a small chance, and both may die. Cases that start in
    week *slower_from* or later go out at half the chance.
    """
    draw = np.random.default_rng(seed)
    started = draw.integers(0, LAST_INTAKE, n)
    waited = draw.integers(0, waits, n)
    drive = draw.normal(0.0, 1.0, n)
    rows = []
    for case in range(n):
        slow = slower_from is not None and started[case] >= slower_from
        way_out = 0.05 * np.exp(-0.7 * drive[case]) * (0.5 if slow else 1)
        rows += _spells(draw, f"p{case}", started[case], waited[case], way_out)
    spells = pd.DataFrame(rows, columns=["person_id", "group", "begin", "end"])
    week = pd.Timedelta(weeks=1)
    cases = pd.DataFrame(
        {
            "case_id": [f"c{i}" for i in range(n)],
            "person_id": [f"p{i}" for i in range(n)],
            "start_date": FIRST + started * week,
            "decision_date": FIRST + (started + waited) * week,
        }
    )
    dated = pd.DataFrame(
        {
            "person_id": spells["person_id"].astype("str"),
            "group": spells["group"].astype("str"),
            "start_date": FIRST + spells["begin"] * week,
            "end_date": FIRST + spells["end"] * week,
            "verified": True,
        }
    )
    return cases, index_of(still_in(), dated, cases), drive


def _spells(draw, person, started, waited, out_chance):
    """Ill from the start at least until T0; then week by week, until the data end."""
    rows, state, begun = [], "ill", started
    for week in range(started + waited + 1, started + 110):
        if draw.random() < 0.002:
            rows.append((person, state, begun, week))
            rows.append((person, "dead", week, started + 200))
            return rows
        chance = out_chance if state == "ill" else 0.01
        if draw.random() < chance:
            rows.append((person, state, begun, week))
            state, begun = ("studying" if state == "ill" else "ill"), week
    rows.append((person, state, begun, started + 110))
    return rows


def day_of(week):
    found = FIRST + pd.Timedelta(weeks=week)
    return date(found.year, found.month, found.day)
