"""Every gate refuses what it is there for, and says by how much."""

import json

import numpy as np
import pandas as pd
import pytest

from riskscreen.documents.cards.record import to_json
from riskscreen.errors import GateError, LeakError
from riskscreen.evaluation import (
    Bootstrap,
    Comparison,
    Estimate,
    EvaluationCases,
    compare,
    evaluate_risk,
)
from riskscreen.evaluation.fairness import Groupings, evaluate_fairness
from riskscreen.evaluation.gate_outcomes import (
    list_refusals,
    list_undecided,
    require_passed,
)
from riskscreen.evaluation.gates import (
    FEWEST_CASES,
    ColumnShare,
    Evidence,
    check_gates,
    check_group_calibration,
    check_one_column,
)
from riskscreen.evaluation.group_calibration import GatedGroup
from riskscreen.model.verdicts import PASS, REFUSE, TOO_FEW
from riskscreen.spec import Gates
from tests.proposed import highest

N = 2400
_START = np.random.default_rng(17)
ODDS = _START.normal(-0.8, 1.0, N)
RISK = 1 / (1 + np.exp(-ODDS))
LONG = (_START.random(N) < RISK).astype(float)
QUICK = Bootstrap(60)
USUAL = Gates()
MODEST = ColumnShare(
    "weeks_before", Estimate(0.3, 0.25, 0.35, n=N), Estimate(0.6, 0.58, 0.62, n=N)
)


def _noise(size, n=N):
    """The same noise in every run, whichever tests run before."""
    return np.random.default_rng(18).normal(0, size, n)


def _outcomes(long, risk, *, gates=None, **given):
    judged = EvaluationCases.from_columns(long)
    base = np.full(len(judged.long), judged.long.mean())
    named = ("model", "base rate")
    given.setdefault(
        "comparisons",
        {"base_rate": compare(judged, risk, base, names=named, bootstrap=QUICK)},
    )
    given.setdefault("largest", MODEST)
    found = evaluate_risk(judged, risk, bootstrap=QUICK).estimates
    gates = gates or Gates()
    fairness = given.pop("fairness", None)
    groups = fairness.gated if fairness else ()
    evidence = Evidence(estimates=found, groups=groups, **given)
    return check_gates(evidence, gates)


def _refused(outcomes):
    return {outcome.name: outcome.message for outcome in list_refusals(outcomes)}


def _undecided(outcomes):
    return {outcome.name: outcome.message for outcome in list_undecided(outcomes)}


def _fairness(long, risk, groups, *, gates=USUAL):
    cases = EvaluationCases.from_columns(long)
    return evaluate_fairness(
        cases,
        risk,
        Groupings(groups),
        proposed=highest(cases, risk, share=0.2),
        gates=gates,
        bootstrap=QUICK,
    )


@pytest.mark.slow
def test_a_sound_model_passes_every_gate():
    groups = pd.DataFrame({"sex": np.where(_noise(1) > 0, "female", "male")})

    outcomes = _outcomes(LONG, RISK, fairness=_fairness(LONG, RISK, groups))

    assert _refused(outcomes) == {}
    assert {outcome.verdict for outcome in outcomes} == {"pass"}
    require_passed(outcomes, model="sound 1")


@pytest.mark.slow
def test_a_model_trained_on_swapped_labels_is_refused_with_its_reasons():
    outcomes = _outcomes(1 - LONG, RISK)

    assert set(_refused(outcomes)) == {
        "auc_at_least",
        "calibration_slope",
        "ici",
        "not_worse_than_base_rate",
        "observed_minus_expected",
    }
    with pytest.raises(GateError) as refused:
        require_passed(outcomes, model="swapped 1")
    text = str(refused.value)
    assert text.startswith("swapped 1 is refused")
    assert "check the labels" in text
    assert "too low" in text


@pytest.mark.slow
def test_the_words_say_by_how_much_the_auc_is_short():
    outcomes = _outcomes(LONG, RISK, gates=Gates(auc_at_least=0.85))

    found = evaluate_risk(EvaluationCases.from_columns(LONG), RISK, bootstrap=QUICK)
    auc = found.estimates["auc"].value
    assert f"Refused: {0.85 - auc:.3f} too low." in _refused(outcomes)["auc_at_least"]


