from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from riskscreen.model.calibration import to_risk
from riskscreen.rules.reforms import Reform
from riskscreen.spec import Horizon
from riskscreen.training import train
from riskscreen.training.model_parts.recent import (
    PERSISTENCE,
    RecentShift,
    estimate_recent_shift,
    find_recent_cases,
    list_followed_horizons,
)
from tests.made_up import prepared_of, specification
from tests.training.studies.test_horizons import prepared

pytestmark = pytest.mark.slow

SLOWER_FROM = 118
"""In weeks of the made-up courses; the test begins in week 153."""


@pytest.fixture(scope="module")
def steady():
    return train(prepared())


@pytest.fixture(scope="module")
def slower():
    return train(prepared(slower_from=SLOWER_FROM))


def level(result):
    return RecentShift(**result.model.notes["recent_shift"])


def test_where_nothing_changed_the_level_stays(steady):
    assert abs(level(steady).shift) < 0.08


def test_longer_stays_of_late_raise_the_level(slower, steady):
    """Half the ways out are about 0.8 in log-odds; later cases had some of it too."""
    assert 0.05 < level(slower).shift < 0.4 * PERSISTENCE
    assert level(slower).shift > level(steady).shift + 0.05


def test_cases_still_open_speak_by_a_nearer_horizon(slower):
    found, split = level(slower), slower.split
    t0 = prepared().cases["decision_date"]
    newest = (t0 >= split.first_test - pd.Timedelta(weeks=52)) & (t0 < split.first_test)
    assert 50 < found.still_open < found.cases < newest.sum()


@pytest.mark.parametrize(
    ("others", "rule", "weeks"),
    [
        ((), "still_in", [21, 34]),
        ((8, 52), "still_in", [8, 34]),
        ((52,), "still_in", [21, 34]),
        ((), "ended_within", [34]),
    ],
)
def test_without_a_nearer_horizon_recent_cases_are_followed_halfway(
    others, rule, weeks
):
    outcome = prepared().spec.outcome.model_copy(
        update={
            "rule": rule,
            "horizon_weeks": 34,
            "other_horizons": tuple(Horizon(weeks=week) for week in others),
        }
    )
    spec = prepared().spec.model_copy(update={"outcome": outcome})
    followed = list_followed_horizons(spec, np.full(40, 9))
    assert [horizon.weeks for horizon in followed] == weeks


def test_the_level_of_the_newest_year_is_nearer_to_what_came_of_the_test(slower):
    """Cases of the test go on as slowly as the newest year did."""
    cases = prepared(slower_from=SLOWER_FROM)
    test = slower.test_cases
    shown = slower.model.score(cases.features.iloc[test.index.to_numpy()])
    before = to_risk(shown.log_odds - level(slower).shift).mean()
    happened = test["long"].mean()
    assert abs(shown.risk.mean() - happened) < abs(before - happened)


def test_a_level_moves_base_and_bands_and_leaves_every_reason(slower):
    cases, moved = prepared(slower_from=SLOWER_FROM), slower.model
    line = moved.calibration
    bare = replace(
        moved,
        calibration=replace(line, intercept=line.intercept - level(slower).shift),
    )
    now, then = moved.score(cases.features), bare.score(cases.features)
    assert np.array_equal(now.contributions, then.contributions)
    assert np.allclose(now.log_odds - then.log_odds, level(slower).shift)
    assert moved.policy.base_risk == moved.base_risk
    assert moved.base_risk > bare.base_risk


def recent_of(slower, cases):
    """The recent cases of a training, as they were before a level moved its risk."""
    chosen = slower.candidates["logistic"]
    line = chosen.model.calibration
    bare = replace(
        chosen.model,
        calibration=replace(line, intercept=line.intercept - level(slower).shift),
    )
    return find_recent_cases(bare, chosen.out_of_fold_risk, cases, slower.split)


