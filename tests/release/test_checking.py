"""Twenty leaks and more, each planted in a folder that may leave without it."""

import json
import shutil
import sqlite3
import zipfile

import numpy as np
import pandas as pd
import pytest

from riskscreen.documents.cards.record import to_json
from riskscreen.errors import FileError, UsageError
from riskscreen.evaluation import Bootstrap, EvaluationCases, evaluate_risk
from riskscreen.evaluation.fairness import Groupings, evaluate_fairness
from riskscreen.files import fingerprint_file, write_json
from riskscreen.release import check_release, gather_study
from riskscreen.release.card import render_card
from riskscreen.release.findings import Rule
from riskscreen.release.forms import parse_table
from riskscreen.spec import Gates
from riskscreen.training import StoredEvaluation
from tests.proposed import highest

ROLE = "data protection officer"
ROWS = pd.DataFrame(
    {
        "case_id": [f"case-{n}" for n in range(30)],
        "age_at_intake": [30 + n % 9 for n in range(30)],
        "long": [n % 3 == 0 for n in range(30)],
    }
)


def write_evaluation(folder, *, n=600, seed=1):
    """Write what ``riskscreen evaluate`` writes of *n* drawn cases."""
    draw = np.random.default_rng(seed)
    risk = draw.random(n)
    cases = EvaluationCases.from_columns((draw.random(n) < risk).astype(float))
    proposed = highest(cases, risk, share=0.2)
    groups = pd.DataFrame({"sex": draw.choice(["woman", "man"], n)})
    few = Bootstrap(replicates=5)
    found = StoredEvaluation(
        target="long_absence",
        version="0123456789ab",
        evaluation=evaluate_risk(cases, risk, proposed=proposed, bootstrap=few),
        fairness=evaluate_fairness(
            cases,
            risk,
            Groupings(groups),
            proposed=proposed,
            gates=Gates(),
            bootstrap=few,
        ),
        messages=(),
    )
    folder.mkdir()
    write_json(folder / "evaluation.json", to_json(found))


@pytest.fixture(scope="module")
def gathered(tmp_path_factory):
    folder = tmp_path_factory.mktemp("gathered")
    write_evaluation(folder / "evaluation")
    gather_study(folder / "evaluation", folder / "study")
    return folder / "study"


@pytest.fixture
def study(gathered, tmp_path):
    return shutil.copytree(gathered, tmp_path / "study")


def seal(folder):
    """Make card and manifest say what stands in *folder* now, as a sly leak does."""
    content = json.loads((folder / "study.json").read_text())
    tables = [
        parse_table(line.split(",") for line in path.read_text().splitlines())
        for path in sorted(folder.glob("*.csv"))
    ]
    every = sum(tables[1:], tables[0])
    (folder / "card.md").write_text(render_card(content["target"], every))
    content["files"] |= {
        path.name: fingerprint_file(path)
        for path in folder.iterdir()
        if path.suffix in {".csv", ".md"}
    }
    write_json(folder / "study.json", content)


def write_counts(*rows, name="more.csv"):
    """Return what plants *rows* of counts."""

    def plant(folder):
        lines = ["people,by,group,count", *rows]
        (folder / name).write_text("\n".join(lines) + "\n")
        seal(folder)

    return plant


def write_figure(*rows):
    def plant(folder):
        path = folder / "figures.csv"
        path.write_text(path.read_text() + "\n".join(rows) + "\n")
        seal(folder)

    return plant


def write_text(name, text):
    return lambda folder: (folder / name).write_text(text)


def write_zip(folder):
    with zipfile.ZipFile(folder / "rows.csv", "w") as archive:
        archive.writestr("rows.csv", ROWS.to_csv(index=False))


def write_database(folder):
    with sqlite3.connect(folder / "mlflow.db") as database:
        database.execute("create table runs (run text)")


def cross_two_tables(folder):
    write_counts(
        "known,sex × outcome,woman × long,hidden",
        "known,sex × outcome,woman × not,50",
        "known,sex × outcome,man × long,41",
        "known,sex × outcome,man × not,60",
        name="one.csv",
    )(folder)
    write_counts("known,outcome,long,44", "known,outcome,not,110")(folder)


