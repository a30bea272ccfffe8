"""Whom practice chose, on a written-out table."""

import pandas as pd

from riskscreen.replay.practice import find_help
from tests.small_site import specification


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
    found = find_help(specification(), cases, efforts).set_axis(names)
    assert found.index[found["chosen"]].tolist() == ["same_day", "later", "twice"]
    assert found.index[found["under_way"]].tolist() == ["earlier"]
    assert found["days"].dropna().to_dict() == {"same_day": 0, "later": 28, "twice": 7}
    assert found["weeks"].dropna().to_dict() == {"same_day": 4, "twice": 1}


def test_the_horizon_is_counted_on_the_clock_of_the_outcome():
    """26 weeks end on 1 July from the first day, and on 15 July from the decision."""
    names = ["before", "on"]
    cases = pd.DataFrame(
        {
            "case_id": names,
            "start_date": pd.Timestamp("2024-01-01"),
            "decision_date": pd.Timestamp("2024-01-15"),
        }
    )
    begins = pd.to_datetime(["2024-07-14", "2024-07-15"])
    efforts = pd.DataFrame({"case_id": names, "start_date": begins, "end_date": pd.NaT})
    spec = specification()
    outcome = spec.outcome.model_copy(update={"clock": "decision_date"})
    by_decision = spec.model_copy(update={"outcome": outcome})
    assert find_help(by_decision, cases, efforts)["chosen"].tolist() == [True, False]
    assert not find_help(spec, cases, efforts)["chosen"].any()
