from datetime import date

import pandas as pd
import pytest

from examples.site import (
    Source,
    Tables,
    age_band,
    chosen,
    levels,
    specification_of,
    write_site,
)
from riskscreen.errors import FileError
from riskscreen.files import fingerprint_file
from riskscreen.spec import read_specification


def test_a_missing_file_says_how_to_name_the_folder(tmp_path):
    with pytest.raises(FileError, match="DATA=folder"):
        Source("no.csv", "0" * 64).verified(tmp_path)


def test_another_version_of_a_file_is_refused(tmp_path):
    path = tmp_path / "some.csv"
    path.write_text("a\n1\n")
    source = Source("some.csv", fingerprint_file(path))
    assert source.verified(tmp_path) == path
    path.write_text("a\n2\n")
    with pytest.raises(FileError, match="SHA-256"):
        source.verified(tmp_path)


def test_the_column_that_is_set_names_the_level():
    table = pd.DataFrame({"A": [1, 0, 0], "B": [0, 1, 0]})
    found = chosen(table, "first=A second=B")
    assert found[:2].tolist() == ["first", "second"]
    assert pd.isna(found[2])


def test_numbers_are_named_from_one():
    found = levels(pd.Series([1, 3, 2, None]), "a b c")
    assert found[:3].tolist() == ["a", "c", "b"]
    assert pd.isna(found[3])


def test_age_bands_divide_at_forty():
    bands = age_band(pd.Series([29.9, 30, 39, 40, 50, None]))
    assert bands[:5].tolist() == [
        "under 30",
        "30-39",
        "30-39",
        "40-49",
        "50 and over",
    ]
    assert pd.isna(bands[5])


def test_a_site_folder_holds_what_was_delivered_and_nothing_else(tmp_path):
    ids = pd.DataFrame({"case_id": ["a"]})
    tables = Tables(ids, ids.assign(long=True), extract_date=date(2020, 1, 2))
    write_site(tables, target="some", out=tmp_path / "site")
    written = {p.name for p in (tmp_path / "site").rglob("*") if p.is_file()}
    assert written - {".riskscreen.json"} == {
        "site.toml",
        "cases.parquet",
        "outcomes.parquet",
    }
    assert "2020-01-02" in (tmp_path / "site/site.toml").read_text()


def test_a_variant_adds_columns_narrows_a_gate_and_changes_nothing_else():
    plain = read_specification(specification_of("us_compensation"))
    late = specification_of("us_compensation", "late_column.toml")
    variant = read_specification(late)
    assert set(variant.columns) - set(plain.columns) == {"hospital_stay"}
    assert variant.gates.column_auc_at_most < plain.gates.column_auc_at_most
    same = {"columns": plain.columns, "gates": plain.gates}
    assert variant.model_copy(update=same) == plain
