"""What every test stands on: no network, one quiet thread, and no skipping in CI.

A program that a test needs has one fixture here, which skips with the reason but under
CI=true: starting it takes time. There a machine that has none fails the test.
"""

import contextlib
import gc
import importlib.util
import os
import pwd
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path

import pytest
from hypothesis import settings

from docs.screenshots import BROWSERS, find_browser

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

# Nobody cuts the power of a test, and waiting for the disk is most of a small commit.
os.fsync = os.sync = lambda *_: None

# A busy machine is no fault of the code; in CI the same examples every time.
IN_CI = os.environ.get("CI") == "true"
settings.register_profile("quiet", deadline=None, derandomize=IN_CI)
settings.load_profile("quiet")


@pytest.fixture(autouse=True)
def nothing_calls_out(request):
    """A test fails if it, or a process it started, tried to leave this machine."""
    before = Path(_log.name).stat().st_size
    yield
    tried = Path(_log.name).read_text(encoding="utf-8")[before:]
    if tried and "tries_the_network" not in request.keywords:
        pytest.fail(f"something tried to reach the network: {tried}")


LONGEST = (
    "test_readme.py",
    "test_run.py",
    "test_policy_rows.py",
    "test_end_to_end_killed.py",
    "test_validate.py",
)
"""Files of minutes begin first: at the end no worker is left alone with one of them."""


SLOW = [Path(__file__).parent / name for name in ("field", "registry", "synthetic")]
"""Every test there is slow: it waits for a trained model, for MLflow, or for a site."""


THOROUGH = (
    # Each trains, scores and judges anew; what they go through is tested room by room.
    "stories/test_compare.py",
    "stories/test_evaluate.py",
    "stories/test_recalibrate.py",
    "stories/test_set_places.py",
    "nights/test_shadows.py",
    "monitoring/test_contenders.py",
    "cli/test_monitoring.py",
    "training/test_landmarks.py",
    "test_every_estimator_end_to_end.py",
    "test_end_to_end_no_network.py",
    # Each makes sites of thousands of people and compares them with the truth.
    "synthetic/test_landmark*.py",
    "synthetic/test_municipality.py",
    # Each starts many processes.
    "field/test_trials.py",
    "test_jit.py",
)
"""Files in which every test is thorough: `make test` has six minutes."""


SPANNING = (
    "field/*",
    "examples/*",
    "test_readme.py",
    "test_canaries.py",
    "test_known_truth.py",
    "test_policy_rows.py",
    "store/test_killed.py",
    "stories/test_validate.py",
    "pages/test_accessibility.py",
    "test_*end_to_end*.py",
)
"""Tests across all rooms: measuring their coverage would double their time."""


ANY_VERSION = (
    # What a browser makes of a page, whose text the other tests of pages assert.
    "documents/pages/test_accessibility.py",
    # Folders that stand already and killed processes: the operating system's work.
    "field/test_out.py",
    "test_end_to_end_killed.py",
    # The repository's own texts and form.
    "docs/*",
    "test_repository.py",
    "test_retired_words.py",
    # Figures of benchmarks and of the public data sets, which no wheel has: what they
    # train and score with is tested at the lowest versions room by room.
    "test_policy_rows.py",
    "test_known_truth.py",
    "examples/test_run.py",
)
"""What depends on no library's version: `.ci/matrix` leaves it out at the lowest."""


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_protocol(item):
    """Measure the tests of a room, and not those that only pass through it."""
    coverage = sys.modules.get("coverage")
    measured = coverage and coverage.Coverage.current()
    if not measured or not _is_one_of(item.path, SPANNING):
        yield
        return
    children = os.environ.pop("COVERAGE_PROCESS_CONFIG", None)
    measured.stop()
    yield
    measured.start()
    if children is not None:
        os.environ["COVERAGE_PROCESS_CONFIG"] = children


@cache
def _is_one_of(path, patterns):
    return any(map(path.match, patterns))


# Nothing that collecting the tests makes is garbage: looking for some among it, again
# and again as it grows, takes as long as the rest of the start.
gc.disable()

SOURCES = Path(__file__).parents[1] / "src"


def pytest_ignore_collect(collection_path, config):
    """A module without an example is not imported for the sake of looking for one.

    And where no slow test is asked for, what holds nothing else is not even read.
    """
    if collection_path.suffix == ".py" and collection_path.is_relative_to(SOURCES):
        return b">>>" not in collection_path.read_bytes() or None
    if config.option.markexpr == "not slow" and _holds_slow_tests_alone(
        collection_path
    ):
        return True
    return None


