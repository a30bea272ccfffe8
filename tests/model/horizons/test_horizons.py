import json
from functools import cache

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskscreen.model.calibration import to_risk
from riskscreen.model.calibration_fit import fit_calibration
from riskscreen.model.horizons import count_elapsed_weeks, horizons_from_json
from riskscreen.model.horizons.aalen_johansen import estimate_aalen_johansen
from riskscreen.model.horizons.fit import fit_horizons
from riskscreen.model.horizons.multistate import (
    MAX_STEP_WEEKS,
    Horizons,
    Transition,
    build_week_grid,
    steps,
)
from riskscreen.model.stored_horizons import HorizonsRecord
from riskscreen.outcomes import LEVELS, derive_outcomes, derive_states_by_week
from riskscreen.spec import Horizon
from tests.draws import draws
from tests.histories import hide_spells
from tests.model.horizons.made_up_courses import courses, day_of, still_in, weeks_in

SPEC = still_in()
EVERYTHING = day_of(400)
"""A day on which every horizon of every case is known."""
N = 3000


@cache
def made():
    return courses(N)


@cache
def log_odds_of(rule="still_in"):
    """A calibrated primary log-odds, of the made-up cases."""
    spec = SPEC if rule == "still_in" else weeks_in()
    cases, index, drive = made()
    found = derive_outcomes(spec, cases, index, extract_date=EVERYTHING)["outcome"]
    return fit_calibration(drive, (found == "long").to_numpy()).apply(drive)


@cache
def family_of(week=400, rule="still_in"):
    """The family as of a week, by the cases decided before it."""
    spec = SPEC if rule == "still_in" else weeks_in()
    cases, index, _ = made()
    before = (cases["decision_date"] < pd.Timestamp(day_of(week))).to_numpy()
    return fit_horizons(
        spec,
        cases[before].reset_index(drop=True),
        index,
        log_odds_of(rule)[before],
        known_by=day_of(week),
    )


def known_share(spec, weeks, who, *, horizon=None):
    """Share long of all, leavers among them, with everything known."""
    cases, index, _ = made()
    horizon = horizon or Horizon(weeks=weeks)
    found = derive_outcomes(
        spec, cases, index, extract_date=EVERYTHING, horizon=horizon
    )["outcome"][who]
    return (found == "long").mean()


@pytest.mark.slow
def test_the_family_says_what_becomes_of_the_cases_when_all_is_known():
    cases, _, _ = made()
    elapsed, log_odds = count_elapsed_weeks(SPEC, cases), log_odds_of()
    for weeks, risk in family_of().risks(log_odds, elapsed).items():
        assert risk.mean() == pytest.approx(
            known_share(SPEC, weeks, elapsed < weeks), abs=0.02
        )


@pytest.mark.slow
@pytest.mark.parametrize("weeks", [8, 13, 52])
def test_by_fifths_of_the_risk_it_is_as_right_as_on_the_whole(weeks):
    cases, _, _ = made()
    risk = family_of().risks(log_odds_of(), count_elapsed_weeks(SPEC, cases))[weeks]
    fifth = pd.qcut(risk, 5, labels=False)
    for part in range(5):
        who = fifth == part
        assert risk[who].mean() == pytest.approx(
            known_share(SPEC, weeks, who), abs=0.07
        )


@pytest.mark.slow
def test_hiding_the_newest_outcomes_leaves_the_risks_within_sampling_error():
    cases, _, _ = made()
    log_odds, elapsed = log_odds_of(), count_elapsed_weeks(SPEC, cases)
    early, late = family_of(week=200), family_of(week=400)
    assert early.still_open > 150
    for weeks in (8, 13, 52):
        hidden = early.risks(log_odds, elapsed)[weeks].mean()
        told = late.risks(log_odds, elapsed)[weeks].mean()
        error = np.sqrt(told * (1 - told) / (N - early.still_open))
        assert abs(hidden - told) < 3 * error


