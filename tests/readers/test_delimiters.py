import csv

import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskscreen.readers.delimiters import split_fields


def by_the_module(text):
    try:
        rows = list(csv.reader([text], delimiter=";", strict=True))
    except csv.Error:
        return None
    return rows[0] if len(rows) == 1 else None


@pytest.mark.slow
@given(st.text(alphabet='a;," \n', max_size=12))
def test_fields_are_those_of_pythons_own_module(text):
    # A row never ends in the end of its line.
    if '"' in text and not text.endswith("\n"):
        assert split_fields(text, ";") == by_the_module(text)


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        ('1;"a;b";2', ["1", "a;b", "2"]),
        ('"a ""b"" c";', ['a "b" c', ""]),
        ('"a\nb";1', ["a\nb", "1"]),
        ('a"b;1', ['a"b', "1"]),
        ('"";""', ["", ""]),
        ('"a', None),
        ('"a"b;1', None),
        ('a\nb;"1"', None),
    ],
)
def test_a_quotation_mark_is_read_or_out_of_place(text, fields):
    assert split_fields(text, ";") == fields


def test_a_field_of_any_length_is_read():
    long = "x;" * 100_000
    assert split_fields(f'1;"{long}";2', ";") == ["1", long, "2"]
