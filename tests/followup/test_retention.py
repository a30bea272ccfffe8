"""Written-out cases, each by a day that is one too late and one that is not."""

from datetime import date

import pandas as pd
import pytest

from riskscreen.disclosure.counts import HIDDEN, compute_share
from riskscreen.followup.retention import (
    CORE_ELEMENTS,
    FOUR_MEASURES,
    LEFT_OUT,
    judge_cases,
    measure_retention,
    select_included,
)
from tests.followup.tables import checked

ABSENT = "2019-01-07"
TODAY = date(2019, 12, 31)


def judge(*cases, today=TODAY):
    rows = [
        {"case_id": f"c{n}", "team": "Nord", "first_absence_day": ABSENT, **case}
        for n, case in enumerate(cases)
    ]
    return judge_cases(checked("follow_up", rows, today=today), extract_date=today)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("day", "at_workplace", "state"),
    [
        ("2019-03-03", "ja", "yes"),  # the last day of week 8
        ("2019-03-04", "ja", "no"),  # the first of week 9
        ("2019-03-03", "nej", "no"),
        ("2019-03-03", "", "not_stated"),  # in time, but where?
        ("", "", "no"),  # none was held, and week 8 is over
    ],
)
def test_the_first_talk_is_at_the_workplace_and_by_week_8(day, at_workplace, state):
    case = {"first_talk_on": day, "first_talk_at_workplace": at_workplace}
    other = {"first_talk_on": "2019-01-20", "first_talk_at_workplace": "ja"}
    assert judge(case, other)["first_talk"].tolist() == [state, "yes"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("measure", "column", "last", "late"),
    [
        ("company_course", "company_course_on", "2019-04-08", "2019-04-09"),
        ("back_at_workplace", "back_on", "2019-07-08", "2019-07-09"),
    ],
)
def test_a_course_has_13_weeks_and_the_way_back_26(measure, column, last, late):
    same = {"back_at_same_workplace": "ja"}
    judged = judge({column: last, **same}, {column: late, **same}, {column: "", **same})
    assert judged[measure].tolist() == ["yes", "no", "no"]


def test_back_at_another_workplace_is_no_return_to_the_same():
    case = {"back_on": "2019-03-01", "back_at_same_workplace": "nej"}
    assert judge(case)["back_at_workplace"].tolist() == ["no"]


@pytest.mark.slow
def test_as_long_as_there_is_time_a_case_is_not_counted_as_a_no():
    cases = ({"company_course_on": ""}, {"company_course_on": "2019-02-01"})
    on_the_last_day = judge(*cases, today=date(2019, 4, 8))
    assert on_the_last_day["company_course"].tolist() == ["not_due", "yes"]
    day_after = judge(*cases, today=date(2019, 4, 9))
    assert day_after["company_course"].tolist() == ["no", "yes"]


def test_a_team_without_one_day_in_a_column_has_not_stated_it():
    cases = (
        {"company_course_on": "2019-02-01"},
        {"company_course_on": ""},
        {"company_course_on": "", "team": "Syd"},
    )
    assert judge(*cases)["company_course"].tolist() == ["yes", "no", "not_stated"]


def test_without_the_first_day_of_absence_no_time_runs():
    judged = judge({"back_on": "2019-03-01", "first_absence_day": ""})
    assert judged["back_at_workplace"].tolist() == ["not_stated"]


@pytest.mark.slow
def test_one_contact_person_to_the_end_is_known_when_the_course_is_over():
    cases = (
        {"contact_persons": 1, "back_on": "2019-01-20"},
        {"contact_persons": 2},
        {"contact_persons": 1},  # may still change
        {"contact_persons": ""},
    )
    judged = judge(*cases, today=date(2019, 2, 1))["one_contact_person"]
    assert judged.tolist() == ["yes", "no", "not_due", "not_stated"]
    assert judge(*cases)["one_contact_person"].tolist()[2] == "yes"


