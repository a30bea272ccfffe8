from datetime import date, timedelta
from itertools import permutations
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from riskscreen.features import build_features
from riskscreen.features.catalogue import list_state_levels
from riskscreen.history.visibility import count_visible_persons, find_state
from riskscreen.outcomes import derive_outcomes
from riskscreen.population.routes import select_cohort
from riskscreen.rules.code_groups import read_shipped_code_table
from riskscreen.spec import Horizon, StateRoute, read_specification
from tests import small_site
from tests.features.plain_history import precedence
from tests.histories import index_of
from tests.population.test_routes import SPEC, T0, case, spells


def states(table, past, spec=SPEC):
    return find_state(spec, table, index_of(spec, past, table))


@pytest.mark.parametrize(
    ("starts", "ends", "state"),
    [
        ("2024-01-01", None, "pension"),
        ("2024-05-19", "2024-05-20", "pension"),  # the last day that may be seen
        ("2024-05-20", None, None),  # begins where the register lag begins
        ("2024-01-01", "2024-05-19", None),  # over on the last day
    ],
)
def test_a_state_is_that_of_the_last_day_less_the_register_lag(starts, ends, state):
    table = pd.DataFrame([case("a", "p1", "2024-05-01", T0)])
    past = spells(("p1", "pension", starts, ends))
    assert states(table, past).tolist() == [state]


def test_a_row_registered_on_the_decision_date_is_not_yet_known():
    table = pd.DataFrame([case("a", "p1", "2024-05-01", T0)])
    past = spells(("p1", "pension", "2024-01-01", None))
    for registered, state in (("2024-06-04", "pension"), (T0, None), (None, "pension")):
        stamp = pd.Series([registered], dtype="datetime64[us]")
        stamped = past.assign(registered_on=stamp)
        assert states(table, stamped).tolist() == [state]


def test_of_overlapping_spells_the_one_that_began_last_stands_whatever_comes_later():
    table = pd.DataFrame([case("a", "p1", "2024-05-01", T0)])
    past = [("p1", "sick", "2024-02-05", None), ("p1", "idle", "2024-01-01", None)]
    later = [
        ("p1", "pension", "2024-05-20", None),
        ("p2", "pension", "2020-01-06", None),
    ]
    assert states(table, spells(*past)).tolist() == ["sick"]
    assert states(table, spells(*later, *past)).tolist() == ["sick"]


def key_of(spell):
    alone = spell.group in SPEC.history.self_support
    return not alone, spell.start_date, precedence(SPEC, spell.group)


def slow_state(row, past, lag_weeks=2):
    """The same state by looping: too slow to use, too plain to be wrong."""
    monday = row.decision_date - pd.Timedelta(days=row.decision_date.day_of_week)
    last_day = monday - pd.Timedelta(weeks=lag_weeks, days=1)
    found = [
        (*key_of(s), s.group)
        for s in past.itertuples()
        if s.person_id == row.person_id
        and s.start_date <= last_day
        and (pd.isna(s.end_date) or s.end_date > last_day)
    ]
    return max(found)[-1] if found else None


@pytest.mark.slow
def test_states_agree_with_a_slow_plain_version():
    table = small_site.cases(150, seed=3)
    table = table.assign(
        decision_date=pd.to_datetime(table["decision_date"]),
        start_date=pd.to_datetime(table["start_date"], dayfirst=True),
    )
    names = {"100": "work", "200": "idle", "300": "sick", "400": "pension"}
    past = small_site.history(table, seed=3)
    past = past.assign(group=past["code"].map(names))
    expected = [slow_state(row, past) for row in table.itertuples()]
    assert states(table, past).tolist() == expected
    assert len({*expected}) == 5


def test_persons_are_counted_once_by_what_their_latest_case_may_see():
    cases = pd.DataFrame(
        [
            case("1", "a", "2024-05-01", T0),
            case("2", "a", "2023-05-01", "2023-06-05"),
            case("3", "b", "2024-05-01", T0),
        ]
    )
    past = spells(("a", "sick", "2024-05-13", None), ("b", "sick", "2024-05-20", None))
    late = past.assign(registered_on=pd.Timestamp(T0))
    for table, visible in ((past, 1), (late, 0)):
        index = index_of(SPEC, table, cases)
        assert count_visible_persons(SPEC, cases, index) == visible


MODELS = Path(__file__).parents[2] / "models"
TARGETS = ("long_absence", "long_benefit", "long_unemployment")
TABLE = read_shipped_code_table()


def from_one_day(spec, pairs):
    """A case for each pair of groups whose spells begin on one day, and go on."""
    decided, began = pd.Timestamp("2024-06-05"), pd.Timestamp("2024-04-01")
    people = [f"p{n}" for n in range(len(pairs))]
    cases = pd.DataFrame(
        {
            "case_id": people,
            "person_id": pd.array(people, dtype="str"),
            "start_date": pd.Timestamp("2024-05-06"),
            "decision_date": decided,
            **dict.fromkeys(spec.columns, np.nan),
        }
    )
    rows = [
        (person, group, began, pd.NaT)
        for person, pair in zip(people, pairs, strict=True)
        for group in pair
    ]
    return cases, index_of(spec, spells(*rows), cases, groups=TABLE.groups)


@pytest.mark.slow
@pytest.mark.parametrize("target", TARGETS)
def test_routes_features_and_outcomes_see_one_state_whatever_began_together(target):
    spec = read_specification(MODELS / f"{target}.toml")
    pairs = list(permutations(TABLE.groups, 2))
    cases, index = from_one_day(spec, pairs)
    seen = find_state(spec, cases, index)
    expected = [max(pair, key=lambda g: precedence(spec, g)) for pair in pairs]
    assert seen.tolist() == expected
    history, routed_out = spec.history, set()
    for route in spec.population.routes:
        if isinstance(route.when, StateRoute):
            routed_out |= set(route.when.state)
    routed = select_cohort(spec, cases, index).routed
    routed = routed["case_id"][routed["route"] != "already_over"]
    by_state = [state in routed_out for state in seen]
    assert cases["case_id"].isin(routed).tolist() == by_state
    levels = np.array(list_state_levels(history))
    estimate_recent_shift = {
        code: next(
            (
                n
                for n, g in history.groups.items()
                if code in g.code_groups and n in levels
            ),
            "none",
        )
        for code in TABLE.groups
    }
    features = build_features(spec, cases, index)["state_at_decision"]
    assert levels[features.astype(int)].tolist() == [
        estimate_recent_shift[s] for s in seen
    ]
    at_once = Horizon(weeks=1, at_least_weeks=1)
    later = date(2024, 6, 5) + timedelta(weeks=52)
    outcomes = derive_outcomes(spec, cases, index, extract_date=later, horizon=at_once)
    assert outcomes["end_group"].tolist() == seen.tolist()


def test_self_support_is_the_state_only_where_it_is_alone_the_same_as_no_row():
    table = pd.DataFrame([case("a", "p1", "2024-05-01", T0)])
    past = spells(
        ("p1", "sick", "2024-01-01", None), ("p1", "work", "2024-04-01", None)
    )
    assert "work" in SPEC.history.self_support
    assert states(table, past).tolist() == ["sick"]
    assert states(table, past.iloc[1:]).tolist() == ["work"]
