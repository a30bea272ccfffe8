"""What was scored, shown and decided: one database, and a chain that outlives it."""

from riskscreen.store.keeping import INTAKE, RunKeeper, build_keeping, keep_run
from riskscreen.store.opening import Store, begin_store, open_store
from riskscreen.store.reading import StoredScore, find_scores, list_finished_targets

__all__ = [
    "INTAKE",
    "RunKeeper",
    "Store",
    "StoredScore",
    "begin_store",
    "build_keeping",
    "find_scores",
    "keep_run",
    "list_finished_targets",
    "open_store",
]
