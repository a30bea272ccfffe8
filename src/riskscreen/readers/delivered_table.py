"""A whole table that a site delivers beside its cases: its sound rows and notes."""

from collections.abc import Iterator
from dataclasses import dataclass

import pandas as pd

from riskscreen.readers.read_table import ReadTable
from riskscreen.validation.checking import (
    CheckedTable,
    describe_ignored,
    describe_set_aside,
)


@dataclass(frozen=True)
class DeliveredTable:
    """The rows of a table that keep its contract, and how it was read and checked.

    What of it nobody has checked yet is validation/delivered.py's DeliveredColumns.
    """

    file: str
    table: pd.DataFrame
    read: ReadTable
    checked: CheckedTable

    @property
    def stated(self) -> frozenset[str]:
        """The columns that were delivered: of the others nothing is known."""
        return frozenset(map(str, self.read.table.columns))

    @property
    def rows_set_aside(self) -> int:
        """How many rows could not be read, or broke a rule."""
        return len(self.read.set_aside) + len(self.checked.set_aside)

    @property
    def notes(self) -> Iterator[str]:
        """How the table was read, and by rule and count what was set aside of it."""
        read, checked = self.read, self.checked
        notes = (
            *read.notes,
            *checked.notes,
            *describe_set_aside([*read.set_aside["rule"], *checked.set_aside["rule"]]),
            *describe_ignored(checked.ignored),
        )
        yield from (f"{self.file}: {note}" for note in notes)
