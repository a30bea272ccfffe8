from dataclasses import asdict
from datetime import date

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import minimize
from scipy.special import expit, logit

from riskscreen.rules.reforms import Reform
from riskscreen.training.model_parts.recent import PERSISTENCE, RecentShift, _fit_shift
from riskscreen.training.model_parts.reforms import (
    FEWEST_BESIDE,
    STEP_SD,
    describe_test_changes,
    judge_reform,
    judge_unfitted,
    list_changes,
    mark_after,
    update_changes,
)

STEP = 0.6


def reform(affects="population:small_target"):
    return Reform(date(2024, 3, 6), affects, "en reform", "loven")


def simulate(seed, *, n=4000, step=STEP, after=0.3):
    """Cases in the order they came, the last of them after a change."""
    random = np.random.default_rng(seed)
    expected = expit(random.normal(-0.8, 1.0, n))
    column = (np.arange(n) >= (1 - after) * n).astype(float)
    long = (random.random(n) < expit(logit(expected) + step * column)).astype(float)
    return expected, column, long


def test_a_change_holds_from_its_own_day_on():
    days = pd.Series(pd.to_datetime(["2024-03-05", "2024-03-06", "2024-03-07"]))
    assert mark_after(reform(), days).tolist() == [0.0, 1.0, 1.0]


@pytest.mark.parametrize(
    ("before", "after", "state"),
    [
        (FEWEST_BESIDE, FEWEST_BESIDE, "fitted"),
        (FEWEST_BESIDE, FEWEST_BESIDE - 1, "too young"),
        (FEWEST_BESIDE - 1, FEWEST_BESIDE, "older"),
        (0, 0, "too young"),
    ],
)
def test_a_step_is_fitted_where_both_outcomes_are_known_on_both_sides(
    before, after, state
):
    sides = np.repeat([0.0, 0.0, 1.0, 1.0], [before, 50, after, 50])
    long = np.repeat([1.0, 0.0, 1.0, 0.0], [before, 50, after, 50])
    assert judge_reform(sides, long) == state


def test_the_step_that_made_the_outcomes_is_found_and_the_shift_stays_small():
    found = []
    for seed in range(20):
        expected, after, long = simulate(seed)
        newest = (np.arange(len(long)) >= 0.6 * len(long)).astype(float)
        columns = np.column_stack([newest, after])
        found.append(_fit_shift(columns, expected, long, n=len(long)))
    shift, step = np.mean(found, axis=0)
    assert step == pytest.approx(STEP, abs=0.06)
    assert abs(shift) < 0.03


def test_shift_and_step_are_the_highest_posterior_together():
    """The oracle minimises the penalised loss; both priors are of the docstrings."""
    expected, after, long = simulate(3, n=600)
    newest = (np.arange(600) >= 300).astype(float)
    columns = np.column_stack([newest, after])

    def loss(at):
        log_odds = logit(expected) + columns @ at
        fit = np.logaddexp(0, log_odds) - long * log_odds
        return fit.sum() + (at[0] / 0.2) ** 2 / 2 + (at[1] / STEP_SD) ** 2 / 2

    best = minimize(loss, np.zeros(2), method="BFGS").x
    found = _fit_shift(columns, expected, long, n=10**9)
    assert found == pytest.approx(
        [PERSISTENCE * best[0], best[1]], abs=1e-3
    )  # three digits are kept


def test_few_cases_move_a_step_little():
    steps = []
    for n in (60, 4000):
        each = []
        for seed in range(30):
            expected, after, long = simulate(seed, n=n)
            columns = np.column_stack([np.zeros(n), after])
            each.append(_fit_shift(columns, expected, long, n=10**9)[1])
        steps.append(np.mean(each))
    assert 0 < steps[0] < 0.8 * STEP < steps[1]


def test_what_the_level_lacked_of_each_step_is_added_once():
    rule, own = reform("sygedagpenge"), reform()
    changes = list_changes((own, rule), {own: "fitted"}, {own: (0.5, 0.45)})
    shift = RecentShift(shift=-0.1, cases=400, changes=changes)
    assert [change.state for change in changes] == ["fitted", "rule"]
    assert shift.total == pytest.approx(0.35)
    notes = shift.to_notes()
    assert notes["recent_shift"] == {"shift": -0.1, "cases": 400, "still_open": 0}
    assert [change["added"] for change in notes["known_changes"]] == [0.45, 0.0]
    assert "+0.500 from that day on" in changes[0].words()
    # A change of a rule moves nothing; it stands on the card.
    assert list(shift.describe()) == [shift.words(), changes[0].words()]


def test_a_change_within_the_test_is_said_and_one_before_it_is_not():
    test = pd.DataFrame({"decision_date": pd.to_datetime(["2024-01-01", "2024-06-01"])})
    (words,) = describe_test_changes((reform(), reform("sygedagpenge")), test)
    assert "population:small_target, 2024-03-06." in words
    later = test + pd.Timedelta(weeks=10)
    assert describe_test_changes((reform(),), later) == ()
    assert describe_test_changes((reform(),), test.iloc[:0]) == ()
    assert describe_test_changes((reform(),), pd.DataFrame({"period": [1]})) == ()


@pytest.mark.parametrize(
    ("later", "state"), [(FEWEST_BESIDE, "older"), (FEWEST_BESIDE - 1, "too young")]
)
def test_a_recalibration_lets_a_change_grow_old_by_enough_outcomes_after_it(
    later, state
):
    own, said_since = reform(), reform("population:another")
    rule = reform("first_follow_up_talk")
    noted = list_changes((own, rule), {own: "too young"}, {})
    days = pd.Series(pd.to_datetime(["2024-03-06"] * 2 * later))
    long = np.repeat([1.0, 0.0], later)
    states = judge_unfitted((own, said_since, rule), days, long)
    found = update_changes([asdict(change) for change in noted], states)
    assert {change["affects"]: change["state"] for change in found} == {
        own.affects: state,
        said_since.affects: state,
        rule.affects: "rule",
    }


def test_a_recalibration_leaves_a_fitted_step_and_a_change_no_longer_listed():
    own, gone = reform(), reform("population:another")
    states = {own: "fitted", gone: "too young"}
    noted = list_changes((own, gone), states, {own: (0.5, 0.45)})
    before = [asdict(change) for change in noted]
    after = update_changes(before, {own: "older"})
    assert sorted(after, key=str) == sorted(before, key=str)
