from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskscreen.errors import SpecError
from riskscreen.rules.deadline_rules import parse_rules, read_shipped_rules
from riskscreen.rules.deadlines import Benefit, CaseFacts, find_deadlines
from riskscreen.rules.reforms import Reform, read_shipped_reforms
from riskscreen.spec import read_specification

MODELS = Path(__file__).parents[2] / "models"
START = date(2024, 3, 4)
HEADER = (
    "name,clock,count,unit,da,en,source,mark,checked_on,valid_from,valid_to,"
    "applies_when\n"
)


def seen(*names, start=START, as_of=START, rules=None, reforms=(), **facts):
    return find_deadlines(
        names,
        CaseFacts(start, start + timedelta(days=20), **facts),
        as_of=as_of,
        rules=rules or read_shipped_rules(),
        reforms=reforms,
    )


def due(*names, **facts):
    (only,) = seen(*names, **facts)
    return only.due


@pytest.mark.parametrize(
    "path", sorted(MODELS.glob("[!_]*.toml")), ids=lambda p: p.stem
)
def test_every_deadline_a_specification_names_is_a_rule(path):
    names = read_specification(path).deadlines
    assert set(names) <= {rule.name for rule in read_shipped_rules()}
    assert len(seen(*names)) >= bool(names)


def test_week_eight_ends_on_day_fifty_six_counting_the_first_absence_day():
    (talk,) = seen("first_follow_up_talk")
    assert talk.due == date(2024, 4, 28)  # a Sunday, as the start is a Monday
    assert talk.days_left == 55


def test_a_passed_deadline_has_negative_days_left():
    (talk,) = seen("first_follow_up_talk", as_of=date(2024, 5, 1))
    assert talk.days_left == -3


def test_on_the_day_itself_no_days_are_left():
    (talk,) = seen("first_follow_up_talk", as_of=date(2024, 4, 28))
    assert talk.days_left == 0


def test_deadlines_stand_soonest_first():
    found = seen(
        "back_at_work_26_weeks", "first_follow_up_talk", "company_course_start"
    )
    assert [d.due for d in found] == sorted(d.due for d in found)


@pytest.mark.parametrize(
    ("as_of", "on"),
    [
        (date(2024, 3, 4), date(2024, 6, 4)),
        (date(2024, 6, 4), date(2024, 6, 4)),  # the day itself still counts
        (date(2024, 6, 5), date(2024, 9, 4)),
        (date(2025, 3, 1), date(2025, 3, 4)),
    ],
)
def test_a_repeating_deadline_stands_at_its_next_day(as_of, on):
    assert due("contact_talk_3_months", as_of=as_of) == on


@pytest.mark.slow
@given(st.dates(date(2010, 1, 1), date(2026, 6, 30)), st.integers(0, 4000))
def test_a_repeating_deadline_is_never_passed(start, later):
    as_of = start + timedelta(days=later)
    (talk,) = seen("contact_talk_3_months", start=start, as_of=as_of)
    assert 0 <= talk.days_left <= 92


def test_a_rule_holds_only_for_clocks_that_start_within_its_validity():
    assert seen("reassessment_22_weeks", start=date(2014, 6, 30)) == ()
    assert len(seen("reassessment_22_weeks", start=date(2014, 7, 1))) == 1


def test_what_no_source_confirms_is_off():
    assert seen("external_provider_right", "external_provider_duty") == ()


def test_a_rule_that_is_known_to_be_for_others_is_left_out():
    of_age = {"columns": {"age_at_intake": 70.0}}
    assert len(seen("reassessment_pensioners", **of_age)) == 1
    assert seen("reassessment_22_weeks", **of_age) == ()
    assert seen("reassessment_pensioners", columns={"age_at_intake": 45.0}) == ()


def test_a_missing_fact_is_no_reason_to_leave_a_deadline_out():
    assert len(seen("reassessment_22_weeks", columns={"age_at_intake": None})) == 1


def test_a_condition_may_ask_for_the_state():
    rules = parse_rules(
        HEADER + "a,start,1,weeks,b,c,d,official,,,,state = fleksjob\n", "a file"
    )
    assert len(seen("a", rules=rules, state="fleksjob")) == 1
    assert seen("a", rules=rules, state="sygedagpenge") == ()
    assert len(seen("a", rules=rules, state=None)) == 1


