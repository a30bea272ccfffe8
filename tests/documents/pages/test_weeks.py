import pandas as pd
import pytest

from riskscreen.documents.pages.weeks import group_by_team_and_week
from riskscreen.policy import Places

SITE = Places("site", 2.0)


def scores(*rows):
    """(case, team, day of decision, risk, proposed)"""
    columns = ["case_id", "team", "decision_date", "risk", "proposed"]
    table = pd.DataFrame(rows, columns=columns)
    table["decision_date"] = pd.to_datetime(table["decision_date"])
    return table.assign(
        municipality="A",
        later_proposal=pd.Series(None, index=table.index, dtype="str"),
        off_list=False,
        rank=table["decision_date"].notna().map({True: 1}),
        risk_from=table["decision_date"],
    )


def told(table, places=SITE, **more):
    return [
        (w.team, str(w.monday)[:10], [row.case_id for row in w.cases], w.above)
        for w in group_by_team_and_week(table, places=places, **more)
    ]


def test_the_proposed_stand_above_the_line_by_risk_and_each_team_has_its_own_list():
    table = scores(
        ("1", "N", "2025-01-06", 0.5, True),
        ("2", "N", "2025-01-12", 0.2, False),  # the Sunday still belongs to the week
        ("3", "S", "2025-01-07", 0.4, True),
        ("4", "S", "2025-01-07", 0.6, True),
    )
    assert told(table) == [
        ("N", "2025-01-06", ["1", "2"], 1),
        ("S", "2025-01-06", ["4", "3"], 2),
    ]


def test_a_case_without_a_rank_is_not_among_those_that_have_a_number():
    table = scores(
        ("1", "N", "2025-01-06", 0.5, True),
        ("2", "N", "2025-01-06", 0.9, False),
        ("3", "N", "2025-01-06", 0.1, False),
    )
    table["rank"] = [1, None, 2]
    (week,) = group_by_team_and_week(table, places=SITE)
    assert [row.case_id for row in week.cases] == ["1", "3", "2"]
    assert (week.above, week.ranked) == (1, 2)


@pytest.mark.slow
def test_proposals_of_all_who_share_the_places_are_counted_beside_them():
    table = scores(
        ("1", "N", "2025-01-06", 0.5, True),
        ("2", "N", "2025-01-06", 0.4, True),
        ("3", "S", "2025-01-07", 0.4, True),
        ("4", "S", "2025-01-14", 0.4, True),
    )
    shared = group_by_team_and_week(table, places=SITE)
    found = [(w.team, w.proposed, w.places, w.teams) for w in shared]
    assert found == [("N", 3, 2.0, 2), ("S", 1, 2.0, 1), ("S", 3, 2.0, 2)]
    own = group_by_team_and_week(table, places=Places("team", {"N": 1.0, "S": 4.0}))
    assert [(w.proposed, w.places) for w in own] == [(2, 1.0), (1, 4.0), (1, 4.0)]
    named = group_by_team_and_week(table, places=Places("team", {"S": 4.0}))
    found = [(w.team, w.above, w.proposed, w.places) for w in named]
    # The site's threshold proposes where no places are stated: a line, and its count.
    assert found == [("N", 2, 2, None), ("S", 1, 1, 4.0), ("S", 1, 1, 4.0)]


def test_each_week_stands_by_itself_and_the_newest_first():
    table = scores(
        ("1", "N", "2025-01-06", 0.5, True), ("2", "N", "2025-01-13", 0.2, False)
    )
    assert told(table) == [
        ("N", "2025-01-13", ["2"], 0),
        ("N", "2025-01-06", ["1"], 1),
    ]


def test_a_team_may_have_nobody_above_the_line():
    table = scores(
        ("1", "N", "2025-01-06", 0.5, True), ("2", "S", "2025-01-06", 0.4, False)
    )
    assert told(table)[1] == ("S", "2025-01-06", ["2"], 0)


def test_equal_risks_go_by_case_as_ranks_do():
    table = scores(
        ("9", "N", "2025-01-06", 0.5, True), ("1", "N", "2025-01-06", 0.5, True)
    )
    assert told(table)[0][2] == ["1", "9"]


def test_who_is_proposed_for_a_later_case_stands_below_the_line_once():
    table = scores(
        ("1", "N", "2025-01-06", 0.9, True), ("2", "N", "2025-01-07", 0.4, True)
    )
    table.loc[0, "later_proposal"] = "2"
    (week,) = group_by_team_and_week(table, places=SITE)
    assert [row.case_id for row in week.cases] == ["2", "1"]
    assert (week.above, week.proposed) == (1, 1)


def test_the_proposed_are_carried_on_top_for_so_many_weeks():
    table = scores(
        ("old", "N", "2024-12-23", 0.9, True),
        ("wait", "N", "2025-01-06", 0.5, True),
        ("first", "N", "2025-01-06", 0.7, True),
        ("low", "N", "2025-01-06", 0.2, False),
        ("new", "N", "2025-01-13", 0.4, True),
    )
    weeks = group_by_team_and_week(table, places=SITE, carry_weeks=1)
    assert [[row.case_id for row in w.cases] for w in weeks] == [
        ["first", "wait"],
        ["new"],
        ["low"],
        ["old"],
    ]
    assert [w.carried for w in weeks] == [True, False, False, False]
    assert weeks[2].proposed == 2  # whoever waits was proposed that week all the same
    assert len(group_by_team_and_week(table, places=SITE)) == 3


def test_a_week_whose_cases_all_wait_on_top_keeps_its_count():
    table = scores(
        ("wait", "N", "2025-01-06", 0.5, True), ("new", "N", "2025-01-13", 0.4, True)
    )
    weeks = group_by_team_and_week(table, places=SITE, carry_weeks=1)
    assert [
        (str(w.monday)[:10], w.proposed, w.above, len(w.cases))
        for w in weeks
        if not w.carried
    ] == [("2025-01-13", 1, 1, 1), ("2025-01-06", 1, 0, 0)]


def test_without_places_there_is_no_line_and_nobody_is_counted():
    table = scores(("1", "N", "2025-01-06", 0.5, False))
    (week,) = group_by_team_and_week(table, places=None)
    assert (week.above, week.proposed, week.places) == (0, None, None)


def test_undated_cases_are_one_list():
    table = scores(("1", "N", None, 0.5, False), ("2", "N", None, 0.6, False))
    (week,) = group_by_team_and_week(table, places=SITE)
    assert week.monday is None
    assert week.places is None
    assert [row.case_id for row in week.cases] == ["2", "1"]


def test_no_scored_case_gives_no_list():
    assert group_by_team_and_week(scores(), places=SITE) == []


def test_whoever_is_helped_is_not_carried_on_and_stays_in_the_week():
    table = scores(
        ("wait", "N", "2025-01-06", 0.5, True),
        ("helped", "N", "2025-01-06", 0.7, True),
        ("new", "N", "2025-01-13", 0.4, True),
    )
    told_with = told(table, carry_weeks=1, helped=frozenset({"helped", "another"}))
    assert [row[2] for row in told_with] == [["wait"], ["new"], ["helped"]]
    weeks = group_by_team_and_week(table, places=SITE, carry_weeks=1, helped={"helped"})
    assert [w.carried for w in weeks] == [True, False, False]
    assert weeks[2].proposed == 2  # who was proposed does not hang on help
