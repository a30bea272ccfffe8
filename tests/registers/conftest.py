"""A real PostgreSQL for the tests: the one stated, or one started for the run."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

STATED = "RISKSCREEN_TEST_POSTGRES"


def _programs():
    """The folder of the newest installed PostgreSQL's programs, or None."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/pg_ctl"))
    return found[-1].parent if found else None


def _as_other_user():
    """How to run as somebody else where we are root, whom PostgreSQL refuses."""
    return ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []


def _quietly(command):
    subprocess.run(command, check=True, cwd="/", stdout=subprocess.DEVNULL)


@pytest.fixture(scope="session")
def postgres():
    """The SQLAlchemy URL of a PostgreSQL server reached through a socket."""
    if stated := os.environ.get(STATED):
        yield stated
        return
    programs = _programs()
    if programs is None:
        pytest.skip(f"no PostgreSQL: install it, or give its URL in {STATED}")
    # A socket's path may not be longer than some 100 letters, and the server's user
    # must be able to reach it.
    folder = Path(subprocess.check_output(["mktemp", "-d"], text=True).strip())
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres")
    run = _as_other_user()
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
