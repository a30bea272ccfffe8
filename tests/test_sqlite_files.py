import sqlite3
import subprocess
import sys
from contextlib import closing

import pytest

from riskscreen.registry import databases
from riskscreen.sqlite_files import look_into
from riskscreen.training.candidates import tuning

KILLED_WRITER = """
import os, signal, sqlite3, sys
database = sqlite3.connect(sys.argv[1], isolation_level=None)
database.execute("PRAGMA cache_size = 2")
database.execute("BEGIN")
database.execute("UPDATE filling SET text = 'half done' || text")
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture
def killed_over(tmp_path):
    """Makes a database with these tables, over which a writer was then killed."""

    def make(*tables):
        path = tmp_path / "some % file.db"
        with closing(sqlite3.connect(path)) as database:
            for table in ("filling", *tables):
                database.execute(f"CREATE TABLE {table} (text, version_num)")
            rows = [("whole" * 400,)] * 500
            database.executemany("INSERT INTO filling (text) VALUES (?)", rows)
            database.commit()
        subprocess.run([sys.executable, "-c", KILLED_WRITER, path], check=False)
        assert path.with_name(f"{path.name}-journal").exists()
        return path

    return make


@pytest.mark.slow
def test_what_a_killed_writer_left_half_done_is_taken_back_and_read(killed_over):
    path = killed_over()
    with look_into(path) as database:
        found = database.execute("SELECT DISTINCT substr(text, 1, 5) FROM filling")
        assert found.fetchall() == [("whole",)]
    assert not path.with_name(f"{path.name}-journal").exists()


def test_a_look_writes_nothing_and_makes_no_file(tmp_path):
    path = tmp_path / "some.db"
    with pytest.raises(sqlite3.OperationalError), look_into(path) as database:
        database.execute("SELECT 1 FROM sqlite_master")
    assert not path.exists()
    sqlite3.connect(path).close()
    with (
        pytest.raises(sqlite3.OperationalError, match="readonly"),
        look_into(path) as database,
    ):
        database.execute("CREATE TABLE other (text)")


@pytest.mark.slow
def test_a_registry_that_a_training_was_killed_over_is_begun(killed_over, monkeypatch):
    monkeypatch.setattr(databases, "_require_current", lambda *_: None)
    assert databases.is_begun(killed_over("experiments", "alembic_version"))


@pytest.mark.slow
def test_a_search_that_was_killed_over_its_store_is_known_again(killed_over):
    tuning._require_ours(killed_over("studies", "trials", "version_info"))
