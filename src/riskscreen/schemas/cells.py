"""Delivered cells into dates, numbers, flags and texts, with Danish habits understood.

Every cell is read by itself: no neighbour, and no other row, has a say. So one case
alone gives what the same case gives among a million. Each distinct text is read once.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

Mask = npt.NDArray[np.bool_]

MISSING_MARKS = frozenset(
    {"", ".", "NA", "N/A", "NULL", "None", "nan", "NaN", "NaT", "<NA>"}
)
"""Texts that mean "not filled in": blank, SAS's dot, and what programs write."""
YEARS = (1900, 2100)
"""Dates outside are slips of the hand or stand for "never" (9999-12-31)."""

_ISO = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ][0-9:.]+)?Z?", re.ASCII)
_DANISH = re.compile(r"(\d{1,2})[-./](\d{1,2})[-./](\d{4})(?: [0-9:.]+)?", re.ASCII)
_FAR = r"(2[1-9]|[3-9][0-9])[0-9]{2}"
_FAR_YEAR = rf"^({_FAR}-[0-9-]+|[0-9]+[-./][0-9]+[-./]{_FAR})([ T].*)?$"
_NUMBER = r"^[+-]?([0-9]+([.,][0-9]+)?|[.,][0-9]+)([eE][+-]?[0-9]+)?$"
_THOUSANDS = r"^[+-]?[0-9]{1,3}(\.[0-9]{3})+,[0-9]+$"
_YES = frozenset({"ja", "j", "true", "t", "sand", "yes", "y", "1", "1.0"})
_NO = frozenset({"nej", "n", "false", "f", "falsk", "no", "0", "0.0"})


@dataclass(frozen=True, slots=True)
class Cells:
    """One column as read: missing where nothing stood, ``wrong`` where not sensible.

    A wrong cell is missing in ``values`` too.
    """

    values: "pd.Series[Any]"
    wrong: Mask

    def missing(self) -> Mask:
        """Where nothing stood."""
        return self.values.isna().to_numpy(dtype=bool) & ~self.wrong


@dataclass(frozen=True, slots=True)
class _Distinct:
    """The different texts of a column, and for each row which one (-1: missing)."""

    texts: pa.Array
    codes: npt.NDArray[np.int64]

    def spread(
        self, of_texts: npt.NDArray[Any], *, missing: object
    ) -> npt.NDArray[Any]:
        """For every row what *of_texts* says about its text."""
        return np.append(of_texts, np.array([missing], dtype=of_texts.dtype))[
            self.codes
        ]


def _as_text(value: object) -> str | None:
    """A value of a mixed column as the text a person would write for it."""
    if value is None or value is pd.NA or value is pd.NaT:
        return None
    if isinstance(value, float):
        return None if np.isnan(value) else np.format_float_positional(value, trim="-")
    return str(value)


def texts_of(column: "pd.Series[Any]") -> pa.Array:
    """The column as Arrow texts, untrimmed; whole numbers without a decimal point."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        column = column.astype(column.cat.categories.dtype)
    if isinstance(column.dtype, pd.StringDtype):
        found = pa.array(column, from_pandas=True)
    else:
        found = pa.array([_as_text(v) for v in column.tolist()], type=pa.large_string())
    if isinstance(found, pa.ChunkedArray):
        found = found.combine_chunks()
    return found.cast(pa.large_string())


def is_among(column: "pd.Series[Any]", texts: Iterable[str]) -> Mask:
    """Where *column* holds one of *texts*; pandas' isin goes through Python lists."""
    wanted = texts_of(texts) if isinstance(texts, pd.Series) else list(texts)
    held = pa.array(wanted, type=pa.large_string())
    found = pc.is_in(texts_of(column), value_set=held)
    return cast("Mask", found.to_numpy(zero_copy_only=False))


def _distinct(
    column: "pd.Series[Any]", *, allowed: frozenset[str] = frozenset()
) -> _Distinct:
    """The trimmed texts of *column*; missing marks are missing unless *allowed*."""
    encoded = pc.dictionary_encode(texts_of(column))
    trimmed = pc.utf8_trim_whitespace(encoded.dictionary)
    marks = pa.array(sorted(MISSING_MARKS - allowed), type=pa.large_string())
    blank = pc.is_in(trimmed, value_set=marks).to_numpy(zero_copy_only=False)
    codes = (
        encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)
    )
    codes[(codes >= 0) & np.append(blank, np.False_)[codes]] = -1
    return _Distinct(trimmed, codes)


def read_dates(column: "pd.Series[Any]") -> Cells:
    """Days from ``yyyy-mm-dd`` and from ``dd-mm-yyyy`` (also with dots or slashes).

    The day comes before the month, as in Danish; a time of day is cut off.
    """
    if pd.api.types.is_datetime64_any_dtype(column.dtype):
        return _within_years(_to_whole_days(column))
    if pd.api.types.is_numeric_dtype(column.dtype):
        return _nothing_readable(column)
    found = _distinct(column)
    days = np.array([_day(text) for text in found.texts.to_pylist()], "datetime64[D]")
    values = found.spread(days, missing="NaT").astype("datetime64[us]")
    return _series(column, values, wrong=np.isnat(values) & (found.codes >= 0))


def _to_whole_days(column: "pd.Series[Any]") -> "pd.Series[Any]":
    naive = column.dt.tz_localize(None) if column.dt.tz is not None else column
    days: pd.Series[Any] = naive.dt.normalize().astype("datetime64[us]")
    return days


def _within_years(days: "pd.Series[Any]") -> Cells:
    first, last = (np.datetime64(f"{year}-01-01") for year in YEARS)
    wrong = ((days < first) | (days >= last)).to_numpy(dtype=bool)
    return Cells(days.mask(wrong) if wrong.any() else days, wrong)


