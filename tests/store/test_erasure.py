"""A citizen who is erased, and what stays of them: nothing but that it was done."""

import json
import stat
from datetime import date, timedelta

import pytest
from sqlalchemy import insert

from riskscreen.errors import FileError, PersonalDataError, UsageError
from riskscreen.store import begin_store, find_scores, open_store
from riskscreen.store.backups import back_up, name_journal, restore
from riskscreen.store.decisions import decide
from riskscreen.store.erasure import Order, end_retention, erase
from riskscreen.store.journal import find_journal, read_journal
from riskscreen.store.schema import CONTENTS, EVENTS, INBOX, OUTBOX, SCORES
from riskscreen.store.subjects import Subject
from tests.store.kept import AT, count, keep, select_all, verified

ORDER = Order.take(by="records", reason="GDPR 17(1)(b)", approved_by="head of unit")


@pytest.fixture
def kept(store, model, scoring):
    """A store with a decision, an outbox row and an inbox message about everybody."""
    keep(store, model, scoring)
    case = find_alone(scoring)
    target = model.spec.name
    decide(store, case, target=target, act="add", by="caseworker", note="Ny", at=AT)
    number = find_scores(store, case)[0].score_id
    row = {"target": target, "words": "Se sagen", "created_at": "2025-01-06"}
    with store.write() as connection:
        connection.execute(
            insert(OUTBOX).values(link="a1", score_id=number, case_id=case, **row)
        )
        message = {"act": "agree", "decided_by": "caseworker", "received_at": "x"}
        connection.execute(
            insert(INBOX).values(case_id=case, target=target, words="Ja", **message)
        )
    return store


def find_alone(scoring):
    """The first case whose citizen has no other."""
    alone = ~scoring.persons.duplicated(keep=False).to_numpy()
    return scoring.scores["case_id"][alone].iloc[0]


def find_journal_in(tmp_path):
    return tmp_path / "erasures.jsonl"


def list_secrets(store, case):
    """Whatever stands in the store about *case*, as bytes."""
    rows = [row for row in select_all(store, CONTENTS) if row.case_id == case]
    told = {case.encode(), *(str(row.person_id).encode() for row in rows)}
    return told | {bytes(row.salt) for row in rows} | {bytes(row.body) for row in rows}


def read_everything(folder):
    return b"".join(p.read_bytes() for p in sorted(folder.iterdir()) if p.is_file())


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["case", "person"])
def test_an_erased_citizen_is_gone_and_the_chain_is_whole(
    kept, scoring, tmp_path, kind
):
    case = find_alone(scoring)
    person = scoring.persons[scoring.scores["case_id"].to_numpy() == case].iloc[0]
    told = list_secrets(kept, case)
    assert len(told) == 6
    before = verified(kept)
    erased = erase(
        kept,
        Subject(kind, case if kind == "case" else person),
        ORDER,
        at=AT,
        journal=find_journal_in(tmp_path),
    )
    assert erased.contents == 2
    assert find_scores(kept, case) == []
    after = verified(kept)
    assert after.faults == ()
    assert (after.events, after.removed) == (before.events + 1, 2)
    assert count(kept, SCORES) == len(scoring.scores) - 1
    left = read_everything(tmp_path)
    if kept.file:
        assert [secret for secret in told if secret in left] == []
        assert scoring.scores["case_id"].iloc[-1].encode() in left
    (sent,) = select_all(kept, OUTBOX)
    assert (sent.case_id, sent.closed_because) == (None, "erased")
    assert sent.closed_at is not None
    assert select_all(kept, INBOX) == []


@pytest.mark.slow
def test_the_event_says_who_why_and_whose_approval(kept, scoring, tmp_path):
    case = find_alone(scoring)
    journal = find_journal_in(tmp_path)
    erase(kept, Subject("case", case), ORDER, at=AT, journal=journal)
    (told,) = [e for e in select_all(kept, EVENTS) if e.kind == "erasure"]
    details = json.loads(told.details)
    assert (details["by"], details["approved_by"]) == ("records", "head of unit")
    assert details["reason"] == "GDPR 17(1)(b)"
    assert case not in told.details
    (noted,) = read_journal(journal)
    assert noted.by == "records"
    assert stat.S_IMODE(journal.stat().st_mode) == 0o600


@pytest.mark.slow
@pytest.mark.parametrize("order", ["before", "after"])
def test_a_restored_backup_has_nobody_who_was_erased(kept, scoring, tmp_path, order):
    case, other = find_alone(scoring), scoring.scores["case_id"].iloc[-1]
    journal = find_journal_in(tmp_path)
    told = list_secrets(kept, case)
    if order == "after":
        erase(kept, Subject("case", case), ORDER, at=AT, journal=journal)
    back_up(kept, tmp_path / "backup.db", at=AT)
    if order == "before":
        erased = erase(kept, Subject("case", case), ORDER, at=AT, journal=journal)
        assert erased.backups == ("backup.db",)
    (tmp_path / "new").mkdir()
    url = f"sqlite:///{tmp_path / 'new' / 'restored.db'}"
    left_out = restore(tmp_path / "backup.db", url, journal=journal, at=AT)
    assert left_out == (2 if order == "before" else 0)
    restored = open_store(url)
    assert find_scores(restored, case) == []
    assert find_scores(restored, other) == find_scores(kept, other)
    assert verified(restored).faults == ()
    left = read_everything(tmp_path / "new")
    assert [secret for secret in told if secret in left] == []
    with pytest.raises(FileError, match="a store stands there"):
        restore(tmp_path / "backup.db", url, journal=journal, at=AT)


