import pandas as pd
import pytest

from riskscreen.disclosure.counts import HIDDEN
from riskscreen.followup.programmes import hide_small_caseloads, measure_programmes
from tests.followup.tables import checked

JANUARY = {"month": "2019-01", "programme": "F"}


def volumes(*rows):
    return checked("volumes", [{**JANUARY, **row} for row in rows])


@pytest.mark.slow
def test_the_figures_of_a_small_team_are_hidden_and_so_is_another_they_follow_from():
    rows = [("A", 20, 20 * 31), ("B", 30, 30 * 31), ("C", 3, 3 * 31)]
    (found,) = measure_programmes(
        volumes(
            *(
                {"team": team, "entries": n, "person_days": days, "price_a_week": 700}
                for team, n, days in rows
            )
        )
    ).values()
    small = found.by_team["C"].list_figures()
    told = ("full_year_persons", "entries", "cost_a_week", "places_a_week")
    assert [small[name] for name in told] == [HIDDEN] * 4
    assert small["price_a_week"] == 700  # nobody's
    hidden = [t for t, of in found.by_team.items() if "entries" in of.hidden]
    assert len(hidden) == 2
    assert found.whole.list_figures()["entries"] == 53


@pytest.mark.slow
def test_courses_close_by_result_and_a_result_that_nobody_states_is_not_there():
    (found,) = measure_programmes(
        volumes({"team": "A", "closings_recovered": 20, "closings_flex_job": 9})
    ).values()
    assert found.closings.to_json()["all"] == {
        "recovered": 20, "flex_job": 9, "of": 29,
    }  # fmt: skip
    (silent,) = measure_programmes(volumes({"team": "A", "entries": 9})).values()
    assert silent.closings is None


@pytest.mark.slow
def test_a_caseload_of_few_is_left_out_of_its_teams_path_and_of_the_other_it_betrays():
    rows = volumes(
        {"team": "A", "caseload": 3, "target": 10},
        {"team": "B", "caseload": 20, "target": 20},
        {"team": "C", "caseload": 40, "target": 40},
    )
    hidden = hide_small_caseloads(rows)["caseload"].isna().tolist()
    assert hidden[0]
    assert sum(hidden) == 2
    (found,) = measure_programmes(rows).values()
    assert found.paths["A"].actual.empty
    assert found.path.actual.tolist() == [63]


@pytest.mark.slow
def test_full_year_persons_are_listed_month_by_month_as_far_as_stated():
    (found,) = measure_programmes(
        volumes(
            {"team": "A", "person_days": 310},
            {"team": "A", "person_days": 3 * 28, "month": "2019-02"},  # of few
            {"team": "A", "person_days": 12 * 31, "month": "2019-03"},
            {"team": "A", "entries": 5, "month": "2019-04"},
        )
    ).values()
    assert found.months.to_dict() == {
        pd.Timestamp("2019-01-01"): 10, pd.Timestamp("2019-03-01"): 12,
    }  # fmt: skip
