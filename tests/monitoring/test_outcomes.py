import numpy as np
import pytest

from riskscreen.evaluation import estimate_metrics
from riskscreen.monitoring.life import find_life
from riskscreen.monitoring.outcomes import (
    ABOVE,
    BELOW,
    EVERYBODY,
    count_matured,
    follow_interim,
    list_calibration_members,
    list_interim_members,
)
from riskscreen.training.model_parts.recent import predict_log_odds
from riskscreen.training.studies.groups import build_evaluation_cases
from tests.monitoring.test_columns import make_life


def test_a_month_has_matured_when_every_outcome_in_it_and_before_it_is_known():
    life = make_life(2, 3, 3, 3)
    known = np.ones(11, dtype=bool)
    assert count_matured(known, life) == 3
    known[6] = False
    assert count_matured(known, life) == 1


@pytest.mark.slow
def test_the_bets_are_on_the_matured_outcomes_beside_the_models_own_risks(
    model, delivered
):
    life = find_life(model, delivered)
    risk = model.score(delivered.features).risk
    members, weights = list_calibration_members(
        risk, delivered, life, base_risk=model.policy.base_risk
    )
    assert sum(weights.values()) == pytest.approx(1)
    long = delivered.table["long"].to_numpy()
    first = life.list_cases(0)
    events = members[EVERYBODY][0]
    assert events.positives.tolist() == long[first].tolist()
    assert events.expected == pytest.approx(risk[first])
    halves = [len(members[half][0].n) for half in (ABOVE, BELOW)]
    assert sum(halves) == len(first)
    assert members[EVERYBODY][-1] is None  # open still


@pytest.mark.slow
def test_an_early_state_is_known_earlier_than_the_outcome_and_forecast_by_the_model(
    model, delivered
):
    life = find_life(model, delivered)
    interim = follow_interim(
        model, delivered, predict_log_odds(model, delivered.features)
    )
    assert sorted(interim.inside) == [13, 26]
    members = list_interim_members(interim, life)
    known = {n: sum(m is not None for m in of) for n, of in members.items()}
    assert known["13 weeks"] > known["26 weeks"] > 59
    assert (interim.forecast[13] >= interim.forecast[26]).all()


@pytest.mark.slow
def test_the_matured_figures_are_those_of_the_evaluation_on_the_same_cases(
    model, delivered, found
):
    life = find_life(model, delivered)
    matured = found.matured
    cases = np.flatnonzero((life.month >= 0) & (life.month < matured.months))
    rows = delivered.table.iloc[cases]
    risk = model.score(delivered.features.iloc[cases]).risk
    plain = estimate_metrics(build_evaluation_cases(rows), risk)
    for name in ("auc", "brier", "mean_risk", "base_rate", "calibration_slope"):
        assert matured.estimates[name].value == pytest.approx(plain[name].value)
    quarters = {of.name: of for of in matured.quarters}
    of_quarter = life.name_quarters(cases) == "2021-Q1"
    assert quarters["2021-Q1"].n == of_quarter.sum()
    by = {group.by for group in matured.groups}
    assert ("quarter",) in by
    assert ("municipality",) in by
    assert all(len(columns) == 1 for columns in by)