@pytest.mark.slow
def test_dropping_the_open_cases_alone_would_have_read_them_as_short():
    cases, index, _ = made()
    spec, week, horizon = SPEC, 200, 52
    then = (cases["decision_date"] < pd.Timestamp(day_of(week))).to_numpy()
    recent = then & (cases["decision_date"] >= pd.Timestamp(day_of(week - 60)))
    truth = known_share(spec, horizon, recent)
    part = cases[recent].reset_index(drop=True)
    grid = build_week_grid(spec)
    states = derive_states_by_week(
        spec, part, index, extract_date=day_of(week), weeks=grid
    )
    at = grid.index(horizon)
    # Whoever was seen to end counts as short, whoever is still open is dropped.
    ended = (states == LEVELS.index("not long")).any(axis=1)
    long = states[:, at] == LEVELS.index("long")
    naive = long.sum() / (long | ended).sum()
    family = family_of(week=week)
    ours = family.risks(log_odds_of()[recent], count_elapsed_weeks(spec, part))[horizon]
    assert naive < truth - 0.05
    assert ours.mean() == pytest.approx(truth, abs=0.04)


def test_an_open_case_is_at_risk_up_to_its_last_known_week_and_never_short():
    cases, index, _ = made()
    grid = build_week_grid(SPEC)
    whole = derive_states_by_week(
        SPEC, cases, index, extract_date=EVERYTHING, weeks=grid
    )
    early = derive_states_by_week(
        SPEC, cases, index, extract_date=day_of(180), weeks=grid
    )
    unknown = early == LEVELS.index("censored")
    assert 0 < unknown.mean() < 1
    assert np.array_equal(early[~unknown], whole[~unknown])
    # Once unknown, unknown from then on.
    assert (np.diff(unknown.astype(int), axis=1) >= 0).all()


@pytest.mark.slow
@settings(max_examples=draws(60))
@given(
    st.lists(st.floats(-9, 9), min_size=2, max_size=8).map(sorted),
    st.integers(0, 30),
    st.sampled_from([150, 200, 400]),
)
def test_risks_fall_with_the_horizon_and_rise_with_the_primary_risk(drawn, at, week):
    family = family_of(week=week)
    log_odds = np.array(drawn)
    elapsed = np.full(len(log_odds), at)
    risks = family.risks(log_odds, elapsed) | {26: to_risk(log_odds)}
    ordered = np.array([risks[w] for w in sorted(risks) if w > at])
    assert np.isfinite(ordered).all()
    assert (np.diff(ordered, axis=0) <= 0).all()
    assert (np.diff(ordered, axis=1) >= -1e-12).all()
    assert ((ordered >= 0) & (ordered <= 1)).all()


@pytest.mark.slow
@settings(max_examples=draws(40))
@given(
    st.lists(st.floats(-9, 9), min_size=1, max_size=6),
    st.integers(0, 30),
    st.sampled_from(["still_in", "weeks_in"]),
)
def test_the_three_shares_sum_to_one_and_nobody_comes_back_from_leaving(
    drawn, at, rule
):
    family, log_odds = family_of(rule=rule), np.array(drawn)
    shares = family.shares(log_odds, np.full(len(log_odds), at))
    ahead = [shares[w] for w in sorted(shares) if w > at]
    for one in ahead:
        np.testing.assert_allclose(one.long + one.not_long + one.left, 1.0, atol=1e-9)
        assert (np.minimum(one.not_long, one.left) >= 0).all()
    if at < 26:
        assert np.array_equal(shares[26].long, to_risk(log_odds))
    if rule == "still_in":
        left = np.array([one.left for one in ahead])
        assert (np.diff(left, axis=0) >= 0).all()


def test_a_horizon_that_had_passed_at_t0_is_blank_and_the_others_are_not():
    elapsed = np.array([0, 7, 8, 13, 25])
    risks = family_of().risks(np.zeros(5), elapsed)
    assert np.isnan(risks[8]).tolist() == [False, False, True, True, True]
    assert np.isnan(risks[13]).tolist() == [False, False, False, True, True]
    assert np.isfinite(risks[52]).all()
    shares = family_of().shares(np.zeros(5), elapsed)
    for part in (shares[8].long, shares[8].not_long, shares[8].left):
        assert np.isnan(part).tolist() == np.isnan(risks[8]).tolist()
    assert np.isfinite(shares[26].left).all()


