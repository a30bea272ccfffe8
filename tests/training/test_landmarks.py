import json
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from pydantic import TypeAdapter

from benchmarks.light_fit import MODELS, lighten
from riskscreen.documents.cards.record import to_json
from riskscreen.evaluation import Comparison, Estimate
from riskscreen.evaluation.gate_outcomes import GateOutcome
from riskscreen.model.horizons import Horizons, count_elapsed_weeks
from riskscreen.model.horizons.fit import fit_horizons
from riskscreen.model.model_folder import load_model_folder, save_model
from riskscreen.model.verdicts import REFUSE, TOO_FEW
from riskscreen.outcomes import derive_outcomes
from riskscreen.policy import Places
from riskscreen.progress import SilentReporter
from riskscreen.spec import Horizon, Landmark, read_specification
from riskscreen.training import (
    LandmarkEvaluation,
    judge_landmarks,
    landmarks,
    prepare,
    ship_landmarks,
    ship_model,
    train,
)
from riskscreen.training.data.split import split_cases
from riskscreen.training.landmarks import (
    LandmarkTraining,
    correct_step_1,
    predict_step_1,
    prepare_landmark,
    train_landmark,
)
from riskscreen.training.model_parts.thresholds import set_policy
from riskscreen.training.shipping_landmarks import list_reached, score_reached
from riskscreen.training.studies import landmarks as judging
from riskscreen.training.studies.landmarks import is_own_better, judge_landmark
from riskscreen.training.studies.proposals import measure_weeks
from riskscreen_synthetic import synthesise_site, write_site

pytestmark = pytest.mark.slow

EARLY, LATE = Landmark(week=8, more_weeks=26), Landmark(week=22, more_weeks=26)


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    folder = tmp_path_factory.mktemp("landmarks") / "site"
    write_site(synthesise_site(cases=2400, years=8, seed=3), folder)
    spec = lighten(read_specification(MODELS / "long_absence.toml"))
    return prepare(spec.model_copy(update={"landmarks": (EARLY, LATE)}), folder)


@pytest.fixture(scope="module")
def result(dataset):
    return train(dataset)


@pytest.fixture(scope="module")
def trained(dataset, result):
    return train_landmark(dataset, result, EARLY, reporter=SilentReporter())


def test_a_landmark_has_the_cases_in_by_then_and_the_outcome_of_its_horizon(dataset):
    at = prepare_landmark(dataset, LATE)
    assert at.features.index.tolist() == at.cases["case_id"].tolist()
    assert len(dataset.cases) / 10 < len(at.cases) < len(dataset.cases) / 2
    assert (at.cases["decision_date"].dt.day_of_week == 0).all()
    intake = dataset.cases.set_index("case_id").loc[at.cases["case_id"]].reset_index()
    asked = derive_outcomes(
        dataset.spec,
        intake,
        dataset.history,
        extract_date=dataset.extract_date,
        horizon=Horizon(weeks=48),
    )
    known = (at.outcomes["outcome"] != "censored").to_numpy()
    assert known.sum() > 200
    # The intake's outcome with that horizon, of the same cases.
    assert (at.outcomes["outcome"] == asked["outcome"]).all()
    assert 0.1 < (at.outcomes["outcome"][known] == "long").mean() < 0.5


@pytest.fixture(scope="module")
def judged(dataset, result):
    return judge_landmarks(dataset, result)


def test_every_landmark_is_judged_by_gates(judged):
    early, late = (of.evaluation for of in judged)
    for at in (early, late):
        assert at.without is None
        assert at.train > 200
        assert at.test > 50
        assert "ici" in {gate.name for gate in at.gates}
        assert at.helped is None
        # The test's cases are few: what is said is that the mean is not far off.
        assert abs(at.estimates["observed_minus_expected"].value) < 0.12
        assert at.estimates["auc"].n == at.test
    assert early.describe().startswith("week 8, 26 more weeks: ")


def test_step_1_rises_with_the_weeks_in_and_is_right_in_the_mean(
    dataset, result, trained
):
    test = trained.result.split.test
    long = trained.dataset.table["long"].to_numpy()[test]
    assert trained.step_1[test].mean() == pytest.approx(long.mean(), abs=0.1)
    later = Landmark(week=22, more_weeks=EARLY.horizon_weeks - 22)
    late = predict_step_1(dataset, result, trained.dataset, trained.result.split, later)
    assert (late > trained.step_1).mean() > 0.9


