"""The shares of states against lifelines, on fixed tables of the smallest kind.

The reference figures were made by lifelines 0.30.3 (pandas 2.3.3, numpy 1.26.4):

    weeks = 1 + (place * 7) % 24                                # place = arange(24)
    event = array([1, 0, 2, 1, 1, 0, 1, 2])[place % 8]          # 1 out, 2 left, 0 open
    AalenJohansenFitter(calculate_variance=False).fit(
        weeks, event, event_of_interest=1 or 2).cumulative_density_.loc[[4, 8, 13, 20]]
    KaplanMeierFitter().fit(1 + (place * 5) % 8, event > 0).predict(1 ... 7)
"""

import numpy as np
import pytest

from riskscreen.model.horizons.aalen_johansen import estimate_aalen_johansen
from riskscreen.outcomes import IS_CENSORED, IS_COMPETING, IS_LONG, IS_NOT_LONG

PLACE = np.arange(24)
EVENT = np.array([1, 0, 2, 1, 1, 0, 1, 2])[PLACE % 8]


def _states(weeks, event, last):
    """In until the week of the event, then in its state; open ones end unknown."""
    after = np.array([IS_CENSORED, IS_NOT_LONG, IS_COMPETING])[event]
    grid = np.arange(1, last + 1)
    censored = (event == 0)[:, None]
    seen = grid <= weeks[:, None]
    before = grid < weeks[:, None]
    return np.where(np.where(censored, seen, before), IS_LONG, after[:, None]).astype(
        np.int8
    )


def _curves(weeks, last):
    entered = np.zeros(len(weeks), dtype=np.int64)
    grid = tuple(range(1, last + 1))
    return estimate_aalen_johansen(_states(weeks, EVENT, last), entered, grid, fewest=1)


def test_two_ways_out_agree_with_the_aalen_johansen_of_lifelines():
    curves = _curves(1 + (PLACE * 7) % 24, last=24)

    at = [3, 7, 12, 19]
    out = [0.08333333, 0.17083333, 0.31416016, 0.47782389]
    left = [0.04166667, 0.08541667, 0.13190104, 0.23891195]
    np.testing.assert_allclose(curves.outside[at] / 24, out, atol=1e-8)
    np.testing.assert_allclose(curves.left[at] / 24, left, atol=1e-8)


def test_staying_agrees_with_the_kaplan_meier_of_lifelines_where_weeks_are_tied():
    curves = _curves(1 + (PLACE * 5) % 8, last=7)

    staying = [0.875, 0.875, 0.72916667, 0.58333333, 0.4375, 0.4375, 0.21875]
    np.testing.assert_allclose(curves.inside / 24, staying, atol=1e-8)


def test_the_shares_at_a_week_are_of_all_who_entered():
    curves = _curves(1 + (PLACE * 7) % 24, last=24)

    inside, outside, left = curves.at(13)

    assert left == pytest.approx(0.13190104, abs=1e-8)
    assert outside == pytest.approx(0.31416016, abs=1e-8)
    assert inside + outside + left == pytest.approx(1.0, abs=1e-12)
