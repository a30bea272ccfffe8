"""A join that meets nobody, or everybody, is not believed."""

import unicodedata

import pytest

from tests.field import base
from tests.field.base import changed, copies
from tests.field.doors import score_frames


def spelt(rows, persons, write):
    """*rows* with the persons among *persons* written otherwise."""
    return [
        row | {"person_id": write(row["person_id"])}
        if row["person_id"] in persons
        else row
        for row in rows
    ]


def every(rows, nth):
    """Every *nth* person of *rows*."""
    return set(list(dict.fromkeys(row["person_id"] for row in rows))[::nth])


def numbered(rows, write):
    persons = {row["person_id"]: i for i, row in enumerate(base.cases(), start=1)}
    return changed(rows, "person_id", lambda p: write(persons[p]))


def test_leading_zeros_that_a_spreadsheet_took_stop_the_run(intake):
    run = intake.score(
        numbered(base.cases(), lambda n: f"{n:07d}"), numbered(base.history(), str)
    )
    assert run.refused
    assert not run.out.exists()
    assert "12" in run.said
    assert "0000001" not in run.said


def test_the_python_door_refuses_as_well_a_history_in_which_nobody_is_found(
    loaded, frames
):
    cases, history = frames
    history["person_id"] = history["person_id"].str.lower()
    assert score_frames(loaded, cases, history).refused


def test_one_citizen_who_is_not_found_is_flagged_and_counted(intake, clean):
    run = intake.score(history=spelt(base.history(), {"PI"}, str.lower))
    assert run.flagged("no_history") == {"S0000109"}
    assert run.summary["counts"]["no_history"] == 1
    assert "no_history" in run.said
    rest = {case: risk for case, risk in run.risks().items() if case != "S0000109"}
    assert rest == {case: clean.risks()[case] for case in rest}


def test_a_single_case_is_flagged_as_in_the_batch(loaded, frames):
    cases, history = frames
    history = history[history["person_id"] != "PI"]
    batch = score_frames(loaded, cases, history)
    alone = score_frames(loaded, cases[cases["person_id"] == "PI"], history)
    assert alone.flagged("no_history") == batch.flagged("no_history") == {"S0000109"}
    assert alone.risks()["S0000109"] == batch.risks()["S0000109"]


def test_nobody_is_flagged_where_everybody_is_found(clean):
    assert not clean.flagged("no_history")
    assert not clean.summary["counts"].get("no_history")


@pytest.mark.parametrize(("nth", "refused"), [(4, True), (30, False)])
def test_from_a_hundred_persons_on_a_share_of_lost_keys_refuses(intake, nth, refused):
    cases, history = (copies(rows, 10) for rows in (base.cases(), base.history()))
    lost = every(cases, nth)
    run = intake.score(cases, spelt(history, lost, str.lower))
    assert run.refused is refused, run.said
    if not refused:
        assert len(run.flagged("no_history")) == len(lost)
        assert run.summary["counts"]["no_history"] == len(lost)


@pytest.mark.parametrize("placeholder", ["UKENDT", "0"])
def test_a_placeholder_for_a_person_joins_nobody(intake, clean, placeholder):
    cases, history = (copies(rows, 10) for rows in (base.cases(), base.history()))
    unknown = every(cases, 5)
    run = intake.score(
        *(spelt(rows, unknown, lambda _: placeholder) for rows in (cases, history))
    )
    assert run.code == 3
    assert run.summary["counts"]["set_aside"] == len(unknown) == 24
    assert "UKENDT" not in run.said
    for case, risk in run.risks().items():
        assert risk == clean.risks()[case.partition("x")[0]]


def test_one_person_with_cases_over_the_years_is_a_person(intake):
    cases = base.cases()
    earlier = cases[0] | {
        "case_id": "S0000001",
        "start_date": "01-02-2021",
        "decision_date": "10-02-2021",
    }
    run = intake.score([*cases, earlier])
    assert run.code == 0
    assert {"S0000001", "S0000101"} <= set(run.scores)


@pytest.mark.parametrize(
    ("number", "later", "scored"),
    [
        ("S0000999", "17-12-2024", "S0000999"),
        ("S0000999", "15-12-2024", "S0000101"),
        ("S0000001", "16-12-2024", "S0000101"),
        ("S0000999", "16-12-2024", "S0000999"),
    ],
)
def test_one_spell_under_two_case_numbers_is_scored_once(intake, number, later, scored):
    first = base.cases()[0]
    again = first | {"case_id": number, "decision_date": later}
    run = intake.score([*base.cases(), again])
    assert run.code == 3
    assert {"S0000101", number} & set(run.scores) == {scored}
    (aside,) = run.set_aside
    assert {scored, aside["case_id"]} == {"S0000101", number}
    assert len(run.scores) == 12


def test_the_double_of_a_case_that_is_set_aside_is_scored(intake):
    first = base.cases()[0]
    broken = first | {"case_id": "S0000999", "age_at_intake": "four"}
    run = intake.score([*base.cases(), broken])
    assert "S0000101" in run.scores
    assert [row["case_id"] for row in run.set_aside] == ["S0000999"]


def worklists(run):
    """The ranks of each municipality's teams, week by week."""
    lists = {}
    for row in run.scores.values():
        week = row["decision_date"]
        lists.setdefault((row["municipality"], row["team"]), []).append(
            (week, row["rank"])
        )
    return lists


def test_a_municipality_is_one_whether_its_zero_stands_or_not(intake):
    cases = [
        row | {"municipality": "0101" if i % 2 else "101", "team": "one"}
        for i, row in enumerate(base.cases())
    ]
    assert list(worklists(intake.score(cases))) == [("0101", "one")]


def test_a_team_is_one_whether_its_letters_are_composed_or_not(intake):
    cases = [
        row
        | {
            "municipality": "101",
            "team": unicodedata.normalize("NFD" if i % 2 else "NFC", "Ålborg")
            + " " * (i % 3),
        }
        for i, row in enumerate(base.cases())
    ]
    run = intake.score(cases)
    assert list(worklists(run)) == [("0101", unicodedata.normalize("NFC", "Ålborg"))]


@pytest.mark.parametrize("name", ["NA", "None", "NULL", "nan"])
def test_a_team_may_be_called_what_programs_write_for_nothing(intake, clean, name):
    cases = [
        row | {"team": name} if row["team"] == "N1" else row for row in base.cases()
    ]
    run = intake.score(cases)
    assert run.code == 0
    assert {row["team"] for row in run.scores.values()} == {name, "N2", "S1", "S2"}
    assert run.risks() == clean.risks()


@pytest.mark.parametrize("name", ["NA", "None"])
def test_a_person_may_be_called_so_too(intake, clean, name):
    tables = (spelt(rows, {"PI"}, lambda _: name) for rows in _base())
    assert intake.score(*tables).risks() == clean.risks()


def test_a_blank_person_is_missing(intake):
    tables = (spelt(rows, {"PI"}, lambda _: "  ") for rows in _base())
    run = intake.score(*tables)
    assert run.code == 3
    assert "S0000109" not in run.scores
    assert len(run.scores) == 11


def _base():
    return base.cases(), base.history()
