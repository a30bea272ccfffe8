"""A site of twelve years, a model of its first eight, and what monitoring finds."""

from datetime import date

import pytest

from riskscreen.model.model_folder import load_model_folder
from riskscreen.monitoring.life import find_life
from riskscreen.monitoring.monitor import measure_monitoring
from riskscreen.readers.site import read_site
from riskscreen.training import prepare
from tests.shared_folders import make_once
from tests.stories.conftest import _make


@pytest.fixture(scope="session")
def aged(tmp_path_factory):
    return make_once(tmp_path_factory, "aged", _make)


@pytest.fixture(scope="session")
def model(aged):
    return load_model_folder(aged / "model")


@pytest.fixture(scope="session")
def delivered(aged, model):
    """What the newest delivery holds, read for the model."""
    return prepare(model.spec, read_site(aged / "site"))


@pytest.fixture(scope="session")
def measure(model):
    """Monitor the model on a delivery."""

    def run(dataset, *, stale=False):
        life = find_life(model, dataset)
        on = date(2025, 1, 7)
        return measure_monitoring(
            model, dataset, life, on=on, site="Eksempel", stale=stale
        )

    return run


@pytest.fixture(scope="session")
def found(measure, delivered):
    return measure(delivered)
