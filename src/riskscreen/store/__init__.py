"""What was scored, shown and decided: one database, and a chain that outlives it."""

from riskscreen.store.chain import Verification, verify_chain
from riskscreen.store.inbox import InboxTaken, take_inbox
from riskscreen.store.keeping import INTAKE, RunKeeper, build_keeping, keep_run
from riskscreen.store.opening import Store, begin_store, open_store
from riskscreen.store.outbox import (
    Message,
    OutboxChange,
    list_messages,
    take_messages,
    update_outbox,
)
from riskscreen.store.reading import StoredScore, find_scores, list_scored_targets

__all__ = [
    "INTAKE",
    "InboxTaken",
    "Message",
    "OutboxChange",
    "RunKeeper",
    "Store",
    "StoredScore",
    "Verification",
    "begin_store",
    "build_keeping",
    "find_scores",
    "keep_run",
    "list_messages",
    "list_scored_targets",
    "open_store",
    "take_inbox",
    "take_messages",
    "update_outbox",
    "verify_chain",
]
