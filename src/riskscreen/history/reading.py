"""A delivered history, read in parts: checked, grouped and indexed for some people.

Both doors read it here. Of everybody's rows only what the whole file alone can tell is
kept (where it ends, whether a column fails throughout); of the people asked for the
spells, as numbers, so that memory goes with them and not with the register.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from riskscreen.array_tables import ArrayTable
from riskscreen.history.index import (
    ALWAYS_KNOWN,
    Days32,
    HistoryIndex,
    Places,
    index_spells,
)
from riskscreen.history.person_places import PersonPlaces
from riskscreen.history.precedence import order_groups
from riskscreen.history.unknown_codes import QuarterSurvey, QuarterWeeks
from riskscreen.rules.code_groups import CodeTable, locate_codes
from riskscreen.rules.code_rows import normalise_codes
from riskscreen.rules.conditional_spells import SpellFacts, apply_conditions
from riskscreen.rules.split_spells import SplitSpells, split_at_validity
from riskscreen.rules.states import drop_activation
from riskscreen.spec import Specification
from riskscreen.spec.derived import derive_once
from riskscreen.text_arrays import TEXT, build_texts, hash_texts
from riskscreen.timeline import OPEN_END, to_day_number, to_days
from riskscreen.validation import CheckedTable
from riskscreen.validation.checking import NO_PATTERNS, KeyPatterns
from riskscreen.validation.surveys import HistorySurvey

if TYPE_CHECKING:
    from riskscreen.readers.read_table import ReadTable
    from riskscreen.readers.sources import TableSource

ROWS_IN_A_PART = 100_000
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class PersonHistory:
    """A history of some people: the index of its spells, and what there is to tell.

    ``found`` and ``broken`` say of each of ``index.persons`` whether the history has a
    row of him, and whether what is left of them cannot be used: rows contradicted each
    other, or one that was set aside is of a group that decides the outcome. ``unknown``
    counts the codes that the table does not know at that time: code, n_rows, n_persons;
    ``quarter`` is what the newest quarter holds of everybody, None where there is no
    day to count to. ``set_aside`` (line, rule) are everybody's rows that break a rule;
    ``last_day`` is the last day that the whole history knows of anybody, where that can
    be told; ``notes`` say how it was read and ``ignored`` which columns were not.
    ``fingerprint`` is a SHA-256 of these people's rows in whatever order they stood,
    ``digest`` that of all that was read.
    """

    index: HistoryIndex
    found: Mask
    broken: Mask
    unknown: pd.DataFrame
    quarter: QuarterWeeks | None
    set_aside: pd.DataFrame
    last_day: date | None
    notes: tuple[str, ...]
    ignored: tuple[str, ...]
    fingerprint: str
    digest: str = ""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a history is read for: whose spells, by which specification and codes.

    ``until`` is the day of the extract, up to which a code must be known; None for a
    live history, whose newest quarter ends on the day ``asked_on``, if there is one.
    ``file`` is what messages call it. It *may be empty* where the few people asked for
    were looked up.
    """

    spec: Specification
    codes: CodeTable
    persons: "pd.Index[str]"
    file: str
    until: date | None
    asked_on: date | None = None
    may_be_empty: bool = False


def read_person_history(
    source: "TableSource",
    asked: Asked,
    *,
    extract_date: date,
    patterns: KeyPatterns = NO_PATTERNS,
) -> PersonHistory:
    """Read the spells of the people asked for, once and in parts.

    Lines that could not even be read are set aside with those that break a rule.
    Raises the errors of read_spell_parts and read_spells, and TableError where a
    column fails throughout.
    """
    # Who has rows already, as a form sends them, waits for no reader of files.
    from riskscreen.readers.history import read_spell_parts  # noqa: PLC0415

    gathering = _Gathering(asked, extract_date)
    last: ReadTable | None = None
    notes: dict[str, None] = {}
    for last, own in read_spell_parts(
        source,
        extract_date=extract_date,
        rows=ROWS_IN_A_PART,
        patterns=patterns,
        file=asked.file,
    ):
        notes.update(dict.fromkeys(last.notes))
        unread = last.set_aside[["line", "rule"]]
        aside = pd.concat([unread, own.set_aside], ignore_index=True)
        doubtful = last.persons_set_aside
        gathering.add(replace(own, set_aside=aside, persons_set_aside=doubtful))
    assert last is not None  # there is always at least one part
    # Which week of a register is the last, and which spells are open, its end tells.
    read = gathering.close(open_ends=last.open_ends)
    return replace(
        read,
        last_day=last.last_day or read.last_day,
        notes=(*notes, *read.notes),
        digest=last.digest,
    )


