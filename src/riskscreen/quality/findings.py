"""What a report finds in each file: counts of rows, columns, rules and faults."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from riskscreen.disclosure.suppression import is_small, suppress_cells
from riskscreen.disclosure.words import SMALLEST_GROUP
from riskscreen.errors import PersonalDataError, ScreeningError
from riskscreen.readers.read_table import ReadTable
from riskscreen.rules.conditions import Condition
from riskscreen.validation import CheckedTable

UNDECLARED = "not declared in the specification"
"""Why a column is not read."""
MANY_UNREADABLE = 0.1
"""The share of a column's values from which it is more than slips of the keyboard."""
NO_CONDITIONS: Mapping[str, Condition] = {}
Row = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class QualityTable:
    """A table of the report: a heading, the columns' names, and cells as text."""

    title: str
    columns: Row
    rows: tuple[Row, ...]

    def describe(self) -> Iterator[str]:
        """Yield the table as text, its columns side by side.

        The gaps between them are two and three blanks by turns: counts that stand
        evenly apart may read as a person number, and would be masked where printed.
        """
        columns = zip(self.columns, *self.rows, strict=True)
        widths = [max(map(len, of)) + at % 2 for at, of in enumerate(columns)]
        yield self.title
        for row in (self.columns, *self.rows):
            cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
            yield "  " + "  ".join(cells).rstrip()


@dataclass
class FileCounts:
    """What a file's rows add up to, whole or part by part.

    ``rows_checked`` are those that the checks saw, ``rows_sound`` those that they kept,
    ``unread`` and ``aside`` those set aside by the reader and in all.
    """

    rows_read: int = 0
    rows_kept: int = 0
    rows_checked: int = 0
    rows_sound: int = 0
    unread: int = 0
    aside: int = 0
    notes: dict[str, None] = field(default_factory=dict)
    rules: Counter[str] = field(default_factory=Counter)
    doubts: Counter[str] = field(default_factory=Counter)
    ignored: dict[str, None] = field(default_factory=dict)
    missing: Counter[str] = field(default_factory=Counter)
    asked: Counter[str] = field(default_factory=Counter)
    years: Counter[int] = field(default_factory=Counter)

    def add(
        self,
        read: ReadTable,
        checked: CheckedTable,
        *,
        dated: str | None = None,
        conditions: Mapping[str, Condition] = NO_CONDITIONS,
    ) -> None:
        """Add the rows of a table or a part; *dated* is the date that years are of.

        *conditions* say of columns which rows they are about; a blank elsewhere is no
        missing cell.
        """
        self.rows_read += read.rows_read
        self.rows_kept += read.rows_kept
        self.rows_checked += len(read.table)
        self.rows_sound += len(checked.kept)
        self.unread += len(read.set_aside)
        self.aside += len(read.set_aside) + len(checked.set_aside)
        self.notes.update(dict.fromkeys(read.notes))
        for rules in (read.set_aside["rule"], checked.set_aside["rule"]):
            self.rules.update(rules.tolist())
        self.doubts.update(checked.doubts)
        self.ignored.update(dict.fromkeys(checked.ignored))
        for name in map(str, checked.kept):
            asked = np.ones(len(checked.kept), dtype=np.bool_)
            if condition := conditions.get(name):
                asked = ~condition.find_unmet(checked.kept[condition.subject])
            blank = checked.kept[name].isna().to_numpy(dtype=bool)
            self.missing[name] += int((blank & asked).sum())
            self.asked[name] += int(asked.sum())
        if dated and dated in checked.kept:
            years = checked.kept[dated].dropna().dt.year
            self.years.update(int(year) for year in years)

    def describe_unreadable(self) -> Iterator[str]:
        """Yield the columns of which many values could not be read, and the remedy.

        A site's own words for levels are such: no row is set aside for them, and the
        column is lost all the same.
        """
        for told, n in self.doubts.items():
            column, _, rule = told.partition(": ")
            # Cells with a value: those that were read, and these.
            stand = self.asked[column] - self.missing[column] + n
            share = n / max(stand, 1)
            if n >= SMALLEST_GROUP and share >= MANY_UNREADABLE:
                yield (
                    f"{round_percent(share)} of the values of {column} could not be "
                    f"read ({rule}), so they count as not known. Deliver them as "
                    "riskscreen schema --target TARGET says."
                )


