import re
from decimal import Decimal

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from riskscreen.validation.keys import read_keys, read_municipalities

GUID = "0a0b0c0d-1111-2222-3333-abcdefabcdef"


def read(cells, **how):
    column = cells if isinstance(cells, pd.Series) else pd.Series(cells)
    found = read_keys(column, **how)
    values = found.values.astype(object).where(found.values.notna(), None)
    return ["wrong" if w else v for v, w in zip(values, found.wrong, strict=True)]


@pytest.mark.parametrize(
    ("written", "key"),
    [
        (" S1\t", "S1"),
        ("\u00a0S1\u00a0", "S1"),
        ("S\u200b1", "S1"),  # zero-width space
        ("\ufeffS1", "S1"),
        ("A\u030albo", "\u00c5lbo"),
        ("{" + GUID.upper() + "}", GUID),
        (GUID.upper(), GUID),
        ("42.0", "42"),
        ("42,0000000000", "42"),
        ("123456.000", "123456"),
        ("9007199254740991.0", "9007199254740991"),
    ],
)
def test_spellings_that_can_mean_no_other_key_are_one_key(written, key):
    assert read([written]) == [key]


@pytest.mark.parametrize(
    "written",
    [
        "0042",  # a zero lost elsewhere is not brought back here
        "s1",
        "1.000",  # perhaps a thousand
        "007.0",
        "9007199254740993.0",  # a float holds its neighbour as well
        "{not a guid}",
        "NA",
        "None",
    ],
)
def test_what_may_hide_another_key_stays_as_it_stands(written):
    assert read([written]) == [written]


@pytest.mark.parametrize(
    "cell", ["1,00000E+12", "1.5e12", "1E+12", 2.0**53, 12.5, np.float32(1.5), b"S1"]
)
def test_a_number_that_a_program_has_rounded_is_no_key(cell):
    assert read(pd.Series([cell, "S2"], dtype=object)) == ["wrong", "S2"]


def test_whole_numbers_are_the_text_of_them_however_they_are_held():
    big = 9007199254740993
    assert read([1.0, np.nan]) == ["1", None]
    assert read(pd.array([1, None, big], dtype="Int64")) == ["1", None, str(big)]
    assert read(pd.Series([1, None, big], dtype=object)) == ["1", None, str(big)]
    exact = [Decimal("7.0000000000"), Decimal(f"{big}.0000000000")]
    assert read(pd.Series(exact, dtype=object)) == ["7", str(big)]
    decimals = pd.ArrowDtype(pa.decimal128(38, 10))
    assert read(pd.Series([Decimal(7)], dtype=decimals)) == ["7"]


def test_a_blank_cell_is_missing_and_breaks_no_pattern():
    assert read(["", "  ", None, "\u200b"]) == [None] * 4
    assert read(["", "S1", "S12"], pattern=re.compile("S[0-9]")) == [
        None,
        "S1",
        "wrong",
    ]


def test_a_danish_municipality_code_has_its_four_digits_again():
    found = read_municipalities(pd.Series(["461", "0461", "M6", "12", "Nord"]))
    assert found.values.tolist() == ["0461", "0461", "M6", "12", "Nord"]
    assert read_municipalities(pd.Series([461])).values.tolist() == ["0461"]
