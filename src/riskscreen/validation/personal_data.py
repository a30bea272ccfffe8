"""Finding person numbers, and headings that name a person, in a delivery.

What one cell is, person_numbers.py says; what a heading is, headings.py. Here a column
is searched, and what is found has its price: a row, a note, or the whole file. The
share that a column holds is of the whole file, so parts are counted, then judged.
"""

import re
from collections.abc import Collection, Hashable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from types import MappingProxyType
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from riskscreen.array_tables import Mask, mark_missing, take_cells
from riskscreen.errors import PersonalDataError
from riskscreen.headings import find_personal_kind, is_refused
from riskscreen.person_numbers import (
    MASKED,
    MOMENT_ALONE,
    SHORTEST,
    SHORTEST_WRITTEN,
    SIEVE,
    SIEVE_OF_ODD_TEXTS,
    holds_person_number,
)
from riskscreen.validation.cells import (
    FEW,
    Column,
    is_object,
    list_texts,
    to_floats,
    to_texts,
)

HOLDS_ONE = "holds a person number"
FEWEST_ROWS = 5
"""Fewer rows never refuse a file."""
MOST_OF_A_COLUMN = 0.1
"""A larger share of the cells that hold something is no slip of a keyboard."""
MOST_EXCUSED = 0.2
"""From this share on [keys] excuses nothing: random digits begin with a day in a ninth.
"""
_LEAST = 10.0 ** (SHORTEST - 1)
"""The least number that has as many digits as a person number."""
_BARE = r"^\s*(?P<digits>[0-9]{9,10})\s*$"


@dataclass(frozen=True, slots=True)
class ColumnCount:
    """Cells of a column that hold something, a person number, or one that is excused.

    ``name`` is its own only where the column is declared.
    """

    name: str
    declared: bool
    cells: int
    held: int
    excused: int = 0


@dataclass(frozen=True, slots=True)
class PersonalData:
    """What was found in a table or a part of one.

    ``counts`` has every column in its place; ``masks`` the rows of declared columns
    that hold one, as arrays of truths; ``notes`` are of headings.
    """

    counts: tuple[ColumnCount, ...] = ()
    notes: tuple[str, ...] = ()
    masks: Mapping[str, Any] = field(default_factory=dict)

    def mask_key(self, name: str, keys: Any) -> Any:
        """Return the array *keys* of *name*, MASKED where one is a person number."""
        if name not in self.masks:
            return keys
        masked = keys.copy()
        masked[self.masks[name]] = MASKED
        return masked

    def without_rows(self) -> "PersonalData":
        """Return the counts and notes alone, for whoever keeps them of every part."""
        return PersonalData(self.counts, self.notes)


def find_personal_data(
    table: Iterable[tuple[Hashable, Column]],
    *,
    file: str,
    declared: Collection[str] = (),
    patterns: Mapping[str, re.Pattern[str]] = MappingProxyType({}),
    later: Collection[str] = (),
) -> PersonalData:
    """Find what *table*, which may be a part, names or holds of persons.

    It comes as its headings with their columns. All cells are searched but those of the
    columns *later*, whose turn comes later. *declared* are the columns that are read.
    Bare digits that keep the form of their column in *patterns* are excused, and
    counted. Raises PersonalDataError for a heading that is a person number, or names a
    person.
    """
    counts, notes, masks = [], list[str](), dict[str, Mask]()
    for position, (heading, column) in enumerate(table, start=1):
        name, where = str(heading), f"column {position}"
        is_read = name in declared
        notes += _judge_heading(name, file=file, where=where, read=is_read)
        if name in later:
            counts.append(ColumnCount(where, declared=False, cells=0, held=0))
            continue
        held_in = take_cells(column)
        search = _search_few if len(held_in) <= FEW else _search
        mask, cells = search(held_in)
        held = excused = 0
        if mask.any():  # hardly ever
            spared = _find_excused(held_in, mask, patterns.get(name))
            mask &= ~spared
            held, excused = int(mask.sum()), int(spared.sum())
        if is_read and held:
            masks[name] = masks[name] | mask if name in masks else mask
        count = ColumnCount(
            name if is_read else where,
            declared=is_read,
            cells=cells,
            held=held,
            excused=excused,
        )
        counts.append(count)
    return PersonalData(tuple(counts), tuple(notes), masks)


