"""Citizens who objected to being scored, or to training a model (GDPR, article 21).

They stand in objections.csv of the site's folder. Whoever is to score or to train asks
here each time, so that an objection counts from the next case on. Nothing is guessed
around a fault: a file that cannot be read as a whole stops, for a row that was skipped
would be a citizen who is scored against their will.
"""

import csv
import io
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Literal, cast, get_args

import pandas as pd

from riskscreen.errors import FileError, PersonalDataError, UsageError
from riskscreen.folders import change_alone, place_files
from riskscreen.guarding import guarded
from riskscreen.hand_written import UnreadableError, parse_csv, parse_day, read_text
from riskscreen.person_numbers import holds_person_number
from riskscreen.validation.keys import read_keys

OBJECTIONS = "objections.csv"
_MADE_BY = "object"

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

    def find_people(self, what: ObjectsTo, *, on: date) -> frozenset[str]:
        """Return the identifiers of those who object to *what* on the day *on*."""
        return frozenset(
            row.person_id
            for row in self.rows
            if row.what in (what, "both") and row.since <= on
        )


NOBODY_OBJECTS = Objections()


def read_objections(site: Path | None, *, raw: bool = False) -> Objections:
    """Read objections.csv of the folder *site*; without either nobody objects.

    Identifiers are made alike as in every table (validation/keys.py). Raises FileError
    naming line and column of a fault, PersonalDataError for a person number, which only
    a *raw* site may hold (pseudonymise.py).
    """
    if site is None:
        return NOBODY_OBJECTS
    path = site / OBJECTIONS
    try:
        table = parse_csv(read_text(path))
    except FileNotFoundError:
        return NOBODY_OBJECTS
    except UnreadableError as fault:
        raise FileError(f"{path}: {fault}") from None
    if table.columns != _COLUMNS:
        raise FileError(f"{path}: the columns must be {', '.join(_COLUMNS)}.")
    keys = _make_alike([cells["person_id"] for _, cells in table.rows])
    return Objections(
        tuple(
            _parse(key, cells, f"{path}, line {line}", raw=raw)
            for key, (line, cells) in zip(keys, table.rows, strict=True)
        )
    )


@guarded
def add_objection(
    site: Path, person_id: str, *, what: ObjectsTo, since: date
) -> Objections:
    """Add an objection to objections.csv of the folder *site*; return all it has then.

    One that stands there already is not added again. Raises UsageError for an
    identifier that is none, PersonalDataError for a person number, FileError where the
    file cannot be read or written.
    """
    (key,) = _make_alike([person_id])
    if key is None:
        raise UsageError("No identifier was given. Give the person_id of the tables.")
    if holds_person_number(key):
        raise PersonalDataError(
            "The identifier is a person number. Give the pseudonym that the site's "
            "tables have (riskscreen pseudonymise)."
        )
    added = Objection(key, since, what)
    with change_alone(site / OBJECTIONS, made_by=_MADE_BY):
        before = read_objections(site)
        if added in before.rows:
            return before
        after = Objections((*before.rows, added))
        place_files(
            site,
            {OBJECTIONS: format_objections(after)},
            made_by=_MADE_BY,
            is_ours=Path.is_file,
        )
    return after


_COLUMNS = ("person_id", "from", "what")


def _parse(
    key: str | None, cells: dict[str, str], where: str, *, raw: bool
) -> Objection:
    if key is None:
        raise FileError(f"{where}: person_id is empty, or a number that was rounded.")
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


def _make_alike(identifiers: list[str]) -> list[str | None]:
    values = read_keys(pd.Series(identifiers, dtype="str")).values
    return [None if pd.isna(value) else str(value) for value in values]


def format_objections(objections: Objections) -> str:
    """Return the text of an objections.csv that is read as the same."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(_COLUMNS)
    for row in objections.rows:
        writer.writerow((row.person_id, row.since.isoformat(), row.what))
    return text.getvalue()
