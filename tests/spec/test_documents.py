"""What the cited documents say of single columns, as the specifications have it."""

from pathlib import Path

import pytest

from riskscreen.features.catalogue import list_features
from riskscreen.features.reason_catalogue import list_reasons
from riskscreen.readers.site_toml import read_site_file
from riskscreen.spec import ColumnCondition, read_specification
from riskscreen_synthetic import read_parameters

ROOT = Path(__file__).parents[2]
SICK_LISTED = ("long_absence", "long_unemployment")


def spec(target):
    return read_specification(ROOT / "models" / f"{target}.toml")


def column(target, name):
    return spec(target).columns[name]


def route(target, name):
    (found,) = [r for r in spec(target).population.routes if r.name == name]
    return found


def test_hours_are_those_of_the_last_internship_for_no_team_writes_hours_any_more():
    columns = spec("long_benefit").columns
    assert "assessed_weekly_hours" not in columns
    hours = columns["internship_weekly_hours"]
    assert hours.label.da == "arbejdstid i seneste praktik"
    assert hours.known == "before_decision"


@pytest.mark.parametrize("target", SICK_LISTED)
def test_difficulties_are_counted_among_three_that_are_named_and_may_be_none(target):
    domains = column(target, "problem_domains")
    assert (domains.minimum, domains.maximum) == (0, 3)
    for area in ("fysiske", "psykiske", "sociale"):
        assert area in domains.label.da


@pytest.mark.parametrize(
    "name",
    ["informed_at_meeting", "consultant_at_meeting", "days_waiting_for_meeting"],
)
def test_what_happened_before_the_grant_cannot_be_changed(name):
    assert not column("long_benefit", name).changeable


def test_no_specification_states_places_and_the_example_states_those_of_roskilde():
    for path in (ROOT / "models").glob("*.toml"):
        assert "per_week" not in path.read_text("utf-8")
    stated = read_site_file(ROOT / "examples" / "foenix" / "site")
    attached_in_a_year, attached_at_a_time = 1150, 425
    derived = (attached_in_a_year - attached_at_a_time) / 52
    assert stated.places["long_absence"].per_week == round(derived) == 14


def test_a_prior_resource_course_has_no_direction_and_job_clarification_has():
    features = {f.name: f for f in list_features(spec("long_benefit"))}
    course = [f for n, f in features.items() if n.startswith("resource_course_")]
    assert course
    assert all(f.monotone is None for f in course)
    assert features["clarification_weeks_52"].monotone == "increasing"
    groups = spec("long_benefit").history.groups
    assert groups["clarification"].code_groups == ("jobafklaring",)


def test_it_is_work_capacity_that_fluctuates():
    assert column("long_benefit", "fluctuating_capacity").label.da == (
        "svingende arbejdsevne"
    )


def test_no_job_wish_is_told_from_one_that_nobody_could_put_words_to():
    columns = spec("long_benefit").columns
    assert columns["job_wishes_stated"].minimum == 0
    assert columns["could_not_state_wishes"].type == "flag"
    assert columns["could_not_state_wishes"].monotone == "increasing"


def test_the_exemption_from_a_cv_is_an_administrative_fact():
    columns = spec("long_benefit").columns
    assert "help_with_cv" not in columns
    exempt = columns["exempt_from_jobnet_cv"]
    assert exempt.label.da.startswith("fritaget for CV")
    assert not exempt.changeable


@pytest.mark.slow
@pytest.mark.parametrize("target", SICK_LISTED)
@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("medical_exception", ("doctor_advises_against", "brain_injury", "cancer")),
        ("job_ends_soon", (True,)),
        ("seriously_ill", (True,)),
    ],
)
def test_an_exception_routes_where_intake_has_its_tick_and_is_asked_of_nobody(
    target, name, values
):
    tick = column(target, name)
    assert (tick.role, tick.optional, tick.nullable) == ("route", True, True)
    when = route(target, name).when
    assert isinstance(when, ColumnCondition)
    assert (when.column, when.is_) == (name, values)


@pytest.mark.slow
@pytest.mark.parametrize("target", SICK_LISTED)
@pytest.mark.parametrize("name", ["social_chapter_months", "social_chapter_agreement"])
def test_of_a_retention_flex_job_there_are_facts_and_no_risk_is_claimed(target, name):
    fact = column(target, name)
    assert (fact.role, fact.optional, fact.nullable) == ("fact", True, True)
    assert fact.applies_when.column == "employed_at_intake"
    assert name not in {f for r in list_reasons(spec(target)) for f in r.features}
    asked = {r.when.column for r in spec(target).population.routes
             if isinstance(r.when, ColumnCondition)}  # fmt: skip
    assert name not in asked
    assert "retention_flex_job_condition" in spec(target).deadlines


@pytest.mark.slow
@pytest.mark.parametrize("target", SICK_LISTED)
def test_a_standby_case_is_one_kind_of_severe_illness_and_not_the_only_one(target):
    names = [r.name for r in spec(target).population.routes]
    assert names.index("standby") < names.index("seriously_ill")
    assert route(target, "standby").when.column == "standby_case"


@pytest.mark.slow
@pytest.mark.parametrize("target", SICK_LISTED)
@pytest.mark.parametrize("name", ["travel_km", "cannot_travel_alone"])
def test_a_hindrance_to_the_talk_has_no_direction_for_the_absence(target, name):
    reasons = {r.name: r for r in list_reasons(spec(target))}
    assert reasons[name].idea == "practical"
    assert column(target, name).monotone is None


@pytest.mark.parametrize("shape", ["default", "other"])
def test_shares_measured_among_the_referred_are_assumed_of_all_sick_listed(shape):
    lines = read_parameters(shape).lines
    for name in ("citizens.age_mean", "absence.intake.cause_shares"):
        (line,) = [line for line in lines if name in line.split()]
        assert line.startswith("assumed ")
        assert "measured among the referred" in line or shape == "other"
