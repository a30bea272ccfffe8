import pandas as pd
import pytest

from riskscreen.errors import FileError, TableError
from riskscreen.followup.bands import read_bands


def test_a_folder_without_scores_is_refused_with_what_to_name(tmp_path):
    with pytest.raises(FileError, match=r"scores\.parquet"):
        read_bands(tmp_path)


def test_scores_without_bands_are_refused(tmp_path):
    (tmp_path / "scores.csv").write_text("case_id,risk\na,0.5\n", encoding="utf-8")
    with pytest.raises(TableError, match="band"):
        read_bands(tmp_path)


def test_the_band_is_that_of_intake_where_a_run_tells_it_apart(tmp_path):
    table = {"case_id": ["a"], "band": ["usual"], "band_at_intake": ["first"]}
    pd.DataFrame(table).to_parquet(tmp_path / "scores.parquet")
    assert read_bands(tmp_path).by_case.to_dict() == {"a": "first"}


def test_a_run_that_holds_none_of_many_cases_is_of_something_else(tmp_path):
    pd.DataFrame({"case_id": ["a"], "band": ["first"]}).to_parquet(
        tmp_path / "scores.parquet"
    )
    bands = read_bands(tmp_path)
    bands.require_any_of(pd.Series(["a", *"bcdefghijk"]), what="cases")
    with pytest.raises(TableError, match="holds none"):
        bands.require_any_of(pd.Series([f"x{n}" for n in range(10)]), what="cases")
