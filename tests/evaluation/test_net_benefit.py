"""The decision curve by hand, against dcurves, and within capacity."""

import numpy as np
import pandas as pd
import pytest

from riskscreen.evaluation import Bootstrap, EvaluationCases
from riskscreen.evaluation.net_benefit import compare_net_benefit, estimate_net_benefit
from tests.proposed import highest

PLACE = np.arange(40)
RISK = np.round(0.02 + 0.024 * PLACE, 3)
LONG = ((PLACE * 7) % 10 < 1 + PLACE // 5).astype(float)


def _curve(judged, risk, **more):
    counts = Bootstrap(40).draw_counts(judged.n)
    rows = estimate_net_benefit(judged, risk, counts, **more)
    return {(row.strategy, row.threshold): row for row in rows}


def test_agrees_with_dcurves():
    """dcurves 1.1.7 (pandas 2.3.3), on the same 40 cases, each ten times.

    dca(DataFrame({"long": LONG, "risk": RISK}), "long", ["risk"],
        thresholds=[0.1, 0.2, 0.3, 0.4, 0.5])["net_benefit"]
    """
    curve = _curve(EvaluationCases.from_columns(np.tile(LONG, 10)), np.tile(RISK, 10))

    thresholds = (0.1, 0.2, 0.3, 0.4, 0.5)
    model = [curve["model", t].value for t in thresholds]
    everyone = [curve["flag_all", t].value for t in thresholds]
    np.testing.assert_allclose(model, [0.372222, 0.33125, 0.271429, 0.225, 0.15], 2e-6)
    np.testing.assert_allclose(
        everyone, [0.388889, 0.3125, 0.214286, 0.083333, -0.1], 5e-6
    )
    assert {curve["flag_none", t].value for t in thresholds} == {0.0}


def test_net_benefit_by_hand():
    """Of ten, four flagged at 0.25: 3 true positives, 1 false one worth a third."""
    risk = np.tile([0.9, 0.8, 0.7, 0.3, 0.2, 0.2, 0.1, 0.1, 0.1, 0.1], 10)
    long = np.tile([1, 1, 0, 1, 1, 0, 0, 0, 0, 0], 10)

    curve = _curve(EvaluationCases.from_columns(long), risk, thresholds=(0.25,))

    assert curve["model", 0.25].value == pytest.approx(3 / 10 - 1 / 10 / 3)
    assert curve["flag_all", 0.25].value == pytest.approx(4 / 10 - 6 / 10 / 3)


def test_a_flag_is_a_flag_at_every_threshold_and_an_unknown_one_is_none():
    long = np.tile([1, 0, 1, 0], 5)
    flags = {
        "known": np.tile([True, True, False, False], 5),
        "gaps": np.tile([1.0, 1.0, np.nan, np.nan], 5),
    }

    curve = _curve(
        EvaluationCases.from_columns(long),
        np.full(20, 0.5),
        rules=flags,
        thresholds=(0.2, 0.6),
    )

    for name in flags:
        assert curve[name, 0.2].value == pytest.approx(1 / 4 - 1 / 4 * 0.25)
        assert curve[name, 0.6].value == pytest.approx(1 / 4 - 1 / 4 * 1.5)


def test_within_capacity_only_so_many_are_helped():
    """Ten weeks of four, a place each: the highest risks, every other one long."""
    dates = [pd.Timestamp("2024-01-01") + pd.Timedelta(weeks=i // 4) for i in range(40)]
    judged = EvaluationCases.from_columns(
        np.tile([1, 1, 0, 0, 0, 1, 1, 0], 5), decision_date=dates
    )
    risk = np.tile([0.9, 0.8, 0.7, 0.1], 10)

    proposed = highest(judged, risk, n=1, unit=np.arange(40) // 4)
    curve = _curve(judged, risk, proposed=proposed, thresholds=(0.5, 0.95))

    assert curve["model", 0.5].value == pytest.approx(4 / 8 - 2 / 8)
    assert curve["model_at_capacity", 0.5].value == pytest.approx(1 / 8 - 1 / 8)
    assert curve["model_at_capacity", 0.95].value == 0.0


def test_without_places_there_is_no_curve_within_them():
    curve = _curve(EvaluationCases.from_columns(LONG), RISK, proposed=None)

    assert {name for name, _ in curve} == {"flag_all", "flag_none", "model"}


def test_every_value_lies_within_its_interval():
    curve = _curve(EvaluationCases.from_columns(np.tile(LONG, 10)), np.tile(RISK, 10))

    assert all(row.low <= row.value + 1e-9 for row in curve.values())
    assert all(row.value <= row.high + 1e-9 for row in curve.values())


def test_the_advantage_is_the_difference_of_two_curves():
    judged, risk = EvaluationCases.from_columns(np.tile(LONG, 10)), np.tile(RISK, 10)
    counts = Bootstrap(40).draw_counts(400)
    rules = {"late": np.tile(PLACE >= 20, 10)}
    curve = _curve(judged, risk, rules=rules)

    for row in compare_net_benefit(judged, risk, counts, rules=rules):
        other = curve[row.strategy, row.threshold].value
        ours = curve["model", row.threshold].value
        assert row.value == pytest.approx(ours - other)


def test_a_model_has_no_advantage_over_itself():
    rows = compare_net_benefit(
        EvaluationCases.from_columns(LONG),
        RISK,
        Bootstrap(10).draw_counts(40),
        rules={"itself": RISK},
    )

    itself = [(r.low, r.value, r.high) for r in rows if r.strategy == "itself"]
    assert set(itself) == {(0.0, 0.0, 0.0), (None, None, None)}


def test_few_true_or_false_positives_are_told_by_no_threshold():
    """Of 60, 3 long at the highest risks, then 2 not long: hidden until 5 are new."""
    risk = np.r_[np.full(3, 0.9), np.full(2, 0.7), np.full(20, 0.5), np.full(35, 0.1)]
    long = np.r_[np.ones(3), np.zeros(2), np.tile([1, 0], 10), np.zeros(35)]

    curve = _curve(EvaluationCases.from_columns(long), risk, thresholds=(0.2, 0.6, 0.8))

    assert [curve["model", t].value is None for t in (0.8, 0.6, 0.2)] == [
        True,
        True,
        False,
    ]
    counts = Bootstrap(5).draw_counts(60)
    for row in compare_net_benefit(
        EvaluationCases.from_columns(long), risk, counts, thresholds=(0.2, 0.6, 0.8)
    ):
        assert (row.value is None) == (row.threshold > 0.5)
