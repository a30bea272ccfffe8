"""What every test stands on: no network, one quiet thread, and no skipping in CI."""

import importlib.util
import os
import tempfile
from pathlib import Path

import pytest
from hypothesis import settings

NO_NETWORK = Path(__file__).parent / "no_network"
_log = tempfile.NamedTemporaryFile(prefix="network-", suffix=".log")  # noqa: SIM115

# Before numpy, LightGBM or MLflow is imported, and for every child process.
os.environ.update(
    OMP_NUM_THREADS="1",
    OMP_WAIT_POLICY="passive",
    MLFLOW_DISABLE_TELEMETRY="true",
    DO_NOT_TRACK="true",
    RISKSCREEN_NETWORK_LOG=_log.name,
    PYTHONPATH=os.pathsep.join(
        [str(NO_NETWORK), *filter(None, [os.environ.get("PYTHONPATH")])]
    ),
)


def _block_this_process():
    place = NO_NETWORK / "sitecustomize.py"
    found = importlib.util.spec_from_file_location("no_network", place)
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)


_block_this_process()

# A busy machine is no fault of the code; in CI the same examples every time.
settings.register_profile(
    "quiet", deadline=None, derandomize=os.environ.get("CI") == "true"
)
settings.load_profile("quiet")


@pytest.fixture(autouse=True)
def nothing_calls_out(request):
    """A test fails if it, or a process it started, tried to leave this machine."""
    before = Path(_log.name).stat().st_size
    yield
    tried = Path(_log.name).read_text(encoding="utf-8")[before:]
    if tried and "tries_the_network" not in request.keywords:
        pytest.fail(f"something tried to reach the network: {tried}")


def pytest_configure(config):
    config.addinivalue_line("markers", "tries_the_network: tests the block itself")


def _skipping_fails(report):
    """Under CI=true a skipped test is a failure: what is not run is not known."""
    skipped = report.skipped and not hasattr(report, "wasxfail")
    if skipped and os.environ.get("CI") == "true":
        report.outcome = "failed"
        report.longrepr = f"skipped under CI=true: {report.longrepr}"


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport():
    outcome = yield
    _skipping_fails(outcome.get_result())


@pytest.hookimpl(hookwrapper=True)
def pytest_make_collect_report():
    outcome = yield
    _skipping_fails(outcome.get_result())