def _holds_slow_tests_alone(path):
    if path.suffix != ".py":
        return path in SLOW
    marked = b"\npytestmark = pytest.mark.slow", b"\npytestmark = pytest.mark.thorough"
    return _is_one_of(path, THOROUGH) or any(
        map(path.read_bytes().__contains__, marked)
    )


def pytest_collection_finish():
    gc.enable()
    if "sqlalchemy" in sys.modules:
        from sqlalchemy import event, pool  # noqa: PLC0415

        event.listen(pool.Pool, "checkout", _let_sqlite_not_wait_for_the_disk)


def _let_sqlite_not_wait_for_the_disk(connection, *_):
    if not isinstance(connection, sqlite3.Connection):
        return
    # Of a locked file or one that is none the test's own statement tells.
    (waits,) = connection.execute("PRAGMA busy_timeout").fetchone()
    connection.execute("PRAGMA busy_timeout = 0")
    with contextlib.suppress(sqlite3.Error):
        connection.execute("PRAGMA synchronous = OFF")
    connection.execute(f"PRAGMA busy_timeout = {waits}")


def pytest_collection_modifyitems(config, items):
    if "walk" not in config.option.markexpr:
        walks = [item for item in items if item.get_closest_marker("walk")]
        config.hook.pytest_deselected(items=walks)
        items[:] = [item for item in items if item not in walks]
    items.sort(key=lambda item: item.path.name not in LONGEST)
    for item in items:
        if any(item.path.is_relative_to(folder) for folder in SLOW):
            item.add_marker(pytest.mark.slow)
        if _is_one_of(item.path, ANY_VERSION):
            item.add_marker(pytest.mark.any_version)
        if item.get_closest_marker("thorough") or _is_one_of(item.path, THOROUGH):
            item.add_marker(pytest.mark.slow)
            if not IN_CI:
                item.add_marker(pytest.mark.skip(reason="takes long: set CI=true"))


def pytest_configure(config):
    config.addinivalue_line("markers", "tries_the_network: tests the block itself")
    config.addinivalue_line("markers", "slow: left out by `make test-quick`")
    config.addinivalue_line("markers", "thorough: skips unless CI=true")
    config.addinivalue_line("markers", "walk: only with -m walk")
    config.addinivalue_line("markers", "any_version: left out at the lowest versions")


def _skipping_fails(report):
    """Under CI=true a skipped test is a failure: what is not run is not known."""
    skipped = report.skipped and not hasattr(report, "wasxfail")
    if skipped and IN_CI:
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


@pytest.fixture
def command(monkeypatch, capsys):
    """Run one command in this process; its exit code and what it printed."""
    # Not above: no file that runs no command waits for it.
    from riskscreen import cli  # noqa: PLC0415
    from tests.hooks import hooks_restored  # noqa: PLC0415

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["riskscreen", *map(str, arguments)])
        with hooks_restored(), pytest.raises(SystemExit) as ended:
            cli.main()
        said = capsys.readouterr()
        return ended.value.code or 0, said.out, said.err

    return run


_QUIET = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-sync", "--disable-component-update",
    "--hide-scrollbars",
)  # fmt: skip


def _leave_to_ci(program):
    """Skip where this is not CI: what starts a program takes minutes in all."""
    if not IN_CI:
        pytest.skip(f"needs {program}: set CI=true")


@pytest.fixture(scope="session")
def browser(tmp_path_factory):
    """Opens a page in a real Chromium: ``browser(path, *options)`` gives its output."""
    _leave_to_ci("Chromium")
    program = find_browser()
    if program is None:
        pytest.skip(f"no Chromium: none of {', '.join(BROWSERS)} is installed")
    folder = tmp_path_factory.mktemp("browser")

    def opened(path, *options):
        return subprocess.run(
            [program, *_QUIET, f"--user-data-dir={folder}", *options, path.as_uri()],
            env=os.environ | {"HOME": str(folder)},
            capture_output=True,
            timeout=90,
            check=True,
        ).stdout.decode()

    page = folder / "page.html"
    page.write_text("<p>It opens.</p>", encoding="utf-8")
    try:
        seen = opened(page, "--dump-dom")
    except subprocess.SubprocessError as failed:
        seen = type(failed).__name__
    if "It opens." not in seen:
        pytest.skip(
            f"{program} opens no page in {folder}: a snap sees nothing of the folder "
            "for temporary files; name another one in TMPDIR"
        )
    return opened


