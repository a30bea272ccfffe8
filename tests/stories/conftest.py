"""One made-up site for the stories' tests, and a model that was trained long ago."""

from datetime import date
from pathlib import Path

import pytest

from riskscreen.model.model_folder import save_model
from riskscreen.spec import read_specification
from riskscreen.training import prepare, train
from riskscreen_synthetic import synthesise_site, write_site
from tests.shared_folders import make_once

MODELS = Path(__file__).parents[2] / "models"


@pytest.fixture(scope="session")
def aged(tmp_path_factory):
    """A site of twelve years, and a model of its outcomes known before 2020."""
    return make_once(tmp_path_factory, "aged", _make)


def _make(folder):
    write_site(synthesise_site(cases=3000, years=12, seed=5), folder / "site")
    spec = read_specification(MODELS / "long_benefit.toml")
    changes = {
        "split": type(spec.split)(train_until=date(2020, 1, 6)),
        "estimator": type(spec.estimator)(candidates=("logistic",), penalties=(30.0,)),
    }
    prepared = prepare(spec.model_copy(update=changes), folder / "site")
    save_model(train(prepared).model, folder / "model")
