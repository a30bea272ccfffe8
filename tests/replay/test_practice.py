"""Whom practice chose, on a written-out table."""

import pandas as pd

from riskscreen.replay.practice import find_help


def test_help_counts_from_the_decision_to_the_horizon():
    names = ["same_day", "later", "earlier", "over", "too_late", "nobody", "twice"]
    cases = pd.DataFrame(
        {
            "case_id": names,
            "start_date": pd.Timestamp("2024-01-01"),
            "decision_date": pd.Timestamp("2024-01-15"),
        }
    )
    rows = [
        ("same_day", "2024-01-15", "2024-02-11"),
        ("later", "2024-02-12", None),
        ("earlier", "2024-01-08", None),
        ("over", "2024-01-08", "2024-01-14"),
        ("too_late", "2024-07-01", None),
        ("twice", "2024-03-01", None),
        ("twice", "2024-01-22", "2024-01-28"),
        ("of another target", "2024-01-22", None),
    ]
    efforts = pd.DataFrame(rows, columns=["case_id", "start_date", "end_date"])
    for name in ("start_date", "end_date"):
        efforts[name] = pd.to_datetime(efforts[name])
    found = find_help(cases, efforts, horizon_weeks=26).set_axis(names)
    assert found.index[found["chosen"]].tolist() == ["same_day", "later", "twice"]
    assert found.index[found["under_way"]].tolist() == ["earlier"]
    assert found["days"].dropna().to_dict() == {"same_day": 0, "later": 28, "twice": 7}
    assert found["weeks"].dropna().to_dict() == {"same_day": 4, "twice": 1}
