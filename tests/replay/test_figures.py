"""The figures of a replay: what joins nights, practice and outcomes, and their JSON."""

from datetime import date

import pandas as pd
import pytest

from riskscreen.disclosure.counts import HIDDEN
from riskscreen.replay.figures import (
    average_places,
    count_nights,
    gather_figures,
)
from riskscreen.replay.nights import Period
from riskscreen.training import Dataset
from tests.replay.replays import make_replay
from tests.small_site import specification

pytestmark = pytest.mark.slow

EXTRACTED = date(2024, 12, 30)


def test_nights_meet_what_became_of_each_case_by_its_number():
    """Ten cases a team; those of Syd are long, and all of Nord were helped."""
    ids = [f"c{n}" for n in range(20)]
    team = ["Nord"] * 10 + ["Syd"] * 10
    nights = pd.DataFrame(
        {
            "case_id": ids,
            "person_id": ids,
            "municipality": "0461",
            "team": team,
            "start_date": pd.Timestamp("2024-01-01"),
            "decision_date": pd.Timestamp("2024-01-15"),
            "fate": "scored",
            "risk": 0.5,
            "proposed": [name == "Syd" for name in team],
            "proposed_with_more": True,
        }
    )
    spec = specification()
    followed = Dataset(
        spec=spec,
        cases=pd.DataFrame({"case_id": ids[::-1]}),
        features=pd.DataFrame(),
        outcomes=pd.DataFrame(
            {
                "case_id": ids[::-1],
                "outcome": ["long"] * 10 + ["not long"] * 10,
                "end_group": ["sick"] * 10 + ["work"] * 10,
            }
        ),
        audit=pd.DataFrame({"audit_kind": ["x"] * 10 + ["y"] * 10}),
    )
    efforts = pd.DataFrame(
        {
            "case_id": ids[:10],
            "start_date": pd.Timestamp("2024-01-29"),
            "end_date": pd.Timestamp("2024-02-11"),
        }
    )
    counts = count_nights(
        spec, nights, followed, efforts, extract_date=EXTRACTED, weeks=1.0
    )
    assert counts.outcomes.find("long", "model") == 10
    assert counts.outcomes.find("not long", "practice") == 10
    assert counts.teams.find("Syd", "model") == 10
    assert counts.audit["audit_kind"].find("x", "model") == 10
    assert counts.audit["audit_kind"].find("y", "practice") == 10
    assert counts.waits.find("to_2_weeks", "practice") == 10
    assert counts.weeks_of_help == 2.0


@pytest.mark.parametrize(
    ("municipalities", "named"),
    [(["0461"], ["Nord", "Syd"]), (["0461", "0101"], ["0101/Syd", "0461/Nord"])],
)
def test_a_team_is_named_with_its_municipality_where_there_are_several(
    municipalities, named
):
    """Six citizens each; the team of one of them is named together with others."""
    ids = [f"c{n}" for n in range(12)]
    nights = pd.DataFrame(
        {
            "case_id": [*ids, "alone"],
            "person_id": [*ids, "alone"],
            "municipality": [municipalities[0]] * 6 + [municipalities[-1]] * 7,
            "team": ["Nord"] * 6 + ["Syd"] * 6 + ["Lille"],
            "start_date": pd.Timestamp("2024-01-01"),
            "decision_date": pd.Timestamp("2024-01-15"),
            "fate": "scored",
            "proposed": False,
            "proposed_with_more": False,
        }
    )
    outcomes = {"case_id": nights["case_id"], "outcome": "long", "end_group": "sick"}
    followed = Dataset(
        spec=specification(),
        cases=nights[["case_id"]],
        features=pd.DataFrame(),
        outcomes=pd.DataFrame(outcomes),
    )
    nobody = {
        "case_id": pd.Series([], dtype="str"),
        **{n: pd.Series([], dtype="M8[us]") for n in ("start_date", "end_date")},
    }
    counts = count_nights(
        specification(),
        nights,
        followed,
        pd.DataFrame(nobody),
        extract_date=EXTRACTED,
        weeks=1.0,
    )
    assert counts.teams.rows == (*named, "others")


def test_the_price_of_help_is_that_of_its_mean_length(tmp_path):
    assert make_replay(tmp_path).price_of_help == 8000.0
    assert make_replay(tmp_path, price=None).price_of_help is None


def test_a_price_of_few_is_hidden_and_not_unstated(tmp_path):
    few = make_replay(tmp_path, lasted=4)
    assert few.price_of_help == HIDDEN
    content = gather_figures(few)
    assert content["weeks_of_help"] == content["price_of_help"] == HIDDEN
    assert make_replay(tmp_path, lasted=0).price_of_help is None
    assert make_replay(tmp_path, lasted=4, price=None).price_of_help is None


def test_places_are_the_mean_over_the_days_of_each_model():
    whole = Period(date(2023, 1, 1), date(2024, 1, 1))
    assert average_places([whole], [7.5]) == 7.5
    days = Period(date(2024, 1, 1), date(2024, 3, 14))  # 73, a fifth of 365
    assert average_places([whole, days], [6.0, 12.0]) == 7.0


def test_the_json_has_every_table(tmp_path):
    content = gather_figures(make_replay(tmp_path))
    assert content["groups"] == {"both": 20, "model": 15, "practice": 30, "neither": 40}
    assert content["outcomes"]["rows"]["long"]["practice"] == 20
    assert content["weekdays"]["rows"]["monday"]["of"] == 53
    assert content["audit"].keys() == {"audit_kind"}
    assert content["price_of_help"] == 8000
    assert content["more_places_a_week"] == 5
    assert content["trained_on"] == ["2024-01-01"]
