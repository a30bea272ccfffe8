from itertools import pairwise

import numpy as np
import pytest
from scipy.stats import poisson

from riskscreen.monitoring.bounds import CODES, split_level
from riskscreen.monitoring.e_process import (
    IN_LIFE,
    LARGE_STEPS,
    LIFE_MONTHS,
    Events,
    accumulate,
    compute_log_ratios,
    weigh_absence,
    weigh_beginnings,
    weigh_evidence,
    weigh_member,
)


def test_a_bet_is_the_likelihood_ratio_against_the_bound_written_out():
    events = Events.of_cases([1, 0, 1], [0.2, 0.5, 0.7], tolerance=0.05)
    found = compute_log_ratios(events)
    plain = []
    for sign in (1, -1):
        for step in LARGE_STEPS:
            total = 0.0
            for happened, expected in zip([1, 0, 1], [0.2, 0.5, 0.7], strict=True):
                bound = expected + sign * 0.05
                other = 1 / (1 + np.exp(-(np.log(bound / (1 - bound)) + sign * step)))
                one, two = (other, bound) if happened else (1 - other, 1 - bound)
                total += np.log(one / two)
            plain.append(total)
    assert found == pytest.approx(plain)


def test_many_cases_of_one_probability_are_the_same_one_by_one_or_as_a_share():
    one_by_one = Events.of_cases([1] * 7 + [0] * 13, [0.3] * 20, tolerance=0.01)
    assert compute_log_ratios(one_by_one) == pytest.approx(
        compute_log_ratios(Events.of_share(7, 20, 0.3, tolerance=0.01))
    )


@pytest.mark.parametrize("truth", [0.27, 0.3, 0.33])
def test_no_bet_wins_in_the_mean_while_the_truth_lies_within_the_tolerance(truth):
    """Summed over both outcomes, not drawn."""
    ratios = [
        np.exp(compute_log_ratios(Events.of_share(k, 1, 0.3, tolerance=0.03)))
        for k in (0, 1)
    ]
    assert (ratios[0] * (1 - truth) + ratios[1] * truth <= 1 + 1e-12).all()


def test_a_bound_beyond_none_or_all_is_not_bet_on():
    up_and_down = compute_log_ratios(Events.of_share(0, 50, 0.01, tolerance=0.02))
    assert (up_and_down[: len(LARGE_STEPS)] < 0).all()
    assert (up_and_down[len(LARGE_STEPS) :] == 0).all()


def test_the_wealth_is_the_mean_over_every_month_of_beginning_written_out():
    ratios = np.array([[0.5, -1.0], [2.0, -0.5], [-0.3, 0.4]])
    plain = []
    for month in range(3):
        total = 0.0
        for bet in range(2):
            begun = [ratios[first : month + 1, bet].sum() for first in range(month + 1)]
            total += np.exp(begun).sum() * 0.8 / 36 / 2
        plain.append(np.log(total + 1 - (month + 1) * 0.8 / 36))
    assert accumulate(ratios) == pytest.approx(plain)


def test_all_months_there_ever_are_share_in_one():
    parts = weigh_beginnings(100_000)
    assert parts[:LIFE_MONTHS].sum() == pytest.approx(0.8)
    assert 0.9999 < parts.sum() < 1
    assert (parts > 0).all()


@pytest.mark.slow
def test_over_a_whole_life_of_monthly_looks_false_alarms_stay_under_the_level():
    """60 lives of 60 months, the truth on the very bound: 5 % of them are 3."""
    draw, alarms = np.random.default_rng(3), 0
    names = [str(month) for month in range(60)]
    for _ in range(60):
        hits = draw.binomial(60, 0.32, 60)
        events = [Events.of_share(k, 60, 0.30, tolerance=0.02) for k in hits]
        found = weigh_evidence(names, {"all": weigh_member(events)}, level=0.05)
        alarms += found.alarm_from is not None
    assert alarms <= 3


@pytest.mark.slow
def test_all_figures_together_keep_the_level_that_they_share():
    """40 lives of 24 months with five figures of several members each."""
    draw, alarms = np.random.default_rng(4), 0
    names = [str(month) for month in range(24)]
    for _ in range(40):
        life = []
        for members in (1, 2, 4, 1, 3):
            expected = draw.uniform(0.05, 0.6, members)
            of = {
                str(m): weigh_member(
                    [
                        Events.of_share(k, 100, p)
                        for k in draw.binomial(100, p, len(names))
                    ]
                )
                for m, p in enumerate(expected)
            }
            life.append(weigh_evidence(names, of, level=0.05 / 5))
        alarms += any(figure.alarm_from for figure in life)
    assert alarms <= 2