def test_who_is_left_out_is_counted_by_reason_and_not_measured():
    rows = [
        {"in_target_group": "ja"},
        {"in_target_group": "nej"},
        {"in_target_group": ""},
        {"in_target_group": "ja", "excluded_reason": "serious_illness"},
        {"in_target_group": "nej", "excluded_reason": "workplace_cause"},
    ]
    rows = [{"case_id": f"c{n}", "team": "Nord", **row} for n, row in enumerate(rows)]
    cases = checked("follow_up", rows)
    groups = select_included(cases, stated=frozenset(["in_target_group"]))
    expected = ["", "outside", "not_stated", "serious_illness", "workplace_cause"]
    assert groups.tolist() == expected
    assert set(expected[1:]) <= set(LEFT_OUT)
    # A table without the column holds the target group alone.
    rest = select_included(cases, stated=frozenset())
    assert rest.tolist() == ["", "", "", *expected[3:]]


def many(n, **columns):
    return [{"team": "Nord", "first_absence_day": ABSENT, **columns}] * n


def measure(rows, **given):
    rows = [{"case_id": f"c{n}", **row} for n, row in enumerate(rows)]
    return measure_retention(
        checked("follow_up", rows),
        stated=frozenset(rows[0]),
        extract_date=TODAY,
        **given,
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    ("changed", "divided", "shares"), [(60, 95, (76, 62)), (10, 20, (96, 92))]
)
def test_the_documents_shares_of_the_core_elements_come_out(changed, divided, shares):
    """One contact person 76 → 96 %, one employee 62 → 92 %, here of 250 cases."""
    rows = [
        {"team": "Nord", "contact_persons": 1 + (n < changed),
         "one_employee": "nej" if n < divided else "ja"}
        for n in range(250)
    ]  # fmt: skip
    by_team = measure(rows).by_team
    counts = [by_team[name] for name in CORE_ELEMENTS]
    found = [compute_share(c.find(None, "yes"), c.find(None, "no")) for c in counts]
    assert [round(100 * share) for share in found] == list(shares)


@pytest.mark.slow
def test_seventy_in_a_hundred_reach_the_projects_criterion():
    rows = many(70, takes_part="ja") + many(30, takes_part="nej")
    counts = measure(rows).by_team["takes_part"]
    assert counts.to_json()["all"] == {
        "yes": 70, "no": 30, "not_due": 0, "not_stated": 0, "of": 100,
    }  # fmt: skip


@pytest.mark.slow
def test_a_measure_that_nobody_delivers_is_not_stated_of_everybody():
    counts = measure(many(12)).by_team
    for name in FOUR_MEASURES:
        assert counts[name].to_json()["all"]["not_stated"] == 12
        assert counts[name].to_json()["all"]["no"] == 0


@pytest.mark.slow
def test_a_small_team_is_hidden_and_its_measures_with_it():
    rows = many(40, takes_part="ja") + many(20, takes_part="nej")
    rows += [{**row, "team": "Syd"} for row in many(30, takes_part="ja")]
    rows += [{**row, "team": "Vest"} for row in many(3, takes_part="ja")]
    found = measure(rows)
    assert found.included.find_size("Vest") == HIDDEN
    assert found.by_team["takes_part"].find("Vest", "yes") == HIDDEN
    assert found.included.total == 93


@pytest.mark.slow
def test_by_band_every_included_case_stands_once_scored_or_not():
    rows = many(20, takes_part="ja") + many(20, takes_part="nej") + many(9)
    bands = pd.Series(["first"] * 20 + ["usual"] * 20, [f"c{n}" for n in range(40)])
    found = measure(rows, bands=bands).by_band["takes_part"].to_json()["rows"]
    assert {name: band["of"] for name, band in found.items()} == {
        "first": 20, "raised": 0, "usual": 20, "none": 9,
    }  # fmt: skip
    assert (found["first"]["yes"], found["usual"]["no"]) == (20, 20)
