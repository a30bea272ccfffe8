"""Read a site's tables of follow-up: those it delivers, each with how it was read."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import get_args

import pandas as pd

from riskscreen.guarding import guarded
from riskscreen.readers.read_table import ReadTable
from riskscreen.readers.site import Site
from riskscreen.readers.sources import read_table
from riskscreen.validation.checking import (
    CheckedTable,
    describe_ignored,
    describe_set_aside,
    require_rows,
)
from riskscreen.validation.follow_up import check_follow_up
from riskscreen.validation.schemas import FollowUpTable

NAMES: tuple[FollowUpTable, ...] = get_args(FollowUpTable)


@dataclass(frozen=True)
class DeliveredFollowUp:
    """The rows of one table of follow-up that keep its contract.

    ``stated`` are the columns that were delivered: of the others nothing is known.
    """

    file: str
    table: pd.DataFrame
    stated: frozenset[str]
    read: ReadTable
    checked: CheckedTable

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


@guarded
def read_follow_up(site: Site, name: FollowUpTable) -> DeliveredFollowUp | None:
    """Return the table *name* of *site*; None where it delivers no such table.

    Raises FileError, TableError or PersonalDataError where the table cannot be used;
    rows that break a rule are set aside, and told in the notes.
    """
    source = site.follow_up(name)
    if source is None:
        return None
    read = read_table(source)
    require_rows(read.rows_read, file=source.name)
    checked = check_follow_up(
        name,
        read.table,
        file=source.name,
        extract_date=site.extract_date,
        patterns=site.keys,
    )
    stated = frozenset(map(str, read.table.columns))
    return DeliveredFollowUp(source.name, checked.kept, stated, read, checked)
