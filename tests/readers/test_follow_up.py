import pandas as pd
import pytest

from riskscreen.errors import FileError, TableError
from riskscreen.readers.declared_tables import list_declared_tables
from riskscreen.readers.follow_up import read_follow_up
from riskscreen.readers.site import read_site
from riskscreen.validation.checking import NEITHER
from riskscreen.validation.schemas import FOLLOW_UP_TABLES

SITE = 'extract_date = 2024-06-30\n[files.follow_up]\npath = "sof.csv"\n'
ROWS = (
    "sag;team;takes_part;note\n"
    "S1;Nord;ja;fri tekst\nS2;Nord;nej;\nS3;Nord;;\nS4;Syd;måske;\n"
)


@pytest.fixture
def site(tmp_path):
    columns = 'columns = { sag = "case_id" }\n'
    (tmp_path / "site.toml").write_text(SITE + columns, encoding="utf-8")
    (tmp_path / "sof.csv").write_text(ROWS, encoding="utf-8")
    return read_site(tmp_path)


def test_a_stated_table_is_read_with_what_was_set_aside_of_it_told_in_counts(site):
    cases = read_follow_up(site, "follow_up")
    assert cases.table["takes_part"].dropna().tolist() == [1.0, 0.0]
    assert cases.rows_set_aside == 1
    assert any(f"takes_part: {NEITHER}" in note for note in cases.notes)
    assert not any("måske" in note for note in cases.notes)
    assert "first_talk_on" not in cases.stated
    assert "takes_part" in cases.stated


def test_a_table_that_no_site_delivers_is_none_and_one_is_found_by_its_name(site):
    assert read_follow_up(site, "volumes") is None
    table = pd.DataFrame({"month": ["2024-03"], "team": ["Nord"], "programme": ["x"]})
    table.to_parquet(site.folder / "volumes.parquet")
    assert len(read_follow_up(site, "volumes").table) == 1


def test_a_table_without_a_row_is_refused(site):
    (site.folder / "sof.csv").write_text("sag;team\n", encoding="utf-8")
    with pytest.raises(TableError, match="no rows"):
        read_follow_up(site, "follow_up")


def test_pseudonymising_takes_the_declared_columns_of_each_table_along(site):
    (table,) = list_declared_tables(site, [])
    assert (table.place, table.heading) == ("follow_up.parquet", "files.follow_up")
    assert table.columns(["case_id", "note", "takes_part"]) == ["case_id", "takes_part"]


@pytest.mark.parametrize("name", FOLLOW_UP_TABLES)
def test_no_further_table_may_be_one_of_follow_up_by_another_name(tmp_path, name):
    stated = f'extract_date = 2024-06-30\n[files.tables.work]\npath = "{name}.csv"\n'
    (tmp_path / "site.toml").write_text(stated, encoding="utf-8")
    (tmp_path / f"{name}.csv").write_text("a;b\n1;2\n", encoding="utf-8")
    with pytest.raises(FileError, match=f"the source of {name}"):
        read_site(tmp_path).tables(["work"])