@pytest.mark.parametrize("own", [True, False])
def test_step_1_is_no_gate_of_itself_and_no_simple_rule(trained, monkeypatch, own):
    monkeypatch.setattr(judging, "is_own_better", lambda *_, **__: own)
    judged = judge_landmark(EARLY, trained, None)
    names = {gate.name for gate in judged.gates}
    assert judged.own is own
    assert ("not_worse_than_step_1" in names) is own
    assert "baselines_compared" not in names


def test_a_landmark_tells_for_how_many_help_had_begun_by_its_monday(trained):
    at = trained.dataset.cases.iloc[trained.result.split.test]
    helped, later = at.iloc[::4], at.iloc[1::4]
    efforts = pd.DataFrame(
        {
            "case_id": [*helped["case_id"], *later["case_id"]],
            "start_date": [
                *helped["decision_date"],
                *(later["decision_date"] + pd.Timedelta(days=1)),
            ],
        }
    )
    judged = judge_landmark(EARLY, trained, efforts)
    assert judged.helped == pytest.approx(len(helped) / len(at))
    assert judge_landmark(EARLY, trained, efforts.iloc[:4]).helped is None


def test_no_other_kind_than_the_cards_is_trained_at_a_landmark(dataset):
    trees = dataset.spec.estimator.model_copy(update={"candidates": ("lightgbm",)})
    spec = dataset.spec.model_copy(update={"estimator": trees})
    at = prepare_landmark(replace(dataset, spec=spec), LATE)
    assert at.spec.estimator.candidates == ("logistic",)


@pytest.fixture
def family(monkeypatch):
    """What step 1's family was last fitted to, and the weeks that it began in."""
    seen = SimpleNamespace()
    take_steps = Horizons.state_probabilities

    def fit(spec, cases, history, log_odds, *, known_by):
        seen.cases, seen.log_odds, seen.known_by = cases, log_odds, known_by
        return fit_horizons(spec, cases, history, log_odds, known_by=known_by)

    def begin(self, log_odds, elapsed, *, within):
        seen.since = elapsed
        return take_steps(self, log_odds, elapsed, within=within)

    monkeypatch.setattr(landmarks, "fit_horizons", fit)
    monkeypatch.setattr(Horizons, "state_probabilities", begin)
    return seen


@pytest.mark.parametrize("pilot", [None, "too short"])
@pytest.mark.parametrize("week", [8, 26])
def test_no_test_case_of_a_landmark_trained_it_or_the_intake(
    dataset, result, family, week, pilot
):
    landmark = Landmark(week=week, more_weeks=26)
    at = prepare_landmark(dataset, landmark)
    split = split_cases(at.table, at.spec.split)
    if pilot:  # a pilot's split states no day
        split = replace(split, pilot=pilot, first_test=None, first_calibration=None)
    tested = set(at.cases["case_id"].iloc[split.test])
    assert not tested & set(at.cases["case_id"].iloc[split.train])
    begins = at.table["decision_date"].iloc[split.test].min()
    assert at.table["known_on"].iloc[split.train].max() <= begins
    assert not tested & set(dataset.cases["case_id"].iloc[result.split.train])
    predict_step_1(dataset, result, at, split, landmark)
    assert not tested & set(family.cases["case_id"])
    assert pd.Timestamp(family.known_by) <= begins
    assert len(family.cases) > 200


def test_step_1_begins_in_the_last_week_known_of_each(dataset, result, trained, family):
    predict_step_1(dataset, result, trained.dataset, trained.result.split, EARLY)
    elapsed = pd.Series(
        count_elapsed_weeks(dataset.spec, dataset.cases),
        index=dataset.cases["case_id"],
    )
    of = elapsed.loc[trained.dataset.cases["case_id"]].to_numpy()
    seen = EARLY.week - dataset.spec.history.register_lag_weeks
    assert (of > seen).any()
    assert family.since.tolist() == np.maximum(of, seen).tolist()


def test_the_recent_shift_moves_every_case_of_step_1_and_not_its_family(
    dataset, result, trained, family
):
    kind, split = result.selection.kind, trained.result.split
    chosen = result.candidates[kind]
    notes = chosen.model.notes
    added = [change["added"] for change in notes["known_changes"]]
    assert chosen.shift == pytest.approx(notes["recent_shift"]["shift"] + sum(added))
    line = chosen.model.calibration
    line = replace(line, intercept=line.intercept + 1)
    moved = replace(
        chosen, model=replace(chosen.model, calibration=line), shift=chosen.shift + 1
    )
    step_1, fitted = [], []
    for candidate in (chosen, moved):
        of = replace(result, candidates={kind: candidate})
        step_1.append(predict_step_1(dataset, of, trained.dataset, split, EARLY))
        fitted.append(family.log_odds)
    assert fitted[1] == pytest.approx(fitted[0])
    known = np.isfinite(step_1[0])
    assert known[split.train].any()
    assert (step_1[1] > step_1[0])[known].mean() > 0.98


