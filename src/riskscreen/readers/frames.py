"""Arrow's typed columns as pandas has them, with whole numbers that stay whole.

pandas itself makes floats of whole numbers as soon as one is missing, which rounds
identifiers beyond 2^53 and takes one citizen for another.
"""

from collections.abc import Callable, Sequence
from typing import Any

import pandas as pd
import pyarrow as pa

from riskscreen.errors import FileError
from riskscreen.readers.dialect import CellFormats
from riskscreen.validation.parsing import to_texts

_EXACT = 2**53
"""Whole numbers below this are exact as floats."""


def to_frame(
    table: pa.Table, *, where: str, cells: CellFormats | None = None
) -> pd.DataFrame:
    """Convert *table*, its texts written as *cells* says, so that each reads alone.

    Whole numbers are integers, with missing ones too, or text where they are larger
    than 64 bits; decimals that are all whole are whole numbers. Bytes and UUIDs become
    text. Raises FileError beginning with *where* for two columns of one name.
    """
    names = table.schema.names
    if len(set(names)) < len(names):
        raise FileError(f"{where}: two columns have the same name. Leave one of them.")
    made = {name: _series(table.column(name), cells, name=name) for name in names}
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


def list_texts(table: pa.Table) -> list[pa.Array | None]:
    """Return each column's texts as one array, or None where it holds none."""
    return [_texts(column) for column in table.columns]


def _texts(column: pa.ChunkedArray) -> pa.Array | None:
    kind = column.type
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    if not (pa.types.is_string(kind) or pa.types.is_large_string(kind)):
        return None
    return column.cast(kind).combine_chunks()


def _series(
    column: pa.ChunkedArray, cells: CellFormats | None, *, name: str
) -> "pd.Series[Any] | None":
    """Return the column where pandas would not keep what it holds, else None."""
    if pa.types.is_dictionary(column.type) and not _is_text(column.type.value_type):
        column = column.cast(column.type.value_type)
        return _typed(column)
    if _is_text(column.type) or pa.types.is_dictionary(column.type):
        return None if cells is None else _plain_texts(column, cells, name=name)
    return _typed(column) if _needs_care(column) else None


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _needs_care(column: pa.ChunkedArray) -> bool:
    kind = column.type
    if pa.types.is_integer(kind) or pa.types.is_boolean(kind):
        return bool(column.null_count)
    return any(belongs(kind) for belongs, _ in _MADE)


def _typed(column: pa.ChunkedArray) -> "pd.Series[Any]":
    for belongs, made in _MADE:
        if belongs(column.type):
            return made(column.combine_chunks())
    if pa.types.is_integer(column.type):
        return _integers(column.combine_chunks())
    if pa.types.is_boolean(column.type):
        truths: pd.Series[Any] = column.to_pandas().astype("boolean")
        return truths
    typed: pd.Series[Any] = column.to_pandas(date_as_object=False)
    return typed


def _integers(column: pa.Array) -> "pd.Series[Any]":
    missing = column.is_null().to_numpy(zero_copy_only=False)
    values = column.fill_null(0).to_numpy(zero_copy_only=False)
    return pd.Series(pd.arrays.IntegerArray(values.copy(), missing.copy()))


def _decimals(column: pa.Array) -> "pd.Series[Any]":
    """Whole numbers if all are; else floats, or text where those would be rounded."""
    try:
        whole = column.cast(pa.decimal128(38, 0))
    except pa.ArrowException:
        return _fractions(column)
    try:
        return _integers(whole.cast(pa.int64()))
    except pa.ArrowException:
        return pd.Series(pd.array(whole.cast(pa.string()), dtype="str"))


def _fractions(column: pa.Array) -> "pd.Series[Any]":
    floats: pd.Series[Any] = column.cast(pa.float64()).to_pandas()
    if floats.abs().max() < _EXACT:
        return floats
    texts = to_texts(pd.Series(column.to_pylist(), dtype=object))
    return pd.Series(pd.array(texts, dtype="str"))


def _bytes(column: pa.Array) -> "pd.Series[Any]":
    """Return bytes as the text that they are, or else as hexadecimal figures."""
    return pd.Series([_text(v) for v in column.to_pylist()], dtype="str")


def _text(value: bytes | None) -> str | None:
    if value is None:
        return None
    try:
        text = value.decode("utf-8")
    except UnicodeDecodeError:
        return value.hex()
    return text if text.isprintable() else value.hex()


def _uuids(column: pa.Array) -> "pd.Series[Any]":
    return pd.Series(
        [None if v is None else str(v) for v in column.to_pylist()], dtype="str"
    )


def _is_uuid(kind: pa.DataType) -> bool:
    return getattr(kind, "extension_name", "") == "arrow.uuid"


def _is_bytes(kind: pa.DataType) -> bool:
    types = pa.types
    wide = types.is_large_binary(kind) or types.is_fixed_size_binary(kind)
    return bool(wide or types.is_binary(kind))


def _plain_texts(
    column: pa.ChunkedArray, cells: CellFormats, *, name: str
) -> "pd.Series[Any] | None":
    """Return the texts written plainly; None where that changes nothing."""
    texts = _texts(column)
    plain = cells.write_plainly(texts, name=name)
    return None if plain is texts else pd.Series(pd.array(plain, dtype="str"))


_MADE: Sequence[
    tuple[Callable[[pa.DataType], bool], Callable[[pa.Array], "pd.Series[Any]"]]
] = (
    (pa.types.is_decimal, _decimals),
    (_is_uuid, _uuids),
    (_is_bytes, _bytes),
)


def build_table(rows: Sequence[Sequence[Any]], names: Sequence[str]) -> pa.Table:
    """Build Arrow columns of rows of Python values; no whole number is rounded.

    A column of several kinds of values becomes text, as people would write each.
    """
    columns = zip(*rows, strict=True) if rows else ([] for _ in names)
    return pa.Table.from_arrays([_column(list(c)) for c in columns], names=list(names))


def _column(values: list[Any]) -> pa.Array:
    if len({type(v) for v in values} - {type(None)}) > 1:
        return _as_texts(values)
    try:
        return pa.array(values)
    except (pa.ArrowException, OverflowError, ValueError, TypeError):
        return _as_texts(values)


def _as_texts(values: list[Any]) -> pa.Array:
    return to_texts(pd.Series(values, dtype=object))
