import pytest

from riskscreen.disclosure.counts import HIDDEN
from riskscreen.followup.caseloads import list_caseloads
from riskscreen.followup.programmes import hide_small_caseloads
from tests.followup.tables import checked

SPREAD = {"caseload_min": 20, "caseload_median": 42, "caseload_max": 60}


def caseloads(*given):
    rows = [{"team": "A", "programme": "P", **row} for row in given]
    volumes = checked("volumes", rows)
    return list_caseloads(volumes, hide_small_caseloads(volumes))


@pytest.mark.parametrize(("cases", "mean"), [(860, 43), (900, 45)])
def test_sofs_mean_caseloads_come_out_of_twenty_caseworkers(cases, mean):
    row = {"month": "2018-12", "caseload": cases, "caseworkers": 20}
    (found,) = caseloads(row)
    assert found.mean == mean


def test_the_spread_is_that_of_the_newest_month_and_without_names():
    (found,) = caseloads(
        {"month": "2018-11", "caseload": 1, "caseworkers": 1},
        {"month": "2018-12", "caseload": 210, "caseworkers": 5, **SPREAD},
    )
    assert (found.least, found.median, found.most, found.mean) == (20, 42, 60, 42)


@pytest.mark.slow
@pytest.mark.parametrize("caseworkers", [4, 1, ""])
def test_of_few_caseworkers_the_spread_is_each_ones_own_and_hidden(caseworkers):
    row = {"month": "2018-12", "caseload": 168, "caseworkers": caseworkers, **SPREAD}
    (found,) = caseloads(row)
    assert [found.least, found.median, found.most] == [HIDDEN] * 3
    assert found.caseload == 168


def test_of_few_citizens_everything_is_hidden():
    row = {"month": "2018-12", "caseload": 3, "caseworkers": 6, "caseload_max": 1}
    (found,) = caseloads(row)
    assert (found.caseload, found.mean, found.most) == (HIDDEN, HIDDEN, HIDDEN)
    assert (found.least, found.caseworkers) == (None, 6)


def test_a_team_that_states_no_caseload_is_not_there():
    assert caseloads({"month": "2018-12", "entries": 4}) == []