def _search(cells: Any) -> tuple[Mask, int]:
    """Return which cells hold a person number, and how many hold something."""
    if not (isinstance(cells.dtype, pd.StringDtype) or is_object(cells.dtype)):
        return mark_person_numbers(cells), int((~mark_missing(cells)).sum())
    texts = to_texts(cells)
    filled = pc.not_equal(texts, pa.scalar("", pa.large_string()))
    return _search_texts(texts), int(pc.sum(filled, min_count=0).as_py())


def _search_few(cells: Any) -> tuple[Mask, int]:
    """Return what _search does of few cells, which are read one by one."""
    kind = cells.dtype
    if isinstance(kind, pd.StringDtype) or is_object(kind):
        texts = list_texts(cells)
        return _search_each(texts), sum(map(bool, texts))
    if isinstance(cells, np.ndarray) and kind.kind in "biuf":
        filled = [value for value in cells.tolist() if value == value]  # noqa: PLR0124
        if all(abs(value) < _LEAST for value in filled):
            return np.zeros(len(cells), dtype=bool), len(filled)
    return _search(cells)


def _judge_heading(name: str, *, file: str, where: str, read: bool) -> list[str]:
    """Return notes of a heading, or raise PersonalDataError; neither shows it."""
    holds_one, named = _look_at_heading(name)
    if holds_one:
        raise PersonalDataError(
            f"{file}: the heading of {where} holds a person number; the line of column "
            "names is missing, or names a person. Nothing was written. Put column "
            "names in the first line."
        )
    kind = None if read else named
    if is_refused(kind):
        # The name is a heading, but a file without headings has a row in its place.
        raise PersonalDataError(
            f"{file}: {where} is named as personal data ({kind}). Nothing was "
            "written. Remove the column and deliver the file again."
        )
    if kind is None:
        return []
    return [
        f"{where} is named as personal data ({kind}) and never read: leave it out "
        "at the source"
    ]


# The forms of a site send the same headings with each case.
@lru_cache(maxsize=1_000)
def _look_at_heading(name: str) -> tuple[bool, str | None]:
    """Return whether a heading holds a person number, and which kind it names."""
    return holds_person_number(name), find_personal_kind(name)


def judge_personal_data(parts: Iterable[PersonalData], *, file: str) -> tuple[str, ...]:
    """Return what there is to tell of the *parts* of one table together.

    Raises PersonalDataError where person numbers stand in more than MOST_OF_A_COLUMN of
    a column and at least FEWEST_ROWS rows, or where what [keys] would excuse begins
    with a day as often as person numbers do.
    """
    parts = list(parts)
    notes = dict.fromkeys(note for part in parts for note in part.notes)
    for column in zip(*(part.counts for part in parts), strict=True):
        if not any(part.held or part.excused for part in column):
            continue
        count = replace(
            column[0],
            cells=sum(part.cells for part in column),
            held=sum(part.held for part in column),
            excused=sum(part.excused for part in column),
        )
        _refuse(count, file=file)
        if count.held and not count.declared:
            words = (
                f"{count.name} is not declared, so never read, and holds a person "
                f"number in {count.held} cell(s): leave it out at the source"
            )
            notes[words] = None
    return tuple(notes)


def _refuse(count: ColumnCount, *, file: str) -> None:
    """Raise PersonalDataError where a column holds too many to be slips."""
    if count.held >= FEWEST_ROWS and count.held > MOST_OF_A_COLUMN * count.cells:
        raise PersonalDataError(
            f"{file}: {count.name} holds person numbers in {count.held} of its "
            f"{count.cells} cells. Nothing was written. Replace them by pseudonyms "
            "(riskscreen pseudonymise) and deliver again. If they are keys of digits "
            "alone that only look like person numbers, state their form under [keys] "
            "in site.toml."
        )
    if count.excused >= FEWEST_ROWS and count.excused >= MOST_EXCUSED * count.cells:
        raise PersonalDataError(
            f"{file}: {count.excused} of {count.cells} values of {count.name} begin "
            "with a day, as person numbers do, so their form under [keys] in site.toml "
            "excuses none. Nothing was written. Replace them by pseudonyms and deliver "
            "the file again."
        )


