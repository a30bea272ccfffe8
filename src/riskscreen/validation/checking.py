"""Rows that break a rule are set aside and counted; a table that breaks one stops."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple, cast

import numpy as np
import numpy.typing as npt
import pandas as pd
import pandera.pandas as pa

from riskscreen.errors import TableError
from riskscreen.validation.parsing import Mask, ParsedColumn, describe_unread_dates
from riskscreen.validation.personal_data import HOLDS_ONE, PersonalData

LINE = "line of the file"
"""The name of a reader's index that says which line of its file a row stood in."""


def _no_lines() -> npt.NDArray[np.int64]:
    return np.zeros(0, dtype=np.int64)


def _nothing_unreadable() -> "pd.Series[Any]":
    return pd.Series(dtype="str")


class CellCount(NamedTuple):
    """Cells of a column that should hold something, and how many of them failed.

    ``looks_like`` says what the failing ones may be, where that can be seen.
    """

    cells: int
    failed: int
    looks_like: str = ""


@dataclass(frozen=True, slots=True)
class CheckedTable:
    """Rows that pass every rule, and the rest with the first rule each one broke.

    ``set_aside`` has ``line`` (the header is line 1), ``case_id`` where the table has
    one, and ``rule`` (column: rule, never a value). ``persons_set_aside`` are the
    people whose rows broke a rule: what is left of them is not the whole. ``lines``
    are the lines that the kept rows stood in. ``unreadable`` names, for each kept row,
    the optional facts that stand there and cannot be read (joined by a blank; missing
    where every one can), and ``doubts`` counts those cells, and the faulty ones of
    columns that no score reads, by "column: rule". ``cells`` counts those of each key
    and date column, and ``personal`` what each column holds of persons: both are judged
    when the whole table is known, and ``notes`` say what there is to tell of it.
    """

    kept: pd.DataFrame
    set_aside: pd.DataFrame
    ignored: tuple[str, ...] = ()
    persons_set_aside: frozenset[str] = frozenset()
    lines: npt.NDArray[np.int64] = field(default_factory=_no_lines)
    unreadable: "pd.Series[Any]" = field(default_factory=_nothing_unreadable)
    doubts: Mapping[str, int] = field(default_factory=dict)
    cells: Mapping[str, CellCount] = field(default_factory=dict)
    personal: PersonalData = field(default_factory=PersonalData)
    notes: tuple[str, ...] = ()

    def counts(self) -> dict[str, int]:
        """How many rows broke each rule first, the commonest rule first."""
        return cast("dict[str, int]", self.set_aside["rule"].value_counts().to_dict())


@dataclass(slots=True)
class RowErrors:
    """For every row the first rule that it broke, filled rule by rule.

    ``doubts`` counts cells by "column: rule" that cost their row nothing;
    ``unreadable`` has the rows in which a fact stands that cannot be read; ``cells``
    counts those of key and date columns.
    """

    rows: int
    rules: list[str] = field(default_factory=list)
    first: npt.NDArray[np.int16] = field(init=False)
    doubts: Counter[str] = field(default_factory=Counter)
    unreadable: dict[str, Mask] = field(default_factory=dict)
    cells: dict[str, CellCount] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.first = np.full(self.rows, -1, dtype=np.int16)

    def doubt(self, broken: Mask, *, column: str, rule: str) -> None:
        """Count cells of *broken* in a column that no score reads."""
        if broken.any():
            self.doubts[f"{column}: {rule}"] += int(broken.sum())

    def mark_fact(self, broken: Mask, *, column: str, rule: str) -> None:
        """Mark a fact that stands there in rows of *broken*, and cannot be read."""
        self.doubt(broken, column=column, rule=rule)
        if broken.any():
            self.unreadable[column] = self.unreadable.get(column, False) | broken

    def unreadable_names(self) -> "pd.Series[Any]":
        """For every row the columns of its unreadable facts; missing for none."""
        names = np.full(self.rows, "", dtype=object)
        for column, broken in self.unreadable.items():
            names[broken] = [f"{before} {column}".strip() for before in names[broken]]
        return pd.Series(names).replace("", None).astype("str")

    def mark(self, broken: Mask, *, column: str, rule: str) -> None:
        """Rows of *broken* that broke no earlier rule broke this one."""
        if not broken.any():
            return
        self.first[broken & (self.first < 0)] = len(self.rules)
        self.rules.append(f"{column}: {rule}")

    def mark_personal(self, personal: PersonalData) -> None:
        """Mark the rows in whose read columns a person number stands."""
        for column, broken in personal.masks.items():
            self.mark(broken, column=column, rule=HOLDS_ONE)

    def fine(self) -> Mask:
        """The rows that broke nothing."""
        return self.first < 0

    def to_frame(
        self, *, lines: npt.NDArray[np.int64], case_id: "pd.Series[Any] | None"
    ) -> pd.DataFrame:
        """One row per set-aside row: its line, its case if it has one, the rule."""
        broken = np.flatnonzero(self.first >= 0)
        rules = pd.array(
            [self.rules[r] for r in self.first[broken].tolist()], dtype="str"
        )
        frame = pd.DataFrame({"line": lines[broken], "rule": rules})
        if case_id is not None:
            frame.insert(1, "case_id", case_id.iloc[broken].array)
        return frame


