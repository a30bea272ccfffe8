import pandas as pd
import pytest

from riskscreen.followup.targets import follow_path, interpolate_targets
from tests.followup.tables import checked


def rows(*given):
    return checked("volumes", [{"team": "A", "programme": "P", **r} for r in given])


def follow(table):
    return follow_path(table, pd.Series(False, table.index))


ODENSE = (
    {"month": "2016-09", "target": 45},  # 1 October: the end of September
    {"month": "2016-12", "target": 130},
    {"month": "2017-06", "target": 145},
    {"month": "2017-03", "caseload": 121},
)


def test_odenses_path_rises_by_28_and_by_2_and_a_half_a_month():
    first, second = follow(rows(*ODENSE)).steps
    assert first.rise_a_month == pytest.approx(28.3, abs=0.05)
    assert second.rise_a_month == 2.5
    assert (first.first, first.last, second.last) == (45, 130, 145)


def test_odenses_121_are_83_per_cent_of_145_and_88_of_the_137_and_a_half():
    path = follow(rows(*ODENSE))
    assert path.newest == pd.Timestamp("2017-03-01")
    assert path.targets[path.newest] == 137.5
    assert round(100 * path.share_of_last) == 83
    assert round(100 * path.share_of_path) == 88


def test_between_two_targets_lies_a_straight_line_in_months():
    stated = pd.Series([0.0, 6.0], pd.DatetimeIndex(["2016-11-01", "2017-02-01"]))
    path = interpolate_targets(stated)
    assert path.tolist() == [0, 2, 4, 6]
    assert path.index[1] == pd.Timestamp("2016-12-01")


def test_teams_add_up_only_in_months_that_all_of_them_state():
    path = follow(
        rows(
            {"month": "2019-01", "target": 10, "caseload": 8},
            {"month": "2019-01", "target": 20, "caseload": 9, "team": "B"},
            {"month": "2019-02", "target": 12, "caseload": 9},
            {"month": "2019-02", "target": 20, "team": "B"},
        )
    )
    assert path.targets.tolist() == [30, 32]
    assert path.actual.to_dict() == {pd.Timestamp("2019-01-01"): 17}


def test_without_a_target_there_is_no_path_and_beyond_the_last_no_share_of_it():
    assert follow(rows({"month": "2019-01", "caseload": 9})) is None
    late = ({"month": "2019-01", "target": 10}, {"month": "2019-02", "caseload": 9})
    path = follow(rows(*late))
    assert path.share_of_path is None
    assert path.share_of_last == 0.9


def test_a_newest_month_of_few_people_is_hidden_and_not_the_one_before_shown_for_it():
    table = rows(
        {"month": "2019-01", "target": 10, "caseload": 9},
        {"month": "2019-02", "target": 10, "caseload": 3},
    )
    path = follow_path(table, pd.Series([False, True]))
    assert path.actual.tolist() == [9]
    assert path.newest == pd.Timestamp("2019-02-01")
    assert path.hidden == {path.newest}
    assert path.share_of_path is None
    assert path.share_of_last is None