def test_what_comes_after_the_landmarks_test_began_changes_no_fit(trained):
    at, split = trained.dataset, trained.result.split
    outcomes = at.outcomes.copy()
    late = outcomes["known_on"] >= split.first_test
    swapped = {"long": "not long", "not long": "long"}
    outcomes.loc[late, "outcome"] = outcomes.loc[late, "outcome"].map(
        lambda of: swapped.get(of, of)
    )
    again = train(replace(at, outcomes=outcomes), split=split, kind="logistic")
    assert again.model.version == trained.result.model.version


def test_cases_still_open_at_a_landmarks_horizon_speak_of_its_level(trained):
    shift = trained.result.model.notes["recent_shift"]
    assert 0 < shift["still_open"] < shift["cases"]


def test_too_few_cases_are_said_and_trained_on_by_nobody(dataset, result):
    few = replace(
        dataset,
        cases=dataset.cases.iloc[:150],
        units=dataset.units.iloc[:150],
        audit=dataset.audit.iloc[:150],
    )
    (first, _) = (of.evaluation for of in judge_landmarks(few, result))
    assert not first.scores
    assert first.without.startswith("fewer than 200 cases")
    assert first.gates == ()


@pytest.mark.parametrize(
    ("loss", "high", "taken"),
    [
        (-0.002, 0.001, True),
        (-0.002, 0.0011, False),
        (0.001, -0.001, False),
        (-0.002, None, False),
        (None, None, False),
    ],
)
def test_its_own_model_is_taken_where_it_is_better_and_no_worse_for_sure(
    loss, high, taken
):
    low = None if high is None else -0.01
    difference = Comparison(
        "own",
        "step_1",
        {
            "log_loss": Estimate(loss, None, None, 500),
            "brier": Estimate(-0.01, low, high, 500),
        },
    )
    assert is_own_better(difference, at_most=0.001) is taken


def test_what_became_of_a_landmark_is_read_from_json_as_it_was_written(judged):
    found = judged[0].evaluation
    text = json.dumps(to_json(found))
    assert TypeAdapter(LandmarkEvaluation).validate_json(text) == found


@pytest.fixture(scope="module")
def shipped(dataset, result):
    return ship_model(result, dataset)


def take(judged, *, own, gates=()):
    """The landmarks as judged, with that risk taken and those gates."""
    return tuple(
        replace(of, evaluation=replace(of.evaluation, own=own, gates=gates))
        for of in judged
    )


@pytest.mark.parametrize("own", [True, False])
def test_what_is_taken_is_shipped_in_the_one_model_and_scores(
    dataset, shipped, judged, own, tmp_path
):
    model = ship_landmarks(shipped, dataset, take(judged, own=own)).model
    assert [of.landmark for of in model.landmarks] == [EARLY, LATE]
    assert [of.own is not None for of in model.landmarks] == [own, own]
    # The places are shared, so a landmark has no policy of its own to read.
    policies = [of.own.policy for of in model.landmarks if of.own]
    assert [of.arrivals for of in policies] == [None] * len(policies)
    save_model(model, tmp_path / "model")
    assert load_model_folder(tmp_path / "model").version == model.version
    for of in judged:
        at, long = of.trained.dataset, of.trained.dataset.table["long"]
        stage, features = model.stages[of.landmark.week], at.features
        if not own:
            features = dataset.features.loc[at.cases["case_id"]]
        risk = stage.score(features).risk
        known = long.notna().to_numpy()
        assert risk[known].mean() == pytest.approx(long[known].mean(), abs=0.06)


def test_new_cases_and_those_at_a_landmark_share_the_places(dataset, shipped, judged):
    sited = replace(dataset, places=Places("site", 2.0))
    alone = replace(shipped, model=replace(shipped.model, landmarks=()))
    both = ship_landmarks(alone, sited, take(judged, own=True)).model.policy
    assert both.expect_proposals() == pytest.approx(2.0, abs=0.1)
    few = set_policy(shipped.model, sited, shipped.log_odds)
    assert both.arrivals.n > few.arrivals.n
    assert both.threshold > few.threshold


def test_the_weeks_have_the_proposals_at_intake_and_at_landmarks(
    dataset, shipped, judged
):
    sited = replace(dataset, places=Places("site", 2.0))
    model = ship_landmarks(shipped, sited, take(judged, own=True)).model
    reached = [*list_reached(model, sited, score_reached(model, sited))]
    days = sited.cases["decision_date"]
    year = sited.cases[days > days.max() - pd.Timedelta(weeks=52)]
    alone, both = (
        measure_weeks(model.policy, model, sited, year, at_landmarks=more)[-1]
        for more in ((), reached)
    )
    assert both.places == alone.places == 2.0
    assert both.cases > alone.cases
    assert alone.proposals < 1.6
    assert both.proposals == pytest.approx(2.0, abs=0.3)


