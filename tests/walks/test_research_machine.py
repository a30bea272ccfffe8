"""From registers in partitioned Parquet to the figures that may leave."""

import shlex
import shutil
import tomllib

import pandas as pd
import pytest

from tests.page_commands import list_blocks, list_lines
from tests.walks.conftest import ROOT

pytestmark = pytest.mark.walk

PAGE = (ROOT / "docs" / "how-to" / "research-machine.md").read_text("utf-8")


def partition(table, folder, *, by):
    """Write *table* as a register lies: a folder a year."""
    for year, rows in table.groupby(table[by].dt.year):
        place = folder / f"year={year}"
        place.mkdir(parents=True)
        rows.to_parquet(place / "part-0.parquet", index=False)


def test_the_page_leads_from_partitioned_registers_to_a_folder_that_may_leave(machine):
    machine.install("riskscreen[train]")
    home = machine.home / "research"
    home.mkdir()
    machine.run(
        *("riskscreen", "synthesise", "--size", "small", "--out", "research/made")
    )
    site = home / "site"
    (site / "registers").mkdir(parents=True)
    history = pd.read_parquet(home / "made" / "history.parquet")
    partition(history, site / "registers" / "history", by="start_date")
    cases = pd.read_parquet(home / "made" / "long_absence" / "cases.parquet")
    partition(cases, site / "registers" / "cases", by="decision_date")
    (site / "long_absence").mkdir()
    shutil.copy(home / "made" / "long_absence" / "audit.parquet", site / "long_absence")
    (stated,) = [block for of, block in list_blocks(PAGE) if of == "toml"]
    assert tomllib.loads(stated)["files"]["history"]["path"] == "registers/history"
    (site / "site.toml").write_text("synthetic = true\n" + stated, "utf-8")

    commands = list_lines(PAGE)
    assert [command.split()[1] for command in commands] == [
        *("check", "train", "study", "release-check")
    ]
    for command in commands:
        machine.run("sh", "-c", f"cd research && {shlex.join(shlex.split(command))}")
    assert {path.name for path in (home / "study").iterdir()} >= {
        *("counts.csv", "figures.csv", "card.md", "study.json")
    }