def _find_excused(cells: Any, mask: Mask, pattern: re.Pattern[str] | None) -> Mask:
    """Find which marked cells are bare digits of the form that is stated for them."""
    excused = np.zeros(len(cells), dtype=bool)
    if pattern is None:
        return excused
    rows = np.flatnonzero(mask)
    texts = to_texts(cells[rows])
    bare = pc.extract_regex(texts, _BARE)
    digits = (match and match["digits"] for match in bare.to_pylist())
    fits = [d is not None and pattern.fullmatch(d) is not None for d in digits]
    excused[rows[np.array(fits, dtype=bool)]] = True
    return excused


def mark_person_numbers(column: Column) -> Mask:
    """Return which cells of *column* hold a Danish person number with a possible date.

    Whole numbers, floats among them, are looked at as their digits.
    """
    cells = take_cells(column)
    kind = cells.dtype
    if isinstance(kind, pd.CategoricalDtype):
        of_levels = mark_person_numbers(cells.categories)
        return cast("Mask", np.append(of_levels, np.False_)[cells.codes])
    if pd.api.types.is_bool_dtype(kind) or pd.api.types.is_datetime64_any_dtype(kind):
        return np.zeros(len(cells), dtype=bool)
    if pd.api.types.is_numeric_dtype(kind):
        return _search_numbers(to_floats(cells))
    return _search_texts(to_texts(cells))


def _search_texts(texts: pa.Array) -> Mask:
    if len(texts) <= FEW:
        return _search_each(texts.to_pylist())
    nowhere = np.zeros(len(texts), dtype=bool)
    longest = pc.max(pc.binary_length(texts)).as_py()
    if longest is None or longest < SHORTEST_WRITTEN:
        return nowhere
    # The sieves let through what may be one; holds_person_number decides.
    suspected = pc.match_substring_regex(texts, SIEVE)
    ascii_only = pc.string_is_ascii(texts)
    if not pc.all(ascii_only, min_count=0).as_py():
        odd = pc.match_substring_regex(texts, SIEVE_OF_ODD_TEXTS)
        suspected = pc.or_(suspected, pc.and_(pc.invert(ascii_only), odd))
    filled = pc.fill_null(suspected, fill_value=False)
    rows = np.flatnonzero(filled.to_numpy(zero_copy_only=False))
    if not len(rows):
        return nowhere
    found = texts.take(pa.array(rows))
    moments = pc.match_substring_regex(found, MOMENT_ALONE)
    rows, found = rows[~np.asarray(moments)], found.filter(pc.invert(moments))
    encoded = found.dictionary_encode()
    holds = [holds_person_number(text) for text in encoded.dictionary.to_pylist()]
    codes = encoded.indices.to_numpy(zero_copy_only=False)
    nowhere[rows[np.array(holds, dtype=bool)[codes]]] = True
    return nowhere


def _search_each(texts: list[str | None]) -> Mask:
    held = (text is not None and holds_person_number(text) for text in texts)
    return np.fromiter(held, dtype=bool, count=len(texts))


def _search_numbers(values: npt.NDArray[np.float64]) -> Mask:
    mask = np.zeros(len(values), dtype=bool)
    with np.errstate(invalid="ignore"):
        suspected = (values >= _LEAST) & (values == np.floor(values))
        # Nine and ten digits with a month in its place, or twelve.
        month = values // 1e6 % 100
        in_a_year = (month >= 1) & (month <= 12) & (values < 1e10)
        suspected &= in_a_year | ((values >= 1e11) & (values < 1e12))
    rows = np.flatnonzero(suspected)
    distinct, codes = np.unique(values[rows].astype(np.int64), return_inverse=True)
    holds = [holds_person_number(str(number)) for number in distinct.tolist()]
    mask[rows[np.array(holds, dtype=bool)[codes]]] = True
    return mask
