"""What the store and a case system say to each other: messages out, decisions in."""

from riskscreen.case_system.inbox import InboxTaken, take_inbox
from riskscreen.case_system.outbox import (
    Message,
    OutboxChange,
    list_messages,
    take_messages,
    update_outbox,
)

__all__ = [
    "InboxTaken",
    "Message",
    "OutboxChange",
    "list_messages",
    "take_inbox",
    "take_messages",
    "update_outbox",
]
