"""The delivered files, in parts: cases as they come, the history held small."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from riskscreen.history.index import ALWAYS_KNOWN, HistoryIndex
from riskscreen.history.visibility import count_visible_persons
from riskscreen.registers.delivered import ReadTable
from riskscreen.registers.history import spell_parts
from riskscreen.registers.sources import TableSource
from riskscreen.schemas import Checked, read_spells
from riskscreen.schemas.cells import is_among
from riskscreen.schemas.contracts import DATE
from riskscreen.schemas.whole import (
    NO_PATTERNS,
    CasePart,
    HistorySurvey,
    KeyPatterns,
)
from riskscreen.spec import Specification
from riskscreen.timeline import OPEN_END, days_of, from_days, to_days

ROWS_IN_A_PART = 50_000
Days32 = npt.NDArray[np.int32]


class CaseSpool:
    """Checked cases put aside on the disk, part by part, and taken up again.

    A case file is read and checked once; what only the whole file can tell is known
    after its last part, and only then is the first one scored.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._writer: Any = None
        self.parts: list[CasePart] = []

    def add(self, part: CasePart) -> None:
        """Put the sound rows of *part* aside; what else is known of it stays here."""
        kept = part.checked.kept
        table = pa.Table.from_pandas(kept, preserve_index=False).combine_chunks()
        if self._writer is None:
            self._writer = pa.ipc.new_file(self._path, table.schema)
        # A part without a sound row is a part all the same.
        nothing = pa.RecordBatch.from_pylist([], schema=table.schema)
        self._writer.write_batch((table.to_batches() or [nothing])[0])
        light = replace(part.checked, kept=kept.head(0))
        self.parts.append(replace(part, checked=light))

    def checked(self) -> Iterator[Checked]:
        """Each part's checked rows, in the order in which they were added."""
        self._writer.close()
        with pa.ipc.open_file(self._path) as file:
            for place, part in enumerate(self.parts):
                kept = file.get_batch(place).to_pandas()
                yield replace(part.checked, kept=kept)


