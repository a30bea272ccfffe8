"""Delivered cells as arrays and as texts, before anybody reads a meaning in them.

Whatever holds them, a cell comes out as the text that a person would write for it.
"""

import unicodedata
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, TypeAlias, cast

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from pandas.arrays import ArrowStringArray

from riskscreen.array_tables import Mask, take_cells
from riskscreen.text_arrays import list_cells

Column: TypeAlias = Any
"""A column of a table, or its array (take_cells)."""

MISSING_MARKS = frozenset(
    {"", ".", "NA", "N/A", "NULL", "None", "nan", "NaN", "NaT", "<NA>"}
)
"""Texts that mean "not filled in": blank, SAS's dot, and what programs write."""
FEW = 20
"""So few cells are read one by one, by the same rules, sooner than Arrow is asked: of a
case alone each call of it would cost more than the cell."""


def holds_dates(kind: Any) -> bool:
    """Return whether cells of the type *kind* are dates or moments."""
    return not isinstance(kind, pd.StringDtype) and bool(
        pd.api.types.is_datetime64_any_dtype(kind)
    )


def holds_numbers(kind: Any) -> bool:
    """Return whether cells of the type *kind* are numbers or truths."""
    if isinstance(kind, np.dtype):
        return kind.kind in "biufc"
    return not isinstance(kind, pd.StringDtype) and bool(
        pd.api.types.is_numeric_dtype(kind)
    )


def is_object(kind: Any) -> bool:
    """Return whether cells of the type *kind* may be anything."""
    return isinstance(kind, np.dtype) and kind.hasobject


def to_floats(cells: Any) -> npt.NDArray[np.float64]:
    """Return an array of numbers or truths as floats; what is missing is nan."""
    if isinstance(cells, np.ndarray):
        return cells.astype(np.float64)
    return cast(
        "npt.NDArray[np.float64]", cells.to_numpy(dtype=np.float64, na_value=np.nan)
    )


def without_categories(cells: Any) -> Any:
    """Return dates held as categories as the dates themselves."""
    if not isinstance(cells.dtype, pd.CategoricalDtype):
        return cells
    kind = cells.categories.dtype
    return cells.astype(kind) if holds_dates(kind) else cells


@dataclass(frozen=True, slots=True)
class DistinctTexts:
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


def _format_value(value: object) -> str | None:
    """Return a value of a mixed column as the text a person would write for it."""
    if value is None or value is pd.NA or value is pd.NaT:
        return None
    if isinstance(value, float):
        return None if np.isnan(value) else np.format_float_positional(value, trim="-")
    if isinstance(value, Decimal):
        exact = None if value.is_nan() else format(value, "f")
        return exact.rstrip("0").rstrip(".") if exact and "." in exact else exact
    if isinstance(value, bytes):
        return value.decode("utf-8", errors="backslashreplace")
    if isinstance(value, pd.Timestamp) and not 1 <= value.year <= 9999:
        return str(value.to_datetime64())  # pandas writes no such year
    return str(value)


def _escape(text: str | None) -> str | None:
    return text and text.encode("utf-8", errors="backslashreplace").decode()


def to_texts(column: Column) -> pa.Array:
    """Convert to Arrow texts, untrimmed; whole numbers without a decimal point."""
    cells = take_cells(column)
    if isinstance(cells.dtype, pd.CategoricalDtype):
        kind = cells.categories.dtype
        texts = isinstance(kind, pd.StringDtype)
        # As objects, because whole numbers with a gap would become floats.
        cells = cells.astype(kind if texts else object)
    if isinstance(cells.dtype, pd.StringDtype):
        array = pa.array(cells, from_pandas=True)
    else:
        values = [_format_value(v) for v in cells.tolist()]
        try:
            array = pa.array(values, type=pa.large_string())
        except UnicodeEncodeError:  # halves of letters, as a damaged decoding leaves
            array = pa.array(map(_escape, values), type=pa.large_string())
    if isinstance(array, pa.ChunkedArray):
        array = array.combine_chunks()
    return array.cast(pa.large_string())


def list_texts(column: Column) -> list[str | None]:
    """List the few cells of *column* as to_texts would have them."""
    cells = take_cells(column)
    if isinstance(cells, ArrowStringArray):
        return list_cells(cells)
    return [_escape(_format_value(value)) for value in cells.tolist()]


def list_trimmed(column: Column, *, allowed: Collection[str] = ()) -> list[str | None]:
    """List the few cells of *column* as encode_texts would have them."""
    trimmed = [text and normalise_text(text).strip() for text in list_texts(column)]
    return [
        None if text in MISSING_MARKS and text not in allowed else text
        for text in trimmed
    ]


def normalise_text(text: str) -> str:
    """Compose letters (NFC), and remove what nobody can see."""
    if text.isascii():
        return text
    seen = (letter for letter in text if unicodedata.category(letter) != "Cf")
    return unicodedata.normalize("NFC", "".join(seen))


def normalise_letters(texts: pa.Array) -> pa.Array:
    """Compose letters (NFC), and remove what nobody can see."""
    if pc.all(pc.string_is_ascii(texts), min_count=0).as_py():
        return texts
    # Arrow's own utf8_normalize leaves a letter and its ring apart (pyarrow 25).
    encoded = pc.dictionary_encode(texts)
    plain = [*map(normalise_text, encoded.dictionary.to_pylist())]
    return pc.take(pa.array(plain, type=pa.large_string()), encoded.indices)


def is_among(column: Column, texts: Iterable[str]) -> Mask:
    """Find where *column* holds one of *texts*; pandas' isin goes through lists."""
    wanted = to_texts(texts) if isinstance(texts, pd.Series) else list(texts)
    if not len(wanted):
        return np.zeros(len(column), dtype=bool)
    values = pa.array(wanted, type=pa.large_string())
    among = pc.is_in(to_texts(column), value_set=values)
    return cast("Mask", among.to_numpy(zero_copy_only=False))


def encode_texts(
    column: Column, *, allowed: frozenset[str] = frozenset()
) -> DistinctTexts:
    """Encode the trimmed texts of *column*; marks of missing are, unless *allowed*."""
    encoded = pc.dictionary_encode(to_texts(column))
    trimmed = pc.utf8_trim_whitespace(normalise_letters(encoded.dictionary))
    marks = pa.array(sorted(MISSING_MARKS - allowed), type=pa.large_string())
    blank = pc.is_in(trimmed, value_set=marks).to_numpy(zero_copy_only=False)
    codes = (
        encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)
    )
    codes[(codes >= 0) & np.append(blank, np.False_)[codes]] = -1
    return DistinctTexts(trimmed, codes)


def encode_values(cells: Any) -> DistinctTexts:
    """Return the texts of *cells*; numbers as whole numbers where they are whole."""
    if not holds_numbers(cells.dtype):
        return encode_texts(cells)
    codes, distinct = pd.factorize(to_floats(cells))
    texts = pa.array(
        [_format_value(float(v)) for v in distinct], type=pa.large_string()
    )
    return DistinctTexts(texts, codes.astype(np.int64))


def list_values(cells: Any) -> list[str | None]:
    """List the few *cells* as encode_values would have them."""
    if not holds_numbers(cells.dtype):
        return list_trimmed(cells)
    return [*map(_format_value, to_floats(cells).tolist())]
