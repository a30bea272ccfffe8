"""The true risk agrees with the course simulated, and with the stated directions."""

from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from riskscreen.spec import read_specification
from riskscreen_synthetic import read_parameters
from riskscreen_synthetic.absence_cases import plan_absence
from riskscreen_synthetic.benefit_cases import plan_benefit
from riskscreen_synthetic.hazards import (
    compute_gauss_rule,
    draw_first_exit,
    draw_leaving_delay,
)
from riskscreen_synthetic.models import build_absence_course, build_benefit_course
from riskscreen_synthetic.outcomes import (
    define_long_jobless,
    define_still_absent,
    define_still_waiting,
)
from riskscreen_synthetic.registration import draw_noise
from riskscreen_synthetic.streams import synthesise_stream
from riskscreen_synthetic.truth import compute_true_risk

MODELS = Path(__file__).parents[2] / "models"
SHAPES = {
    "default": read_parameters(),
    "dependent": read_parameters("dependent", leaving_odds=3.6),
}
KINDS = {
    "absence": (build_absence_course, plan_absence),
    "benefit": (build_benefit_course, plan_benefit),
}
OUTCOMES = {
    "long_absence": ("absence", define_still_absent),
    "long_unemployment": ("absence", define_long_jobless),
    "long_benefit": ("benefit", define_still_waiting),
}


@cache
def made(kind, shape="default"):
    parameters, random = SHAPES[shape], np.random.default_rng(11)
    build, plan = KINDS[kind]
    course = build(parameters)
    cases = synthesise_stream(
        random, parameters, plan(parameters, course), cases=1500, years=12
    ).cases
    return course, cases


def truth_of(target, cases, *, shape="default", hidden=None, draws=2):
    kind, outcome = OUTCOMES[target]
    course, _ = made(kind, shape)
    nothing = {name: np.zeros(len(cases), dtype=bool) for name in cases.drawn}
    return compute_true_risk(
        np.random.default_rng(0),
        course,
        outcome(SHAPES[shape][kind]),
        cases,
        hidden=hidden or nothing,
        draws=draws,
    )


def with_column(cases, name, values):
    return replace(cases, drawn={**cases.drawn, name: values})


def raised(values):
    if values.dtype == np.bool_:
        return np.zeros_like(values), np.ones_like(values)
    return values, values + np.maximum(1, values // 2).astype(values.dtype)


@pytest.mark.parametrize("target", OUTCOMES)
def test_raising_a_column_moves_the_true_risk_as_the_specification_says(target):
    spec = read_specification(MODELS / f"{target}.toml")
    _, cases = made(OUTCOMES[target][0])
    judged = 0
    for name, column in spec.columns.items():
        if column.monotone is None or name not in cases.drawn:
            continue
        low, high = raised(cases.drawn[name])
        change = (
            truth_of(target, with_column(cases, name, high)).risk
            - truth_of(target, with_column(cases, name, low)).risk
        )
        change = change if column.monotone == "increasing" else -change
        assert change.mean() > 0, name
        assert (change < -1e-3).mean() < 0.02, name
        judged += 1
    assert judged >= 6


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("target", ["long_absence", "long_benefit"])
def test_the_latent_risk_is_the_share_of_simulated_courses_that_are_long(target, shape):
    """Exits and leaving drawn week by week, noise added; who comes back left aside."""
    kind, _ = OUTCOMES[target]
    course, cases = made(kind, shape)
    random, horizon = np.random.default_rng(5), 26 if kind == "absence" else 52
    given = course.predict(cases.known, cases.drawn, cases.clock.regime)
    long, rounds = np.zeros(len(cases)), 400
    for _ in range(rounds):
        weeks, _ = draw_first_exit(
            random, given, cases.frailty, cases.clock.elapsed, course.pace
        )
        weeks = (
            weeks
            + cases.clock.elapsed
            + draw_noise(random, len(cases), SHAPES[shape][kind]["noise"])
        )
        away = cases.clock.elapsed + draw_leaving_delay(random, given, cases.frailty)
        long += (weeks > horizon) & (away > horizon)
    latent = truth_of(target, cases, shape=shape).latent
    share = long / rounds
    # Whoever comes back after an exit makes the true risk somewhat higher.
    assert np.abs(latent - share).mean() < 0.06
    assert (share - latent).max() < 5 * np.sqrt(0.25 / rounds)
    assert np.corrcoef(latent, share)[0, 1] > 0.99


def test_the_iller_leave_more_often_in_the_dependent_shape_alone():
    """The cases under 62 have one usual chance of it, whatever their end."""
    fifths = {}
    for shape in SHAPES:
        _, cases = made("absence", shape)
        truth = truth_of("long_absence", cases, shape=shape)
        young = (cases.known["age_at_intake"] < 62) & (cases.clock.elapsed == 4)
        order = np.argsort(truth.risk[young] / (1 - truth.left[young]))
        left = truth.left[young][order]
        fifths[shape] = [part.mean() for part in np.array_split(left, 5)]
    assert np.ptp(fifths["default"]) == pytest.approx(0.0, abs=1e-12)
    assert (np.diff(fifths["dependent"]) > 0.03).all()


def test_what_is_missing_costs_certainty_and_only_there():
    _, cases = made("absence")
    hidden = {name: np.zeros(len(cases), dtype=bool) for name in cases.drawn}
    hidden["own_return_view"] = np.arange(len(cases)) % 2 == 0
    truth = truth_of("long_absence", cases, hidden=hidden, draws=8)
    assert (truth.error[1::2] == 0).all()
    assert (truth.error[::2] > 0).mean() > 0.95
    assert truth.error.max() < 0.2


def test_a_hidden_value_does_not_reach_the_true_risk():
    _, cases = made("absence")
    name = "own_return_view"
    hidden = {n: np.zeros(len(cases), dtype=bool) for n in cases.drawn}
    hidden[name] = np.ones(len(cases), dtype=bool)
    other = with_column(cases, name, (cases.drawn[name] + 1) % 4)
    one, two = (truth_of("long_absence", c, hidden=hidden) for c in (cases, other))
    np.testing.assert_array_equal(one.risk, two.risk)


def test_the_gauss_rule_has_the_moments_of_its_distribution():
    points, weights = np.array([-1.0, 0.0, 2.0, 5.0]), np.array([0.4, 0.3, 0.2, 0.1])
    rule = compute_gauss_rule(points, weights, 3)
    for power in range(6):
        wanted = weights @ points**power
        assert rule.weights @ rule.nodes**power == pytest.approx(wanted)
