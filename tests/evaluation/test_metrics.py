"""The whole evaluation: every figure, no NaN, nothing that tells of too few people."""

import json
import time

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import average_precision_score, brier_score_loss, roc_auc_score
from sklearn.metrics import log_loss as sklearn_log_loss

from riskscreen.disclosure.suppression import FEW
from riskscreen.documents.cards.record import to_json
from riskscreen.evaluation import Bootstrap, EvaluationCases, evaluate_risk
from riskscreen.evaluation.metrics import (
    auc,
    average_precision,
    brier,
    estimate_signal_share,
    log_loss,
    scaled_brier,
)
from tests.proposed import highest


def _cases(n=400, seed=1):
    draw = np.random.default_rng(seed)
    odds = draw.normal(-0.8, 1, n)
    risk = 1 / (1 + np.exp(-odds))
    dates = pd.Timestamp("2022-01-03") + pd.to_timedelta(draw.integers(0, 140, n), "D")
    person = draw.integers(0, int(n * 0.8), n).astype(str)
    long = (draw.random(n) < risk).astype(float)
    return EvaluationCases.from_columns(
        long, person_id=person, decision_date=dates
    ), risk


@pytest.mark.slow
def test_every_figure_has_a_value_within_its_interval():
    judged, risk = _cases()

    found = evaluate_risk(judged, risk, proposed=highest(judged, risk, n=150))

    for name, one in (found.estimates | found.capacity.estimates).items():
        assert one.low <= one.value <= one.high, name
    assert found.n == 400
    assert found.n_people == len(set(judged.person))


@pytest.mark.slow
def test_everything_is_json_without_nan_whatever_is_missing():
    judged, risk = _cases()
    no_dates = EvaluationCases.from_columns(judged.long)
    rare = EvaluationCases.from_columns(np.r_[np.ones(3), np.zeros(37)])
    for cases, told in ((judged, risk), (no_dates, risk), (rare, np.full(40, 0.1))):
        found = evaluate_risk(
            cases,
            told,
            proposed=highest(cases, told, share=0.4),
            bootstrap=Bootstrap(20),
        )
        assert json.dumps(to_json(found), allow_nan=False)
        estimates = found.estimates | found.capacity.estimates
        assert not any("nan" in one.text() for one in estimates.values())


@pytest.mark.slow
def test_rules_are_judged_at_the_same_capacity():
    judged, risk = _cases()
    draw = np.random.default_rng(0)
    rules = {"long_history": draw.random(400) < 0.5, "noisy": risk * 0.5 + 0.1}

    proposed = highest(judged, risk, n=150)
    found = evaluate_risk(judged, risk, proposed=proposed, rules=rules)

    hits = {
        name: at.estimates["true_positives"].value
        for name, at in found.rules_at_capacity.items()
    }
    assert (
        hits["noisy"] == found.capacity.estimates["true_positives"].value
    )  # the same ranking
    assert hits["long_history"] < hits["noisy"]
    assert {row.strategy for row in found.net_benefit} >= {"long_history", "noisy"}
    assert {row.strategy for row in found.net_benefit_difference} >= {
        "long_history",
        "flag_all",
    }
    assert found.extra_true_positives["noisy"].value == 0
    assert found.extra_true_positives["long_history"].low > 0


def test_fewer_than_five_long_cases_tell_nothing_about_them():
    judged = EvaluationCases.from_columns(np.r_[np.ones(4), np.zeros(60)])

    found = evaluate_risk(judged, np.linspace(0.1, 0.6, 64), bootstrap=Bootstrap(20))

    shown = {k for k, one in found.estimates.items() if one.value is not None}
    assert shown == {"mean_risk"}
    assert found.estimates["auc"].note == f"{FEW} of one outcome"
    assert (found.bins, found.curve) == ((), ())


def test_a_constant_risk_has_no_slope_and_says_so():
    judged, _ = _cases()

    found = evaluate_risk(judged, np.full(400, 0.3), bootstrap=Bootstrap(20))

    assert found.estimates["calibration_slope"].value is None
    assert found.estimates["auc"].value == 0.5
    assert found.estimates["ici"].value == pytest.approx(abs(judged.long.mean() - 0.3))


def test_swapped_labels_show_as_an_auc_below_half_and_a_negative_slope():
    judged, risk = _cases()

    found = evaluate_risk(EvaluationCases.from_columns(1 - judged.long), risk)

    assert found.estimates["auc"].high < 0.5
    assert found.estimates["calibration_slope"].high < 0


def test_the_same_seed_gives_the_same_figures():
    judged, risk = _cases()
    first, again = (
        evaluate_risk(judged, risk, bootstrap=Bootstrap(20, seed=4)) for _ in range(2)
    )

    assert to_json(first) == to_json(again)


@pytest.mark.slow
def test_five_thousand_cases_are_judged_in_seconds():
    """About one second alone on a quiet core; five leaves room for busy neighbours."""
    judged, risk = _cases(5000)
    start = time.process_time()

    evaluate_risk(judged, risk, proposed=highest(judged, risk, n=700))

    assert time.process_time() - start < 5


