"""Benefit spells of synthetic citizens as arrays, in whole register weeks."""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Record = dict[str, Any]
"""Columns by name, one array entry per case."""

MONDAY_OFFSET = 3
"""1970-01-01 was a Thursday: week = (day + 3) // 7 runs from Monday to Monday."""
OPEN = 1_000_000
"""The week that stands for "no end"."""
KINDS = (
    "sickness",
    "insured",
    "assistance",
    "youth_assistance",
    "parental",
    "studying",
    "rehabilitation",
    "clarification",
    "resource",
    "holiday",
    "flex_waiting",
    "flex_job",
    "pension",
    "early_retirement",
    "emigrated",
    "old_age",
    "dead",
)
KIND = {name: number for number, name in enumerate(KINDS)}
SUPPORT = (
    "sickness",
    "clarification",
    "resource",
    "flex_waiting",
    "assistance",
    "youth_assistance",
    "insured",
    "rehabilitation",
)
"""The kinds that count as public support."""


def to_week(days: Ints) -> Ints:
    """Return the register week of each day number."""
    return (days + MONDAY_OFFSET) // 7


def to_week_start(weeks: Ints) -> Ints:
    """Return the day number each register week begins on."""
    return weeks * 7 - MONDAY_OFFSET


def to_day(day: date) -> int:
    """Return days from 1970-01-01."""
    return day.toordinal() - date(1970, 1, 1).toordinal()


def find_week_from(day: date) -> int:
    """Return the first register week that lies wholly on or after *day*."""
    return -(-(to_day(day) + MONDAY_OFFSET) // 7)


@dataclass(frozen=True)
class Spells:
    """Half-open spells: ``start`` and ``end`` in weeks, ``registered`` in days.

    ``second`` marks the spells written with the second code of their kind.
    """

    person: Ints
    kind: Ints
    start: Ints
    end: Ints
    second: Flags
    registered: Ints

    def where(self, chosen: Any) -> "Spells":
        """Return the *chosen* rows (a mask or positions)."""
        return Spells(*(getattr(self, f.name)[chosen] for f in fields(self)))

    def lasting(self) -> "Spells":
        """Return the spells of at least one week."""
        return self.where(self.end > self.start)


def build_spells(
    person: Ints, kind: str | Ints, start: Ints, end: Ints, *, second: Any = False
) -> Spells:
    """Return new spells, not yet registered; those of no week are left out."""
    number = KIND[kind] if isinstance(kind, str) else kind
    n = len(person)
    return Spells(
        person=np.asarray(person, dtype=np.int64),
        kind=np.array(np.broadcast_to(number, n), dtype=np.int64),
        start=np.asarray(start, dtype=np.int64),
        end=np.asarray(end, dtype=np.int64),
        second=np.array(np.broadcast_to(second, n), dtype=np.bool_),
        registered=np.zeros(n, dtype=np.int64),
    ).lasting()


def join_spells(parts: Sequence[Spells]) -> Spells:
    """Return all *parts* in one."""
    return Spells(
        *(np.concatenate([getattr(s, f.name) for s in parts]) for f in fields(Spells))
    )


def cut_spells(spells: Spells, week_by_person: Ints) -> Spells:
    """Cut *spells* at each person's week; what begins later is gone."""
    end = np.minimum(spells.end, week_by_person[spells.person])
    return replace(spells, end=end).lasting()


def apply_reforms(spells: Spells, codes: Record) -> Spells:
    """Name *spells* by the codes of their day: kinds are born and die.

    A spell that crosses such a day is split there.
    """
    for kind in ("clarification", "youth_assistance", "resource"):
        born = find_week_from(codes["born"][kind])
        earlier = KIND[codes["born"][f"{kind}_before"]]
        spells = _recode(spells, KIND[kind], earlier, before=born)
    died = find_week_from(codes["died"]["resource"])
    later = KIND[codes["died"]["resource_after"]]
    spells = _recode(spells, KIND["resource"], later, since=died)
    gone = find_week_from(codes["died"]["second_sickness"])
    sick_later = (spells.kind == KIND["sickness"]) & (spells.start >= gone)
    return replace(spells, second=spells.second & ~sick_later)


def _recode(
    spells: Spells, kind: int, other: int, *, before: int = -OPEN, since: int = OPEN
) -> Spells:
    """Call *spells* of *kind* *other* in the weeks before, or since, a week."""
    bound = before if since == OPEN else since
    meant = spells.kind == kind
    rest, early = spells.where(~meant), spells.where(meant)
    late = replace(early, start=np.maximum(early.start, bound))
    early = replace(early, end=np.minimum(early.end, bound))
    if since == OPEN:
        early = replace(early, kind=np.full_like(early.kind, other))
    else:
        late = replace(late, kind=np.full_like(late.kind, other))
    return join_spells([rest, early.lasting(), late.lasting()])
