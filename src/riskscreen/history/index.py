"""A history as integer arrays, person after person: built once, read by everything."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from riskscreen.errors import TableError
from riskscreen.timeline import to_days

ALWAYS_KNOWN = int(np.iinfo(np.int32).min)
"""The registration day of a row that does not say when it was registered."""

Days32 = npt.NDArray[np.int32]
Places = npt.NDArray[np.int64]


class SpellColumns(NamedTuple):
    """Spells as kernels read them; ``registered`` is empty where no row has a stamp."""

    offsets: npt.NDArray[np.int64]
    group: npt.NDArray[np.int16]
    start: Days32
    end: Days32
    registered: Days32
    verified: npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class HistoryIndex:
    """The grouped spells of some persons, sorted once and read by whatever asks.

    Spells of ``persons[i]`` are ``offsets[i]`` to ``offsets[i + 1]``, by start, then by
    group, a verified code last. ``group`` is a place in ``groups``, which stand in
    the order of precedence (precedence.py): of two spells that cover a day the one that
    comes later here is the person's state on it. Days are as in timeline.py, int32 and
    half-open; ``registered`` is None where no row says when it was registered. An end
    does not count in the order: it may lie in the future of a case, and nothing of the
    future may change what is computed.
    """

    persons: "pd.Index[str]"
    groups: tuple[str, ...]
    offsets: npt.NDArray[np.int64]
    group: npt.NDArray[np.int16]
    start: Days32
    end: Days32
    registered: Days32 | None
    verified: npt.NDArray[np.bool_]

    @property
    def arrays(self) -> SpellColumns:
        """The spells for a kernel."""
        registered = self.registered
        if registered is None:
            registered = np.empty(0, dtype=np.int32)
        return SpellColumns(
            self.offsets, self.group, self.start, self.end, registered, self.verified
        )

    def locate(self, persons: "pd.Series[str]") -> Places:
        """The place of each of *persons* in ``persons``.

        Raises AssertionError for a person whom the index was not built for: of him it
        could only say that he has no spells.
        """
        place = self.persons.get_indexer(pd.Index(persons))
        if (place < 0).any():
            raise AssertionError("the history was indexed for other persons")
        return place.astype(np.int64)

    def expand(self, place: Places) -> tuple[Places, Places]:
        """Every spell of the persons at *place*: whose it is, and its own place.

        The first counts along *place*, so that a person who stands there twice has his
        spells twice; spells keep their order.
        """
        begin, length = self.offsets[place], np.diff(self.offsets)[place]
        spell = np.repeat(begin - np.cumsum(length) + length, length)
        return np.repeat(np.arange(len(place)), length), spell + np.arange(len(spell))

    def known_on(self, spell: Places) -> Days32:
        """The day on which each spell was registered; ALWAYS_KNOWN without a stamp."""
        if self.registered is None:
            return np.full(len(spell), ALWAYS_KNOWN, dtype=np.int32)
        return self.registered[spell]


def index_spells(
    spells: pd.DataFrame, persons: "pd.Index[str]", *, groups: tuple[str, ...]
) -> HistoryIndex:
    """Index the spells of *persons*; *groups* stand in their order of precedence.

    *spells* is Grouped.spells (codes.py), in any order; other persons are left out, and
    a person without a row has no spells. Raises TableError where a spell's group is not
    in *groups*.
    """
    person = _places(spells["person_id"], persons)
    group = _numbers(spells["group"], groups=groups)
    if unknown := int(((group < 0) & (person >= 0)).sum()):
        raise TableError(
            f"history: the code group of {unknown} rows is none of the {len(groups)} "
            "known here. Group the history with the code table in use."
        )
    start, verified = to_days(spells["start_date"]), _verified(spells)
    order = _order(person, start, group, verified)
    person = person[order]
    return HistoryIndex(
        persons=persons,
        groups=groups,
        offsets=np.searchsorted(person, np.arange(len(persons) + 1)),
        group=group[order].astype(np.int16),
        start=start[order].astype(np.int32),
        end=to_days(spells["end_date"])[order].astype(np.int32),
        registered=_registered(spells, order),
        verified=verified[order],
    )


def _numbers(
    group: "pd.Series[str]", *, groups: tuple[str, ...]
) -> npt.NDArray[np.int64]:
    """Each spell's group as its place in *groups*; -1 where it has none."""
    categorical = group.astype("category").cat
    place = pd.Index(groups).get_indexer(pd.Index(categorical.categories))
    codes = categorical.codes.to_numpy()
    return np.where(codes < 0, -1, np.append(place, -1)[codes])


def _places(
    person: "pd.Series[str]", persons: "pd.Index[str]"
) -> npt.NDArray[np.integer]:
    """Each row's person as its place in *persons*; -1 where he is none of them.

    A person's rows mostly follow each other, and only the first of each run of them is
    looked up: looking text up costs more than the features.
    """
    new = person.ne(person.shift()).to_numpy(dtype=np.bool_)
    heads = persons.get_indexer(pd.Index(person[new]))
    places: npt.NDArray[np.integer] = np.append(heads, -1)[np.cumsum(new) - 1]
    return places


def _order(
    person: npt.NDArray[np.integer],
    start: npt.NDArray[np.int64],
    group: npt.NDArray[np.int64],
    verified: npt.NDArray[np.bool_],
) -> npt.NDArray[np.intp]:
    """Rows of known persons, by person, start and group, a verified code last.

    All of it makes one number per row, which sorts six times faster than four keys.
    """
    rows = np.flatnonzero(person >= 0)
    if not len(rows):
        return rows
    since_first = start[rows] - start[rows].min()
    day = person[rows].astype(np.int64) * (since_first.max() + 1) + since_first
    key = (day * (group.max() + 1) + group[rows]) * 2 + verified[rows]
    return rows[np.argsort(key, kind="stable")]


def _registered(spells: pd.DataFrame, order: npt.NDArray[np.intp]) -> Days32 | None:
    if "registered_on" not in spells:
        return None
    days = to_days(spells["registered_on"], missing=ALWAYS_KNOWN)
    return days[order].astype(np.int32)


def _verified(spells: pd.DataFrame) -> npt.NDArray[np.bool_]:
    if "verified" not in spells:
        return np.zeros(len(spells), dtype=np.bool_)
    return spells["verified"].to_numpy(dtype=np.bool_)
