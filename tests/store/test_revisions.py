"""Stores of other versions: an older one is upgraded, a newer one refused."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import MetaData, create_engine, insert, select, text

from riskscreen.errors import FileError
from riskscreen.store import begin_store, find_scores, open_store
from riskscreen.store.opening import upgrade_store
from riskscreen.store.revisions import VERSION_TABLE, list_revisions, migrate
from riskscreen.store.schema import METADATA, SCORES
from tests.store.kept import count, keep, verified

FIRST = Path(__file__).with_name("revision_1.sql")


@pytest.fixture
def older(tmp_path):
    """The store of revision 1 that is kept in the tree."""
    file = tmp_path / "older.db"
    with closing(sqlite3.connect(file)) as database:
        database.executescript(FIRST.read_text("utf-8"))
    return f"sqlite:///{file}"


@pytest.fixture
def older_at_a_server(older, fresh_postgres):
    """The same rows in the tables that revision 1 made at PostgreSQL."""
    source, server = create_engine(older), create_engine(fresh_postgres)
    rows, tables = MetaData(), MetaData()
    with source.connect() as old, server.begin() as new:
        migrate(new, to="1")
        rows.reflect(old)
        tables.reflect(new)
        for table in tables.sorted_tables:
            found = old.execute(select(rows.tables[table.name])).mappings().all()
            if found and table.name != VERSION_TABLE:
                new.execute(insert(table), [dict(row) for row in found])
    source.dispose()
    server.dispose()
    return fresh_postgres


@pytest.mark.parametrize(
    "where", ["older", pytest.param("older_at_a_server", marks=pytest.mark.slow)]
)
def test_a_store_of_revision_1_is_upgraded_with_all_that_it_has(
    where, request, model, scoring
):
    older = request.getfixturevalue(where)
    with pytest.raises(FileError, match="riskscreen store upgrade"):
        open_store(older)
    with pytest.raises(FileError, match="riskscreen store upgrade"):
        begin_store(older)
    newest, _ = list_revisions()
    assert upgrade_store(older) == ("1", newest)
    assert upgrade_store(older) == (newest, newest)
    store = open_store(older)
    with store.read() as connection:
        options = {"version_table": VERSION_TABLE}
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, METADATA) == []
    (found,) = find_scores(store, "case-00002")
    assert 0 < found.said["score"]["risk"] < 1
    assert found.run["purpose"] == "intake"
    assert verified(store).faults == ()
    keep(store, model, scoring)
    assert count(store, SCORES) >= len(scoring.scores)
    assert verified(store).faults == ()


def test_a_newer_store_is_refused_with_what_to_do_and_left(store, url):
    with store.write() as connection:
        connection.execute(text(f"UPDATE {VERSION_TABLE} SET version_num = '999'"))
    for door in (open_store, begin_store, upgrade_store):
        with pytest.raises(FileError, match="newer version of riskscreen"):
            door(url)


@pytest.mark.slow
def test_where_no_store_stands_none_is_upgraded(tmp_path, fresh_postgres):
    with pytest.raises(FileError, match="no such store"):
        upgrade_store(f"sqlite:///{tmp_path / 'none.db'}")
    with pytest.raises(FileError, match="No store stands there"):
        upgrade_store(fresh_postgres)


def test_an_upgrade_that_fails_leaves_the_store_as_it_was(older, monkeypatch):
    import riskscreen.store.opening as module  # noqa: PLC0415

    def migrate_and_fail(connection):
        migrate(connection)
        raise FileError("cut short")

    migrate = module.migrate
    monkeypatch.setattr(module, "migrate", migrate_and_fail)
    with pytest.raises(FileError, match="cut short"):
        upgrade_store(older)
    monkeypatch.undo()
    assert upgrade_store(older)[0] == "1"
