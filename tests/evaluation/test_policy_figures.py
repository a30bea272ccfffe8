"""Whom a policy finds, misses and proposes needlessly, counted by hand."""

import numpy as np
import pandas as pd
import pytest

from riskscreen.disclosure.suppression import FEW
from riskscreen.evaluation import Bootstrap, EvaluationCases, ProposedCases
from riskscreen.evaluation.policy_figures import (
    NO_PLACES,
    compute_gain_curve,
    count_weekly_proposals,
    estimate_extra_true_positives,
    evaluate_policy,
    propose_as_many,
)
from tests.proposed import highest

MONDAY = pd.Timestamp("2024-01-01")


def _judged(weeks, long, names=None):
    dates = [
        MONDAY + pd.Timedelta(days=7 * w + 6 * (i % 2)) for i, w in enumerate(weeks)
    ]
    names = names or [f"case {i}" for i in range(len(weeks))]
    return EvaluationCases.from_columns(long, case_id=names, decision_date=dates)


def test_another_score_proposes_as_many_in_each_unit():
    """Equal to the highest of each unit, sorted out plainly."""
    draw = np.random.default_rng(0)
    unit, risk = draw.integers(0, 6, 90), draw.integers(0, 20, 90) / 20
    judged = _judged(np.zeros(90, int), (draw.random(90) < risk).astype(float))
    ours = ProposedCases.from_flags(draw.random(90) < 0.3, unit=unit)
    theirs = propose_as_many(judged, risk, ours)

    table = pd.DataFrame({"unit": unit, "risk": -risk, "order": judged.order})
    places = np.bincount(unit, weights=ours.flags).astype(int)
    top = [
        index
        for one, rows in table.sort_values(["risk", "order"]).groupby("unit")
        for index in rows.index[: places[one]]
    ]
    assert np.flatnonzero(theirs.flags).tolist() == sorted(top)


def test_counts_lie_within_their_own_intervals_where_weeks_hold_few_cases():
    """Flags are drawn with their people: nobody competes with a copy of herself."""
    draw = np.random.default_rng(1)
    weeks = np.repeat(np.arange(150), 3)
    risk = draw.random(450)
    judged = _judged(weeks, (draw.random(450) < risk).astype(float))
    counts = Bootstrap().draw_counts(judged.n, person=None)
    found = evaluate_policy(judged, highest(judged, risk, n=300), counts)
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
        judged, highest(judged, risk, n=18), Bootstrap(50).draw_counts(60)
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
    assert (found.weeks, found.vacuous) == (6, None)


def test_counts_print_as_whole_people():
    judged, risk = _six_weeks()

    found = evaluate_policy(
        judged, highest(judged, risk, n=18), Bootstrap(50).draw_counts(60)
    )

    assert found.estimates["true_positives"].text().startswith("12 (")


def test_row_order_does_not_change_who_is_proposed_among_ties():
    names = [f"case {i}" for i in range(8)]
    judged = _judged([0] * 8, [0] * 8, names)
    turned = _judged([0] * 8, [0] * 8, names[::-1])

    first = highest(judged, np.full(8, 0.5), n=3).flags.tolist()
    assert first == highest(turned, np.full(8, 0.5), n=3).flags.tolist()[::-1]


def test_without_places_nobody_is_proposed_and_nothing_is_shown():
    judged, _ = _six_weeks()

    found = evaluate_policy(judged, None, Bootstrap(5).draw_counts(60))

    assert found.estimates["true_positives"].text() == f"not available ({NO_PLACES})"


@pytest.mark.parametrize(("flag", "who"), [(1.0, "everybody"), (0.0, "nobody")])
def test_figures_of_everybody_or_nobody_are_called_vacuous(flag, who):
    judged, _ = _six_weeks()
    proposed = ProposedCases.from_flags(np.full(60, flag))

    found = evaluate_policy(judged, proposed, Bootstrap(5).draw_counts(60))

    assert found.vacuous == who


def test_counts_of_fewer_than_five_people_are_not_shown():
    judged = _judged([0] * 20, [1] * 7 + [0] * 13)
    risk = np.linspace(0.9, 0.1, 20)

    found = evaluate_policy(
        judged, highest(judged, risk, n=4), Bootstrap(5).draw_counts(20)
    )

    assert found.estimates["true_positives"].note == FEW
    assert all(figure.value is None for figure in found.estimates.values())


def test_the_gain_is_the_share_found_with_more_and_more_places():
    judged, risk = _six_weeks()
    steps = [(n / 6, highest(judged, risk, n=n)) for n in (6, 12, 24)]

    found = compute_gain_curve(judged, steps, places=2.0)

    at = {p.places: (p.model, p.chance) for p in found}
    assert at[1] == pytest.approx((6 / 24, 6 / 60))
    assert at[2] == pytest.approx((12 / 24, 12 / 60))
    assert at[4] == pytest.approx((18 / 24, 24 / 60))
    assert [p.places for p in found if p.is_capacity] == [2]


def test_there_is_no_gain_without_places_and_none_of_few_people():
    judged, risk = _six_weeks()
    few = judged.subset(np.arange(60) < 10)

    assert compute_gain_curve(judged, (), places=2.0) == ()
    steps = [(2.0, highest(few, risk[:10], n=2))]
    assert compute_gain_curve(few, steps, places=2.0) == ()


def test_more_hits_are_counted_at_the_same_places_and_paired():
    judged, risk = _six_weeks()
    counts = Bootstrap(40).draw_counts(60)
    ours, theirs = highest(judged, risk, n=18), highest(judged, -risk, n=18)

    backwards = estimate_extra_true_positives(judged, ours, theirs, counts)
    itself = estimate_extra_true_positives(judged, ours, ours, counts)
    none = estimate_extra_true_positives(judged, None, None, counts)

    assert backwards.value == 12  # 12 hits against none
    assert backwards.low > 0
    assert (itself.low, itself.value, itself.high) == (0, 0, 0)
    assert none.value is None


def test_a_week_counts_each_person_once_and_overruns_beyond_its_places():
    """Weeks 5, 6 and 8 have 2, 4 and 1 people; one has two cases in week 6."""
    week = np.array([5, 5, 6, 6, 6, 6, 6, 8, 8])
    person = np.array([0, 1, 2, 3, 4, 5, 5, 6, 7])
    flags = np.array([1, 1, 1, 1, 1, 1, 1, 1, 0], dtype=bool)

    mean, overrun = count_weekly_proposals(week, person, flags, places=2, weeks=4)

    assert mean == pytest.approx(7 / 4)
    assert overrun == pytest.approx(1 / 4)


def test_weeks_of_fewer_than_five_proposed_people_are_hidden():
    week, person = np.arange(6), np.arange(6)
    flags = np.array([1, 1, 1, 1, 0, 0], dtype=bool)
    hidden = count_weekly_proposals(week, person, flags, places=2, weeks=6)
    assert hidden == (None, None)