def test_a_change_in_the_fortieth_month_is_found_within_three():
    draw = np.random.default_rng(5)
    quiet = [
        Events.of_share(draw.binomial(290, 0.3), 290, 0.3, tolerance=0.01)
        for _ in range(40)
    ]
    moved = [
        Events.of_share(draw.binomial(290, 0.42), 290, 0.3, tolerance=0.01)
        for _ in range(3)
    ]
    names = [str(month) for month in range(43)]
    found = weigh_evidence(names, {"a": weigh_member(quiet + moved)}, level=0.02)
    assert found.alarm_from in {"40", "41", "42"}
    assert found.strength >= 1


def test_an_alarm_stays_when_the_figure_is_quiet_again():
    loud = [Events.of_share(80, 100, 0.3)]
    quiet = [Events.of_share(30, 100, 0.3)] * 20
    names = [str(month) for month in range(21)]
    found = weigh_evidence(names, {"a": weigh_member(loud + quiet)}, level=0.01)
    assert found.alarm_from == "0"
    assert found.log_wealth[-1] < found.log_wealth[0]


def test_members_are_weighed_and_a_month_without_events_changes_nothing():
    loud = weigh_member([Events.of_share(80, 100, 0.3), None])
    none = weigh_member([None, None])
    found = weigh_evidence(
        ["1", "2"],
        {"a": loud, "b": none},
        level=0.01,
        weights={"a": 3.0, "b": 1.0},
    )
    alone = weigh_evidence(["1", "2"], {"a": loud}, level=0.01)
    expected = np.log(0.75 * np.exp(alone.log_wealth) + 0.25)
    assert found.log_wealth == pytest.approx(expected)
    assert all(later <= before + 1e-9 for before, later in pairwise(found.log_wealth))


def test_a_figure_without_months_or_members_has_no_evidence():
    assert weigh_evidence([], {}, level=0.01).strength == 0
    found = weigh_evidence(["1"], {}, level=0.01)
    assert (found.alarm_from, found.log_wealth) == (None, (0.0,))


def test_the_wealth_on_nobody_is_the_sum_over_all_beginnings_written_out():
    counts, sizes = np.array([2.0, 0, 0]), np.array([100.0, 80, 120])
    found = weigh_absence(counts, sizes, before=40, n=1000)
    part = 0.8 / 36
    second, both, third = 1 + 80 / 2000, 1 + 200 / 2000, 1 + 120 / 2000
    plain = [1 - part, 1 - 2 * part + part * second**40]
    plain.append(1 - 3 * part + part * both**40 + part * third**40)
    assert np.exp(found) == pytest.approx(plain)


def chance_of_a_run(length, *, months, each):
    """The chance that so many months in a row have nobody, where *each* may have."""
    by = np.zeros(months + 1)
    for t in range(length, months + 1):
        begun = 1.0 if t == length else (1 - each) * (1 - by[t - length - 1])
        by[t] = by[t - 1] + begun * each**length
    return by[-1]


@pytest.mark.parametrize(("mean", "size"), [(10, 200), (30, 60), (200, 8)])
def test_a_halved_benefit_is_called_gone_in_36_months_as_seldom_as_said(mean, size):
    """Summed over all that the reference may have drawn, whenever nobody comes."""
    n, level, ever = 1000, 0.001, 0.0
    nobody = np.exp(-mean / (2 * n) * size)
    for before in range(1, 2 * mean + 20):
        wealth = weigh_absence(np.zeros(36), np.full(36, size), before=before, n=n)
        due = int((wealth < -np.log(level)).sum()) + 1
        chance = chance_of_a_run(due, months=36, each=nobody)
        ever += poisson.pmf(before, mean) * chance
    assert 0.2 * level < ever <= IN_LIFE * level


def test_a_benefit_of_a_twentieth_that_nobody_has_more_is_found_within_two_months():
    """Of 290 cases a month, among a dozen benefits, at the level of their alarm."""
    counts, sizes = np.array([14.0] * 12 + [0, 0]), np.full(14, 290.0)
    gone = weigh_absence(counts, sizes, before=174, n=3480)
    one_of_twelve = gone - np.log(2 * 12)
    line = -np.log(split_level(CODES))
    assert (one_of_twelve[:13] < line).all()
    assert one_of_twelve[13] >= line