def test_early_follow_up_counts_from_the_request_and_needs_one():
    asked = {"early_follow_up_asked_after_days": 10.0}
    assert due("early_follow_up", columns=asked) == date(2024, 3, 28)
    assert seen("early_follow_up") == ()


AGREED = {"social_chapter_agreement": 1.0, "age_at_intake": 45.0}


@pytest.mark.parametrize(
    ("months", "day"),
    [(0, date(2025, 3, 24)), (8, date(2024, 7, 24)), (12, date(2024, 3, 24))],
)
def test_a_clock_of_months_before_the_decision_counts_back_from_it(months, day):
    known = {**AGREED, "social_chapter_months": months}
    (found,) = seen("retention_flex_job_condition", columns=known)
    assert (found.rule.kind, found.due) == ("condition", day)


@pytest.mark.parametrize(
    "known",
    [
        {},
        {**AGREED, "social_chapter_months": 14, "social_chapter_agreement": 0.0},
        {**AGREED, "social_chapter_months": 14, "social_chapter_agreement": None},
        {**AGREED, "social_chapter_months": 14, "age_at_intake": 61.0},
        {**AGREED, "social_chapter_months": 14, "age_at_intake": None},
        {**AGREED, "social_chapter_months": 10**9},
    ],
    ids=[
        "nothing known",
        "no agreement",
        "agreement unknown",
        "six years to pension",
        "age unknown",
        "no such day",
    ],
)
def test_a_condition_is_told_only_where_all_that_it_asks_is_known_to_be_met(known):
    assert seen("retention_flex_job_condition", columns=known) == ()


def test_a_misspelt_deadline_is_an_error_naming_the_known_ones():
    with pytest.raises(SpecError, match="first_follow_up_talk"):
        seen("first_folow_up_talk")


# Reassessment after 22 paid weeks

EMPLOYED, UNEMPLOYED = (
    {"employed_at_intake": is_, "age_at_intake": 45.0} for is_ in (1.0, 0.0)
)


def test_without_a_history_the_reassessment_is_at_the_earliest():
    (found,) = seen("reassessment_22_weeks", columns=UNEMPLOYED)
    assert (found.due, found.earliest) == (date(2024, 8, 31), True)


def test_of_an_employee_the_first_thirty_days_do_not_count():
    assert due("reassessment_22_weeks", columns=EMPLOYED) == date(2024, 9, 30)


def test_of_the_self_employed_the_first_two_weeks_do_not_count():
    # Paid from 18 March: full on 19 August, so by the end of that month; of one who
    # fell ill on 18 March two weeks make a month.
    own = {**UNEMPLOYED, "self_employed": 1.0}
    later = date(2024, 3, 18)
    assert due("reassessment_22_weeks", columns=own) == date(2024, 8, 31)
    assert due("reassessment_22_weeks", columns=own, start=later) == date(2024, 9, 30)
    jobless = {**UNEMPLOYED, "self_employed": 0.0}
    for unknown_or_not in (UNEMPLOYED, jobless):
        found = due("reassessment_22_weeks", columns=unknown_or_not, start=later)
        assert found == date(2024, 8, 31)


def test_of_one_nobody_knows_to_be_employed_the_earlier_day_stands():
    assert due("reassessment_22_weeks") == date(2024, 8, 31)


@pytest.mark.parametrize(
    ("paid_until", "known_until", "due", "earliest"),
    [
        # Paid on the last known day: it is taken to go on, and the day is the day.
        (date(2024, 5, 6), date(2024, 5, 6), date(2024, 8, 31), False),
        # Stopped: the earliest day that it can be, if it begins again at once.
        (date(2024, 4, 1), date(2024, 6, 3), date(2024, 10, 31), True),
    ],
)
def test_who_has_stopped_has_the_earliest_day_and_who_has_not_the_day_itself(
    paid_until, known_until, due, earliest
):
    sick = (Benefit("sygedagpenge", START, paid_until),)
    (found,) = seen(
        "reassessment_22_weeks",
        columns=UNEMPLOYED,
        benefits=sick,
        known_until=known_until,
    )
    assert (found.due, found.earliest) == (due, earliest)


