from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.special import logit

from riskscreen.errors import TableError
from riskscreen.model.calibration import BetaCalibration
from riskscreen.monitoring.contenders import Contender, compare_models

pytestmark = pytest.mark.slow


def flatten(model):
    """*model*, as sure of itself by half: its order is the same."""
    return replace(model, calibration=BetaCalibration(0.5, 0.3))


def until(model, month):
    """*model*, as if its newest case were of *month*."""
    decided = [model.notes["decided"][0], month]
    return replace(model, notes={**model.notes, "decided": decided})


@pytest.fixture(scope="module")
def half(delivered):
    """Every other case of the delivery."""
    stays = np.arange(len(delivered.cases)) % 2 == 0
    return replace(
        delivered,
        cases=delivered.cases[stays].reset_index(drop=True),
        features=delivered.features[stays],
        outcomes=delivered.outcomes[stays].reset_index(drop=True),
        units=pd.Series(delivered.list_units()[stays]),
        audit=None if delivered.audit is None else delivered.audit[stays],
    )


@pytest.fixture(scope="module")
def found(model, delivered):
    """The model beside a flatter one."""
    flat = flatten(model)
    approved = Contender(model, model, delivered)
    return compare_models(approved, Contender(flat, flat, delivered), name="shadow")


def test_cases_are_those_that_matured_after_every_case_that_trained_either(
    found, model, delivered
):
    table = delivered.table
    month = table["decision_date"].dt.strftime("%Y-%m")
    assert "lost" not in delivered.outcomes
    later = month > model.notes["decided"][1]
    new = later & (month < month[later & table["long"].isna()].min())
    assert found.cases == int(new.sum()) > 500
    days = table.loc[new, "decision_date"]
    assert found.days == (str(days.min().date()), str(days.max().date()))


def test_figures_are_paired_and_of_the_one_less_the_other(found, model):
    approved, shadow = found.estimates["approved"], found.estimates["shadow"]
    assert found.versions["approved"] == model.version != found.versions["shadow"]
    for metric, difference in found.differences.items():
        less = shadow[metric].value - approved[metric].value
        assert difference.value == pytest.approx(less, abs=2e-3)
    # The order is the same, on the same people: there is nothing between the two.
    assert (found.differences["auc"].low, found.differences["auc"].high) == (0.0, 0.0)
    assert found.differences["log_loss"].low > 0
    alone = approved["log_loss"].high - approved["log_loss"].low
    paired = found.differences["log_loss"].high - found.differences["log_loss"].low
    assert paired < alone
    assert found.judged == {"approved": 0.0, "shadow": 0.0}


def test_whom_one_proposes_and_the_other_does_not_is_told_with_why(found):
    counts = found.proposals.counts
    assert sum(counts.values()) == found.cases
    assert counts["approved_only"] + counts["other_only"] > 0
    assert {of.by for of in found.proposals.groups} >= {"municipality"}
    told = "\n".join(found.describe())
    assert f"\n{found.cases:,} " in told
    approved, other = found.versions
    assert f"\n{other} less {approved}, " in told
    for name, difference in found.differences.items():
        assert f"  {name} {difference.text()}" in told


def test_the_parts_of_a_score_are_its_ideas_and_the_level(model, delivered):
    at = np.arange(50)
    risk, parts = Contender(model, model, delivered).score(at)
    assert parts.sum(axis=1).to_numpy() == pytest.approx(logit(risk), abs=1e-6)
    assert set(parts.columns) - {""} <= set(model.spec.ideas)


def test_a_case_that_may_have_trained_the_model_is_scored_by_the_judged_one(
    model, delivered
):
    shipped = until(flatten(model), "2022-06")
    of = Contender(shipped, model, delivered)
    at = np.flatnonzero(of.usable)
    month = delivered.cases["decision_date"].iloc[at].dt.strftime("%Y-%m").to_numpy()
    trained = month <= "2022-06"
    assert 0 < trained.sum() < len(at)
    risk, _ = of.score(at)
    for version, own in ((model, trained), (shipped, ~trained)):
        expected = version.score(delivered.features.iloc[at[own]]).risk
        assert risk[own] == pytest.approx(expected, abs=1e-12)


def test_a_model_is_no_better_than_itself(model, half):
    one = Contender(model, model, half)
    found = compare_models(one, one, name="candidate")
    assert {(d.low, d.value, d.high) for d in found.differences.values()} == {(0, 0, 0)}
    assert found.proposals.moved == {}


def test_too_few_matured_cases_are_told(model, delivered):
    newer = until(model, "2024-10")
    with pytest.raises(TableError, match="fewer than 100 matured cases"):
        compare_models(
            Contender(newer, newer, delivered),
            Contender(model, model, delivered),
            name="shadow",
        )


def test_models_of_two_outcomes_are_not_compared(model, delivered):
    swapped = {"long": "not long", "not long": "long"}
    outcomes = delivered.outcomes.assign(
        outcome=delivered.outcomes["outcome"].astype(str).replace(swapped)
    )
    other = replace(delivered, outcomes=outcomes)
    with pytest.raises(TableError, match="different outcomes"):
        compare_models(
            Contender(model, model, delivered),
            Contender(model, model, other),
            name="shadow",
        )


def test_a_case_that_one_of_the_two_does_not_read_is_left_out(
    model, delivered, half, found
):
    shared = compare_models(
        Contender(model, model, half),
        Contender(model, model, delivered),
        name="shadow",
    )
    assert 0.4 * found.cases < shared.cases < 0.6 * found.cases
