"""Begin a registry: make MLflow's database, once, whoever begins at the same time."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore

from riskscreen.errors import RegistryError
from riskscreen.folders import create_privately
from riskscreen.folders.locking import BusyError, hold_lock
from riskscreen.registry.databases import is_begun
from riskscreen.registry.records import EXPERIMENT

LONGEST_WAIT = 300.0
"""Seconds that a first use waits for another one: making the tables takes ten."""

_WAIT = 0.2


def begin(path: Path) -> None:
    """Make MLflow's database at *path*, once, whoever else begins at the same time.

    It is made beside its place under a lock and gets its name when it is whole. Raises
    RegistryError where its folder is not there or the lock is not given back.
    """
    if is_begun(path):
        return
    if not path.parent.is_dir():
        raise RegistryError(
            f"{path.parent}: no such folder, so no registry can be begun there. Make "
            "it, or check the address sqlite:///FILE."
        )
    with _hold_lock_for(path):
        if is_begun(path):
            return
        part = path.with_name(f".{path.name}.part")
        part.unlink(missing_ok=True)
        artifacts = (path.parent / "artifacts").as_uri()
        with create_privately(path):
            store = SqlAlchemyStore(f"sqlite:///{part}", artifacts)
            store.create_experiment(EXPERIMENT, artifacts)
            store.engine.dispose()
            part.replace(path)


@contextmanager
def _hold_lock_for(path: Path) -> Iterator[None]:
    """Hold the lock beside *path*, after whoever holds it."""
    lock = path.with_name(f".{path.name}.riskscreen-lock")
    until = time.monotonic() + LONGEST_WAIT
    while True:
        try:
            with hold_lock(lock):
                yield
            return
        except BusyError:
            if time.monotonic() > until:
                break
            time.sleep(_WAIT)
    raise RegistryError(
        f"{path}: another program has been making this registry for "
        f"{LONGEST_WAIT / 60:.0f} minutes. Stop it, and try again."
    )
