import pytest

from riskscreen.followup.caseloads import list_caseloads
from tests.followup.tables import checked


def rows(*given):
    return checked("volumes", [{"team": "A", "programme": "P", **r} for r in given])


@pytest.mark.parametrize(("cases", "mean"), [(860, 43), (900, 45)])
def test_sofs_mean_caseloads_come_out_of_twenty_caseworkers(cases, mean):
    row = {"month": "2018-12", "caseload": cases, "caseworkers": 20}
    (found,) = list_caseloads(rows(row))
    assert found.mean == mean


def test_the_spread_is_that_of_the_newest_month_and_without_names():
    spread = {"caseload_min": 20, "caseload_median": 42, "caseload_max": 60}
    (found,) = list_caseloads(
        rows(
            {"month": "2018-11", "caseload": 1, "caseworkers": 1},
            {"month": "2018-12", "caseload": 210, "caseworkers": 5, **spread},
        )
    )
    assert (found.least, found.median, found.most, found.mean) == (20, 42, 60, 42)
    assert not found.hidden


@pytest.mark.parametrize("caseworkers", [4, 1, ""])
def test_of_few_caseworkers_the_spread_is_each_ones_own_and_hidden(caseworkers):
    spread = {"caseload_min": 20, "caseload_median": 42, "caseload_max": 60}
    row = {"month": "2018-12", "caseload": 168, "caseworkers": caseworkers, **spread}
    (found,) = list_caseloads(rows(row))
    assert (found.least, found.median, found.most, found.hidden) == (
        None, None, None, True,
    )  # fmt: skip


def test_a_team_that_states_no_caseload_is_not_there():
    assert list_caseloads(rows({"month": "2018-12", "entries": 4})) == []
