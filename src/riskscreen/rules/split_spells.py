"""Spells cut where their codes change, so that each piece is of one state."""

from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt

from riskscreen.rules.code_groups import CodePeriods, Days, Integers, Truths
from riskscreen.timeline import OPEN_END


@dataclass(frozen=True)
class SplitSpells:
    """Spells cut where a code's state changes; ``row`` is the spell a piece is from.

    ``state`` is a place in the table's ``spell_states``; ``unknown`` are the pieces on
    a code that the table does not know at that time: of OTHER_SUPPORT, and never
    verified.
    """

    row: Integers
    state: npt.NDArray[np.int16]
    start: Days
    end: Days
    verified: Truths
    unknown: Truths


def split_at_validity(
    code: Integers,
    start: Days,
    end: Days,
    periods: CodePeriods,
    *,
    until: int = OPEN_END,
) -> SplitSpells:
    """Cut spells at the validity bounds of their codes.

    *code* is each spell's place in ``periods.codes`` (-1 = not in the table), *start*
    and *end* are day numbers, *until* the day by which spells were lived: what begins
    there or later is no piece where no row covers it, for the table may know it by
    then. Pieces come in the order of the spells, and those of a spell in time's.
    """
    row, at = _pair_rows(code, periods)
    begin = np.maximum(start[row], periods.start[at])
    finish = np.minimum(end[row], periods.end[at])
    if not (kept := begin < finish).all():
        row, at, begin, finish = row[kept], at[kept], begin[kept], finish[kept]
    covered = SplitSpells(
        row=row,
        state=periods.state[at],
        start=begin,
        end=finish,
        verified=periods.verified[at],
        unknown=np.zeros(len(row), dtype=np.bool_),
    )
    row, begin, finish = _find_uncovered(covered, start, end)
    lived = begin < until
    if not lived.any():
        return covered
    row, begin, finish = row[lived], begin[lived], finish[lived]
    uncovered = SplitSpells(
        row=row,
        state=np.full(len(row), periods.other, dtype=np.int16),
        start=begin,
        end=finish,
        verified=np.zeros(len(row), dtype=np.bool_),
        unknown=np.ones(len(row), dtype=np.bool_),
    )
    return merge_pieces(covered, uncovered)


def _pair_rows(code: Integers, periods: CodePeriods) -> tuple[Integers, Integers]:
    """Pair each spell with the table's rows about its code, spell by spell."""
    first = periods.first
    count = np.append(np.diff(first), 0)[code]
    if not count.size or count.max() <= 1:
        row = np.flatnonzero(count)
        return row, first[code[row]]
    row = np.repeat(np.arange(len(code)), count)
    nth = np.arange(len(row)) - np.repeat(np.cumsum(count) - count, count)
    return row, first[code[row]] + nth


def _find_uncovered(
    covered: SplitSpells, start: Days, end: Days
) -> tuple[Integers, Days, Days]:
    """Find the stretches of spells that no piece covers: spell, first day, day after.

    Those before a piece, and those after a spell's last one.
    """
    row, finish = covered.row, covered.end
    covered_until = start.copy()
    # Pieces of a spell come in order of time, so the last one written is its latest.
    covered_until[row] = finish
    after = np.flatnonzero(covered_until < end)
    new = np.append(True, row[1:] != row[:-1]) if len(row) else np.zeros(0, np.bool_)
    reached = np.where(new, start[row], np.roll(finish, 1))
    before = np.flatnonzero(covered.start > reached)
    return (
        np.concatenate([row[before], after]),
        np.concatenate([reached[before], covered_until[after]]),
        np.concatenate([covered.start[before], end[after]]),
    )


def take_pieces(pieces: SplitSpells, kept: Truths) -> SplitSpells:
    """Return the *kept* of the pieces."""
    names = [field.name for field in fields(SplitSpells)]
    return SplitSpells(**{name: getattr(pieces, name)[kept] for name in names})


def merge_pieces(one: SplitSpells, other: SplitSpells) -> SplitSpells:
    """Merge the pieces of the same spells, in the order of spells and time."""
    names = [field.name for field in fields(SplitSpells)]
    merged = {n: np.concatenate([getattr(one, n), getattr(other, n)]) for n in names}
    order = np.lexsort((merged["start"], merged["row"]))
    return SplitSpells(**{name: values[order] for name, values in merged.items()})