def test_a_known_change_explains_what_half_a_shift_would_have(slower):
    """The year before the test lies after the change, and its cases know it."""
    cases = prepared(slower_from=SLOWER_FROM)
    recent, split = recent_of(slower, cases), slower.split
    first = split.first_test - pd.Timedelta(weeks=153 - SLOWER_FROM)
    told = (Reform(first.date(), "population:small_target", "en reform", "loven"),)
    found = estimate_recent_shift(recent, replace(cases, reforms=told), split)
    (change,) = found.changes
    assert change.state == "fitted"
    assert 0 < change.added <= change.step
    assert abs(found.shift) < level(slower).shift < found.total
    later = (replace(told[0], day=split.first_test.date()),)
    unseen = estimate_recent_shift(recent, replace(cases, reforms=later), split)
    assert (unseen.changes[0].state, unseen.total) == ("too young", unseen.shift)
    assert unseen.shift == level(slower).shift


def taken(recent, places):
    return replace(
        recent,
        cases=recent.cases.iloc[places].reset_index(drop=True),
        log_odds=recent.log_odds[places],
        labelled=recent.labelled[places],
    )


def test_few_cases_move_the_level_less(slower):
    """The same cases four times over lie as far off, and are believed more."""
    cases = prepared(slower_from=SLOWER_FROM)
    recent = recent_of(slower, cases)
    often = taken(recent, np.tile(np.arange(len(recent.cases)), 4))
    few, many = (estimate_recent_shift(r, cases, slower.split) for r in (recent, often))
    assert many.cases == pytest.approx(4 * few.cases, abs=10)  # rounded to fives
    assert 1.05 * few.shift < many.shift < 4 * few.shift


def test_newest_cases_too_few_to_be_nobodys_own_move_nothing(slower):
    cases = prepared(slower_from=SLOWER_FROM)
    recent = recent_of(slower, cases)
    first = slower.split.first_test - pd.Timedelta(weeks=52)
    newest = (recent.cases["decision_date"] >= first).to_numpy()
    some = np.append(np.flatnonzero(~newest), np.flatnonzero(newest)[:19])
    assert (
        estimate_recent_shift(taken(recent, some), cases, slower.split) == RecentShift()
    )


def test_a_count_of_one_to_four_people_is_not_told(slower):
    """Four of the newest year are still open at the primary horizon; then five."""
    cases = prepared(slower_from=SLOWER_FROM)
    recent, split = recent_of(slower, cases), slower.split
    t0 = recent.cases["decision_date"]
    newest = (t0 >= split.first_test - pd.Timedelta(weeks=52)).to_numpy()
    is_open = newest & (t0 >= split.first_test - pd.Timedelta(weeks=18)).to_numpy()
    is_open &= (t0 < split.first_test - pd.Timedelta(weeks=14)).to_numpy()
    settled = np.flatnonzero(~newest | recent.labelled)
    found = {
        n: estimate_recent_shift(
            taken(recent, np.append(settled, np.flatnonzero(is_open)[:n])), cases, split
        )
        for n in (4, 5)
    }
    assert (found[4].still_open, found[5].still_open) == (None, 5)
    assert "a nearer horizon" in found[4].words()


def test_outcomes_that_are_delivered_ready_have_no_nearer_horizon_to_speak_by(slower):
    cases, chosen = prepared(slower_from=SLOWER_FROM), slower.candidates["logistic"]
    outcome = cases.spec.outcome.model_copy(update={"rule": "ready"})
    ready = replace(cases, spec=cases.spec.model_copy(update={"outcome": outcome}))
    recent = find_recent_cases(
        chosen.model, chosen.out_of_fold_risk, ready, slower.split
    )
    assert estimate_recent_shift(recent, ready, slower.split) == RecentShift()


def test_without_dates_or_a_history_there_is_no_level(slower):
    ready = prepared_of(spec=specification(estimator={"candidates": ["logistic"]}))
    assert level(train(ready)) == RecentShift()
    assert estimate_recent_shift(None, ready, slower.split) == RecentShift()
    assert "no recent shift" in RecentShift().words()
