"""A small site's folder and an approved model."""

import pytest

from riskscreen.spec.printed import format_specification
from tests import small_site

AS_OF = str(small_site.EXTRACTED.date())


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return small_site.approved_folder(tmp_path_factory.mktemp("model") / "m")


@pytest.fixture
def site(tmp_path):
    small_site.deliver(tmp_path / "site", 40)
    return tmp_path / "site"


@pytest.fixture
def delivery(tmp_path):
    """A site's folder of a shipped target, with two of its rows at fault."""
    folder = tmp_path / "site"
    (folder / "small_target").mkdir(parents=True)
    (tmp_path / "models").mkdir()
    toml = format_specification(small_site.specification(audit={}))
    (tmp_path / "models" / "small_target.toml").write_text(toml, encoding="utf-8")
    table = small_site.cases(40)
    table.loc[[1, 2], "start_date"] = "31-02-2024"
    table.to_csv(folder / "small_target" / "cases.csv", sep=";", index=False)
    small_site.history(table).to_parquet(folder / "history.parquet", index=False)
    own = small_site.code_table().to_csv_text()
    (folder / "code_groups_whole.csv").write_text(own, encoding="utf-8")
    (folder / "site.toml").write_text(f"extract_date = {AS_OF}\n")
    return folder