def take_person_history(
    parts: Iterable[CheckedTable],
    asked: Asked,
    *,
    extract_date: date,
    whole: HistorySurvey | None = None,
) -> PersonHistory:
    """Take the same from *parts* checked already, such as a table in memory.

    Where they are some people's rows alone, *whole* is the survey of everybody's, which
    tells where the history ends and what its columns hold.
    """
    gathering = _Gathering(asked, extract_date, whole)
    for part in parts:
        gathering.add(part)
    return gathering.close(open_ends=None)


class _Gathering:
    """The spells of the people asked for among the parts of a history, in 20 bytes."""

    def __init__(
        self, asked: Asked, extract_date: date, whole: HistorySurvey | None = None
    ) -> None:
        persons = asked.persons
        if len(persons) > 1:
            persons = pd.Index(persons.sort_values(), dtype=TEXT)
        self._asked = replace(asked, persons=persons)
        self._places = PersonPlaces(persons)
        self._survey = whole or HistorySurvey(
            asked.file, extract_date, may_be_empty=asked.may_be_empty
        )
        self._surveyed = whole is not None
        day = asked.until or asked.asked_on
        after = None if day is None else day + timedelta(days=1)
        self._quarter = QuarterSurvey(asked.codes, after) if after else None
        self._spells: list[_Spells] = []
        self._aside: list[pd.DataFrame] = []
        self._broken = np.zeros(len(asked.persons), dtype=np.bool_)
        self._incomplete = self._broken.copy()
        self._codes: dict[str, int] = {}
        self._ignored: dict[str, None] = {}

    def add(self, part: CheckedTable) -> None:
        """Take in one checked part more; other people's rows are let go."""
        if not self._surveyed:
            self._survey.add(part)
        self._ignored.update(dict.fromkeys(part.ignored))
        self._aside.append(part.set_aside)
        if self._quarter is not None:
            self._quarter.add(part.columns)
        self._mark(self._broken, part.persons_set_aside)
        if len(part.broken):
            codes = _list_decisive_codes(self._asked)
            decisive = normalise_codes(part.broken["code"]).isin(codes)
            self._mark(self._broken, part.broken["person_id"][decisive])
            self._mark(self._incomplete, part.broken["person_id"])
        person = self._places.locate(part.columns["person_id"])
        own = np.flatnonzero(person >= 0)
        if len(own):
            spells = part.columns.take(own)
            self._spells.append(_number_spells(spells, person[own], self._codes))

    def _mark(self, mask: Mask, persons: Iterable[str]) -> None:
        """Set *mask* for those of *persons* who are asked for."""
        if named := [*persons]:
            asked = self._places.locate(pd.Index(named, dtype=TEXT))
            mask[asked[asked >= 0]] = True

    def close(self, *, open_ends: date | None) -> PersonHistory:
        """Return what the parts say together; spells ending on *open_ends* are open."""
        asked, survey = self._asked, self._survey
        notes, last_day = survey.notes(), survey.end()
        names = np.array([*self._codes], dtype=object)
        spells = _sort_spells(_Spells.together(self._spells), names)
        if open_ends is not None:
            at_its_end = spells.end == to_day_number(open_ends)
            spells = replace(spells, end=np.where(at_its_end, OPEN_END, spells.end))
        pieces = _split_spells(spells, names, asked)
        found = np.bincount(spells.person, minlength=len(asked.persons)) > 0
        (aside, *more) = self._aside
        if more:
            aside = pd.concat(self._aside, ignore_index=True)
        return PersonHistory(
            index=_build_index(spells, pieces, asked),
            found=found | self._broken | self._incomplete,
            broken=self._broken,
            unknown=_count_unknown(spells, pieces, names),
            quarter=self._quarter.close() if self._quarter else None,
            set_aside=aside,
            last_day=last_day,
            notes=notes,
            ignored=tuple(self._ignored),
            fingerprint=_compute_fingerprint(spells, names, asked.persons),
        )


def _list_decisive_codes(asked: Asked) -> "pd.Series[str]":
    """Return the codes that stand at any time for a group that decides the outcome."""
    groups = asked.spec.history.decisive if asked.spec.history else ()
    rows = asked.codes.rows
    return rows["code"][rows["group"].isin(groups)]


@dataclass(frozen=True, slots=True)
class _Spells:
    """Spells as 32-bit numbers; ``registered`` is ALWAYS_KNOWN without a stamp."""

    person: Days32
    code: Days32
    start: Days32
    end: Days32
    registered: Days32

    @classmethod
    def together(cls, parts: "list[_Spells]") -> "_Spells":
        names = ("person", "code", "start", "end", "registered")
        nothing = np.empty(0, dtype=np.int32)
        return cls(
            *(
                np.concatenate([nothing, *(getattr(part, name) for part in parts)])
                for name in names
            )
        )


