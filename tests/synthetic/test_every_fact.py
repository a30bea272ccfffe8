"""What few sites deliver: who has it, and that nothing else changes by it."""

from functools import cache
from pathlib import Path

import pandas as pd
import pytest

from riskscreen.rules.code_groups import read_shipped_code_table
from riskscreen.spec import read_specification
from riskscreen.validation import check_cases
from riskscreen_synthetic import add_every_fact, synthesise_site

SICK = ("long_absence", "long_unemployment")
SPEC = read_specification(Path(__file__).parents[2] / "models/long_absence.toml")
FACTS = [name for name, column in SPEC.columns.items() if column.role == "fact"]


@cache
def plain():
    return synthesise_site(cases=600, years=4, seed=6, every_target=True)


@cache
def full():
    return add_every_fact(plain())


def count_weeks(history, code):
    rows = history[history["code"] == code]
    extract = pd.Timestamp(plain().parameters["calendar"]["extract_date"])
    return (rows["end_date"].fillna(extract) - rows["start_date"]).dt.days.sum() // 7


def count_overlaps(history):
    later = history.groupby("person_id")["start_date"].shift(-1)
    return (history["end_date"] > later).sum()


@pytest.mark.parametrize("target", SICK)
def test_the_sick_listed_get_every_fact_and_keep_all_else(target):
    before, after = plain().targets[target].cases, full().targets[target].cases
    pd.testing.assert_frame_equal(after.drop(columns=FACTS), before)
    assert set(FACTS) <= set(after.columns)
    assert not set(FACTS) & set(before.columns)
    assert (after[FACTS].notna().sum() > 0).all()


def test_facts_keep_the_contract_and_are_about_those_they_can_be_about():
    checked = check_cases(SPEC, full().targets["long_absence"].cases, file="c")
    assert checked.set_aside.empty
    assert not checked.doubts
    cases, employed = checked.kept, checked.kept["employed_at_intake"] == 1
    assert cases.loc[employed, "self_employed"].isna().all()
    assert cases.loc[~employed, "social_chapter_months"].isna().all()
    asked = cases["early_follow_up_asked_after_days"]
    assert (asked.dropna() <= cases["days_until_received"][asked.notna()]).all()


def test_both_targets_of_one_case_tell_the_same():
    one, other = (full().targets[t].cases.set_index("case_id")[FACTS] for t in SICK)
    pd.testing.assert_frame_equal(one.loc[other.index], other)


def test_some_sickness_benefit_ends_in_partial_recovery_and_no_week_is_lost():
    table = read_shipped_code_table()
    assert table.rows.set_index("code").loc["899", "attribute"] == "partly_recovered"
    before, after = plain().history, full().history
    assert "899" not in set(before["code"])
    partly = count_weeks(after, "899")
    assert partly > 50
    assert count_weeks(after, "890") + partly == count_weeks(before, "890")


def test_some_who_return_were_on_the_waiting_benefit_shortly_before():
    cases = full().targets["long_benefit_again"].cases
    both = full().history.merge(cases, on="person_id", suffixes=("", "_of_case"))
    ended = (both["start_date_of_case"] - both["end_date"]).dt.days
    waited = (both["code"] == "740") & (ended > 7) & (ended < 7 * 27)
    assert waited.sum() > 5
    moved = count_weeks(full().history, "740") - count_weeks(plain().history, "740")
    assert moved == count_weeks(plain().history, "771") - count_weeks(
        full().history, "771"
    )


def test_the_register_knows_no_row_after_its_extract_and_truth_stays():
    extract = pd.Timestamp(plain().parameters["calendar"]["extract_date"])
    assert full().history["registered_on"].max() <= extract
    assert count_overlaps(full().history) == count_overlaps(plain().history)
    for target in plain().targets:
        assert full().targets[target].truth is plain().targets[target].truth


def test_the_same_site_is_filled_alike():
    again = add_every_fact(plain())
    pd.testing.assert_frame_equal(again.history, full().history)
