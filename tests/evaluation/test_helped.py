import numpy as np
import pytest
from scipy.special import expit

from riskscreen.evaluation import Bootstrap, EvaluationCases, estimate_metrics
from riskscreen.evaluation.helped import assign_strata, weigh_unhelped


def slow_weight(case, stratum, days, helped):
    """The product, over the days before a case's own, of the share left unhelped."""
    left = 1.0
    for day in sorted(set(days)):
        if day >= days[case]:
            break
        own = [i for i in range(len(days)) if stratum[i] == stratum[case]]
        at_risk = [i for i in own if days[i] >= day]
        begun = [i for i in at_risk if helped[i] and days[i] == day]
        if at_risk:
            left *= 1 - len(begun) / len(at_risk)
    return 0.0 if helped[case] else 1 / left


def test_weights_agree_with_a_plain_product_over_days():
    draw = np.random.default_rng(4)
    stratum = draw.integers(0, 3, 120)
    days = draw.integers(1, 12, 120).astype(float)
    helped = draw.random(120) < 0.3
    plain = [slow_weight(i, stratum, days, helped) for i in range(120)]
    assert weigh_unhelped(stratum, days, helped) == pytest.approx(plain)


def test_where_help_can_come_until_the_horizon_weights_are_of_the_share_not_helped():
    helped = np.array([True, True, True, False])
    days = np.array([10.0, 20.0, 30.0, 182.0])
    assert weigh_unhelped(np.zeros(4, int), days, helped).tolist() == [0, 0, 0, 4]


def test_whoever_was_well_before_help_could_begin_stands_for_nobody_else():
    days = np.array([5.0, 30.0, 182.0, 182.0])
    helped = np.array([False, True, False, False])
    weights = weigh_unhelped(np.zeros(4, int), days, helped)
    assert weights == pytest.approx([1, 0, 1.5, 1.5])
    assert weights.sum() == pytest.approx(4)


def test_a_stratum_of_which_all_were_helped_is_stood_for_by_nobody():
    weights = weigh_unhelped(np.zeros(2, int), np.array([3.0, 9.0]), np.ones(2, bool))
    assert weights.tolist() == [0, 0]


def test_strata_are_tenths_by_risk_and_the_proposed_apart():
    risk = np.linspace(0.01, 0.99, 1_000)
    assert np.bincount(assign_strata(risk)).tolist() == [100] * 10
    proposed = risk > 0.85
    apart = assign_strata(risk, proposed)
    assert sorted(set(apart[proposed])) == [17, 19]
    assert set(assign_strata(risk[:99])) == {0}


@pytest.mark.slow
def test_weighted_figures_are_those_of_a_world_without_help():
    """Help goes to high risks, of open cases alone, and halves what is long of them."""
    draw, n = np.random.default_rng(11), 20_000
    risk = expit(draw.normal(-0.7, 1.0, n))
    long = draw.random(n) < risk
    ends = np.where(long, 182.0, draw.integers(1, 150, n))
    asked = draw.integers(5, 60, n).astype(float)
    wanted = draw.random(n) < np.where(risk > 0.45, 0.7, 0.1)
    helped = wanted & (asked < ends)
    seen = np.where(helped & (draw.random(n) < 0.5), False, long)
    days = np.where(helped, asked, ends)
    weights = weigh_unhelped(assign_strata(risk, risk > 0.45), days, helped)
    assert weights.sum() == pytest.approx(n, rel=0.01)
    few = Bootstrap(10)  # of a figure its value alone is asked for here
    need = estimate_metrics(EvaluationCases.from_columns(long), risk, bootstrap=few)
    who = ~helped
    weighed = EvaluationCases.from_columns(seen[who], weight=weights[who])
    found = estimate_metrics(weighed, risk[who], bootstrap=few)
    blind = EvaluationCases.from_columns(seen[who])
    plain = estimate_metrics(blind, risk[who], bootstrap=few)
    for name in ("auc", "base_rate", "observed_minus_expected"):
        assert found[name].value == pytest.approx(need[name].value, abs=0.01)
        assert abs(plain[name].value - need[name].value) > 0.015
