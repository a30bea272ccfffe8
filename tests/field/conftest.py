"""A site and a model for every situation: made once, in seconds."""

import pandas as pd
import pytest

from riskscreen import load_model
from riskscreen.training import prepare, train
from tests.approving import save_approved
from tests.field import base, doors
from tests.field.trained import deliver_site
from tests.shared_folders import make_once


@pytest.fixture(scope="session")
def site(tmp_path_factory):
    """A made-up site, for training alone; copy it before changing it."""
    folder = make_once(
        tmp_path_factory, "field_site", lambda folder: deliver_site(folder / "site")
    )
    return folder / "site"


@pytest.fixture(scope="session")
def spec():
    return doors.cheap_specification()


@pytest.fixture(scope="session")
def prepared(site, spec):
    return prepare(spec, site)


@pytest.fixture(scope="session")
def model(request, tmp_path_factory):
    """The folder of an approved model trained on the site."""

    def make(folder):
        prepared = request.getfixturevalue("prepared")
        save_approved(train(prepared).model, folder / "model")

    return make_once(tmp_path_factory, "field_model", make) / "model"


@pytest.fixture(scope="session")
def loaded(model):
    """The model of the Python door."""
    return load_model(model)


@pytest.fixture
def intake(tmp_path, model):
    return doors.Intake(tmp_path, model)


@pytest.fixture(scope="session")
def clean(tmp_path_factory, model):
    """The base as it is: every case of it is scored."""
    run = doors.Intake(tmp_path_factory.mktemp("clean"), model).score()
    assert run.code == 0, run.said
    assert set(run.scores) == {row["case_id"] for row in base.cases()}
    return run


@pytest.fixture
def need_right(clean):
    """Fails where a run gives another score in silence, or ends by accident."""

    def need(run):
        fault = doors.fault_of(run, clean.risks())
        assert fault is None, f"{fault}: {run.said}"
        return run

    return need


@pytest.fixture
def frames():
    """The base as pandas reads it, dates as texts."""
    return pd.DataFrame(base.cases()), pd.DataFrame(base.history())
