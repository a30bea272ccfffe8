"""What may judge a model, and how its rows are read."""

import numpy as np
import pandas as pd
import pytest

from riskscreen.errors import TableError
from riskscreen.evaluation import EvaluationCases


@pytest.mark.parametrize(
    "long",
    [
        [True, False],
        [1, 0],
        np.array([1.0, 0.0]),
        pd.Series([True, False], dtype="boolean"),
    ],
)
def test_an_outcome_may_come_in_any_dtype(long):
    assert EvaluationCases.from_columns(long).long.tolist() == [1.0, 0.0]


@pytest.mark.parametrize("long", [[1, None], [1.0, float("nan")], [1, 2]])
def test_a_case_whose_outcome_is_not_known_cannot_judge(long):
    with pytest.raises(TableError, match="outcome: 1 of 2"):
        EvaluationCases.from_columns(long)


def test_no_case_at_all_is_said_plainly():
    with pytest.raises(TableError, match="no case"):
        EvaluationCases.from_columns([])


def test_columns_of_another_length_are_refused():
    with pytest.raises(TableError, match="2 outcomes but 3 person values"):
        EvaluationCases.from_columns([1, 0], person_id=["a", "b", "c"])


def test_a_missing_date_is_counted_and_never_shown():
    with pytest.raises(TableError, match="decision_date: 1 of 2 are missing"):
        EvaluationCases.from_columns([1, 0], decision_date=["2024-01-01", None])


@pytest.mark.parametrize("risk", [[0.2, 1.2], [0.2, float("nan")], [0.2, -0.1]])
def test_a_risk_outside_0_to_1_is_refused_without_its_value(risk):
    with pytest.raises(TableError, match=r"1 of 2 .*outside 0-1"):
        EvaluationCases.from_columns([1, 0]).validate_risk(risk)


def test_a_risk_vector_of_another_length_is_refused():
    with pytest.raises(TableError, match="3 risks for 2 cases"):
        EvaluationCases.from_columns([1, 0]).validate_risk([0.1, 0.2, 0.3])


def test_a_week_runs_from_monday_to_sunday_also_over_new_year():
    """Each date's week agrees with the ISO calendar's, day by day over 12 years."""
    days = pd.date_range("2008-12-20", "2021-01-10")
    week = EvaluationCases.from_columns(np.zeros(len(days)), decision_date=days).week
    iso = days.isocalendar()
    labels = (iso["year"] * 100 + iso["week"]).to_numpy()

    assert pd.Series(labels).groupby(week).nunique().max() == 1
    assert len(np.unique(week)) == len(np.unique(labels))


def test_ties_are_broken_by_the_case_number_whatever_the_row_order():
    first = EvaluationCases.from_columns([1, 0, 1], case_id=["a", "b", "c"]).order
    turned = EvaluationCases.from_columns([1, 0, 1], case_id=["c", "b", "a"]).order

    assert first.tolist() == turned[::-1].tolist()
    assert len(set(first.tolist())) == 3


def test_a_part_keeps_every_column_in_step():
    judged = EvaluationCases.from_columns(
        [1, 0, 1],
        case_id=["a", "b", "c"],
        person_id=["p", "q", "r"],
        decision_date=["2024-01-01", "2024-01-08", "2024-01-15"],
    )

    part = judged.subset(np.array([True, False, True]))

    assert part.n == 2
    assert part.person.tolist() == ["p", "r"]
    assert np.diff(part.week).tolist() == [2]


def test_weeks_are_those_of_danish_days_whatever_the_zone():
    danish = pd.Series(pd.to_datetime(["2021-01-04", "2021-07-05"]))
    zoned = danish.dt.tz_localize("Europe/Copenhagen")
    expected = EvaluationCases.from_columns([0, 1], decision_date=danish).week.tolist()
    for dates in (
        zoned,
        zoned.dt.tz_convert("UTC"),
        danish.dt.date.astype("date32[pyarrow]"),
        ["04-01-2021", "05-07-2021"],
    ):
        assert (
            EvaluationCases.from_columns([0, 1], decision_date=dates).week.tolist()
            == expected
        )


def test_dates_that_cannot_be_read_are_described():
    with pytest.raises(TableError, match=r"2 of 2 .*no dates"):
        EvaluationCases.from_columns([0, 1], decision_date=["44200", "44201"])
