"""The README's three doors, opened as a reader would: each command as it is printed."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text("utf-8")


def blocks(heading, language=""):
    """The fenced blocks of *language* under a heading."""
    section = README.split(f"## {heading}")[1].split("\n## ")[0]
    return re.findall(rf"```{language}\n(.*?)```", section, re.DOTALL)


def commands(heading):
    text = blocks(heading)[0].replace("\\\n", " ")
    return [line for line in text.splitlines() if line.strip()]


def run(command, folder):
    words = shlex.split(command, comments=True)
    program = Path(sys.executable).parent / Path(words[0]).name
    rest = [w.replace("pipelines/", f"{ROOT}/pipelines/", 1) for w in words[1:]]
    done = subprocess.run(
        [program, *rest], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode in (0, 3), f"{command}\n{done.stdout}\n{done.stderr}"
    return done


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A folder in which Door 1 was walked through."""
    folder = tmp_path_factory.mktemp("reader")
    (folder / "models").symlink_to(ROOT / "models")
    for command in commands("Door 1"):
        run(command, folder)
    return folder


@pytest.fixture(scope="module")
def scored(trained):
    """The same folder after the command of Door 2, on the newest cases."""
    cases = pd.read_parquet(trained / "out/site/long_absence/cases.parquet")
    cases.nlargest(40, "decision_date").to_csv(trained / "intake.csv", index=False)
    for command in commands("Door 2"):
        run(command, trained)
    return trained


def test_door_1_leaves_an_approved_model_its_card_and_a_registry(trained):
    assert (trained / "out/approved/approval.json").is_file()
    assert (trained / "out/training/report/long_absence.md").is_file()
    assert (trained / "mlflow.db").is_file()
    assert list((trained / "out/check").glob("*.html"))


def test_door_2_scores_every_case_or_says_where_it_went(scored):
    out = scored / "out/scores"
    whole = sum(
        len(pd.read_csv(out / f"{name}.csv", dtype=str))
        for name in ("scores", "routed", "set_aside")
    )
    assert whole == 40


def test_door_2_scores_from_python_as_it_is_printed(scored):
    program = "\n".join(
        [
            "import pandas as pd",
            "cases = pd.read_csv('intake.csv')",
            "history = pd.read_parquet('out/site/history.parquet')",
            *blocks("Door 2", "python"),
            "assert len(scoring.scores) and len(scoring.reasons)",
        ]
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=scored,
        capture_output=True,
        text=True,
        check=False,
        env=os.environ,
    )
    assert done.returncode == 0, done.stderr


def test_door_3_writes_pages_in_both_languages(scored):
    for command in commands("Door 3"):
        run(command, scored)
    danish = (scored / "out/pages/index.html").read_text("utf-8")
    english = (scored / "out/pages_en/index.html").read_text("utf-8")
    assert "ca. " in danish
    assert "about " in english
