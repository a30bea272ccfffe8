"""A registry straight in a PostgreSQL database, as some sites have it."""

import pytest
from sqlalchemy import create_engine, inspect, make_url, text

from riskscreen.errors import RegistryError
from riskscreen.registry.store import Registry

TARGET = "long_benefit"


@pytest.fixture
def engine(postgres):
    """An empty database of its own."""
    server = create_engine(postgres, isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.execute(text("drop database if exists registry with (force)"))
        connection.execute(text("create database registry"))
    server.dispose()
    engine = create_engine(make_url(postgres).set(database="registry"))
    yield engine
    engine.dispose()


def test_asking_makes_no_table_a_training_does_and_another_mlflow_is_told(
    engine, record, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)  # MLflow keeps the files of such a registry here
    uri = engine.url.render_as_string(hide_password=False)
    with pytest.raises(RegistryError, match="no MLflow registry"):
        Registry(uri).find_candidate(TARGET)
    assert inspect(engine).get_table_names() == []

    version = Registry(uri).log_training(record)
    Registry(uri).approve(version, by="team leader", note="seen", on="2026-11-27")
    approved = Registry(uri).find_approved(TARGET)
    assert approved.model_version == version.model_version

    with engine.begin() as connection:
        connection.execute(text("update alembic_version set version_num = 'bd07f7e9'"))
    with pytest.raises(RegistryError, match="made by a newer MLflow"):
        Registry(uri).find_candidate(TARGET)
