"""Who may be drawn tonight: extra cases just below the line, and no other."""

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from riskscreen.arrivals import name_units
from riskscreen.experiment.night import draw_new, find_candidates, find_past
from riskscreen.policy import Places, Policy, set_thresholds
from tests.experiment.plans import lot, steps
from tests.experiment.policies import ARRIVALS
from tests.small_site import specification

DAY = date(2024, 3, 4)
BASE = 0.3
POLICY = set_thresholds(ARRIVALS, Places("site", 8.0), base_risk=BASE)


def score(n=600, **changes):
    """Scores of *n* cases, proposed by POLICY."""
    rng = np.random.default_rng(2)
    table = pd.DataFrame(
        {
            "case_id": [f"case-{i:05d}" for i in range(n)],
            "municipality": rng.choice(["Nord", "Syd"], n),
            "team": rng.choice(["A", "B"], n),
            "decision_date": pd.Timestamp("2024-02-01"),
            "risk": rng.uniform(0.02, 0.98, n),
            "threshold": POLICY.threshold,
            "abstained": False,
            "landmark_week": np.nan,
        }
    )
    proposed = POLICY.propose(table["risk"], name_units(table.municipality, table.team))
    return table.assign(proposed=proposed.proposed, **changes)


def find(plan, policy, table):
    units = name_units(table["municipality"], table["team"])
    return set(table["case_id"][find_candidates(plan, policy, table, units)])


def test_candidates_lie_just_below_the_line_and_above_the_base_risk():
    table = score()
    chosen = table[table["case_id"].isin(find(lot(), POLICY, table))]
    assert len(chosen) > 20
    assert chosen["risk"].max() < POLICY.threshold
    assert not chosen["proposed"].any()
    below = table[~table["proposed"] & ~table["case_id"].isin(chosen["case_id"])]
    assert below["risk"].max() < chosen["risk"].min()


def test_nobody_at_or_below_the_base_risk_is_drawn_however_many_places_there_are():
    table = score()
    chosen = find(lot(extra_per_week=1000.0), POLICY, table)
    risk = table.set_index("case_id")["risk"]
    assert risk[sorted(chosen)].min() > BASE
    between = table[(table["risk"] > BASE) & ~table["proposed"]]
    assert chosen == set(between["case_id"])


@pytest.mark.parametrize(
    "changes",
    [
        {"abstained": True},
        {"threshold": np.nan},
        {"landmark_week": 13.0},
        {"decision_date": pd.Timestamp("2023-12-31")},
        {"decision_date": pd.NaT},
        {"risk": np.nan},
        {"proposed": True},
    ],
)
def test_these_cases_are_never_drawn(changes):
    whole = score()
    one = sorted(find(lot(), POLICY, whole))[0]
    (name, value), here = next(iter(changes.items())), whole["case_id"] == one
    table = whole.copy()
    table.loc[here, name] = value
    assert find(lot(), POLICY, whole) - find(lot(), POLICY, table) == {one}


def test_without_places_nobody_is_drawn():
    assert find(lot(), Policy(BASE), score()) == set()
    assert find(lot(), replace(POLICY, arrivals=None), score()) == set()


@pytest.mark.slow
def test_order_of_rows_parts_and_a_case_alone_change_no_draw():
    table, plan = score(), lot()
    whole = draw_new(plan, POLICY, table, day=DAY)
    assert 0.2 < np.mean([of.drawn for of in whole]) < 0.8
    assert draw_new(plan, POLICY, table[::-1], day=DAY) == whole
    parts = [
        of
        for first in range(0, len(table), 7)
        for of in draw_new(plan, POLICY, table[first : first + 7], day=DAY)
    ]
    assert tuple(sorted(parts, key=lambda of: of.case_id)) == whole
    known = {of.case_id: of for of in whole}
    for n in range(50):
        alone = draw_new(plan, POLICY, table[n : n + 1], day=DAY)
        case = table["case_id"][n]
        assert alone == ((known[case],) if case in known else ())


def test_who_has_help_or_was_drawn_or_taken_off_is_left_out_and_moves_nobody():
    table = score()
    whole = draw_new(lot(), POLICY, table, day=DAY)
    without = {of.case_id for of in whole[:5]}
    assert draw_new(lot(), POLICY, table, without=without, day=DAY) == whole[5:]


def test_a_citizen_has_one_draw_and_none_beside_a_proposal_help_or_an_earlier_draw():
    table = score()
    whole = draw_new(lot(), POLICY, table, day=DAY)
    first, second = whole[0].case_id, whole[1].case_id
    proposed = table["case_id"][table["proposed"]].iloc[0]

    def find_left(persons, table=table, **changes):
        draws = draw_new(lot(), POLICY, table, persons=persons, day=DAY, **changes)
        assert set(draws) <= set(whole)
        return {of.case_id for of in whole} - {of.case_id for of in draws}

    assert find_left({first: "p", second: None}) == set()
    # Of several cases the latest is drawn, in any order of rows; of one day the last.
    both = {first: "p", second: "p"}
    assert find_left(both) == find_left(both, table[::-1]) == {first}
    later = table.assign(
        decision_date=table["decision_date"].where(
            table["case_id"] != first, pd.Timestamp("2024-02-02")
        )
    )
    assert find_left(both, later) == {second}
    assert find_left({first: "p", proposed: "p"}) == {first}
    # A case that is no longer delivered was drawn, or has help.
    assert find_left({first: "p", "gone": "p"}, apart={"gone"}) == {first}


def test_a_case_is_past_when_its_horizon_lies_before_the_night():
    outcome = specification().outcome
    clock = pd.Series([DAY, DAY - timedelta(days=1), None])
    clock = pd.to_datetime(clock) - pd.Timedelta(weeks=outcome.horizon_weeks)
    table = pd.DataFrame({"case_id": ["on it", "past", "?"], outcome.clock: clock})
    assert find_past(table, outcome, DAY) == {"past"}


def test_in_steps_a_team_outside_the_plan_is_left_alone():
    table = score()
    plan = steps(teams=["Nord/A", "Nord/B", "Syd/A", "X", "Y"])
    draws = draw_new(plan, POLICY, table, day=DAY)
    assert {of.unit for of in draws} == {"Nord/A", "Nord/B", "Syd/A"}
    assert not any(
        of.drawn for of in draw_new(plan, POLICY, table, day=plan.start_date)
    )
