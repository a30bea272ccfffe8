"""A case's lot: by the plan's seed and the case's own key, and by nothing else."""

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from riskscreen.arrivals import name_units
from riskscreen.experiment.plan import (
    count_candidates,
    digest_plan,
    draw_number,
    find_period,
    is_drawn,
    order_teams,
)
from tests.experiment.plans import TEAMS, lot, steps

CASES = [f"case-{i:05d}" for i in range(4000)]
DAY = date(2024, 3, 4)


def test_a_lot_draws_its_share_and_the_same_cases_whenever_it_is_asked():
    plan = lot(share=0.3)
    drawn = [is_drawn(plan, case, "Nord/A", DAY) for case in CASES]
    assert np.mean(drawn) == pytest.approx(0.3, abs=0.02)
    later = DAY + timedelta(days=40)
    again = [is_drawn(plan, case, "Syd/B", later) for case in reversed(CASES)]
    assert again[::-1] == drawn


@pytest.mark.slow
def test_another_seed_and_another_target_draw_others():
    drawn = [draw_number(lot(), case) for case in CASES]
    for other in (lot(seed=8), lot(target="other_target")):
        numbers = [draw_number(other, case) for case in CASES]
        assert abs(np.corrcoef(drawn, numbers)[0, 1]) < 0.05


@pytest.mark.slow
def test_the_numbers_are_evenly_spread_over_0_to_1():
    numbers = np.array([draw_number(lot(), case) for case in CASES])
    counts = np.histogram(numbers, bins=10, range=(0, 1))[0]
    assert counts.sum() == len(CASES)
    assert ((counts - 400) ** 2 / 400).sum() < 27.9  # chi-squared, 9 df, p = .001


def test_in_steps_a_team_is_drawn_whole_from_its_step_on_and_never_before():
    plan = steps()
    order = order_teams(plan)
    assert sorted(order) == TEAMS
    for place, team in enumerate(order):
        begins = plan.start_date + timedelta(weeks=8 * (place + 1))
        before = begins - timedelta(days=1)
        (unit,) = name_units(pd.Series(["Nord"]), pd.Series([team]))
        assert not any(is_drawn(plan, case, unit, before) for case in CASES[:50])
        assert all(is_drawn(plan, case, unit, begins) for case in CASES[:50])
    assert not is_drawn(plan, CASES[0], "Nord/Team X", plan.end_date)
    assert find_period(plan, plan.end_date) == len(TEAMS)


def test_the_order_of_the_teams_is_drawn_by_the_seed_and_not_by_how_they_are_listed():
    orders = {tuple(order_teams(steps(seed=seed))) for seed in range(20)}
    assert len(orders) > 10
    assert order_teams(steps(teams=TEAMS[::-1])) == order_teams(steps())


def test_the_digest_is_of_every_word_of_the_plan():
    assert digest_plan(lot()) == digest_plan(lot())
    changed = (
        lot(seed=8),
        lot(information="Et andet brev"),
        lot(end_date=date(2025, 1, 7)),
    )
    assert len({digest_plan(plan) for plan in (lot(), *changed)}) == 4


def test_as_many_cases_are_looked_at_as_give_the_extra_places_by_lot():
    assert count_candidates(lot(extra_per_week=3.0, share=0.25)) == 12.0
    assert count_candidates(steps(extra_per_week=3.0)) == 3.0
