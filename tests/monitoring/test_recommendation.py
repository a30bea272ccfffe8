import pytest

from riskscreen.evaluation import Estimate
from riskscreen.monitoring.bounds import (
    ALARM_LEVEL,
    HELD_AGAINST_REFERENCE,
    LEVEL_SHARES,
    REFERENCE_LEVEL,
    split_level,
    split_reference_level,
)
from riskscreen.monitoring.e_process import FigureEvidence
from riskscreen.monitoring.recommendation import MonitoringFindings, recommend
from riskscreen.spec import Gates

QUIET = {figure: FigureEvidence(("2024-01",), (0.0,), 0.01) for figure in LEVEL_SHARES}


def alarm(*leading):
    return FigureEvidence(("2024-01", "2024-02"), (0.1, 9.0), 0.01, leading)


def decide(matured=None, importance=None, **given):
    evidence = {f: given.pop(f, of) for f, of in QUIET.items()}
    findings = MonitoringFindings(evidence, importance or {}, matured or {}, **given)
    found = recommend(findings, Gates(), listened_to=0.02)
    return found.action, [reason.ground for reason in found.reasons]


def test_the_figures_part_the_whole_level_and_no_more():
    of_cells = sum(map(split_reference_level, [1, 9])) + 8 * split_reference_level(9)
    assert of_cells == pytest.approx(REFERENCE_LEVEL * 2 / len(HELD_AGAINST_REFERENCE))
    figures = sum(map(split_level, LEVEL_SHARES))
    assert figures + REFERENCE_LEVEL == pytest.approx(ALARM_LEVEL)
    assert ALARM_LEVEL == 0.05


def test_without_an_alarm_there_is_nothing_to_do():
    assert decide() == ("nothing", [])


@pytest.mark.parametrize(
    ("given", "action", "ground"),
    [
        ({"stale": True}, "stop", "stale"),
        ({"no_cases_since": "2024-02"}, "stop", "no_cases"),
        ({"columns": alarm("distance: missing")}, "stop", "column_missing"),
        ({"columns": alarm("distance: part 2")}, "retrain", "column_moved"),
        ({"codes": alarm("ill")}, "retrain", "code_moved"),
        ({"delivery": alarm("abstained")}, "retrain", "abstained_moved"),
        ({"calibration": alarm("all cases")}, "recalibrate", "wrong_level"),
        ({"interim": alarm("8 weeks")}, "recalibrate", "interim_moved"),
        ({"labels_outdated": True}, "recalibrate", "labels_outdated"),
    ],
)
def test_each_ground_asks_for_one_thing(given, action, ground):
    assert decide(**given) == (action, [ground])


def test_a_column_that_the_model_hardly_uses_is_told_and_asks_for_nothing():
    columns = alarm("distance: missing", "colour: red")
    quiet = {"distance": 0.001, "colour": 0.0}
    assert decide(columns=columns, importance=quiet) == ("nothing", ["column_unheard"])
    heard = {"distance": 0.001, "colour": 0.2}
    assert decide(columns=columns, importance=heard)[1] == ["column_moved"]


def test_wrong_risks_ask_for_what_the_matured_cases_say():
    calibration = alarm("all cases")
    flat = {"calibration_slope": Estimate(0.5, 0.3, 0.7, n=900)}
    assert decide(flat, calibration=calibration) == ("retrain", ["wrong_slope"])
    blind = {"auc": Estimate(0.5, 0.47, 0.53, n=900)}
    assert decide(blind, calibration=calibration) == (
        "stop",
        ["no_order", "wrong_level"],
    )
    unsure = {"calibration_slope": Estimate(0.5, 0.3, 0.9, n=90)}
    assert decide(unsure, calibration=calibration)[0] == "recalibrate"


def test_an_order_that_is_lost_stops_the_scores_without_any_alarm():
    assert decide({"auc": Estimate(0.5, 0.47, 0.53, n=900)}) == ("stop", ["no_order"])
    gate = Gates().auc_at_least
    assert decide({"auc": Estimate(0.5, 0.47, gate, n=900)}) == ("nothing", [])


def test_the_strongest_ground_decides_and_stands_first():
    action, grounds = decide(
        stale=True, labels_outdated=True, codes=alarm("unknown codes")
    )
    assert action == "stop"
    assert grounds == ["stale", "code_moved", "labels_outdated"]
