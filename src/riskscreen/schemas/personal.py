"""Finding person numbers, names and addresses in a delivery, which then stops."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from riskscreen.disclosure import holds_person_number, personal_data_named
from riskscreen.errors import PersonalDataError
from riskscreen.schemas.cells import texts_of

# A quick sieve; disclosure.holds_person_number decides about what it lets through.
_SIEVE = r"(^|[^0-9])[0-9]{4}[0-9]{2}[- ]?[0-9]{4}([^0-9]|$)"
_SHORTEST = 10
_SMALLEST, _LARGEST = 101_00_0000, 9_112_99_9999
"""ddmmyyxxxx as a whole number: from 01-01 (leading zero lost) to 91-12."""


def refuse_personal_data(table: pd.DataFrame, *, file: str) -> None:
    """Stop if *table* names or holds what says who a person is; every column is read.

    Text columns (and whole numbers, which lose a leading zero) are searched for person
    numbers with a possible date. Raises PersonalDataError with file, column and count.
    """
    for position, name in enumerate(map(str, table.columns)):
        if kind := personal_data_named(name):
            # The name is a heading, but a file without headings has a row in its place.
            raise PersonalDataError(
                f"{file}: column {position + 1} is named as a {kind}. Nothing was "
                "written. Remove the column and deliver the file again."
            )
        if holds_person_number(name):
            raise PersonalDataError(
                f"{file}: the heading of column {position + 1} holds a person number; "
                "the line of column names is missing, or names a person. Nothing was "
                "written. Put column names in the first line."
            )
        if count := person_numbers_in(table.iloc[:, position]):
            raise PersonalDataError(_found(file, column=name, count=count))


def _found(file: str, *, column: str, count: int) -> str:
    return (
        f"{file}: column {column} holds person numbers in at least {count} cell(s). "
        "Nothing was written. Replace them by pseudonyms "
        "and deliver the file again; if they are pseudonyms of ten digits that only "
        "look like person numbers, put a letter in front of each."
    )


def person_numbers_in(column: "pd.Series[Any]") -> int:
    """How many cells of *column* hold a Danish person number with a possible date."""
    kind = column.dtype
    if pd.api.types.is_bool_dtype(kind) or isinstance(kind, pd.BooleanDtype):
        return 0
    if pd.api.types.is_datetime64_any_dtype(kind):
        return 0
    if pd.api.types.is_numeric_dtype(kind):
        return _in_numbers(column.to_numpy(dtype=np.float64, na_value=np.nan))
    return _in_texts(texts_of(column))


def _in_texts(texts: pa.Array) -> int:
    longest = pc.max(pc.binary_length(texts)).as_py()
    if longest is None or longest < _SHORTEST:
        return 0
    suspects = texts.filter(pc.match_substring_regex(texts, _SIEVE))
    counted = pc.value_counts(suspects)
    return sum(
        found["counts"]
        for found in counted.to_pylist()
        if holds_person_number(found["values"])
    )


def _in_numbers(values: npt.NDArray[np.float64]) -> int:
    with np.errstate(invalid="ignore"):
        suspects = values[(values >= _SMALLEST) & (values <= _LARGEST)]
    whole = suspects[suspects == np.floor(suspects)].astype(np.int64)
    numbers, counts = np.unique(whole, return_counts=True)
    held = (holds_person_number(f"{number:010d}") for number in numbers)
    return int(sum(n for n, holds in zip(counts.tolist(), held, strict=True) if holds))
