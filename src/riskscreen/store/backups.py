"""Copies of a store: a backup is a store in a SQLite file, whatever it is a copy of.

A restore leaves out what the erasure journal says was erased since; not a byte of it is
written.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, RowMapping, Table, insert, select, update

from riskscreen.errors import FileError
from riskscreen.folders import refuse_in_paths
from riskscreen.guarding import guarded
from riskscreen.store.chain import REMOVED, Ledger, to_ranges
from riskscreen.store.journal import find_journal, read_journal
from riskscreen.store.opening import (
    Store,
    connect_engine,
    find_file,
    make_sqlite,
    make_tables,
    open_store,
    translate_database,
)
from riskscreen.store.revisions import read_revision
from riskscreen.store.schema import (
    CHAIN,
    CONTENTS,
    DECISIONS,
    INBOX,
    METADATA,
    OUTBOX,
    PAGES,
    SCORES,
    SETTINGS,
    VIEWS,
)
from riskscreen.store.subjects import make_token

_AT_ONCE = 2_000
_NOT_COPIED = (SETTINGS, CHAIN)
_ABOUT_CONTENTS = (CONTENTS, SCORES, VIEWS, DECISIONS)
"""Tables whose key is the number of a content."""


@guarded
def back_up(store: Store, file: Path, *, at: datetime) -> None:
    """Copy *store*, as it is at one moment, into the new SQLite store *file*.

    The store notes the file's name, so that an erasure can name it. Raises FileError
    where something stands there.
    """
    refuse_in_paths(file)
    if os.path.lexists(file):
        raise FileError(f"{file}: something stands there. Name a new file.")
    with make_sqlite(file, key=store.key) as target, store.read() as source:
        _copy(source, target, _LeftOut())
    with store.write() as connection:
        ledger = Ledger.take(connection)
        ledger.tell("backup", at, details={"file": file.name})
        ledger.write()


@guarded
def restore(file: Path, url: str, *, journal: Path, at: datetime) -> int:
    """Make the store at *url* from the backup *file*; return what it left out.

    Contents of the erasures in *journal* are left out, whenever they were. Raises
    FileError where a store stands at *url* already, or the backup or the journal cannot
    be read.
    """
    backup = open_store(f"sqlite:///{file}")
    erasures = read_journal(journal)
    tokens = frozenset(token for of in erasures for token in of.tokens)
    with _make_place(url, backup.key) as target, backup.read() as source:
        left_out = _LeftOut.find(source, backup.key, tokens)
        _copy(source, target, left_out)
        told = {
            "file": file.name,
            "erasures": len(erasures),
            REMOVED: to_ranges(left_out.contents),
        }
        ledger = Ledger.take(target)
        ledger.tell("restore", at, details=told)
        ledger.write()
    return len(left_out.contents)


def name_journal(url: str, stated: Path | None) -> Path:
    """Return the journal of the store that is to stand at *url*; see find_journal.

    Raises FileError where a *stated* one is not there: a slip of the hand would bring
    back everybody who was erased.
    """
    if stated is not None and not stated.exists():
        raise FileError(
            f"{stated}: no erasure journal is there. Name the one of the store; where "
            "nothing was ever erased, an empty file."
        )
    return find_journal(Store(connect_engine(url), b""), stated)


@contextmanager
def _make_place(url: str, key: bytes) -> Iterator[Connection]:
    """Yield an empty store at *url*, which stands there if all went well."""
    engine = connect_engine(url)
    stands = "a store stands there. Move it away first: a restore replaces none."
    if (path := find_file(engine.url)) is not None:
        if os.path.lexists(path):
            raise FileError(f"{path}: {stands}")
        with make_sqlite(path, key=key) as connection:
            yield connection
        return
    with translate_database(engine.url), engine.begin() as connection:
        if read_revision(connection) is not None:
            raise FileError(f"The database has one: {stands}")
        make_tables(connection, key=key)
        yield connection


def _copy(source: Connection, target: Connection, left_out: "_LeftOut") -> None:
    """Copy every row of *source* but those that are *left_out*."""
    for table in METADATA.sorted_tables:
        if table in _NOT_COPIED:
            continue
        chosen = select(table).execution_options(stream_results=True)
        for rows in source.execute(chosen).mappings().partitions(_AT_ONCE):
            kept = [
                left_out.blank(table, dict(row))
                for row in rows
                if not left_out.holds(table, row)
            ]
            if kept:
                target.execute(insert(table), kept)
    end = source.execute(select(CHAIN)).mappings().one()
    target.execute(update(CHAIN).values(**end))


@dataclass(frozen=True, slots=True)
class _LeftOut:
    """What a copy leaves out: contents by number, messages by case.

    ``pages`` are those on which one of the contents stood.
    """

    contents: frozenset[int] = frozenset()
    cases: frozenset[str] = frozenset()
    pages: frozenset[int] = frozenset()

    @classmethod
    def find(cls, source: Connection, key: bytes, tokens: frozenset[str]) -> "_LeftOut":
        """Find in *source* whose *tokens* an erasure has."""
        contents, cases = set[int](), set[str]()
        whose = select(CONTENTS.c.content_id, CONTENTS.c.case_id, CONTENTS.c.person_id)
        for number, case, person in source.execute(whose) if tokens else ():
            own = {make_token(key, "case", case)}
            own |= {make_token(key, "person", person)} if person else set()
            if own & tokens:
                contents.add(number)
                cases.add(case)
        # A message may stand there without a score of its case.
        for of in (OUTBOX, INBOX):
            named = select(of.c.case_id).where(of.c.case_id.is_not(None)).distinct()
            for case in source.execute(named).scalars() if tokens else ():
                if make_token(key, "case", case) in tokens:
                    cases.add(case)
        views = source.execute(select(VIEWS.c.view_id, VIEWS.c.page_id))
        pages = {row.page_id for row in views if row.view_id in contents}
        return cls(frozenset(contents), frozenset(cases), frozenset(pages))

    def blank(self, table: Table, row: dict[str, Any]) -> dict[str, Any]:
        """Return *row* without the digest of a page that is no longer whole."""
        if table is PAGES and row["page_id"] in self.pages:
            row["page_sha256"] = None
        return row

    def holds(self, table: Table, row: RowMapping) -> bool:
        """Return whether *row* of *table* is of what is left out."""
        if table in (OUTBOX, INBOX):
            return row["case_id"] in self.cases
        if table not in _ABOUT_CONTENTS:
            return False
        (number,) = (row[column.name] for column in table.primary_key)
        return number in self.contents
