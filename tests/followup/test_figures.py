import subprocess
import sys

import pandas as pd
import pytest

from riskscreen.errors import FileError, TableError
from riskscreen.followup.figures import measure_follow_up
from riskscreen.readers.site import read_site


@pytest.mark.slow
def test_what_is_not_delivered_is_none_and_named(folder):
    found = measure_follow_up(read_site(folder))
    assert found.missing == ("volumes", "fidelity", "efforts", "scores")
    assert found.teams == ("Nord", "Syd")
    assert (found.programmes, found.fidelity, found.waiting) == ({}, (), None)
    assert found.retention.by_team["first_talk"].find("Nord", "yes") == 20


def test_a_site_without_a_table_of_follow_up_is_told_what_to_deliver(folder):
    (folder / "follow_up.csv").unlink()
    with pytest.raises(FileError, match="Deliver one of them"):
        measure_follow_up(read_site(folder))


@pytest.mark.slow
def test_the_bands_of_a_run_part_the_measures_and_the_help(folder, tmp_path):
    run = tmp_path / "run"
    run.mkdir()
    bands = ["first", "usual"] * 40
    cases = [f"S{n}" for n in range(80)]
    pd.DataFrame({"case_id": cases, "band": bands}).to_parquet(run / "scores.parquet")
    (folder / "efforts.csv").write_text(
        "case_id;kind;start_date\n"
        + "".join(f"S{n};Fønix;2024-03-01\n" for n in range(0, 40, 2))
        + "S41;Fønix;2024-09-01\n",  # agreed, and not begun
        "utf-8",
    )
    found = measure_follow_up(read_site(folder), run=run)
    assert found.retention.by_band["first_talk"].find("usual", "yes") == 40
    assert found.help_by_band["any"].find("first", "got") == 20
    assert found.help_by_band["any"].find("usual", "got") == 0
    pd.DataFrame({"case_id": ["x"], "band": ["first"]}).to_parquet(
        run / "scores.parquet"
    )
    with pytest.raises(TableError, match="holds none"):
        measure_follow_up(read_site(folder), run=run)


@pytest.mark.thorough
def test_no_library_of_models_is_loaded(folder):
    """Neither LightGBM nor scikit-learn nor MLflow: their import is barred."""
    program = f"""
import sys
class Bar:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("lightgbm", "sklearn", "mlflow"):
            raise ImportError(name)
sys.meta_path.insert(0, Bar())
from pathlib import Path
from riskscreen.followup.as_json import build_json
from riskscreen.followup.figures import measure_follow_up
from riskscreen.readers.site import read_site
found = measure_follow_up(read_site(Path({str(folder)!r})))
assert build_json(found)["four_figures"]
assert not {{"lightgbm", "sklearn", "mlflow"}} & set(sys.modules)
"""
    subprocess.run([sys.executable, "-c", program], check=True, timeout=120)
