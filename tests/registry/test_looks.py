"""Looks at one test are counted by its days, whatever became of the run."""

import contextlib
from dataclasses import replace

import pytest

from riskscreen.registry.store import Registry
from tests.registries import begin_database, copy_database, write_training

YEAR = ("2023-01-02", "2023-12-31")


@pytest.fixture(scope="module")
def trained(model, tmp_path_factory):
    """A database with a training, to copy: one that left no days judged none."""
    folder = tmp_path_factory.mktemp("trained")
    path = begin_database(tmp_path_factory, folder / "mlflow.db")
    Registry(f"sqlite:///{path}").log_training(write_training(model, folder))
    return path


@pytest.fixture
def local(trained, tmp_path):
    return Registry(f"sqlite:///{copy_database(trained, tmp_path / 'mlflow.db')}")


def look(registry, window=YEAR, site="A", target="long_benefit"):
    with registry.open_training(target) as run:
        return run.count_earlier_looks(target, window=window, site=site)


def test_each_look_at_the_same_days_counts_those_before_it(local):
    assert [look(local) for _ in range(3)] == [0, 1, 2]


def test_a_look_is_one_that_shares_a_day_of_the_same_target_and_site(local):
    look(local)
    assert look(local, ("2023-12-31", "2024-12-29")) == 1
    assert look(local, ("2024-12-30", "2025-12-28")) == 0
    assert look(local, site="B") == 0
    assert look(local, target="long_absence") == 0
    assert look(local, ("period 000003", "period 000003")) == 0
    assert look(local, ("period 000003", "period 000004")) == 1


def test_failed_and_deleted_trainings_have_looked_too(local):
    with (
        contextlib.suppress(ZeroDivisionError),
        local.open_training("long_benefit") as run,
    ):
        run.count_earlier_looks("long_benefit", window=YEAR, site="A")
        raise ZeroDivisionError
    local._client.delete_run(run.run_id)
    assert look(local) == 1


def test_an_evaluation_is_a_look_where_its_target_was_trained(local, tmp_path):
    assert local.note_look("long_benefit", window=YEAR, site="A") == 0
    assert look(local) == 1
    assert local.note_look("long_absence", window=YEAR, site="A") is None
    elsewhere = Registry(f"sqlite:///{tmp_path / 'none.db'}")
    assert elsewhere.note_look("long_benefit", window=YEAR, site="A") is None
    assert not (tmp_path / "none.db").exists()


def test_every_gates_verdict_is_a_tag_of_the_version(database, record):
    registry = Registry(f"sqlite:///{database}")
    judged = replace(record, verdicts={"auc_at_least": "pass", "ici": "too few"})
    version = registry.log_training(judged)
    assert version.tags["gate.auc_at_least"] == "pass"
    assert version.tags["gate.ici"] == "too few"
    assert registry.find_logged(judged) == version
