"""The open cases that a made-up municipality delivers hold every kind of row."""

from dataclasses import replace
from datetime import date
from functools import cache

import pandas as pd
import pytest

from riskscreen_synthetic import synthesise_site, write_intake, write_intake_before

TARGETS = ("long_absence", "long_benefit", "long_unemployment")
DATES = ("start_date", "decision_date")


@cache
def site():
    return synthesise_site(cases=500, seed=4)


@pytest.fixture(params=TARGETS)
def target(request):
    return request.param


def delivered(target, folder):
    write_intake(site().targets[target], folder, weeks=8)
    table = pd.read_csv(folder / "cases.csv", sep=";", dtype="str")
    days = {n: pd.to_datetime(table[n], dayfirst=True, errors="coerce") for n in DATES}
    return table.assign(**days)


def test_two_rows_have_a_day_that_does_not_exist(target, tmp_path):
    table = delivered(target, tmp_path / "intake")
    assert table["start_date"].isna().sum() == 2


def test_one_citizen_has_no_row_in_the_register(target, tmp_path):
    table = delivered(target, tmp_path / "intake")
    known = table["person_id"].isin(site().history["person_id"])
    assert (~known).sum() == 1


def test_one_file_lacks_all_that_may_be_missing(target, tmp_path):
    table = delivered(target, tmp_path / "intake")
    cases = site().targets[target].cases
    may_be_missing = cases.columns[cases.isna().any()]
    assert table[may_be_missing].isna().all(axis=1).sum() == 1


@pytest.mark.parametrize("target", ["long_absence", "long_unemployment"])
def test_one_case_was_taken_in_after_eight_weeks(target, tmp_path):
    table = delivered(target, tmp_path / "intake")
    assert ((table["decision_date"] - table["start_date"]).dt.days >= 84).sum() == 1


def test_a_week_ago_the_newest_had_not_come_and_some_facts_were_not_known(
    target, tmp_path
):
    now = delivered(target, tmp_path / "intake").set_index("case_id")
    write_intake_before(
        site().targets[target], tmp_path / "before", weeks=8, on=date(2025, 1, 6)
    )
    before = pd.read_csv(
        tmp_path / "before/cases.csv", sep=";", dtype="str", index_col="case_id"
    )
    assert set(before.index) == set(
        now.index[now["decision_date"] <= pd.Timestamp("2024-12-30")]
    )
    facts = before.columns.drop(list(DATES))
    came = now.loc[before.index, facts].notna() & before[facts].isna()
    assert came.any(axis=1).sum() > 0
    assert came.any().sum() == 3
    known = before[facts].notna()
    assert (
        (before[facts][known] == now.loc[before.index, facts][known])
        .eq(known)
        .all(axis=None)
    )


def test_every_case_is_one_of_the_site_and_stands_once(target, tmp_path):
    table = delivered(target, tmp_path / "intake")
    assert table["case_id"].is_unique
    assert table["case_id"].isin(site().targets[target].cases["case_id"]).all()


def test_the_same_site_delivers_the_same_file(target, tmp_path):
    delivered(target, tmp_path / "one")
    delivered(target, tmp_path / "two")
    one, two = ((tmp_path / n / "cases.csv").read_bytes() for n in ("one", "two"))
    assert one == two


def test_an_intake_of_a_handful_is_delivered_too(target, tmp_path):
    made = site().targets[target]
    few = replace(made, cases=made.cases.tail(3))
    assert write_intake(few, tmp_path / "intake", weeks=2000) == 3
