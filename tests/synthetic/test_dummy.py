"""Dummy data of a specification have rows in every branch of it, and train."""

from functools import cache
from pathlib import Path

import pandas as pd
import pytest

from riskscreen.population.routes import RunDay, select_cohort
from riskscreen.readers.site import read_site
from riskscreen.rules.code_groups import read_shipped_code_table
from riskscreen.rules.states import drop_activation
from riskscreen.spec import (
    SHIPPED_MODELS,
    RunRoute,
    list_targets,
    read_specification,
)
from riskscreen.training import count_enough, prepare
from riskscreen.validation import check_cases
from riskscreen_synthetic.dummy import synthesise_dummy, write_dummy
from tests import landmarks
from tests.grouped import group_history
from tests.histories import index_of

ROOT = Path(__file__).parents[2]
SHIPPED = list_targets(SHIPPED_MODELS)
OTHERS = [
    "examples/german_sick_leave/specification.toml",
    "examples/us_compensation/specification.toml",
    "examples/french_jobseekers/specification.toml",
    "examples/sammen_om_fastholdelse/models/long_absence_employed.toml",
]
CASES = 700


@cache
def spec_of(name):
    if name.endswith(".toml"):
        return read_specification(ROOT / name)
    return read_specification(SHIPPED_MODELS / f"{name}.toml")


@cache
def site_of(name):
    return synthesise_dummy(spec_of(name), cases=CASES)


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    @cache
    def read(name):
        folder = tmp_path_factory.mktemp("dummy") / "site"
        folder.mkdir()
        write_dummy(site_of(name), folder)
        return prepare(spec_of(name), folder)

    return read


@pytest.mark.parametrize("name", [*SHIPPED, *OTHERS])
def test_every_level_flag_and_blank_has_rows(name):
    cases = site_of(name).cases
    for column, declared in spec_of(name).columns.items():
        cells = cases[column]
        if declared.type == "category":
            assert set(cells.dropna()) == set(declared.values), column
        if declared.type == "flag":
            assert set(cells.dropna()) == {True, False}, column
        if declared.type in ("number", "integer"):
            assert cells.nunique() > 1, column
        assert cells.isna().any() == declared.nullable, column


@pytest.mark.parametrize("name", [*SHIPPED, *OTHERS])
def test_a_fact_that_is_not_about_a_case_is_blank_and_stands_for_others(name):
    cases = site_of(name).cases
    for column, declared in spec_of(name).columns.items():
        if declared.applies_when is None:
            continue
        condition = declared.applies_when.condition
        facts = cases[condition.subject]
        facts = facts if facts.dtype == "str" else facts.astype("Float64")
        unmet = condition.find_unmet(facts.astype(object).where(facts.notna(), None))
        assert unmet.any(), column
        assert cases[column][unmet].isna().all(), column
        assert cases[column][~unmet].notna().any(), column


@pytest.mark.parametrize("name", [*SHIPPED, *OTHERS])
def test_every_route_of_a_training_takes_some(name, prepared):
    spec, data = spec_of(name), prepared(name)
    taken = set(data.routed["route"])
    asked = [r.name for r in spec.population.routes if not isinstance(r.when, RunRoute)]
    further = ["outside_population"] if spec.population.only else []
    further += ["already_over"] if spec.outcome.rule != "ready" else []
    assert [route for route in (*asked, *further) if route not in taken] == []
    assert len(data.cases) > CASES // 2


@pytest.mark.parametrize("name", SHIPPED)
def test_every_outcome_and_every_mapped_state_is_an_end(name, prepared):
    spec, data = spec_of(name), prepared(name)
    outcomes = set(data.outcomes["outcome"].astype(str))
    assert outcomes == {"long", "not long", "competing event", "censored"}
    ends = set(map(drop_activation, data.outcomes["end_group"].dropna()))
    states = spec.outcome.end_states.values()
    unseen = [s.words.en for s in states if not ends.intersection(s.code_groups)]
    assert unseen == []


@pytest.mark.parametrize("name", SHIPPED)
def test_every_group_of_the_history_has_weeks(name, prepared):
    spec, features = spec_of(name), prepared(name).features
    widest = max(spec.history.windows)
    weeks = {group: f"{group}_weeks_{widest}" for group in spec.history.groups}
    assert [g for g, column in weeks.items() if not (features[column] > 0).any()] == []
    assert (features[weeks["any_support"]] == 0).any()


@pytest.mark.parametrize("name", SHIPPED)
def test_every_audit_group_has_cases_and_some_cases_have_none(name):
    site, spec = site_of(name), spec_of(name)
    for column, declared in spec.audit.items():
        groups = set(site.audit[column])
        assert groups == set(declared.values) if declared.values else len(groups) > 1
    assert 0 < len(site.cases) - len(site.audit) < len(site.cases) / 10


@pytest.mark.parametrize("name", SHIPPED)
def test_every_route_takes_some_of_the_intake_also_those_of_a_run(name):
    spec, site = spec_of(name), site_of(name)
    checked = check_cases(spec, site.intake, file="intake", extract_date=site.extract)
    spells = group_history(site.history, read_shipped_code_table()).spells
    index = index_of(spec, spells, checked.kept)
    run = RunDay(site.extract)
    routed = select_cohort(spec, checked.kept, index, run=run).routed
    asked = [route.name for route in spec.population.routes]
    assert [route for route in asked if route not in set(routed["route"])] == []
    assert 0 < len(routed) < len(site.intake) / 2


@pytest.mark.parametrize("name", [*SHIPPED, *OTHERS])
def test_the_cases_teach_and_judge_and_no_row_is_set_aside(name, prepared):
    data = prepared(name)
    assert count_enough(data).test_cases > 0
    lost = data.attrition.set_index("step")["left"]
    assert lost[["unreadable", "set aside", "history"]].tolist() == [0, 0, 0]
    assert [note for note in data.notes if "set aside" in note] == []


def test_facts_of_landmarks_come_before_and_after_each_and_some_never():
    spec = landmarks.specification()
    site = synthesise_dummy(spec, cases=CASES)
    day = pd.Timestamp(site.extract)
    talk = site.cases["talk_on"]
    weeks = (talk - site.cases[spec.outcome.clock]).dt.days // 7
    assert talk.isna().any()
    assert (talk.dropna() <= day).all()
    for landmark in spec.landmarks:
        assert (weeks < landmark.week).any()
        assert (weeks >= landmark.week).any()
        since = (day - site.intake[spec.outcome.clock]).dt.days // 7
        assert (since >= landmark.week).any()


def test_the_same_seed_makes_the_same_site_and_another_one_another():
    spec = spec_of("long_benefit")
    one, same, other = (synthesise_dummy(spec, cases=300, seed=s) for s in (1, 1, 2))
    pd.testing.assert_frame_equal(one.cases, same.cases)
    pd.testing.assert_frame_equal(one.history, same.history)
    assert not one.cases.equals(other.cases)


def test_a_dummy_site_says_that_it_is_one(tmp_path):
    write_dummy(site_of("long_benefit"), tmp_path)
    assert read_site(tmp_path).synthetic
    # Held to its words: nobody who opens the folder may take it for people.
    assert "no row is about a real person" in (tmp_path / "PROVENANCE").read_text()
    assert not (tmp_path / "truth").exists()
