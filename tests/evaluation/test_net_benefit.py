"""The decision curve by hand, against dcurves, and within capacity."""

import numpy as np
import pandas as pd
import pytest

from riskscreen.evaluation import Bootstrap, Capacity, EvaluationCases
from riskscreen.evaluation.net_benefit import advantage, decision_curve

PLACE = np.arange(40)
RISK = np.round(0.02 + 0.024 * PLACE, 3)
LONG = ((PLACE * 7) % 10 < 1 + PLACE // 5).astype(float)


def _curve(judged, risk, **more):
    counts = Bootstrap(40).counts(judged.n)
    rows = decision_curve(judged, risk, counts, **more)
    return {(row.strategy, row.threshold): row for row in rows}


def test_agrees_with_dcurves():
    """dcurves 1.1.7 (pandas 2.3.3), on the same 40 cases.

    dca(DataFrame({"long": LONG, "risk": RISK}), "long", ["risk"],
        thresholds=[0.1, 0.2, 0.3, 0.4, 0.5])["net_benefit"]
    """
    curve = _curve(EvaluationCases.from_columns(LONG), RISK)

    thresholds = (0.1, 0.2, 0.3, 0.4, 0.5)
    model = [curve["model", t].value for t in thresholds]
    everyone = [curve["flag_all", t].value for t in thresholds]
    np.testing.assert_allclose(model, [0.372222, 0.33125, 0.271429, 0.225, 0.15], 2e-6)
    np.testing.assert_allclose(
        everyone, [0.388889, 0.3125, 0.214286, 0.083333, -0.1], 5e-6
    )
    assert {curve["flag_none", t].value for t in thresholds} == {0.0}


def test_net_benefit_by_hand():
    """Ten people, four flagged at 0.25: three hits, one needless flag worth a third."""
    risk = np.array([0.9, 0.8, 0.7, 0.3, 0.2, 0.2, 0.1, 0.1, 0.1, 0.1])
    long = [1, 1, 0, 1, 1, 0, 0, 0, 0, 0]

    curve = _curve(EvaluationCases.from_columns(long), risk, thresholds=(0.25,))

    assert curve["model", 0.25].value == pytest.approx(3 / 10 - 1 / 10 / 3)
    assert curve["flag_all", 0.25].value == pytest.approx(4 / 10 - 6 / 10 / 3)


def test_a_flag_is_a_flag_at_every_threshold_and_an_unknown_one_is_none():
    long = [1, 0, 1, 0]
    flags = {
        "known": np.array([True, True, False, False]),
        "gaps": np.array([1.0, 1.0, np.nan, np.nan]),
    }

    curve = _curve(
        EvaluationCases.from_columns(long),
        np.full(4, 0.5),
        rules=flags,
        thresholds=(0.2, 0.6),
    )

    for name in flags:
        assert curve[name, 0.2].value == pytest.approx(1 / 4 - 1 / 4 * 0.25)
        assert curve[name, 0.6].value == pytest.approx(1 / 4 - 1 / 4 * 1.5)


def test_within_capacity_only_so_many_are_helped():
    """Two weeks of four, one place each: the two highest risks, one of them a hit."""
    dates = [pd.Timestamp("2024-01-01") + pd.Timedelta(weeks=i // 4) for i in range(8)]
    judged = EvaluationCases.from_columns([1, 1, 0, 0, 0, 1, 1, 0], decision_date=dates)
    risk = np.array([0.9, 0.8, 0.7, 0.1, 0.9, 0.8, 0.7, 0.1])

    curve = _curve(judged, risk, capacity=Capacity(per_week=1), thresholds=(0.5, 0.95))

    assert curve["model", 0.5].value == pytest.approx(4 / 8 - 2 / 8)
    assert curve["model_at_capacity", 0.5].value == pytest.approx(1 / 8 - 1 / 8)
    assert curve["model_at_capacity", 0.95].value == 0.0


def test_without_dates_there_is_no_curve_within_a_weekly_capacity():
    curve = _curve(
        EvaluationCases.from_columns(LONG), RISK, capacity=Capacity(per_week=1)
    )

    assert {name for name, _ in curve} == {"flag_all", "flag_none", "model"}


def test_every_value_lies_within_its_interval():
    curve = _curve(EvaluationCases.from_columns(LONG), RISK)

    assert all(row.low <= row.value + 1e-9 for row in curve.values())
    assert all(row.value <= row.high + 1e-9 for row in curve.values())


def test_the_advantage_is_the_difference_of_two_curves():
    judged, counts = EvaluationCases.from_columns(LONG), Bootstrap(40).counts(40)
    rules = {"late": PLACE >= 20}
    curve = _curve(judged, RISK, rules=rules)

    for row in advantage(judged, RISK, counts, rules=rules):
        other = curve[row.strategy, row.threshold].value
        ours = curve["model", row.threshold].value
        assert row.value == pytest.approx(ours - other)


def test_a_model_has_no_advantage_over_itself():
    rows = advantage(
        EvaluationCases.from_columns(LONG),
        RISK,
        Bootstrap(10).counts(40),
        rules={"itself": RISK},
    )

    itself = [(r.low, r.value, r.high) for r in rows if r.strategy == "itself"]
    assert set(itself) == {(0.0, 0.0, 0.0)}
