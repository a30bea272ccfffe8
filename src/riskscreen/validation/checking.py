"""Rows that break a rule are set aside and counted; a table that breaks one stops."""

import re
from collections import Counter
from collections.abc import Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from riskscreen.array_tables import ArrayTable, Mask, take_cells, take_rows
from riskscreen.disclosure.words import describe_headings
from riskscreen.errors import TableError
from riskscreen.text_arrays import TEXT, build_texts
from riskscreen.validation.contracts import Contract
from riskscreen.validation.delivered import DeliveredColumns, take_columns
from riskscreen.validation.parsing import ParsedColumn, describe_unread_dates
from riskscreen.validation.personal_data import (
    HOLDS_ONE,
    PersonalData,
    find_personal_data,
)

MISSING = "missing, where it may not be"
NOT_A_DATE = "not a date that exists"
NOT_ALLOWED = "not one of the allowed values"
NEITHER = "neither yes nor no"
NOT_A_NUMBER = "not a number"
NOT_WHOLE = "not a whole number"
TOO_LATE = "after the extract date"
REPEATED = "occurs more than once"
"""A rule that a row may break has one home: the set-aside table, the texts that explain
it and the tests name it from there."""
KeyPatterns = Mapping[str, re.Pattern[str]]
"""What whole identifiers look like, by column; those of [keys] in site.toml."""
NO_PATTERNS: KeyPatterns = {}


_NO_RULE = {"rule": pd.array([], dtype=TEXT)}
_NONE_ASIDE = {
    False: pd.DataFrame({"line": np.array([], dtype=np.int64)} | _NO_RULE),
    True: pd.DataFrame(
        {"line": np.array([], dtype=np.int64), "case_id": _NO_RULE["rule"]} | _NO_RULE
    ),
}
"""No row that is set aside, of a table without case_id and of one with it."""
_NO_ROWS = pd.DataFrame({"person_id": [], "code": []}, dtype="str")


class CellCount(NamedTuple):
    """Cells of a column that should hold something, and how many of them failed.

    ``looks_like`` says what the failing ones may be, where that can be seen.
    """

    cells: int
    failed: int
    looks_like: str = ""


@dataclass(frozen=True)
class CheckedTable:
    """Rows that pass every rule, and the rest with the first rule each one broke.

    ``columns`` has the rows that are kept, ``kept`` the same as a frame. ``set_aside``
    has ``line`` (the header is line 1), ``case_id`` where the table has one, and
    ``rule`` (column: rule, never a value). ``persons_set_aside`` are the people whose
    rows contradict each other: what is left of them is not the whole. ``broken`` has
    what can be read of a history's rows that were set aside. ``lines`` are the lines
    that the kept rows stood in. ``unreadable`` names, for each kept row, the optional
    facts that stand there and cannot be read (joined by a blank; missing where every
    one can), and ``doubts`` counts those cells, and the faulty ones of columns that no
    score reads, by "column: rule". ``cells`` counts those of each key and date column,
    and ``personal`` what each column holds of persons: both are judged when the whole
    table is known, and ``notes`` say what there is to tell of it.
    """

    columns: ArrayTable
    set_aside: pd.DataFrame
    ignored: tuple[str, ...]
    lines: npt.NDArray[np.int64]
    unreadable: Any
    doubts: Mapping[str, int]
    cells: Mapping[str, CellCount]
    personal: PersonalData
    persons_set_aside: frozenset[str] = frozenset()
    broken: pd.DataFrame = field(default_factory=lambda: _NO_ROWS)
    notes: tuple[str, ...] = ()

    @cached_property
    def kept(self) -> pd.DataFrame:
        """The rows that are kept, for whoever reads them as a frame."""
        return self.columns.to_frame()

    def cut(self, rows: int) -> "list[CheckedTable]":
        """Return the kept rows, at most *rows* in a table, at least one table.

        Each has the rows set aside that stood before the next one's, and the first what
        is counted of the whole.
        """
        firsts = range(0, max(len(self.columns), 1), rows)
        aside = np.searchsorted(self.set_aside["line"], self.lines[rows::rows])
        ends = [0, *aside.tolist(), len(self.set_aside)]
        return [
            replace(
                self,
                columns=self.columns.take(slice(first, first + rows)),
                set_aside=self.set_aside.iloc[begin:end],
                lines=self.lines[first : first + rows],
                unreadable=self.unreadable[first : first + rows],
                doubts={} if first else self.doubts,
            )
            for first, (begin, end) in zip(firsts, pairwise(ends), strict=True)
        ]


