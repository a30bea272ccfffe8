"""What was scored, shown and decided: one database, and a chain that outlives it."""

from riskscreen.store.keeping import INTAKE, RunKeeper, build_keeping, keep_run
from riskscreen.store.opening import Store, begin_store, open_store
from riskscreen.store.reading import (
    StoredScore,
    find_scores,
    find_shadow_scores,
    list_finished_targets,
)
from riskscreen.store.schema import SHADOW

__all__ = [
    "INTAKE",
    "SHADOW",
    "RunKeeper",
    "Store",
    "StoredScore",
    "begin_store",
    "build_keeping",
    "find_scores",
    "find_shadow_scores",
    "keep_run",
    "list_finished_targets",
    "open_store",
]
