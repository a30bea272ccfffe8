"""A target is begun from a table, tried on dummy data, and approved once written."""

from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from riskscreen.cli import app
from riskscreen.errors import SpecError
from riskscreen.spec import read_specification
from riskscreen.spec.placeholders import describe_placeholders
from riskscreen.stories.new_target import begin_target
from riskscreen.training.enough import PARTS

LIGHT = (
    '\n[estimator]\ncandidates = ["logistic"]\npenalties = [30.0]\ntuning_trials = 0\n'
)


@pytest.fixture
def table(tmp_path):
    """Two hundred cases, a level of one person, and columns that nobody may declare."""
    n = range(200)
    cells = {
        "case_id": [f"c{i}" for i in n],
        "cpr": ["0101901234" for _ in n],
        "Antal børn": [i % 5 for i in n],
        "region": ["sjaelden" if i == 7 else ("nord", "syd")[i % 2] for i in n],
        "egen_bil": ["ja" if i % 3 else "nej" for i in n],
    }
    path = tmp_path / "cases.csv"
    pd.DataFrame(cells).to_csv(path, sep=";", index=False)
    return path


def test_no_value_of_few_people_or_of_an_identifier_stands_in_the_skeleton(
    table, tmp_path
):
    told = begin_target("new_one", tmp_path / "models", table=table)
    text = (tmp_path / "models" / "new_one.toml").read_text("utf-8")
    assert 'values = ["nord", "syd"]' in text
    leaked = ("sjaelden", "0101901234", "c17")
    assert [value for value in leaked if value in text + "".join(told)] == []


def test_a_file_that_stands_and_a_shipped_name_are_refused(tmp_path):
    begin_target("new_one", tmp_path)
    own = (tmp_path / "new_one.toml").read_text("utf-8")
    with pytest.raises(SpecError, match="there already"):
        begin_target("new_one", tmp_path)
    with pytest.raises(SpecError, match="a shipped target"):
        begin_target("long_absence", tmp_path)
    with pytest.raises(SpecError, match="no name"):
        begin_target("New-One", tmp_path)
    assert (tmp_path / "new_one.toml").read_text("utf-8") == own
    assert [path.name for path in tmp_path.iterdir()] == ["new_one.toml"]


def run(*words):
    ended = CliRunner().invoke(app, [str(word) for word in words])
    if ended.exception and not isinstance(ended.exception, SystemExit):
        return ended.exception, ended.output
    return ended.exit_code, ended.output


@pytest.mark.thorough
def test_from_a_table_to_pages_on_dummy_data(table, tmp_path):
    """The walk of docs/how-to/new-target.md; words are written before the approval."""
    file, site = tmp_path / "models" / "new_one.toml", tmp_path / "site"
    registry = ("--tracking-uri", f"sqlite:///{tmp_path / 'runs.db'}")
    folder = ("--models", file.parent)
    assert run("new-target", "new_one", "--table", table, *folder)[0] == 0
    file.write_text(file.read_text("utf-8") + LIGHT, encoding="utf-8")

    made = ("--cases", "2000", "--years", "8", "--out", site)
    code, told = run("synthesise", "--target", file, *made)
    assert (code, "cases: 2,000 rows" in told) == (0, True)

    code, told = run("check", "--site", site, "--target", file)
    assert code == 0
    rows = [line.split() for line in told.splitlines() if line.strip()]
    assert {*PARTS} <= {first for first, *_ in rows}
    assert "a pilot at most" in told

    training = ("train", file, "--site", site, "--out", tmp_path / "t", *registry)
    code, told = run(*training)
    assert code == 0
    assert describe_placeholders(read_specification(file)) in " ".join(told.split())
    approval = ("--approved-by", "NN MM", "--note", "a try", "--pilot")
    publish = ("publish", "new_one", *approval, "--out", tmp_path / "m", *registry)
    refused, _ = run(*publish)
    assert isinstance(refused, SpecError)
    assert "columns.antal_boern.label" in str(refused)

    written = file.read_text("utf-8").replace("UDFYLD: ", "").replace("FILL IN: ", "")
    file.write_text(written, encoding="utf-8")
    assert read_specification(file).name == "new_one"
    assert run(*training)[0] == 0
    assert run(*publish)[0] == 0
    scored = ("--site", site, "--model", tmp_path / "m")
    code, _ = run("score", *scored, "--target", "new_one", "--out", tmp_path / "s")
    assert code == 0
    code, _ = run("report", tmp_path / "s", *scored, "--out", tmp_path / "pages")
    assert code == 0
    assert any(Path(tmp_path / "pages").rglob("*.html"))
