import pytest
from pydantic import ValidationError

from riskscreen.spec import UNITS
from tests import small_site

NOBODY_ROUTED = {"who": small_site.words("people"), "routes": []}


def column(**more):
    return {
        "type": "flag",
        "label": small_site.words("fact"),
        "idea": "facts",
        "known": "at_decision",
        **more,
    }


def faults_of(**columns):
    with pytest.raises(ValidationError) as refused:
        small_site.specification(columns=columns, population=NOBODY_ROUTED)
    return {
        ".".join(map(str, error["loc"])): error["msg"]
        for error in refused.value.errors()
    }


def test_every_unit_is_written_in_lower_case():
    assert all(unit == unit.lower() for unit in UNITS)


def test_whom_a_column_is_about_is_decided_by_a_feature_that_is_about_everybody():
    on_job = {"column": "job", "is": [True]}
    found = faults_of(
        job=column(),
        notice=column(applies_when=on_job),
        notice_in_writing=column(applies_when={"column": "notice", "is": [True]}),
        years=column(applies_when={"column": "jbo", "is": [True]}),
    )
    assert found.keys() == {
        "columns.notice_in_writing.applies_when.column",
        "columns.years.applies_when.column",
    }
    assert "did you mean 'job'" in found["columns.years.applies_when.column"]


def test_a_column_that_is_not_about_everybody_may_be_blank():
    on_job = {"column": "job", "is": [True]}
    found = faults_of(job=column(), notice=column(applies_when=on_job, nullable=False))
    assert list(found) == ["columns.notice.applies_when"]


@pytest.mark.parametrize("more", [{}, {"role": "route", "nullable": False}])
def test_a_site_may_not_leave_out_what_every_score_needs(more):
    assert list(faults_of(fact=column(optional=True, **more))) == [
        "columns.fact.optional"
    ]


def test_a_tick_that_not_every_intake_has_may_be_left_out():
    tick = column(role="route", optional=True)
    spec = small_site.specification(
        columns={"job": column(), "tick": tick}, population=NOBODY_ROUTED
    )
    assert spec.columns["tick"].optional


def fact(**more):
    return column(role="fact", type="integer", unit="count", **more)


@pytest.mark.parametrize(
    "claim",
    [
        {"nullable": False},
        {"informative_missing": True},
        {"changeable": True},
        {"barrier": False},
        {"monotone": "increasing"},
    ],
)
def test_a_fact_claims_no_part_in_a_score(claim):
    spec = small_site.specification(
        columns={"job": column(), "noted": fact()}, population=NOBODY_ROUTED
    )
    assert spec.columns["noted"].role == "fact"
    found = faults_of(job=column(), noted=fact(**claim))
    assert list(found) == [f"columns.noted.{next(iter(claim))}"]
    assert "remove it" in found["columns.noted." + next(iter(claim))]


def test_no_fact_decides_who_is_scored():
    route = {
        "name": "noted",
        "when": {"column": "noted", "at_least": 1},
        "words": small_site.words("noted"),
    }
    people = {**NOBODY_ROUTED, "only": {"noted": 1}, "routes": [route]}
    with pytest.raises(ValidationError) as refused:
        small_site.specification(
            columns={"job": column(), "noted": fact()}, population=people
        )
    told = {error["loc"]: error["msg"] for error in refused.value.errors()}
    assert told.keys() == {
        ("population", "only"),
        ("population", "routes", 0, "when", "column"),
    }
    assert all("no fact decides" in words for words in told.values())


def caseworker(**more):
    return column(type="code", role="caseworker", idea=None, **more)


def test_a_caseworker_is_one_short_code_that_nothing_is_made_of():
    spec = small_site.specification(
        columns={"job": column(), "owner": caseworker()}, population=NOBODY_ROUTED
    )
    assert spec.caseworker == "owner"
    assert "owner" not in {**spec.kept_columns(), **spec.features()}
    assert list(faults_of(job=column(type="code"))) == ["columns.job.type"]
    text = caseworker() | {"type": "flag"}
    assert list(faults_of(job=column(), owner=text)) == ["columns.owner.type"]
    two = faults_of(job=column(), owner=caseworker(), other=caseworker())
    assert list(two) == ["columns.other"]
    claims = faults_of(job=column(), owner=caseworker(changeable=True))
    assert list(claims) == ["columns.owner.changeable"]


def test_a_fact_needs_a_page_of_a_dated_case():
    undated = small_site.by_period()
    columns = {name: held.model_dump() for name, held in undated.columns.items()}
    content = undated.model_dump(by_alias=True) | {"columns": {**columns, "n": fact()}}
    with pytest.raises(ValidationError, match="a fact stands beside deadlines"):
        type(undated).model_validate(content)
