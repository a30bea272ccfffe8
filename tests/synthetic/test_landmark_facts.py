"""Facts that come in the course: the truth counts them; a site without is as ever."""

from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd
import pytest

from riskscreen_synthetic import read_parameters, synthesise_site
from riskscreen_synthetic.hazards import draw_first_exit, draw_leaving_delay
from riskscreen_synthetic.landmark_facts import FACTS, build_onsets, list_fact_days
from riskscreen_synthetic.landmarks import compute_landmark_truth
from riskscreen_synthetic.registration import draw_noise
from riskscreen_synthetic.spells import OPEN
from tests.synthetic.test_truth import made

PARAMETERS = read_parameters()


def onsets_of(course, seed=2):
    return build_onsets(PARAMETERS, course.pace, seed=seed)


def with_facts(**onsets):
    """The absences of test_truth with facts of these onsets; the others never come."""
    course, cases = made("absence")
    course = replace(course, onsets=onsets_of(course))
    never = np.full(len(cases), OPEN)
    known = {f"onset_{fact}": never for fact in FACTS}
    known |= {f"onset_{f}": np.full(len(cases), week) for f, week in onsets.items()}
    return course, replace(cases, known=cases.known | known)


@cache
def truth_of(week=13, horizon=39, **onsets):
    course, cases = with_facts(**onsets)
    nothing = {name: np.zeros(len(cases), dtype=bool) for name in cases.drawn}
    table = compute_landmark_truth(
        PARAMETERS, "long_absence", course, cases, hidden=nothing, seed=1
    )
    chosen = (table["week"] == week) & (table["horizon"] == horizon)
    return table[chosen].set_index("case")


def test_every_way_is_weighed_by_what_is_known_of_it():
    course, cases = with_facts(partly_back=10)
    for seen in (None, 4, 10, OPEN):
        weights = course.onsets.weigh(cases.known, seen_through=seen)
        np.testing.assert_allclose(weights.sum(axis=1), 1.0, rtol=1e-12)
    assert (weights.max(axis=1) == 1.0).all()
    early = course.onsets.weigh(cases.known, seen_through=4)[0]
    # In week 4 partly_back has not come, so it comes in week 10, 18 or never.
    back = course.onsets.weeks[course.onsets.ways[:, 0]]
    assert early[back == 4].sum() == 0.0
    assert early[back == 10].sum() == pytest.approx((0.4 / 3) / (1 - 0.4 / 3))


@pytest.mark.slow
def test_a_fact_moves_the_truth_its_way_from_the_landmark_on_that_sees_it():
    none = truth_of()
    back, lost = truth_of(partly_back=10), truth_of(job_lost=10)
    assert (back["risk"] < none["risk"]).all()
    assert (lost["risk"] > none["risk"]).mean() > 0.9
    assert (none["risk"] - back["risk"]).mean() > 0.05
    later = truth_of(partly_back=18)
    np.testing.assert_array_equal(later["risk"], none["risk"])


@pytest.mark.slow
def test_the_null_fact_moves_nothing():
    null = truth_of(first_talk_held=4)
    np.testing.assert_array_equal(null["risk"], truth_of()["risk"])


@pytest.mark.slow
def test_the_truth_is_the_share_that_is_long_of_the_simulated_courses():
    course, cases = with_facts(partly_back=4)
    random, rounds = np.random.default_rng(5), 300
    given = course.predict(cases.known, cases.drawn, cases.clock.regime)
    table = truth_of(partly_back=4)
    elapsed, (through,) = cases.clock.elapsed, table["seen_through"].unique()
    # What is to come of the other fact is drawn; of this one it is known.
    way = course.onsets.weigh(cases.known, seen_through=13)[0]
    inside, long = np.zeros((2, len(cases)))
    for _ in range(rounds):
        pace = course.onsets.paces[random.choice(len(way), p=way)]
        weeks, _ = draw_first_exit(random, given, cases.frailty, elapsed, pace)
        noise = draw_noise(random, len(cases), PARAMETERS["absence"]["noise"])
        ends = np.maximum(weeks + elapsed + noise, elapsed + 1)
        away = elapsed + draw_leaving_delay(random, given, cases.frailty)
        seen = (ends > through) & (away > through)
        inside += seen
        long += seen & (ends > 39) & (away > 39)
    own = table.index[inside[table.index] > 100]
    assert len(own) > 200
    share = (long / np.maximum(inside, 1))[own]
    # The latent risk knows that nothing else comes; the others are few.
    assert np.corrcoef(table["latent_risk"][own], share)[0, 1] > 0.9
    assert np.abs(table["latent_risk"][own] - share).mean() < 0.08


def test_a_fact_is_registered_in_its_week_and_not_after_the_extract():
    _, cases = with_facts(partly_back=4)
    monday = np.arange(len(cases)) * 7
    days = list_fact_days(cases.known, monday, extract=monday[2] + 7 * 4)
    day, missing = days["partly_back_on"]
    assert (day - monday == 7 * 4 + 1).all()
    assert missing.tolist()[:4] == [False, False, True, True]
    assert days["job_lost_on"][1].all()


@pytest.mark.slow
def test_a_site_has_the_facts_when_asked_and_the_others_are_as_without():
    plain = synthesise_site(cases=300, years=3, seed=4)
    asked = synthesise_site(cases=300, years=3, seed=4, landmark_facts=True)
    columns = [f"{fact}_on" for fact in FACTS]
    own = asked.targets["long_absence"].cases
    assert own[columns].notna().any().all()
    assert (own[columns].isna().mean() > 0.2).all()
    assert not set(columns) & {*plain.targets["long_absence"].cases}
    assert not set(columns) & {*asked.targets["long_unemployment"].cases}
    assert {*own} - {*columns} == {*plain.targets["long_absence"].cases}
    days = pd.to_datetime(own["partly_back_on"].dropna())
    assert (days.dt.day_of_week == 1).all()
