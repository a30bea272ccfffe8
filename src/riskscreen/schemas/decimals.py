"""Whether a comma or a point parts the decimals: one habit for a whole table.

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
from riskscreen.schemas.cells import MISSING_MARKS, texts_of
from riskscreen.schemas.checking import LINE

DecimalHabit = Literal["comma", "point"]

NUMBERS_SHARE = 0.9
"""Least share of numbers in a column that is to show how numbers are written."""
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

    ``comma`` and ``point`` are cells that can only be read so (``12,5``; ``12.5``);
    ``either_way`` those that may be decimals or parted thousands (``1.250``).
    """

    filled: int = 0
    numbers: int = 0
    comma: int = 0
    point: int = 0
    either_way: int = 0
    clocks: int = 0

    def add(self, texts: pa.Array) -> None:
        """Count the cells of one part of the column more."""
        filled = len(texts) - texts.null_count
        if not filled or not has_mark(texts, b",."):
            # Without a mark nothing is shown, be the cells numbers or not.
            return
        blank = pc.is_in(pc.utf8_trim_whitespace(texts), value_set=_BLANK[texts.type])
        self.filled += filled - pc.sum(blank).as_py()
        numbers = texts.filter(pc.match_substring_regex(texts, _NUMBER))
        self.numbers += len(numbers)
        ways = {m: _matches(numbers, p) for m, p in _EITHER_WAY.items()}
        self.either_way += sum(int(way.sum()) for way in ways.values())
        self.comma += int((_matches(numbers, _BY_COMMA) & ~ways["comma"]).sum())
        self.point += int((_matches(numbers, _BY_POINT) & ~ways["point"]).sum())
        self.clocks += int(_matches(numbers, _CLOCK).sum())

    def shows(self) -> bool:
        """Whether the column is one of numbers, so that its marks mean something."""
        times = self.point == self.clocks and self.point > 0
        return self.numbers >= NUMBERS_SHARE * self.filled and not times


def has_mark(texts: pa.Array, marks: bytes) -> bool:
    """Whether any cell holds one of some ASCII characters, told from the bytes alone.

    A register of weeks has hundreds of columns of plain numbers.
    """
    return bool(_bytes_in(texts)[list(marks)].any())


def _bytes_in(texts: pa.Array) -> npt.NDArray[np.int64]:
    wide = pa.types.is_large_string(texts.type)
    kind, first = (np.int64 if wide else np.int32), texts.offset
    _, offsets, data = texts.buffers()
    if data is None or not len(texts):
        return np.zeros(256, dtype=np.int64)
    bounds = np.frombuffer(offsets, dtype=kind)
    held = np.frombuffer(data, dtype=np.uint8)
    part = held[bounds[first] : bounds[first + len(texts)]]
    return np.bincount(part, minlength=256)


def _matches(texts: pa.Array, pattern: str) -> npt.NDArray[np.bool_]:
    found = pc.match_substring_regex(texts, pattern)
    return cast("npt.NDArray[np.bool_]", found.to_numpy(zero_copy_only=False))


_BLANK = {
    kind: pa.array(sorted(MISSING_MARKS), type=kind)
    for kind in (pa.string(), pa.large_string())
}


class DoubtfulDecimalsError(Exception):
    """Numbers that may be read in two ways; the caller names their table."""


def decide_decimal(
    counts: Sequence[DecimalCounts], *, stated: DecimalHabit | None = None
) -> DecimalHabit | None:
    """The habit of a table whose columns have *counts*; None where nothing shows one.

    Raises DoubtfulDecimalsError with words that name columns by their position, where
    cells contradict each other or the stated habit, or where ``1.250`` stands and no
    cell shows how it is meant.
    """
    shown = {n: c for n, c in enumerate(counts, start=1) if c.shows()}
    comma = sum(c.comma for c in shown.values())
    point = sum(c.point for c in shown.values())
    if stated is not None:
        _refuse_if_contradicted(shown, comma, point, stated=stated)
        return stated
    if comma > CLEARLY * point:
        habit: DecimalHabit | None = "comma"
    elif point > CLEARLY * comma:
        habit = "point"
    elif comma:
        raise DoubtfulDecimalsError(
            f"decimals are parted by a comma in {_columns(shown, 'comma')} and by a "
            f"point in {_columns(shown, 'point')}. {REMEDY}"
        )
    else:
        habit = None
    if doubtful := [n for n, c in shown.items() if _is_doubtful(c, habit)]:
        raise DoubtfulDecimalsError(
            "the points or commas in the numbers of "
            f"{_named(doubtful)} may be decimals or part thousands. {REMEDY}"
        )
    return habit


