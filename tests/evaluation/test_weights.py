"""A case of weight two is two cases: every figure, beside the plain repetition."""

import numpy as np
import pandas as pd
import pytest

from riskscreen.errors import TableError
from riskscreen.evaluation import (
    Bootstrap,
    EvaluationCases,
    ProposedCases,
    compare,
    evaluate_risk,
)
from riskscreen.evaluation.fairness import Groupings, evaluate_fairness
from riskscreen.evaluation.policy_figures import compute_gain_curve
from riskscreen.spec import Gates

RNG = np.random.default_rng(0)
RISK = RNG.uniform(0.05, 0.95, 240)
LONG = (RNG.random(240) < RISK).astype(float)
WEIGHT = RNG.integers(1, 4, 240)
TWICE = np.repeat(np.arange(240), WEIGHT)
FLAGS = RISK > 0.6
GROUP = np.where(np.arange(240) % 3, "a", "b")
QUICK = Bootstrap(20)

WEIGHTED = EvaluationCases.from_columns(LONG, weight=WEIGHT)
REPEATED = EvaluationCases.from_columns(LONG[TWICE])


def figures(cases, risk, flags):
    found = evaluate_risk(
        cases,
        risk,
        proposed=ProposedCases.from_flags(flags),
        rules={"rule": 1 - risk},
        bootstrap=QUICK,
    )
    # The knots of the curve lie at quantiles of the cases as they are.
    curve = ("ici", "e50", "e90", "emax")
    estimates = {**found.estimates, **found.capacity.estimates}
    benefit = {(b.strategy, b.threshold): b.value for b in found.net_benefit}
    named = {n: e.value for n, e in estimates.items() if n not in curve} | {
        key: value for key, value in benefit.items() if key[0] != "rule_at_capacity"
    }
    return {key: value for key, value in named.items() if value is not None}


def test_every_figure_of_weighted_cases_is_that_of_repeated_ones():
    weighted = figures(WEIGHTED, RISK, FLAGS)
    repeated = figures(REPEATED, RISK[TWICE], FLAGS[TWICE])
    assert {"auc", "brier", "calibration_slope", "true_positives"} <= weighted.keys()
    same = weighted.keys() & repeated.keys()
    assert len(same) > 40
    assert {key: weighted[key] for key in same} == pytest.approx(
        {key: repeated[key] for key in same}, abs=1e-6
    )


def test_the_cases_that_are_counted_and_people_drawn_stay_the_cases_themselves():
    found = evaluate_risk(WEIGHTED, RISK, bootstrap=QUICK)
    assert found.n == found.estimates["auc"].n == 240
    kept = WEIGHTED.subset(FLAGS)
    assert kept.weight.tolist() == WEIGHT[FLAGS].tolist()


def test_a_comparison_weighs_both_models_alike():
    other = np.sqrt(RISK)
    weighted = compare(WEIGHTED, RISK, other, bootstrap=QUICK)
    repeated = compare(REPEATED, RISK[TWICE], other[TWICE], bootstrap=QUICK)
    for name, difference in weighted.differences.items():
        assert difference.value == pytest.approx(repeated.differences[name].value)


def test_groups_are_weighed_by_their_own_cases():
    def rate(cases, risk, group):
        groups = Groupings(pd.DataFrame({"group": group}))
        found = evaluate_fairness(
            cases, risk, groups, proposed=None, gates=Gates(), bootstrap=QUICK
        )
        errors = {g.name: g.error.value for g in found.gated}
        return errors, [g.estimates["base_rate"].value for g in found.groups]

    errors, rates = rate(WEIGHTED, RISK, GROUP)
    _, repeated = rate(REPEATED, RISK[TWICE], GROUP[TWICE])
    assert rates == pytest.approx(repeated)
    assert errors.keys() == {"group a", "group b"}


def test_the_bins_and_the_gain_are_of_all_that_the_cases_stand_for():
    bins = evaluate_risk(WEIGHTED, RISK, bootstrap=QUICK).bins
    assert sum(b.n for b in bins) == 240
    inside = np.sort(RISK)[: bins[0].n]
    first = np.isin(RISK, inside)
    share = np.average(LONG[first], weights=WEIGHT[first])
    assert bins[0].share == pytest.approx(share)
    assert bins[0].low < share < bins[0].high
    steps = [(4.0, ProposedCases.from_flags(FLAGS))]
    (gain,) = compute_gain_curve(WEIGHTED, steps, places=4.0)
    assert gain.model == pytest.approx(WEIGHT @ (LONG * FLAGS) / (WEIGHT @ LONG))
    assert gain.chance == pytest.approx(WEIGHT @ FLAGS / WEIGHT.sum())


def test_few_cases_are_hidden_however_much_they_weigh():
    long = np.r_[np.ones(4), np.zeros(96)]
    cases = EvaluationCases.from_columns(long, weight=np.full(100, 3.0))
    proposed = ProposedCases.from_flags(long)
    found = evaluate_risk(cases, np.full(100, 0.1), proposed=proposed, bootstrap=QUICK)
    assert found.capacity.estimates["true_positives"].value is None
    assert found.estimates["base_rate"].value is None


@pytest.mark.parametrize("wrong", [[1.0, 0.0], [1.0, np.nan], [1.0, np.inf]])
def test_a_weight_is_above_nothing_and_known(wrong):
    with pytest.raises(TableError, match=r"1 of 2 .*not above 0"):
        EvaluationCases.from_columns([0, 1], weight=wrong)
