"""The site's folder: what is stated of one file holds for that file alone."""

import shutil

import pandas as pd
import pytest

from riskscreen.errors import ScreeningError
from riskscreen.training import prepare
from tests.field import base
from tests.field.base import changed
from tests.field.doors import run_command

pytestmark = pytest.mark.slow

PLAIN = """
extract_date = 2025-01-06
[files.history]
path = "history.csv"
[intake.long_absence]
path = "cases.csv"
"""


@pytest.fixture
def folder(intake):
    """The intake's folder with the base in it."""
    intake.write("cases.csv", base.cases())
    intake.write("history.csv", base.history())
    return intake.folder


def american(rows):
    """*rows* of cases with days as 12/16/2024."""
    for name in ("start_date", "decision_date"):
        rows = changed(rows, name, lambda day: "/".join([day[3:5], day[:2], day[6:]]))
    return rows


def danish(rows):
    """*rows* of spells with days as 16-12-2024, registered nowhere."""
    for name in ("start_date", "end_date"):
        rows = changed(
            rows, name, lambda day: day and "-".join(reversed(day.split("-")))
        )
    return changed(rows, "registered_on", "")


def small_days(rows):
    """Those of *rows* whose days are all before the thirteenth."""
    return [
        row
        for row in rows
        if all(int(row[n][8:] or 1) <= 12 for n in ("start_date", "end_date"))
    ]


@pytest.mark.usefixtures("folder")
def test_a_sites_folder_gives_the_scores_of_its_files(intake, clean):
    run = intake.score_site(PLAIN)
    assert run.code == 0, run.said
    assert run.risks() == clean.risks()


def test_what_is_stated_of_the_cases_is_not_laid_on_the_history(intake):
    spells = changed(small_days(base.history()), "registered_on", "")
    plain = intake.score(base.cases(), spells)
    intake.write("cases.csv", american(base.cases()))
    intake.write("history.csv", danish(spells))
    run = intake.score_site(PLAIN + 'dates = "month_first"\n')
    assert run.finished, run.said
    assert run.risks() == plain.risks()


def test_files_of_two_habits_are_read_without_a_statement_where_they_show_it(intake):
    spells = changed(base.history(), "registered_on", "")
    plain = intake.score(base.cases(), spells)
    run = intake.score(american(base.cases()), danish(spells))
    assert run.refused or run.risks() == plain.risks()


@pytest.mark.parametrize(
    ("table", "habit"),
    [
        ("intake.long_absence", 'dates = "month_first"'),
        ("intake.long_absence", 'decimal = "point"'),
        ("intake.long_absence", 'delimiter = ","'),
        ("intake.long_absence", 'encoding = "utf-16"'),
        ("files.history", 'dates = "month_first"'),
        ("files.history", 'layout = "dream_wide"'),
    ],
)
def test_a_stated_habit_that_the_file_contradicts_is_refused(intake, table, habit):
    intake.write("cases.csv", base.cases())
    intake.write("history.csv", danish(base.history()))
    run = intake.score_site(PLAIN.replace(f"[{table}]", f"[{table}]\n{habit}"))
    assert run.refused, run.said
    assert not run.out.exists()


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("key", ["dats", "pth", "colums"])
def test_a_misspelt_key_is_refused_with_the_nearest_one(intake, key):
    right = {"dats": "dates", "pth": "path", "colums": "columns"}[key]
    run = intake.score_site(PLAIN + f'{key} = "x"\n')
    assert run.refused
    assert right in run.said


def test_a_sites_own_names_of_columns_are_those_of_their_file(intake, clean):
    theirs = [
        {"Sagsnr" if n == "case_id" else n: v for n, v in row.items()}
        for row in base.cases()
    ]
    spells = [
        {"ydelse" if n == "code" else n: v for n, v in row.items()}
        for row in base.history()
    ]
    intake.write("cases.csv", theirs)
    intake.write("history.csv", spells)
    named = (
        PLAIN.replace("[intake", 'columns = { ydelse = "code" }\n[intake')
        + 'columns = { Sagsnr = "case_id" }\n'
    )
    run = intake.score_site(named)
    assert run.code == 0, run.said
    assert run.risks() == clean.risks()


@pytest.mark.usefixtures("folder")
def test_a_group_that_no_specification_maps_is_refused(intake):
    table = "code,group\n890,sygedagpnge\n"
    (intake.folder / "code_groups.csv").write_text(table, "utf-8")
    run = intake.score_site(PLAIN)
    assert run.refused
    assert "sygedagpnge" in run.said
    assert "sygedagpenge" in run.said
    assert not run.out.exists()


def test_check_refuses_such_a_group_too(site, tmp_path):
    folder = shutil.copytree(site, tmp_path / "site")
    (folder / "code_groups.csv").write_text("code,group\n890,sygedagpnge\n", "utf-8")
    code, said = run_command("check", "--site", folder, "--target", "long_absence")
    assert code != 0
    assert "sygedagpnge" in said


def test_training_refuses_such_a_group_too(site, spec, tmp_path):
    folder = shutil.copytree(site, tmp_path / "site")
    (folder / "code_groups.csv").write_text("code,group\n890,sygedagpnge\n", "utf-8")
    with pytest.raises(ScreeningError, match="sygedagpnge"):
        prepare(spec, folder)


@pytest.mark.parametrize(
    "name", ["history", "long_absence/cases", "long_absence/audit"]
)
def test_two_files_for_one_table_are_refused_by_training(site, spec, tmp_path, name):
    folder = shutil.copytree(site, tmp_path / "site")
    pd.read_parquet(folder / f"{name}.parquet").to_csv(
        folder / f"{name}.csv", index=False
    )
    stem = name.rpartition("/")[2]
    with pytest.raises(
        ScreeningError, match=rf"{stem}\.(parquet|csv).*{stem}\.(csv|pa)"
    ):
        prepare(spec, folder)


def test_two_files_for_one_table_are_refused_by_score(intake, folder):
    pd.DataFrame(base.history()).to_parquet(folder / "history.parquet")
    run = intake.score_site(
        PLAIN.replace('[files.history]\npath = "history.csv"\n', "")
    )
    assert run.refused
    assert "history.csv" in run.said
    assert "history.parquet" in run.said


@pytest.mark.usefixtures("folder")
def test_an_identifier_that_is_not_as_the_site_says_is_a_fault_of_its_row(intake):
    keys = '[keys]\nperson_id = "P[A-H]"\n'
    run = intake.score_site(PLAIN + keys)
    assert run.code == 3
    assert len(run.scores) == 8
    assert run.summary["counts"]["set_aside"] == 4
