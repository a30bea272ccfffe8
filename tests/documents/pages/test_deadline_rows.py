from dataclasses import replace
from datetime import date

from riskscreen.documents.pages.deadline_rows import build_case_deadlines
from riskscreen.documents.pages.formats import capitalise
from riskscreen.documents.texts import DANISH, ENGLISH
from riskscreen.rules.deadline_rules import read_shipped_rules
from riskscreen.rules.deadlines import Deadline

AS_OF = date(2026, 3, 2)
CASE = DANISH["case"]
REFORM = date(2026, 2, 1)
COMING = date(2026, 7, 1)


def deadline(name, due=date(2026, 4, 26), **more):
    rule = next(rule for rule in read_shipped_rules() if rule.name == name)
    return Deadline(rule, due, (due - AS_OF).days, **more)


def build(*deadlines, texts=DANISH):
    return build_case_deadlines(deadlines, texts, as_of=AS_OF)


def test_targets_of_a_project_stand_apart_from_the_law():
    found = build(deadline("first_follow_up_talk"), deadline("company_course_start"))
    assert [row.words for row in found.law] == ["Første opfølgningssamtale"]
    assert [row.words for row in found.targets] == ["Virksomhedsrettet forløb i gang"]


def test_a_condition_is_neither_law_nor_target_and_no_deadline_of_a_list():
    found = build(
        deadline("first_follow_up_talk"), deadline("retention_flex_job_condition")
    )
    assert (len(found.law), found.targets) == (1, ())
    (row,) = found.conditions
    whole = deadline("retention_flex_job_condition").rule.in_language("da")
    assert f"{row.words} ({row.rule})" == capitalise(whole)
    assert "(" not in row.words + row.rule
    assert (row.due, row.met) == ("26. apr. 2026", "")


def test_of_a_condition_that_is_met_nobody_is_asked_whether_it_has_happened():
    passed = deadline("retention_flex_job_condition", due=date(2026, 1, 5))
    assert [row.met for row in build(passed).conditions] == ["opfyldt"]
    assert [row.met for row in build(passed, texts=ENGLISH).conditions] == ["met"]


def test_a_day_that_rests_on_weeks_to_come_is_the_earliest():
    one = deadline("reassessment_22_weeks", earliest=True)
    assert build(one).law[0].due == "tidligst 26. apr. 2026"
    assert build(one, texts=ENGLISH).law[0].due == "26 Apr 2026 at the earliest"
    assert build(replace(one, earliest=False)).law[0].due == "26. apr. 2026"


def test_changed_rules_are_told_in_one_sentence_for_the_page():
    found = build(
        deadline("first_follow_up_talk", changed_on=REFORM),
        deadline("early_follow_up", changed_on=REFORM),
        deadline("reassessment_22_weeks"),
    )
    assert [row.changed for row in found.law] == [True, True, False]
    changed = CASE["rule_changed"].format(day="1. februar 2026")
    assert found.rules_changed == CASE["earliest_of_both"].format(changes=changed)


def test_a_rule_that_is_yet_to_change_is_told_so():
    found = build(deadline("contact_talk_3_months", changed_on=COMING))
    to_come = CASE["rule_changes"].format(day="1. juli 2026")
    assert found.rules_changed == CASE["earliest_of_both"].format(changes=to_come)
    both = build(
        deadline("first_follow_up_talk", changed_on=REFORM),
        deadline("contact_talk_3_months", changed_on=COMING),
    )
    changed = CASE["rule_changed"].format(day="1. februar 2026")
    assert f"{changed}. {to_come}" in both.rules_changed


def test_without_a_change_nothing_is_said():
    assert build(deadline("first_follow_up_talk")).rules_changed == ""
