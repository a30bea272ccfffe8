"""What follow-up tells on pages of a run: of every team, and of all to leaders."""

import pytest

from riskscreen.followup.week_figures import find_week_figures
from riskscreen.readers.site import read_site
from tests.followup.two_teams import write_cases

VOLUMES = (
    "team;programme;month;caseload;caseworkers;caseload_median\n"
    "Nord;Mentor;2024-05-01;240;6;41\n"
    "Syd;Mentor;2024-05-01;120;3;40\n"
)


@pytest.mark.slow
def test_leaders_have_the_measures_of_all_and_team_by_team(tmp_path):
    figures = find_week_figures(read_site(write_cases(tmp_path)), "da")
    assert set(figures.of_teams) == {"Nord", "Syd"}
    (section,) = figures.sections
    assert [tile.figure for tile in section.tiles][1] == "50\N{NO-BREAK SPACE}%"
    (table,) = section.tables
    assert [row[0].text for row in table.rows] == ["Nord", "Syd", "Alle teams"]
    assert not any(cell.page for row in table.rows for cell in row)


@pytest.mark.slow
def test_caseloads_are_those_of_teams_that_no_few_share(tmp_path):
    site = write_cases(tmp_path)
    (site / "volumes.csv").write_text(VOLUMES, "utf-8")
    *_, section = find_week_figures(read_site(site), "da").sections
    (row,) = section.tables[0].rows
    assert [cell.text for cell in row][:2] == ["Nord", "Mentor"]
    assert "40" in [cell.text for cell in row]


@pytest.mark.slow
def test_caseloads_that_cannot_be_used_cost_teams_nothing_else(tmp_path):
    site = write_cases(tmp_path)
    (site / "volumes.csv").write_text("unit\nNord\n", "utf-8")
    figures = find_week_figures(read_site(site), "da")
    assert set(figures.of_teams) == {"Nord", "Syd"}
    assert len(figures.sections) == 1
    (warning,) = figures.warnings
    assert "volumes.csv" in warning


@pytest.mark.slow
def test_cases_that_cannot_be_used_cost_no_caseloads(tmp_path):
    site = write_cases(tmp_path)
    (site / "volumes.csv").write_text(VOLUMES, "utf-8")
    (site / "follow_up.csv").write_text("unit\nNord\n", "utf-8")
    figures = find_week_figures(read_site(site), "da")
    assert (figures.of_teams, len(figures.sections)) == ({}, 1)
    (warning,) = figures.warnings
    assert "follow_up.csv" in warning
