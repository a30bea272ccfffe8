"""Whether a comma or a point parts the decimals: one mark for a whole table.

``1.250`` is 1250 among numbers such as ``12,5``, and 1.25 among ``12.5``. So every cell
of a table is looked at before one of them is read, and where the cells contradict each
other, or none shows which is meant, the table is refused.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, cast

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from riskscreen.errors import TableError
from riskscreen.text_arrays import wrap_texts
from riskscreen.validation.cells import to_texts
from riskscreen.validation.delivered import DeliveredColumns

DecimalMark = Literal["comma", "point"]

Integers = npt.NDArray[np.int64]

NUMBERS_SHARE = 0.9
"""Least share of numbers among cells with marks, for a column to show its mark."""
CLEARLY = 20
"""One reading wins if it has this many times the other's evidence."""
REMEDY = 'State the decimal: "comma" or "point".'

_START, _END = r"^\s*[+-]?", r"-?\s*$"
_SMALL = r"([eE][+-]?[0-9]+)?"
_WHOLE = r"[0-9' \x{a0}]*"
_NUMBER = rf"{_START}[0-9.,' \x{{a0}}]*[0-9]{_SMALL}{_END}"
_BY_COMMA = (
    rf"{_START}({_WHOLE}|[0-9]{{1,3}}(\.[0-9]{{3}})+),[0-9]+{_SMALL}{_END}"
    rf"|{_START}[1-9][0-9]{{0,2}}(\.[0-9]{{3}}){{2,}}{_END}"
)
_BY_POINT = (
    rf"{_START}({_WHOLE}|[0-9]{{1,3}}(,[0-9]{{3}})+)\.[0-9]+{_SMALL}{_END}"
    rf"|{_START}[1-9][0-9]{{0,2}}(,[0-9]{{3}}){{2,}}{_END}"
)
_MARKED = r"[0-9A-Za-z][,.]|[,.][0-9A-Za-z]"
_CLOCK = r"^\s*[0-2][0-9]\.[0-5][0-9]\s*$"
"""Times of day are written so in Danish."""
_EITHER_WAY = {
    "comma": rf"{_START}[1-9][0-9]{{0,2}},[0-9]{{3}}{_END}",
    "point": rf"{_START}[1-9][0-9]{{0,2}}\.[0-9]{{3}}{_END}",
}
_PARTED = {
    "comma": (".", rf"{_START}[1-9][0-9]{{0,2}}(\.[0-9]{{3}})+{_END}"),
    "point": (",", rf"{_START}[1-9][0-9]{{0,2}}(,[0-9]{{3}})+{_END}"),
}
"""By the decimal mark: the other mark, and numbers in which it parts thousands."""


@dataclass(slots=True)
class DecimalCounts:
    """How many cells of one column show what; counts of parts are added up.

    ``marked`` are cells with a comma or point, ``numbers`` those of them that look like
    numbers. ``comma`` and ``point`` can only be read so (``12,5``; ``12.5``);
    ``either_way`` may be decimals or parted thousands (``1.250``).
    """

    marked: int = 0
    numbers: int = 0
    comma: int = 0
    point: int = 0
    either_way: int = 0
    clocks: int = 0

    def add(self, texts: pa.Array) -> None:
        """Count the cells of one part of the column more."""
        if has_mark(texts, b",."):
            self.add_distinct(*count_distinct_texts(texts))

    def add_distinct(self, texts: pa.Array, times: Integers) -> None:
        """Return the same from the different texts, and how often each stands there."""
        marked = _match(texts, _MARKED)
        self.marked += int(times[marked].sum())
        like = marked & _match(texts, _NUMBER)
        if not like.any():
            return
        texts, times = texts.filter(pa.array(like)), times[like]
        ways = {m: _match(texts, p) for m, p in _EITHER_WAY.items()}
        shown = {
            "numbers": np.ones(len(texts), dtype=bool),
            "comma": _match(texts, _BY_COMMA) & ~ways["comma"],
            "point": _match(texts, _BY_POINT) & ~ways["point"],
            "either_way": ways["comma"] | ways["point"],
            "clocks": _match(texts, _CLOCK),
        }
        for name, found in shown.items():
            setattr(self, name, getattr(self, name) + int(times[found].sum()))

    def shows(self) -> bool:
        """Return whether the column is one of numbers, so that its marks count."""
        times = self.point == self.clocks and self.point > 0
        return self.numbers >= NUMBERS_SHARE * self.marked and not times


def has_mark(texts: pa.Array, marks: bytes) -> bool:
    """Return whether any cell holds one of some ASCII characters, by the bytes alone.

    A register of weeks has hundreds of columns of plain numbers.
    """
    wide = pa.types.is_large_string(texts.type)
    _, offsets, data = texts.buffers()
    if data is None or not len(texts):
        return False
    bounds = np.frombuffer(offsets, dtype=np.int64 if wide else np.int32)
    first, last = bounds[texts.offset], bounds[texts.offset + len(texts)]
    content = bytes(memoryview(data)[first:last])
    return any(mark in content for mark in marks)


def count_distinct_texts(texts: pa.Array) -> tuple[pa.Array, Integers]:
    """Return the different texts of *texts*, and how often each stands there."""
    counted = pc.value_counts(texts.drop_null())
    return counted.field("values"), counted.field("counts").to_numpy()