@pytest.mark.slow
def test_a_result_too_good_to_be_true_is_a_leak():
    leaked = np.clip(0.15 + 0.7 * LONG + _noise(0.05), 0.01, 0.99)

    outcomes = _outcomes(LONG, leaked)

    assert "too high" in _refused(outcomes)["auc_at_most"]
    with pytest.raises(LeakError, match="auc_at_most"):
        require_passed(outcomes, model="leaky 1")


def _column(share, auc):
    return ColumnShare(
        "days_off",
        Estimate(share, share - 0.03, share + 0.03, n=N, digits=2),
        Estimate(auc, auc - 0.02, auc + 0.02, n=N),
    )


def test_a_large_share_of_a_weak_signal_is_no_leak():
    """An age column that carries two thirds of an AUC of .62 is a weak model's."""
    outcomes = _outcomes(LONG, RISK, largest=_column(0.65, 0.61))

    assert _refused(outcomes) == _undecided(outcomes) == {}


@pytest.mark.slow
def test_a_column_on_the_edge_of_strong_is_left_open():
    outcomes = _outcomes(LONG, RISK, largest=_column(0.65, 0.745))

    assert list(_undecided(outcomes)) == ["column_contribution_share_at_most"]


@pytest.mark.slow
def test_a_column_is_cleared_by_evidence_alone():
    """A share under its bound on few cases is none, where the column is strong."""
    few = ColumnShare(
        "days_off", Estimate(0.55, 0.3, 0.8, n=90), Estimate(0.9, 0.85, 0.95, n=90)
    )
    outcomes = _outcomes(LONG, RISK, largest=few)

    words = _undecided(outcomes)["column_contribution_share_at_most"]
    assert "when it is known" in words
    cleared = _outcomes(LONG, RISK, largest=_column(0.55, 0.9))
    assert "column_contribution_share_at_most" not in _undecided(cleared)


@pytest.mark.parametrize("n", [30, FEWEST_CASES])
def test_no_column_is_cleared_or_accused_by_under_fifty_cases(n):
    weak, strong = (
        ColumnShare("days_off", Estimate(s, s, s, n=n), Estimate(auc, auc, auc, n=n))
        for s, auc in ((0.1, 0.55), (0.9, 0.95))
    )
    verdicts = [check_one_column(c, Gates()).verdict for c in (weak, strong)]

    assert verdicts == ([TOO_FEW] * 2 if n < FEWEST_CASES else [PASS, REFUSE])


@pytest.mark.slow
@pytest.mark.parametrize(("shift", "said"), [(0.6, "too high"), (-0.6, "too low")])
def test_risks_too_low_or_too_high_on_the_whole_are_refused(shift, said):
    """Calibration in the large: a slope of 1 says nothing of it."""
    outcomes = _outcomes(LONG, 1 / (1 + np.exp(-(ODDS - shift))))

    assert said in _refused(outcomes)["observed_minus_expected"]
    assert "calibration_slope" not in _refused(outcomes)


def test_few_cases_say_what_they_cannot_see_and_how_many_would():
    few = _outcomes(LONG[:300], RISK[:300])

    words = _undecided(few)["observed_minus_expected"]
    assert "an error under 0.0" in words
    assert "long cases would decide" in words
    with pytest.raises(GateError, match="as a pilot only: --pilot"):
        require_passed(few, model="small 1")
    require_passed(few, model="small 1", pilot=True)


def test_under_fifty_cases_nothing_is_said_of_calibration_or_rank():
    outcomes = _outcomes(LONG[:45], np.full(45, 0.9) - 0.3 * RISK[:45])

    names = {"observed_minus_expected", "calibration_slope", "ici", "auc_at_least"}
    assert names <= _undecided(outcomes).keys()
    words = _undecided(outcomes)["observed_minus_expected"]
    assert "fewer than 50 cases" in words


