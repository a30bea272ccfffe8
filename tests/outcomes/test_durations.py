import re
from datetime import date

import numpy as np
import pandas as pd
import pytest

from riskscreen.errors import TableError
from riskscreen.outcomes import convert_durations, describe_censoring
from tests.made_up import specification

WEEKS = {"da": "x", "en": "x"}
SPEC = specification(
    outcome={
        "rule": "ready",
        "clock": "start_date",
        "horizon_weeks": 10,
        "long_words": WEEKS,
    }
)
STARTED = pd.Timestamp("2024-01-01")


def cases(n, *, waited=7, started=None):
    start = pd.Series([STARTED] * n if started is None else pd.to_datetime(started))
    return pd.DataFrame(
        {
            "case_id": [f"c{i}" for i in range(n)],
            "start_date": start,
            "decision_date": start + pd.Timedelta(days=waited),
        }
    )


def converted(table, *, extract=date(2025, 1, 1), spec=SPEC, **of_cases):
    made = pd.DataFrame(table)
    made.insert(0, "case_id", [f"c{i}" for i in range(len(made))])
    known = cases(of_cases.pop("n", len(made)), **of_cases)
    return convert_durations(spec, made, known, extract_date=extract)


def test_a_duration_is_long_beyond_the_horizons_day_whether_its_end_was_seen_or_not():
    found = converted(
        {
            "duration": [70.0, 71.0, 70.0, 69.0, 400.0],
            "observed": [1.0, 1.0, 0.0, 0.0, 0.0],
        },
        extract=date(2025, 6, 1),
    )
    outcomes = ["not long", "long", "long", "censored", "long"]
    assert found["outcome"].astype(str).tolist() == outcomes
    assert found["lost"].tolist() == [False, False, False, True, False]
    assert found["weight"].isna().tolist() == [False, False, False, True, False]


def test_a_duration_that_reaches_the_last_day_looked_at_is_never_read_as_short():
    day = STARTED + pd.to_timedelta([30, 30, 90, 90], unit="D")
    found = converted({"duration": [20.0, 30.0, np.nan, 80.0], "followed_until": day})
    outcomes = ["not long", "censored", "long", "long"]
    assert found["outcome"].astype(str).tolist() == outcomes
    unsaid = {
        "duration": [20.0, 20.0, np.nan],
        "followed_until": [day[0], None, day[2]],
    }
    outcomes = ["not long", "censored", "long"]
    assert converted(unsaid)["outcome"].astype(str).tolist() == outcomes


def test_a_case_without_a_row_was_not_followed_and_is_stood_for():
    found = converted({"duration": [20.0, 90.0], "observed": [1.0, 1.0]}, n=3)
    assert found["outcome"].astype(str).tolist() == ["not long", "long", "censored"]
    assert found["weight"].tolist()[:2] == pytest.approx([1.5, 1.5])


def test_a_case_whose_horizon_is_not_over_is_not_yet_known_whatever_was_seen():
    """To take the ends that came by then would keep the short ones."""
    found = converted(
        {"duration": [20.0, 20.0], "observed": [1.0, 1.0]},
        started=["2024-01-01", "2024-11-01"],
        extract=date(2024, 12, 1),
    )
    assert found["outcome"].astype(str).tolist() == ["not long", "censored"]
    assert not found["lost"].any()
    assert found["weight"].isna().tolist() == [False, True]


def test_the_outcome_is_known_at_the_horizon_of_the_short_ones_too():
    found = converted({"duration": [20.0, 90.0], "observed": [1.0, 1.0]})
    assert found["known_on"].nunique() == 1


def test_follow_up_counts_from_t0_for_before_it_nobody_can_be_lost():
    table = {"duration": [30.0, 40.0, 90.0], "observed": [0.0, 1.0, 1.0]}
    found = converted(table, waited=21)
    assert found["weight"].tolist()[1:] == pytest.approx([1.5, 1.5])


@pytest.mark.parametrize(
    ("table", "says"),
    [
        ({"duration": [20.0]}, "nothing says of whom it was still going on"),
        (
            {"duration": [20.0], "observed": [1.0], "followed_until": [STARTED]},
            "Deliver one of them",
        ),
        ({"duration": [np.nan], "observed": [1.0]}, "1 rows are observed and have no"),
        ({"duration": [3.0], "observed": [1.0]}, "1 durations end before the decision"),
        ({"duration": [900.0], "observed": [0.0]}, "1 durations run past the extract"),
        ({"duration": [20.0, 60.0], "observed": [1.0, 0.0]}, "no case was followed to"),
    ],
)
def test_durations_that_cannot_be_read_are_refused_with_what_to_do(table, says):
    with pytest.raises(TableError, match=says):
        converted(table)


def test_followed_until_needs_dates():
    by_period = specification(
        split={"column": "period", "train_periods": [1], "test_periods": [2]},
    )
    table = {"duration": [20.0], "followed_until": [STARTED]}
    with pytest.raises(TableError, match="cases have no dates"):
        converted(table, spec=by_period)
    found = converted({"duration": [20.0], "observed": [1.0]}, spec=by_period)
    assert found["outcome"].astype(str).tolist() == ["not long"]
    assert found["known_on"].isna().all()


def test_how_many_were_censored_is_told_and_no_count_of_a_few():
    def told(lost):
        n = 200
        observed = np.r_[np.zeros(lost), np.ones(n - lost)]
        days = np.r_[np.full(lost, 30.0), np.full(n - lost, 90.0)]
        (words,) = describe_censoring(
            converted({"duration": days, "observed": observed})
        )
        return words

    counted = re.findall(r"\d[\d.,]*\b", told(20))
    cases, censored, others, most, cut, _ = counted
    assert (cases, censored, others, most, cut) == ("200", "20", "180", "1.11", "0")
    assert "of about 200 cases" in told(3)
    assert "197" not in told(3)