def _number_spells(
    spells: ArrayTable, person: Places, codes: dict[str, int]
) -> _Spells:
    factors, distinct = pd.factorize(spells["code"])
    for code in distinct:
        codes.setdefault(code, len(codes))
    number = np.array([codes[code] for code in distinct], dtype=np.int32)
    stamps = np.full(len(spells), ALWAYS_KNOWN, dtype=np.int64)
    if "registered_on" in spells:
        stamps = to_days(spells["registered_on"], missing=ALWAYS_KNOWN)
    return _Spells(
        person.astype(np.int32),
        number[factors],
        to_days(spells["start_date"]).astype(np.int32),
        to_days(spells["end_date"]).astype(np.int32),
        stamps.astype(np.int32),
    )


def _sort_spells(spells: _Spells, names: npt.NDArray[np.object_]) -> _Spells:
    """Sort by person, days and code, so that no order of a file is left."""
    code = _rank_codes(spells.code, names)
    # Two in one number: fewer keys sort faster.
    first = (spells.person.astype(np.int64) << 32) + spells.start
    last = (spells.end.astype(np.int64) << 32) + spells.registered
    order = np.argsort(first)
    # One key sorts by far the fastest, and few spells begin on the same day.
    same = np.diff(first[order]) == 0
    tied = np.flatnonzero(np.append(same, False) | np.append(False, same))
    rows = order[tied]
    order[tied] = rows[np.lexsort((code[rows], last[rows], first[rows]))]
    return _Spells(
        spells.person[order],
        spells.code[order],
        spells.start[order],
        spells.end[order],
        spells.registered[order],
    )


def _rank_codes(code: Days32, names: npt.NDArray[np.object_]) -> Days32:
    """Give codes numbers by their names in text order, not as they first came."""
    rank = np.argsort(np.argsort(names.astype(str))).astype(np.int32)
    return rank[code] if len(names) else code


def _split_spells(
    spells: _Spells, names: npt.NDArray[np.object_], asked: Asked
) -> SplitSpells:
    """Cut *spells* where their codes change, and read what came before them."""
    codes = asked.codes
    code = locate_codes(names, codes)[spells.code]
    pieces = split_at_validity(
        code,
        spells.start,
        spells.end,
        codes.periods,
        until=OPEN_END if asked.until is None else to_day_number(asked.until) + 1,
    )
    if not codes.conditions:
        return pieces
    facts = SpellFacts(spells.person, code, spells.registered)
    return apply_conditions(
        pieces, codes.conditions, facts, group_of_state=codes.group_of_state
    )


def _build_index(spells: _Spells, pieces: SplitSpells, asked: Asked) -> HistoryIndex:
    groups, place = _place_states(asked.spec, asked.codes.spell_states)
    stamped = bool((spells.registered != ALWAYS_KNOWN).any())
    return index_spells(
        asked.persons,
        groups,
        person=spells.person[pieces.row],
        group=place[pieces.state],
        start=pieces.start,
        end=pieces.end,
        registered=spells.registered[pieces.row] if stamped else None,
        verified=pieces.verified,
        unknown=pieces.unknown if pieces.unknown.any() else None,
    )


@derive_once
def _place_states(
    spec: Specification, states: tuple[str, ...]
) -> tuple[tuple[str, ...], npt.NDArray[np.int16]]:
    """Return the groups of *states* in order of precedence, and each state's place."""
    names = states
    if not (spec.history and spec.history.reads_activation):
        names = tuple(map(drop_activation, names))
    groups = order_groups(spec, sorted(set(names)))
    places = {name: place for place, name in enumerate(groups)}
    return groups, np.array([places[name] for name in names], np.int16)


_NO_COUNTS = {name: np.empty(0, dtype=np.int64) for name in ("n_rows", "n_persons")}
_NONE_UNKNOWN = pd.DataFrame({"code": build_texts([]), **_NO_COUNTS})


def _count_unknown(
    spells: _Spells, pieces: SplitSpells, names: npt.NDArray[np.object_]
) -> pd.DataFrame:
    rows = np.unique(pieces.row[pieces.unknown])
    if not len(rows):
        return _NONE_UNKNOWN
    table = pd.DataFrame(
        {
            "code": normalise_codes(pd.Series(names[spells.code[rows]], dtype=TEXT)),
            "person": spells.person[rows],
        }
    )
    by_code = table.groupby("code")["person"]
    return by_code.agg(n_rows="size", n_persons="nunique").reset_index()


def _compute_fingerprint(
    spells: _Spells, names: npt.NDArray[np.object_], persons: "pd.Index[str]"
) -> str:
    """Return the SHA-256 of who has which spells; *spells* are sorted."""
    digest = hashlib.sha256()
    for texts in (persons, pd.Index(np.sort(names.astype(str)))):
        digest.update(hash_texts(texts).tobytes())
    digest.update(_rank_codes(spells.code, names).tobytes())
    for days in (spells.person, spells.start, spells.end, spells.registered):
        digest.update(days.tobytes())
    return digest.hexdigest()
