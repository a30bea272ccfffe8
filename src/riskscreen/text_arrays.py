"""Arrays of our tables that pandas makes of its own: texts ("str") and Int64."""

from collections.abc import Iterable
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from pandas.arrays import ArrowStringArray

from riskscreen.array_tables import take_cells

TEXT = pd.StringDtype(na_value=np.nan)
"""By its name pandas looks for it anew with every column: a case has fifty of them."""


def build_texts(texts: Iterable[str | None]) -> Any:
    """Return *texts* as an array of TEXT; None is missing.

    pandas.array looks first at what they are, which takes of few twice as long.
    """
    return wrap_texts(pa.array(texts, type=pa.large_string()))


def build_whole_numbers(numbers: npt.NDArray[Any]) -> Any:
    """Return *numbers* as an array of Int64; nan is missing."""
    missing = np.isnan(numbers)
    return pd.arrays.IntegerArray(
        np.where(missing, 1, numbers).astype(np.int64), missing
    )


def wrap_texts(texts: pa.Array) -> Any:
    """Return Arrow's *texts* as an array of TEXT."""
    build: Any = ArrowStringArray  # pandas' stubs lack its type's argument
    return build(texts, dtype=TEXT)


def list_cells(cells: Any) -> list[Any]:
    """List the *cells* of an array of ours; of texts sooner than pandas does."""
    if isinstance(cells, ArrowStringArray):
        return cast("list[Any]", pa.array(cells).to_pylist())
    return cast("list[Any]", cells.tolist())


def locate_texts(texts: Any, among: "pd.Index[str]") -> npt.NDArray[np.int32]:
    """Return the place of each of *texts* in *among*, -1 of one that is not there.

    pandas' get_indexer does the same by Python objects, in five times the time. Where
    the same ones are asked again and again: history/person_places.py.
    """
    kind = pa.large_string()
    values = pa.array(take_cells(texts), type=kind)
    known = pa.array(among.array, type=kind)
    found = pc.index_in(values, value_set=known).fill_null(-1)
    return np.asarray(found.to_numpy(zero_copy_only=False), dtype=np.int32)


def hash_texts(texts: "pd.Index[str]") -> npt.NDArray[np.uint64]:
    """Return the hash of each of *texts* that pandas.util.hash_pandas_object has."""
    return pd.util.hash_array(texts.to_numpy(dtype=object), categorize=False)