@dataclass(frozen=True, slots=True)
class HeldHistory:
    """Checked spells of some people in 14 bytes each, person after person.

    ``persons`` are the people it was loaded for, whether it has rows of them or not;
    ``broken`` those with a set-aside row; ``set_aside`` all such rows. ``last_day`` is
    the last day that the whole history knows of anybody, where that can be told.
    """

    persons: "pd.Index[str]"
    offsets: npt.NDArray[np.int64]
    codes: "pd.Index[str]"
    code: npt.NDArray[np.int32]
    start: Days32
    end: Days32
    registered: Days32 | None
    broken: frozenset[str]
    set_aside: pd.DataFrame
    last_day: date | None = None
    notes: tuple[str, ...] = ()

    def opened(self, day: date | None) -> "HeldHistory":
        """The same history, in which the spells that end on *day* are open."""
        if day is None:
            return self
        open_now = self.end == days_of(day)
        return replace(self, end=np.where(open_now, OPEN_END, self.end))

    def found(self, persons: "pd.Series[Any]") -> npt.NDArray[np.bool_]:
        """Which of *persons* have a row in the history, were it one that was refused.

        Raises AssertionError for a person that this history was not loaded for: of him
        it could only say that he is not in it.
        """
        place = self.persons.get_indexer(pd.Index(persons))
        if (place < 0).any():
            raise AssertionError("the history was loaded for other persons")
        has_rows = np.diff(self.offsets)[place] > 0
        return np.asarray(has_rows | is_among(persons, self.broken))

    def count_visible(self, spec: Specification, cases: pd.DataFrame) -> int:
        """How many persons of *cases* have a row that is visible at T0."""
        index = HistoryIndex(
            persons=self.persons,
            groups=("any",),
            offsets=self.offsets,
            group=np.zeros(len(self.start), dtype=np.int16),
            start=self.start,
            end=self.end,
            registered=self.registered,
            verified=np.ones(len(self.start), dtype=np.bool_),
        )
        return count_visible_persons(spec, cases, index)

    def _rows_of(
        self, place: npt.NDArray[np.integer]
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """The rows of the persons at *place*, one after the other, and how many."""
        begin, length = self.offsets[place], np.diff(self.offsets)[place]
        rows = np.repeat(begin - np.cumsum(length) + length, length)
        return rows + np.arange(len(rows)), length

    def of(self, persons: "pd.Series[Any]") -> pd.DataFrame:
        """The spells of *persons* as check_history leaves them; found() says of whom.

        Raises AssertionError for a person that this history was not loaded for.
        """
        wanted = pd.Index(sorted(persons[self.found(persons)].unique()), dtype="str")
        rows, length = self._rows_of(self.persons.get_indexer(wanted))
        spells: dict[str, Any] = {
            "person_id": pd.array(np.repeat(wanted.to_numpy(), length), dtype="str"),
            "code": pd.array(self.codes.to_numpy()[self.code[rows]], dtype="str"),
            "start_date": _dates(self.start[rows]),
            "end_date": _dates(self.end[rows]),
        }
        if self.registered is not None:
            stamps = self.registered[rows]
            spells["registered_on"] = _dates(stamps, missing=ALWAYS_KNOWN)
        return pd.DataFrame(spells)


def _dates(days: Days32, *, missing: int = OPEN_END) -> "pd.Series[pd.Timestamp]":
    return from_days(days, missing=missing).astype(DATE)


def hold_source(
    source: TableSource,
    *,
    persons: "pd.Index[str]",
    file: str,
    extract_date: date,
    patterns: KeyPatterns = NO_PATTERNS,
) -> HeldHistory:
    """The spells of *persons* in a delivered history, read once and in parts.

    Lines that could not even be read are set aside with those that break a rule.
    Raises the errors of spell_parts and read_spells, and TableError where a column
    fails throughout.
    """
    notes: dict[str, None] = {}
    last: ReadTable | None = None

    def checked() -> Iterator[Checked]:
        nonlocal last
        for read in spell_parts(source, extract_date=extract_date, rows=ROWS_IN_A_PART):
            notes.update(dict.fromkeys(read.notes))
            last = read
            own = read_spells(
                read.table,
                file=file,
                extract_date=extract_date,
                patterns=patterns,
                ends=source.ends,
            )
            unread = read.set_aside[["line", "rule"]]
            aside = pd.concat([unread, own.set_aside], ignore_index=True)
            doubtful = own.persons_set_aside | read.persons_set_aside
            yield replace(own, set_aside=aside, persons_set_aside=doubtful)

    held = hold(checked(), persons=persons, file=file, extract_date=extract_date)
    assert last is not None  # there is always at least one part
    # Which week of a register is the last, and which spells are open, its end tells.
    return replace(
        held.opened(last.open_ends),
        notes=(*notes, *held.notes),
        last_day=last.last_day or held.last_day,
    )


def hold(
    parts: Iterable[Checked],
    *,
    persons: "pd.Index[str]",
    file: str,
    extract_date: date,
) -> HeldHistory:
    """The spells of *persons* among checked *parts* of a history; others are let go.

    They are counted first, though: where the history ends, and whether a column of it
    fails throughout, is a matter of everybody's rows. Raises TableError where one does.
    """
    wanted = pd.Index(persons.sort_values(), dtype="str")
    people = pd.Series(wanted, dtype="str")
    survey = HistorySurvey(file, extract_date)
    held, aside, broken = [], [], set[str]()
    codes: dict[str, int] = {}
    for part in parts:
        survey.add(part)
        own = part.kept[is_among(part.kept["person_id"], people)]
        held.append(_small(own, wanted, codes))
        aside.append(part.set_aside)
        broken |= part.persons_set_aside & frozenset(people)
    notes = survey.notes()
    person, code, start, end, registered = (
        np.concatenate(column) for column in zip(*held, strict=True)
    )
    order = np.argsort(person, kind="stable")
    offsets = np.searchsorted(person[order], np.arange(len(wanted) + 1))
    stamped = bool((registered != ALWAYS_KNOWN).any())
    return HeldHistory(
        persons=wanted,
        offsets=offsets,
        codes=pd.Index(list(codes)),
        code=code[order],
        start=start[order],
        end=end[order],
        registered=registered[order] if stamped else None,
        broken=frozenset(broken),
        set_aside=pd.concat(aside, ignore_index=True),
        last_day=survey.end(),
        notes=notes,
    )


def _small(
    spells: pd.DataFrame, persons: "pd.Index[str]", codes: dict[str, int]
) -> tuple[npt.NDArray[np.int32], ...]:
    """Person, code, start, end and registration of each spell as 32-bit numbers."""
    factors, distinct = pd.factorize(spells["code"])
    for code in distinct:
        codes.setdefault(code, len(codes))
    number = np.array([codes[code] for code in distinct], dtype=np.int32)
    stamps = np.full(len(spells), ALWAYS_KNOWN, dtype=np.int64)
    if "registered_on" in spells:
        stamps = to_days(spells["registered_on"], missing=ALWAYS_KNOWN)
    return (
        persons.get_indexer(pd.Index(spells["person_id"])).astype(np.int32),
        number[factors] if len(number) else factors.astype(np.int32),
        to_days(spells["start_date"]).astype(np.int32),
        to_days(spells["end_date"]).astype(np.int32),
        stamps.astype(np.int32),
    )
