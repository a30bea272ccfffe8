"""A database with MLflow's tables, a real server, and a training to log."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from types import SimpleNamespace

import pytest

from riskscreen.registry.store import Registry
from riskscreen.stories import status
from tests import small_site
from tests.registries import (
    begin_database,
    begin_server_database,
    write_training,
)


@pytest.fixture(scope="session")
def model():
    return small_site.model(spec=small_site.specification(name="long_benefit"))


@pytest.fixture
def record(model, tmp_path):
    return write_training(
        model,
        tmp_path,
        evaluation=json.dumps({"gates": []}),
        metrics_by_period={"auc_by_period": {2023: 0.71, 2024: 0.69}},
    )


@pytest.fixture
def judged(monkeypatch):
    """The candidate's evaluation is another test's: here it passes every gate."""
    judgement = SimpleNamespace(compared_with=None)
    monkeypatch.setattr(status, "read_record", lambda _: judgement)
    monkeypatch.setattr(status, "recompute_gates", lambda *_: ())


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    """A real `mlflow server`, as a team would run it."""
    folder = tmp_path_factory.mktemp("mlflow")
    begin_server_database(tmp_path_factory, folder / "mlflow.db")
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
    # Nothing of ours runs in it, so its coverage need not be measured; and the further
    # processes that wait for its users' jobs would only take this machine's time.
    env = {k: v for k, v in os.environ.items() if k != "COVERAGE_PROCESS_CONFIG"}
    env["MLFLOW_SERVER_ENABLE_JOB_EXECUTION"] = "false"
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


@pytest.fixture
def database(tmp_path_factory, tmp_path):
    return begin_database(tmp_path_factory, tmp_path / "mlflow.db")


@pytest.fixture(
    params=["database file", pytest.param("server", marks=pytest.mark.thorough)]
)
def registry(request):
    if request.param == "server":
        return Registry(request.getfixturevalue("server"))
    return Registry(f"sqlite:///{request.getfixturevalue('database')}")