DRAW = np.random.default_rng(2)
RISK = DRAW.uniform(0.02, 0.98, 120)
LONG = (DRAW.random(120) < RISK).astype(float)
WEIGHTS = DRAW.integers(0, 4, (5, 120)).astype(float)


def test_brier_agrees_with_scikit_learn():
    expected = [brier_score_loss(LONG, RISK, sample_weight=w) for w in WEIGHTS]

    np.testing.assert_allclose(brier(LONG, RISK, WEIGHTS), expected)


def test_log_loss_agrees_with_scikit_learn():
    expected = [sklearn_log_loss(LONG, RISK, sample_weight=w) for w in WEIGHTS]

    np.testing.assert_allclose(log_loss(LONG, RISK, WEIGHTS), expected)


def test_a_certain_risk_that_errs_costs_much_but_not_infinitely():
    loss = log_loss(np.array([1.0]), np.array([0.0]), np.ones((1, 1)))

    assert 20 < loss[0] < 30


def test_telling_everybody_the_base_rate_has_a_scaled_brier_of_nothing():
    base = np.full(120, LONG.mean())

    found = scaled_brier(LONG, base, np.ones((1, 120)))

    np.testing.assert_allclose(found, [0], atol=1e-12)


def test_telling_the_outcome_itself_has_a_scaled_brier_of_one():
    assert scaled_brier(LONG, LONG, np.ones((1, 120))).tolist() == [1.0]


def test_a_replicate_of_one_outcome_has_no_scaled_brier():
    only_long = LONG[None, :]

    assert np.isnan(scaled_brier(LONG, RISK, only_long)).all()


MEASURES = [(auc, roc_auc_score), (average_precision, average_precision_score)]


def _tied(seed, n=80):
    draw = np.random.default_rng(seed)
    risk = draw.integers(0, 9, n) / 10  # many ties
    return (draw.random(n) < 0.2 + 0.6 * risk).astype(float), risk, draw


@pytest.mark.parametrize(("ours", "reference"), MEASURES)
@pytest.mark.parametrize("seed", range(5))
def test_agrees_with_scikit_learn_in_every_replicate(ours, reference, seed):
    long, risk, draw = _tied(seed)
    weights = draw.integers(0, 4, (6, len(long))).astype(float)

    expected = [reference(long, risk, sample_weight=w) for w in weights]

    np.testing.assert_allclose(ours(long, risk, weights), expected, atol=1e-12)


def test_auc_of_four_cases_by_hand():
    long = np.array([0.0, 0.0, 1.0, 1.0])
    risk = np.array([0.1, 0.4, 0.4, 0.9])  # three pairs right, one tied

    assert auc(long, risk, np.ones((1, 4))).tolist() == [3.5 / 4]


def test_the_share_of_a_signal_by_hand():
    """Alone it has a quarter of the signal; without it .64 of it are left."""
    long = np.r_[np.ones(20), np.zeros(20)]
    cases = EvaluationCases.from_columns(long)
    whole = long
    alone = np.r_[np.ones(10), np.zeros(30)]  # AUC .75
    without = np.r_[np.ones(16), np.zeros(24)]  # AUC .9

    share = estimate_signal_share(cases, (whole,), alone=alone, without=without)
    assert share.value == pytest.approx((0.25 + 1 - 0.64) / 2)
    assert 0 < share.low < share.value < share.high < 1
    best = estimate_signal_share(cases, (alone, whole), alone=alone, without=without)
    assert best == share
    everything = estimate_signal_share(cases, (whole,), alone=whole, without=-whole)
    assert (everything.low, everything.value, everything.high) == (1, 1, 1)
    nothing = np.zeros(40)
    none = estimate_signal_share(cases, (nothing,), alone=nothing, without=nothing)
    assert none.value == 0


def test_the_share_of_a_signal_tells_nothing_of_fewer_than_five():
    long = np.r_[np.ones(4), np.zeros(60)]
    cases, score = EvaluationCases.from_columns(long), np.arange(64.0)

    share = estimate_signal_share(cases, (score,), alone=score, without=score)
    assert share.value is None
    assert share.note == f"{FEW} of one outcome"


def test_average_precision_of_four_cases_by_hand():
    long = np.array([0.0, 1.0, 0.0, 1.0])
    risk = np.array([0.1, 0.4, 0.6, 0.9])  # precision 1 at the first, 2/3 at the second

    found = average_precision(long, risk, np.ones((1, 4)))

    np.testing.assert_allclose(found, [(1 + 2 / 3) / 2])


@pytest.mark.parametrize("measure", [auc, average_precision])
def test_a_replicate_without_a_long_case_has_no_value(measure):
    found = measure(np.array([0.0, 1.0]), np.array([0.2, 0.3]), np.array([[2.0, 0.0]]))

    assert np.isnan(found).all()


def test_turning_the_risks_around_turns_the_auc_around():
    long, risk, _ = _tied(9)
    once = np.ones((1, len(long)))

    np.testing.assert_allclose(
        auc(long, risk, once) + auc(long, 1 - risk, once), 1, atol=1e-12
    )
