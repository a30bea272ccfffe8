import numpy as np
import pandas as pd
import pytest

from riskscreen.population.still_in import NOT_KNOWN, find_still_in
from tests.histories import index_of
from tests.outcomes.test_outcomes import (
    MONDAY,
    cases_table,
    dates,
    day,
    spec_of,
    weeks_in,
    weeks_table,
)

# The lag is one week and the bridge three: of week 8 on its Monday, week 6 is the last
# that is seen. The horizon is week 10.


def still_in(spells, *, on_week, t0_week=1, spec=None, open_on=None):
    """(week, source) of a case that starts on MONDAY, on the Monday of *on_week*."""
    spec = spec or spec_of()
    cases = cases_table([("a", MONDAY, MONDAY + 7 * t0_week)])
    index = index_of(spec, spells, cases)
    if open_on is not None:
        cases["open_as_of"] = dates([open_on])
    found = find_still_in(
        spec,
        cases,
        index,
        elapsed=np.array([t0_week]),
        on=day(MONDAY + 7 * on_week),
    )
    return int(found.week[0]), found.by[0]


def test_the_register_says_it_up_to_its_last_visible_week():
    ill = weeks_table(("ill", 0, 30))
    assert [still_in(ill, on_week=week) for week in (1, 3, 4, 8)] == [
        (1, "intake"),
        (1, "intake"),
        (2, "history"),
        (6, "history"),
    ]


def test_a_day_before_t0_shows_no_less_than_the_intake():
    assert still_in(weeks_table(("ill", 0, 30)), on_week=0) == (1, "intake")


@pytest.mark.slow
def test_a_gap_at_the_end_is_none_that_is_known_to_close():
    ended = weeks_table(("ill", 0, 5))
    found = [still_in(ended, on_week=week) for week in (6, 7, 9)]
    assert found == [(4, "history"), (NOT_KNOWN, None), (NOT_KNOWN, None)]
    closed = weeks_table(("ill", 0, 5), ("ill", 6, 30))
    assert still_in(closed, on_week=8) == (6, "history")


def test_whoever_is_seen_to_have_left_is_not_in_whatever_came_after():
    back = weeks_table(("ill", 0, 3), ("abroad", 3, 4), ("ill", 4, 30))
    assert still_in(back, on_week=8) == (NOT_KNOWN, None)


def test_a_gap_that_was_seen_at_t0_already_leaves_the_intakes_word():
    assert still_in(weeks_table(("ill", 0, 1)), on_week=4, t0_week=3) == (3, "intake")


def test_whoever_is_seen_to_be_partly_recovered_is_no_longer_in():
    partly = "ill:partly_recovered"
    spec = spec_of(not_long=(partly, *spec_of().outcome.not_long))
    spells = weeks_table(("ill", 0, 4), (partly, 4, 30))
    assert still_in(spells, on_week=5, spec=spec) == (3, "history")
    assert still_in(spells, on_week=6, spec=spec) == (NOT_KNOWN, None)


@pytest.mark.parametrize("spells", [weeks_table(("studying", 0, 1)), weeks_table()])
def test_before_the_first_long_week_the_intake_alone_says_so(spells):
    assert still_in(spells, on_week=8) == (1, "intake")


def test_the_case_systems_day_decides_where_it_is_newer_than_the_register():
    ended = weeks_table(("ill", 0, 3), ("studying", 3, 30))
    assert still_in(ended, on_week=8) == (NOT_KNOWN, None)
    assert still_in(ended, on_week=8, open_on=MONDAY + 7 * 7 + 6) == (7, "open_as_of")
    ill = weeks_table(("ill", 0, 30))
    assert still_in(ill, on_week=8, open_on=MONDAY + 7 * 7) == (7, "open_as_of")


def test_a_later_week_in_that_the_register_shows_counts():
    ill = weeks_table(("ill", 0, 30))
    for open_week in (4, 18):
        day_open = MONDAY + 7 * open_week
        assert still_in(ill, on_week=20, open_on=day_open) == (18, "history")


@pytest.mark.parametrize("open_week", [2, 4, 5, 6])
def test_the_case_systems_day_brings_back_none_whom_the_register_shows_out_since(
    open_week,
):
    for ended in (
        weeks_table(("ill", 0, 5)),
        weeks_table(("ill", 0, 5), ("studying", 5, 7)),
    ):
        day_open = MONDAY + 7 * open_week
        assert still_in(ended, on_week=8, open_on=day_open) == (NOT_KNOWN, None)
        assert still_in(ended, on_week=40, open_on=day_open) == (NOT_KNOWN, None)


def test_a_day_of_the_case_system_before_t0_or_none_says_nothing_new():
    ill = weeks_table(("ill", 0, 30))
    for nothing in (MONDAY, np.nan):
        assert still_in(ill, on_week=8, open_on=nothing) == (6, "history")


@pytest.mark.parametrize("day_of_week", [0, 6])
def test_in_the_week_of_t0_the_case_systems_day_says_no_more_than_the_intake(
    day_of_week,
):
    ill = weeks_table(("ill", 0, 30))
    today = MONDAY + 7 * 3 + day_of_week
    found = still_in(ill, on_week=4, t0_week=3, open_on=today)
    assert found == (3, "intake")


def test_a_day_of_the_case_system_that_is_still_to_come_counts_as_the_runs():
    ill = weeks_table(("ill", 0, 30))
    assert still_in(ill, on_week=8, open_on=MONDAY + 7 * 60) == (8, "open_as_of")


def test_the_week_goes_on_beyond_the_horizon():
    assert still_in(weeks_table(("ill", 0, 30)), on_week=20) == (18, "history")


def test_a_row_that_was_registered_later_shows_nothing():
    late = weeks_table(("ill", 0, 4), ("ill", 4, 30))
    late["registered_on"] = dates([MONDAY, MONDAY + 7 * 9])
    assert still_in(late, on_week=5) == (3, "history")
    assert still_in(late, on_week=6) == (NOT_KNOWN, None)
    assert still_in(late, on_week=10) == (8, "history")


@pytest.mark.parametrize("spec", [weeks_in(), spec_of(rule="ended_within")])
def test_nothing_is_known_where_the_outcome_is_not_to_be_in_at_the_horizon(spec):
    ill = weeks_table(("ill", 0, 30))
    assert still_in(ill, on_week=8, spec=spec) == (-1, None)
    assert still_in(ill, on_week=8, spec=spec, open_on=MONDAY + 14) == (-1, None)


def test_the_week_is_counted_from_the_clock_where_that_is_the_decision():
    spec = spec_of(clock="decision_date")
    ill = weeks_table(("ill", 0, 30))
    assert still_in(ill, on_week=8, t0_week=0, spec=spec) == (6, "history")


def test_each_case_of_a_table_gets_what_it_gets_alone():
    spells = pd.concat(
        [
            weeks_table(("ill", 0, 30), person="a"),
            weeks_table(("ill", 0, 3), person="b"),
        ],
        ignore_index=True,
    )
    cases = cases_table([("a", MONDAY, MONDAY + 7), ("b", MONDAY, MONDAY + 7)])
    spec = spec_of()
    found = find_still_in(
        spec,
        cases,
        index_of(spec, spells, cases),
        elapsed=np.array([1, 1]),
        on=day(MONDAY + 7 * 8),
    )
    assert found.week.tolist() == [6, NOT_KNOWN]
    assert found.by.tolist() == ["history", None]
