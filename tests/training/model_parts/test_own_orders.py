from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import minimize
from scipy.special import expit, logit

from riskscreen.model.calibration import to_risk
from riskscreen.model.calibration_fit import compute_log_loss
from riskscreen.model.horizons import move_share
from riskscreen.training.data.split import Split
from riskscreen.training.model_parts.own_orders import _compare, _fit, _fit_once, _Step
from tests.model.horizons.made_up_courses import still_in

N = 4000
DATASET = SimpleNamespace(spec=still_in())


def step_of(own, *, nearer=False):
    """Cases whose step depends by *own* on a column, and how it looks to a family.

    The family knows the rest of the step's log-odds, but not the column.
    """
    draw = np.random.default_rng(3)
    column = draw.normal(0, 1, N)
    before, share = to_risk(draw.normal(0, 0.7, (2, N)))
    takes = draw.random(N) < (1 - before if nearer else before)
    made = takes & (draw.random(N) < to_risk(logit(share) + own * column))
    step = _Step(
        week=8 if nearer else 52,
        at=np.arange(N),
        takes=takes,
        made=made,
        long=~made if nearer else made,
        before=before,
        share=share,
        nearer=nearer,
    )
    return step, np.column_stack([column, draw.normal(0, 1, N)])


def split_of():
    """Four cases a day over ten years, two of each person."""
    day = pd.Timestamp("2010-01-04") + pd.to_timedelta(np.arange(N), unit="D")
    cases = pd.DataFrame(
        {
            "person_id": [f"p{i % (N // 2)}" for i in range(N)],
            "start_date": day,
            "decision_date": day,
        }
    )
    every = np.arange(N)
    last = day[-1] + pd.Timedelta(days=1)
    return Split(cases, every, every, every, first_calibration=day[0], first_test=last)


@pytest.mark.slow
@pytest.mark.parametrize("nearer", [False, True])
def test_an_order_that_the_cases_have_is_taken(nearer):
    step, columns = step_of(0.8, nearer=nearer)
    found = _compare(step, columns, np.arange(N), split_of(), DATASET)
    assert found.taken
    assert found.weeks == step.week
    assert found.low < found.difference < found.high < 0
    best = step.compute_losses(0.8 * columns[:, 0]) - step.compute_losses(0.0)
    assert found.difference == pytest.approx(best.mean(), abs=0.003)


@pytest.mark.parametrize("own", [0.0, 0.04])
def test_the_familys_order_stays_where_nothing_or_next_to_nothing_is_gained(own):
    step, columns = step_of(own)
    found = _compare(step, columns, np.arange(N), split_of(), DATASET)
    assert not found.taken
    assert abs(found.difference) < 0.002


@pytest.mark.parametrize("nearer", [False, True])
def test_the_loss_is_of_the_outcome_at_the_horizon(nearer):
    step, columns = step_of(0.5, nearer=nearer)
    by = columns[:, 0]
    moved = move_share(step.share, by)
    risk = 1 - (1 - step.before) * moved if nearer else step.before * moved
    np.testing.assert_allclose(
        step.compute_losses(by), compute_log_loss(logit(risk), step.long)
    )


def test_a_fit_is_the_minimum_a_plain_search_finds_and_its_level_the_familys():
    step, columns = step_of(0.8)
    fitted, level = _fit(step, columns, step.takes, 30.0, start=np.zeros(2))
    rows, y, offset = (
        part[step.takes] for part in (columns, step.made.astype(float), step.offset)
    )

    def loss(weights):
        log_odds = offset + rows @ weights[:2] + weights[2]
        return compute_log_loss(log_odds, y).sum() + 15.0 * weights[:2] @ weights[:2]

    plain = minimize(loss, np.zeros(3), method="BFGS", options={"gtol": 1e-6}).x
    np.testing.assert_allclose(fitted, plain[:2], atol=1e-5)
    mean = expit(offset + rows @ fitted + level).mean()
    assert mean == pytest.approx(step.share[step.takes].mean(), abs=1e-3)


def test_one_step_of_newtons_method_comes_near_to_the_fit():
    step, columns = step_of(0.3)
    once = _fit_once(step, columns, step.takes)
    for penalty, found in once.items():
        whole, _ = _fit(step, columns, step.takes, penalty, start=found)
        np.testing.assert_allclose(found, whole, atol=0.02)
