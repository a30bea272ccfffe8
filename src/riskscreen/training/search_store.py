"""The file that keeps a search's trials: one search at a time, and nobody else's."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy.exc import SQLAlchemyError

from riskscreen.errors import FileError
from riskscreen.folders import create_privately
from riskscreen.folders.locking import BusyError, hold_lock

_ANOTHER = "Name another file with --search-store."


@contextmanager
def hold_store(store: Path | None) -> Iterator[None]:
    """Have the file *store* alone, where one is named; nothing in it is changed.

    Raises FileError where its folder does not exist or cannot be written, or it holds
    anything but searches, BusyError where another search is at work with it.
    """
    with ExitStack() as stack:
        if store is not None:
            stack.enter_context(_lock(store))
            _require_ours(store)
        yield


def look_at_store(store: Path | None) -> None:
    """Raise now what ``hold_store`` would raise of *store* later."""
    with hold_store(store):
        pass


def open_store(store: Path) -> Any:
    """Return *store* as Optuna's storage; the caller closes it.

    Raises FileError where another version of Optuna made it, or it is damaged.
    """
    import optuna  # noqa: PLC0415  (only a training searches)

    try:
        with create_privately(store):
            return optuna.storages.RDBStorage(f"sqlite:///{store}")
    except (RuntimeError, SQLAlchemyError):
        pass
    raise FileError(
        f"{store}: cannot be gone on with: another version of Optuna made it, or it is "
        f"damaged. {_ANOTHER}"
    )


@contextmanager
def _lock(store: Path) -> Iterator[None]:
    place = Path(os.path.realpath(store))
    if not place.parent.is_dir():
        raise FileError(f"{store}: no such folder. Make it, or name another file.")
    with ExitStack() as stack:
        try:
            lock = place.with_name(f".{place.name}.riskscreen-lock")
            stack.enter_context(hold_lock(lock))
        except BusyError:
            raise BusyError(
                f"{store}: another training searches with it. Wait until it has "
                f"finished, and go on from what it found. Or: {_ANOTHER}"
            ) from None
        except OSError:
            raise FileError(
                f"{store}: its folder may not be written. {_ANOTHER}"
            ) from None
        yield


def _require_ours(store: Path) -> None:
    """Raise FileError where *store* holds something else than Optuna's tables."""
    if not store.exists() or (store.is_file() and not store.stat().st_size):
        return
    address = f"file:{quote(os.fspath(store.absolute()))}?mode=ro"
    try:
        with closing(sqlite3.connect(address, uri=True)) as database:
            query = "select name from sqlite_master where type = 'table'"
            tables = {name for (name,) in database.execute(query)}
    except sqlite3.Error:
        tables = set()
    if not {"studies", "trials", "version_info"} <= tables:
        raise FileError(
            f"{store}: holds something else than a search, and is left as it is. "
            f"{_ANOTHER}"
        )
