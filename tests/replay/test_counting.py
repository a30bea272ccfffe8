"""The counts of a replay on a written-out table, and what of them is hidden."""

from itertools import product

import pandas as pd
import pytest

from riskscreen.disclosure.counts import HIDDEN
from riskscreen.replay.counting import GROUPS, assign_groups, count_replay
from tests.replay.counted import SIZES, list_cases

pytestmark = pytest.mark.slow


def count(cases, **changes):
    given = {"end_states": ("work", "sick"), "audit": ["kind"], "weeks": 2.0}
    return count_replay(cases, **{**given, **changes})


def test_every_group_is_counted_by_what_became_of_it():
    found = count(list_cases())
    assert {g: found.groups.find("all", g) for g in GROUPS} == SIZES
    assert found.outcomes.cells[0] == (13, 10, 20, 26)
    assert found.outcomes.find("not long", "neither") == 14
    assert found.end_states.find("sick", "practice") == 20
    assert found.end_states.find("work", "practice") == 10
    assert found.weekdays.find("monday", "neither") == 20
    assert found.weekdays.find("weekend", "both") == 10
    assert found.weekdays.find_size("tuesday") == 0
    assert found.teams.find("Nord", "model") == 15
    assert found.audit["kind"].find_size("x") == 105
    assert found.waits.find("to_2_weeks", "practice") == 30
    assert found.waits.find("to_2_weeks", "neither") == 0
    assert found.more_places.find("newly long", "neither") == 13
    assert found.more_places.find("still_not", "neither") == 20
    assert found.more_places.find("still_not", "practice") == 30
    assert found.weeks_of_help == 8.0


@pytest.mark.parametrize(("stated", "shown"), [(5, 8.0), (4, HIDDEN), (0, None)])
def test_a_mean_of_few_is_hidden_and_one_of_none_is_not_there(stated, shown):
    cases = list_cases()
    ends = cases.index[cases["chosen"]]
    cases.loc[ends[stated:], "weeks"] = float("nan")
    assert count(cases).weeks_of_help == shown


@pytest.mark.parametrize(
    ("column", "value", "why"),
    [
        ("fate", "routed", "routed"),
        ("fate", "set_aside", "set_aside"),
        ("under_way", True, "under_way"),
        ("outcome", None, "not_followed"),
    ],
)
def test_who_is_in_no_table_is_counted_by_why(column, value, why):
    cases = list_cases()
    cases.loc[cases.index[-8:], column] = value
    found = count(cases)
    assert found.groups.find("all", "neither") == SIZES["neither"] - 8
    assert dict(found.left_out) == {
        **dict.fromkeys(("routed", "set_aside", "under_way", "not_followed"), 0),
        why: 8,
    }
    few = list_cases()
    few.loc[few.index[-3:], column] = value
    assert count(few).left_out[why] == HIDDEN


def test_a_score_that_is_not_shown_proposes_nobody_and_is_counted():
    cases = list_cases()
    cases.loc[cases.index[-8:], "fate"] = "abstained"
    assert count(cases).groups.find("all", "neither") == SIZES["neither"]


def test_a_small_group_is_hidden_in_every_table_with_one_to_hide_it():
    found = count(list_cases({**SIZES, "model": 3}))
    tables = (
        *(found.groups, found.outcomes, found.end_states, found.weekdays),
        *(found.teams, found.audit["kind"]),
    )
    for table in tables:
        assert table.find(None, "model") == HIDDEN
        assert sum(table.find(None, group) == HIDDEN for group in GROUPS) >= 2
    assert found.groups.total == 93


def test_a_small_cell_hides_its_sum_in_no_table_that_would_tell_it():
    """Two of a group on a weekday, and each team and outcome of it is large."""
    cases = list_cases()
    monday = cases["decision_date"] == pd.Timestamp("2024-01-01")
    first = cases.index[monday & cases["chosen"] & cases["proposed"]]
    cases.loc[first[2:], "decision_date"] = pd.Timestamp("2024-01-06")
    found = count(cases)
    assert found.groups.find("all", "both") == 20
    assert found.weekdays.find("monday", "both") == HIDDEN
    assert found.weekdays.find("weekend", "both") == HIDDEN


def test_the_groups_are_those_of_two_flags():
    pairs = list(product([True, False], repeat=2))
    proposed, chosen = (pd.array(of).to_numpy() for of in zip(*pairs, strict=True))
    assert assign_groups(proposed, chosen).tolist() == list(GROUPS)
