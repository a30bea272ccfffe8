"""Rows that break a rule are set aside and counted; a table that breaks one stops."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import pandas as pd
import pandera.pandas as pa

from riskscreen.errors import TableError
from riskscreen.schemas.cells import Cells, Mask

LINE = "line"
"""The name of a reader's index that says which line of its file a row stood in."""


def _no_lines() -> npt.NDArray[np.int64]:
    return np.zeros(0, dtype=np.int64)


@dataclass(frozen=True, slots=True)
class Checked:
    """Rows that pass every rule, and the rest with the first rule each one broke.

    ``set_aside`` has ``line`` (the header is line 1), ``case_id`` where the table has
    one, and ``rule`` (column: rule, never a value). ``persons_set_aside`` are the
    people whose rows broke a rule: what is left of them is not the whole. ``lines``
    are the lines that the kept rows stood in.
    """

    kept: pd.DataFrame
    set_aside: pd.DataFrame
    ignored: tuple[str, ...] = ()
    persons_set_aside: frozenset[str] = frozenset()
    lines: npt.NDArray[np.int64] = field(default_factory=_no_lines)

    def counts(self) -> dict[str, int]:
        """How many rows broke each rule first, the commonest rule first."""
        return cast("dict[str, int]", self.set_aside["rule"].value_counts().to_dict())


@dataclass(slots=True)
class Faults:
    """For every row the first rule that it broke, filled rule by rule."""

    rows: int
    rules: list[str] = field(default_factory=list)
    first: npt.NDArray[np.int16] = field(init=False)

    def __post_init__(self) -> None:
        self.first = np.full(self.rows, -1, dtype=np.int16)

    def mark(self, broken: Mask, *, column: str, rule: str) -> None:
        """Rows of *broken* that broke no earlier rule broke this one."""
        if not broken.any():
            return
        self.first[broken & (self.first < 0)] = len(self.rules)
        self.rules.append(f"{column}: {rule}")

    def fine(self) -> Mask:
        """The rows that broke nothing."""
        return self.first < 0

    def told(
        self, *, lines: npt.NDArray[np.int64], case_id: "pd.Series[Any] | None"
    ) -> pd.DataFrame:
        """One row per set-aside row: its line, its case if it has one, the rule."""
        broken = np.flatnonzero(self.first >= 0)
        rules = pd.array(
            [self.rules[r] for r in self.first[broken].tolist()], dtype="str"
        )
        told = pd.DataFrame({"line": lines[broken], "rule": rules})
        if case_id is not None:
            told.insert(1, "case_id", case_id.iloc[broken].array)
        return told


def lines_of(table: pd.DataFrame) -> npt.NDArray[np.int64]:
    """The line of its file that each row stood in, counting the header as line 1.

    A reader that left rows out says so by an index named ``line``.
    """
    if table.index.name == LINE:
        return table.index.to_numpy(dtype=np.int64)
    return np.arange(2, len(table) + 2, dtype=np.int64)


def need_a_heading(table: pd.DataFrame, needed: Iterable[str], *, file: str) -> None:
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


def need_columns(table: pd.DataFrame, needed: Iterable[str], *, file: str) -> None:
    """Raise TableError unless *table* has rows, and each needed column once."""
    names = [str(name) for name in table.columns]
    needed = tuple(needed)
    if absent := [name for name in needed if name not in names]:
        raise TableError(
            f"{file}: {len(absent)} required column(s) missing: {', '.join(absent)}. "
            "Deliver them (an unknown value is an empty cell), or state the site's own "
            "names: columns of its table in site.toml."
        )
    if twice := sorted({name for name in needed if names.count(name) > 1}):
        raise TableError(
            f"{file}: {', '.join(twice)} occurs more than once among the column names. "
            "Leave one of each."
        )
    if table.empty:
        raise TableError(f"{file}: no rows. Deliver a file with at least one row.")


def conform(
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
        f"{column}: {_rule(rule)} ({n} rows)" for (column, rule), n in broken.items()
    ]
    raise TableError(f"{name} breaks its contract: {'; '.join(found)}.")


def _rule(check: object) -> str:
    """The rule's name without the values that pandera puts in brackets."""
    return str(check).split("(", maxsplit=1)[0]


def mark_unreadable(faults: Faults, cells: Cells, *, column: str, rule: str) -> None:
    """Mark what could not be read, and what is missing, where both are faults."""
    faults.mark(cells.wrong, column=column, rule=rule)
    faults.mark(cells.missing(), column=column, rule="missing, where it may not be")