@pytest.mark.slow
def test_a_backup_is_a_store_and_may_be_restored_at_a_server(
    tmp_path, model, scoring, fresh_postgres
):
    store = begin_store(f"sqlite:///{tmp_path / 'store.db'}")
    keep(store, model, scoring)
    back_up(store, tmp_path / "backup.db", at=AT)
    with pytest.raises(FileError, match="something stands there"):
        back_up(store, tmp_path / "backup.db", at=AT)
    restore(tmp_path / "backup.db", fresh_postgres, journal=tmp_path / "none", at=AT)
    restored = open_store(fresh_postgres)
    keep(restored, model, scoring)
    assert count(restored, SCORES) == len(scoring.scores)
    assert verified(restored).faults == ()


@pytest.mark.slow
def test_an_erasure_that_was_cut_short_is_completed_by_the_same_order(
    kept, scoring, tmp_path, monkeypatch
):
    case = find_alone(scoring)
    subject, journal = Subject("case", case), find_journal_in(tmp_path)
    monkeypatch.setattr("riskscreen.store.erasure.remove_contents", _fail)
    with pytest.raises(FileError, match="cut"):
        erase(kept, subject, ORDER, at=AT, journal=journal)
    assert find_scores(kept, case) != []
    monkeypatch.undo()
    assert erase(kept, subject, ORDER, at=AT, journal=journal).contents == 2
    assert verified(kept).faults == ()


def _fail(*_given, **_named):
    raise FileError("cut")


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        ({"approved_by": "Records"}, UsageError),
        ({"approved_by": " "}, UsageError),
        ({"reason": ""}, UsageError),
        ({"reason": "about 010161-4000"}, PersonalDataError),
    ],
)
def test_an_order_needs_a_reason_and_a_second_person(change, kind):
    given = {"by": "records", "reason": "GDPR 17", "approved_by": "head"}
    with pytest.raises(kind):
        Order.take(**given | change)


@pytest.mark.slow
def test_retention_removes_what_is_older_and_its_event_says_so(store, model, scoring):
    keep(store, model, scoring)
    keep(store, model, scoring, purpose="later", at=AT + timedelta(days=9))
    n = len(scoring.scores)
    end = AT + timedelta(days=10)
    removed = end_retention(store, before=date(2025, 1, 10), by="records", at=end)
    assert (removed, count(store, SCORES)) == (n, n)
    found = verified(store)
    assert (found.faults, found.removed) == ((), n)
    with pytest.raises(UsageError):
        end_retention(store, before=date(2025, 2, 1), by="records", at=end)


def test_retention_removes_decisions_of_the_inbox_that_were_taken_before(store):
    row = {"target": "t", "act": "agree", "decided_by": "team", "received_at": "x"}
    days = ("2025-01-08T02:00:00+00:00", "2025-01-10T02:00:00+00:00", None)
    with store.write() as connection:
        for number, taken in enumerate(days):
            message = row | {"case_id": f"case-{number}", "taken_at": taken}
            connection.execute(insert(INBOX).values(message))
    end = AT + timedelta(days=10)
    end_retention(store, before=date(2025, 1, 10), by="records", at=end)
    left = {message.case_id for message in select_all(store, INBOX)}
    assert left == {"case-1", "case-2"}


@pytest.mark.slow
def test_a_restore_leaves_out_a_message_of_an_erased_case_without_a_score(
    store, tmp_path
):
    journal, row = find_journal_in(tmp_path), {"target": "t", "act": "agree"}
    with store.write() as connection:
        for case in ("case-1", "case-2"):
            message = row | {"case_id": case, "decided_by": "team", "received_at": "x"}
            connection.execute(insert(INBOX).values(message))
    back_up(store, tmp_path / "backup.db", at=AT)
    erase(store, Subject("case", "case-1"), ORDER, at=AT, journal=journal)
    url = f"sqlite:///{tmp_path / 'restored.db'}"
    restore(tmp_path / "backup.db", url, journal=journal, at=AT)
    left = [row.case_id for row in select_all(open_store(url), INBOX)]
    assert left == ["case-2"]


def test_a_line_of_the_journal_that_is_none_stops_a_restore(tmp_path):
    path = find_journal_in(tmp_path)
    path.write_text('{"at": "x"}\n')
    with pytest.raises(FileError, match="line 1 is no erasure"):
        read_journal(path)
    # Cut short by a crash: the erasure had not begun.
    path.write_text('{"at": "2025')
    assert read_journal(path) == []


def test_a_restore_is_refused_by_a_named_journal_that_is_not_there(tmp_path):
    """A slip of the hand would bring back everybody who was erased."""
    url, stated = f"sqlite:///{tmp_path / 'new.db'}", tmp_path / "journal"
    with pytest.raises(FileError, match="no erasure journal"):
        name_journal(url, stated)
    stated.touch()
    assert name_journal(url, stated) == stated
    assert name_journal(url, None).name == "new.db.erasures.jsonl"


def test_a_servers_store_needs_a_journal_that_is_named(store, tmp_path):
    stated = tmp_path / "journal"
    assert find_journal(store, stated) == stated
    if store.file is None:
        with pytest.raises(FileError, match="--journal"):
            find_journal(store, None)
    else:
        assert find_journal(store, None).name == "store.db.erasures.jsonl"
