"""Figures by calendar period and by municipality."""

import json

import numpy as np
import pandas as pd
import pytest

from riskscreen.documents.cards.record import to_json
from riskscreen.errors import TableError
from riskscreen.evaluation import Bootstrap, EvaluationCases
from riskscreen.evaluation.subgroups import (
    evaluate_subgroups,
    label_years,
    summarise_range,
)

DRAW = np.random.default_rng(21)
RISK = DRAW.uniform(0.05, 0.8, 600)
LONG = (DRAW.random(600) < RISK).astype(float)
QUICK = Bootstrap(20)


def test_a_part_has_the_figures_of_its_own_cases_alone():
    town = np.where(np.arange(600) < 250, "north", "south")

    north, south = evaluate_subgroups(
        EvaluationCases.from_columns(LONG), RISK, town, bootstrap=QUICK
    )

    assert (north.name, north.n, south.n) == ("north", 250, 350)
    rate = north.estimates["base_rate"]
    assert rate.value == pytest.approx(LONG[:250].mean())


def test_a_part_of_few_people_is_hidden_with_the_next_smallest():
    town = np.array(["small"] * 3 + ["middle"] * 97 + ["large"] * 500)

    parts = evaluate_subgroups(
        EvaluationCases.from_columns(LONG), RISK, town, bootstrap=QUICK
    )

    assert {p.name: p.n for p in parts} == {"large": 500, "middle": None, "small": None}
    assert [p.estimates for p in parts if p.n is None] == [{}, {}]


def test_a_part_of_few_long_cases_is_hidden_as_one_of_few_people_is():
    """Its 3 long cases are all long cases less those of the other two parts."""
    town = np.repeat(["a", "b", "c"], [100, 200, 300])
    long = LONG.copy()
    long[:100] = 0
    long[:3] = 1

    parts = evaluate_subgroups(
        EvaluationCases.from_columns(long), RISK, town, bootstrap=QUICK
    )

    assert [p.n for p in parts] == [None, None, 300]


def test_labels_swapped_in_one_municipality_stand_out():
    town = np.repeat(["a", "b", "c"], 200)
    swapped = np.where(town == "b", 1 - LONG, LONG)

    parts = evaluate_subgroups(
        EvaluationCases.from_columns(swapped), RISK, town, bootstrap=Bootstrap(100)
    )

    auc = {p.name: p.estimates["auc"] for p in parts}
    assert auc["b"].high < 0.5 < min(auc["a"].low, auc["c"].low)


def test_periods_are_those_of_the_calendar():
    judged = EvaluationCases.from_columns(
        [0, 1, 0], decision_date=["2023-12-31", "2024-01-01", "2024-07-15"]
    )

    assert label_years(judged).tolist() == ["2023", "2024", "2024"]


def test_without_dates_there_are_no_periods():
    with pytest.raises(TableError, match="no calendar years"):
        label_years(EvaluationCases.from_columns([0, 1]))


def test_the_spread_tells_lowest_median_and_highest_over_the_parts():
    dates = pd.Timestamp("2020-01-01") + pd.to_timedelta(np.arange(600) * 2, unit="D")
    judged = EvaluationCases.from_columns(LONG, decision_date=dates)

    parts = evaluate_subgroups(judged, RISK, label_years(judged), bootstrap=QUICK)

    auc = next(s for s in summarise_range(parts) if s.name == "auc")
    values = [p.estimates["auc"].value for p in parts]
    assert (auc.lowest, auc.highest, auc.subgroups) == (min(values), max(values), 4)
    assert auc.median == pytest.approx(np.median(values))


def test_parts_are_json_and_a_part_of_one_outcome_leaves_the_spread_alone():
    long = np.r_[np.zeros(100), LONG[100:]]
    town = np.where(np.arange(600) < 100, "calm", "usual")

    parts = evaluate_subgroups(
        EvaluationCases.from_columns(long), RISK, town, bootstrap=QUICK
    )

    assert json.dumps([to_json(p) for p in parts], allow_nan=False)
    assert {s.name: s.subgroups for s in summarise_range(parts)}["auc"] == 1
