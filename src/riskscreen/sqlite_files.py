"""Look into a SQLite file that another program may have been killed over."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import quote

LONGEST_LOOK = 10.0
"""Seconds that a look waits for a locked database."""


@contextmanager
def look_into(path: Path) -> Iterator[sqlite3.Connection]:
    """Open the database *path*, which must be there, to read it alone.

    What a killed writer left half done beside it is taken back first, as every reader
    of SQLite does; that alone needs the right to write. Any fault is a sqlite3.Error.
    """
    path = path.absolute()
    # A connection that only reads cannot take anything back, and is refused instead.
    half_done = path.with_name(f"{path.name}-journal").exists()
    address = f"file:{quote(os.fspath(path))}?mode={'rw' if half_done else 'ro'}"
    with closing(sqlite3.connect(address, uri=True, timeout=LONGEST_LOOK)) as database:
        yield database