@dataclass
class Findings:
    """What the report gathers, file by file."""

    files: list[Row] = field(default_factory=list)
    missing: list[Row] = field(default_factory=list)
    periods: list[Row] = field(default_factory=list)
    aside: list[Row] = field(default_factory=list)
    unread: list[Row] = field(default_factory=list)
    faults: list[ScreeningError] = field(default_factory=list)
    flags: list[str] = field(default_factory=list)
    rows_set_aside: int = 0

    def extend(self, others: Iterable["Findings"]) -> None:
        """Add what was gathered of other files, in their order."""
        for other in others:
            self.rows_set_aside += other.rows_set_aside
            for name in ("files", "missing", "periods", "aside", "unread"):
                getattr(self, name).extend(getattr(other, name))
            self.faults += other.faults
            self.flags += other.flags

    def try_step(self, step: Callable[[], Any]) -> Any:
        """Run *step* and return its result, or None after noting its fault."""
        try:
            return step()
        except PersonalDataError:
            raise
        except ScreeningError as fault:
            self.faults.append(fault)
            return None

    def add_file(
        self, file: str, counts: FileCounts, *, notes: Sequence[str] = ()
    ) -> None:
        """Count one file: what was read, kept, missing, set aside and not used.

        *notes* are what there is to tell of the whole of it.
        """
        kept, aside = counts.rows_read - counts.aside, counts.aside
        if counts.rows_checked != counts.rows_kept:
            # Weeks became spells, which are checked in place of the rows they were in.
            kept, aside = counts.rows_kept, counts.unread
        rows = (f"{n:,}" for n in (counts.rows_read, kept, aside))
        self.files.append((file, *rows, ", ".join(counts.notes)))
        self.rows_set_aside += counts.aside
        for rule, n in counts.rules.most_common():
            self.aside.append((file, rule, f"{n:,}"))
        for rule, n in counts.doubts.items():
            self.aside.append((file, f"{rule} (the cell alone)", f"{n:,}"))
        told = (*notes, *counts.describe_unreadable())
        self.flags += [f"{file}: {note}" for note in told]
        for name in counts.ignored:
            self.unread.append((file, name, UNDECLARED))
        for name, missing in counts.missing.items():
            share = missing / max(counts.asked[name], 1)
            self.missing.append((file, name, round_percent(share)))
        years = sorted(counts.years)
        texts = suppress_small_counts([counts.years[year] for year in years])
        self.periods += [
            (file, f"{year}", text) for year, text in zip(years, texts, strict=True)
        ]


def round_percent(share: float) -> str:
    """Format a share in whole percents; "<1 %" for what is not quite nothing.

    >>> round_percent(0.0), round_percent(0.004), round_percent(0.256)
    ('0 %', '<1 %', '26 %')
    """
    if 0 < share < 0.005:
        return "<1 %"
    return f"{share:.0%}".replace("%", " %")


def suppress_small_count(n: float) -> str:
    """Format a count, hidden if it is small but not nothing.

    >>> [suppress_small_count(n) for n in (0, 4, 1234.4)]
    ['0', '<5', '1,234']
    """
    if 0 < n < SMALLEST_GROUP:
        return f"<{SMALLEST_GROUP}"
    return f"{np.round(n):,.0f}"


def suppress_small_counts(counts: ArrayLike) -> list[Any]:
    """Format a line or a table of counts whose sums are printed, shaped as it.

    A small one takes others with it, so that it cannot be subtracted from a sum.

    >>> suppress_small_counts([3, 40, 12])
    ['<5', '40', 'hidden']
    """
    values = np.asarray(counts, dtype=np.float64)
    texts = np.array([suppress_small_count(n) for n in values.ravel()], dtype=object)
    texts = texts.reshape(values.shape)
    texts[suppress_cells(values) & ~is_small(values)] = "hidden"
    formatted: list[Any] = texts.tolist()
    return formatted
