"""Who is flagged each week, counted by hand."""

import numpy as np
import pandas as pd
import pytest

from riskscreen.evaluation import (
    Bootstrap,
    Capacity,
    EvaluationCases,
    compute_gain_curve,
)
from riskscreen.evaluation.policy_figures import (
    estimate_extra_true_positives,
    evaluate_policy,
    select_at_capacity,
)

MONDAY = pd.Timestamp("2024-01-01")


def _judged(weeks, long, names=None):
    dates = [
        MONDAY + pd.Timedelta(days=7 * w + 6 * (i % 2)) for i, w in enumerate(weeks)
    ]
    names = names or [f"case {i}" for i in range(len(weeks))]
    return EvaluationCases.from_columns(long, case_id=names, decision_date=dates)


def _flagged(judged, risk, capacity):
    return select_at_capacity(judged, np.asarray(risk, float), capacity).tolist()


def test_the_highest_risks_of_each_week_are_flagged():
    judged = _judged([0, 0, 0, 1, 1, 2], [1, 0, 1, 0, 0, 1])
    risk = [0.9, 0.2, 0.6, 0.3, 0.1, 0.05]

    assert _flagged(judged, risk, Capacity(per_week=1)) == [1, 0, 0, 1, 0, 1]
    assert _flagged(judged, risk, Capacity(per_week=2)) == [1, 0, 1, 1, 1, 1]


def test_a_share_is_of_all_cases_whatever_their_week():
    judged = _judged([0, 0, 0, 1, 1, 2], [1, 0, 1, 0, 0, 1])
    risk = [0.9, 0.2, 0.6, 0.3, 0.1, 0.05]

    assert _flagged(judged, risk, Capacity(share=0.5)) == [1, 0, 1, 1, 0, 0]


def test_flags_equal_the_highest_of_each_week_sorted_out_plainly():
    draw = np.random.default_rng(0)
    weeks, risk = draw.integers(0, 6, 90), draw.integers(0, 20, 90) / 20
    long = (draw.random(90) < risk).astype(float)
    judged = _judged(weeks, long)
    selected = select_at_capacity(judged, risk, Capacity(per_week=4))

    table = pd.DataFrame({"week": weeks, "risk": -risk, "order": judged.order})
    top = table.sort_values(["week", "risk", "order"]).groupby("week").head(4)
    assert np.flatnonzero(selected).tolist() == sorted(top.index)


def test_counts_lie_within_their_own_intervals_where_weeks_hold_few_cases():
    """Two places a week and three cases a week: nobody competes with a copy."""
    draw = np.random.default_rng(1)
    weeks = np.repeat(np.arange(150), 3)
    risk = draw.random(450)
    judged = _judged(weeks, (draw.random(450) < risk).astype(float))
    counts = Bootstrap().draw_counts(judged.n, person=None)
    found = evaluate_policy(judged, risk, Capacity(per_week=2), counts)
    assert found.estimates["flagged"].value == 300
    assert all(f.low <= f.value <= f.high for f in found.estimates.values())


def _six_weeks():
    """Six equal weeks of ten: of the three flagged one is needless; two are missed."""
    long = np.tile([1, 1, 0, 1, 1, 0, 0, 0, 0, 0], 6)
    risk = np.tile(np.linspace(0.9, 0.1, 10), 6)
    return _judged(np.repeat(np.arange(6), 10), long), risk


def test_hits_misses_and_needless_flags_are_counts_of_people():
    judged, risk = _six_weeks()

    found = evaluate_policy(
        judged, risk, Capacity(per_week=3), Bootstrap(50).draw_counts(60)
    )

    assert [
        found.estimates[k].value
        for k in ("flagged", "true_positives", "false_negatives", "false_positives")
    ] == [
        18,
        12,
        12,
        6,
    ]
    assert found.estimates["precision"].value == pytest.approx(12 / 18)
    assert found.estimates["recall"].value == pytest.approx(12 / 24)
    assert found.estimates["lift"].value == pytest.approx((12 / 18) / (24 / 60))
    assert (
        found.estimates["true_positives"].low
        < 12
        < found.estimates["true_positives"].high
    )
    assert (found.weeks, found.policy) == (
        6,
        "the 3 highest risks of each week, whole site",
    )


