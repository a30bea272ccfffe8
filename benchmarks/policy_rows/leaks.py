"""The leak check accuses no honest table, and finds a column that knows the outcome.

Tables of six numbers are simulated; the product's own leak check fits its logistic
regressions on them and its own gates judge.
"""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import expit

from benchmarks.policy_rows import Row
from riskscreen.evaluation import EvaluationCases
from riskscreen.evaluation.gate_outcomes import LEAK_GATES, list_refusals
from riskscreen.evaluation.gates import check_discrimination, check_one_column
from riskscreen.evaluation.metrics import estimate_auc
from riskscreen.features.catalogue import Feature
from riskscreen.model.estimators.logistic import LogisticEstimator
from riskscreen.spec import Gates, Words
from riskscreen.training.data.dataset import LabelledData
from riskscreen.training.studies.leakage import find_largest, measure_column_signals

Floats = npt.NDArray[np.float64]
GATES = Gates()
COLUMNS = 6
FLIPPED = 0.05
TRAIN_SHARE = 0.7
LABEL = Words(da="tal", en="number")


def measure_rows(*, quick: bool = False) -> Iterator[Row]:
    """Yield how often the leak check accuses; *quick* is a smoke size."""
    draw = np.random.default_rng(29)
    tables = 3 if quick else 400
    accused = sum(accuse(*draw_table(draw, 300)) for _ in range(tables))
    yield Row(
        f"leak check, {tables} honest tables of 300 cases: accused",
        f"{accused}",
        "2 or fewer",
        accused <= 2,
    )
    for n, least in ((300, 0.85), (700, 0.98)):
        tables = 3 if quick else 100
        found = [accuse(*plant_leak(draw, *draw_table(draw, n))) for _ in range(tables)]
        share = float(np.mean(found))
        yield Row(
            f"leak check, the outcome with {FLIPPED:.0%} flipped, {n} cases: found",
            f"{share:.1%}",
            f"{least:.0%} or more",
            share >= least,
        )


def draw_table(draw: np.random.Generator, n: int) -> tuple[Floats, Floats]:
    """Return six columns and the outcomes; the first carries most of a weak signal."""
    values = draw.normal(0, 1, (n, COLUMNS))
    weights = np.array([0.8, 0.4, 0.3, 0.2, 0.0, 0.0]) * draw.uniform(0.5, 1.2)
    long = draw.random(n) < expit(-0.7 + values @ weights)
    return values, long.astype(np.float64)


def plant_leak(
    draw: np.random.Generator, values: Floats, long: Floats
) -> tuple[Floats, Floats]:
    """Return the table with the outcome in its last column, some of it flipped."""
    leaky = values.copy()
    leaky[:, -1] = np.abs(long - (draw.random(len(long)) < FLIPPED))
    return leaky, long


def accuse(values: Floats, long: Floats) -> bool:
    """Return whether a leak gate refuses a model of the table's older cases."""
    n = int(TRAIN_SHARE * len(long))
    features = tuple(
        Feature(f"column_{i}", "number", LABEL, "idea", f"column_{i}")
        for i in range(COLUMNS)
    )
    person = pd.Series(range(len(long)))
    train = LabelledData(values[:n], long[:n], person.iloc[:n])
    test = LabelledData(values[n:], long[n:], person.iloc[n:])
    estimator = LogisticEstimator(penalty=5.0, features=features)
    fitted = estimator.fit(train.values, train.long)
    score = np.asarray(fitted.decision_function(test.values))
    auc = estimate_auc(EvaluationCases.from_columns(test.long), score)
    signals = measure_column_signals(train, test, features, risk=score)
    outcomes = (
        *check_discrimination({"auc": auc}, GATES),
        check_one_column(find_largest(signals), GATES),
    )
    return any(outcome.name in LEAK_GATES for outcome in list_refusals(outcomes))
