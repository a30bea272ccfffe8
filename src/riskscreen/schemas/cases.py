"""The case table: what a site delivers, read cell by cell and checked row by row."""

from collections.abc import Callable, Collection
from datetime import date
from typing import Any, cast

import numpy as np
import pandas as pd

from riskscreen.schemas.cells import (
    Cells,
    is_among,
    read_categories,
    read_dates,
    read_flags,
    read_numbers,
    read_texts,
)
from riskscreen.schemas.checking import (
    Checked,
    Faults,
    conform,
    lines_of,
    mark_unreadable,
    need_a_heading,
    need_columns,
)
from riskscreen.schemas.contracts import (
    ANY_MUNICIPALITY_OR_TEAM,
    cases_schema,
    is_dated,
    key_columns,
    needed_columns,
)
from riskscreen.schemas.personal import refuse_personal_data
from riskscreen.spec import Column, Specification

NOT_A_DATE = "not a date that exists"
_UNREADABLE = {
    "number": "not a number",
    "integer": "not a number",
    "flag": "neither yes nor no",
    "category": "not one of the allowed values",
}


def check_cases(
    spec: Specification,
    table: pd.DataFrame,
    *,
    file: str,
    extract_date: date | None = None,
    repeated: Collection[str] = (),
) -> Checked:
    """The rows of *table* that keep the specification's contract, and the others.

    Kept columns are the key columns and the declared ones: dates ``datetime64[us]``,
    numbers and flags float64 (1.0 yes, 0.0 no), categories and keys text. A case_id
    that occurs more than once sets all its rows aside: nobody can say which is right.
    With *extract_date* a decision after it sets the row aside; *repeated* are the
    case_ids that occur more than once in a file of which *table* is a part.

    Raises PersonalDataError, and TableError where the file as a whole cannot be used.
    """
    need_a_heading(table, needed_columns(spec), file=file)
    refuse_personal_data(table, file=file)
    need_columns(table, needed_columns(spec), file=file)
    faults = Faults(len(table))
    keys = _keys(spec, table, faults, repeated=repeated)
    if is_dated(spec):
        _mark_dates(keys, faults, extract_date=extract_date)
    declared = {n: _declared(n, c, table, faults) for n, c in spec.columns.items()}
    fine, lines = faults.fine(), lines_of(table)
    read = pd.DataFrame(keys | declared)
    kept = read if fine.all() else read[fine]
    return Checked(
        kept=conform(kept.reset_index(drop=True), cases_schema(spec), name=file),
        set_aside=faults.told(lines=lines, case_id=keys["case_id"]),
        ignored=_undeclared(spec, table),
        lines=lines[fine],
    )


def _undeclared(spec: Specification, table: pd.DataFrame) -> tuple[str, ...]:
    contract = {*key_columns(spec), *spec.columns}
    return tuple(str(name) for name in table.columns if str(name) not in contract)


def _keys(
    spec: Specification,
    table: pd.DataFrame,
    faults: Faults,
    *,
    repeated: Collection[str],
) -> "dict[str, pd.Series[Any]]":
    keys = {name: _key(name, table, faults) for name in key_columns(spec)}
    case_id = keys["case_id"]
    twice = (case_id.duplicated(keep=False) & case_id.notna()).to_numpy(dtype=bool)
    if repeated:
        twice = twice | is_among(case_id, repeated)
    faults.mark(twice, column="case_id", rule="occurs more than once")
    if not is_dated(spec):
        keys["period"] = keys["period"].fillna(0).astype("int64")
    return keys


def _key(name: str, table: pd.DataFrame, faults: Faults) -> "pd.Series[Any]":
    """One key column; those that may be absent are filled in as contracts.py says."""
    if name not in table.columns:
        if name == "person_id":
            return read_texts(table["case_id"]).values
        same = pd.array([ANY_MUNICIPALITY_OR_TEAM] * len(table), dtype="str")
        return pd.Series(same, index=table.index)
    if name in ("start_date", "decision_date"):
        cells, rule = read_dates(table[name]), NOT_A_DATE
    elif name == "period":
        cells, rule = _whole(read_numbers(table[name])), "not a whole number"
    else:
        cells, rule = read_texts(table[name]), ""
    mark_unreadable(faults, cells, column=name, rule=rule)
    return cells.values


def _whole(cells: Cells) -> Cells:
    """Numbers, those that are not whole among the wrong ones."""
    values = cells.values.to_numpy()
    broken = ~np.isnan(values) & (values != np.floor(values))
    return Cells(cells.values.mask(broken), cells.wrong | broken)


def _mark_dates(
    keys: "dict[str, pd.Series[Any]]", faults: Faults, *, extract_date: date | None
) -> None:
    decided = keys["decision_date"]
    early = (decided < keys["start_date"]).to_numpy(dtype=bool)
    faults.mark(early, column="decision_date", rule="before start_date")
    if extract_date is not None:
        late = (decided > pd.Timestamp(extract_date)).to_numpy(dtype=bool)
        faults.mark(late, column="decision_date", rule="after the extract date")


_READERS: dict[str, Callable[["pd.Series[Any]"], Cells]] = {
    "number": read_numbers,
    "integer": read_numbers,
    "flag": read_flags,
}


def _declared(
    name: str, column: Column, table: pd.DataFrame, faults: Faults
) -> "pd.Series[Any]":
    """A declared column as read; its rules are marked, the range last."""
    if name not in table.columns:
        return _absent(column, table)
    if column.type == "category":
        cells = read_categories(table[name], allowed=column.values)
    else:
        cells = _READERS[column.type](table[name])
    faults.mark(cells.wrong, column=name, rule=_UNREADABLE[column.type])
    if not column.missing and column.role != "benchmark":
        faults.mark(cells.missing(), column=name, rule="missing, where it may not be")
    if column.type in ("number", "integer"):
        _mark_number(name, column, cells.values, faults)
    return cells.values


def _absent(column: Column, table: pd.DataFrame) -> "pd.Series[Any]":
    """A benchmark column that was not delivered: missing throughout."""
    kind = "str" if column.type == "category" else "float64"
    return pd.Series(np.nan, index=table.index, dtype=kind)


def _mark_number(
    name: str, column: Column, values: "pd.Series[Any]", faults: Faults
) -> None:
    found = values.to_numpy()
    if column.type == "integer":
        broken = ~np.isnan(found) & (found != np.floor(found))
        faults.mark(broken, column=name, rule="not a whole number")
    if column.minimum is not None:
        broken = cast("Any", found < column.minimum)
        faults.mark(broken, column=name, rule=f"below {column.minimum:g}")
    if column.maximum is not None:
        broken = cast("Any", found > column.maximum)
        faults.mark(broken, column=name, rule=f"above {column.maximum:g}")