@pytest.fixture(scope="module")
def corrected(dataset, trained):
    """The training at the early landmark that corrects step 1, whatever is better."""
    if trained.corrects:
        return trained
    at = correct_step_1(dataset, trained.dataset, EARLY, trained.step_1)
    split = trained.result.split
    return LandmarkTraining(
        at, train(at, split=split, kind="logistic"), trained.step_1, corrects=True
    )


def test_step_1_is_corrected_where_that_predicts_better(
    dataset, result, trained, corrected, monkeypatch
):
    losses = {}
    compute = landmarks._compute_loss
    monkeypatch.setattr(
        landmarks,
        "_compute_loss",
        lambda of: losses.setdefault(of.corrects, compute(of)),
    )
    again = train_landmark(dataset, result, EARLY, reporter=SilentReporter())
    assert set(losses) == {False, True}
    assert again.corrects is trained.corrects is (losses[True] < losses[False])
    names = [f.name for f in corrected.result.model.features]
    assert names.index("step_1_risk") == len(dataset.spec.features())
    # The offset carries the order of step 1, where facts do not speak against it.
    test = corrected.result.split.test
    known = test[np.isfinite(corrected.step_1[test])]
    risk = corrected.result.model.score(corrected.dataset.features.iloc[known]).risk
    assert np.corrcoef(risk, corrected.step_1[known])[0, 1] > 0.5


def test_what_corrects_step_1_is_shipped_with_its_line_and_scores(
    dataset, shipped, judged, corrected, tmp_path
):
    evaluation = judge_landmark(EARLY, corrected, None)
    assert evaluation.corrects
    one = replace(judged[0], evaluation=evaluation, trained=corrected)
    sited = replace(dataset, places=Places("site", 2.0))
    model = ship_landmarks(shipped, sited, take([one], own=True)).model
    (of,) = model.landmarks
    assert of.own is not None
    assert of.step_1 is not None
    save_model(model, tmp_path / "model")
    assert load_model_folder(tmp_path / "model").version == model.version
    at, log_odds = score_reached(model, sited)[EARLY.week]
    long = at.table["long"].to_numpy()
    known = np.isfinite(long)
    risk = 1 / (1 + np.exp(-log_odds[known]))
    assert risk.mean() == pytest.approx(long[known].mean(), abs=0.06)
    (reached,) = list_reached(model, sited, {EARLY.week: (at, log_odds)})
    assert np.isfinite(reached.log_odds).any()


def test_a_landmark_that_a_gate_refuses_scores_nobody(dataset, shipped, judged):
    refused = GateOutcome("ici", REFUSE, "0.2", "0.05", "ici refuses")
    taken = take(judged, own=True, gates=(refused,))
    assert ship_landmarks(shipped, dataset, taken) is shipped


def test_a_landmark_of_few_cases_scores_as_a_pilot(dataset, shipped, judged):
    few = GateOutcome("ici", TOO_FEW, "0.1", "0.05", "too few")
    model = ship_landmarks(
        shipped, dataset, take(judged, own=False, gates=(few,))
    ).model
    assert model.stages[EARLY.week].pilot
    assert not model.pilot


def test_a_recalibration_counts_whom_no_fit_has_seen_and_who_has_no_help_yet(
    dataset, shipped, judged
):
    model = ship_landmarks(shipped, dataset, take(judged, own=True)).model
    since = dataset.cases["decision_date"].quantile(0.7)
    reached = score_reached(model, dataset, since)
    at, log_odds = reached[EARLY.week]
    taken_in = dataset.cases.set_index("case_id")["decision_date"]
    newer = taken_in[at.cases["case_id"]].to_numpy() > since
    assert np.isfinite(log_odds).tolist() == newer.tolist()
    (early, _) = list_reached(model, dataset, reached)
    counted = np.flatnonzero(np.isfinite(early.log_odds))
    assert (early.log_odds[counted] > model.stages[EARLY.week].base_log_odds).all()
    helped = at.cases.iloc[counted[:30]]
    efforts = helped[["case_id"]].assign(start_date=helped["decision_date"])
    (again, _) = list_reached(model, replace(dataset, efforts=efforts), reached)
    assert np.isnan(again.log_odds[counted[:30]]).all()
    assert np.isfinite(again.log_odds[counted[30:]]).all()
