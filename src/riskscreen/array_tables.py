"""Our tables between their check and what is handed out: an array for each column.

A frame of pandas costs of a case alone more than all that is read from it; one is made
where somebody is handed one. What reads a table takes a frame as well.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar, cast

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
from pandas.arrays import ArrowStringArray, NumpyExtensionArray

Mask = npt.NDArray[np.bool_]
_TEXTS = {pa.large_string(): pd.StringDtype(na_value=np.nan)}
"""Told to Arrow, of whose versions not every one makes our texts by itself."""


class Table(Protocol):
    """What is read by column: a frame or an ArrayTable."""

    def __len__(self) -> int:
        """How many rows there are."""

    def __contains__(self, name: object, /) -> bool:
        """Whether there is a column of the name."""

    def __getitem__(self, name: Any, /) -> Any:
        """Return a column, or what take_cells makes of one."""


AnyTable = TypeVar("AnyTable", bound=Table)


@dataclass(frozen=True, slots=True)
class ArrayTable:
    """Arrays of one length by the names of their columns, in order; at least one."""

    arrays: Mapping[str, Any]

    @classmethod
    def of_frame(cls, frame: pd.DataFrame) -> "ArrayTable":
        """Return the columns of *frame*, whose index is let go."""
        return cls({str(name): take_cells(column) for name, column in frame.items()})

    @classmethod
    def of_arrow(cls, rows: pa.Table | pa.RecordBatch) -> "ArrayTable":
        """Return the columns of *rows*, which to_arrow made."""
        return cls.of_frame(rows.to_pandas(types_mapper=_TEXTS.get))

    def __len__(self) -> int:
        return len(next(iter(self.arrays.values())))

    def __contains__(self, name: object, /) -> bool:
        return name in self.arrays

    def __getitem__(self, name: str, /) -> Any:
        return self.arrays[name]

    def take(self, rows: npt.NDArray[Any] | slice) -> "ArrayTable":
        """Return *rows*: their places, a mask of them, or a slice."""
        return ArrayTable({name: cells[rows] for name, cells in self.arrays.items()})

    def to_frame(self) -> pd.DataFrame:
        """Return the table as a frame."""
        return pd.DataFrame(dict(self.arrays))

    def to_arrow(self) -> pa.Table:
        """Return the table as one of Arrow."""
        return pa.table(dict(self.arrays))


def take_rows(table: AnyTable, mask: Mask) -> AnyTable:
    """Return the rows of *table* in *mask*, numbered anew; of all, the table itself."""
    if mask.all():
        return table
    if isinstance(table, pd.DataFrame):
        return cast("AnyTable", table[mask].reset_index(drop=True))
    return cast("AnyTable", cast("ArrayTable", table).take(mask))


def take_cells(column: Any) -> Any:
    """Return the array in a *column*, in which no cell is looked up by an index.

    Of a case alone, what pandas lays around an array costs more than all that is done
    with what stands in it. An array comes back as it is.
    """
    if isinstance(column, np.ndarray | ArrowStringArray):
        return column
    cells = column.array if isinstance(column, pd.Series | pd.Index) else column
    # Pandas' own way may compare cells, and there are objects that bear no comparing.
    return np.asarray(cells) if isinstance(cells, NumpyExtensionArray) else cells


def mark_missing(column: Any) -> Mask:
    """Return where a *column* holds nothing; of numbers and days sooner than pandas."""
    cells = take_cells(column)
    if isinstance(cells, np.ndarray):
        kind = cells.dtype.kind
        if kind == "f":
            return cast("Mask", np.isnan(cells))
        if kind == "M":
            return cast("Mask", np.isnat(cells))
    if isinstance(cells, ArrowStringArray):
        return cast("Mask", cells.isna())
    return cast("Mask", pd.isna(cells))
