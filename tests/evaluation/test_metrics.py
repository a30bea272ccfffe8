"""The whole evaluation: every figure, no NaN, nothing that tells of too few people."""

import json
import time

import numpy as np
import pandas as pd
import pytest

from riskscreen.evaluation import (
    Bootstrap,
    Capacity,
    EvaluationCases,
    evaluate,
    figures_table,
)


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


def test_every_figure_has_a_value_within_its_interval():
    judged, risk = _cases()

    found = evaluate(judged, risk, capacity=Capacity(per_week=5))

    for figure in (*found.figures, *found.capacity.figures):
        assert figure.low <= figure.value <= figure.high, figure.name
    assert found.n == 400
    assert found.n_people == len(set(judged.person))


def test_everything_is_json_without_nan_whatever_is_missing():
    judged, risk = _cases()
    no_dates = EvaluationCases.from_columns(judged.long)
    rare = EvaluationCases.from_columns(np.r_[np.ones(3), np.zeros(37)])
    for cases, told in ((judged, risk), (no_dates, risk), (rare, np.full(40, 0.1))):
        found = evaluate(
            cases, told, capacity=Capacity(per_week=5), bootstrap=Bootstrap(20)
        )
        assert json.dumps(found.to_dict(), allow_nan=False)
        assert not any("nan" in text for text in figures_table(found)["text"])


def test_rules_are_judged_at_the_same_capacity():
    judged, risk = _cases()
    draw = np.random.default_rng(0)
    rules = {"long_history": draw.random(400) < 0.5, "noisy": risk * 0.5 + 0.1}

    found = evaluate(judged, risk, capacity=Capacity(per_week=5), rules=rules)

    hits = {
        name: at["true_positives"].value for name, at in found.rules_at_capacity.items()
    }
    assert hits["noisy"] == found.capacity["true_positives"].value  # the same ranking
    assert hits["long_history"] < hits["noisy"]
    assert {row.strategy for row in found.net_benefit} >= {"long_history", "noisy"}
    assert {row.strategy for row in found.advantage} >= {"long_history", "flag_all"}
    assert found.extra_true_positives["noisy"].value == 0
    assert found.extra_true_positives["long_history"].low > 0


def test_fewer_than_five_long_cases_tell_nothing_about_them():
    judged = EvaluationCases.from_columns(np.r_[np.ones(4), np.zeros(60)])

    found = evaluate(judged, np.linspace(0.1, 0.6, 64), bootstrap=Bootstrap(20))

    shown = {f.name for f in found.figures if f.value is not None}
    assert shown == {"mean_risk"}
    assert found["auc"].text() == "not available (fewer than 5 people of one outcome)"
    assert (found.bins, found.curve) == ((), ())


def test_a_constant_risk_has_no_slope_and_says_so():
    judged, _ = _cases()

    found = evaluate(judged, np.full(400, 0.3), bootstrap=Bootstrap(20))

    assert found["calibration_slope"].value is None
    assert found["auc"].value == 0.5
    assert found["ici"].value == pytest.approx(abs(judged.long.mean() - 0.3))


def test_swapped_labels_show_as_an_auc_below_half_and_a_negative_slope():
    judged, risk = _cases()

    found = evaluate(EvaluationCases.from_columns(1 - judged.long), risk)

    assert found["auc"].high < 0.5
    assert found["calibration_slope"].high < 0


def test_the_same_seed_gives_the_same_figures():
    judged, risk = _cases()
    first, again = (
        evaluate(judged, risk, bootstrap=Bootstrap(20, seed=4)) for _ in range(2)
    )

    assert first.to_dict() == again.to_dict()


def test_an_unknown_figure_is_named_with_those_there_are():
    judged, risk = _cases()

    with pytest.raises(KeyError, match="roc; the figures are"):
        evaluate(judged, risk, bootstrap=Bootstrap(5))["roc"]


@pytest.mark.slow
def test_five_thousand_cases_are_judged_in_seconds():
    """About one second alone on a quiet core; five leaves room for busy neighbours."""
    judged, risk = _cases(5000)
    start = time.process_time()

    evaluate(judged, risk, capacity=Capacity(per_week=14))

    assert time.process_time() - start < 5