@dataclass(slots=True)
class RowErrors:
    """For every row of a table the first rule that it broke, filled rule by rule.

    ``columns`` are the table's, by name; ``contract`` are those that are read, and
    ``personal`` is what the table holds of persons. ``doubts`` counts cells by "column:
    rule" that cost their row nothing; ``unreadable`` has the rows in which a fact
    stands that cannot be read; ``cells`` counts those of key and date columns.
    """

    table: DeliveredColumns
    file: str
    contract: Collection[str]
    personal: PersonalData
    columns: Mapping[str, Any] = field(init=False)
    rules: list[str] = field(default_factory=list)
    first: npt.NDArray[np.int16] = field(init=False)
    doubts: Counter[str] = field(default_factory=Counter)
    unreadable: dict[str, Mask] = field(default_factory=dict)
    cells: dict[str, CellCount] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.columns = {str(name): cells for name, cells in self.table.items()}
        self.first = np.full(len(self.table), -1, dtype=np.int16)
        for column, broken in self.personal.masks.items():
            self.mark(broken, column=column, rule=HOLDS_ONE)

    def mark(self, broken: Mask, *, column: str, rule: str) -> None:
        """Mark the rows of *broken* that broke no earlier rule."""
        if broken.any():
            self.first[broken & (self.first < 0)] = len(self.rules)
            self.rules.append(f"{column}: {rule}")

    def mark_doubt(self, broken: Mask, *, column: str, rule: str) -> None:
        """Count the cells of *broken* in a column that no score reads."""
        if broken.any():
            self.doubts[f"{column}: {rule}"] += int(broken.sum())

    def mark_fact(self, broken: Mask, *, column: str, rule: str) -> None:
        """Mark a fact that stands there in the rows of *broken*, and cannot be read."""
        self.mark_doubt(broken, column=column, rule=rule)
        if broken.any():
            self.unreadable[column] = self.unreadable.get(column, False) | broken

    def check_cells(
        self, parsed: ParsedColumn, *, column: str, rule: str, required: bool
    ) -> None:
        """Mark cells that cannot be read, and blank ones where they are *required*.

        Counts both, so that a column that fails throughout is seen in the whole file.
        """
        self.mark(parsed.wrong, column=column, rule=rule)
        blank, failed = parsed.find_missing(), int(parsed.wrong.sum())
        cells = len(self.table)
        if required:
            self.mark(blank, column=column, rule=MISSING)
            failed += int(blank.sum())
        else:
            cells -= int(blank.sum())
        self.cells[column] = CellCount(cells, failed)

    def check_dates(
        self, parsed: ParsedColumn, *, column: str, required: bool = True
    ) -> ParsedColumn:
        """Return the dates of *column*; note what they look like where all failed."""
        self.check_cells(parsed, column=column, rule=NOT_A_DATE, required=required)
        cells, failed, _ = self.cells[column]
        if cells and failed == cells:
            looks_like = describe_unread_dates(self.columns[column])
            self.cells[column] = CellCount(cells, failed, looks_like)
        return parsed

    def find_fine(self) -> Mask:
        """Return where a row broke nothing."""
        return self.first < 0

    def to_frame(self, case_id: Any) -> pd.DataFrame:
        """Return one row per set-aside row: its line, its case if it has one, the rule.

        *case_id* has the array of them, None where the table has none. One that is a
        person number is masked.
        """
        broken = np.flatnonzero(self.first >= 0)
        if not len(broken):
            return _NONE_ASIDE[case_id is not None]
        rules = [self.rules[r] for r in self.first[broken].tolist()]
        lines = self.table.number_lines()[broken]
        frame = pd.DataFrame({"line": lines, "rule": build_texts(rules)})
        if case_id is not None:
            masked = self.personal.mask_key("case_id", case_id)
            frame.insert(1, "case_id", masked[broken])
        return frame

    def split(self, columns: Mapping[str, Any], schema: Contract) -> CheckedTable:
        """Return the parsed *columns* of the fine rows, and the others set aside.

        Raises TableError where what is kept is not as *schema* describes it.
        """
        fine = self.find_fine()
        cells = {name: take_cells(column) for name, column in columns.items()}
        set_aside = self.to_frame(cells.get("case_id"))
        kept = take_rows(ArrayTable(cells), fine)
        require_contract(kept, schema, name=self.file)
        return CheckedTable(
            columns=kept,
            set_aside=set_aside,
            ignored=describe_headings(self.columns, self.contract),
            lines=self.table.number_lines()[fine],
            unreadable=build_texts(self._name_unreadable()[fine]),
            doubts=self.doubts,
            cells=self.cells,
            personal=self.personal.without_rows(),
        )

    def _name_unreadable(self) -> npt.NDArray[np.object_]:
        """Name for every row the columns of its unreadable facts; missing for none."""
        names = np.full(len(self.table), None, dtype=object)
        for column in (name for name in self.contract if name in self.unreadable):
            broken = self.unreadable[column]
            names[broken] = [f"{name or ''} {column}".strip() for name in names[broken]]
        return names


