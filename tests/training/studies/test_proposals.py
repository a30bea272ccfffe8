from dataclasses import replace

import numpy as np
import pytest

from riskscreen.policy import Places
from riskscreen.training import evaluate_model, train
from riskscreen.training.studies.groups import build_evaluation_cases
from riskscreen.training.studies.proposals import (
    OTHER_UNITS,
    WHOLE_SITE,
    apply_policy,
    compute_gain,
    measure_weeks,
    summarise_policy,
)
from tests.made_up import prepared_of, specification

pytestmark = pytest.mark.slow

SPEC = specification(
    estimator={"candidates": ["logistic"], "penalties": [30.0]},
    split={"test_weeks": 52},
)


@pytest.fixture(scope="module")
def trained():
    made = prepared_of(2400, spec=SPEC)
    town = np.where(np.arange(2400) % 16 == 0, "west", made.cases["municipality"])
    prepared = replace(
        made,
        cases=made.cases.assign(municipality=town),
        places=Places("municipality", 1.0),
    )
    return prepared, train(prepared)


def test_the_cards_proposals_are_those_of_the_policy_case_by_case(trained):
    prepared, result = trained
    test, model, policy = result.test_cases, result.model, result.model.policy
    risk = model.score(prepared.features.iloc[test.index]).risk
    found = apply_policy(policy, model, prepared, test, risk)
    for place in range(0, len(test), 7):
        unit = prepared.list_units()[test.index[[place]]]
        alone = policy.propose(risk[[place]], unit)
        assert found.flags[place] == alone.proposed[0]
    card = evaluate_model(result, prepared).evaluation.capacity
    assert card.estimates["flagged"].value == found.flags.sum()
    # Places are shared in three municipalities.
    assert len(np.unique(found.unit)) == 3


def test_weeks_are_counted_by_unit_and_over_all_of_the_tests_arrivals(trained):
    prepared, result = trained
    rows = measure_weeks(result.model.policy, result.model, prepared, result.test_cases)
    assert [row.unit for row in rows] == ["north", "south", OTHER_UNITS, WHOLE_SITE]
    assert rows[-1].cases == pytest.approx(sum(row.cases for row in rows[:-1]), abs=0.2)
    assert rows[-1].places == 3.0
    for row in rows:
        assert row.proposals is None or 0 < row.proposals <= row.cases
        assert row.overrun is None or 0 <= row.overrun <= 1


def test_the_gain_rises_with_the_places_and_one_step_is_todays(trained):
    prepared, result = trained
    test, model, policy = result.test_cases, result.model, result.model.policy
    risk = model.score(prepared.features.iloc[test.index]).risk
    cases = build_evaluation_cases(test)
    gain = compute_gain(policy, model, prepared, test, cases, risk)
    assert [g.places for g in gain if g.is_capacity] == [3.0]
    shares = [g.model for g in gain]
    assert shares == sorted(shares)


def test_a_summary_says_what_the_thresholds_rest_on(trained):
    _, result = trained
    figures = summarise_policy(result.model.policy)
    assert figures.places.startswith("1 place a week")
    assert figures.places_per_week == 3.0
    assert set(figures.thresholds) == {"north", "south"}
    assert figures.expected <= 3.0
    assert figures.last_day < f"{result.split.first_test:%Y-%m-%d}"
