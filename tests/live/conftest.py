"""One service of a small model, for every test that does not change it."""

import pytest

from tests import small_site
from tests.live.asking import make_service


@pytest.fixture(scope="package")
def folder(tmp_path_factory):
    return small_site.approved_folder(tmp_path_factory.mktemp("model") / "m")


@pytest.fixture(scope="package")
def served(folder, tmp_path_factory):
    """A service and its client."""
    return make_service(tmp_path_factory.mktemp("site"), folder)


@pytest.fixture
def client(served):
    return served[1]


@pytest.fixture
def logged(caplog):
    """Everything that is logged, by whomever."""
    caplog.set_level("DEBUG")
    return lambda: caplog.text