def link_out(folder):
    outside = folder.parent / "cases.csv"
    ROWS.to_csv(outside, index=False)
    (folder / "cases.csv").symlink_to(outside)


LEAKS = {
    "a row file as CSV": (
        write_text("rows.csv", ROWS.to_csv(index=False)),
        Rule.TABLE,
    ),
    "a row file of semicolons, renamed": (
        write_text("notes.txt", ROWS.to_csv(index=False, sep=";")),
        Rule.TABLE,
    ),
    "a row file as Parquet": (
        lambda folder: ROWS.to_parquet(folder / "counts.parquet"),
        Rule.KIND,
    ),
    "a row file as JSON lines": (
        write_text("rows.json", ROWS.to_json(orient="records", lines=True)),
        Rule.TABLE,
    ),
    "a row file as a JSON list": (
        write_text("rows.json", ROWS.to_json(orient="records")),
        Rule.TABLE,
    ),
    "a row file as an HTML table": (
        write_text("page.html", ROWS.to_html()),
        Rule.TABLE,
    ),
    "a row file as a Markdown table": (
        write_text("page.md", "| case_id | age |\n|---|---|\n| one | two |\n"),
        Rule.TABLE,
    ),
    "a row file in an archive": (write_zip, Rule.KIND),
    "a pickle": (
        lambda folder: ROWS.to_pickle(folder / "model.txt"),
        Rule.KIND,
    ),
    "MLflow's database": (write_database, Rule.KIND),
    "a picture with a dot per person": (
        write_text("plot.svg", '<svg><circle cx="3" cy="4"/></svg>'),
        Rule.KIND,
    ),
    "a picture of pixels": (
        lambda folder: (folder / "plot.png").write_bytes(b"\x89PNG\r\n\x1a\n\x00"),
        Rule.KIND,
    ),
    "a record of a training": (
        write_text("evaluation.json", '{"cases": {"train": 2432}}'),
        Rule.JSON,
    ),
    "a person number in a note": (
        write_text("note.txt", "She is 070761-4285, as agreed.\n"),
        Rule.PERSON_NUMBER,
    ),
    "a person number in a file name": (
        write_text("070761-4285.txt", "Nothing.\n"),
        Rule.PERSON_NUMBER,
    ),
    "a log with a path": (
        write_text("run.log", "read /srv/registers/cases.csv\n"),
        Rule.PATH,
    ),
    "a log with a person's key": (
        write_text("run.log", "set aside one row of P00371\n"),
        Rule.KEY,
    ),
    "a count in a note": (
        write_text("note.txt", "Of them 3 were from Samsø.\n"),
        Rule.NUMBER_IN_NOTE,
    ),
    "a password": (
        write_text("note.txt", "Open it by password=hemmelig first.\n"),
        Rule.SECRET,
    ),
    "a hidden file": (write_text(".rows.csv", "a,b\n"), Rule.HIDDEN_FILE),
    "a link out of the folder": (link_out, Rule.LINK),
    "a cell of four": (write_counts("known,sex,woman,4"), Rule.SMALL),
    "an unrounded count": (write_counts("known,sex,woman,437"), Rule.UNROUNDED),
    "a total that gives a cell away": (
        write_counts(
            "known,all,all,100",
            "known,sex,woman,hidden",
            "known,sex,man,97",
        ),
        Rule.WORKED_OUT,
    ),
    "a hidden cell worked out from a margin in another table": (
        cross_two_tables,
        Rule.WORKED_OUT,
    ),
    "a hidden count whose figure tells how many they are": (
        lambda folder: (
            write_counts("known,sex,woman,hidden")(folder),
            write_figure("known,sex,woman,base_rate,20,0.5,,")(folder),
        ),
        Rule.WORKED_OUT,
    ),
    "a count by person": (write_counts("known,person_id,P,5"), Rule.KEY),
    "a share that gives a count of three away": (
        write_figure("known,all,all,base_rate,200,0.015,,"),
        Rule.FINE,
    ),
    "a mean of two people": (
        write_figure("known,sex,woman,mean_risk,2,0.5,,"),
        Rule.FEW,
    ),
    "the largest value of a person": (
        write_figure("known,all,all,maximum_age,200,67.0,,"),
        Rule.EXTREME,
    ),
}


