from datetime import UTC, datetime
from typing import get_args

import pytest
from sqlalchemy import insert, select, text

from riskscreen.case_system import take_inbox
from riskscreen.store import begin_store, find_scores
from riskscreen.store.decisions import Act, find_off_list
from riskscreen.store.schema import DECISIONS, INBOX
from tests.store.kept import count, keep, select_all, verified

AT = datetime(2025, 1, 7, 1, tzinfo=UTC)


def receive(store, *messages):
    """What the case system writes: case, act, words, and by whom."""
    rows = [
        {
            "case_id": case,
            "target": "small_target",
            "act": act,
            "words": words,
            "decided_by": by,
            "received_at": "2025-01-06T09:00:00+00:00",
        }
        for case, act, words, by in messages
    ]
    with store.write() as connection:
        connection.execute(insert(INBOX), rows)


@pytest.fixture
def scored(store, model, scoring):
    keep(store, model, scoring)
    return scoring.scores["case_id"].tolist()


@pytest.mark.slow
def test_decisions_that_came_back_are_noted_once_in_their_order(store, scored):
    one, other = scored[:2]
    receive(
        store,
        (one, "disagree", "Has a job again.", "caseworker"),
        (other, "disagree", None, "caseworker"),
        (other, "agree", "", "visitation"),
    )
    taken = take_inbox(store, at=AT)
    assert (taken.noted, taken.refused) == (3, 0)
    again = take_inbox(store, at=AT)
    assert (again.noted, again.refused) == (0, 0)
    assert count(store, DECISIONS) == 3
    with store.read() as connection:
        assert find_off_list(connection, "small_target") == {one}
    # The words stand in the decision alone.
    assert {row.words for row in select_all(store, INBOX)} == {None}
    assert verified(store).faults == ()


def test_what_cannot_be_noted_is_refused_with_why_and_no_value(store, scored):
    receive(
        store,
        ("nobody's", "agree", None, "caseworker"),
        (scored[0], "overrule", None, "caseworker"),
        (scored[0], "add", "Ring til 0101901234", "caseworker"),
        (scored[1], "decline", None, "citizen"),
    )
    taken = take_inbox(store, at=AT)
    assert (taken.noted, taken.refused) == (1, 3)
    rows = select_all(store, INBOX)
    why = [row.refused_because for row in rows]
    assert "no score" in why[0]
    assert all(act in why[1] for act in get_args(Act))
    assert "person number" in why[2]
    assert why[3] is None
    told = " ".join(filter(None, why))
    assert not [v for v in (*scored, "0101901234", "nobody's") if v in told]
    assert {row.words for row in rows} == {None}
    assert len(find_scores(store, scored[0])) == 1


@pytest.mark.slow
def test_an_account_of_the_case_system_writes_and_reads_only_what_became_of_it(
    fresh_postgres, model, scoring
):
    """As docs/how-to/outbox.md has it."""
    store = begin_store(fresh_postgres)
    keep(store, model, scoring)
    columns = "case_id, target, act, words, decided_by, received_at"
    grants = (
        f"GRANT INSERT ({columns}), SELECT (message_id, taken_at, refused_because) "
        "ON inbox TO writer",
        "GRANT USAGE ON SEQUENCE inbox_message_id_seq TO writer",
    )
    with store.write() as connection:
        connection.execute(text("CREATE ROLE writer"))
        for grant in grants:
            connection.execute(text(grant))
    case = scoring.scores["case_id"][0]
    try:
        with store.write() as connection:
            connection.execute(text("SET LOCAL ROLE writer"))
            connection.execute(
                text(
                    f"INSERT INTO inbox ({columns}) VALUES (:case, 'small_target', "
                    "'agree', NULL, 'caseworker', '2025-01-06T09:00:00+00:00')"
                ),
                {"case": case},
            )
        assert take_inbox(store, at=AT).noted == 1
        with store.write() as connection:
            connection.execute(text("SET LOCAL ROLE writer"))
            chosen = select(INBOX.c.taken_at, INBOX.c.refused_because)
            assert connection.execute(chosen).all() == [
                ("2025-01-07T01:00:00+00:00", None)
            ]
    finally:
        with store.write() as connection:
            connection.execute(text("DROP OWNED BY writer"))
            connection.execute(text("DROP ROLE writer"))
