"""A store of each kind, and a made-up scoring to keep in it."""

import secrets
from dataclasses import replace

import pandas as pd
import pytest
from sqlalchemy import create_engine, text

from riskscreen.store import begin_store
from tests import small_site


@pytest.fixture(scope="session")
def model():
    return small_site.model()


@pytest.fixture(scope="session")
def scoring(model):
    from riskscreen.scoring.score_cases import score  # noqa: PLC0415

    cases = small_site.cases(40, seed=5)
    history = small_site.history(cases, seed=5)
    told = score(model, cases, history, as_of=small_site.EXTRACTED.date())
    return replace(told, persons=pd.Series(told.persons))


@pytest.fixture
def fresh_postgres(postgres):
    """The URL of an empty database at the real server, dropped afterwards."""
    name = f"store_{secrets.token_hex(4)}"
    server = create_engine(postgres, isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    yield postgres.replace("@/postgres", f"@/{name}")
    with server.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    server.dispose()


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.slow)])
def url(request, tmp_path):
    """The address of a store that does not stand yet: a file's, and a server's."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'store.db'}"
    return request.getfixturevalue("fresh_postgres")


@pytest.fixture
def store(url):
    return begin_store(url)
