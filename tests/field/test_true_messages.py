"""Situations whose message was false: the file is read, or the true cause is told."""

import sqlite3

import pytest

from tests.field import base
from tests.field.doors import run_command

PERSON_NUMBERS = {
    "en dash": "010170\u20131234",
    "spaced dash": "010170 - 1234",
    "slash": "010170/1234",
}


@pytest.fixture
def database():
    """The cases as a table of SQLite; where it lies is the test's."""

    def make(path):
        rows = base.cases()
        with sqlite3.connect(path) as made:
            names = ", ".join(f'"{name}" text' for name in rows[0])
            made.execute(f"create table cases ({names}, note_text text)")
            marks = ", ".join("?" * (len(rows[0]) + 1))
            values = [[*(v or None for v in r.values()), "a"] for r in rows]
            made.executemany(f"insert into cases values ({marks})", values)
        made.close()
        return path

    return make


def test_a_cell_longer_than_a_module_reads_is_read(intake, need_right):
    rows = base.cases()
    journal = 'Samtale; "noteret" ' * 8000
    run = need_right(intake.score([r | {"note_text": journal} for r in rows]))
    assert set(run.scores) == {row["case_id"] for row in rows}


@pytest.mark.parametrize(
    "where",
    [
        "note_text <> 'aftalt :senere'",
        "note_text <> '{\"a\":true}'",
        "note_text not like '%:s%'",
        "note_text <> '# select'",
    ],
)
def test_a_query_runs_as_it_stands(intake, need_right, database, tmp_path, where):
    path = database(tmp_path / "s.db")
    query = f"sqlite:///{path}#SELECT * FROM cases WHERE {where}"
    assert len(need_right(intake.score(query)).scores) == 12


@pytest.mark.parametrize("name", ["a#b.db", "50%.db", "a%20b.db", "what?.db", "æ ø.db"])
def test_a_database_may_have_any_name(intake, need_right, database, tmp_path, name):
    path = database(tmp_path / name)
    run = need_right(intake.score(f"sqlite:///{path}#SELECT * FROM cases"))
    assert len(run.scores) == 12


@pytest.mark.parametrize("name", ["s#1.db", "50%41.db"])
def test_a_site_may_call_its_database_so(intake, database, name):
    intake.folder.mkdir(exist_ok=True)
    database(intake.folder / name)
    intake.write("history.csv", base.history())
    run = intake.score_site(
        "extract_date = 2025-01-06\n[intake.long_absence]\n"
        f'sql = "sqlite:///{name}"\nquery = "SELECT * FROM cases"\n'
    )
    assert run.code == 0, run.said
    assert len(run.scores) == 12


def test_a_database_that_is_not_there_is_told_and_not_made(intake, tmp_path):
    missing = tmp_path / "mistyped.db"
    run = intake.score(f"sqlite:///{missing}#SELECT * FROM cases")
    assert run.code == 12
    assert "no such file" in run.said
    assert not missing.exists()


@pytest.mark.parametrize(("what", "number"), PERSON_NUMBERS.items())
def test_a_person_number_is_seen_however_it_is_written(intake, what, number):
    rows = base.cases()
    rows = [row | {"note_text": ""} for row in rows]
    rows[0]["note_text"] = f"Borger {number} ringede"
    rows[1]["case_id"] = number
    run = intake.score(rows)
    assert run.code == 3, what
    assert len(run.scores) == 11
    written = [p for p in run.out.rglob("*") if p.is_file()]
    assert written
    for path in written:
        assert number.encode() not in path.read_bytes()
    assert number not in run.said


@pytest.mark.parametrize(
    ("begins", "read"), [(b"\xef\xbb\xbf", True), (None, False)], ids=["mark", "UTF-16"]
)
def test_a_hand_written_file_is_read_with_its_mark(intake, clean, begins, read):
    renamed = [
        {("sagsnr" if k == "case_id" else k): v for k, v in row.items()}
        for row in base.cases()
    ]
    intake.write("open.csv", renamed)
    intake.write("history.csv", base.history())
    text = (
        'extract_date = 2025-01-06\n[intake.long_absence]\npath = "open.csv"\n'
        'columns = {sagsnr = "case_id"}\n'
    )
    content = begins + text.encode() if begins else text.encode("utf-16")
    (intake.folder / "site.toml").write_bytes(content)
    run = intake.score_site()
    if read:
        assert run.risks() == pytest.approx(clean.risks(), abs=1e-9)
    else:
        assert run.code == 12
        assert "UTF-16" in run.said


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"<stata_dta><header>", "Stata"),
        (b"$FL2@(#) SPSS DATA FILE", "SPSS"),
        (b'{"case_id": 1}\n{"case_id": 2}\n', "JSON"),
        (b'\xef\xbb\xbf[{"case_id": 1}]', "JSON"),
        (b"SQLite format 3\x00" + b"\0" * 80, "SQLite"),
        (b"<!DOCTYPE html><title>Log in</title>", "web page"),
    ],
)
def test_a_file_of_another_program_is_called_by_its_name(intake, content, told):
    path = intake.folder / "cases.csv"
    path.write_bytes(content)
    run = intake.score(path)
    assert run.code == 12
    assert told in run.said


@pytest.mark.parametrize("encoding", ["klingon", "idna", "base64", "rot13"])
def test_an_odd_encoding_is_told(intake, encoding):
    intake.write("open.csv", base.cases())
    intake.write("history.csv", base.history())
    run = intake.score_site(
        'extract_date = 2025-01-06\n[intake.long_absence]\npath = "open.csv"\n'
        f'encoding = "{encoding}"\n'
    )
    assert run.code == 12, run.said
    assert "encoding" in run.said


def test_no_person_id_in_a_file_is_told(intake):
    rows = [{k: v for k, v in r.items() if k != "person_id"} for r in base.cases()]
    assert intake.score(rows).code == 13


def test_help_of_each_command_names_the_page_of_the_exit_codes():
    for words in (["--help"], ["score", "--help"], ["check", "--help"]):
        code, said = run_command(*words)
        assert code == 0
        assert "docs/reference/exit-codes.md" in said
