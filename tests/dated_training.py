"""A training of made-up dated cases, with an audit table and a small group."""

from functools import cache

import numpy as np
import pandas as pd

from riskscreen.policy import Places
from riskscreen.training import Dataset, train
from tests.made_up import drawn, specification, values_of
from tests.shipping import ship

N = 1600
MARK = 91.73264


@cache
def train_dated():
    """What was trained on, its record and the shipped model."""
    spec = specification(
        split={"test_weeks": 26},
        estimator={"candidates": ["logistic"]},
        gates={
            "evaluated_by": ["municipality"],
        },
        audit={"held_by_site": {"label": {"da": "gruppe", "en": "group"}}},
    )
    features, log_odds = values_of(N)
    features.loc[7, "distance"] = MARK
    decided = pd.Timestamp("2020-01-06") + pd.to_timedelta(np.arange(N), unit="D")
    cases = pd.DataFrame(
        {
            "case_id": [f"c{i}" for i in range(N)],
            "person_id": [f"p{i}" for i in range(N)],
            "start_date": decided,
            "decision_date": decided,
            "municipality": np.where(np.arange(N) % 2, "north", "south"),
            "team": "one",
        }
    )
    outcomes = pd.DataFrame(
        {
            "case_id": cases["case_id"],
            "outcome": np.where(drawn(log_odds), "long", "not long"),
            "known_on": decided + pd.Timedelta(weeks=26),
        }
    )
    group = np.where(np.arange(N) >= N - 3, "tiny group", "large group")
    prepared = Dataset(
        spec=spec,
        cases=cases,
        features=features,
        outcomes=outcomes,
        audit=pd.DataFrame({"held_by_site": group}),
        attrition=pd.DataFrame(
            [("delivered", 0, N, "rows"), ("odd", 3, N - 3, "three rows")],
            columns=["step", "left", "n", "why"],
        ),
        label_noise=pd.DataFrame(
            {
                "shift_weeks": [-4, 4],
                "long_to_not_long": [90, 11],
                "not_long_to_long": [10, 80],
                "share": [0.0625, 0.057],
            }
        ),
        notes=("cases.csv: 3 rows set aside (odd)",),
        fingerprints={"cases": "ab" * 32},
        synthetic=True,
        places=Places("municipality", 1.0),
        efforts=pd.DataFrame(
            {
                "case_id": cases["case_id"][::4],
                "kind": "mentor",
                "start_date": decided[::4] + pd.Timedelta(days=20),
                "end_date": pd.NaT,
                "place": None,
            }
        ),
    )
    result = train(prepared)
    model, record, _ = ship(result, prepared)
    return prepared, record, model
