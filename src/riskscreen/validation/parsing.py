"""Delivered cells into dates, numbers, flags and texts, as Danish systems write them.

Every cell is read by itself: no neighbour, and no other row, has a say. So one case
alone gives what the same case gives among a million. Each distinct text is read once.
"""

from dataclasses import dataclass, replace
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from riskscreen.array_tables import Mask, mark_missing, take_cells
from riskscreen.hand_written import NO, YES
from riskscreen.text_arrays import build_texts, wrap_texts
from riskscreen.timeline import find_danish_midnights, to_danish_days
from riskscreen.validation.cells import (
    FEW,
    MISSING_MARKS,
    Column,
    encode_texts,
    encode_values,
    holds_dates,
    holds_numbers,
    list_trimmed,
    list_values,
    normalise_letters,
    normalise_text,
    to_floats,
    to_texts,
    without_categories,
)
from riskscreen.validation.dates import (
    NOT_FILLED_IN,
    YEARS,
    describe_unread,
    is_far_ahead,
    read_day,
)

_NUMBER = r"^[+-]?([0-9]+([.,][0-9]+)?|[.,][0-9]+)([eE][+-]?[0-9]+)?$"
_MINUS_LAST = r"^([0-9][0-9.,]*)-$"
_APART = "[ \u00a0\u2009\u202f'\u2019]"
"""Blanks and apostrophes that part thousands; no decimals are written so."""
_GROUPED = {
    _APART: rf"^[+-]?[0-9]{{1,3}}({_APART}[0-9]{{3}})+([.,][0-9]+)?$",
    r"\.": r"^[+-]?([0-9]{1,3}(\.[0-9]{3})+,[0-9]+|[1-9][0-9]{0,2}(\.[0-9]{3}){2,})$",
    ",": r"^[+-]?([0-9]{1,3}(,[0-9]{3})+\.[0-9]+|[1-9][0-9]{0,2}(,[0-9]{3}){2,})$",
}
"""Marks that part thousands, and the numbers in which they can mean nothing else."""


@dataclass(frozen=True, slots=True)
class ParsedColumn:
    """One column as read: missing where nothing stood, ``wrong`` where not sensible.

    A wrong cell is missing in ``cells`` too: an array of numpy, or of TEXT.
    """

    cells: Any
    wrong: Mask
    index: "pd.Index[Any] | None" = None
    name: Any = None

    @property
    def values(self) -> "pd.Series[Any]":
        """The cells as a column of the table that they were read from."""
        return pd.Series(self.cells, index=self.index, name=self.name)

    def find_missing(self) -> Mask:
        """Return where nothing stood."""
        return mark_missing(self.cells) & ~self.wrong


def read_dates(column: Column) -> ParsedColumn:
    """Read days from dates and moments of any type, and from texts as dates.py does.

    A moment with a zone is the day that it was in Denmark. The time of day of one
    without is cut off; where it is midnight in Denmark if it is UTC, it is wrong.
    1900-01-01 and 1899-12-30 and -31 are not filled in: missing. Whole numbers are days
    only as ``yyyymmdd``.
    """
    cells = without_categories(take_cells(column))
    if holds_dates(cells.dtype):
        moments = to_danish_days(pd.Series(cells)).to_numpy()
        first, end = (np.datetime64(f"{year}-01-01") for year in YEARS)
        wrong = (moments < first) | (moments >= end)
        wrong |= find_danish_midnights(pd.Series(cells))
        return _blank_out(column, moments, wrong=wrong & ~_is_sentinel(moments))
    if len(cells) <= FEW:
        few = list_values(cells)
        read = np.array([text and read_day(text) for text in few], "datetime64[D]")
        stands = np.array([text is not None for text in few], dtype=np.bool_)
        wrong = np.isnat(read) & stands
        return _blank_out(column, read.astype("datetime64[us]"), wrong=wrong)
    distinct = encode_values(cells)
    texts = distinct.texts.to_pylist()
    days_of = np.array([read_day(text or "") for text in texts], "datetime64[D]")
    values = distinct.spread(days_of, missing="NaT").astype("datetime64[us]")
    return _blank_out(column, values, wrong=np.isnat(values) & (distinct.codes >= 0))


_SENTINELS = tuple(np.datetime64(day, "us") for day in sorted(NOT_FILLED_IN))


