"""Whom practice chose, on a written-out table."""

from datetime import date

import pandas as pd

from riskscreen.replay.practice import find_help
from tests.small_site import specification


def find(spec, cases, efforts, *, extract_date=date(2024, 12, 30)):
    return find_help(spec, cases, efforts, extract_date=extract_date)


def test_help_counts_from_the_decision_to_the_horizon():
    names = ["day_after", "later", "same_day", "earlier", "over", "over_that_day"]
    names += ["too_late", "nobody", "twice"]
    cases = pd.DataFrame(
        {
            "case_id": names,
            "start_date": pd.Timestamp("2024-01-01"),
            "decision_date": pd.Timestamp("2024-01-15"),
        }
    )
    rows = [
        ("day_after", "2024-01-16", "2024-02-12"),
        ("same_day", "2024-01-15", "2024-02-11"),
        ("over_that_day", "2024-01-08", "2024-01-15"),
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
    found = find(specification(), cases, efforts).set_axis(names)
    assert found.index[found["chosen"]].tolist() == ["day_after", "later", "twice"]
    had_help = ["same_day", "earlier", "over_that_day"]
    assert found.index[found["under_way"]].tolist() == had_help
    assert found["days"].dropna().to_dict() == {"day_after": 1, "later": 28, "twice": 7}
    assert found["weeks"].dropna().to_dict() == {"day_after": 4, "twice": 1}


def test_help_that_is_still_ahead_on_the_day_of_the_extract_has_not_begun():
    names = ["begun", "ahead"]
    cases = pd.DataFrame(
        {
            "case_id": names,
            "start_date": pd.Timestamp("2024-01-01"),
            "decision_date": pd.Timestamp("2024-01-15"),
        }
    )
    begins = pd.to_datetime(["2024-02-01", "2024-02-02"])
    efforts = pd.DataFrame({"case_id": names, "start_date": begins, "end_date": pd.NaT})
    found = find(specification(), cases, efforts, extract_date=date(2024, 2, 1))
    assert found["chosen"].tolist() == [True, False]


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
    assert find(by_decision, cases, efforts)["chosen"].tolist() == [True, False]
    assert not find(spec, cases, efforts)["chosen"].any()
