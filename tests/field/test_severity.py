"""A fault costs what its column is worth: a note, the fact alone, or the row."""

import pytest

from tests.field import base
from tests.field.doors import score_frames

pytestmark = pytest.mark.slow


def with_cells(texts):
    """The base with one cell of each column changed, each in a row of its own."""
    cases = base.cases()
    for row, (column, text) in zip(cases, texts.items(), strict=False):
        row[column] = text
    return cases


def spared(clean, rows):
    """The risks of the clean base without its first *rows*."""
    touched = {row["case_id"] for row in base.cases()[:rows]}
    return {case: r for case, r in clean.risks().items() if case not in touched}


def test_a_fault_in_a_column_that_no_score_reads_is_a_note(intake, clean):
    run = intake.score(with_cells({"visitation_category": "nine"}))
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


def test_optional_facts_that_cannot_be_read_are_scored_without_them(intake, clean):
    run = intake.score(with_cells(OPTIONAL))
    blank = intake.score(with_cells(dict.fromkeys(OPTIONAL, "")))
    assert run.risks() == blank.risks()
    assert set(run.scores) == set(clean.scores)
    untouched = spared(clean, len(OPTIONAL))
    assert untouched.items() <= run.risks().items()
    for column, text in OPTIONAL.items():
        assert column in run.said
        assert text not in run.said.split()


REQUIRED = {
    "age_at_intake": "four",
    "employed_at_intake": "",
    "decision_date": "31-02-2024",
    "person_id": "",
    "case_id": "",
    "standby_case": "perhaps",
}


def test_a_fault_in_what_must_be_there_sets_the_row_aside(intake, clean):
    run = intake.score(with_cells(REQUIRED))
    assert run.code == 3
    assert len(run.set_aside) == len(REQUIRED)
    assert run.risks() == spared(clean, len(REQUIRED))


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