def _day(text: str | None) -> str | None:
    """*text* as yyyy-mm-dd, or None if it is not a date that exists."""
    if found := _ISO.fullmatch(text or ""):
        year, month, day = found.groups()
    elif found := _DANISH.fullmatch(text or ""):
        day, month, year = found.groups()
    else:
        return None
    try:
        read = date(int(year), int(month), int(day))
    except ValueError:
        return None
    return read.isoformat() if YEARS[0] <= read.year < YEARS[1] else None


def never_ends(column: "pd.Series[Any]") -> Mask:
    """Where the cell is a year far ahead, as registers write "no end yet"."""
    if pd.api.types.is_datetime64_any_dtype(column.dtype):
        far = column.dt.year.ge(YEARS[1])
        return cast("Mask", far.fillna(value=False).to_numpy(dtype=bool))
    if pd.api.types.is_numeric_dtype(column.dtype):
        return np.zeros(len(column), dtype=bool)
    found = _distinct(column)
    far_texts = pc.match_substring_regex(found.texts, _FAR_YEAR)
    return found.spread(far_texts.to_numpy(zero_copy_only=False), missing=False)


def read_numbers(column: "pd.Series[Any]") -> Cells:
    """Numbers with decimal point or comma; with both, the points part thousands."""
    if pd.api.types.is_numeric_dtype(column.dtype) or column.dtype == bool:
        values = column.to_numpy(dtype=np.float64, na_value=np.nan)
        wrong = np.isinf(values)
        return _series(column, np.where(wrong, np.nan, values), wrong=wrong)
    if pd.api.types.is_datetime64_any_dtype(column.dtype):
        return _nothing_readable(column)
    found = _distinct(column)
    values = found.spread(_numbers(found.texts), missing=np.nan)
    return _series(column, values, wrong=np.isnan(values) & (found.codes >= 0))


def _numbers(texts: pa.Array) -> npt.NDArray[np.float64]:
    thousands = pc.match_substring_regex(texts, _THOUSANDS)
    plain = pc.if_else(thousands, pc.replace_substring(texts, ".", ""), texts)
    plain = pc.replace_substring(plain, ",", ".")
    readable = pc.match_substring_regex(plain, _NUMBER)
    kept = pc.if_else(readable, plain, pa.scalar(None, pa.large_string()))
    # A leading plus sign is a number to people but not to Arrow.
    values = pc.cast(pc.utf8_ltrim(kept, "+"), pa.float64())
    read = values.fill_null(np.nan).to_numpy(zero_copy_only=False)
    return np.where(np.isinf(read), np.nan, read)


def read_flags(column: "pd.Series[Any]") -> Cells:
    """1.0 for yes, 0.0 for no: ja/nej, J/N, true/false, yes/no, 1/0, any case."""
    if column.dtype == bool or isinstance(column.dtype, pd.BooleanDtype):
        values = column.to_numpy(dtype=np.float64, na_value=np.nan)
        return _series(column, values, wrong=np.zeros(len(values), dtype=bool))
    if pd.api.types.is_numeric_dtype(column.dtype):
        values = column.to_numpy(dtype=np.float64, na_value=np.nan)
        wrong = ~(np.isnan(values) | (values == 0) | (values == 1))
        return _series(column, np.where(wrong, np.nan, values), wrong=wrong)
    found = _distinct(column)
    read = np.array([_flag(text) for text in found.texts.to_pylist()], dtype=np.float64)
    values = found.spread(read, missing=np.nan)
    return _series(column, values, wrong=np.isnan(values) & (found.codes >= 0))


def _flag(text: str) -> float:
    plain = text.lower()
    return 1.0 if plain in _YES else 0.0 if plain in _NO else np.nan


def read_texts(column: "pd.Series[Any]") -> Cells:
    """Trimmed texts; whole numbers without a decimal point; blank is missing."""
    # Identifiers hardly repeat, so telling the distinct ones apart would cost more.
    trimmed = pc.utf8_trim_whitespace(texts_of(column))
    marks = pa.array(sorted(MISSING_MARKS), type=pa.large_string())
    nothing = pa.scalar(None, pa.large_string())
    values = pc.if_else(pc.is_in(trimmed, value_set=marks), nothing, trimmed)
    return _series(column, values, wrong=np.zeros(len(column), dtype=bool))


def read_categories(column: "pd.Series[Any]", *, allowed: tuple[str, ...]) -> Cells:
    """Trimmed texts that are one of *allowed*, spelt exactly so; others are wrong."""
    found = _distinct(column, allowed=frozenset(allowed))
    known = pc.is_in(found.texts, value_set=pa.array(allowed, type=pa.large_string()))
    readable = known.to_numpy(zero_copy_only=False)
    wrong = ~found.spread(readable, missing=True)
    return _series(column, _texts_at(found, readable=readable), wrong=wrong)


def _texts_at(found: _Distinct, *, readable: Mask) -> pa.Array:
    texts = pc.if_else(
        pa.array(readable), found.texts, pa.scalar(None, pa.large_string())
    )
    absent = pa.array(found.codes < 0)
    return pc.take(texts, pc.if_else(absent, None, pa.array(found.codes)))


def _series(column: "pd.Series[Any]", values: Any, *, wrong: Mask) -> Cells:
    dtype = "str" if isinstance(values, pa.Array) else None
    data = pd.array(values, dtype="str") if dtype else values
    return Cells(pd.Series(data, index=column.index, name=column.name), wrong)


def _nothing_readable(column: "pd.Series[Any]") -> Cells:
    """A column of another kind altogether: what is there is wrong, cell by cell."""
    values = np.full(len(column), np.datetime64("NaT"), dtype="datetime64[us]")
    return _series(column, values, wrong=column.notna().to_numpy())
