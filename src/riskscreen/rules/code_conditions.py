"""Rows of a code table that hold only after some benefits: ``applies_when``.

A benefit that is abolished for new citizens goes on for those who are in it. Their
code in the register may stay the same, so what it means follows from what came before.
A history is grouped once, for every target and for all of a person's cases: a row can
ask for the benefit on the day before, and for nothing that only a case knows.
"""

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any, NamedTuple

import pandas as pd

from riskscreen.rules.conditions import STATE, join_conditions, parse_conditions
from riskscreen.spelling import suggest_name
from riskscreen.timeline import ALWAYS, OPEN_END, to_day_number


class ConditionalRow(NamedTuple):
    """Such a row as numbers: its days, the groups before it, and what it means.

    ``after`` are places in the table's groups, ``state`` is one in its spell_states.
    """

    start: int
    end: int
    after: frozenset[int]
    state: int
    verified: bool


Conditions = Mapping[int, Sequence[ConditionalRow]]
"""The conditional rows of each code that has any, by its place in the periods."""


def normalise_condition(text: str) -> str:
    """Return a row's condition as a table writes it; an empty text is none.

    >>> normalise_condition("state=jobafklaring|ressourceforloeb")
    'state = jobafklaring | ressourceforloeb'

    Raises ValueError, which says how to write one.
    """
    try:
        conditions = parse_conditions(text)
    except ValueError:
        raise ValueError(_REMEDY) from None
    if len(conditions) > 1 or any(one.subject != STATE for one in conditions):
        raise ValueError(_REMEDY)
    return join_conditions(conditions)


_REMEDY = (
    f"write {STATE} = GROUP or {STATE} = GROUP | GROUP, the code group on the day "
    "before. No column can be asked for: a history is grouped before any case is read"
)


def list_groups_before(text: str) -> tuple[str, ...]:
    """Return the code groups that a row's condition names; none of an empty one."""
    return tuple(value for one in parse_conditions(text) for value in one.values)


def find_unknown_group(rows: pd.DataFrame) -> str | None:
    """Return what to say of a group that a condition names and no row has, if any."""
    known = sorted({*rows["group"]})
    for text in rows["applies_when"].unique():
        for name in list_groups_before(text):
            if name not in known:
                return f"applies_when asks for {name}; {suggest_name(name, known)}"
    return None


def find_conflicts(rows: pd.DataFrame) -> Mapping[str, int]:
    """Count by the rule that they break the rows that do not go together.

    A code means one thing after a benefit. Who comes from none that is named needs a
    row too, so beside a conditional row others without must hold on all its days.
    """
    given = rows[rows["applies_when"] != ""]
    usual = rows[rows["applies_when"] == ""]
    double, alone = 0, 0
    for code, own in given.groupby("code") if len(given) else ():
        same = [*own.itertuples()]
        double += sum(_clash(one, other) for one, other in combinations(same, 2))
        of_code = usual[usual["code"] == code]
        alone += sum(not _is_covered(row, of_code) for row in same)
    return {
        "two rows of one code hold after the same benefit on the same day": double,
        "a row with applies_when has none without beside it on all its days": alone,
    }


def _clash(one: Any, other: Any) -> bool:
    """Tell whether two rows hold on the same day after the same benefit."""
    before = {*list_groups_before(one.applies_when)}
    if before.isdisjoint(list_groups_before(other.applies_when)):
        return False
    (start, end), (begin, finish) = _read_days(one), _read_days(other)
    return start < finish and begin < end


def _is_covered(row: Any, usual: pd.DataFrame) -> bool:
    """Tell whether one of the *usual* rows holds on every day of *row*."""
    reached, until = _read_days(row)
    for other in sorted(map(_read_days, usual.itertuples())):
        if other[0] <= reached:
            reached = max(reached, other[1])
    return reached >= until


def _read_days(row: Any) -> tuple[int, int]:
    """Return the day numbers of a row, half-open; a missing one is outside all days."""
    start = ALWAYS if pd.isna(row.valid_from) else to_day_number(row.valid_from.date())
    end = OPEN_END if pd.isna(row.valid_to) else to_day_number(row.valid_to.date())
    return start, end
