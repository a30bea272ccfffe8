"""A fault costs what its column is worth: a note, the fact alone, or the row."""

import pytest

from tests.field import base
from tests.field.doors import score_frames

pytestmark = pytest.mark.slow


def with_cell(column, text):
    cases = base.cases()
    cases[0][column] = text
    return cases


def test_a_fault_in_a_column_that_no_score_reads_is_a_note(intake, clean):
    run = intake.score(with_cell("visitation_category", "nine"))
    assert run.finished
    assert run.risks() == clean.risks()
    assert "visitation_category" in run.said
    assert "nine" not in run.said


OPTIONAL = {
    "seniority_years": "many",
    "travel_km": "9999",
    "main_cause": "Stress",
    "manual_work": "perhaps",
    "problem_domains": "2,5",
}


@pytest.mark.parametrize(("column", "text"), OPTIONAL.items())
def test_an_optional_fact_that_cannot_be_read_is_scored_without_it(
    intake, clean, column, text
):
    run = intake.score(with_cell(column, text))
    blank = intake.score(with_cell(column, ""))
    assert "S0000101" in run.scores
    assert run.risks() == blank.risks()
    rest = {c: r for c, r in run.risks().items() if c != "S0000101"}
    assert rest == {c: clean.risks()[c] for c in rest}
    assert column in run.said
    assert text not in run.said.split()


@pytest.mark.parametrize(
    ("column", "text"),
    {
        "age_at_intake": "four",
        "employed_at_intake": "",
        "decision_date": "31-02-2024",
        "person_id": "",
        "case_id": "",
        "standby_case": "perhaps",
    }.items(),
)
def test_a_fault_in_what_must_be_there_sets_the_row_aside(intake, clean, column, text):
    run = intake.score(with_cell(column, text))
    assert run.code == 3
    assert len(run.set_aside) == 1
    assert "S0000101" not in run.scores
    assert run.risks() == {c: r for c, r in clean.risks().items() if c != "S0000101"}


def test_the_python_door_says_the_same(loaded, frames):
    cases, history = frames
    cases.loc[0, "travel_km"] = "9999"
    batch = score_frames(loaded, cases, history)
    cases.loc[0, "travel_km"] = ""
    assert batch.risks() == score_frames(loaded, cases, history).risks()


def test_a_whole_optional_column_that_cannot_be_read_is_told_or_refused(intake):
    cases = [row | {"travel_km": "far"} for row in base.cases()]
    run = intake.score(cases)
    assert run.refused or "travel_km" in run.said