def test_other_benefits_do_not_count():
    known = {"columns": UNEMPLOYED, "known_until": START}
    idle = (Benefit("dagpenge", date(2023, 10, 2), START),)
    sick = (Benefit("sygedagpenge", date(2023, 10, 2), date(2023, 12, 25)),)
    assert due("reassessment_22_weeks", benefits=idle, **known) == date(2024, 8, 31)
    assert due("reassessment_22_weeks", benefits=sick, **known) == date(2024, 5, 31)


def test_past_pension_age_it_is_twenty_six_weeks_in_twelve_months():
    assert due("reassessment_pensioners", columns={"age_at_intake": 68.0}) == date(
        2024, 9, 30
    )


# Ledighedsydelse and flex jobs


def test_the_benefit_is_reassessed_after_fifty_two_weeks_in_eighteen_months():
    earlier = (Benefit("ledighedsydelse", date(2023, 4, 3), date(2023, 10, 2)),)
    fresh = due("benefit_reassessment", known_until=START)
    back = due("benefit_reassessment", benefits=earlier, known_until=START)
    assert fresh == START + timedelta(days=363)
    assert back == START + timedelta(days=26 * 7 - 1)  # 26 weeks were had before


def test_the_benefit_is_reassessed_again_each_time():
    going_on = (Benefit("ledighedsydelse", START, date(2025, 6, 2)),)
    again = due(
        "benefit_reassessment",
        as_of=date(2025, 6, 2),
        benefits=going_on,
        known_until=date(2025, 6, 2),
    )
    assert again == START + timedelta(days=2 * 364 - 1)


def test_the_reassessment_is_finished_by_eighteen_months():
    assert due("benefit_reassessment_done", known_until=START) == date(2025, 8, 31)


@pytest.mark.parametrize(
    ("name", "on"),
    [
        ("flex_job_visit", date(2024, 6, 4)),
        ("flex_job_follow_up", date(2026, 9, 4)),
        ("flex_job_status", date(2028, 9, 4)),
        ("flex_job_five_years", date(2029, 3, 4)),
    ],
)
def test_a_flex_job_is_followed_up(name, on):
    assert due(name, columns={"age_at_intake": 30.0}) == on


@pytest.mark.parametrize(("age", "words"), [(34.0, "under 40"), (35.0, "fyldt 40")])
def test_at_the_end_of_the_grant_the_age_is_five_years_more(age, words):
    (end,) = seen("flex_job_five_years", columns={"age_at_intake": age})
    assert words in end.rule.da


# Rules that were changed

REFORM = Reform(date(2024, 4, 1), "a", "ny regel", "loven")
OLD = "a,start,8,weeks,gammel,old,d,official,2023-01-01,,2024-04-01,\n"
NEW = "a,start,4,weeks,ny,new,d,official,2023-06-01,2024-04-01,,\n"


def changed(start, rows, as_of=START):
    rules = parse_rules(HEADER + rows, "a file")
    (found,) = seen("a", start=start, as_of=as_of, rules=rules, reforms=[REFORM])
    return (found.due - start).days // 7, found.changed_on


def test_a_deadline_before_the_reform_keeps_its_rule():
    assert changed(date(2024, 2, 1), OLD + NEW) == (8, None)


def test_a_deadline_on_or_after_the_reform_is_the_earlier_of_old_and_new():
    assert changed(date(2024, 2, 5), OLD + NEW) == (4, REFORM.day)  # due that day
    assert changed(date(2024, 5, 1), OLD + NEW) == (4, REFORM.day)
    later = NEW.replace(",4,", ",26,")
    assert changed(date(2024, 5, 1), OLD + later) == (8, REFORM.day)


def test_a_rule_checked_on_the_day_of_the_reform_or_later_is_the_one():
    later = NEW.replace(",4,", ",26,").replace("2023-06-01", "2024-04-01")
    assert changed(date(2024, 5, 1), OLD + later) == (26, None)


def test_a_rule_nobody_says_when_it_was_checked_counts_as_unchecked():
    new = NEW.replace("2023-06-01", "")
    assert changed(date(2024, 5, 1), OLD + new) == (4, REFORM.day)


