import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from riskscreen.documents.cards.record import to_json
from riskscreen.policy import Places
from riskscreen.training import train
from riskscreen.training.studies.ablation import Ablation, ablate_columns
from tests.made_up import drawn, prepared_of, specification, values_of

pytestmark = pytest.mark.slow

N = 4000
SPEC = specification(
    estimator={"candidates": ["logistic"], "penalties": [10.0]},
    gates={"evaluated_by": ["branch"]},
    audit={
        "held_by_site": {"label": {"da": "gruppe", "en": "the group"}},
        "visit_band": {
            "label": {"da": "besøg", "en": "visits"},
            "values": ["none", "few", "many"],
            "merged": {"visited": {"never": ["none"], "some": ["few", "many"]}},
            "bands_of": "visits",
        },
    },
)


def _band(visits):
    return np.select([visits == 0, visits <= 2], ["none", "few"], "many")


@pytest.fixture(scope="module")
def prepared():
    """A group of great need that no feature tells of, and bands of one that is seen."""
    table, log_odds = values_of(N)
    needy = np.random.default_rng(4).random(N) < 0.25
    table["visits"] = table["visits"].fillna(0)
    log_odds = log_odds + 1.2 * needy + 0.6 * (table["branch"] == 1)
    long = drawn(np.asarray(log_odds + 0.7 * (table["visits"] > 2)))
    made = prepared_of(N, spec=SPEC, table=table, long=long)
    cases = made.cases.assign(branch=table["branch"].map(dict(enumerate("abcd"))))
    audit = pd.DataFrame(
        {
            "held_by_site": np.where(needy, "needy", "others"),
            "visit_band": _band(table["visits"].to_numpy()),
        }
    )
    # Few enough places that those who are missed are more than a few.
    return replace(made, cases=cases, audit=audit, places=Places("site", 4.0))


@pytest.fixture(scope="module")
def found(prepared):
    return {one.column: one for one in ablate_columns(prepared, train(prepared))}


def _of(groups, value):
    return next(group for group in groups if group.values == (value,))


def test_a_group_whose_need_the_model_may_not_see_is_under_served(found):
    one = found["held_by_site"]
    assert one.feature is None
    assert _of(one.effect, "needy").estimates["false_negative_rate"].low > 0.05
    assert _of(one.effect, "others").estimates["false_negative_rate"].high < 0
    assert one.comparison.differences["auc"].high < 0
    assert one.words.startswith("Highest need: needy")
    assert "they are under-served" in one.words


def test_without_places_both_propose_the_highest_tenth(prepared):
    bare = replace(prepared, places=None)
    result = train(bare)
    found = {one.column: one for one in ablate_columns(bare, result)}
    groups = found["held_by_site"].seeing
    selected = sum(group.estimates["selected"].value for group in groups)
    assert selected == round(0.1 * len(result.test_cases))


def test_leaving_a_feature_out_is_told_for_its_own_groups(found):
    one = found["branch"]
    assert one.feature == "branch"
    assert {group.values[0] for group in one.effect} >= {"a", "b", "c", "d"}
    assert one.words.startswith("Highest need: b")
    assert _of(one.effect, "b").estimates["false_negative_rate"].low > 0


def test_bands_tell_of_the_feature_that_they_are_bands_of(found):
    one = found["visit_band"]
    assert one.feature == "visits"
    by = {group.by[0] for group in one.effect}
    assert by == {"visit_band", "visited"}
    assert _of(one.effect, "many").estimates["false_negative_rate"].low > 0


def test_it_is_plain_json_told_in_a_line_per_column(found, prepared):
    told = json.dumps([to_json(one) for one in found.values()], allow_nan=False)
    assert not [c for c in prepared.cases["case_id"] if f'"{c}"' in told]
    assert len(list(Ablation(tuple(found.values())).describe())) == len(found) == 3


def test_a_column_of_too_many_values_over_the_years_is_told_of_by_those_of_the_test():
    made = prepared_of(N, spec=SPEC)
    newest = np.arange(N) >= 3 * N // 4
    place = np.where(newest, np.arange(N) % 2, np.arange(N) % 150)
    audit = pd.DataFrame({"held_by_site": [f"place {p}" for p in place]})
    audit["visit_band"] = "none"
    site = replace(made, audit=audit)
    told = {one.column: one for one in ablate_columns(site, train(site))}
    assert {g.values[0] for g in told["held_by_site"].seeing} == {"place 0", "place 1"}


def test_cases_that_all_stand_for_as_many_are_fitted_as_those_that_stand_for_one():
    """The penalty is a prior: what a case stands for must not weaken it."""
    made = prepared_of(800, spec=SPEC)
    audit = pd.DataFrame({"held_by_site": np.where(np.arange(800) % 3, "a", "b")})
    site = replace(made, audit=audit.assign(visit_band="none"))

    def tell(weight):
        weighed = replace(site, outcomes=site.outcomes.assign(weight=weight))
        one = ablate_columns(weighed, train(weighed))[0]
        return {name: each.value for name, each in one.comparison.differences.items()}

    assert tell(50.0) == pytest.approx(tell(1.0), abs=1e-9)
