from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import delete, text, update

from riskscreen.store import begin_store
from riskscreen.store.chain import REMOVED, Content, Ledger, to_ranges
from riskscreen.store.schema import CHAIN, CONTENTS, EVENTS
from riskscreen.store.verifying import verify_chain

AT = datetime(2025, 1, 6, 23, 30, tzinfo=UTC)


@pytest.fixture
def store(tmp_path):
    """Five events of three days; the second, third and fourth tell of a content."""
    store = begin_store(f"sqlite:///{tmp_path / 'store.db'}")
    with store.write() as connection:
        ledger = Ledger.take(connection)
        ledger.tell("run", AT, details={"purpose": "intake"})
        for n in range(3):
            content = Content(f"case-{n}", f"p{n}", b"what was said")
            ledger.tell("score", AT + timedelta(hours=n), content=content)
        ledger.write()
        # A clock that was set back begins no earlier day.
        ledger.tell("run", AT + timedelta(days=2))
        ledger.tell("run", AT)
        ledger.write()
    return store


def verify(store):
    with store.read() as connection:
        return verify_chain(connection)


def change(store, statement):
    with store.write() as connection:
        connection.execute(statement)


def test_a_whole_chain_is_whole(store):
    found = verify(store)
    assert found.faults == ()
    assert (found.events, found.days, found.contents, found.removed) == (6, 3, 3, 0)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("statement", "fault"),
    [
        (update(EVENTS).where(EVENTS.c.event_id == 1).values(details=""), "Event 1:"),
        (update(EVENTS).where(EVENTS.c.event_id == 2).values(kind="run"), "Event 2:"),
        (update(EVENTS).where(EVENTS.c.event_id == 2).values(digest=None), "Event 2:"),
        (delete(EVENTS).where(EVENTS.c.event_id == 4), "Event 4: it is missing"),
        (delete(EVENTS).where(EVENTS.c.event_id == 6), "Event 6: events at the end"),
        (update(CHAIN).values(hash=b"other"), "Event 7: events at the end"),
        (update(CONTENTS).values(body=b"other"), "Event 2: its content was changed"),
        (update(CONTENTS).values(case_id="x"), "Event 2: its content was changed"),
        (update(CONTENTS).values(salt=b"x"), "Event 2: its content was changed"),
        (delete(CONTENTS).where(CONTENTS.c.content_id == 3), "Event 3: its content is"),
        (text("INSERT INTO contents VALUES (9, 'c', 'p', 's', 'b')"), "1 contents"),
    ],
)
def test_whatever_was_changed_is_found(store, statement, fault):
    change(store, statement)
    faults = verify(store).faults
    assert any(said.startswith(fault) for said in faults), faults


def test_a_content_that_an_event_says_is_removed_is_no_fault(store):
    with store.write() as connection:
        connection.execute(delete(CONTENTS).where(CONTENTS.c.content_id == 3))
        ledger = Ledger.take(connection)
        ledger.tell("erasure", AT, details={REMOVED: to_ranges([3])})
        ledger.write()
    found = verify(store)
    assert found.faults == ()
    assert (found.contents, found.removed) == (2, 1)


def test_what_a_transaction_told_is_gone_with_it(store):
    with pytest.raises(ZeroDivisionError):
        tell_and_fail(store)
    assert verify(store).events == 6


def tell_and_fail(store):
    with store.write() as connection:
        ledger = Ledger.take(connection)
        ledger.tell("run", AT)
        ledger.write()
        raise ZeroDivisionError