def test_the_longer_a_case_has_lasted_the_less_of_the_first_steps_lies_ahead():
    risks = family_of().risks(np.zeros(3), np.array([0, 4, 7]))
    assert (np.diff(risks[8]) > 0).all()


@pytest.mark.slow
@pytest.mark.parametrize("week", [200, 400])
def test_the_left_curve_agrees_with_aalen_johansen(week):
    cases, index, _ = made()
    before = (cases["decision_date"] < pd.Timestamp(day_of(week))).to_numpy()
    cases = cases[before].reset_index(drop=True)
    grid, elapsed = build_week_grid(SPEC), count_elapsed_weeks(SPEC, cases)
    states = derive_states_by_week(
        SPEC, cases, index, extract_date=day_of(week), weeks=grid
    )
    curves = estimate_aalen_johansen(states, elapsed, grid)
    found = family_of(week=week).shares(log_odds_of()[before], elapsed)
    for weeks in (26, 52):
        inside, outside, left = curves.at(weeks)
        error = np.sqrt(left / len(cases))
        assert found[weeks].left.mean() == pytest.approx(left, abs=3 * error)
        assert found[weeks].long.mean() == pytest.approx(inside, abs=0.03)
        assert found[weeks].not_long.mean() == pytest.approx(outside, abs=0.03)
    assert (np.diff(curves.left) >= 0).all()


def test_aalen_johansen_of_fully_known_cases_is_counting():
    cases, index, _ = made()
    grid, elapsed = build_week_grid(SPEC), count_elapsed_weeks(SPEC, cases)
    states = derive_states_by_week(
        SPEC, cases, index, extract_date=EVERYTHING, weeks=grid
    )
    curves = estimate_aalen_johansen(states, elapsed, grid)
    for level, curve in (
        ("long", curves.inside),
        ("not long", curves.outside),
        ("competing event", curves.left),
    ):
        counted = (states == LEVELS.index(level)).sum(axis=0)
        np.testing.assert_allclose(curve, counted)
    early = estimate_aalen_johansen(states[:10], elapsed[:10], grid)
    assert np.isnan(early.inside).all()


@pytest.mark.slow
def test_windows_of_weeks_have_a_line_each_and_their_own_left_curve():
    family = family_of(rule="weeks_in")
    assert family.counts_weeks
    cases, _, _ = made()
    log_odds = log_odds_of("weeks_in")
    risk = family.risks(log_odds, count_elapsed_weeks(weeks_in(), cases))[52]
    horizon = Horizon(weeks=52, at_least_weeks=26)
    everyone = np.ones(len(cases), dtype=bool)
    share = known_share(weeks_in(), 52, everyone, horizon=horizon)
    assert risk.mean() == pytest.approx(share, abs=0.005)
    order = np.argsort(log_odds)
    assert (np.diff(risk[order]) >= 0).all()
    shares = family.shares(log_odds, np.zeros(len(cases), dtype=int))
    gone = derive_outcomes(
        weeks_in(), cases, made()[1], extract_date=EVERYTHING, horizon=horizon
    )["outcome"]
    left = (gone == "competing event").mean()
    assert shares[52].left.mean() == pytest.approx(left, abs=0.01)
    assert 0 < shares[26].left.mean() < shares[52].left.mean() < 0.2


@pytest.mark.slow
@pytest.mark.parametrize("rule", ["still_in", "weeks_in"])
def test_a_stored_family_is_the_same_to_the_last_bit(rule):
    family = family_of(rule=rule)
    again = horizons_from_json(json.loads(json.dumps(family.to_json())))
    assert again == family
    drawn = np.random.default_rng(1).normal(0, 2, 40)
    elapsed = np.arange(40) % 20
    for weeks, risk in family.risks(drawn, elapsed).items():
        assert np.array_equal(again.risks(drawn, elapsed)[weeks], risk, equal_nan=True)
    assert horizons_from_json(None) is None


