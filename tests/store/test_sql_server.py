"""SQL Server takes every statement of a store: compiled, and run against no server."""

import pytest
from sqlalchemy import Engine, event, insert
from sqlalchemy.dialects import mssql
from sqlalchemy.sql import ClauseElement
from sqlalchemy.sql.elements import TextClause

from riskscreen.case_system import take_inbox, take_messages, update_outbox
from riskscreen.store import begin_store, find_scores, list_finished_targets
from riskscreen.store.backups import back_up
from riskscreen.store.decisions import decide, find_follow_rates, find_off_list
from riskscreen.store.erasure import end_retention, erase
from riskscreen.store.held_runs import HeldRuns
from riskscreen.store.schema import CONTENTS, EVENTS, INBOX, SCORES
from riskscreen.store.subjects import Subject
from tests.store.kept import AT, DAY, keep, verified
from tests.store.test_erasure import ORDER, find_alone

pytestmark = pytest.mark.slow

DIALECT = mssql.dialect()


@pytest.fixture
def asked(tmp_path, model, scoring):
    """Every statement, but texts of SQLite's own, of a store that all is done with."""
    statements: list[ClauseElement] = []

    def listen(_connection, statement, *_more):
        if not isinstance(statement, TextClause):
            statements.append(statement)

    event.listen(Engine, "before_execute", listen)
    try:
        use(begin_store(f"sqlite:///{tmp_path / 'store.db'}"), model, scoring, tmp_path)
    finally:
        event.remove(Engine, "before_execute", listen)
    return statements


def use(store, model, scoring, folder):
    keep(store, model, scoring)
    keep(store, model, scoring)
    with HeldRuns(store, AT) as runs, runs.keep(model, DAY):
        pass
    case, target = find_alone(scoring), model.spec.name
    assert find_scores(store, case, target=target)
    assert list_finished_targets(store) == [target]
    decide(store, case, target=target, act="agree", by="nurse", at=AT)
    message = {"act": "agree", "decided_by": "nurse", "received_at": "x"}
    with store.write() as connection:
        find_off_list(connection, target)
        connection.execute(insert(INBOX).values(case_id=case, target=target, **message))
    take_inbox(store, at=AT)
    find_follow_rates(store)
    update_outbox(store, model.spec, on=DAY, at=AT)
    take_messages(store, ["x"], by="case system", at=AT)
    back_up(store, folder / "backup.db", at=AT)
    person = Subject("person", scoring.persons.iloc[0])
    erase(store, person, ORDER, at=AT, journal=folder / "journal")
    end_retention(store, before=AT.date(), by="records", at=AT)
    assert verified(store).faults == ()


def test_every_statement_of_a_store_is_one_of_sql_server(asked):
    told = {str(statement.compile(dialect=DIALECT)) for statement in asked}
    kinds = {text.split(None, 1)[0] for text in told}
    assert kinds == {"SELECT", "INSERT", "UPDATE", "DELETE", "CREATE", "DROP"}
    assert len(told) > 50
    # The newest of a case: LIMIT is no word of SQL Server's.
    assert any("SELECT TOP " in text for text in told)
    assert [text for text in told if " LIMIT " in text or " FOR UPDATE" in text] == []


@pytest.mark.parametrize("table", [EVENTS, CONTENTS, SCORES], ids=str)
def test_rows_that_go_past_sqlalchemy_are_compiled_for_the_driver(table):
    # As insert_rows does it.
    compiled = insert(table).compile(
        dialect=DIALECT, column_keys=[column.name for column in table.columns]
    )
    text = str(compiled)
    assert text.startswith(f"INSERT INTO {table.name} (")
    assert text.count(":") == len(table.columns)
