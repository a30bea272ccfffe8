"""Each open case is scored at intake, and from its newest landmark on there."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit, logit

from riskscreen.errors import ModelError
from riskscreen.model.model_folder import load_model_folder, save_model
from riskscreen.model.risk_model import VERSION_LENGTH, combine_digests, digest_files
from riskscreen.model.stored_model import FORMAT
from riskscreen.policy import Places, set_thresholds
from riskscreen.scoring.one_case import score_one
from riskscreen.scoring.score_cases import score
from tests import landmarks, small_site
from tests.training.model_parts.test_arrival_counts import arrived, counted

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def model():
    return landmarks.model()


def scored(model, cases=None, past=None, as_of=landmarks.AS_OF):
    cases = landmarks.cases() if cases is None else cases
    past = landmarks.history() if past is None else past
    return score(model, cases, past, as_of=as_of)


@pytest.fixture(scope="module")
def scoring(model):
    return scored(model)


@pytest.fixture(scope="module")
def rows(scoring):
    return scoring.scores.set_index("case_id")


def test_each_case_says_which_risk_it_is_of_which_landmark_from_which_day(rows):
    assert rows["risk_by"].to_dict() == {
        "new": "intake",
        "eight": "own",
        "thirteen": "step_1",
        "twenty": "own",
        "gone": "intake",
    }
    weeks = rows["landmark_week"].astype(object).where(rows["landmark_week"].notna())
    assert weeks.dropna().to_dict() == {"eight": 8, "thirteen": 13, "twenty": 20}
    # The Monday after so many weeks; T0 itself at intake.
    assert rows["risk_from"].dt.strftime("%Y-%m-%d").to_dict() == {
        "new": "2024-12-16",
        "eight": "2024-12-23",
        "thirteen": "2024-12-23",
        "twenty": "2024-12-30",
        "gone": "2024-10-28",
    }
    assert rows.loc["eight", "decision_date"] == pd.Timestamp("2024-11-04")


def test_every_row_is_the_stored_models(model, rows):
    assert set(rows["model_version"]) == {model.version}
    assert set(rows["target"]) == {"small_target"}


def test_base_and_reasons_sum_to_the_risk_at_every_stage(scoring, rows):
    sums = scoring.reasons.groupby("case_id")["log_odds"].sum()
    found = logit(rows["base_risk"]) + sums
    assert found[rows.index].to_numpy() == pytest.approx(logit(rows["risk"]), abs=1e-9)
    points = scoring.reasons.groupby("case_id")["points"].sum()
    risen = rows["risk"] - rows["base_risk"]
    assert points[rows.index].to_numpy() == pytest.approx(risen, abs=1e-9)


def test_step_1_is_a_line_after_the_intakes_own_log_odds(model, rows):
    without = scored(replace(model, landmarks=())).scores.set_index("case_id")
    line = landmarks.STEP_1
    intake = logit(without.loc["thirteen", "risk"])
    expected = expit(line.slope * intake + line.intercept)
    assert rows.loc["thirteen", "risk"] == pytest.approx(expected, abs=1e-12)
    low, high = rows.loc["thirteen", ["interval_low", "interval_high"]]
    assert low < expected < high
    assert rows.loc["thirteen", "pilot"]
    # Whoever stands at intake has the very row that a model without landmarks gives.
    same = rows.loc[["new", "gone"]].drop(columns=["model_version", "rank"])
    other = without.loc[["new", "gone"]].drop(columns=["model_version", "rank"])
    pd.testing.assert_frame_equal(same, other)


def test_a_landmark_that_asks_of_other_weeks_is_shown_without_rank_or_proposal(rows):
    assert not rows.loc["twenty", "proposed"]
    assert np.isnan(rows.loc["twenty", "threshold"])
    assert pd.isna(rows.loc["twenty", "rank"])
    # Two landmarks of one Monday are one order.
    assert sorted(rows.loc[["eight", "thirteen"], "rank"]) == [1, 2]


def test_the_fact_of_a_landmark_is_seen_from_the_day_after_and_never_at_intake(model):
    def risks(day):
        told = {name: {"talk_on": day} for name in landmarks.STARTS}
        return scored(model, landmarks.cases(**told)).scores.set_index("case_id")[
            "risk"
        ]

    none, before, on_the_day = map(risks, ("", "2024-12-22", "2024-12-23"))
    assert before["eight"] != none["eight"]
    assert on_the_day["eight"] == none["eight"]
    assert before[["new", "gone", "thirteen"]].equals(none[["new", "gone", "thirteen"]])


def test_what_the_register_learns_after_the_landmark_changes_no_score_there(model):
    past = landmarks.history()
    monday = pd.Timestamp("2024-12-23")
    later = past.assign(registered_on=past["start_date"])
    ended = later["person_id"].isin(["p-eight", "p-thirteen"])
    dead = later[ended].assign(
        code="400", start_date=monday, end_date=pd.NaT, registered_on=monday
    )
    two = [scored(model, past=pd.concat([later, *more])) for more in ([], [dead])]
    before, after = (of.scores.set_index("case_id")["risk"] for of in two)
    assert after[["eight", "thirteen"]].equals(before[["eight", "thirteen"]])


def test_one_case_alone_is_what_it_is_among_others(model, rows):
    past = landmarks.history().astype(object)
    for row in landmarks.cases().to_dict("records"):
        own = past[past["person_id"] == row["person_id"]]
        spells = [
            {
                "code": of.code,
                "start_date": str(of.start_date.date()),
                "end_date": None if pd.isna(of.end_date) else str(of.end_date.date()),
            }
            for of in own.itertuples()
        ]
        answer = score_one(model, row, spells, as_of=landmarks.AS_OF)
        expected = rows.loc[row["case_id"]]
        assert answer.risk == expected["risk"]
        assert answer.risk_from == expected["risk_from"].date()
        if answer.landmark is None:
            assert expected["risk_by"] == "intake"
            continue
        assert answer.landmark.week == expected["landmark_week"]
        assert answer.landmark.by == expected["risk_by"]
        assert {of.reason for of in answer.reasons} >= {"helpers", "distance"}


def test_a_risk_of_another_stage_is_another_score_of_the_same_facts(model, rows):
    without = scored(replace(model, landmarks=())).scores.set_index("case_id")
    prints = "input_fingerprint"
    assert rows.loc["thirteen", prints] != without.loc["thirteen", prints]
    assert rows.loc["new", prints] == without.loc["new", prints]


def test_a_row_says_the_band_at_intake_at_whichever_stage_it_is_scored(model):
    # The intake's thresholds lie between its risks and those of the landmarks.
    intake = scored(replace(model, landmarks=())).scores
    first = (intake["risk"].min() + intake["risk"].max()) / 2
    policy = small_site.policy(first=first, base_risk=model.base_risk)
    placed = replace(model, policy=policy)
    rows = scored(placed).scores.set_index("case_id")
    alone = scored(replace(placed, landmarks=())).scores.set_index("case_id")
    assert rows["band_at_intake"].equals(alone["band"])
    assert not rows["band"].equals(alone["band"])


def test_step_1_rests_on_the_history_up_to_the_landmark(model):
    past = landmarks.history()
    # The last that the register shows of anybody is of 20 November.
    others = pd.DataFrame({"person_id": [f"other-{n}" for n in range(120)]})
    others = others.assign(code="100", start_date=pd.Timestamp("2024-11-20"))
    past = past[past["start_date"] < pd.Timestamp("2024-11-01")]
    past = pd.concat([past, others.assign(end_date=pd.NaT)])
    own = landmarks.cases().set_index("case_id", drop=False)
    two = own.loc[["thirteen", "twenty"]]
    rows = scored(model, two, past).scores.set_index("case_id")
    assert rows["risk_by"].to_dict() == {"thirteen": "step_1", "twenty": "own"}
    assert rows["history_ends"].to_dict() == {"thirteen": True, "twenty": True}
    at_intake = scored(replace(model, landmarks=()), two, past)
    assert not at_intake.scores["history_ends"].any()


def test_damage_to_a_landmark_is_said_to_be_in_its_own_file(model, tmp_path):
    files = model.to_files()
    every = json.loads(files["landmarks.json"])
    every[0]["model"]["features"].reverse()
    damaged = files | {"landmarks.json": json.dumps(every)}
    for name, text in damaged.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    digests = digest_files(damaged)
    version = combine_digests(digests)[:VERSION_LENGTH]
    manifest = {"format": FORMAT, "version": version, "files": digests}
    (tmp_path / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    with pytest.raises(ModelError, match=r"landmarks\.json: written by another"):
        load_model_folder(tmp_path)


def test_a_stored_model_with_landmarks_scores_as_before(model, rows, tmp_path):
    save_model(model, tmp_path / "model")
    again = load_model_folder(tmp_path / "model")
    assert again.version == model.version
    assert [of.landmark.week for of in again.landmarks] == [8, 13, 20]
    later = scored(again).scores.set_index("case_id")
    pd.testing.assert_frame_equal(later, rows)


def test_the_threshold_of_a_landmark_lies_above_its_own_base_risk(model):
    stage = model.stages[13]
    assert stage.base_risk > model.base_risk
    many = set_thresholds(
        counted(arrived(2000)), Places("site", 500.0), base_risk=model.base_risk
    )
    low = replace(model, policy=many)
    assert low.stages[13].policy.threshold == pytest.approx(stage.base_risk)


@pytest.fixture(scope="module")
def correcting():
    return landmarks.correcting()


def test_a_model_that_corrects_step_1_credits_it_to_the_facts_of_intake_and_adds_up(
    correcting,
):
    found = scored(correcting)
    rows = found.scores.set_index("case_id")
    assert rows.loc["eight", "risk_by"] == "own"
    own = found.reasons[found.reasons["case_id"] == "eight"].set_index("reason")
    intake = scored(replace(correcting, landmarks=())).scores.set_index("case_id")
    line = landmarks.STEP_1
    step_1 = line.slope * logit(intake.loc["eight", "risk"]) + line.intercept
    assert own.loc["step_1_risk", "value"] == pytest.approx(100 * expit(step_1))
    assert own.loc["step_1_risk", "idea"] == "step_1_risk"
    assert not own.loc["step_1_risk", "named"]
    base, risk = rows.loc["eight", ["base_risk", "risk"]]
    assert own["log_odds"].sum() == pytest.approx(logit(risk) - logit(base), abs=1e-9)
    # Two cases, whose intake differs: what the risk keeps is the same, and the fact
    # that differs has all that step 1 makes of it.
    other = landmarks.cases(eight={"helpers": "2"})
    there = scored(correcting, other)
    again = there.reasons[there.reasons["case_id"] == "eight"].set_index("reason")
    kept = again.loc["step_1_risk", "log_odds"]
    assert kept == pytest.approx(own.loc["step_1_risk", "log_odds"], abs=1e-6)
    moved = again["log_odds"] - own["log_odds"]
    risks = there.scores.set_index("case_id").loc["eight", "risk"], risk
    assert abs(moved["helpers"]) > 0.05
    assert moved.sum() == pytest.approx(logit(risks[0]) - logit(risks[1]), abs=1e-9)


def test_a_case_alone_is_scored_where_step_1_is_corrected_as_among_others(correcting):
    among = scored(correcting)
    alone = scored(correcting, landmarks.cases().iloc[[1]])
    columns = ["log_odds", "points", "value"]
    own = among.reasons[among.reasons["case_id"] == "eight"][columns]
    assert np.array_equal(alone.reasons[columns], own, equal_nan=True)


def test_a_stored_model_that_corrects_step_1_scores_as_before(correcting, tmp_path):
    save_model(correcting, tmp_path / "model")
    again = load_model_folder(tmp_path / "model")
    assert again.version == correcting.version
    pd.testing.assert_frame_equal(scored(again).scores, scored(correcting).scores)
