import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from riskscreen.text_arrays import (
    TEXT,
    build_texts,
    hash_texts,
    locate_texts,
    wrap_texts,
)

TEXTS = ["p1", "Ærø", "", None, "p1"]


@pytest.mark.parametrize("texts", [TEXTS, np.array(TEXTS, dtype=object), [], [None]])
def test_texts_are_what_pandas_makes_of_them(texts):
    expected = pd.Series(pd.array(list(texts), dtype=TEXT))
    pd.testing.assert_series_equal(pd.Series(build_texts(texts)), expected)


def test_arrows_texts_are_ours_of_either_length():
    for kind in (pa.string(), pa.large_string()):
        wrapped = wrap_texts(pa.array(TEXTS, type=kind))
        assert wrapped.dtype == TEXT
        assert pd.Series(wrapped).equals(pd.Series(TEXTS, dtype=TEXT))


def test_a_hash_is_that_of_pandas():
    texts = pd.Index(["c-1", "c-2", "Ærø", "c-1"], dtype=TEXT)
    for theirs in (
        pd.util.hash_pandas_object(texts),
        pd.util.hash_pandas_object(texts.to_series(), index=False),
    ):
        assert hash_texts(texts).tolist() == theirs.tolist()


def test_a_place_is_that_of_pandas_and_who_is_not_there_has_none():
    persons = pd.Index(["a", "b", "c"], dtype=TEXT)
    rows = pd.Series(["c", "x", "a", "a"], dtype=TEXT)
    found = locate_texts(rows, persons)
    assert found.tolist() == [2, -1, 0, 0]
    assert found.tolist() == persons.get_indexer(pd.Index(rows)).tolist()
    assert locate_texts(rows[:0], persons).tolist() == []
    assert locate_texts(rows, persons[:0]).tolist() == [-1] * 4
