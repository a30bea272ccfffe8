"""The rows of the policy benchmark hold at a smoke size, too."""

import re

import pytest

from benchmarks.policy_rows import (
    at_risk,
    codes,
    gates,
    incidence,
    leaks,
    next_year,
    policy,
)
from benchmarks.policy_rows import help as help_rows

pytestmark = pytest.mark.thorough


def test_every_door_proposes_whom_the_card_proposed_and_places_are_filled():
    rows = list(policy.measure_rows(quick=True))
    assert len(rows) == 7
    assert [row.measure for row in rows if not row.met] == []


def test_cases_that_are_over_unseen_are_shown_as_often_long_as_they_are():
    (row,) = at_risk.measure_rows(quick=True)
    assert "mean shown less true" in row.measure
    assert abs(float(row.found.split(",")[0].split(";")[0])) < 0.05


def test_gates_pass_and_refuse_by_what_is_true():
    rows = {row.measure: row for row in gates.measure_rows(quick=True)}
    assert len(rows) == 11
    sure = [name for name in rows if "honest" not in name and "refuse" not in name]
    assert [name for name in sure if not rows[name].met] == []


def test_the_leak_check_finds_a_planted_leak_and_accuses_no_honest_table():
    rows = list(leaks.measure_rows(quick=True))
    assert len(rows) == 3
    assert [row.measure for row in rows if not row.met] == []


def test_a_renumbered_benefit_is_scored_and_flagged_and_many_stop_the_run():
    rows = list(codes.measure_rows(quick=True))
    assert len(rows) == 3
    assert [row.measure for row in rows if not row.met] == []


def test_the_not_helped_are_as_ordered_as_their_need():
    same, weighted = help_rows.measure_rows(quick=True)
    assert same.met
    assert abs(float(weighted.found.split(";")[0])) < 0.1
    assert "who are shown" in weighted.found


def test_where_the_iller_leave_more_often_three_shares_sum_to_one_and_two_are_judged():
    long, redrawn, whole = incidence.measure_rows(quick=True)
    assert re.findall(r"\d+ %", long.measure)[:2] == ["11 %", "23 %"]
    assert "mean, and SD" in redrawn.measure
    assert whole.met


def test_next_year_lies_in_its_interval_and_pooled_years_pass_nothing_wrong():
    rows = list(next_year.measure_rows(quick=True))
    assert len(rows) == 3
    shifted = next(row for row in rows if "too low" in row.measure)
    assert shifted.met
    assert "year's own interval" in rows[0].found
