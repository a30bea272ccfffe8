"""Where the scores go: what is not ours stays, and what was written is not denied."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.field import base
from tests.field.doors import AS_OF, run_command

pytestmark = pytest.mark.slow

RUN = "from riskscreen.cli import main; main()"


def score_to(intake, out):
    return intake.score(out=out)


def test_a_link_to_a_dated_folder_stays_a_link(intake):
    dated, link = intake.folder / "2025-01-06", intake.folder / "current"
    dated.mkdir()
    link.symlink_to("2025-01-06")
    run = score_to(intake, link)
    assert link.is_symlink()
    assert (dated / "scores.csv").exists() is run.finished


def test_next_nights_link_is_followed_as_well(intake):
    first, second = intake.folder / "monday", intake.folder / "tuesday"
    link = intake.folder / "current"
    link.symlink_to("monday")
    score_to(intake, link)
    link.unlink()
    link.symlink_to("tuesday")
    again = score_to(intake, link)
    assert link.is_symlink()
    if again.finished:
        assert (second / "scores.csv").exists()
        assert (first / "scores.csv").exists()


def test_a_folder_of_other_files_is_not_replaced(intake):
    out = intake.folder / "out"
    out.mkdir()
    (out / "letter.txt").write_text("ours")
    run = score_to(intake, out)
    assert run.code == 12
    assert (out / "letter.txt").read_text() == "ours"


def test_the_folder_of_another_commands_pages_is_not_replaced_by_scores(intake):
    out = intake.folder / "shown"
    code, said = run_command("schema", "--model", intake.model, "--out", out)
    assert code == 0, said
    before = sorted(path.name for path in out.iterdir())
    assert score_to(intake, out).code == 12
    assert sorted(path.name for path in out.iterdir()) == before


def test_an_earlier_run_of_the_same_command_is_replaced(intake, clean):
    out = intake.folder / "out"
    assert score_to(intake, out).code == 0
    again = score_to(intake, out)
    assert again.code == 0
    assert again.risks() == clean.risks()


def test_the_folder_of_the_input_is_not_replaced(intake):
    intake.score()
    names = sorted(path.name for path in intake.folder.iterdir())
    assert score_to(intake, intake.folder).code == 12
    assert sorted(path.name for path in intake.folder.iterdir()) == names


def test_the_folder_of_the_model_is_not_replaced(intake):
    intake.model = shutil.copytree(intake.model, intake.folder / "model")
    names = sorted(path.name for path in intake.model.iterdir())
    assert score_to(intake, intake.model).code == 12
    assert sorted(path.name for path in intake.model.iterdir()) == names


def test_a_run_whose_name_begins_alike_is_left_alone(intake):
    other = intake.folder / ".scores.week48.abc.part"
    (other / "old").mkdir(parents=True)
    (other / "old" / "scores.csv").write_text("week 48's only copy")
    assert score_to(intake, intake.folder / "scores").code == 0
    assert (other / "old" / "scores.csv").exists()
    assert not (intake.folder / "scores" / "old").exists()


@pytest.mark.parametrize("name", ["a" * 250, "a" * 300])
def test_a_name_too_long_is_said_before_the_work(intake, name):
    run = score_to(intake, intake.folder / name)
    assert run.code in (0, 12)
    if run.code == 12:
        assert "Reading" not in run.said


@pytest.fixture
def scored_by_a_process(intake):
    """A process that scores the base with a heading outside Latin-1."""
    cases = [row | {"dato – slut": "1"} for row in base.cases()]
    given = ["score", intake.write("cases.csv", cases), "--model", intake.model]
    given += ["--history", intake.write("history.csv", base.history())]
    out = intake.folder / "scores"
    given += ["--as-of", AS_OF, "--out", out]

    def run(stdout, **environment):
        ended = subprocess.run(
            [sys.executable, "-c", RUN, *map(str, given)],
            env=os.environ | environment,
            stdout=stdout,
            stderr=subprocess.PIPE,
            check=False,
        )
        return ended.returncode, ended.stderr.decode("utf-8", "replace"), out

    return run


@pytest.mark.thorough
@pytest.mark.parametrize("log", ["Latin-1", "a full disk", "a closed pipe"])
def test_a_log_that_cannot_be_printed_changes_no_verdict(scored_by_a_process, log):
    if log == "Latin-1":
        code, said, out = scored_by_a_process(
            subprocess.DEVNULL, PYTHONIOENCODING="latin-1"
        )
    elif log == "a full disk":
        if not Path("/dev/full").exists():
            pytest.skip("no /dev/full here")
        with Path("/dev/full").open("wb") as full:
            code, said, out = scored_by_a_process(full)
    else:
        reading, writing = os.pipe()
        os.close(reading)
        code, said, out = scored_by_a_process(writing)
        os.close(writing)
    assert (out / "scores.csv").exists()
    assert code == 0
    assert "Nothing was written" not in said