def _match(texts: pa.Array, pattern: str) -> npt.NDArray[np.bool_]:
    matching = pc.match_substring_regex(texts, pattern)
    return cast("npt.NDArray[np.bool_]", matching.to_numpy(zero_copy_only=False))


class AmbiguousDecimalsError(Exception):
    """Numbers that may be read in two ways; the caller names their table."""


def detect_decimal_mark(
    counts: Sequence[DecimalCounts], *, stated: DecimalMark | None = None
) -> DecimalMark | None:
    """Detect the decimal mark of a table whose columns have *counts*, or None.

    Raises AmbiguousDecimalsError with words that name columns by their position, where
    cells contradict each other or the stated mark, or where ``1.250`` stands and no
    cell shows how it is meant.
    """
    shown = {n: c for n, c in enumerate(counts, start=1) if c.shows()}
    comma = sum(c.comma for c in shown.values())
    point = sum(c.point for c in shown.values())
    if stated is not None:
        right, wrong = (comma, point) if stated == "comma" else (point, comma)
        other: DecimalMark = "point" if stated == "comma" else "comma"
        if wrong > CLEARLY * right:
            raise AmbiguousDecimalsError(
                f"the stated decimal is a {stated}, but numbers have a {other} in "
                f"{_name_columns(shown, other)}. State what the table has."
            )
        return stated
    if comma > CLEARLY * point:
        mark: DecimalMark | None = "comma"
    elif point > CLEARLY * comma:
        mark = "point"
    elif comma:
        raise AmbiguousDecimalsError(
            f"decimals are parted by a comma in {_name_columns(shown, 'comma')} and "
            f"by a point in {_name_columns(shown, 'point')}. {REMEDY}"
        )
    else:
        mark = None
    # ``1.250`` stands in a column whose other numbers do not show what it means.
    way = -1 if mark == "point" else 1
    doubtful = [
        n
        for n, c in shown.items()
        if c.either_way and (mark is None or way * (c.point - c.comma) > 0)
    ]
    if doubtful:
        raise AmbiguousDecimalsError(
            "the points or commas in the numbers of "
            f"{name_positions(doubtful)} may be decimals or part thousands. {REMEDY}"
        )
    return mark


def _name_columns(shown: "dict[int, DecimalCounts]", mark: DecimalMark) -> str:
    return name_positions([n for n, c in shown.items() if getattr(c, mark)])


def name_positions(positions: Sequence[int]) -> str:
    """Return columns by their position: a heading may be a row's value.

    >>> name_positions([2]), name_positions([1, 2])
    ('column 2', 'columns 1, 2')
    """
    few = ", ".join(map(str, positions[:5])) + (" …" if len(positions) > 5 else "")
    return f"column {few}" if len(positions) == 1 else f"columns {few}"


def ungroup(texts: pa.Array, decimal: DecimalMark | None) -> pa.Array:
    """Remove the marks that part thousands: ``1.250`` becomes ``1250``.

    Every cell that is a number reads by itself then, as *decimal* says of its table.
    """
    if decimal is None:
        return texts
    mark, parted = _PARTED[decimal]
    if not has_mark(texts, mark.encode()):
        return texts
    grouped = pc.match_substring_regex(texts, parted)
    return pc.if_else(grouped, pc.replace_substring(texts, mark, ""), texts)


def normalise_numbers(
    table: DeliveredColumns, columns: Iterable[str], *, file: str
) -> DeliveredColumns:
    """Write the numbers in *columns* of *table* so that each reads by itself.

    The mark is one for the table: ``1.250`` beside ``12,5`` becomes ``1250``,
    whichever columns they stand in. A table that one of the readers made (it knows its
    lines) has been looked at as a whole, and comes back as it is. Raises
    TableError, with columns by position, where the cells do not show one mark.
    """
    if table.lines is not None:
        return table
    once = [name for name in columns if table.headings.count(name) == 1]
    names = [name for name in once if _is_text(table[name].dtype)]
    if not names:
        return table
    texts = {name: to_texts(table[name]) for name in names}
    counts = {str(name): DecimalCounts() for name in table.headings}
    for name, held in texts.items():
        counts[name].add(held)
    try:
        decimal = detect_decimal_mark(list(counts.values()))
    except AmbiguousDecimalsError as ambiguous:
        words = str(ambiguous).replace(REMEDY, "Give numbers, or texts of one form.")
        raise TableError(f"{file}: {words}") from None
    plain = {
        name: wrap_texts(ungroup(held, decimal))
        for name, held in texts.items()
        if has_mark(held, b",.")
    }
    return table.assign(plain) if plain else table


def _is_text(kind: Any) -> bool:
    """Return whether numbers may stand as texts in a column of this type."""
    if isinstance(kind, pd.CategoricalDtype):
        kind = kind.categories.dtype
    if isinstance(kind, pd.ArrowDtype):
        arrow = kind.pyarrow_dtype
        return bool(pa.types.is_string(arrow) or pa.types.is_large_string(arrow))
    return isinstance(kind, pd.StringDtype) or getattr(kind, "kind", "") == "O"
