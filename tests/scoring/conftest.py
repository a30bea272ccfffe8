"""The small site's model, delivered cases and their history, for whoever scores."""

import pytest

from tests import small_site


@pytest.fixture(scope="module")
def model():
    return small_site.model()


@pytest.fixture(scope="module")
def cases():
    return small_site.cases(60, seed=5)


@pytest.fixture(scope="module")
def history(cases):
    return small_site.history(cases, seed=5)
