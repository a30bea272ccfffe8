"""From pip install to a first model, without the checkout and without a network."""

import pandas as pd
import pytest

from tests import small_site
from tests.walks.conftest import ROOT

pytestmark = pytest.mark.walk

TRAINED = ("--target", "long_absence", "--model", "approved")


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

    machine.run(
        *("riskscreen", "train", "long_absence"),
        *("--site", "out/site", "--out", "training"),
    )
    machine.run(
        *("riskscreen", "publish", "long_absence", "--pilot", "--out", "approved"),
        *("--approved-by", "NN", "--note", "a walk"),
    )
    # Two rows of the demo's site are at fault, on purpose.
    scored = ("riskscreen", "score", "--site", "out/site", *TRAINED, "--out", "scores")
    assert " 2 set aside" in machine.run(*scored, code=3)
    machine.run(
        "riskscreen", "report", "scores", "--model", "approved", "--out", "pages"
    )
    scores = pd.read_csv(home / "scores" / "scores.csv")
    pages = [*(home / "pages").rglob("*.html")]
    assert len(pages) > len(scores) > 0
