import json

import pytest

from riskscreen.followup.as_json import build_json
from riskscreen.followup.figures import measure_follow_up
from riskscreen.readers.site import read_site


@pytest.mark.slow
def test_the_json_has_each_teams_four_figures_for_the_weeks_sheet(folder):
    content = json.loads(json.dumps(build_json(measure_follow_up(read_site(folder)))))
    four = content["four_figures"]["teams"]["Syd"]
    assert four["first_talk"] == {
        "yes": 20, "of": 40, "share": 0.5, "not_due": 0, "not_stated": 0,
    }  # fmt: skip
    assert four["takes_part"]["share"] is None
    assert four["takes_part"]["of"] is None  # of nobody it is known
    assert four["takes_part"]["not_stated"] == 40
    assert content["programmes"] == {}
    assert content["not_delivered"][0] == "volumes"


@pytest.mark.slow
def test_every_table_of_a_site_is_in_the_json_and_a_role_of_few_is_hidden(folder):
    (folder / "volumes.csv").write_text(
        "month;team;programme;caseload;target;person_days;closings_recovered;"
        "caseworkers;caseload_min;caseload_median;caseload_max\n"
        "2024-01;Nord;Fønix;80;100;3100;12;6;10;14;18\n",
        "utf-8",
    )
    answers = [
        f"0;Nord;{role};{question};4\n"
        for question in range(1, 20)
        for role in ("manager", *["staff"] * 6)
    ]
    (folder / "fidelity.csv").write_text(
        "".join(["round;team;role;question;answer\n", *answers]), "utf-8"
    )
    content = json.loads(json.dumps(build_json(measure_follow_up(read_site(folder)))))
    assert content["not_delivered"] == ["efforts", "scores"]
    programme = content["programmes"]["Fønix"]
    assert programme["all"]["full_year_persons"] == 100
    assert programme["targets"]["share_of_the_last_target"] == 0.8
    assert programme["closings"]["all"] == {"recovered": 12, "of": 12}
    (caseload,) = content["caseloads"]
    assert (caseload["least"], caseload["most"], caseload["month"]) == (
        10, 18, "2024-01",
    )  # fmt: skip
    (fidelity,) = content["fidelity"]
    assert (fidelity["total"], fidelity["staff"]) == (4.0, "hidden")
