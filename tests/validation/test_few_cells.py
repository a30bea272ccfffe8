"""A cell is read alike alone, by Python, and among many, by Arrow."""

import re

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from riskscreen.validation.cells import FEW
from riskscreen.validation.keys import read_keys, read_municipalities
from riskscreen.validation.parsing import (
    read_categories,
    read_dates,
    read_end_dates,
    read_flags,
    read_numbers,
    read_texts,
)
from riskscreen.validation.personal_data import find_personal_data

TEXTS = [
    *("", " ", ".", "NA", "nan", "<NA>", "None", "null", "\u00a0", "\u200b", "\ufeff"),
    *(
        "ja",
        " JA ",
        "nej",
        "J",
        "0",
        "1",
        "2",
        "true",
        "Falsk",
        "yes\u200b",
        "-1",
        "+1",
    ),
    *(
        "12,5",
        "1.250",
        "1.250,5",
        "1 250",
        "12-",
        "\u221212",
        "1e5",
        "1e999",
        "5%",
        ",5",
    ),
    *(
        "2024-12-16",
        "16-12-2024",
        "16DEC2024",
        "20241216",
        "31-02-2024",
        "16. maj 2024",
    ),
    *("2024-12-15T23:00:00Z", "2024-12-15 23:00:00", "1900-01-01", "9999-12-31"),
    *("infinity", "45000", "0000-00-00", "2024-12-16 08:15", "16-12-24"),
    *(
        "a",
        " a",
        "A",
        "b\t",
        "\u00e5",
        "a\u030a",
        "\u00c5",
        "\u00a0a\u2009",
        "\x1ca\x85",
    ),
    *("0101901234", "010190-1234", "101901234", "x 010190 1234", "0101901234567"),
    *("S1", "{0A0A0A0A-0A0A-0A0A-0A0A-0A0A0A0A0A0A}", "42.0", "42.000", "1234.000"),
    *("1,00000E+12", "1E+5", "461", "0461", "0461 ", "M6", "p00-1-2", "a-b-c-d", "_"),
    *("0a0a0a0a-0a0a-0a0a-0a0a-0a0a0a0a0a0a", "C2-0000001", "a/b", "a b", "#1"),
]
OBJECTS = [
    *TEXTS,
    None,
    np.nan,
    True,
    False,
    1,
    0,
    2.0,
    1.5,
    1e300,
    101901234,
    20241216,
]
NUMBERS = [0.0, 1.0, 2.0, -1.5, 1e300, np.inf, np.nan, 101901234.0, 20241216.0, 45000.0]
READERS = {
    "numbers": read_numbers,
    "flags": read_flags,
    "texts": read_texts,
    "dates": read_dates,
    "ends": read_end_dates,
    "categories": lambda column: read_categories(
        column, allowed=("a", "\u00e5", "NA", "S1")
    ),
    "keys": read_keys,
    "keys of a form": lambda column: read_keys(
        column, pattern=re.compile("[A-Z][0-9]")
    ),
    "municipalities": read_municipalities,
}
COLUMNS = {
    "texts": pd.Series(TEXTS, dtype="str"),
    "objects": pd.Series(OBJECTS, dtype=object),
    "numbers": pd.Series(NUMBERS * 3),
    "whole numbers": pd.Series([0, 1, 461, 101901234, 20241216] * 5),
    "truths": pd.Series([True, False] * 12),
    "levels": pd.Series(TEXTS, dtype="category"),
}


@pytest.mark.slow
@pytest.mark.parametrize("kind", COLUMNS)
@pytest.mark.parametrize("reader", READERS)
def test_a_cell_alone_is_read_as_among_many(reader, kind):
    column, read = COLUMNS[kind], READERS[reader]
    assert len(column) > FEW
    many = read(column)
    alone = [read(column.iloc[[place]]) for place in range(len(column))]
    assert many.wrong.tolist() == [bool(one.wrong[0]) for one in alone]
    together = pd.concat([one.values for one in alone])
    pd.testing.assert_series_equal(together, many.values)
    few = read(column.head(FEW))
    pd.testing.assert_series_equal(few.values, many.values.head(FEW))


@pytest.mark.slow
@pytest.mark.parametrize("kind", COLUMNS)
def test_a_person_number_is_found_alone_as_among_many(kind):
    column = COLUMNS[kind]
    many = find_personal_data([("note", column)], file="f", declared=["note"])
    alone = [
        find_personal_data([("note", of)], file="f", declared=["note"])
        for of in (column.iloc[[place]] for place in range(len(column)))
    ]
    found = many.masks.get("note", np.zeros(len(column), dtype=bool))
    assert found.tolist() == ["note" in one.masks for one in alone]
    assert many.counts[0].cells == sum(one.counts[0].cells for one in alone)
    assert many.counts[0].held == sum(one.counts[0].held for one in alone)


@pytest.mark.slow
def test_python_and_arrow_trim_the_same_letters():
    letters = [chr(n) for n in range(0x110000) if not 0xD800 <= n < 0xE000]
    texts = pa.array([f"{letter}a{letter}" for letter in letters], pa.large_string())
    trimmed = pc.utf8_trim_whitespace(texts).to_pylist()
    assert trimmed == [f"{letter}a{letter}".strip() for letter in letters]


def test_no_cell_is_read_as_no_cell():
    for read in READERS.values():
        for column in COLUMNS.values():
            assert len(read(column.head(0)).values) == 0
