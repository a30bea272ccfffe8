"""The notebook of the tutorial, cell by cell, where no checkout is."""

import json

import pytest

from tests.page_commands import ROOT, list_commands

CELLS = json.loads((ROOT / "docs" / "tutorial" / "model.ipynb").read_text("utf-8"))[
    "cells"
]


@pytest.mark.walk
def test_the_notebook_runs_from_its_first_cell_to_its_last(machine):
    machine.install("riskscreen[train]")
    if not (machine.home / "out" / "models").is_dir():
        (demo,) = list_commands(ROOT / "docs" / "tutorial" / "notebook.md")
        machine.run(*demo.words)
    code = ["".join(c["source"]) for c in CELLS if c["cell_type"] == "code"]
    assert len(code) >= 8
    (machine.home / "notebook.py").write_text("\n\n".join(code), "utf-8")
    machine.run("python", "-W", "error::FutureWarning", "notebook.py")


def test_the_notebook_holds_no_output():
    assert not any(cell.get("outputs") for cell in CELLS)
