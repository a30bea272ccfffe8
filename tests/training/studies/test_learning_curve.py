"""Fits on fewer persons, by the kind that was selected and its own settings."""

import numpy as np
import pytest

from riskscreen.training import train
from riskscreen.training.studies.learning_curve import study_learning_curve
from riskscreen.training.studies.trained import Trained
from tests.made_up import prepared_of, specification

pytestmark = pytest.mark.slow


def learn(**estimator):
    spec = specification(
        estimator={"penalties": [30.0], "tuning_trials": 0, **estimator}
    )
    dataset = prepared_of(spec=spec)
    result = train(dataset, kind=estimator["candidates"][-1])
    return result, study_learning_curve(Trained(dataset, result))


def test_sizes_double_up_to_the_model_itself_and_its_fit_is_the_models():
    result, found = learn(candidates=["logistic"])
    sizes = [point.n_train for point in found.curve.points]
    n = len(result.split.train)
    assert sizes[-1] == n
    assert np.array(sizes) / n == pytest.approx([0.125, 0.25, 0.5, 1.0], abs=0.03)
    assert found.curve.points[0].log_loss.value > found.curve.points[-1].log_loss.value
    (line,) = found.describe()
    assert line.startswith("learning curve: ")


def test_too_few_cases_for_half_of_them_have_no_curve(monkeypatch):
    monkeypatch.setattr("riskscreen.training.studies.learning_curve.FEWEST", 10**6)
    assert learn(candidates=["logistic"])[1] is None
