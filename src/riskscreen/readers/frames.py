"""Arrow's typed columns as pandas has them, with whole numbers that stay whole.

pandas itself makes floats of whole numbers as soon as one is missing, which rounds
identifiers beyond 2^53 and takes one citizen for another.
"""

from collections.abc import Sequence
from typing import Any

import pandas as pd
import pyarrow as pa

from riskscreen.errors import FileError
from riskscreen.readers.dialect import CellFormats
from riskscreen.validation.cells import to_texts

_EXACT = 2**53
"""Whole numbers below this are exact as floats."""


def to_frame(table: pa.Table, *, where: str, cells: CellFormats) -> pd.DataFrame:
    """Convert *table*, its texts written as *cells* says, so that each reads alone.

    Whole numbers are integers, with missing ones too, or text where they are larger
    than 64 bits; decimals that are all whole are whole numbers. Bytes and UUIDs become
    text. Raises FileError beginning with *where* for two columns of one name.
    """
    names = table.schema.names
    if len(set(names)) < len(names):
        raise FileError(f"{where}: two columns have the same name. Leave one of them.")
    made = {name: _convert(table.column(name), cells, name=name) for name in names}
    own = {name: column for name, column in made.items() if column is not None}
    others = [name for name in names if name not in own]
    # Dates as one array, not as a Python object each.
    frame: pd.DataFrame = table.select(others).to_pandas(
        ignore_metadata=True, date_as_object=False
    )
    if not own:
        return frame
    columns = {n: own[n] if n in own else frame[n] for n in names}
    return pd.DataFrame(columns, index=range(len(table)))


def list_text_columns(table: pa.Table) -> list[pa.Array | None]:
    """Return each column's texts as one array, or None where it holds none."""
    return [_to_texts(column) for column in table.columns]


def _to_texts(column: pa.ChunkedArray) -> pa.Array | None:
    kind = column.type
    kind = kind.value_type if pa.types.is_dictionary(kind) else kind
    is_text = pa.types.is_string(kind) or pa.types.is_large_string(kind)
    return column.cast(kind).combine_chunks() if is_text else None


def _convert(
    column: pa.ChunkedArray, cells: CellFormats, *, name: str
) -> "pd.Series[Any] | None":
    """Return the column where pandas would not keep what it holds, else None."""
    texts = _to_texts(column)
    if texts is not None:
        plain = cells.write_plainly(texts, name=name)
        return None if plain is texts else pd.Series(pd.array(plain, dtype="str"))
    if not pa.types.is_dictionary(column.type):
        return _convert_typed(column, own=bool(column.null_count))
    column = column.cast(column.type.value_type)
    values = _convert_typed(column, own=True)
    return column.to_pandas(date_as_object=False) if values is None else values


def _convert_typed(column: pa.ChunkedArray, *, own: bool) -> "pd.Series[Any] | None":
    """Return decimals, UUIDs and bytes; with *own* whole numbers and truths too."""
    kind, types = column.type, pa.types
    if types.is_decimal(kind):
        return _convert_decimals(column.combine_chunks())
    if getattr(kind, "extension_name", "") == "arrow.uuid":
        texts = [None if v is None else str(v) for v in column.to_pylist()]
        return pd.Series(texts, dtype="str")
    wide = types.is_large_binary(kind) or types.is_fixed_size_binary(kind)
    if wide or types.is_binary(kind):
        return pd.Series([_decode(v) for v in column.to_pylist()], dtype="str")
    if own and types.is_integer(kind):
        return _convert_integers(column.combine_chunks())
    if own and types.is_boolean(kind):
        truths: pd.Series[Any] = column.to_pandas().astype("boolean")
        return truths
    return None


def _convert_integers(column: pa.Array) -> "pd.Series[Any]":
    missing = column.is_null().to_numpy(zero_copy_only=False)
    values = column.fill_null(0).to_numpy(zero_copy_only=False)
    return pd.Series(pd.arrays.IntegerArray(values.copy(), missing.copy()))


def _convert_decimals(column: pa.Array) -> "pd.Series[Any]":
    """Return whole numbers if all are; else floats, or text where those would round."""
    try:
        whole = column.cast(pa.decimal128(38, 0))
    except pa.ArrowException:
        # By way of text: Arrow's own cast is one step of a float off for one in four.
        texts = column.cast(pa.string())
        floats: pd.Series[Any] = texts.cast(pa.float64()).to_pandas()
        if floats.abs().max() < _EXACT:
            return floats
        whole = to_texts(pd.Series(column.to_pylist(), dtype=object))
        return pd.Series(pd.array(whole, dtype="str"))
    try:
        return _convert_integers(whole.cast(pa.int64()))
    except pa.ArrowException:
        return pd.Series(pd.array(whole.cast(pa.string()), dtype="str"))


def _decode(value: bytes | None) -> str | None:
    """Return bytes as the text that they are, or else as hexadecimal figures."""
    if value is None:
        return None
    try:
        text = value.decode("utf-8")
    except UnicodeDecodeError:
        return value.hex()
    return text if text.isprintable() else value.hex()


def build_table(rows: Sequence[Sequence[Any]], names: Sequence[str]) -> pa.Table:
    """Build Arrow columns of rows of Python values; no whole number is rounded.

    A column of several kinds of values becomes text, as people would write each.
    """
    columns = zip(*rows, strict=True) if rows else ([] for _ in names)
    return pa.Table.from_arrays(
        [_build_column(list(c)) for c in columns], names=list(names)
    )


def _build_column(values: list[Any]) -> pa.Array:
    if len({type(v) for v in values} - {type(None)}) <= 1:
        try:
            return pa.array(values)
        except (pa.ArrowException, OverflowError, ValueError, TypeError):
            pass
    return to_texts(pd.Series(values, dtype=object))
