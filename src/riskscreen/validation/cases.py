"""The case table: what a site delivers, read cell by cell and checked row by row."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from riskscreen.disclosure.words import describe_headings
from riskscreen.spec import Column, Specification
from riskscreen.validation.checking import (
    CheckedTable,
    RowErrors,
    describe_if_unread,
    find_lines,
    mark_needed,
    require_columns,
    require_header,
    validate_table,
)
from riskscreen.validation.decimals import normalise_numbers
from riskscreen.validation.keys import ROUNDED, read_keys, read_municipalities
from riskscreen.validation.parsing import (
    Mask,
    ParsedColumn,
    read_categories,
    read_dates,
    read_flags,
    read_numbers,
)
from riskscreen.validation.personal_data import find_personal_data
from riskscreen.validation.schemas import (
    ANY_MUNICIPALITY_OR_TEAM,
    build_cases_schema,
    is_dated,
    list_key_columns,
    list_required_columns,
)
from riskscreen.validation.whole import (
    NO_PATTERNS,
    CasePart,
    KeyPatterns,
    describe_key_rule,
    survey_cases,
)

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
    patterns: KeyPatterns = NO_PATTERNS,
) -> CheckedTable:
    """The rows of the whole *table* that keep the contract, and the others.

    Kept columns are the key columns and the declared ones: dates ``datetime64[us]``,
    numbers and flags float64 (1.0 yes, 0.0 no), categories and keys text. A fault in a
    key, a date or a fact that must be there sets its row aside; an optional fact that
    cannot be read is missing, and named in ``unreadable``; a column that no score reads
    is only told of. A person number sets the row aside that it stands in, whatever the
    column. *patterns* are regular expressions for keys by column name. With
    *extract_date* a decision after it sets the row aside. Beyond that whole.py says
    which cases occur twice, which ids are none, and which columns fail as a whole.

    Raises PersonalDataError, and TableError where the file as a whole cannot be used.
    """
    numbers = [n for n, c in spec.columns.items() if c.type in ("number", "integer")]
    part = read_cases(
        spec,
        normalise_numbers(table, numbers, file=file),
        file=file,
        extract_date=extract_date,
        patterns=patterns,
    )
    survey = survey_cases(spec, [part], file=file)
    return replace(survey.check(part.checked), notes=survey.notes)


def read_cases(
    spec: Specification,
    table: pd.DataFrame,
    *,
    file: str,
    extract_date: date | None = None,
    patterns: KeyPatterns = NO_PATTERNS,
) -> CasePart:
    """The rows of *table*, which may be a part of a file, each checked by itself.

    See check_cases; what the whole table alone can tell is left to survey_cases.
    """
    contract = {*list_key_columns(spec), *spec.columns}
    personal = find_personal_data(
        table, file=file, declared=contract, patterns=patterns
    )
    require_header(table, list_required_columns(spec), file=file)
    require_columns(table, list_required_columns(spec), file=file, allowed=contract)
    errors = RowErrors(len(table))
    errors.mark_personal(personal)
    keys = {
        name: _key(name, table, errors, patterns) for name in list_key_columns(spec)
    }
    if is_dated(spec):
        _mark_dates(keys, errors, extract_date=extract_date)
    else:
        keys["period"] = keys["period"].fillna(0).astype("int64")
    declared = {n: _declared(n, c, table, errors) for n, c in spec.columns.items()}
    fine, lines = errors.fine(), find_lines(table)
    read = pd.DataFrame(keys | declared)
    kept = (read if fine.all() else read[fine]).reset_index(drop=True)
    checked = CheckedTable(
        kept=validate_table(kept, build_cases_schema(spec), name=file),
        set_aside=errors.to_frame(
            lines=lines, case_id=personal.mask_key("case_id", keys["case_id"])
        ),
        ignored=describe_headings(map(str, table.columns), contract),
        lines=lines[fine],
        unreadable=errors.unreadable_names()[fine].reset_index(drop=True),
        doubts=errors.doubts,
        cells=errors.cells,
        personal=personal.without_rows(),
    )
    when = [n for n in ("start_date", "decision_date", "period") if n in keys]
    rows = pd.DataFrame({n: keys[n].array for n in ("case_id", "person_id", *when)})
    return CasePart(checked, rows.assign(sound=fine))


def _key(
    name: str,
    table: pd.DataFrame,
    errors: RowErrors,
    patterns: KeyPatterns,
) -> "pd.Series[Any]":
    """One key column; those that may be absent are filled in as contracts.py says."""
    if name not in table.columns:
        if name == "person_id":
            return read_keys(table["case_id"]).values
        same = pd.array([ANY_MUNICIPALITY_OR_TEAM] * len(table), dtype="str")
        return pd.Series(same, index=table.index)
    column, pattern = table[name], patterns.get(name)
    if name in ("start_date", "decision_date"):
        cells, rule = read_dates(column), NOT_A_DATE
    elif name == "period":
        cells, rule = _whole(read_numbers(column)), "not a whole number"
    elif name == "municipality":
        cells, rule = read_municipalities(column), ROUNDED
    else:
        cells, rule = read_keys(column, pattern=pattern), describe_key_rule(pattern)
    mark_needed(errors, cells, column=name, rule=rule)
    if name in ("start_date", "decision_date"):
        describe_if_unread(errors, name, column)
    return cells.values


def _whole(cells: ParsedColumn) -> ParsedColumn:
    """Numbers, those that are not whole among the wrong ones."""
    values = cells.values.to_numpy()
    broken = ~np.isnan(values) & (values != np.floor(values))
    return ParsedColumn(cells.values.mask(broken), cells.wrong | broken)


def _mark_dates(
    keys: "dict[str, pd.Series[Any]]", errors: RowErrors, *, extract_date: date | None
) -> None:
    decided = keys["decision_date"]
    early = (decided < keys["start_date"]).to_numpy(dtype=bool)
    errors.mark(early, column="decision_date", rule="before start_date")
    if extract_date is not None:
        late = (decided > pd.Timestamp(extract_date)).to_numpy(dtype=bool)
        errors.mark(late, column="decision_date", rule="after the extract date")


_READERS: dict[str, Callable[["pd.Series[Any]"], ParsedColumn]] = {
    "number": read_numbers,
    "integer": read_numbers,
    "flag": read_flags,
}


def _declared(
    name: str, column: Column, table: pd.DataFrame, errors: RowErrors
) -> "pd.Series[Any]":
    """A declared column as read; its rules are marked, the range last."""
    if name not in table.columns:
        return _absent(column, table)
    if column.type == "category":
        cells = read_categories(table[name], allowed=column.values)
    else:
        cells = _READERS[column.type](table[name])
    mark = _severity(column, errors)
    mark(cells.wrong, column=name, rule=_UNREADABLE[column.type])
    if not column.nullable and column.role != "benchmark":
        errors.mark(cells.missing(), column=name, rule="missing, where it may not be")
    if column.type not in ("number", "integer"):
        return cells.values
    broken = np.zeros(len(table), dtype=bool)
    for rule, where in _number_rules(column, cells.values.to_numpy()):
        mark(where & ~broken, column=name, rule=rule)
        broken |= where
    return cells.values.mask(broken) if broken.any() else cells.values


def _severity(column: Column, errors: RowErrors) -> Callable[..., None]:
    """What a cell costs that cannot be read: its row, the fact alone, or nothing."""
    if column.role == "benchmark":
        return errors.doubt
    return errors.mark_fact if column.nullable else errors.mark


def _absent(column: Column, table: pd.DataFrame) -> "pd.Series[Any]":
    """A benchmark column that was not delivered: missing throughout."""
    kind = "str" if column.type == "category" else "float64"
    return pd.Series(np.nan, index=table.index, dtype=kind)


def _number_rules(
    column: Column, found: npt.NDArray[np.float64]
) -> Iterator[tuple[str, Mask]]:
    """Each rule of a number, and where it is broken."""
    if column.type == "integer":
        yield "not a whole number", ~np.isnan(found) & (found != np.floor(found))
    if column.minimum is not None:
        yield f"below {column.minimum:g}", found < column.minimum
    if column.maximum is not None:
        yield f"above {column.maximum:g}", found > column.maximum