def test_a_refusal_is_not_approved_as_a_pilot_either():
    with pytest.raises(GateError):
        require_passed(_outcomes(1 - LONG, RISK), model="swapped 1", pilot=True)


def test_one_column_that_carries_nearly_all_is_a_leak():
    outcomes = _outcomes(LONG, RISK, largest=_column(0.83, 0.9))

    words = _refused(outcomes)["column_contribution_share_at_most"]
    assert "days_off carries 0.83 (0.80 to 0.86), AUC alone 0.900" in words
    assert "0.23 too much" in words
    with pytest.raises(LeakError):
        require_passed(outcomes, model="leaky 2")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("stretched", "said"), [(2.0, "too extreme"), (0.5, "too timid")]
)
def test_risks_that_are_too_extreme_or_too_timid_are_refused(stretched, said):
    middle = ODDS.mean()
    risk = 1 / (1 + np.exp(-(middle + stretched * (ODDS - middle))))

    words = _refused(_outcomes(LONG, risk))["calibration_slope"]

    assert f"the risks are {said}" in words
    assert " too low; " in words or " too high; " in words


@pytest.mark.slow
def test_a_model_worse_than_the_approved_one_is_refused():
    worse = 1 / (1 + np.exp(-(ODDS + _noise(0.6))))
    approved = compare(
        EvaluationCases.from_columns(LONG),
        worse,
        RISK,
        names=("candidate", "approved"),
        bootstrap=QUICK,
    )

    refused = _refused(_outcomes(LONG, RISK, approved=approved))

    over = approved.differences["log_loss"].value - 0.002
    assert f"log-loss {over:.4f} too high" in refused["not_worse_than_approved"]


@pytest.mark.slow
def test_a_model_that_ties_with_the_approved_one_passes():
    nearly = 1 / (1 + np.exp(-(ODDS + _noise(0.02))))
    approved = compare(
        EvaluationCases.from_columns(LONG), nearly, RISK, bootstrap=QUICK
    )

    assert _refused(_outcomes(LONG, nearly, approved=approved)) == {}


def test_what_chance_may_explain_does_not_refuse():
    """A log-loss worse by .04 whose interval reaches 0 may be no worse at all."""
    differences = {
        "auc": Estimate(-0.05, -0.12, 0.03, n=60),
        "brier": Estimate(0.012, -0.001, 0.03, n=60),
        "log_loss": Estimate(0.04, -0.002, 0.09, n=60),
    }
    other = Comparison("model", "logistic", differences)

    outcomes = _outcomes(LONG, RISK, comparisons={"logistic": other})

    assert "not_worse_than_logistic" not in _refused(outcomes)


def test_a_model_compared_with_no_baseline_is_refused():
    refused = _refused(_outcomes(LONG, RISK, comparisons={}))

    assert list(refused) == ["baselines_compared"]


def _shifted():
    draw = np.random.default_rng(19)
    town = draw.choice(["east", "north", "west"], N, p=[0.4, 0.4, 0.2])
    truth = 1 / (1 + np.exp(-(ODDS + 1.3 * (town == "west"))))
    return (draw.random(N) < truth).astype(float), pd.DataFrame({"town": town})


@pytest.mark.slow
def test_a_group_with_shifted_calibration_refuses_the_model_by_name():
    long, groups = _shifted()

    outcomes = _outcomes(long, RISK, fairness=_fairness(long, RISK, groups))

    words = _refused(outcomes)["group_calibration_error"]
    assert "3 groups, 1 beyond" in words
    assert ". Refused: town west 0.2" in words


@pytest.mark.slow
def test_a_shifted_group_does_not_escape_because_its_figures_are_hidden():
    """A fourth town of three people hides the next smallest: the shifted one."""
    long, groups = _shifted()
    groups.loc[:2, "town"] = "tiny"

    fairness = _fairness(long, RISK, groups)
    west = next(g for g in fairness.groups if g.values == ("west",))
    outcomes = _outcomes(long, RISK, fairness=fairness)

    assert west.estimates["observed_minus_expected"].value is None
    words = _refused(outcomes)["group_calibration_error"]
    assert "town (hidden groups together)" in words