def test_counts_print_as_whole_people():
    judged, risk = _six_weeks()

    found = evaluate_policy(
        judged, risk, Capacity(per_week=3), Bootstrap(50).draw_counts(60)
    )

    assert found.estimates["true_positives"].text().startswith("12 (")


def test_ties_fall_by_the_hash_and_the_worst_case_is_told():
    """All risks alike: the hash decides; at worst only those not long were flagged."""
    judged, _ = _six_weeks()
    same = np.full(60, 0.4)

    found = evaluate_policy(
        judged, same, Capacity(per_week=4), Bootstrap(20).draw_counts(60)
    )

    assert found.estimates["flagged"].value == 24
    assert found.true_positives_worst_case == 0
    assert 5 <= found.estimates["true_positives"].value <= 15


def test_row_order_does_not_change_who_is_flagged_among_ties():
    names = [f"case {i}" for i in range(8)]
    judged = _judged([0] * 8, [0] * 8, names)
    turned = _judged([0] * 8, [0] * 8, names[::-1])

    first = _flagged(judged, [0.5] * 8, Capacity(per_week=3))
    assert first == _flagged(turned, [0.5] * 8, Capacity(per_week=3))[::-1]


def test_without_dates_a_weekly_capacity_is_not_available():
    judged = EvaluationCases.from_columns(np.tile([0, 1], 30))

    found = evaluate_policy(
        judged, np.full(60, 0.5), Capacity(per_week=3), Bootstrap(5).draw_counts(60)
    )

    assert (
        found.estimates["true_positives"].text() == "not available (no decision dates)"
    )
    assert found.true_positives_worst_case is None


def test_counts_of_fewer_than_five_people_are_not_shown():
    judged = _judged([0] * 20, [1] * 7 + [0] * 13)
    risk = np.linspace(0.9, 0.1, 20)

    found = evaluate_policy(
        judged, risk, Capacity(per_week=4), Bootstrap(5).draw_counts(20)
    )

    assert (
        found.estimates["true_positives"].text()
        == "not available (fewer than 5 people)"
    )
    assert all(figure.value is None for figure in found.estimates.values())


def test_the_gain_is_the_share_found_with_more_and_more_places():
    judged, risk = _six_weeks()

    found = compute_gain_curve(judged, risk, per_week=2)

    at = {p.places: (p.model, p.chance) for p in found}
    assert at[1] == pytest.approx((6 / 24, 6 / 60))
    assert at[2] == pytest.approx((12 / 24, 12 / 60))
    assert at[4] == pytest.approx((18 / 24, 24 / 60))
    assert [p.places for p in found if p.is_capacity] == [2]


def test_there_is_no_gain_without_dates_and_none_of_few_people():
    judged, risk = _six_weeks()
    few = judged.subset(np.arange(60) < 10)

    assert (
        compute_gain_curve(EvaluationCases.from_columns(judged.long), risk, per_week=2)
        == ()
    )
    assert compute_gain_curve(few, risk[:10], per_week=2) == ()


def test_more_hits_are_counted_at_the_same_places_and_paired():
    judged, risk = _six_weeks()
    counts = Bootstrap(40).draw_counts(60)

    backwards = estimate_extra_true_positives(
        judged, risk, -risk, Capacity(per_week=3), counts
    )
    itself = estimate_extra_true_positives(
        judged, risk, risk, Capacity(per_week=3), counts
    )

    assert backwards.value == 12  # 12 hits against none
    assert backwards.low > 0
    assert (itself.low, itself.value, itself.high) == (0, 0, 0)


def test_more_hits_are_not_available_without_dates():
    judged = EvaluationCases.from_columns(np.tile([0, 1], 30))
    risk = np.full(60, 0.5)

    found = estimate_extra_true_positives(
        judged, risk, risk, Capacity(per_week=3), Bootstrap(5).draw_counts(60)
    )

    assert found.value is None
