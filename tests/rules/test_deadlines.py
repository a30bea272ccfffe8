from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskscreen.errors import FileError, SpecError
from riskscreen.rules.deadlines import (
    find_deadlines,
    read_shipped_rules,
    read_site_rules,
)
from riskscreen.spec import read_specification

MODELS = Path(__file__).parents[2] / "models"
HEADER = "name,clock,count,unit,repeats,valid_from,valid_to,da,en,source,verified\n"
START = date(2024, 3, 4)


def seen(*names, start=START, as_of=START, rules=None):
    return find_deadlines(
        names,
        start_date=start,
        decision_date=start + timedelta(days=20),
        as_of=as_of,
        rules=rules or read_shipped_rules(),
    )


@pytest.mark.parametrize(
    "path", sorted(MODELS.glob("[!_]*.toml")), ids=lambda p: p.stem
)
def test_every_deadline_a_specification_names_is_a_rule(path):
    spec = read_specification(path)
    assert len(seen(*spec.deadlines)) == len(spec.deadlines) > 0


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


def test_months_keep_the_day_or_take_the_months_last_one():
    (right,) = seen("external_provider_right", start=date(2024, 8, 31))
    assert right.due == date(2025, 2, 28)


@pytest.mark.parametrize(
    ("as_of", "due"),
    [
        (date(2024, 3, 4), date(2024, 6, 4)),
        (date(2024, 6, 4), date(2024, 6, 4)),  # the day itself still counts
        (date(2024, 6, 5), date(2024, 9, 4)),
        (date(2025, 3, 1), date(2025, 3, 4)),
    ],
)
def test_a_repeating_deadline_stands_at_its_next_day(as_of, due):
    (talk,) = seen("contact_talk_3_months", as_of=as_of)
    assert talk.due == due


@given(st.dates(date(2010, 1, 1), date(2040, 1, 1)), st.integers(0, 4000))
def test_a_repeating_deadline_is_never_passed(start, later):
    as_of = start + timedelta(days=later)
    (talk,) = seen("contact_talk_3_months", start=start, as_of=as_of)
    assert 0 <= talk.days_left <= 92


def test_a_rule_holds_only_for_clocks_that_start_within_its_validity():
    assert seen("reassessment_22_weeks", start=date(2014, 6, 30)) == ()
    assert len(seen("reassessment_22_weeks", start=date(2014, 7, 1))) == 1


def test_a_rule_that_the_sources_do_not_hold_is_marked():
    marked = {rule.name for rule in read_shipped_rules() if not rule.verified}
    assert marked == {"reassessment_22_weeks"}


def test_a_site_replaces_a_rule_and_keeps_the_others(tmp_path):
    own = tmp_path / "deadlines.csv"
    own.write_text(
        HEADER
        + "first_follow_up_talk,decision,10,days,no,,2024-01-01,a,b,Own rule,yes\n"
        + "first_follow_up_talk,decision,5,days,no,2024-01-01,,a,b,Own rule,yes\n"
    )
    rules = read_site_rules(own)
    (talk,) = seen("first_follow_up_talk", rules=rules)
    assert talk.due == START + timedelta(days=25)  # five days after the decision date
    assert {r.name for r in rules} == {r.name for r in read_shipped_rules()}


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ("a,begin,1,days,no,,,a,b,c,yes\n", "clock must be one of"),
        ("a,start,0,days,no,,,a,b,c,yes\n", "count must be a whole number above 0"),
        ("a,start,1,days,no,1/7/14,,a,b,c,yes\n", "write dates as"),
        ("a,start,1,days,no,,,a,b,,yes\n", "must not be empty"),
        ("a,start,1,days,no,2020-01-01,2019-01-01,a,b,c,yes\n", "valid_from"),
        ("a,start,1,days,no,,,a,b,c,yes\n" * 2, "holds twice"),
    ],
)
def test_a_faulty_rule_is_refused_with_a_remedy(tmp_path, row, says):
    own = tmp_path / "deadlines.csv"
    own.write_text(HEADER + row)
    with pytest.raises(FileError, match=says):
        read_site_rules(own)


def test_a_file_with_other_columns_is_refused(tmp_path):
    own = tmp_path / "deadlines.csv"
    own.write_text("name;clock\n")
    with pytest.raises(FileError, match="the columns must be"):
        read_site_rules(own)


def test_a_misspelt_deadline_is_an_error_naming_the_known_ones():
    with pytest.raises(SpecError, match="first_follow_up_talk"):
        seen("first_folow_up_talk")
