"""The truth at a landmark agrees with the course simulated, and with that at T0."""

from functools import cache

import numpy as np
import pandas as pd
import pytest

from riskscreen_synthetic import synthesise_site, write_site
from riskscreen_synthetic.hazards import draw_first_exit, draw_leaving_delay
from riskscreen_synthetic.landmarks import LANDMARKS, compute_landmark_truth
from riskscreen_synthetic.registration import draw_noise
from tests.synthetic.test_truth import OUTCOMES, SHAPES, made, truth_of


@cache
def landmarks_of(target, shape="default"):
    kind, _ = OUTCOMES[target]
    course, cases = made(kind, shape)
    nothing = {name: np.zeros(len(cases), dtype=bool) for name in cases.drawn}
    return compute_landmark_truth(
        SHAPES[shape], target, course, cases, hidden=nothing, seed=1
    )


def at(target, week, horizon, shape="default"):
    """The truth at one landmark, by the place of its case."""
    table = landmarks_of(target, shape)
    chosen = (table["week"] == week) & (table["horizon"] == horizon)
    return table[chosen].set_index("case")


@pytest.mark.slow
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize(
    ("target", "week", "horizon"), [("long_absence", 13, 26), ("long_benefit", 26, 52)]
)
def test_it_is_the_share_that_is_long_of_the_simulated_courses_still_in(
    target, week, horizon, shape
):
    """Who comes back is left aside, so the truth may lie somewhat higher."""
    kind, _ = OUTCOMES[target]
    course, cases = made(kind, shape)
    random, rounds = np.random.default_rng(5), 400
    given = course.predict(cases.known, cases.drawn, cases.clock.regime)
    inside, long = np.zeros((2, len(cases)))
    table = at(target, week, horizon, shape)
    (through,) = table["seen_through"].unique()
    elapsed = cases.clock.elapsed
    for _ in range(rounds):
        weeks, _ = draw_first_exit(random, given, cases.frailty, elapsed, course.pace)
        noise = draw_noise(random, len(cases), SHAPES[shape][kind]["noise"])
        ends = np.maximum(weeks + elapsed + noise, elapsed + 1)
        away = elapsed + draw_leaving_delay(random, given, cases.frailty)
        seen = (ends > through) & (away > through)
        inside += seen
        long += seen & (ends > horizon) & (away > horizon)
    own = table.index[inside[table.index] > 150]
    assert len(own) > 300
    share, truth = (long / np.maximum(inside, 1))[own], table["latent_risk"][own]
    assert np.abs(truth - share).mean() < 0.06
    assert (share - truth).max() < 5 * np.sqrt(0.25 / 150)
    assert np.corrcoef(truth, share)[0, 1] > 0.95


@pytest.mark.parametrize("target", LANDMARKS)
def test_no_more_are_seen_as_in_and_long_than_are_long(target):
    primary = 26 if target == "long_absence" else 52
    truth = truth_of(target, made(OUTCOMES[target][0])[1]).risk
    for week, horizon in LANDMARKS[target].asked:
        if horizon == primary:
            table = at(target, week, horizon)
            both = table["risk"] * table["seen_in"]
            assert (both <= truth[table.index] + 1e-12).all()
            assert (table["risk"] > truth[table.index] - 1e-12).mean() > 0.99


def test_before_anything_newer_than_t0_is_seen_it_is_the_risk_of_t0():
    cases = made("absence")[1]
    table = at("long_absence", 8, 26)
    unseen = cases.clock.elapsed[table.index] >= table["seen_through"]
    assert unseen.sum() > 20
    truth = truth_of("long_absence", cases).risk[table.index[unseen]]
    np.testing.assert_allclose(table["risk"][unseen], truth, rtol=1e-9)
    np.testing.assert_allclose(table["seen_in"][unseen], 1.0, rtol=1e-12)


def test_the_later_a_case_is_still_in_the_higher_it_is():
    first, second, third = (at("long_absence", w, 26)["risk"] for w in (8, 13, 22))
    assert (second - first.reindex(second.index)).dropna().gt(-1e-12).all()
    assert (third - second.reindex(third.index)).dropna().gt(0).mean() > 0.99


@pytest.mark.slow
def test_a_site_writes_it_when_asked_and_is_the_same_without(tmp_path):
    plain = synthesise_site(cases=300, years=3, seed=4)
    asked = synthesise_site(cases=300, years=3, seed=4, landmarks=True)
    for name, target in plain.targets.items():
        pd.testing.assert_frame_equal(target.cases, asked.targets[name].cases)
        pd.testing.assert_frame_equal(target.truth, asked.targets[name].truth)
    write_site(asked, tmp_path / "site")
    found = {p.name for p in (tmp_path / "site" / "truth").iterdir()}
    assert {f"{name}_landmarks.parquet" for name in LANDMARKS} < found
    assert "long_unemployment_landmarks.parquet" not in found
    told = pd.read_parquet(tmp_path / "site/truth/long_absence_landmarks.parquet")
    assert told["case_id"].isin(plain.targets["long_absence"].truth["case_id"]).all()
    assert told["risk"].between(0, 1).all()
    assert told.drop(columns="case_id").notna().all(axis=None)
