import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from riskscreen.model.calibration import BetaCalibration, to_risk
from riskscreen.model.estimators.design import RAMP, Design
from riskscreen.model.horizons import OrderComparison, OwnOrder, horizons_from_json
from riskscreen.model.horizons.multistate import Horizons, Transition
from riskscreen.model.horizons.own_order import divide_risks, move_share
from riskscreen.model.stored_horizons import HorizonsRecord
from tests.draws import draws

WEEKS = (8, 13, 26, 52, 104)
DESIGN = Design(
    features=2,
    feature=np.array([0, 1]),
    kind=np.array([RAMP, RAMP]),
    low=np.array([0.0, -1.0]),
    high=np.array([1.0, 1.0]),
    mean=np.array([0.5, 0.5]),
)
SLOPES = {8: (0.4, -1.0), 13: (-2.0, 0.5), 52: (3.0, 0.1), 104: (-1.0, 1.0)}


def family_of(weeks=SLOPES, *, own=None):
    """A family of five horizons, some of which have an order of their own."""
    steps = len(WEEKS)
    moves = {
        "leave": Transition((-5.0,) * steps, (0.1,) * steps),
        "leave_outside": Transition((-6.0,) * steps, (0.0,) * steps),
        "out": Transition((-3.5,) * steps, (-0.6,) * steps),
        "back": Transition((-9.0,) * steps, (0.2,) * steps),
    }
    own = own or OwnOrder(
        DESIGN, {w: SLOPES[w] for w in weeks}, dict.fromkeys(weeks, -0.2)
    )
    compared = tuple(
        OrderComparison(w, -0.01, -0.02, -0.005, 500, True, 30.0) for w in weeks
    )
    return Horizons(
        primary=26,
        further=(8, 13, 52, 104),
        grid=WEEKS,
        transitions=moves,
        lines={},
        clip_range=(-3.0, 3.0),
        seen_range=(-3.0, 3.0),
        own=own if weeks else None,
        compared=compared,
    )


def values_of(n, *, seed=0):
    return np.random.default_rng(seed).uniform(-1, 1, (n, 2))


log_odds_drawn = st.lists(st.floats(-12, 12), min_size=1, max_size=8).map(np.array)
parts_drawn = st.dictionaries(st.sampled_from([8, 13, 52, 104]), st.floats(-30, 30))


@pytest.mark.slow
@settings(max_examples=draws(150))
@given(log_odds_drawn, parts_drawn, st.integers(0, 25))
def test_risks_fall_with_the_horizon_whatever_the_own_parts(log_odds, by, at):
    n = len(log_odds)
    parts = {week: np.full(n, part) for week, part in by.items()}
    shares = family_of().shares(log_odds, np.full(n, at), parts)
    ahead = [shares[week] for week in sorted(shares) if week > at]
    long = np.array([one.long for one in ahead])
    left = np.array([one.left for one in ahead])
    assert (np.diff(long, axis=0) <= 0).all()
    assert (np.diff(left, axis=0) >= 0).all()
    for one in ahead:
        np.testing.assert_allclose(one.long + one.not_long + one.left, 1.0, atol=1e-9)
        assert min(one.long.min(), one.left.min()) >= 0
        assert one.not_long.min() >= -1e-15
    assert np.array_equal(shares[26].long, to_risk(log_odds))


def test_each_step_is_moved_in_its_log_odds_as_a_plain_loop_moves_it():
    family, values = family_of(), values_of(40)
    log_odds = np.random.default_rng(1).normal(0, 0.8, 40)
    elapsed = np.zeros(40, dtype=int)
    parts = family.compute_parts(values)
    shown = family.risks(log_odds, elapsed, parts)
    plain = family.risks(log_odds, elapsed)
    for i in range(40):
        columns = [
            min(max(values[i, 0], 0.0), 1.0) - 0.5,
            (values[i, 1] + 1.0) / 2.0 - 0.5,
        ]
        own = {
            week: -0.2 + sum(c * x for c, x in zip(SLOPES[week], columns, strict=True))
            for week in SLOPES
        }
        for week, part in own.items():
            assert parts[week][i] == pytest.approx(part, abs=1e-12)
        base = moved = float(to_risk(log_odds[[i]])[0])
        for week in (52, 104):
            odds = plain[week][i] / (base - plain[week][i]) * np.exp(own[week])
            base, moved = plain[week][i], moved * odds / (1 + odds)
            assert shown[week][i] == pytest.approx(moved, rel=1e-9)
        base = moved = 1 - float(to_risk(log_odds[[i]])[0])
        for week in (13, 8):
            out = 1 - plain[week][i]
            odds = out / (base - out) * np.exp(own[week])
            base, moved = out, moved * odds / (1 + odds)
            assert shown[week][i] == pytest.approx(1 - moved, rel=1e-9)


