"""A table as it was delivered, column by column: pandas' own, or the rows of a form."""

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import pandas as pd

from riskscreen.array_tables import take_cells
from riskscreen.errors import TableError
from riskscreen.text_arrays import build_texts, list_cells

LINE = "line of the file"
"""The name of a reader's index that says which line of its file a row stood in."""


@dataclass(frozen=True, slots=True)
class DeliveredColumns:
    """The columns of a table as arrays, each with its heading, which may stand twice.

    Nothing in them has been checked or read yet (checking.RowErrors does).
    ``lines`` are the lines of its file that a reader says; None of a table without.
    """

    headings: tuple[Hashable, ...]
    arrays: tuple[Any, ...]
    rows: int
    lines: npt.NDArray[np.int64] | None = None

    @classmethod
    def of_frame(cls, table: pd.DataFrame) -> Self:
        """Return the columns of *table*; its index is let go, but for a reader's."""
        arrays = tuple(take_cells(column) for _, column in table.items())
        lines = find_lines(table) if table.index.name == LINE else None
        return cls(tuple(table.columns), arrays, len(table), lines)

    @classmethod
    def of_rows(
        cls, rows: Sequence[Mapping[str, Any]], *, names: Sequence[str]
    ) -> Self:
        """Return the columns of plain *rows*; with *names* where there is none.

        They are what pandas makes of such rows, in a fifth of its time.
        """
        named = dict.fromkeys(name for row in rows for name in row) if rows else names
        arrays = tuple(_gather_cells([row.get(name) for row in rows]) for name in named)
        return cls(tuple(named), arrays, len(rows))

    def __len__(self) -> int:
        return self.rows

    def __contains__(self, name: object) -> bool:
        return name in self.headings

    def __getitem__(self, name: str) -> Any:
        """Return the array of the first column of the name."""
        return self.arrays[self.headings.index(name)]

    def list_cells(self, name: str) -> list[Any]:
        """List the cells of the first column of the name; None where there is none."""
        return list_cells(self[name]) if name in self else [None] * self.rows

    def items(self) -> Iterator[tuple[Hashable, Any]]:
        """Yield each heading with its column."""
        return zip(self.headings, self.arrays, strict=True)

    def assign(self, columns: Mapping[str, Any]) -> Self:
        """Return the table with *columns* in the place of theirs, or at its end."""
        held = [columns.get(str(name), cells) for name, cells in self.items()]
        more = [name for name in columns if name not in self.headings]
        return replace(
            self,
            headings=(*self.headings, *more),
            arrays=(*held, *(columns[name] for name in more)),
        )

    def number_lines(self) -> npt.NDArray[np.int64]:
        """Return the line of its file that each row stood in; the header is 1."""
        if self.lines is not None:
            return self.lines
        return np.arange(2, self.rows + 2, dtype=np.int64)


def take_columns(
    table: pd.DataFrame | DeliveredColumns, *, file: str
) -> DeliveredColumns:
    """Return the columns of a caller's *table*; raise TableError if it is none."""
    if isinstance(table, DeliveredColumns):
        return table
    if not isinstance(table, pd.DataFrame):
        raise TableError(f"{file}: not a table. Hand over a pandas DataFrame.")
    return DeliveredColumns.of_frame(table)


def find_lines(table: pd.DataFrame) -> npt.NDArray[np.int64]:
    """Return the line of its file that each row stood in, the header being line 1.

    A reader that left rows out says so by an index of whole numbers named LINE.
    """
    if table.index.name == LINE and pd.api.types.is_integer_dtype(table.index):
        return table.index.to_numpy(dtype=np.int64)
    return np.arange(2, len(table) + 2, dtype=np.int64)


def _gather_cells(values: list[Any]) -> Any:
    """Return plain *values* as an array of the type that pandas finds for them.

    Of one kind it is plain to see; whatever else there is pandas looks at.
    """
    kinds = {*map(type, values)}
    if kinds in ({bool}, {float}):
        return np.array(values)
    if kinds == {int} and all(-_WIDE < value < _WIDE for value in values):
        return np.array(values, dtype=np.int64)
    if kinds == {type(None)} or not kinds:
        return np.array(values, dtype=object)
    if kinds <= {str, type(None)}:
        return build_texts(values)
    return take_cells(pd.DataFrame([{"": value} for value in values])[""])


_WIDE = 1 << 53