def test_under_fifty_cases_no_group_is_cleared_however_many_columns_there_are():
    """A case is in a group of every column: they are not that many cases."""
    error = Estimate(0.0, -0.01, 0.01, n=40)
    groups = tuple(GatedGroup(f"{column} all", error, 0.01) for column in "abc")

    verdicts = [
        check_group_calibration(groups, Gates(), n=n).verdict for n in (40, 400)
    ]
    assert verdicts == [TOO_FEW, PASS]


def test_a_gate_that_cannot_be_judged_is_not_passed():
    outcomes = _outcomes(LONG, np.full(N, LONG.mean()), largest=None)

    refused = _refused(outcomes)
    assert "it cannot be checked" in refused["calibration_slope"]
    assert "it cannot be checked" in refused["column_contribution_share_at_most"]


def test_too_few_outcomes_leave_gates_open_without_telling_of_people():
    long = np.r_[np.ones(3), np.zeros(50)]

    open_ = _undecided(_outcomes(long, np.linspace(0.1, 0.5, 53)))

    assert "fewer than 5 people" in open_["auc_at_least"]
    assert "fewer than 5 people" in open_["auc_at_most"]


def test_a_difference_without_an_interval_cannot_be_judged():
    unsure = Estimate(0.04, None, None, n=60)
    metrics = ("auc", "brier", "log_loss")
    other = Comparison("model", "logistic", dict.fromkeys(metrics, unsure))

    open_ = _undecided(_outcomes(LONG, RISK, comparisons={"logistic": other}))

    assert "there is no interval" in open_["not_worse_than_logistic"]


def test_outcomes_are_json():
    outcomes = _outcomes(LONG, RISK)

    rows = json.loads(
        json.dumps([to_json(outcome) for outcome in outcomes], allow_nan=False)
    )
    assert (rows[0]["name"], rows[0]["verdict"]) == ("observed_minus_expected", "pass")


def test_pooled_periods_decide_what_the_test_year_leaves_open_and_are_marked():
    wide, narrow = (
        {
            **{
                name: Estimate(1.0, 1 - half, 1 + half, 400)
                for name in ("calibration_slope",)
            },
            "observed_minus_expected": Estimate(
                0.01, 0.01 - half / 5, 0.01 + half / 5, 400
            ),
            "ici": Estimate(0.02, 0.0, 0.02 + half / 5, 400),
            "auc": Estimate(0.7, 0.7 - half / 3, 0.7 + half / 3, 400),
            "base_rate": Estimate(0.3, 0.25, 0.35, 400),
        }
        for half in (0.6, 0.1)
    )
    alone = {o.name: o for o in check_gates(Evidence(wide, {}), Gates())}
    both = {o.name: o for o in check_gates(Evidence(wide, {}, pooled=narrow), Gates())}
    for name in ("observed_minus_expected", "calibration_slope", "ici", "auc_at_least"):
        assert (alone[name].verdict, both[name].verdict) == (TOO_FEW, PASS)
        assert "pooled over the periods" in both[name].found
        assert "the test year alone" in both[name].message

    turned = {
        o.name: o for o in check_gates(Evidence(narrow, {}, pooled=wide), Gates())
    }
    assert "pooled" not in turned["calibration_slope"].message  # the test decides


def test_pooled_periods_refuse_what_the_test_year_could_not_see():
    seen = Estimate(0.05, 0.0, 0.1, 400)
    known = Estimate(0.09, 0.07, 0.11, 4000)
    plain = {
        name: Estimate(1.0, 0.9, 1.1, 400)
        for name in ("calibration_slope", "ici", "auc")
    }
    own = {**plain, "observed_minus_expected": seen}
    pooled = {**plain, "observed_minus_expected": known}
    (outcome, *_) = check_gates(Evidence(own, {}, pooled=pooled), Gates())
    assert (outcome.name, outcome.verdict) == ("observed_minus_expected", REFUSE)
