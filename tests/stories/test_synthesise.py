"""One command makes a site and says what it made, in counts alone."""

import pandas as pd
import pytest
from typer import Typer
from typer.testing import CliRunner

from riskscreen.cli.synthetic import synthesise
from riskscreen.efforts import read_efforts
from riskscreen.readers.site import read_site
from riskscreen.rules.reforms import read_site_reforms

pytestmark = pytest.mark.slow


@pytest.fixture
def command():
    app = Typer()
    app.command()(synthesise)
    return app


def test_the_command_writes_a_site_and_tells_counts(command, tmp_path):
    out = tmp_path / "site"
    told = CliRunner().invoke(command, ["--out", str(out), "--cases", "200"])
    assert told.exit_code == 0
    assert (out / "history.parquet").exists()
    assert "200 cases" in told.output
    assert "assumed" in told.output
    assert "PS0" not in told.output


def test_a_site_with_efforts_is_made_where_it_is_asked_for(command, tmp_path):
    out = tmp_path / "site"
    asked = ["--out", str(out), "--cases", "200", "--years", "3", "--efforts"]
    told = CliRunner().invoke(command, asked)
    assert told.exit_code == 0
    assert "efforts:" in told.output
    assert len(read_efforts(read_site(out)).table) > 0
    assert "follow_up:" in told.output
    assert (out / "volumes.parquet").exists()


def test_what_few_sites_deliver_is_made_where_it_is_asked_for(command, tmp_path):
    out = tmp_path / "site"
    asked = ["--out", str(out), "--cases", "200", "--years", "3", "--every-fact"]
    assert CliRunner().invoke(command, asked).exit_code == 0
    cases = pd.read_parquet(out / "long_absence/cases.parquet")
    assert "social_chapter_months" in cases
    assert "899" in set(pd.read_parquet(out / "history.parquet")["code"])


def test_an_unknown_shape_is_refused(command, tmp_path):
    out = tmp_path / "site"
    told = CliRunner().invoke(command, ["--out", str(out), "--shape", "round"])
    assert told.exit_code == 2
    assert not out.exists()


def test_a_reform_that_is_asked_for_stands_in_the_sites_list_of_known_changes(
    command, tmp_path
):
    out = tmp_path / "site"
    told = CliRunner().invoke(
        command, ["--out", str(out), "--reform", "2024-03-06", "--cases", "200"]
    )
    assert told.exit_code == 0
    assert "reforms.csv: one on 2024-03-06" in told.output
    reforms = [r for r in read_site_reforms(out) if r.source == "opdigtet"]
    assert [(str(r.day), r.target) for r in reforms] == [
        ("2024-03-06", name)
        for name in ("long_absence", "long_benefit", "long_unemployment")
    ]


def test_leaving_may_depend_on_how_ill_one_is(command, tmp_path):
    out = tmp_path / "site"
    asked = ["--shape", "dependent", "--leaving-odds", "3.6", "--cases", "200"]
    told = CliRunner().invoke(command, ["--out", str(out), *asked])
    assert told.exit_code == 0
    assert "(dependent shape)" in told.output
    assert "times 3.6." in (out / "PROVENANCE").read_text()
    none = ["--leaving-odds", "0", "--out", str(tmp_path / "none")]
    assert CliRunner().invoke(command, none).exit_code == 2
    assert not (tmp_path / "none").exists()
