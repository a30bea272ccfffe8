from functools import cache
from pathlib import Path

import pandas as pd
import pytest

from riskscreen.history.reading import Asked, take_person_history
from riskscreen.outcomes import derive_outcomes
from riskscreen.population.routes import select_cohort
from riskscreen.rules.code_groups import read_shipped_code_table
from riskscreen.spec import read_specification
from riskscreen.validation import check_cases
from riskscreen_synthetic import synthesise_site
from riskscreen_synthetic.further_cases import FURTHER
from tests.histories import check_history

MODELS = Path(__file__).parents[2] / "models"
CASES = 700
RATES = {
    "long_benefit_again": (0.12, 0.32),
    "long_clarification": (0.25, 0.45),
    "short_flex_job": (0.15, 0.40),
}


@cache
def made():
    return synthesise_site(cases=CASES, every_target=True)


@cache
def followed(target):
    """The cohort of a target, and what became of each of it."""
    spec = read_specification(MODELS / f"{target}.toml")
    site = made()
    day = site.parameters["calendar"]["extract_date"]
    cases = check_cases(spec, site.targets[target].cases, file="cases").kept
    rows = site.history[site.history["person_id"].isin(cases["person_id"])]
    checked = check_history(rows, file="history", extract_date=day)
    persons = pd.Index(cases["person_id"].unique(), dtype="str")
    asked = Asked(spec, read_shipped_code_table(), persons, "history", day)
    history = take_person_history([checked], asked, extract_date=day)
    cohort = select_cohort(spec, cases, history.index)
    outcomes = derive_outcomes(spec, cohort.scored, history.index, extract_date=day)
    return cohort, outcomes


def test_a_site_has_the_further_targets_where_they_are_asked_for():
    assert set(RATES) == set(FURTHER)
    assert set(FURTHER) < set(made().targets)
    assert not set(FURTHER) & set(synthesise_site(cases=20).targets)


def test_the_other_targets_are_the_same_with_and_without_the_further_ones():
    plain = synthesise_site(cases=CASES)
    for name, target in plain.targets.items():
        pd.testing.assert_frame_equal(target.cases, made().targets[name].cases)


@pytest.mark.parametrize("target", sorted(RATES))
def test_every_further_target_has_a_base_rate_that_can_be_learnt(target):
    cohort, outcomes = followed(target)
    assert len(cohort.scored) > 0.9 * CASES
    known = outcomes["outcome"][outcomes["outcome"] != "censored"]
    low, high = RATES[target]
    assert low < (known == "long").mean() < high
    assert (known == "competing event").any()


def test_a_flex_job_that_ended_may_have_begun_again_by_the_horizon():
    _, outcomes = followed("short_flex_job")
    ended = outcomes[outcomes["outcome"] == "long"]
    assert "ledighedsydelse" in set(ended["end_group"])