def _is_sentinel(days: npt.NDArray[np.datetime64]) -> Mask:
    first, *others = (days == day for day in _SENTINELS)
    return cast("Mask", np.logical_or.reduce([first, *others]))


def _blank_out(
    column: Column, days: npt.NDArray[np.datetime64], *, wrong: Mask
) -> ParsedColumn:
    """Return *days*, missing where wrong or where they mean "not filled in"."""
    nothing = wrong | _is_sentinel(days)
    if nothing.any():
        days = np.where(nothing, np.datetime64("NaT"), days)
    return build_column(column, days, wrong=wrong)


def read_end_dates(column: Column) -> ParsedColumn:
    """Read dates of which one may be never, as registers write it: then it is none."""
    parsed = read_dates(column)
    if not parsed.wrong.any():
        return parsed
    return replace(parsed, wrong=parsed.wrong & ~is_far_future(column))


def is_far_future(column: Column) -> Mask:
    """Return where the cell is a year from 2100 on, or infinity: "no end yet"."""
    cells = without_categories(take_cells(column))
    if holds_dates(cells.dtype):
        last = np.datetime64(f"{YEARS[1]}-01-01")
        return np.asarray(to_danish_days(pd.Series(cells)).to_numpy() >= last)
    distinct = encode_values(cells)
    far_texts = [is_far_ahead(text or "") for text in distinct.texts.to_pylist()]
    return distinct.spread(np.array(far_texts, dtype=bool), missing=False)


def describe_unread_dates(column: Column) -> str:
    """Describe what the cells of *column* that are no dates look like, and the remedy.

    Such as "they look like Excel day numbers: format the column as yyyy-mm-dd"; empty
    where every cell is read. No cell is quoted.
    """
    cells = without_categories(take_cells(column))
    wrong = read_dates(cells).wrong
    if not wrong.any():
        return ""
    if holds_dates(cells.dtype):
        midnights = int(find_danish_midnights(pd.Series(cells))[wrong].sum())
        others = int(wrong.sum()) - midnights
        return describe_unread({"2024-12-15 23:00": midnights, "9999-12-31": others})
    distinct = encode_values(cells)
    counts = np.bincount(distinct.codes[wrong], minlength=len(distinct.texts))
    texts = zip(distinct.texts.to_pylist(), counts.tolist(), strict=True)
    return describe_unread({text: n for text, n in texts if n})


def read_numbers(column: Column) -> ParsedColumn:
    """Return numbers, with decimal point or comma, as far as they cannot be misread.

    Points, commas, blanks or apostrophes between groups of three part thousands where
    they can mean nothing else (``1.234,5``, ``1,234.5``, ``1 250``); one minus may
    stand last. ``1.250`` alone is 1.25: decimals.py looks at the whole table first. Per
    cent, units and infinity are wrong.
    """
    cells = take_cells(column)
    if holds_numbers(cells.dtype):
        values = to_floats(cells)
        wrong = np.isinf(values)
        return build_column(column, np.where(wrong, np.nan, values), wrong=wrong)
    if holds_dates(cells.dtype):
        nothing = np.full(len(cells), np.nan)
        return build_column(column, nothing, wrong=~mark_missing(cells))
    if len(cells) <= FEW:
        few = list_trimmed(cells)
        stands = np.array([text is not None for text in few], dtype=np.bool_)
        values = np.full(len(cells), np.nan)
        if stands.any():
            texts = pa.array([text or "" for text in few], type=pa.large_string())
            values = _parse_numbers(texts)
        return build_column(column, values, wrong=np.isnan(values) & stands)
    distinct = encode_texts(cells)
    values = distinct.spread(_parse_numbers(distinct.texts), missing=np.nan)
    return build_column(column, values, wrong=np.isnan(values) & (distinct.codes >= 0))


def _parse_numbers(texts: pa.Array) -> npt.NDArray[np.float64]:
    """Read numbers, those that part thousands or have their minus last once more."""
    values = _parse_plain_numbers(texts)
    unread = np.flatnonzero(np.isnan(values))
    if not len(unread):
        return values
    texts = texts.take(pa.array(unread))
    texts = pc.replace_substring(texts, "\u2212", "-")
    texts = pc.replace_substring_regex(texts, _MINUS_LAST, r"-\1")
    for mark, grouped in _GROUPED.items():
        joined = pc.replace_substring_regex(texts, mark, "")
        texts = pc.if_else(pc.match_substring_regex(texts, grouped), joined, texts)
    values[unread] = _parse_plain_numbers(texts)
    return values


