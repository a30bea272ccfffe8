"""The delivered files, in parts: cases as they come, the history held small."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from itertools import chain
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from riskscreen.ledger import ALWAYS_KNOWN
from riskscreen.registers.delivered import ReadTable
from riskscreen.registers.history import layout_of, read_history
from riskscreen.registers.sources import TableSource, table_parts
from riskscreen.schemas import Checked
from riskscreen.schemas.cells import is_among, read_texts
from riskscreen.schemas.contracts import DATE
from riskscreen.timeline import OPEN_END, from_days, to_days

ROWS_IN_A_PART = 50_000
Days32 = npt.NDArray[np.int32]


def case_parts(
    source: TableSource, *, rows: int = ROWS_IN_A_PART
) -> Iterator[ReadTable]:
    """The case file, at most *rows* rows at a time, under our names, with its lines."""
    yield from table_parts(source, rows=rows)


def history_parts(
    source: TableSource, *, extract_date: date, rows: int = ROWS_IN_A_PART * 5
) -> Iterator[ReadTable]:
    """The spells of a history in any layout; a ledger of spells comes in parts."""
    parts = table_parts(source, rows=rows)
    first = next(parts)
    if layout_of(source, first) == "spells":
        yield from chain([first], parts)
    else:
        yield read_history(source, extract_date=extract_date)


@dataclass(frozen=True, slots=True)
class CaseKeys:
    """What must be known of the whole case file before its first part is scored."""

    persons: frozenset[str]
    repeated: frozenset[str]
    parts: int
    notes: tuple[str, ...]


def case_keys(parts: Iterable[ReadTable]) -> CaseKeys:
    """The people and the repeated case_ids of a case file, read once through."""
    persons: set[str] = set()
    times: Counter[str] = Counter()
    number, notes = 0, tuple[str, ...]()
    for part in parts:
        number, notes = number + 1, notes or part.notes
        persons.update(_texts(part.table, "person_id"))
        times.update(_texts(part.table, "case_id"))
    repeated = frozenset(case_id for case_id, n in times.items() if n > 1)
    return CaseKeys(frozenset(persons), repeated, number, notes)


def _texts(table: pd.DataFrame, name: str) -> list[str]:
    """The texts of a column, if it is there; check_cases tells where it is not."""
    if list(table.columns).count(name) != 1:
        return []
    texts: list[str] = read_texts(table[name]).values.dropna().tolist()
    return texts


@dataclass(frozen=True, slots=True)
class HeldHistory:
    """Checked spells of many people in 14 bytes each, person after person.

    ``broken`` are people with a set-aside row; ``set_aside`` those rows.
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
    notes: tuple[str, ...] = ()

    def of(self, persons: Iterable[str]) -> Checked:
        """The spells of *persons* as check_history leaves them, without its told rows.

        Those are told once for the whole history, not once for every part of the cases.
        """
        wanted = pd.Index(sorted(set(persons)))
        place = self.persons.get_indexer(wanted)
        wanted, place = wanted[place >= 0], place[place >= 0]
        begin, length = self.offsets[place], np.diff(self.offsets)[place]
        rows = np.repeat(begin - np.cumsum(length) + length, length)
        rows += np.arange(len(rows))
        spells: dict[str, Any] = {
            "person_id": pd.array(np.repeat(wanted.to_numpy(), length), dtype="str"),
            "code": pd.array(self.codes.to_numpy()[self.code[rows]], dtype="str"),
            "start_date": _dates(self.start[rows]),
            "end_date": _dates(self.end[rows]),
        }
        if self.registered is not None:
            stamps = self.registered[rows]
            spells["registered_on"] = _dates(stamps, missing=ALWAYS_KNOWN)
        return Checked(
            kept=pd.DataFrame(spells),
            set_aside=self.set_aside.head(0),
            persons_set_aside=self.broken,
        )


def _dates(days: Days32, *, missing: int = OPEN_END) -> "pd.Series[pd.Timestamp]":
    return from_days(days, missing=missing).astype(DATE)


def hold(
    parts: Iterable[Checked], *, persons: frozenset[str], notes: tuple[str, ...] = ()
) -> HeldHistory:
    """The spells of *persons* among checked *parts* of a history; others are let go."""
    wanted = pd.Index(sorted(persons))
    people = pd.Series(wanted, dtype="str")
    held, aside, broken = [], [], set[str]()
    codes: dict[str, int] = {}
    for part in parts:
        own = part.kept[is_among(part.kept["person_id"], people)]
        held.append(_small(own, wanted, codes))
        aside.append(part.set_aside)
        broken |= part.persons_set_aside & persons
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
