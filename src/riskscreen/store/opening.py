"""Open a store: SQLite or PostgreSQL, transactions, and what it refuses in our words.

A database's own messages quote rows, so none of them is ever shown.
"""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import (
    Connection,
    Engine,
    create_engine,
    event,
    insert,
    make_url,
    select,
    text,
)
from sqlalchemy.engine import URL
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError
from sqlalchemy.pool import NullPool

from riskscreen.errors import FileError
from riskscreen.folders import create_privately
from riskscreen.folders.locking import BusyError
from riskscreen.guarding import guarded, require_installed
from riskscreen.store.revisions import (
    list_revisions,
    migrate,
    read_revision,
    require_newest,
)
from riskscreen.store.schema import CHAIN, SETTINGS

LONGEST_WAIT = 60
"""Seconds that who writes to a file waits for the others' transactions of a moment."""

_KEY = "key"
_MAKING = 7_151_520_418
"""The number of the lock that PostgreSQL gives to one maker of a store at a time."""
_FULL = {"SQLITE_FULL", "53100"}
_BUSY = {"SQLITE_BUSY", "SQLITE_LOCKED", "55P03"}
_BY_INDEX = {
    **dict.fromkeys(("enable_seqscan", "enable_indexscan"), "off"),
    **dict.fromkeys(("enable_hashjoin", "enable_mergejoin", "jit"), "off"),
    "max_parallel_workers_per_gather": "0",
}
"""What leaves PostgreSQL one way to rows of a key: a bitmap of an index, row by row."""


@dataclass(frozen=True)
class Store:
    """An open store; what its methods yield is one transaction each.

    ``key`` is the secret of its fingerprints. ``file`` is that of a SQLite database.
    """

    engine: Engine
    key: bytes

    @property
    def file(self) -> Path | None:
        """The database's file; None at a server."""
        return find_file(self.engine.url)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Yield a connection that sees one state of the store."""
        with translate_database(self.engine.url), self.engine.connect() as connection:
            if connection.dialect.name == "postgresql":
                order = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"
                connection.execute(text(order))
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Yield a connection whose work is kept whole, or not at all."""
        with self.connect_to_write() as connection, connection.begin():
            yield connection

    @contextmanager
    def connect_to_write(self) -> Iterator[Connection]:
        """Yield a connection for several transactions, each begun by ``begin()``."""
        with translate_database(self.engine.url), self.engine.connect() as connection:
            yield connection.execution_options(riskscreen_writes=True)

    @contextmanager
    def work_alone(self) -> Iterator[Connection]:
        """Yield a connection without a transaction, as VACUUM asks for."""
        with translate_database(self.engine.url), self.engine.connect() as connection:
            yield connection.execution_options(isolation_level="AUTOCOMMIT")


@guarded
def open_store(url: str, *, longest_wait: int | None = None) -> Store:
    """Open the store at *url*: sqlite:///FILE or postgresql+psycopg://….

    After *longest_wait* seconds nobody waits for another's transaction any more; where
    it is None, a writer to a file waits LONGEST_WAIT, and at a server everybody waits.
    Raises FileError where none stands there, or one of another revision, and
    NotInstalledError where the driver is missing.
    """
    engine = connect_engine(url, longest_wait=longest_wait)
    if (file := find_file(engine.url)) is not None and not file.is_file():
        raise FileError(f"{file}: no such store. Check the address in --store.")
    with translate_database(engine.url), engine.connect() as connection:
        require_newest(connection)
        return Store(engine, _read_key(connection))


@guarded
def begin_store(url: str) -> Store:
    """Open the store at *url*, or make an empty one where there is none.

    Else as open_store.
    """
    engine = connect_engine(url)
    if (file := find_file(engine.url)) is not None:
        if not file.exists():
            # Another may have made it meanwhile.
            with suppress(FileExistsError), make_sqlite(file):
                pass
        return open_store(url)
    with translate_database(engine.url), engine.begin() as connection:
        connection.execute(text(f"SELECT pg_advisory_xact_lock({_MAKING})"))
        if read_revision(connection) is None:
            make_tables(connection)
    return open_store(url)


@guarded
def upgrade_store(url: str) -> tuple[str, str]:
    """Bring the store at *url* to the newest revision; return those before and after.

    It is one transaction: a store that could not be upgraded is as it was. Raises
    FileError where none stands there, or one of a newer version.
    """
    engine = connect_engine(url)
    if (file := find_file(engine.url)) is not None and not file.is_file():
        raise FileError(f"{file}: no such store. Check the address in --store.")
    newest, known = list_revisions()
    with translate_database(engine.url), engine.connect() as connection:
        writing = connection.execution_options(riskscreen_writes=True)
        with writing.begin():
            before = read_revision(writing)
            if before is None or before not in known:
                require_newest(writing)
            migrate(writing)
    return str(before), newest


def answer_by_index(connection: Connection) -> None:
    """Let the rest of this transaction find rows of cases by the index alone.

    PostgreSQL has no statistics of their keys (revision 3), takes each for a
    two-hundredth of the table, and would go through the whole of it.
    """
    if connection.dialect.name != "postgresql":
        return
    # The last argument: until the transaction ends.
    local = ", ".join(f"set_config('{k}', '{v}', true)" for k, v in _BY_INDEX.items())
    connection.execute(text(f"SELECT {local}"))