def start_check(
    table: pd.DataFrame | DeliveredColumns,
    required: Iterable[str],
    *,
    file: str,
    optional: Iterable[str] = (),
    patterns: KeyPatterns = NO_PATTERNS,
) -> RowErrors:
    """Look for persons and for the columns of a *table* whose cells are to be read.

    Its rows with a person number in a *required* or *optional* column are marked.
    Raises PersonalDataError for a heading that names or is a person, and TableError
    where a required column is missing or a column of the contract stands there twice.
    """
    required = tuple(required)
    contract = dict.fromkeys((*required, *optional))
    taken = take_columns(table, file=file)
    personal = find_personal_data(
        taken.items(), file=file, declared=contract, patterns=patterns
    )
    require_header(taken.headings, required, file=file)
    require_contract_columns(taken.headings, required, file=file, optional=contract)
    return RowErrors(taken, file, contract, personal)


def describe_set_aside(rules: Iterable[str]) -> Iterator[str]:
    """Yield how many rows each rule set aside, the commonest first.

    *rules* has that of each row.
    """
    for rule, n in Counter(rules).most_common():
        yield f"{n} rows set aside ({rule})"


def describe_ignored(columns: Sequence[str]) -> Iterator[str]:
    """Yield which *columns* nobody read, if there are any."""
    if columns:
        yield f"columns not declared, so not read: {', '.join(columns)}"


def require_header(
    headings: Iterable[Hashable], required: Iterable[str], *, file: str
) -> None:
    """Raise TableError if no required column is among *headings*.

    Without a line of column names the first person's row stands in their place, so no
    heading of such a table may be shown.
    """
    if not {str(name) for name in headings} & set(required):
        raise TableError(
            f"{file}: none of the required columns is there. Is the line of column "
            "names missing, or is this another table? Otherwise state the site's own "
            "names: columns of its table in site.toml."
        )


def require_contract_columns(
    headings: Iterable[Hashable],
    required: Iterable[str],
    *,
    file: str,
    optional: Iterable[str] = (),
) -> None:
    """Raise TableError unless *headings* have each required column once.

    An *optional* one may be missing, but none may be there twice.
    """
    names = [str(name) for name in headings]
    required = tuple(required)
    if absent := [name for name in required if name not in names]:
        raise TableError(
            f"{file}: {len(absent)} required column(s) missing: {', '.join(absent)}. "
            "Deliver them (an unknown value is an empty cell), or state the site's own "
            "names: columns of its table in site.toml."
        )
    contract = {*required, *optional}
    if twice := sorted(name for name in contract if names.count(name) > 1):
        raise TableError(
            f"{file}: {', '.join(twice)} occurs more than once among the column names. "
            "Leave one of each."
        )


def require_rows(n: int, *, file: str) -> None:
    """Raise TableError where the whole table has none; a part of a file may have."""
    if not n:
        raise TableError(f"{file}: no rows. Deliver a file with at least one row.")


def require_contract(table: ArrayTable, contract: Contract, *, name: str) -> None:
    """Raise validate_table's TableError unless *table* is as *contract* describes."""
    if not contract.is_kept_by(table.arrays):
        validate_table(table.to_frame(), contract, name=name)


def validate_table(
    table: pd.DataFrame, contract: Contract, *, name: str
) -> pd.DataFrame:
    """Return *table*, which is as *contract* describes it.

    Raises TableError naming every broken rule by column and number of rows.
    """
    cells = {str(name): take_cells(column) for name, column in table.items()}
    if table.columns.is_unique and contract.is_kept_by(cells):
        return table
    # Only what a broken table breaks is worth loading pandera for, half a second.
    from riskscreen.validation.breaches import list_breaches  # noqa: PLC0415

    if broken := list_breaches(table, contract):
        raise TableError(f"{name} breaks its contract: {'; '.join(broken)}.")
    return table