def _refuse_if_contradicted(
    shown: "dict[int, DecimalCounts]", comma: int, point: int, *, stated: DecimalHabit
) -> None:
    other: DecimalHabit = "point" if stated == "comma" else "comma"
    found = {"comma": comma, "point": point}
    if found[other] > CLEARLY * found[stated]:
        raise DoubtfulDecimalsError(
            f"the stated decimal is a {stated}, but numbers have a {other} in "
            f"{_columns(shown, other)}. State what the table has."
        )


def _is_doubtful(counts: DecimalCounts, habit: DecimalHabit | None) -> bool:
    """Whether ``1.250`` stands in a column, and what it means cannot be told."""
    if not counts.either_way or habit is None:
        return bool(counts.either_way)
    own, other = counts.comma, counts.point
    return (other > own) if habit == "comma" else (own > other)


def _columns(shown: "dict[int, DecimalCounts]", mark: DecimalHabit) -> str:
    return _named([n for n, c in shown.items() if getattr(c, mark)])


def _named(positions: Sequence[int]) -> str:
    few = ", ".join(map(str, positions[:5])) + (" …" if len(positions) > 5 else "")
    return f"column {few}" if len(positions) == 1 else f"columns {few}"


def ungroup(texts: pa.Array, decimal: DecimalHabit | None) -> pa.Array:
    """Texts in which no mark parts thousands any more: ``1.250`` becomes ``1250``.

    Every cell that is a number reads by itself then, as *decimal* says of its table.
    """
    if decimal is None:
        return texts
    mark, parted = _PARTED[decimal]
    if not has_mark(texts, mark.encode()):
        return texts
    found = pc.match_substring_regex(texts, parted)
    return pc.if_else(found, pc.replace_substring(texts, mark, ""), texts)


def plain_numbers(
    table: pd.DataFrame, columns: Iterable[str], *, file: str
) -> pd.DataFrame:
    """*table* with the numbers in *columns* written so that each reads by itself.

    The habit is one for the table: ``1.250`` beside ``12,5`` becomes ``1250``,
    whichever columns they stand in. A table that one of the readers made (its index is
    named ``line``) has been looked at as a whole, and comes back as it is. Raises
    TableError, with columns by position, where the cells do not show one habit.
    """
    if table.index.name == LINE:
        return table
    once = [name for name in columns if list(table.columns).count(name) == 1]
    names = [name for name in once if _is_text(table[name])]
    texts = {name: texts_of(table[name]) for name in names}
    counts = {str(name): DecimalCounts() for name in table.columns}
    for name, held in texts.items():
        counts[name].add(held)
    try:
        decimal = decide_decimal(list(counts.values()))
    except DoubtfulDecimalsError as doubt:
        words = str(doubt).replace(REMEDY, "Give numbers, or texts of one habit.")
        raise TableError(f"{file}: {words}") from None
    plain = {
        name: pd.Series(pd.array(ungroup(held, decimal), dtype="str"), table.index)
        for name, held in texts.items()
        if has_mark(held, b",.")
    }
    return table.assign(**plain) if plain else table


def _is_text(column: "pd.Series[Any]") -> bool:
    """Whether numbers may stand in the column as texts."""
    kind = column.dtype
    if isinstance(kind, pd.CategoricalDtype):
        kind = kind.categories.dtype
    objects = isinstance(kind, np.dtype) and kind.kind == "O"
    return objects or isinstance(kind, pd.StringDtype) or _is_arrow_text(kind)


def _is_arrow_text(kind: object) -> bool:
    if not isinstance(kind, pd.ArrowDtype):
        return False
    held = kind.pyarrow_dtype
    return bool(pa.types.is_string(held) or pa.types.is_large_string(held))
