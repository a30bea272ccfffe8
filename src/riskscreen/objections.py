"""Citizens who objected to being scored, or to training a model (GDPR, article 21).

They stand in objections.csv of the site's folder. Whoever is to score or to train asks
here each time, so that an objection counts from the next case on. Nothing is guessed
around a fault: a folder or file that cannot be read as a whole stops, for a row that
was skipped would be a citizen who is scored against their will.
"""

import os
import stat
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Literal, cast, get_args

import pandas as pd

from riskscreen.errors import FileError, PersonalDataError, UsageError
from riskscreen.folders import change_alone, place_files
from riskscreen.guarding import guarded
from riskscreen.hand_written import (
    format_csv,
    name_unreadable,
    parse_csv,
    parse_day,
    read_text,
)
from riskscreen.person_numbers import holds_person_number
from riskscreen.validation.checking import NO_PATTERNS, KeyPatterns
from riskscreen.validation.keys import read_keys

OBJECTIONS = "objections.csv"
_MADE_BY = "object"
_NOT_THE_WORLD = 0o660
_COLUMNS = ("person_id", "from", "what")

ObjectsTo = Literal["scoring", "training", "both"]
"""What a citizen may object to."""


@dataclass(frozen=True, slots=True)
class Objection:
    """One citizen's objection: to what, and from which day on."""

    person_id: str
    since: date
    what: ObjectsTo


@dataclass(frozen=True, slots=True)
class Objections:
    """The objections of a site.

    ``rows`` are in the order of the file; a citizen may have several.
    """

    rows: tuple[Objection, ...] = ()

    def find_people(
        self, what: Literal["scoring", "training"], *, on: date
    ) -> frozenset[str]:
        """Return the identifiers of those who object to *what* on the day *on*."""
        return frozenset(
            row.person_id
            for row in self.rows
            if row.what in (what, "both") and row.since <= on
        )

    def format(self) -> str:
        """Return the text of an objections.csv that is read as the same."""
        cells = ((row.person_id, row.since.isoformat(), row.what) for row in self.rows)
        return format_csv(
            _COLUMNS, (dict(zip(_COLUMNS, c, strict=True)) for c in cells)
        )


NOBODY_OBJECTS = Objections()


@guarded
def read_objections(
    site: Path | None, *, patterns: KeyPatterns = NO_PATTERNS, raw: bool = False
) -> Objections:
    """Read objections.csv of the folder *site*; without either nobody objects.

    Identifiers are made alike as in every table (validation/keys.py), and keep the form
    that *patterns* have for person_id. Raises FileError for a folder that is gone, a
    file of nearly that name, and a fault by line and column; PersonalDataError for a
    person number, which only a *raw* site may hold (pseudonymise.py).
    """
    path = None if site is None else _find_file(site)
    if path is None:
        return NOBODY_OBJECTS
    absent = "cannot be read. Is what it leads to away?"
    with name_unreadable(path, absent=absent):
        table = parse_csv(read_text(path))
    if table.columns != _COLUMNS:
        raise FileError(f"{path}: the columns must be {', '.join(_COLUMNS)}.")
    keys = _make_alike([cells["person_id"] for _, cells in table.rows], patterns)
    return Objections(
        tuple(
            _parse(key, cells, f"{path}, line {line}", raw=raw)
            for key, (line, cells) in zip(keys, table.rows, strict=True)
        )
    )


@guarded
def add_objection(
    site: Path,
    person_id: str,
    *,
    what: ObjectsTo,
    since: date,
    patterns: KeyPatterns = NO_PATTERNS,
    raw: bool = False,
) -> Objections:
    """Add an objection to objections.csv of the folder *site*; return all it has then.

    One that stands there already is not added again. A new file is for its folder's
    owner alone; one that stood keeps owner and mode, but for the world's part of it.
    Raises UsageError for an identifier that no table can have, PersonalDataError for a
    person number where *site* is not *raw*, FileError where the file cannot be read or
    written.
    """
    (key,) = _make_alike([person_id], patterns)
    if key is None:
        raise UsageError(
            "That is no identifier of this site. Give the person_id as the site's "
            "tables have it ([keys] in site.toml says its form)."
        )
    if holds_person_number(key) and not raw:
        raise PersonalDataError(
            "The identifier is a person number. Give the pseudonym that the site's "
            "tables have, or say --raw where they have person numbers (docs/how-to/"
            "objections.md)."
        )
    added, path = Objection(key, since, what), site / OBJECTIONS
    with change_alone(path, made_by=_MADE_BY):
        before = read_objections(site, patterns=patterns, raw=raw)
        if added in before.rows:
            return before
        after = Objections((*before.rows, added))
        stood = path.stat() if path.exists() else None
        text = after.format()
        place_files(site, {OBJECTIONS: text}, made_by=_MADE_BY, is_ours=Path.is_file)
        _keep_access(path, stood)
    return after


def _find_file(site: Path) -> Path | None:
    """Find the file in *site*; None only where it is sure that there is none."""
    path = site / OBJECTIONS
    if os.path.lexists(path):
        return path
    try:
        names = [entry.name for entry in site.iterdir()]
    except OSError:
        raise FileError(f"{site}: no folder that can be read.") from None
    if near := [n for n in names if Path(n).stem.casefold() == Path(OBJECTIONS).stem]:
        raise FileError(f"{site}: {near[0]} is not read. Name it {OBJECTIONS}.")
    return None


def _keep_access(path: Path, stood: os.stat_result | None) -> None:
    """Let those read *path* who could before, or the owner of its folder.

    An administrator may note what the service's account has to read.
    """
    like = stood or path.parent.stat()
    with suppress(OSError):  # who is no administrator gives no file away
        os.chown(path, like.st_uid, like.st_gid)
    if stood is not None:
        path.chmod(stat.S_IMODE(stood.st_mode) & _NOT_THE_WORLD)


def _parse(
    key: str | None, cells: dict[str, str], where: str, *, raw: bool
) -> Objection:
    if key is None:
        raise FileError(f"{where}: person_id is no identifier as the tables have them.")
    if not raw and holds_person_number(key):
        raise PersonalDataError(
            f"{where}: person_id is a person number. Write the pseudonym that the "
            "site's tables have."
        )
    try:
        since = parse_day(cells["from"])
    except ValueError:
        since = None
    if since is None:
        raise FileError(f"{where}: from: write a date as 2026-07-01.")
    if cells["what"] not in get_args(ObjectsTo):
        raise FileError(
            f"{where}: what must be one of {', '.join(get_args(ObjectsTo))}."
        )
    return Objection(key, since, cast("ObjectsTo", cells["what"]))


def _make_alike(identifiers: list[str], patterns: KeyPatterns) -> list[str | None]:
    column, pattern = pd.Series(identifiers, dtype="str"), patterns.get("person_id")
    values = read_keys(column, pattern=pattern).values
    return [None if pd.isna(value) else str(value) for value in values]