def test_a_case_alone_has_the_risks_it_has_among_others():
    family = family_of()
    drawn, elapsed = np.random.default_rng(2).normal(0, 2, 33), np.arange(33) % 12
    together = family.risks(drawn, elapsed)
    for at in range(33):
        alone = family.risks(drawn[[at]], elapsed[[at]])
        for weeks, risk in together.items():
            np.testing.assert_allclose(alone[weeks][0], risk[at], rtol=0, atol=1e-14)


@pytest.mark.slow
def test_nothing_that_never_happens_runs_off():
    cases, index, _ = made()
    living = hide_spells(index, index.group == index.groups.index("dead"))
    family = fit_horizons(SPEC, cases, living, log_odds_of(), known_by=EVERYTHING)
    shares = family.shares(np.array([-8.0, 0.0, 8.0]), np.zeros(3, dtype=int))[52]
    assert (shares.left < 0.01).all()


def test_too_few_cases_and_ready_outcomes_have_no_family():
    cases, index, _ = made()
    few = cases.iloc[:100]
    assert (
        fit_horizons(SPEC, few, index, log_odds_of()[:100], known_by=EVERYTHING) is None
    )
    ready = SPEC.outcome.model_copy(update={"rule": "ready"})
    spec = SPEC.model_copy(update={"outcome": ready})
    assert fit_horizons(spec, cases, index, log_odds_of(), known_by=EVERYTHING) is None


def test_every_horizon_is_on_the_grid_and_no_later_step_is_long():
    grid = build_week_grid(SPEC)
    assert {8, 13, 26, 52} <= set(grid)
    assert all(end - begin <= MAX_STEP_WEEKS for begin, end in steps(grid)[1:])
    assert list(grid) == sorted(set(grid))


def test_who_leaves_more_often_when_iller_does_so_where_no_other_risk_rises():
    """The further risks stop at a point; who has left goes on with the log-odds."""
    moves = {
        "leave": Transition((-3.0, -3.0), (1.4, 1.2)),
        "leave_outside": Transition((-3.5, -3.5), (1.0, 1.0)),
        "out": Transition((-2.0, -2.0), (-0.5, -0.5)),
        "back": Transition((-5.0, -5.0), (0.5, 0.5)),
    }
    family = Horizons(26, (52,), (26, 52), moves, {}, (-1.5, -1.5), (-3.0, 1.0))
    shares = family.shares(np.array([-4.0, -3.0, -2.0, -1.0, 1.0]), np.zeros(5, int))
    for weeks in (26, 52):
        apart = shares[weeks].left / (shares[weeks].left + shares[weeks].not_long)
        assert (np.diff(apart[1:]) > 0.01).all()
        assert apart[0] == pytest.approx(apart[1])  # beyond the range: as at its end
    HorizonsRecord.model_validate(json.loads(json.dumps(family.to_json())))


WRITTEN_OUT = Horizons(
    primary=26,
    further=(8,),
    grid=(8, 14, 20, 26),
    transitions={
        "leave": Transition((-7.0, -6.8, -6.5, -6.1), (0.2, 0.1, 0.1, 0.0)),
        "leave_outside": Transition((-8.0, -8.0, -7.9, -7.5), (0.0, 0.1, 0.1, 0.1)),
        "out": Transition((-3.1, -2.9, -3.0, -3.3), (-0.6, -0.5, -0.5, -0.4)),
        "back": Transition((-5.0, -4.9, -5.1, -5.2), (0.4, 0.4, 0.3, 0.3)),
    },
    lines={},
    clip_range=(-2.0, 2.0),
)
LOG_ODDS = np.array([-2.5, -1.0, -0.2, 0.7, 2.2])


