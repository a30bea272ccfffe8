"""Spells whose code means something else after some benefit (code_conditions.py)."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from riskscreen.rules.code_conditions import ConditionalRow, Conditions
from riskscreen.rules.split_spells import SplitSpells, merge_pieces, take_pieces

_Numbers = npt.NDArray[np.integer]


@dataclass(frozen=True, slots=True)
class SpellFacts:
    """What is known of the spells that pieces are from, one place a spell.

    ``code`` is a place in the table's periods (-1 = none), ``registered`` the day on
    which the spell became known.
    """

    person: _Numbers
    code: _Numbers
    registered: _Numbers


def apply_conditions(
    pieces: SplitSpells,
    conditions: Conditions,
    spells: SpellFacts,
    *,
    group_of_state: _Numbers,
) -> SplitSpells:
    """Let each piece mean what its code means after the benefit of the day before.

    A spell that was registered later than the one it precedes does not count: whoever
    knows a spell must know all that it is read by.
    """
    asked = np.isin(spells.code[pieces.row], [*conditions])
    if not asked.any():
        return pieces
    person = spells.person[pieces.row]
    near = np.isin(person, np.unique(person[asked]))
    places = np.flatnonzero(near)
    places = places[np.argsort(person[places], kind="stable")]
    read: list[_Piece] = []
    for own in np.split(places, np.flatnonzero(np.diff(person[places])) + 1):
        cut = _cut_pieces(pieces, own, conditions, spells)
        read += _read_in_time(cut, conditions, spells, group_of_state)
    return merge_pieces(take_pieces(pieces, ~near), _collect(_join(read)))


class _Piece(NamedTuple):
    """A piece between the days on which its code's conditional rows begin and end.

    ``place`` is that of the piece that it is cut from.
    """

    row: int
    place: int
    start: int
    end: int
    state: int
    verified: bool
    unknown: bool


def _cut_pieces(
    pieces: SplitSpells, places: _Numbers, conditions: Conditions, spells: SpellFacts
) -> list[_Piece]:
    """Cut one person's pieces, in order of time."""
    cut = []
    for place in places.tolist():
        row = int(pieces.row[place])
        start, end = int(pieces.start[place]), int(pieces.end[place])
        rows = conditions.get(int(spells.code[row]), ())
        bounds = {day for one in rows for day in one[:2] if start < day < end}
        days = [start, *sorted(bounds), end]
        cut += [
            _Piece(
                row,
                place,
                begin,
                finish,
                int(pieces.state[place]),
                bool(pieces.verified[place]),
                bool(pieces.unknown[place]),
            )
            for begin, finish in pairwise(days)
        ]
    return sorted(cut, key=lambda piece: piece.start)


def _read_in_time(
    own: Sequence[_Piece],
    conditions: Conditions,
    spells: SpellFacts,
    group_of_state: _Numbers,
) -> list[_Piece]:
    """Return one person's pieces as they are read, one after the other."""
    read: list[_Piece] = []
    near: list[_Piece] = []  # what of it may still reach the day before
    for piece in own:
        rows = conditions.get(int(spells.code[piece.row]), ())
        if rows := [row for row in rows if row.start <= piece.start < row.end]:
            near = [other for other in near if other.end >= piece.start]
            known_by = spells.registered[piece.row]
            before = {
                int(group_of_state[other.state])
                for other in near
                if other.start < piece.start
                and spells.registered[other.row] <= known_by
            }
            piece = _read_after(before, rows, piece)  # noqa: PLW2901
        read.append(piece)
        near.append(piece)
    return read


def _read_after(
    before: set[int], rows: Sequence[ConditionalRow], piece: _Piece
) -> _Piece:
    for row in rows:
        if before & row.after:
            return piece._replace(state=row.state, verified=row.verified)
    return piece


def _join(read: list[_Piece]) -> list[_Piece]:
    """Join again what was cut and means the same, in the order of spells and time."""
    joined: list[_Piece] = []
    for piece in sorted(read, key=lambda piece: (piece.row, piece.start)):
        last = joined[-1] if joined else None
        if last and last._replace(end=piece.end, start=piece.start) == piece:
            joined[-1] = last._replace(end=piece.end)
        else:
            joined.append(piece)
    return joined


def _collect(read: list[_Piece]) -> SplitSpells:
    row, _, start, end, state, verified, unknown = zip(*read, strict=True)
    return SplitSpells(
        row=np.array(row, dtype=np.int64),
        state=np.array(state, dtype=np.int16),
        start=np.array(start, dtype=np.int32),
        end=np.array(end, dtype=np.int32),
        verified=np.array(verified, dtype=np.bool_),
        unknown=np.array(unknown, dtype=np.bool_),
    )
