"""From pip install to a first model, without the checkout and without a network."""

import shlex
import shutil

import pandas as pd
import pytest

from tests import small_site
from tests.page_commands import list_lines
from tests.walks.conftest import ROOT

pytestmark = pytest.mark.walk

HOUR = (ROOT / "docs" / "tutorial" / "hour.md").read_text("utf-8")


def test_the_wheelhouse_has_every_file_of_the_lock_with_its_digest(machine):
    machine.install("--dry-run", "--require-hashes", "--requirement", ROOT / "lock.txt")


def test_from_an_installation_to_pages_of_a_model_of_ones_own(machine):
    home = machine.home
    used = machine.run("python", "-c", "import riskscreen; print(riskscreen.__file__)")
    assert used.startswith(str(home / "venv"))

    # The core alone scores from a folder, and says what training needs.
    small_site.deliver(home / "small", 40)
    small_site.approved_folder(home / "small_model")
    said = machine.run(
        *("riskscreen", "score", "small/cases.csv", "--model", "small_model"),
        *("--history", "small/history.parquet", "--out", "small_scores"),
        *("--as-of", small_site.EXTRACTED.date()),
    )
    assert "40 cases came in" in said
    refused = machine.run("riskscreen", "demo", "--out", "out", code=20)
    assert "pip install 'riskscreen[train]'" in refused
    assert not (home / "out").exists()

    machine.install("riskscreen[train]")
    machine.run("riskscreen", "demo", "--size", "small", "--out", "out")
    assert (home / "out" / "index.html").is_file()

    machine.run(
        *("riskscreen", "new-target", "own", "--models", "specifications"),
        *("--table", "out/site/long_absence/cases.parquet"),
        *("--population", "sick_listed"),
    )
    assert (home / "specifications" / "own.toml").stat().st_size > 0

    # What the tutorial's hour says, on the folder that it offers for a try.
    shutil.copytree(home / "out" / "site", home / "site")
    commands = [shlex.split(command) for command in list_lines(HOUR)]
    assert [words[1] for words in commands] == [
        *("schema", "check", "train", "publish", "score", "report")
    ]
    for words in commands:
        # Two rows of the made-up intake are at fault, on purpose.
        machine.run(*words, code=3 if words[1] in {"check", "score"} else 0)
    scores = pd.read_csv(home / "scores" / "scores.csv")
    pages = [*(home / "pages").rglob("*.html")]
    assert len(pages) > len(scores) > 0