def plain_inside(log_odds, begins):
    """P(in at the primary horizon), step by step from the week it *begins* in."""
    driven = min(max(log_odds, WRITTEN_OUT.clip_range[0]), WRITTEN_OUT.clip_range[1])
    inside, outside, ends = 1.0, 0.0, [0, *WRITTEN_OUT.grid]
    for step in range(4):
        weeks = ends[step + 1] - max(begins, ends[step])
        if weeks <= 0:
            continue
        chance = {}
        for name, move in WRITTEN_OUT.transitions.items():
            exponent = (
                move.baseline[step] + np.log(weeks) + move.coefficient[step] * driven
            )
            chance[name] = 1 / (1 + np.exp(-exponent))
        stays = inside * (1 - chance["leave"])
        stays_out = outside * (1 - chance["leave_outside"])
        inside = stays * (1 - chance["out"]) + stays_out * chance["back"]
        outside = stays * chance["out"] + stays_out * (1 - chance["back"])
    return inside


@pytest.mark.parametrize("week", [3, 8, 11, 20, 25])
def test_the_risk_of_who_is_still_in_is_that_of_the_same_steps_begun_there(week):
    found = WRITTEN_OUT.risk_still_in(LOG_ODDS, np.full(5, 2), np.full(5, week))
    for risk, own in zip(found, LOG_ODDS, strict=True):
        then, now = plain_inside(own, 2), plain_inside(own, week)
        log_odds = own + np.log(now / (1 - now)) - np.log(then / (1 - then))
        assert risk == pytest.approx(1 / (1 + np.exp(-log_odds)), abs=1e-12)


def test_while_nothing_newer_is_known_it_is_the_shown_risk_to_the_last_bit():
    elapsed, known = np.array([0, 0, 3, 9, 9]), np.array([0, 0, 3, 9, 4])
    found = WRITTEN_OUT.risk_still_in(LOG_ODDS, elapsed, known)
    np.testing.assert_array_equal(found, to_risk(LOG_ODDS))


def test_it_rises_with_each_week_that_a_case_stays_in_and_with_its_log_odds():
    family, log_odds = family_of(), np.linspace(-4, 4, 33)
    by_week = np.array(
        [
            family.risk_still_in(log_odds, np.zeros(33, int), np.full(33, week))
            for week in range(26)
        ]
    )
    assert (np.diff(by_week, axis=0) > 0).all()
    assert (np.diff(by_week, axis=1) > 0).all()
    assert (by_week < 1).all()


def test_whoever_is_in_at_a_later_week_is_in_out_or_left_at_the_horizon():
    at = family_of().state_probabilities(
        LOG_ODDS, np.full(5, 17), within=family_of().seen_range
    )
    whole = at.inside[-1] + at.outside[-1] + at.left[-1]
    np.testing.assert_allclose(whole, 1.0, atol=1e-12)


def test_it_is_missing_from_the_horizon_on_and_where_weeks_are_counted():
    two = np.zeros(2, int)
    found = WRITTEN_OUT.risk_still_in(LOG_ODDS[:2], two, np.array([26, 30]))
    assert np.isnan(found).all()
    counted = family_of(rule="weeks_in").risk_still_in(LOG_ODDS[:2], two, two + 5)
    assert np.isnan(counted).all()


@pytest.mark.slow
@pytest.mark.parametrize("week", [8, 13, 20])
def test_among_who_is_still_in_its_mean_is_the_share_that_becomes_long(week):
    cases, index, _ = made()
    elapsed, log_odds = count_elapsed_weeks(SPEC, cases), log_odds_of()
    horizons = [week, 26]
    states = derive_states_by_week(
        SPEC, cases, index, extract_date=EVERYTHING, weeks=horizons
    )
    still = states[:, 0] == LEVELS.index("long")
    share = (states[still, 1] == LEVELS.index("long")).mean()
    risk = family_of().risk_still_in(
        log_odds[still], elapsed[still], np.full(still.sum(), week)
    )
    assert risk.mean() == pytest.approx(share, abs=0.02)
    assert to_risk(log_odds[still]).mean() < share - 0.05
