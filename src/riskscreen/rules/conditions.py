"""Conditions on the facts of a case: a column's value, or the state of its benefits.

One grammar for everything that holds for some cases and not for others. A specification
writes a condition as a table (``{ column = "has_job", is = [true] }``), a
CSV file as a text (``has_job = yes``); both are the same Condition.

A condition has three answers, for a fact may be missing: it is met, it is not met, or
nobody knows. Who asks decides what the third is worth: a route takes only those of
whom it is met, as a page's condition is told only of them, and a deadline is left out
only for those of whom it is not.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd

from riskscreen.text_arrays import list_cells

STATE = "state"
"""The subject of a condition on the code group that a citizen is in."""

Mask = npt.NDArray[np.bool_]
Facts: TypeAlias = "pd.Series[Any] | npt.NDArray[Any]"
"""One fact of each case; None and NaN are missing."""

_NAME = r"[a-z][a-z0-9_]*"
_TEXT = re.compile(rf"({_NAME})\s*(=|>=|<)\s*(.+)")
_AND = " and "
_FLAGS = {"yes": 1.0, "no": 0.0}
_FEW = 20
"""Of so few facts each is asked, sooner than the different ones are found."""


@dataclass(frozen=True, slots=True)
class Condition:
    """What one fact must be: one of the values, or else a number of the range.

    ``subject`` is a column's name, or STATE. ``values`` are as write_value writes them.
    The range is half-open: ``at_least`` is in it, ``below`` is not.
    """

    subject: str
    values: tuple[str, ...] = ()
    at_least: float | None = None
    below: float | None = None

    def __str__(self) -> str:
        """Return the condition as parse_conditions reads it.

        >>> str(Condition("state", values=("fleksjob", "ledighedsydelse")))
        'state = fleksjob | ledighedsydelse'

        A text has one end of a range each, so both are two conditions there.

        >>> str(Condition("age", at_least=39.5, below=67))
        'age >= 39.5 and age < 67'
        """
        if self.values:
            return f"{self.subject} = {' | '.join(self.values)}"
        ends = ((">=", self.at_least), ("<", self.below))
        return _AND.join(
            f"{self.subject} {sign} {_write_number(end)}"
            for sign, end in ends
            if end is not None
        )

    def is_met(self, fact: Any) -> bool:
        """Tell whether it is known to be met by one *fact*."""
        if isinstance(fact, str):
            return fact in self.values
        if is_missing(fact):
            return False
        if fact in _to_numbers(self.values):
            return True
        if self.at_least is None and self.below is None:
            return False
        above = self.at_least is None or fact >= self.at_least
        return bool(above and (self.below is None or fact < self.below))

    def is_unmet(self, fact: Any) -> bool:
        """Tell whether it is known not to be met; of a missing fact nobody knows."""
        return not is_missing(fact) and not self.is_met(fact)

    def find_met(self, facts: Facts) -> Mask:
        """Return of which *facts*, one for each case, it is known to be met."""
        return _ask_each(facts, self.is_met)

    def find_unmet(self, facts: Facts) -> Mask:
        """Return of which *facts* it is known not to be met; of none that is missing.

        >>> employed = pd.Series([1.0, 0.0, None])
        >>> Condition("has_job", values=("yes",)).find_unmet(employed)
        array([False,  True, False])
        """
        return _ask_each(facts, self.is_unmet)


def is_missing(fact: Any) -> bool:
    """Tell whether *fact* is none; pandas is asked of what is no plain value."""
    if fact is None or isinstance(fact, str):
        return fact is None
    return fact != fact if isinstance(fact, float) else bool(pd.isna(fact))  # noqa: PLR0124


def _ask_each(facts: Facts, ask: Callable[[Any], bool]) -> Mask:
    """Return what *ask* says of each fact, asked once of each; false of a missing."""
    if len(facts) <= _FEW:
        return np.array([ask(fact) for fact in list_cells(facts)], dtype=bool)
    which, distinct = pd.factorize(facts)
    return np.array([*map(ask, distinct), False], dtype=bool)[which]


def parse_conditions(text: str) -> tuple[Condition, ...]:
    """Return the conditions of *text*, all of which must be met; none of an empty one.

    >>> [str(one) for one in parse_conditions("has_job = no and age < 67")]
    ['has_job = no', 'age < 67']

    Raises ValueError, which says how to write one.
    """
    return tuple(map(parse_condition, text.split(_AND))) if text.strip() else ()


def join_conditions(conditions: Iterable[Condition]) -> str:
    """Return *conditions* as parse_conditions reads them."""
    return _AND.join(map(str, conditions))


def parse_condition(text: str) -> Condition:
    """Return the condition that *text* of a CSV file says.

    >>> parse_condition("age >= 40")
    Condition(subject='age', values=(), at_least=40.0, below=None)

    Raises ValueError, which says how to write one.
    """
    parts = _TEXT.fullmatch(text.strip())
    if parts is None:
        raise ValueError(_REMEDY)
    subject, sign, rest = parts.groups()
    if sign == "=":
        values = tuple(value.strip() for value in rest.split("|"))
        if not all(values):
            raise ValueError(_REMEDY)
        return Condition(subject, values=values)
    try:
        bound = float(rest)
    except ValueError:
        raise ValueError(_REMEDY) from None
    if subject == STATE or not np.isfinite(bound):
        raise ValueError(_REMEDY)
    if sign == ">=":
        return Condition(subject, at_least=bound)
    return Condition(subject, below=bound)


_REMEDY = (
    "write a condition as has_job = yes, cause = a | b, "
    f"age >= 40, age < 40 or {STATE} = fleksjob"
)


def write_value(value: str | bool | float) -> str:  # noqa: FBT001  (a cell)
    """Return a value of a specification as a condition holds it: flags are yes and no.

    >>> write_value(True), write_value(2), write_value("stress")
    ('yes', '2', 'stress')
    """
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)


def _write_number(number: float) -> str:
    """Return the shortest text that is read as the same number."""
    return repr(float(number)).removesuffix(".0")


def _to_numbers(values: Sequence[str]) -> list[float]:
    """Return the values that a column of numbers can hold; flags are 1 and 0."""
    numbers = []
    for value in values:
        try:
            numbers.append(_FLAGS[value] if value in _FLAGS else float(value))
        except ValueError:
            continue
    return numbers
