import json

import numpy as np
import pandas as pd
import pytest

from riskscreen.arrivals import name_units
from riskscreen.policy import (
    NOBODY,
    Places,
    Policy,
    policy_from_json,
    set_thresholds,
)
from tests.training.model_parts.test_arrival_counts import arrived, counted

BASE = 0.25


def risk_of(log_odds):
    return 1 / (1 + np.exp(-log_odds))


def weekly(policy, group):
    """Mean proposals a week among the arrivals of one year."""
    log_odds, units, _, _ = group
    return policy.propose(risk_of(log_odds), units).proposed.sum() / 52


@pytest.mark.slow
@pytest.mark.parametrize(("n", "places"), [(1352, 5), (5200, 14), (10400, 30)])
def test_expected_proposals_are_as_many_as_the_places(n, places):
    group = arrived(n)
    policy = set_thresholds(counted(group), Places("site", places), base_risk=BASE)
    assert weekly(policy, group) == pytest.approx(places, rel=0.05)
    assert policy.expect_proposals() == pytest.approx(places, rel=0.01)


def test_where_places_are_many_all_above_the_base_risk_are_proposed_and_nobody_else():
    group = arrived(2000)
    policy = set_thresholds(counted(group), Places("site", 500.0), base_risk=BASE)
    risk = risk_of(group[0])
    proposed = policy.propose(risk, group[1]).proposed
    assert np.array_equal(proposed, risk > BASE)
    assert not policy.propose([BASE], group[1][:1]).proposed.any()


def test_cases_of_another_base_risk_have_the_threshold_of_the_same_arrivals():
    """What the base risk of intake has raised comes down where the own one is lower."""
    group = arrived(2000)
    open_to = len(group[0]) * 0.4 / 52
    raised = set_thresholds(counted(group), Places("site", open_to), base_risk=0.6)
    by_arrivals = set_thresholds(counted(group), Places("site", open_to), base_risk=0)
    assert raised.threshold == 0.6 > by_arrivals.threshold
    assert raised.lift(0.01).threshold == by_arrivals.threshold
    assert by_arrivals.lift(0.6) == raised
    low = raised.lift(0.01).propose(risk_of(group[0]), group[1]).proposed
    assert low.sum() / 52 == pytest.approx(open_to, rel=0.05)


def test_a_model_whose_labels_are_too_old_proposes_nobody_and_has_no_threshold():
    group = arrived(2000)
    policy = set_thresholds(counted(group), Places("site", 5.0), base_risk=BASE)
    risk = risk_of(group[0])
    assert policy.propose(risk, group[1]).proposed.any()
    outdated = policy.propose(risk, group[1], outdated=True)
    assert not outdated.proposed.any()
    assert np.isnan(outdated.threshold).all()


def test_each_unit_fills_its_own_places():
    many, few = arrived(4000, town="Nord"), arrived(600, town="Syd")
    places = Places("municipality", 6.0)
    policy = set_thresholds(counted(many, few), places, base_risk=BASE)
    assert policy.thresholds["Nord"] > policy.thresholds["Syd"]
    assert weekly(policy, many) == pytest.approx(6, rel=0.05)
    above = (risk_of(few[0]) > BASE).sum() / 52
    assert weekly(policy, few) == pytest.approx(min(6, above), rel=0.05)


def test_a_small_unit_and_an_unknown_one_take_the_sites_threshold_and_say_so():
    policy = set_thresholds(
        counted(arrived(4000), arrived(40, town="Syd")),
        Places("municipality", 6.0),
        base_risk=BASE,
    )
    towns = pd.Series(["Nord", "Syd", "Vest"])
    found = policy.propose([0.9] * 3, name_units(towns, pd.Series(["A"] * 3)))
    assert found.by_site.tolist() == [False, True, True]
    assert found.threshold[1:].tolist() == [policy.threshold] * 2
    by_site = set_thresholds(
        counted(arrived(400)), Places("site", 2.0), base_risk=BASE
    ).propose([0.9], name_units(towns[:1], towns[:1]))
    assert not by_site.by_site.any()


def test_places_by_name_are_those_of_each_unit_and_none_proposes_nobody():
    places = Places("team", {"Nord/A": 3.0, "B": 0.0})
    groups = arrived(2000), arrived(2000, team="B"), arrived(2000, town="Syd")
    policy = set_thresholds(counted(*groups), places, base_risk=BASE)
    assert weekly(policy, groups[0]) == pytest.approx(3, rel=0.05)
    assert policy.thresholds["Nord/B"] == NOBODY
    assert weekly(policy, groups[1]) == 0
    # Nothing is stated of Syd/A: the site's threshold, of three places in all.
    assert "Syd/A" not in policy.thresholds
    assert places.total(policy.arrivals) == 3.0
    assert places.list_without(policy.arrivals) == []
    small = Places("team", {"Nord/A": 3.0, "Vest/A": 1.0, "C": 2.0})
    assert small.list_without(policy.arrivals) == ["Vest/A", "C"]


def test_a_team_named_with_its_municipality_takes_no_places_of_its_bare_name_too():
    arrivals = counted(arrived(400), arrived(400, town="Syd"))
    places = Places("team", {"A": 2.0, "Nord/A": 5.0})
    assert [places.find(unit) for unit in ("Nord/A", "Syd/A")] == [5.0, 2.0]
    assert places.total(arrivals) == 7.0
    alone = counted(arrived(400))
    assert places.list_without(alone) == ["A"]
    assert places.total(alone) == 7.0


def test_one_case_is_proposed_as_it_is_among_all():
    group = arrived(900)
    policy = set_thresholds(counted(group), Places("team", 2.0), base_risk=BASE)
    risk, units = risk_of(group[0]), group[1]
    together = policy.propose(risk, units)
    for k in range(0, 900, 50):
        alone = policy.propose(risk[[k]], units[[k]])
        assert alone.proposed[0] == together.proposed[k]
        assert alone.threshold[0] == together.threshold[k]


def test_without_places_or_a_shown_score_nobody_is_proposed():
    group = arrived(300)
    none = set_thresholds(counted(group), None, base_risk=BASE)
    found = none.propose(risk_of(group[0]), group[1])
    assert not found.proposed.any()
    assert np.isnan(found.threshold).all()
    undated = set_thresholds(None, Places("site", 2.0), base_risk=BASE)
    assert not undated.propose([0.99], group[1][:1]).proposed.any()
    some = set_thresholds(counted(group), Places("site", 2.0), base_risk=BASE)
    assert not some.propose([np.nan], group[1][:1]).proposed.any()


def test_more_places_lower_the_threshold():
    policy = set_thresholds(
        counted(arrived(3000)), Places("municipality", {"Nord": 4.0}), base_risk=BASE
    )
    twice = policy.scale_places(2)
    assert twice.places.per_week == {"Nord": 8.0}
    assert twice.thresholds["Nord"] < policy.thresholds["Nord"]
    assert Policy(BASE).scale_places(2) == Policy(BASE)


def test_a_policy_comes_back_from_json_as_it_was():
    for places in (Places("team", {"A": 2.0}, 3), Places("site", 4.0), None):
        policy = set_thresholds(counted(arrived(500)), places, base_risk=BASE)
        assert policy_from_json(json.loads(json.dumps(policy.to_json()))) == policy


def test_places_that_only_carry_longer_set_the_same_thresholds():
    assert Places("site", 4.0, 2).rests_on_the_same(Places("site", 4.0))
    assert not Places("site", 4.0).rests_on_the_same(Places("team", 4.0))
    assert not Places("site", 4.0).rests_on_the_same(None)
