import pandas as pd

from riskscreen.documents.pages.capacity import group_by_team_and_week


def scores(*rows):
    """(case, team, day of decision, risk)"""
    table = pd.DataFrame(rows, columns=["case_id", "team", "decision_date", "risk"])
    table["decision_date"] = pd.to_datetime(table["decision_date"])
    return table.assign(
        municipality="A", rank=table["decision_date"].notna().map({True: 1})
    )


def told(table, per_week):
    return [
        (w.team, str(w.monday)[:10], w.cases["case_id"].tolist(), w.within, w.teams)
        for w in group_by_team_and_week(table, per_week=per_week)
    ]


def test_all_teams_of_a_municipality_compete_for_the_weeks_places():
    table = scores(
        ("1", "N", "2025-01-06", 0.5),
        ("2", "N", "2025-01-12", 0.2),  # the Sunday still belongs to the week
        ("3", "S", "2025-01-07", 0.4),
        ("4", "S", "2025-01-07", 0.3),
    )
    assert told(table, 3) == [
        ("N", "2025-01-06", ["1", "2"], 1, 2),
        ("S", "2025-01-06", ["3", "4"], 2, 2),
    ]


def test_each_week_has_its_own_places_and_the_newest_stands_first():
    table = scores(("1", "N", "2025-01-06", 0.5), ("2", "N", "2025-01-13", 0.2))
    assert told(table, 1) == [
        ("N", "2025-01-13", ["2"], 1, 1),
        ("N", "2025-01-06", ["1"], 1, 1),
    ]


def test_municipalities_do_not_share_places():
    table = scores(("1", "N", "2025-01-06", 0.5), ("2", "N", "2025-01-06", 0.4))
    table["municipality"] = ["A", "B"]
    assert [week.within for week in group_by_team_and_week(table, per_week=1)] == [1, 1]


def test_a_team_may_have_no_case_within_the_places():
    table = scores(("1", "N", "2025-01-06", 0.5), ("2", "S", "2025-01-06", 0.4))
    assert told(table, 1)[1] == ("S", "2025-01-06", ["2"], 0, 2)


def test_equal_risks_go_by_case_as_ranks_do():
    table = scores(("9", "N", "2025-01-06", 0.5), ("1", "N", "2025-01-06", 0.5))
    assert told(table, 1)[0][2] == ["1", "9"]


def test_undated_cases_are_one_list():
    table = scores(("1", "N", None, 0.5), ("2", "N", None, 0.6))
    (week,) = group_by_team_and_week(table, per_week=1)
    assert week.monday is None
    assert week.within is None  # nothing says how many places they compete for
    assert week.cases["case_id"].tolist() == ["2", "1"]


def test_no_scored_case_gives_no_list():
    assert group_by_team_and_week(scores(), per_week=14) == []
