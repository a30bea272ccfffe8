"""What registering needs is seen before a training; what a killed one left is swept."""

import shutil
import subprocess
import sys
import threading
from contextlib import closing
from dataclasses import replace

import pytest
from mlflow import MlflowClient

from riskscreen.errors import RegistryError
from riskscreen.registry import databases
from riskscreen.registry.beginning import begin
from riskscreen.registry.processes import is_gone, name_process, name_this_process
from riskscreen.registry.records import EXPERIMENT
from riskscreen.registry.store import Registry
from riskscreen.stories import candidates
from tests.registry.turning import turning_server

TARGET = "long_benefit"
REMEDIES = {401: "MLFLOW_TRACKING_TOKEN", 403: "Ask whoever runs", 503: "Wait a few"}


@pytest.fixture
def registry(database):
    return Registry(f"sqlite:///{database}")


@pytest.fixture
def client(registry):
    return MlflowClient(tracking_uri=registry.uri, registry_uri=registry.uri)


def _statuses(client):
    experiment = client.get_experiment_by_name(EXPERIMENT).experiment_id
    runs = client.search_runs([experiment], order_by=["attributes.start_time"])
    return [run.info.status for run in runs]


def _begin(registry):
    with registry.open_training(TARGET):
        pytest.fail("the training began")


def test_a_deleted_experiment_is_told_before_the_training(registry, client):
    experiment = client.get_experiment_by_name(EXPERIMENT).experiment_id
    client.delete_experiment(experiment)
    with pytest.raises(RegistryError) as told:
        _begin(registry)
    assert f"experiments restore --experiment-id {experiment}" in str(told.value)
    client.restore_experiment(experiment)
    with registry.open_training(TARGET):
        pass


def test_a_place_that_takes_no_files_is_told_before_the_training(
    registry, client, tmp_path
):
    (tmp_path / "artifacts").write_text("a file where a folder should be", "utf-8")
    with pytest.raises(RegistryError):
        _begin(registry)
    assert _statuses(client) == ["FAILED"]


def test_a_training_is_running_then_finished_or_failed(registry, client, record):
    with registry.open_training(TARGET) as run:
        assert _statuses(client) == ["RUNNING"]
        run.log_training(record)
    assert _statuses(client) == ["FINISHED"]
    with pytest.raises(ZeroDivisionError), registry.open_training(TARGET):
        raise ZeroDivisionError
    with pytest.raises(KeyboardInterrupt), registry.open_training(TARGET):
        raise KeyboardInterrupt
    assert _statuses(client) == ["FINISHED", "FAILED", "KILLED"]


def test_what_a_killed_training_left_is_swept_and_nobody_else_s(registry, client):
    experiment = client.get_experiment_by_name(EXPERIMENT).experiment_id
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    killed = name_process(process.pid)
    assert not is_gone(killed)
    process.kill()
    with process:
        process.wait()
    left = {
        "killed": {"riskscreen.target": TARGET, "riskscreen.process": killed},
        "at work": {
            "riskscreen.target": TARGET,
            "riskscreen.process": name_this_process(),
        },
        "another target's": {
            "riskscreen.target": "long_absence",
            "riskscreen.process": killed,
        },
        "another machine's": {
            "riskscreen.target": TARGET,
            "riskscreen.process": f"{'0' * 16}:{killed.partition(':')[2]}",
        },
        "somebody else's": {},
    }
    runs = {
        name: client.create_run(experiment, tags=tags).info.run_id
        for name, tags in left.items()
    }
    with registry.open_training(TARGET):
        pass
    statuses = {name: client.get_run(run).info.status for name, run in runs.items()}
    assert statuses == dict.fromkeys(left, "RUNNING") | {"killed": "KILLED"}


def test_the_name_of_a_process_tells_nothing_of_its_machine():
    place, pid, started = name_this_process().split(":")
    assert len(place) == 16
    assert pid.isdecimal()
    assert started.isdecimal()
    assert not is_gone("")
    assert not is_gone("no process")


def test_a_registry_is_begun_once_by_many_at_the_same_time(tmp_path):
    path, refused = tmp_path / "mlflow.db", []

    def first_use():
        try:
            begin(path)
        except Exception as error:
            refused.append(error)

    threads = [threading.Thread(target=first_use) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert refused == []
    assert [p.name for p in tmp_path.iterdir()] == ["mlflow.db"]
    assert databases.is_begun(path)


@pytest.mark.thorough
def test_a_registry_whose_beginning_was_killed_is_begun_by_the_next(tmp_path, database):
    with closing((tmp_path / ".mlflow.db.part").open("wb")) as part:
        part.write(database.read_bytes()[:5000])
    database.write_bytes(b"")
    begin(database)
    assert databases.is_begun(database)
    assert [p.name for p in tmp_path.iterdir()] == ["mlflow.db"]


def test_a_training_that_the_registry_lost_is_known_again_and_stays_one(
    registry, record, client, tmp_path
):
    assert registry.find_logged(record) is None
    version = registry.log_training(record)
    assert registry.find_logged(record) == version
    client.delete_registered_model_alias(TARGET, "candidate")
    assert registry.find_logged(record) == version
    assert registry.find_candidate(TARGET) == version
    other = tmp_path / "other"
    shutil.copytree(record.report_folder, other)
    (other / "evaluation.json").write_text('{"gates": [1]}', "utf-8")
    assert registry.find_logged(replace(record, report_folder=other)) is None


@pytest.mark.thorough
def test_a_training_whose_registry_turns_is_kept_and_registered_later(
    server, model, record, tmp_path, monkeypatch
):
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    monkeypatch.setattr(candidates, "build_training_record", lambda *_: record)
    before = _read_all(tmp_path)
    with turning_server(server) as between:
        registry = Registry(between.uri)
        with registry.open_training(TARGET) as opened:
            for status, remedy in REMEDIES.items():
                between.turn(status)
                with pytest.raises(RegistryError, match=remedy) as told:
                    candidates.log_candidate(model, None, tmp_path, registry=opened)
                assert str(told.value).endswith(f"riskscreen register {tmp_path}")
                assert _read_all(tmp_path) == before
            between.turn(None)
        assert registry.log_training(record) == registry.find_candidate(TARGET)


def _read_all(folder):
    return {p: p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}