def _parse_plain_numbers(texts: pa.Array) -> npt.NDArray[np.float64]:
    """Return numbers with one decimal mark at most; what is none is nan."""
    readable = pc.match_substring_regex(texts, _NUMBER)
    plain = pc.if_else(readable, texts, pa.scalar(None, pa.large_string()))
    # A leading plus sign is a number to people but not to Arrow.
    plain = pc.utf8_ltrim(pc.replace_substring(plain, ",", "."), "+")
    read = pc.cast(plain, pa.float64()).fill_null(np.nan)
    values = read.to_numpy(zero_copy_only=False)
    return np.where(np.isinf(values), np.nan, values)


_FLAGS = dict.fromkeys(YES, 1.0) | dict.fromkeys(NO, 0.0)


def read_flags(column: Column) -> ParsedColumn:
    """Read 1.0 for yes, 0.0 for no: ja/nej, J/N, true/false, yes/no, 1/0, any case."""
    cells = take_cells(column)
    if holds_numbers(cells.dtype):
        values = to_floats(cells)
        wrong = ~(np.isnan(values) | (values == 0) | (values == 1))
        return build_column(column, np.where(wrong, np.nan, values), wrong=wrong)
    if len(cells) <= FEW:
        texts = list_trimmed(cells)
        few = np.array([text and _FLAGS.get(text.lower()) for text in texts], float)
        stands = np.array([text is not None for text in texts], dtype=np.bool_)
        return build_column(column, few, wrong=np.isnan(few) & stands)
    distinct = encode_texts(cells)
    read = [_FLAGS.get(text.lower(), np.nan) for text in distinct.texts.to_pylist()]
    values = distinct.spread(np.array(read, dtype=np.float64), missing=np.nan)
    return build_column(column, values, wrong=np.isnan(values) & (distinct.codes >= 0))


def read_texts(column: Column) -> ParsedColumn:
    """Read trimmed texts; whole numbers without a decimal point; blank is missing."""
    if len(column) <= FEW:
        return build_column(
            column,
            build_texts(list_trimmed(column)),
            wrong=np.zeros(len(column), dtype=bool),
        )
    # Identifiers hardly repeat, so telling the distinct ones apart would cost more.
    trimmed = pc.utf8_trim_whitespace(normalise_letters(to_texts(column)))
    marks = pa.array(sorted(MISSING_MARKS), type=pa.large_string())
    nothing = pa.scalar(None, pa.large_string())
    values = pc.if_else(pc.is_in(trimmed, value_set=marks), nothing, trimmed)
    return build_column(column, values, wrong=np.zeros(len(column), dtype=bool))


def read_categories(column: Column, *, allowed: tuple[str, ...]) -> ParsedColumn:
    """Read trimmed texts, each one of *allowed* spelt exactly so; others are wrong."""
    if len(column) <= FEW:
        known_texts = {*map(normalise_text, allowed)}
        cells = list_trimmed(column, allowed=known_texts)
        found = [text if text in known_texts else None for text in cells]
        unknown = [text not in known_texts and text is not None for text in cells]
        return build_column(
            column, build_texts(found), wrong=np.array(unknown, dtype=bool)
        )
    levels = normalise_letters(pa.array(allowed, type=pa.large_string()))
    distinct = encode_texts(column, allowed=frozenset(levels.to_pylist()))
    known = pc.is_in(distinct.texts, value_set=levels)
    readable = known.to_numpy(zero_copy_only=False)
    wrong = ~distinct.spread(readable, missing=True)
    nothing = pa.scalar(None, pa.large_string())
    texts = pc.if_else(pa.array(readable), distinct.texts, nothing)
    places = pa.array(distinct.codes)
    places = pc.if_else(pa.array(distinct.codes < 0), None, places)
    return build_column(column, pc.take(texts, places), wrong=wrong)


def build_column(column: Column, cells: Any, *, wrong: Mask) -> ParsedColumn:
    """Return *cells* as what was read of *column*."""
    if isinstance(cells, pa.Array):
        cells = wrap_texts(cells)
    if isinstance(column, pd.Series):
        return ParsedColumn(cells, wrong, column.index, column.name)
    return ParsedColumn(cells, wrong)
