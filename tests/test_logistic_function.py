"""The few numbers' functions have scipy's bits."""

import subprocess
import sys

import numpy as np
import pytest
import scipy.special

from riskscreen import logistic_function
from riskscreen.logistic_function import expit, logit

EDGES = [0.0, -0.0, 1.0, -1.0, 2.0, np.inf, -np.inf, np.nan, 1e308, -1e308]


@pytest.fixture
def without_scipy(monkeypatch):
    monkeypatch.setattr(logistic_function, "_is_for_scipy", lambda _: False)


@pytest.mark.usefixtures("without_scipy")
def test_every_probability_has_scipys_bits():
    draw = np.random.default_rng(0)
    around = [709.7, -709.8, 710.0, -710.0, 745.2, -745.2]
    x = np.concatenate([*(draw.normal(0, s, 5_000) for s in (0.01, 3, 300)), around])
    x = np.append(x, EDGES)
    assert expit(x).tobytes() == scipy.special.expit(x).tobytes()


@pytest.mark.usefixtures("without_scipy")
def test_all_log_odds_have_scipys_bits():
    draw = np.random.default_rng(0)
    near, far = draw.random(5_000), draw.random(5_000) * 1e-9
    borders = [np.nextafter(at, to) for at in (0.3, 0.5, 0.65) for to in (0, at, 1)]
    risk = np.concatenate([near, far, 1 - far, borders, EDGES])
    found, scipys = logit(risk), scipy.special.logit(risk)
    # Of what is no risk either says so, by a NaN of a sign of its own.
    nothing = np.isnan(scipys)
    assert np.isnan(found[nothing]).all()
    assert found[~nothing].tobytes() == scipys[~nothing].tobytes()


@pytest.mark.usefixtures("without_scipy")
def test_the_shape_stays_and_one_number_is_a_number():
    assert expit(np.zeros((2, 0, 3))).shape == (2, 0, 3)
    assert expit(np.zeros((2, 3))).tolist() == [[0.5] * 3] * 2
    assert isinstance(expit(0.0), float)
    assert logit(0.5) == 0.0


@pytest.mark.slow
def test_few_numbers_do_not_wait_for_scipy():
    program = (
        "import sys; from riskscreen.logistic_function import expit, logit; "
        "expit(0.5), logit(0.5); assert 'scipy' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
