"""Erase a citizen or a case: folders, then the journal, then the store; and retention.

The events stay, and with them the proof of what was done: who erased, for what legal
reason, and whose approval it had. Of the content not a byte stays, salt included.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from sqlalchemy import ColumnElement, Connection, delete, select, text, update

from riskscreen.errors import FileError, UsageError
from riskscreen.guarding import guarded
from riskscreen.store.chain import REMOVED, Ledger, format_moment, to_ranges
from riskscreen.store.journal import Erasure, append_erasure
from riskscreen.store.keeping import split_parameters
from riskscreen.store.marked_folders import ErasedFiles, erase_in_folders
from riskscreen.store.opening import Store
from riskscreen.store.schema import (
    CONTENTS,
    EVENTS,
    INBOX,
    METADATA,
    OUTBOX,
    PAGES,
    VIEWS,
)
from riskscreen.store.subjects import (
    Subject,
    check_role,
    find_cases,
    find_contents,
    list_tokens,
)


@dataclass(frozen=True, slots=True)
class Order:
    """Who erases, for what legal reason, and who else approved it: roles, no names."""

    by: str
    reason: str
    approved_by: str

    @classmethod
    def take(cls, *, by: str, reason: str, approved_by: str) -> "Order":
        """Check an order as it was typed.

        Raises UsageError where one person alone gave it, or something is left out, and
        PersonalDataError for a person number.
        """
        order = cls(
            check_role(by, what="--by"),
            check_role(reason, what="--reason"),
            check_role(approved_by, what="--approved-by"),
        )
        if order.by.casefold() == order.approved_by.casefold():
            raise UsageError(
                "--approved-by is who gives the order, too. An erasure needs a second "
                "person's approval."
            )
        return order


@dataclass(frozen=True, slots=True)
class Erased:
    """What an erasure took away, and which backups may have it still."""

    contents: int
    files: ErasedFiles
    backups: tuple[str, ...]

    def describe(self) -> list[str]:
        """Describe it in lines, about nobody."""
        lines = [
            f"{self.contents} contents of the store erased",
            *self.files.describe(),
        ]
        lines += [f"A backup may have it still: {name}" for name in self.backups]
        if self.backups:
            lines.append("A restore of it applies the erasure; else delete it")
        return lines


@guarded
def erase(
    store: Store,
    subject: Subject,
    order: Order,
    *,
    at: datetime,
    journal: Path,
    outputs: Sequence[Path] = (),
) -> Erased:
    """Erase *subject* from the marked folders below *outputs*, and from *store*.

    The journal is written before the store: an erasure that was cut short is completed
    by giving the order again. Raises FileError where a folder or the journal cannot be
    written, or another program keeps the store from being vacuumed.
    """
    with store.read() as connection:
        cases = find_cases(connection, subject)
    names = {subject.identifier, *cases}
    files = erase_in_folders(outputs, names)
    tokens = list_tokens(store.key, subject, cases)
    erasure = Erasure(
        format_moment(at), order.by, order.reason, order.approved_by, tokens
    )
    append_erasure(journal, erasure)
    with store.write() as connection:
        ledger = Ledger.take(connection)
        numbers = find_contents(connection, subject, cases)
        remove_contents(connection, numbers, at=at)
        remove_messages(connection, cases, at=at)
        told = {
            "by": order.by,
            "reason": order.reason,
            "approved_by": order.approved_by,
            "of": subject.kind,
            "files": files.changed + files.removed,
            REMOVED: to_ranges(numbers),
        }
        ledger.tell("erasure", at, details=told)
        ledger.write()
        backups = list_backups(connection)
    vacuum(store)
    return Erased(len(numbers), files, backups)


@guarded
def end_retention(store: Store, *, before: date, by: str, at: datetime) -> int:
    """Remove every content told of before the day *before*; return how many.

    So are decisions of the inbox that were taken in before it. The events stay. Raises
    UsageError for a day that is still to come, and what check_role does.
    """
    if before > at.date():
        raise UsageError("--before is a day that is still to come.")
    order = check_role(by, what="--by")
    old = select(EVENTS.c.event_id).where(EVENTS.c.day < before.isoformat())
    with store.write() as connection:
        ledger = Ledger.take(connection)
        chosen = select(CONTENTS.c.content_id).where(CONTENTS.c.content_id.in_(old))
        numbers = sorted(connection.execute(chosen).scalars())
        remove_contents(connection, numbers, at=at)
        connection.execute(delete(INBOX).where(INBOX.c.taken_at < before.isoformat()))
        told = {"by": order, "before": before.isoformat(), REMOVED: to_ranges(numbers)}
        ledger.tell("retention", at, details=told)
        ledger.write()
    vacuum(store)
    return len(numbers)


def remove_contents(
    connection: Connection, numbers: Sequence[int], *, at: datetime
) -> None:
    """Delete contents by their numbers, and every row that hangs on one."""
    for some in split_parameters(numbers):
        _close_messages(connection, OUTBOX.c.score_id.in_(some), at=at)
        # A digest of the whole page would tell of the part that goes.
        theirs = select(VIEWS.c.page_id).where(VIEWS.c.view_id.in_(some))
        connection.execute(
            update(PAGES).where(PAGES.c.page_id.in_(theirs)).values(page_sha256=None)
        )
        connection.execute(delete(CONTENTS).where(CONTENTS.c.content_id.in_(some)))


def remove_messages(
    connection: Connection, cases: Sequence[str], *, at: datetime
) -> None:
    """Take *cases* out of the outbox, whose rows close, and out of the inbox."""
    for some in split_parameters(cases):
        _close_messages(connection, OUTBOX.c.case_id.in_(some), at=at)
        connection.execute(delete(INBOX).where(INBOX.c.case_id.in_(some)))


def _close_messages(
    connection: Connection, which: ColumnElement[bool], *, at: datetime
) -> None:
    closed = {"closed_at": format_moment(at), "closed_because": "erased"}
    still_open = update(OUTBOX).where(which, OUTBOX.c.closed_at.is_(None))
    connection.execute(still_open.values(**closed))
    connection.execute(update(OUTBOX).where(which).values(case_id=None))


def list_backups(connection: Connection) -> tuple[str, ...]:
    """List the backups that were made of the store, by the names of their files."""
    told = select(EVENTS.c.details).where(EVENTS.c.kind == "backup")
    rows = connection.execute(told.order_by(EVENTS.c.event_id)).scalars()
    return tuple(dict.fromkeys(json.loads(row)["file"] for row in rows))


def vacuum(store: Store) -> None:
    """Write the database anew, so that nothing deleted stays in its files."""
    with store.work_alone() as connection:
        if connection.dialect.name == "postgresql":
            # VACUUM alone frees the places of rows, and leaves their bytes there.
            # Ours alone: without names it takes whatever else the account owns there.
            names = ", ".join(METADATA.tables)
            connection.execute(text(f"VACUUM (FULL) {names}"))
            return
        connection.execute(text("VACUUM"))
        # The log still has what the file no longer has.
        busy, *_ = connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)")).one()
    if busy:
        raise FileError(
            f"{store.file}: erased, but another program reads the store, so its log "
            "(-wal) may have the content still. End it, and give the order again."
        )