def test_when_rules_for_other_cases_were_checked_says_nothing_of_this_one():
    rows = OLD.replace(",2024-04-01,\n", ",,employed = no\n") + (
        "a,start,8,weeks,gammel,old,d,official,2024-04-01,,,employed = yes\n"
    )
    found = {
        employed: seen(
            "a",
            start=date(2024, 5, 1),
            rules=parse_rules(HEADER + rows, "a file"),
            reforms=[REFORM],
            columns={"employed": employed},
        )[0].changed_on
        for employed in (1.0, 0.0, None)
    }
    assert found == {1.0: None, 0.0: REFORM.day, None: REFORM.day}


def test_a_new_rule_that_is_not_for_the_case_does_not_hide_the_old_one():
    new = NEW.replace(",\n", ",employed = no\n")
    rules = parse_rules(HEADER + OLD + new, "a file")
    of_case = {"start": date(2024, 5, 1), "columns": {"employed": 1.0}}
    (found,) = seen("a", rules=rules, reforms=[REFORM], **of_case)
    assert (found.rule.da, found.changed_on) == ("gammel", REFORM.day)
    assert seen("a", rules=rules, **of_case) == ()  # without the reform it is not his


def test_a_rule_that_only_a_reform_brings_is_told_where_its_day_reaches_the_reform():
    new = NEW.replace(",4,", ",8,")
    # Begun before the reform, so no rule held; due before it, on it.
    rules = parse_rules(HEADER + new, "a file")
    early, late = (
        seen("a", start=start, rules=rules, reforms=[REFORM])
        for start in (date(2024, 2, 4), date(2024, 2, 5))
    )
    assert early == ()
    assert [(d.due, d.changed_on) for d in late] == [(REFORM.day, REFORM.day)]


def test_a_new_rule_that_was_checked_since_the_reform_is_for_later_cases_alone():
    rules = parse_rules(HEADER + NEW.replace("2023-06-01", "2024-04-01"), "a file")
    assert seen("a", start=date(2024, 3, 20), rules=rules, reforms=[REFORM]) == ()
    (found,) = seen("a", start=REFORM.day, rules=rules, reforms=[REFORM])
    assert found.changed_on is None


def test_a_reform_on_the_calendars_first_day_is_a_reform_like_another():
    first = Reform(date.min, "a", "ny regel", "loven")
    rules = parse_rules(HEADER + OLD, "a file")
    (found,) = seen("a", rules=rules, reforms=[first])
    assert found.changed_on is None  # the rule was checked since


def test_a_reform_of_another_rule_changes_nothing():
    rules = parse_rules(HEADER + OLD + NEW, "a file")
    other = Reform(REFORM.day, "b", "andet", "loven")
    (found,) = seen("a", start=date(2024, 3, 20), rules=rules, reforms=[other])
    assert found.changed_on is None


@pytest.mark.parametrize(
    ("name", "start", "on", "reform"),
    [
        # Week 8 of a case that began before the employment reform ends after it.
        ("first_follow_up_talk", date(2025, 12, 20), date(2026, 2, 13), 2026),
        ("first_follow_up_talk", date(2025, 11, 1), date(2025, 12, 26), None),
        ("first_follow_up_talk", date(2026, 3, 2), date(2026, 4, 26), 2026),
        # Talks every third month until July 2026, four in half a year from then on.
        ("contact_talk_3_months", date(2026, 2, 2), date(2026, 5, 2), None),
        ("contact_talk_3_months", date(2026, 5, 1), date(2026, 8, 1), 2026),
        ("contact_talk_3_months", date(2026, 9, 1), date(2026, 12, 1), 2026),
        # The reform of 2014 lies before the text that the rule was read in.
        ("reassessment_22_weeks", date(2026, 3, 2), date(2026, 8, 31), None),
    ],
)
def test_the_shipped_changes_are_told_where_they_reach_a_deadline(
    name, start, on, reform
):
    (found,) = seen(name, start=start, as_of=start, reforms=read_shipped_reforms())
    assert found.due == on
    assert (found.changed_on and found.changed_on.year) == reform
