import sqlite3
import stat
import subprocess
import sys
import time

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

from riskscreen.errors import FileError
from riskscreen.folders.locking import BusyError
from riskscreen.store import begin_store, open_store
from riskscreen.store.chain import Ledger
from riskscreen.store.revisions import VERSION_TABLE
from riskscreen.store.schema import METADATA


def test_a_new_store_has_the_tables_of_the_schema(store):
    with store.read() as connection:
        context = MigrationContext.configure(
            connection, opts={"version_table": VERSION_TABLE}
        )
        assert compare_metadata(context, METADATA) == []


def test_a_store_is_its_owners_alone_and_readers_wait_for_no_writer(tmp_path):
    begin_store(f"sqlite:///{tmp_path / 'store.db'}")
    assert [path.name for path in tmp_path.iterdir()] == ["store.db"]
    assert stat.S_IMODE((tmp_path / "store.db").stat().st_mode) == 0o600
    with sqlite3.connect(tmp_path / "store.db") as plain:
        assert plain.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    plain.close()


@pytest.mark.thorough
def test_what_is_committed_to_a_store_outlives_a_loss_of_power(tmp_path):
    """In a process of its own: in this one every test's store waits for no disk."""
    asked = """
import sys

from sqlalchemy import text

from riskscreen.store import begin_store

store = begin_store(sys.argv[1])
for connect in (store.read, store.write, store.work_alone):
    with connect() as connection:
        print(connection.execute(text("PRAGMA synchronous")).scalar_one())
"""
    url = f"sqlite:///{tmp_path / 'store.db'}"
    said = subprocess.check_output([sys.executable, "-c", asked, url], text=True)
    full = "2"
    assert said.split() == [full] * 3


def test_nobody_waits_longer_for_who_writes_than_was_asked(store, url):
    hasty = open_store(url, longest_wait=1)
    with store.write() as writing:
        Ledger.take(writing)
        began = time.monotonic()
        with pytest.raises(BusyError):
            tell(hasty)
        assert 0.9 < time.monotonic() - began < 30
    tell(hasty)


def tell(store):
    with store.write() as connection:
        Ledger.take(connection)


def test_to_look_at_a_store_makes_none(tmp_path):
    with pytest.raises(FileError, match="no such store"):
        open_store(f"sqlite:///{tmp_path / 'store.db'}")
    assert list(tmp_path.iterdir()) == []


def test_an_empty_server_has_no_store_to_look_at(fresh_postgres):
    with pytest.raises(FileError, match="No store stands there"):
        open_store(fresh_postgres)


@pytest.mark.parametrize(
    "url", ["store.db", "sqlite://", "sqlite:///:memory:", "mysql://host/store", "a b"]
)
def test_what_is_no_address_of_a_store_is_refused(url):
    with pytest.raises(FileError, match="--store"):
        begin_store(url)


def test_a_server_that_is_not_there_is_named_without_its_password():
    with pytest.raises(FileError, match="cannot be reached") as refused:
        open_store("postgresql+psycopg://me:hemmeligt@/none?host=/nonexistent")
    assert "hemmeligt" not in str(refused.value)


def test_a_file_that_is_no_database_is_refused_and_left(tmp_path):
    (tmp_path / "store.db").write_text("no database at all, but long enough for one")
    with pytest.raises(FileError, match="cannot be reached, read"):
        begin_store(f"sqlite:///{tmp_path / 'store.db'}")
    assert (tmp_path / "store.db").read_text().startswith("no database")


def test_a_database_of_another_program_is_refused(tmp_path):
    url = f"sqlite:///{tmp_path / 'store.db'}"
    with create_engine(url, poolclass=NullPool).begin() as connection:
        connection.execute(text("CREATE TABLE experiments (n INTEGER)"))
    with pytest.raises(FileError, match="something else"):
        begin_store(url)
