"""Which of two models is better, said on the same people."""

import json

import numpy as np
import pytest
from sklearn.metrics import brier_score_loss, log_loss, roc_auc_score

from riskscreen.documents.cards.record import to_json
from riskscreen.errors import TableError
from riskscreen.evaluation import Bootstrap, EvaluationCases, compare, estimate_metrics

DRAW = np.random.default_rng(11)
ODDS = DRAW.normal(-0.8, 1.2, 800)
RISK = 1 / (1 + np.exp(-ODDS))
LONG = (DRAW.random(800) < RISK).astype(float)
WORSE = 1 / (1 + np.exp(-(ODDS + DRAW.normal(0, 0.8, 800))))


def test_the_differences_are_those_of_scikit_learns_measures():
    found = compare(
        EvaluationCases.from_columns(LONG), RISK, WORSE, bootstrap=Bootstrap(20)
    )

    for name, measure in (
        ("auc", roc_auc_score),
        ("brier", brier_score_loss),
        ("log_loss", log_loss),
    ):
        expected = measure(LONG, RISK) - measure(LONG, WORSE)
        assert found.differences[name].value == pytest.approx(expected, abs=1e-12)


def test_a_better_model_is_better_beyond_the_interval():
    found = compare(EvaluationCases.from_columns(LONG), RISK, WORSE)

    assert found.differences["auc"].low > 0
    assert found.differences["log_loss"].high < 0
    assert found.differences["brier"].high < 0


def test_a_model_does_not_differ_from_itself():
    found = compare(EvaluationCases.from_columns(LONG), RISK, RISK)

    assert [
        found.differences["auc"].low,
        found.differences["auc"].value,
        found.differences["auc"].high,
    ] == [0, 0, 0]


def test_pairing_narrows_the_interval_of_a_difference():
    noise = np.random.default_rng(12).normal(0, 0.1, 800)
    nearly = 1 / (1 + np.exp(-(ODDS + noise)))
    found = compare(EvaluationCases.from_columns(LONG), RISK, nearly)
    alone = estimate_metrics(EvaluationCases.from_columns(LONG), RISK)["auc"]

    assert (
        found.differences["auc"].high - found.differences["auc"].low
        < (alone.high - alone.low) / 4
    )


def test_a_comparison_is_json_with_its_names():
    found = compare(
        EvaluationCases.from_columns(LONG),
        RISK,
        WORSE,
        names=("spline", "plain"),
        bootstrap=Bootstrap(5),
    )

    text = json.dumps(to_json(found), allow_nan=False)
    assert json.loads(text)["model"] == "spline"


def test_risks_of_other_cases_cannot_be_compared():
    with pytest.raises(TableError, match="799 risks for 800 cases"):
        compare(EvaluationCases.from_columns(LONG), RISK, WORSE[1:])
