"""The further tables of a specification, read in parts and indexed for some people.

As with the history, memory goes with the people asked for and not with the register.
"""

import hashlib
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from riskscreen.array_tables import ArrayTable
from riskscreen.errors import TableError
from riskscreen.history.index import ALWAYS_KNOWN, HistoryIndex, index_spells
from riskscreen.history.person_places import PersonPlaces
from riskscreen.spec import DatedTable, Specification
from riskscreen.spelling import suggest_name
from riskscreen.text_arrays import TEXT
from riskscreen.timeline import to_days
from riskscreen.validation import CheckedTable
from riskscreen.validation.checking import (
    NO_PATTERNS,
    KeyPatterns,
    describe_ignored,
    describe_set_aside,
    require_rows,
)
from riskscreen.validation.dated_rows import read_dated_rows
from riskscreen.validation.joins import Join, require_some_found
from riskscreen.validation.surveys import HistorySurvey

if TYPE_CHECKING:
    from riskscreen.readers.read_table import ReadTable
    from riskscreen.readers.sources import TableSource

ROWS_IN_A_PART = 100_000
MOST_CATEGORIES = int(np.iinfo(np.int16).max)


@dataclass(frozen=True, slots=True)
class TableRows:
    """The rows of some people in one further table, and what there is to tell.

    ``index`` has its categories for groups. ``people`` says how many of the people have
    a row at all. ``set_aside`` (line, rule) are everybody's rows that break a rule;
    ``notes`` say how it was read. ``fingerprint`` is a SHA-256 of these people's rows
    in whatever order they stood, ``digest`` that of all that was read.
    """

    index: HistoryIndex
    file: str
    people: Join
    set_aside: pd.DataFrame
    notes: tuple[str, ...]
    fingerprint: str
    digest: str = ""

    def describe(self) -> tuple[str, ...]:
        """Return how the table was read, what was set aside, and whom it lacks."""
        notes = [*self.notes, *describe_set_aside(self.set_aside["rule"])]
        absent = [self.people.describe()] if self.people.absent else []
        return (*(f"{self.file}: {words}" for words in notes), *absent)


def read_table_rows(
    source: "TableSource",
    declared: DatedTable,
    persons: "pd.Index[str]",
    *,
    extract_date: date,
    patterns: KeyPatterns = NO_PATTERNS,
    count: "Callable[[ReadTable, CheckedTable], None] | None" = None,
) -> TableRows:
    """Read the rows of *persons* in *source*, once and in parts.

    *count* takes in each part, as read and as checked. Raises the errors of
    read_dated_parts and read_dated_rows, and TableError where a column fails
    throughout, the table has no row, or it has none of the people.
    """
    # As in reading.py: who has rows already waits for no reader of files.
    from riskscreen.readers.dated_tables import read_dated_parts  # noqa: PLC0415

    file = source.name
    gathering = _Gathering(declared, persons, file, extract_date)
    notes: dict[str, None] = {}
    digest = ""
    for part in read_dated_parts(source, declared, rows=ROWS_IN_A_PART):
        notes.update(dict.fromkeys(part.notes))
        checked = read_dated_rows(
            declared,
            part.table,
            file=file,
            extract_date=extract_date,
            patterns=patterns,
            ends=source.ends,
        )
        if count is not None:
            count(part, checked)
        unread = part.set_aside[["line", "rule"]]
        aside = pd.concat([unread, checked.set_aside], ignore_index=True)
        gathering.add(replace(checked, set_aside=aside))
        digest = part.digest
    require_rows(gathering.survey.rows, file=file)
    rows = gathering.close()
    require_some_found(rows.people)
    return replace(rows, notes=(*notes, *rows.notes), digest=digest)


def read_delivered_tables(
    spec: Specification,
    sources: "Mapping[str, TableSource]",
    persons: "pd.Index[str]",
    *,
    extract_date: date,
    patterns: KeyPatterns,
) -> dict[str, TableRows]:
    """Read the tables of *spec* among *sources*, by name, for *persons*.

    Raises the errors of check_delivered and read_table_rows.
    """
    check_delivered(spec, sources)
    return {
        declared.name: read_table_rows(
            sources[declared.name],
            declared,
            persons,
            extract_date=extract_date,
            patterns=patterns,
        )
        for declared in spec.tables
        if declared.name in sources
    }


def take_table_rows(
    parts: Iterable[CheckedTable],
    declared: DatedTable,
    persons: "pd.Index[str]",
    *,
    file: str,
    extract_date: date,
    whole: HistorySurvey | None = None,
) -> TableRows:
    """Take the same from *parts* checked already; of live cases there may be no row.

    Where they are some people's rows alone, *whole* is the survey of everybody's.
    """
    gathering = _Gathering(declared, persons, file, extract_date, whole)
    for part in parts:
        gathering.add(part)
    return gathering.close()


def get_indexes(tables: Mapping[str, TableRows]) -> dict[str, HistoryIndex]:
    """Return the index of each table, by name."""
    return {name: rows.index for name, rows in tables.items()}