@pytest.mark.parametrize("name", LEAKS)
def test_a_planted_leak_is_refused_by_its_rule(study, name):
    plant, rule = LEAKS[name]
    plant(study)
    found = check_release(study)
    assert rule in {of.rule for of in found}
    said = "\n".join(map(str, found))
    for value in ("070761", "case-1", "P00371", "hemmelig", "97", "437"):
        assert value not in said


def test_an_honest_folder_leaves_with_a_note_in_words(study):
    note = "Made in 2025 for the study agreed on 2025-02-01. Ask the job centre.\n"
    (study / "note.txt").write_text(note)
    assert check_release(study) == []
    assert (study / "counts.csv").read_text().splitlines()[1] == "evaluated,all,all,600"
    assert "woman" in (study / "card.md").read_text()


@pytest.mark.parametrize("name", ["counts.csv", "card.md", "study.json"])
def test_what_was_changed_since_it_was_gathered_is_refused(study, name):
    text = (study / name).read_text()
    (study / name).write_text(text.replace("evaluated", "others").replace(",\n", "\n"))
    if name == "study.json":
        (study / name).unlink()
    assert Rule.MANIFEST in {of.rule for of in check_release(study)}


def test_a_finding_says_file_place_count_and_remedy_and_no_value(study):
    write_counts("known,sex,woman,4", "known,sex,man,3")(study)
    (small,) = (of for of in check_release(study) if of.rule is Rule.SMALL)
    assert str(small) == (
        "more.csv, line 2: a count of fewer than five people, 2 times. Write hidden, "
        "and hide enough else."
    )


def test_rounded_counts_may_hide_one_that_exact_ones_would_give_away(study):
    write_counts("known,all,all,100", "known,sex,woman,hidden", "known,sex,man,95")(
        study
    )
    assert check_release(study) == []


def test_counts_that_nobody_can_have_are_refused(study):
    write_counts("known,all,all,100", "known,sex,woman,hidden", "known,sex,man,300")(
        study
    )
    assert {of.rule for of in check_release(study)} == {Rule.CONTRADICTORY}


def test_two_releases_that_differ_by_one_citizen_are_refused(study, tmp_path):
    write_evaluation(tmp_path / "other", n=601)
    gather_study(tmp_path / "other", tmp_path / "later")
    found = check_release(tmp_path / "later", earlier=[study])
    assert [of.rule for of in found] == [Rule.SAME_PEOPLE]


def test_exact_counts_that_differ_by_one_are_refused(study, tmp_path):
    before = shutil.copytree(study, tmp_path / "before")
    write_counts("known,sex,woman,437")(before)
    write_counts("known,sex,woman,438")(study)
    found = check_release(study, earlier=[before])
    assert Rule.DIFFERENCE in {of.rule for of in found}


def test_the_same_release_and_one_of_many_more_people_may_leave(study, tmp_path):
    assert check_release(study, earlier=[study]) == []
    write_evaluation(tmp_path / "other", n=900)
    gather_study(tmp_path / "other", tmp_path / "later")
    assert check_release(tmp_path / "later", earlier=[study]) == []


def test_an_earlier_release_without_counts_is_no_release(study, tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(FileError, match="holds no counts"):
        check_release(study, earlier=[tmp_path / "empty"])
    with pytest.raises(FileError, match="no such folder"):
        check_release(tmp_path / "none")


def test_a_role_is_nobodys_number(study):
    with pytest.raises(UsageError, match="names a role"):
        check_release(study, approved_by="070761-4285")


def test_an_empty_folder_is_no_study(tmp_path):
    assert [of.rule for of in check_release(tmp_path)] == [Rule.MANIFEST]
