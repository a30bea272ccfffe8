import pandas as pd

from riskscreen.scoring.ranking import find_later_proposals, rank_in_team_and_week


def test_ranks_are_within_team_and_iso_week_and_ties_go_by_case():
    scores = pd.DataFrame(
        {
            "case_id": ["b", "a", "c", "d", "e"],
            "municipality": ["m"] * 5,
            "team": ["t", "t", "t", "u", "t"],
            "decision_date": pd.to_datetime(
                ["2024-06-03", "2024-06-09", "2024-06-05", "2024-06-05", "2024-06-10"]
            ),
            "risk": [0.3, 0.3, 0.9, 0.1, 0.2],
        }
    )
    assert rank_in_team_and_week(scores).tolist() == [3, 2, 1, 1, 1]
    turned = scores.iloc[::-1]
    assert rank_in_team_and_week(turned).tolist() == [1, 1, 1, 2, 3]


def test_an_abstained_case_has_no_rank_and_takes_nobodys():
    scores = pd.DataFrame(
        {
            "case_id": ["a", "b", "c"],
            "municipality": "x",
            "team": "y",
            "decision_date": pd.Timestamp("2024-03-04"),
            "risk": [0.9, 0.8, 0.7],
            "abstained": [False, True, False],
        }
    )
    ranks = rank_in_team_and_week(scores)
    assert ranks.isna().tolist() == [False, True, False]
    assert ranks.dropna().tolist() == [1, 2]


def test_of_several_proposed_cases_of_a_person_the_later_one_is_named_by_the_others():
    scores = pd.DataFrame(
        {
            "case_id": ["a", "b", "c", "d", "e", "f"],
            "decision_date": pd.to_datetime(
                ["2024-06-03", "2024-06-09", "2024-06-09", "2024-06-20"] * 1
                + ["2024-06-05", "2024-06-04"]
            ),
            "proposed": [True, True, True, False, True, True],
        }
    )
    persons = pd.Series(["p", "p", "p", "p", "q", "r"])
    later = find_later_proposals(scores, persons)
    # Of one day the last by number; the case that is not proposed takes no place.
    assert later.fillna("").tolist() == ["c", "c", "", "", "", ""]
    turned = find_later_proposals(scores.iloc[::-1], persons.iloc[::-1])
    assert turned.fillna("").to_dict() == later.fillna("").to_dict()
    nobody = find_later_proposals(scores.assign(proposed=False), persons)
    assert nobody.isna().all()
