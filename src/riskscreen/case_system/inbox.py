"""The inbox: decisions that the case system wrote, noted one by one, or refused."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update

from riskscreen.errors import ScreeningError
from riskscreen.guarding import guarded
from riskscreen.store.chain import format_moment
from riskscreen.store.decisions import note_decision
from riskscreen.store.opening import Store
from riskscreen.store.schema import INBOX


@dataclass(frozen=True, slots=True)
class InboxTaken:
    """How many decisions were noted, and how many refused."""

    noted: int = 0
    refused: int = 0

    def describe(self) -> str:
        """Describe it in a line."""
        return f"Inbox: {self.noted} decisions noted, {self.refused} refused"


@guarded
def take_inbox(store: Store, *, at: datetime) -> InboxTaken:
    """Note every decision of the inbox that was not taken yet, the oldest first.

    One that cannot be noted keeps why, in ``refused_because``, and no value. A decision
    is noted and marked in one transaction, so none is noted twice.
    """
    waiting = select(INBOX.c.message_id).where(INBOX.c.taken_at.is_(None))
    with store.read() as connection:
        numbers = connection.execute(waiting.order_by(INBOX.c.message_id)).scalars()
        messages = list(numbers)
    outcomes = [_take(store, message, at=at) for message in messages]
    return InboxTaken(outcomes.count(True), outcomes.count(False))


def _take(store: Store, message: int, *, at: datetime) -> bool | None:
    """Take one message; whether it was noted, None where somebody else took it."""
    this = INBOX.c.message_id == message
    with store.write() as connection:
        row = connection.execute(
            select(INBOX).where(this, INBOX.c.taken_at.is_(None)).with_for_update()
        ).one_or_none()
        if row is None:
            return None
        refused = None
        try:
            note_decision(
                connection,
                row.case_id,
                target=row.target,
                act=row.act,
                by=row.decided_by,
                note=row.words or "",
                at=at,
            )
        except ScreeningError as error:
            refused = str(error)
        # What was said stands in the decision now, and nowhere if it was refused.
        done = {"taken_at": format_moment(at), "refused_because": refused}
        connection.execute(update(INBOX).where(this).values(words=None, **done))
    return refused is None