def check_delivered(spec: Specification, delivered: Collection[str]) -> None:
    """Raise TableError where a table that *spec* needs is not among *delivered*.

    Or where one is delivered that it does not declare.
    """
    declared = [table.name for table in spec.tables]
    for number, name in enumerate(delivered, start=1):
        if name not in declared:
            raise TableError(
                f"table number {number}: {spec.name} declares no such [[tables]]; "
                f"{suggest_name(name, declared)}"
            )
    for table in spec.tables:
        if table.required and table.name not in delivered:
            raise TableError(
                f"{table.name}: {spec.name} reads this table, and none was given. "
                "Deliver it, or declare required = false in its [[tables]]."
            )


class _Gathering:
    """The rows of the people asked for among the parts of a table, as numbers."""

    def __init__(
        self,
        declared: DatedTable,
        persons: "pd.Index[str]",
        file: str,
        extract_date: date,
        whole: HistorySurvey | None = None,
    ) -> None:
        self._declared, self._file = declared, file
        self._persons = pd.Index(persons.sort_values(), dtype=TEXT)
        self._places = PersonPlaces(self._persons)
        self.survey = whole or HistorySurvey(file, extract_date)
        self._surveyed = whole is not None
        self._parts: list[pd.DataFrame] = []
        self._aside: list[pd.DataFrame] = []
        self._ignored: dict[str, None] = {}

    def add(self, part: CheckedTable) -> None:
        """Take in one checked part more; other people's rows are let go."""
        if not self._surveyed:
            self.survey.add(part)
        self._ignored.update(dict.fromkeys(part.ignored))
        self._aside.append(part.set_aside)
        person = self._places.locate(part.columns["person_id"])
        own = np.flatnonzero(person >= 0)
        self._parts.append(_number_rows(part.columns.take(own), person[own]))

    def close(self) -> TableRows:
        """Return what the parts say together."""
        notes = self.survey.notes()
        if self.survey.rows:
            self.survey.require_readable()
        rows = pd.concat(self._parts, ignore_index=True)
        names = np.unique(rows["category"].to_numpy(dtype=str)).tolist()
        if len(names) > MOST_CATEGORIES:
            raise TableError(
                f"{self._file}: more than {MOST_CATEGORIES:,} categories. Is a column "
                "of identifiers named category?"
            )
        category = np.searchsorted(names, rows["category"].to_numpy(dtype=str))
        rows = rows.assign(category=category.astype(np.int16))
        order = ["person", "start", "category", "value", "end", "registered"]
        rows = rows.sort_values(order, kind="stable", ignore_index=True)
        found = int(rows["person"].nunique())
        what = f"citizens of the cases in {self._declared.name}"
        return TableRows(
            index=_build_index(self._persons, tuple(names), rows),
            file=self._file,
            people=Join(what, self._file, asked=len(self._persons), found=found),
            set_aside=pd.concat(self._aside, ignore_index=True),
            notes=(*notes, *describe_ignored(tuple(self._ignored))),
            fingerprint=_compute_fingerprint(rows, names, self._persons),
        )


def _number_rows(kept: ArrayTable, person: npt.NDArray[np.int64]) -> pd.DataFrame:
    """Return *kept* as days and numbers; a missing category is the empty text."""
    stamps = np.full(len(kept), ALWAYS_KNOWN, dtype=np.int64)
    if "registered_on" in kept:
        stamps = to_days(kept["registered_on"], missing=ALWAYS_KNOWN)
    return pd.DataFrame(
        {
            "person": person.astype(np.int32),
            "start": to_days(kept["start_date"]).astype(np.int32),
            "end": to_days(kept["end_date"]).astype(np.int32),
            "registered": stamps.astype(np.int32),
            "value": kept["value"],
            "category": kept["category"].fillna(""),
        }
    )


def _build_index(
    persons: "pd.Index[str]", names: tuple[str, ...], rows: pd.DataFrame
) -> HistoryIndex:
    registered = rows["registered"].to_numpy()
    stamped = bool((registered != ALWAYS_KNOWN).any())
    return index_spells(
        persons,
        names,
        person=rows["person"].to_numpy(),
        group=rows["category"].to_numpy(),
        start=rows["start"].to_numpy(),
        end=rows["end"].to_numpy(),
        registered=registered if stamped else None,
        verified=np.ones(len(rows), dtype=np.bool_),
        value=rows["value"].to_numpy(),
    )


def _compute_fingerprint(
    rows: pd.DataFrame, names: list[str], persons: "pd.Index[str]"
) -> str:
    """Return the SHA-256 of who has which rows; *rows* are sorted."""
    digest = hashlib.sha256()
    for texts in (persons, pd.Index(names, dtype=TEXT)):
        hashed = pd.util.hash_pandas_object(texts.to_series(), index=False)
        digest.update(hashed.to_numpy().tobytes())
    for name in rows.columns:
        digest.update(rows[name].to_numpy().tobytes())
    return digest.hexdigest()