def make_tables(connection: Connection, *, key: bytes | None = None) -> None:
    """Make an empty store behind *connection*, with *key* or a new one."""
    migrate(connection)
    value = key or secrets.token_bytes(32)
    connection.execute(insert(SETTINGS).values(name=_KEY, value=value))
    connection.execute(
        insert(CHAIN).values(chain_id=1, event_id=0, day="", hash=bytes(32))
    )


def connect_engine(url: str, *, longest_wait: int | None = None) -> Engine:
    """Return the engine of the store at *url*; nothing is opened yet.

    It waits as open_store says. Raises FileError where *url* is no address of a store.
    """
    try:
        parsed = make_url(url)
        name = parsed.get_backend_name()
        if name == "sqlite" and parsed.database not in (None, "", ":memory:"):
            return _prepare_sqlite(parsed, longest_wait or LONGEST_WAIT)
        if name == "postgresql":
            require_installed("psycopg")
            return _prepare_postgres(parsed, longest_wait)
    except (ArgumentError, NoSuchModuleError, ValueError):
        pass
    raise FileError(
        "--store is no address of a store. Write sqlite:///FILE (four slashes before "
        "an absolute path) or postgresql+psycopg://HOST/DATABASE."
    )


def find_file(url: URL) -> Path | None:
    """Return the file of a SQLite database; None for a server's."""
    if url.get_backend_name() != "sqlite":
        return None
    return Path(str(url.database)).absolute()


@contextmanager
def translate_database(url: URL) -> Iterator[None]:
    """Turn what a database refuses into a FileError that quotes nothing of it."""
    try:
        yield
        return
    except DBAPIError as error:
        refused = _translate(error.orig, url)
        if refused is None:
            raise
    raise refused


def _translate(error: BaseException | None, url: URL) -> FileError | None:
    """Return which refusal *error* is; None for one that is a fault of ours."""
    where = find_file(url) or "the store"
    code = getattr(error, "sqlite_errorname", None) or getattr(error, "sqlstate", None)
    if code in _FULL:
        return FileError(
            f"{where}: the disk is full. What was being stored is not in it, all "
            "before it is. Free the disk, and run again."
        )
    if code in _BUSY:
        return BusyError(
            f"{where}: another program holds the store, and did not let go in time. "
            "End it, and run again."
        )
    kind = type(error).__name__
    if kind in ("OperationalError", "DatabaseError", "InterfaceError") or (
        code is None and kind != "IntegrityError"
    ):
        name = f" ({code})" if code else ""
        return FileError(
            f"{where}: the database cannot be reached, read or written{name}. Is the "
            "address right, and may this account write there?"
        )
    return None


def _read_key(connection: Connection) -> bytes:
    chosen = select(SETTINGS.c.value).where(SETTINGS.c.name == _KEY)
    return bytes(connection.execute(chosen).scalar_one())


@contextmanager
def make_sqlite(file: Path, *, key: bytes | None = None) -> Iterator[Connection]:
    """Yield an empty store that gets its name *file* when all that is done is whole.

    It is its owner's alone. Raises FileExistsError where something took the name
    meanwhile, FileError where there is no such folder.
    """
    if not file.parent.is_dir():
        raise FileError(
            f"{file.parent}: no such folder, so no store can be made there. Make it, "
            "or check the address in --store."
        )
    part = file.with_name(f".{file.name}.{secrets.token_hex(4)}.part")
    url = URL.create("sqlite", database=os.fspath(part))
    engine = _prepare_sqlite(url, LONGEST_WAIT)
    try:
        with translate_database(engine.url), create_privately(part):
            with engine.connect() as connection:
                alone = connection.execution_options(isolation_level="AUTOCOMMIT")
                # Both stay with the file. Contents are of a kilobyte: of smaller pages
                # more would be written. With WAL readers wait for no writer.
                alone.execute(text("PRAGMA page_size = 8192"))
                alone.execute(text("PRAGMA journal_mode = WAL"))
            with engine.begin() as connection:
                make_tables(connection, key=key)
                yield connection
        os.link(part, file)
    finally:
        part.unlink(missing_ok=True)


def _prepare_postgres(url: URL, longest_wait: int | None) -> Engine:
    """Return an engine whose transactions wait for others as open_store says."""
    engine = create_engine(url.set(drivername="postgresql+psycopg"), poolclass=NullPool)
    if longest_wait is not None:

        @event.listens_for(engine, "connect")
        def prepare(connection: Any, _record: object) -> None:
            connection.execute(f"SET lock_timeout = '{longest_wait}s'")
            connection.commit()

    return engine


def _prepare_sqlite(url: URL, longest_wait: int) -> Engine:
    """Return an engine on whose connections we begin transactions ourselves."""
    engine = create_engine(url, poolclass=NullPool)

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: object) -> None:
        # Python's driver would begin late, and end before a change of the schema.
        connection.isolation_level = None
        connection.execute(f"PRAGMA busy_timeout = {longest_wait * 1000}")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA cache_size = -65536")
        connection.execute("PRAGMA wal_autocheckpoint = 10000")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        options = connection.get_execution_options()
        if options.get("isolation_level") == "AUTOCOMMIT":
            return
        # A reader that turns writer would be refused without having waited.
        writes = options.get("riskscreen_writes")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine
