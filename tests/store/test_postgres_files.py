"""What a PostgreSQL server's own files hold after an erasure, and on a full disk."""

import os
import secrets
import subprocess
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from riskscreen.errors import FileError
from riskscreen.store import begin_store
from riskscreen.store.decisions import decide
from riskscreen.store.erasure import erase, vacuum
from riskscreen.store.revisions import migrate
from riskscreen.store.schema import CONTENTS, METADATA, SCORES
from riskscreen.store.subjects import Subject
from tests.store.kept import AT, count, keep, select_all, verified
from tests.store.test_erasure import ORDER, find_alone

pytestmark = pytest.mark.slow

PERSONAL = {"case_id", "person_id", "salt", "body", "link"}
"""The columns of persons, but for an inbox's words: an outbox's say nothing."""


@contextmanager
def connect_to_server(url):
    """A connection to the server's own database, of whoever may do everything."""
    server = create_engine(url, isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        yield connection
    server.dispose()


def read_files(url):
    """What stands in all files of the database at *url*, one after the other."""
    with connect_to_server(url) as connection:
        connection.execute(text("CHECKPOINT"))
        found = connection.execute(
            text(
                "SELECT current_setting('data_directory'), oid FROM pg_database "
                "WHERE datname = current_database()"
            )
        )
        data, number = found.one()
    folder = Path(data, "base", str(number))
    if not os.access(folder, os.R_OK):
        pytest.skip(f"the files of this server cannot be read: {folder}")
    held = []
    for path in sorted(folder.iterdir()):
        with suppress(FileNotFoundError):  # the server takes caches of its own away
            held.append(path.read_bytes())
    return b"".join(held)


def test_no_byte_of_an_erased_citizen_is_in_the_files_of_the_database(
    fresh_postgres, model, scoring, tmp_path
):
    store = begin_store(fresh_postgres)
    keep(store, model, scoring)
    case = find_alone(scoring)
    decide(store, case, target=model.spec.name, act="add", by="nurse", note="Ny", at=AT)
    rows = [row for row in select_all(store, CONTENTS) if row.case_id == case]
    secret = {case.encode(), rows[0].person_id.encode()}
    secret |= {bytes(row.salt) for row in rows}
    # A long body lies in pieces.
    secret |= {bytes(row.body)[:60] for row in rows}
    with connect_to_server(fresh_postgres) as connection:
        connection.execute(text("ANALYZE"))
    before = read_files(fresh_postgres)
    assert [known for known in secret if known not in before] == []
    erase(store, Subject("case", case), ORDER, at=AT, journal=tmp_path / "journal")
    after = read_files(fresh_postgres)
    assert [known for known in secret if known in after] == []
    assert scoring.scores["case_id"].iloc[-1].encode() in after
    assert verified(store).faults == ()


def test_statistics_of_the_server_hold_nobodys_key(fresh_postgres, model, scoring):
    store = begin_store(fresh_postgres)
    keep(store, model, scoring)
    with connect_to_server(fresh_postgres) as connection:
        connection.execute(text("ANALYZE"))
        sampled = connection.execute(
            text(
                "SELECT tablename, attname FROM pg_stats WHERE schemaname = 'public' "
                "AND (histogram_bounds IS NOT NULL OR most_common_vals IS NOT NULL)"
            )
        ).all()
    assert ("scores", "risk") in sampled
    assert [of for of in sampled if of.attname in PERSONAL] == []


def test_an_upgrade_drops_what_the_server_had_sampled_of_persons(fresh_postgres):
    engine = create_engine(fresh_postgres)
    told = {"k": "case-00001", "p": "p00001", "s": b"salt", "b": b"body"}
    with engine.begin() as connection:
        migrate(connection, to="2")
        for number in range(1, 3):
            connection.execute(
                text("INSERT INTO contents VALUES (:n, :k, :p, :s, :b)"),
                {"n": number, **told},
            )
        connection.execute(
            text(
                "INSERT INTO outbox (link, case_id, target, words, created_at) VALUES "
                "('one', 'case-00001', 't', 'w', 'x'), ('two', 'case-00001', 't', 'w', "
                "'x')"
            )
        )
        connection.execute(
            text(
                "INSERT INTO inbox (case_id, target, act, words, decided_by, "
                "received_at) SELECT 'case-00001', 't', 'agree', 'ja', 'nurse', 'x' "
                "FROM generate_series(1, 2)"
            )
        )
        # What the case system may do stays with the view.
        connection.execute(
            text("GRANT SELECT, UPDATE (taken_at) ON outbox_messages TO PUBLIC")
        )
    with connect_to_server(fresh_postgres) as connection:
        connection.execute(text("ANALYZE"))
    before = list_sampled(fresh_postgres)
    assert {name for _, name in before} >= PERSONAL
    with engine.begin() as connection:
        migrate(connection, to="3")
    with connect_to_server(fresh_postgres) as connection:
        connection.execute(text("ANALYZE"))
        granted = connection.execute(
            text(
                "SELECT privilege_type FROM information_schema.column_privileges WHERE "
                "table_name = 'outbox_messages' AND column_name = 'taken_at' AND "
                "grantee = 'PUBLIC' ORDER BY 1"
            )
        ).scalars()
        assert list(granted) == ["SELECT", "UPDATE"]
        taken = text("UPDATE outbox_messages SET taken_at = 'y' WHERE link = 'one'")
        assert connection.execute(taken).rowcount == 1
    after = list_sampled(fresh_postgres)
    assert {name for _, name in after} & PERSONAL == set()
    assert ("inbox", "words") in before - after
    assert ("contents", "content_id") in after
    engine.dispose()


def list_sampled(url):
    """Each column of which the server holds values or counts, with its table."""
    chosen = "SELECT tablename, attname FROM pg_stats WHERE schemaname = 'public'"
    with connect_to_server(url) as connection:
        return {tuple(row) for row in connection.execute(text(chosen))}


def test_an_erasure_rewrites_no_table_of_another_program(fresh_postgres):
    store = begin_store(fresh_postgres)
    place = text("SELECT pg_relation_filenode(:name)")
    with connect_to_server(fresh_postgres) as connection:
        connection.execute(text("CREATE TABLE others AS SELECT 1 AS n"))

        def find(name):
            return connection.execute(place, {"name": name}).scalar_one()

        names = (*METADATA.tables, "others")
        before = {name: find(name) for name in names}
        vacuum(store)
        same = [name for name in names if find(name) == before[name]]
    assert same == ["others"]


@pytest.fixture
def small_disk(postgres):
    """The URL of a database on a disk of its own, of 24 MB."""
    with connect_to_server(postgres) as connection:
        data = connection.execute(text("SHOW data_directory")).scalar_one()
    owner = Path(data).stat() if os.access(data, os.R_OK) else None
    folder = Path("/tmp", f"disk-{secrets.token_hex(4)}")
    folder.mkdir()
    size = ["-o", "size=24m", "tmpfs", str(folder)]
    mounted = subprocess.run(["mount", "-t", "tmpfs", *size], check=False)
    if owner is None or mounted.returncode:
        folder.rmdir()
        pytest.skip("no disk can be made here: only root may mount one")
    os.chown(folder, owner.st_uid, owner.st_gid)
    name = folder.name.replace("-", "_")
    try:
        with connect_to_server(postgres) as connection:
            connection.execute(text(f"CREATE TABLESPACE {name} LOCATION '{folder}'"))
            connection.execute(text(f"CREATE DATABASE {name} TABLESPACE {name}"))
        yield postgres.replace("@/postgres", f"@/{name}"), folder
        with connect_to_server(postgres) as connection:
            connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
            connection.execute(text(f"DROP TABLESPACE {name}"))
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)
        folder.rmdir()


def test_a_full_disk_is_told_and_the_store_is_as_it_was(small_disk, model, scoring):
    url, folder = small_disk
    store = begin_store(url)
    keep(store, model, scoring)
    kept = count(store, SCORES)
    free = os.statvfs(folder)
    with open(folder / "filler", "wb") as filler:  # noqa: PTH123
        filler.write(bytes(free.f_bavail * free.f_frsize))
    with pytest.raises(FileError, match="the disk is full"):
        keep_until_full(store, model, scoring)
    assert count(store, SCORES) >= kept
    assert verified(store).faults == ()
    (folder / "filler").unlink()
    keep(store, model, scoring, purpose="freed", at=AT + timedelta(days=2))
    assert verified(store).faults == ()


def keep_until_full(store, model, scoring):
    for n in range(100):
        keep(store, model, scoring, purpose=f"again {n}", at=AT + timedelta(days=1))