def find_lines(table: pd.DataFrame) -> npt.NDArray[np.int64]:
    """The line of its file that each row stood in, counting the header as line 1.

    A reader that left rows out says so by an index of whole numbers named LINE.
    """
    if table.index.name == LINE and pd.api.types.is_integer_dtype(table.index):
        return table.index.to_numpy(dtype=np.int64)
    return np.arange(2, len(table) + 2, dtype=np.int64)


def require_header(table: pd.DataFrame, needed: Iterable[str], *, file: str) -> None:
    """Raise TableError if no needed column is there: nothing can be told by its name.

    Without a line of column names the first person's row stands in their place, so no
    heading of such a table may be shown.
    """
    if not {str(name) for name in table.columns} & set(needed):
        raise TableError(
            f"{file}: none of the required columns is there. Is the line of column "
            "names missing, or is this another table? Otherwise state the site's own "
            "names: columns of its table in site.toml."
        )


def require_columns(
    table: pd.DataFrame,
    needed: Iterable[str],
    *,
    file: str,
    allowed: Iterable[str] = (),
) -> None:
    """Raise TableError unless *table* has each needed column once.

    Those of *allowed* may be missing, but none of them may be there twice.
    """
    names = [str(name) for name in table.columns]
    needed = tuple(needed)
    if absent := [name for name in needed if name not in names]:
        raise TableError(
            f"{file}: {len(absent)} required column(s) missing: {', '.join(absent)}. "
            "Deliver them (an unknown value is an empty cell), or state the site's own "
            "names: columns of its table in site.toml."
        )
    once = {*needed, *allowed}
    if twice := sorted(name for name in once if names.count(name) > 1):
        raise TableError(
            f"{file}: {', '.join(twice)} occurs more than once among the column names. "
            "Leave one of each."
        )


def require_rows(n: int, *, file: str) -> None:
    """Raise TableError where the whole table has none; a part of a file may have."""
    if not n:
        raise TableError(f"{file}: no rows. Deliver a file with at least one row.")


def validate_table(
    table: pd.DataFrame, schema: pa.DataFrameSchema, *, name: str
) -> pd.DataFrame:
    """*table* as *schema* describes it, or TableError naming every broken rule.

    Pandera's own messages quote the offending values. Ours give column, rule and number
    of rows, because errors end up in logs and rows are about people.
    """
    try:
        return schema.validate(table, lazy=True)
    except pa.errors.SchemaErrors as failed:
        cases = failed.failure_cases
        # A column that is missing or not in the contract stands where values stand.
        columns = cases["column"].fillna(cases["failure_case"].astype("str"))
        broken = cases.assign(column=columns).groupby(["column", "check"]).size()
    found = [
        f"{column if column in schema.columns else 'a column not in it'}: "
        f"{_rule(rule)} ({n} rows)"
        for (column, rule), n in broken.items()
    ]
    raise TableError(f"{name} breaks its contract: {'; '.join(found)}.")


def _rule(check: object) -> str:
    """The rule's name without the values that pandera puts in brackets."""
    return str(check).split("(", maxsplit=1)[0]


def mark_needed(
    errors: RowErrors, cells: ParsedColumn, *, column: str, rule: str
) -> None:
    """Mark what could not be read, and what is missing, where both are faults."""
    errors.mark(cells.wrong, column=column, rule=rule)
    missing = cells.missing()
    errors.mark(missing, column=column, rule="missing, where it may not be")
    failed = int(cells.wrong.sum()) + int(missing.sum())
    errors.cells[column] = CellCount(errors.rows, failed)


def mark_optional(
    errors: RowErrors, cells: ParsedColumn, *, column: str, rule: str
) -> None:
    """Mark what stands there and could not be read."""
    errors.mark(cells.wrong, column=column, rule=rule)
    there = errors.rows - int(cells.missing().sum())
    errors.cells[column] = CellCount(there, int(cells.wrong.sum()))


def describe_if_unread(errors: RowErrors, name: str, column: "pd.Series[Any]") -> None:
    """Note what the cells of a date *column* look like where every one has failed."""
    count = errors.cells[name]
    if count.cells and count.failed == count.cells:
        looks = describe_unread_dates(column)
        errors.cells[name] = count._replace(looks_like=looks)
