from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from riskscreen.evaluation import EvaluationCases
from riskscreen.training.studies.groups import build_evaluation_cases
from riskscreen.training.studies.help import (
    HELPED,
    NOT_HELPED,
    UNDER_WAY,
    evaluate_help,
    follow_help,
)
from tests.made_up import prepared_of, specification

T0 = pd.Timestamp("2024-01-08")
STILL_IN = {
    "rule": "still_in",
    "clock": "start_date",
    "horizon_weeks": 26,
    "long": ["sick"],
    "not_long": ["work"],
    "competing": ["pension"],
    "long_words": {"da": "x", "en": "x"},
}


def days_after(*days):
    return [T0 + pd.Timedelta(days=d) if d is not None else pd.NaT for d in days]


def efforts(*rows):
    """Rows of (case, days from T0 to the start, days from T0 to the end or None)."""
    cases, starts, ends = zip(*rows, strict=True)
    return pd.DataFrame(
        {
            "case_id": cases,
            "kind": "mentor",
            "start_date": pd.to_datetime(days_after(*starts)),
            "end_date": pd.to_datetime(pd.Series(days_after(*ends))),
            "place": None,
        }
    )


def cases(n=6):
    """Cases whose clock began two weeks before T0; the last two were long."""
    return pd.DataFrame(
        {
            "case_id": [f"c{i}" for i in range(n)],
            "start_date": T0 - pd.Timedelta(weeks=2),
            "decision_date": T0,
            "long": [0.0] * (n - 2) + [1.0] * 2,
        }
    )


def spec_of(rule):
    plain = specification()
    outcome = plain.outcome.model_validate(STILL_IN | {"rule": rule})
    return plain.model_copy(update={"outcome": outcome})


def follow(given, *, weeks=10.0, table=None):
    table = cases() if table is None else table
    outcomes = pd.DataFrame({"weeks": np.full(len(table), weeks)})
    return follow_help(spec_of("still_in"), table, given, outcomes)


def test_helped_is_whose_effort_begins_after_t0_and_before_the_horizon():
    horizon = 7 * 24
    given = efforts(
        ("c0", 0, None),  # on the day itself: under way
        ("c1", 1, 30),
        ("c2", horizon - 1, None),
        ("c3", horizon, None),  # too late for the outcome
        ("c4", -30, -1),  # over before T0
        ("c5", -30, 0),  # its last day is T0
        ("another target's", 5, None),
    )
    found = follow(given)
    assert found.helped.tolist() == [False, True, True, False, False, False]
    assert found.under_way.tolist() == [True, False, False, False, False, True]


def test_days_run_to_the_first_effort_or_to_the_end_of_the_course():
    found = follow(efforts(("c1", 40, None), ("c1", 20, None)))
    ended, horizon = 7 * 10 - 14, 7 * 24
    assert found.follows_courses
    assert found.days.tolist() == [ended, 20, ended, ended, horizon, horizon]


def test_a_course_that_was_over_by_t0_has_no_day_and_none_goes_past_the_horizon():
    assert follow(efforts(("x", 1, None)), weeks=1.0).days[0] == 0
    assert follow(efforts(("x", 1, None)), weeks=40.0).days[0] == 7 * 24


def prepared(given, n=900):
    data = prepared_of(n)
    return replace(data, efforts=given(data)), np.full(n, 0.3)


def study(given, n=900):
    data, risk = prepared(given, n)
    table = data.table
    return evaluate_help(
        data, table, build_evaluation_cases(table), risk, proposed=None
    )


def help_cases(data, which, *, days=20):
    own = data.cases[which]
    start = own["decision_date"] + pd.Timedelta(days=days)
    return pd.DataFrame(
        {
            "case_id": own["case_id"],
            "kind": "mentor",
            "start_date": start,
            "end_date": pd.NaT,
            "place": None,
        }
    )


def test_groups_are_told_apart_and_the_not_helped_stand_for_all():
    found = study(lambda data: help_cases(data, np.arange(900) % 3 == 0))
    assert [(g.name, g.n) for g in found.groups] == [(HELPED, 300), (NOT_HELPED, 600)]
    assert not found.follows_courses  # ready outcomes say no day
    assert found.represented == 1.0
    assert found.effective <= 600
    plain = found.groups[1].estimates
    assert found.weighted["base_rate"].value == pytest.approx(
        plain["base_rate"].value, abs=0.01
    )
    assert any("weighted" in line for line in found.describe())


def test_help_under_way_is_a_group_of_its_own():
    found = study(lambda data: help_cases(data, np.arange(900) < 200, days=-3))
    counts = {group.name: group.n for group in found.groups}
    assert counts == {UNDER_WAY: 200, NOT_HELPED: 700}
    assert found.weighted == {}


def test_a_few_helped_are_hidden_and_nothing_is_weighted():
    found = study(lambda data: help_cases(data, np.arange(900) < 3))
    assert [g.n for g in found.groups] == [None, None]
    assert found.weighted == {}
    assert all("3" not in line for line in found.describe())


def test_without_a_table_nobody_says_who_was_helped():
    data = prepared_of(60)
    evaluated = EvaluationCases.from_columns(data.table["long"].to_numpy())
    asked = data, data.table, evaluated, np.full(60, 0.3)
    assert evaluate_help(*asked, proposed=None) is None


def test_a_table_without_rows_says_that_nobody_was():
    found = study(lambda data: help_cases(data, np.zeros(900, dtype=bool)))
    assert [(g.name, g.n) for g in found.groups] == [(NOT_HELPED, 900)]
