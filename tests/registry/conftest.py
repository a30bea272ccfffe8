"""A database with MLflow's tables, a real server, and a training to log."""

import contextlib
import json
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from riskscreen.model.model_folder import save_model
from riskscreen.registry import Registry, TrainingRecord
from riskscreen.registry.databases import begin
from tests.scored_cases import fitted_model
from tests.shared_folders import make_once


@pytest.fixture(scope="session")
def model():
    return fitted_model("long_benefit", "logistic")


@pytest.fixture
def record(model, tmp_path):
    save_model(model, tmp_path / "model")
    save_model(model, tmp_path / "judged")
    report = tmp_path / "report"
    report.mkdir()
    (report / "evaluation.json").write_text(json.dumps({"gates": []}), "utf-8")
    return TrainingRecord(
        target="long_benefit",
        model_folder=tmp_path / "model",
        judged_folder=tmp_path / "judged",
        report_folder=report,
        parameters={"estimator": "logistic"},
        fingerprints={"data": "ab12"},
        metrics={"auc": 0.7},
        metrics_by_period={"auc_by_period": {2023: 0.71, 2024: 0.69}},
    )


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    """A real `mlflow server`, as a team would run it."""
    folder = tmp_path_factory.mktemp("mlflow")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [
        *(sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1"),
        *("--port", str(port), "--workers", "1"),
        *("--backend-store-uri", f"sqlite:///{folder / 'mlflow.db'}"),
        *("--artifacts-destination", str(folder / "artifacts")),
    ]
    log = (folder / "log").open("w")
    # Nothing of ours runs in it, so its coverage need not be measured.
    env = {k: v for k, v in os.environ.items() if k != "COVERAGE_PROCESS_CONFIG"}
    process = subprocess.Popen(
        command, stdout=log, stderr=log, start_new_session=True, env=env
    )
    uri = f"http://127.0.0.1:{port}"
    try:
        _wait_for(uri, process)
        yield uri
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(20)
        log.close()


def _wait_for(uri, process):
    for _ in range(600):
        try:
            urllib.request.urlopen(f"{uri}/health", timeout=2).close()
        except (urllib.error.URLError, OSError):
            assert process.poll() is None, "mlflow server stopped"
            time.sleep(0.25)
        else:
            return
    pytest.fail("mlflow server did not answer in minutes")


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory):
    """A database with MLflow's tables: making them takes seconds, copying does not."""
    folder = make_once(
        tmp_path_factory, "empty_database", lambda folder: begin(folder / "mlflow.db")
    )
    return folder / "mlflow.db"


@pytest.fixture
def database(empty_database, tmp_path):
    path = Path(shutil.copy(empty_database, tmp_path / "mlflow.db"))
    with contextlib.closing(sqlite3.connect(path)) as store, store:
        location = (tmp_path / "artifacts").as_uri()
        store.execute("update experiments set artifact_location = ?", [location])
    return path


@pytest.fixture(params=["database file", "server"])
def registry(request):
    if request.param == "server":
        return Registry(request.getfixturevalue("server"))
    return Registry(f"sqlite:///{request.getfixturevalue('database')}")