def test_a_horizon_without_an_own_order_keeps_the_familys_step():
    family, values = family_of(weeks=(52,)), values_of(30)
    log_odds, elapsed = np.linspace(-3, 3, 30), np.zeros(30, dtype=int)
    shown = family.risks(log_odds, elapsed, family.compute_parts(values))
    plain = family.risks(log_odds, elapsed)
    for week in (8, 13):
        np.testing.assert_allclose(shown[week], plain[week], rtol=1e-12)
    np.testing.assert_allclose(
        shown[104] / shown[52], plain[104] / plain[52], rtol=1e-12
    )
    assert np.abs(shown[52] - plain[52]).max() > 0.05


def test_without_any_own_order_nothing_is_added():
    family = family_of(weeks=())
    assert family.compute_parts(values_of(3)) == {}


def test_windows_of_weeks_have_the_own_part_on_their_line():
    family = replace(
        family_of(weeks=(52,)),
        further=(52,),
        transitions={"leave": Transition((-5.0,) * 5, (0.0,) * 5)},
        lines={52: BetaCalibration(slope=0.8, intercept=-0.3)},
    )
    log_odds, values = np.array([-1.0, 0.0, 2.0]), values_of(3)
    part = family.compute_parts(values)[52]
    shown = family.risks(log_odds, np.zeros(3, dtype=int), {52: part})[52]
    np.testing.assert_array_equal(shown, to_risk(0.8 * log_odds - 0.3 + part))


def test_a_case_alone_has_the_bits_it_has_among_others():
    family, values = family_of(), values_of(33)
    log_odds = np.random.default_rng(2).normal(0, 2, 33)
    elapsed = np.arange(33) % 12
    parts = family.compute_parts(values)
    matrix = DESIGN.build_matrix(values)
    shared = family.compute_parts(values, matrix)
    together = family.risks(log_odds, elapsed, parts)
    for at in range(33):
        one = slice(at, at + 1)
        own = family.compute_parts(values[one])
        for week, part in own.items():
            assert part[0] == parts[week][at] == shared[week][at]
        alone = family.risks(log_odds[one], elapsed[one], own)
        for week, risk in together.items():
            np.testing.assert_allclose(alone[week][0], risk[at], rtol=0, atol=1e-14)


def test_many_columns_are_summed_alike_for_one_case_and_for_all():
    n, draw = 400, np.random.default_rng(4)
    edges = np.linspace(-1, 1, n + 1)
    wide = Design(
        features=2,
        feature=np.repeat([0, 1], n // 2),
        kind=np.full(n, RAMP),
        low=edges[:-1],
        high=edges[1:] + 0.3,
        mean=draw.random(n),
    )
    own = OwnOrder(wide, {52: tuple(draw.normal(0, 1, n).tolist())}, {52: 0.1})
    values = values_of(50)
    together = own.compute_parts(values, None)[52]
    alone = [own.compute_parts(values[[at]], None)[52][0] for at in range(50)]
    assert np.array_equal(together, alone)


def test_shares_at_the_ends_are_divided_and_moved_without_a_fault():
    near = np.array([0.0, 0.5, 0.5, 1.0])
    far = np.array([0.0, 0.5, 0.0, 0.25])
    share = divide_risks(near, far)
    assert share.tolist() == [1.0, 1.0, 0.0, 0.25]
    assert move_share(share, 3.0)[:3].tolist() == [1.0, 1.0, 0.0]
    assert move_share(share, np.log(3.0))[3] == pytest.approx(0.5)


def test_stored_orders_are_read_back_to_the_last_bit():
    family = family_of()
    stored = json.loads(json.dumps(family.to_json()))
    HorizonsRecord.model_validate(stored)
    again = horizons_from_json(stored)
    assert again.to_json() == family.to_json()
    values = values_of(20)
    for week, part in family.compute_parts(values).items():
        assert np.array_equal(again.compute_parts(values)[week], part)


@pytest.mark.parametrize(
    "damage",
    [
        lambda own: own["coefficients"]["52"].pop(),
        lambda own: own["coefficients"].pop("52"),
        lambda own: own["levels"].pop("52"),
        lambda own: own["levels"].update({"52": float("nan")}),
        lambda own: own["coefficients"].update({"60": [0.0, 0.0]}),
        lambda own: own["design"]["low"].pop(),
        lambda own: own.update(more=1),
    ],
)
def test_a_damaged_order_is_refused(damage):
    stored = json.loads(json.dumps(family_of().to_json()))
    damage(stored["own"])
    with pytest.raises(ValidationError):
        HorizonsRecord.model_validate(stored)


def test_an_order_that_was_not_taken_is_not_stored():
    stored = json.loads(json.dumps(family_of().to_json()))
    stored["compared"][0]["taken"] = False
    with pytest.raises(ValidationError, match="orders are not those"):
        HorizonsRecord.model_validate(stored)
