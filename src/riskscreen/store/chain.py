"""The chain of events: appended to by one writer at a time, for anybody to verify.

Each event has a hash over itself and the hash before it; the first of a day goes on
from the last of the day before. An event that tells of a content has its digest, keyed
by the content's salt: with the content and its salt gone it says nothing of it.
"""

import hashlib
import hmac
import json
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection, Table, insert, select, update

from riskscreen.store.schema import CHAIN, CONTENTS, EVENTS

REMOVED = "removed"
"""In an event's details: the ranges of contents that it tells the end of."""


@dataclass(frozen=True, slots=True)
class Content:
    """What is said of a person: whose it is, and compressed JSON."""

    case_id: str
    person_id: str | None
    body: bytes


@dataclass
class Ledger:
    """The end of the chain, which this transaction alone holds until it ends.

    What is told is written by ``write``, all of it in two statements.
    """

    connection: Connection
    last: int
    day: str
    hash: bytes
    _events: list[dict[str, Any]] = field(default_factory=list)
    _contents: list[dict[str, Any]] = field(default_factory=list)

    @classmethod
    def take(cls, connection: Connection) -> "Ledger":
        """Take the end of the chain, after whoever holds it."""
        row = connection.execute(select(CHAIN).with_for_update()).one()
        return cls(connection, row.event_id, row.day, bytes(row.hash))

    def tell(
        self,
        kind: str,
        at: datetime,
        *,
        details: Mapping[str, object] | None = None,
        content: Content | None = None,
    ) -> int:
        """Append an event, and the *content* it tells of; return their number."""
        self.last += 1
        moment = format_moment(at)
        # A clock that was set back makes no day begin twice.
        self.day = max(self.day, moment[:10])
        digest = None
        if content is not None:
            salt = secrets.token_bytes(16)
            digest = digest_content(salt, content)
            self._contents.append(
                {
                    "content_id": self.last,
                    "case_id": content.case_id,
                    "person_id": content.person_id,
                    "salt": salt,
                    "body": content.body,
                }
            )
        told = json.dumps(details, sort_keys=True) if details else ""
        event: dict[str, Any] = {
            "event_id": self.last,
            "day": self.day,
            "at": moment,
            "kind": kind,
            "digest": digest,
            "details": told,
        }
        self.hash = event["hash"] = hash_event(self.hash, event)
        self._events.append(event)
        return self.last

    def write(self) -> None:
        """Write what was told, before rows that hang on it are."""
        for table, rows in ((EVENTS, self._events), (CONTENTS, self._contents)):
            insert_rows(self.connection, table, rows)
            rows.clear()
        self.connection.execute(
            update(CHAIN).values(event_id=self.last, day=self.day, hash=self.hash)
        )


def insert_rows(
    connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]
) -> None:
    """Insert *rows*, of the same columns each and as the database has them.

    Past what SQLAlchemy would look at in each value: of a million that is a tenth.
    """
    if not rows:
        return
    compiled = insert(table).compile(
        dialect=connection.dialect, column_keys=list(rows[0])
    )
    names = compiled.positiontup
    given = rows if names is None else list(map(itemgetter(*names), rows))
    connection.exec_driver_sql(str(compiled), given)


@lru_cache(maxsize=16)
def format_moment(at: datetime) -> str:
    """Return *at* in UTC, to the second."""
    return at.astimezone(UTC).isoformat(timespec="seconds")


def digest_content(salt: bytes, content: Content) -> bytes:
    """Return the digest of *content*, which only who has *salt* can make again."""
    whose = f"{content.case_id}\0{content.person_id or ''}\0".encode()
    return hmac.digest(salt, whose + content.body, "sha256")


def hash_event(before: bytes, event: Mapping[str, Any]) -> bytes:
    """Return the hash of *event* after the one whose hash is *before*."""
    told = (
        f"{event['event_id']}\0{event['day']}\0{event['at']}\0{event['kind']}\0"
        f"{event['details']}\0"
    )
    digest = take_bytes(event["digest"] or b"")
    return hashlib.sha256(before + told.encode() + digest).digest()


def take_bytes(value: bytes | str) -> bytes:
    """Return *value*, where SQLite keeps a text if somebody wrote one."""
    return value.encode() if isinstance(value, str) else bytes(value)


def to_ranges(numbers: Iterable[int]) -> list[list[int]]:
    """Return *numbers* as sorted ranges, first and last of each.

    >>> to_ranges([7, 1, 2, 3])
    [[1, 3], [7, 7]]
    """
    ranges: list[list[int]] = []
    for number in sorted(numbers):
        if ranges and number == ranges[-1][1] + 1:
            ranges[-1][1] = number
        else:
            ranges.append([number, number])
    return ranges
