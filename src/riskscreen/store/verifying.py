"""Verify the chain of events: whether anything was changed, or is gone unsaid."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, func, select

from riskscreen.guarding import guarded
from riskscreen.store.chain import (
    REMOVED,
    Content,
    digest_content,
    hash_event,
    take_bytes,
)
from riskscreen.store.schema import CHAIN, CONTENTS, EVENTS

_READ_AT_ONCE = 10_000


@dataclass(frozen=True, slots=True)
class Verification:
    """What a chain was found to be: how many events of how many days, and its faults.

    ``head`` is the last hash in hex: written down elsewhere, it shows later whether the
    end of the chain was cut off. ``removed`` contents are gone as an event says.
    """

    events: int
    days: int
    contents: int
    removed: int
    head: str
    faults: tuple[str, ...]

    def describe(self) -> list[str]:
        """Describe it in lines for whoever asked."""
        lines = [
            f"{self.events} events of {self.days} days, {self.contents} contents, "
            f"{self.removed} removed as an event says",
            f"The last hash is {self.head}",
        ]
        return [*lines, *self.faults] if self.faults else [*lines, "The chain is whole"]


@guarded
def verify_chain(connection: Connection) -> Verification:
    """Verify every event, and every content that still stands; change nothing."""
    events = contents = removed = 0
    before, days, faults = bytes(32), set[str](), list[str]()
    ended = _list_removed(connection)
    for row in _read_events(connection):
        events += 1
        if row.event_id != events:
            faults.append(f"Event {events}: it is missing")
            break
        if hash_event(before, row._mapping) != take_bytes(row.hash):
            faults.append(f"Event {events}: it, or the one before it, was changed")
        before = take_bytes(row.hash)
        days.add(row.day)
        if row.digest is None:
            continue
        if row.salt is None:
            removed += 1
            if events not in ended:
                faults.append(f"Event {events}: its content is gone, and no event says")
            continue
        contents += 1
        content = Content(row.case_id, row.person_id, take_bytes(row.body))
        if digest_content(take_bytes(row.salt), content) != take_bytes(row.digest):
            faults.append(f"Event {events}: its content was changed")
    head = connection.execute(select(CHAIN)).one()
    if (head.event_id, take_bytes(head.hash)) != (events, before):
        faults.append(f"Event {events + 1}: events at the end are missing")
    if stray := _count_untold(connection):
        faults.append(f"{stray} contents have no event")
    return Verification(
        events, len(days), contents, removed, before.hex(), tuple(faults)
    )


def _read_events(connection: Connection) -> Iterator[Any]:
    joined = EVENTS.outerjoin(CONTENTS, CONTENTS.c.content_id == EVENTS.c.event_id)
    beside = (CONTENTS.c[name] for name in ("case_id", "person_id", "salt", "body"))
    chosen = select(EVENTS, *beside).select_from(joined)
    chosen = chosen.order_by(EVENTS.c.event_id).execution_options(stream_results=True)
    for part in connection.execute(chosen).partitions(_READ_AT_ONCE):
        yield from part


def _list_removed(connection: Connection) -> set[int]:
    """List the numbers of the contents that an event tells the end of."""
    told = select(EVENTS.c.details).where(EVENTS.c.details.contains(f'"{REMOVED}"'))
    return {
        number
        for row in connection.execute(told)
        for first, last in json.loads(row.details).get(REMOVED, ())
        for number in range(first, last + 1)
    }


def _count_untold(connection: Connection) -> int:
    joined = CONTENTS.outerjoin(EVENTS, CONTENTS.c.content_id == EVENTS.c.event_id)
    chosen = select(func.count()).select_from(joined).where(EVENTS.c.digest.is_(None))
    return int(connection.execute(chosen).scalar_one())