@pytest.fixture(scope="module")
def chromium(browser):  # noqa: ARG001  (skips where there is no Chromium)
    """The Chromium of the machine, driven by Playwright, whose loop ends with it."""
    if importlib.util.find_spec("playwright") is None:
        pytest.skip("no playwright: pip install 'riskscreen[dev]'")
    from playwright.sync_api import sync_playwright  # noqa: PLC0415

    program = find_browser()
    with sync_playwright() as driver:
        started = driver.chromium.launch(executable_path=program, args=[*_QUIET])
        yield started
        started.close()


POSTGRES = "RISKSCREEN_TEST_POSTGRES"


def _postgres_programs():
    """The folder of the newest PostgreSQL's programs; skips where there is none."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/pg_ctl"))
    on_path = shutil.which("pg_ctl")
    if not found and on_path is None:
        pytest.skip(f"no PostgreSQL: install it, or give its URL in {POSTGRES}")
    return (found[-1] if found else Path(on_path)).parent


def _postgres_user():
    """Who may run PostgreSQL, which refuses root and whoever has no name."""
    try:
        own = pwd.getpwuid(os.geteuid())
        return pwd.getpwnam("postgres") if own.pw_uid == 0 else own
    except KeyError:
        pytest.skip(f"PostgreSQL runs for no user here: give its URL in {POSTGRES}")


def _quietly(command):
    subprocess.run(command, check=True, cwd="/", stdout=subprocess.DEVNULL)


@contextlib.contextmanager
def _started_postgres(programs, user):
    # A socket's path may not be longer than some 100 letters, and the server's user
    # must be able to reach it.
    folder = Path(tempfile.mkdtemp(dir="/tmp"))
    os.chown(folder, user.pw_uid, user.pw_gid)
    run = ["runuser", "-u", user.pw_name, "--"] if os.geteuid() == 0 else []
    data = folder / "data"
    _quietly([*run, programs / "initdb", "-D", data, "-U", "tester", "-A", "trust"])
    options = f"-c listen_addresses='' -c unix_socket_directories={folder} -c fsync=off"
    control = [*run, programs / "pg_ctl", "-D", data, "-l", folder / "log", "-w"]
    _quietly([*control, "-o", options, "start"])
    try:
        yield f"postgresql+psycopg://tester@/postgres?host={folder}"
    finally:
        _quietly([*control, "-m", "immediate", "stop"])
        shutil.rmtree(folder)


@pytest.fixture(scope="session")
def postgres():
    """The SQLAlchemy URL of a PostgreSQL: the one stated, or one started for us."""
    if stated := os.environ.get(POSTGRES):
        yield stated
        return
    _leave_to_ci("PostgreSQL")
    with _started_postgres(_postgres_programs(), _postgres_user()) as url:
        yield url


_SMALL_JVM = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"


@pytest.fixture(scope="session")
def spark(tmp_path_factory):
    """A Spark session on two workers of this machine, each a process of its own."""
    _leave_to_ci("Spark")
    if importlib.util.find_spec("pyspark") is None:
        pytest.skip("no pyspark: pip install 'riskscreen[spark]'")
    if "JAVA_HOME" not in os.environ and shutil.which("java") is None:
        pytest.skip("no Java: install a runtime (default-jre-headless)")
    import pyspark.sql  # noqa: PLC0415

    folder = tmp_path_factory.mktemp("spark")
    # Workers write into the folder work of Spark's own.
    home = folder / "home"
    home.mkdir()
    for path in Path(pyspark.__file__).parent.iterdir():
        (home / path.name).symlink_to(path)
    settings = {
        "spark.driver.host": "127.0.0.1",
        "spark.driver.extraJavaOptions": _SMALL_JVM,
        "spark.executor.extraJavaOptions": _SMALL_JVM,
        "spark.executor.memory": "512m",
        "spark.sql.adaptive.enabled": "false",
        "spark.sql.codegen.wholeStage": "false",
        "spark.sql.codegen.factoryMode": "NO_CODEGEN",
        "spark.sql.shuffle.partitions": 2,
        "spark.sql.warehouse.dir": folder / "warehouse",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
    }
    # The workers are told by the environment alone.
    own = {
        "PYSPARK_PYTHON": sys.executable,
        "SPARK_HOME": str(home),
        "SPARK_LOCAL_DIRS": str(folder),
        "SPARK_LOCAL_IP": "127.0.0.1",
    }
    with pytest.MonkeyPatch.context() as patched:
        for name, value in own.items():
            patched.setenv(name, value)
        builder = pyspark.sql.SparkSession.builder.master("local-cluster[2,1,512]")
        for name, value in settings.items():
            builder = builder.config(name, str(value))
        session = builder.getOrCreate()
        session.sparkContext.setLogLevel("OFF")
        yield session
        session.stop()
