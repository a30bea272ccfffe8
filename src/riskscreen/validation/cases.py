"""The case table: what a site delivers, read cell by cell and checked row by row."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from riskscreen.array_tables import ArrayTable, Mask
from riskscreen.spec import Column, Specification
from riskscreen.text_arrays import build_texts
from riskscreen.validation.checking import (
    MISSING,
    NEITHER,
    NO_PATTERNS,
    NOT_A_DATE,
    NOT_A_NUMBER,
    NOT_ALLOWED,
    NOT_WHOLE,
    TOO_LATE,
    CheckedTable,
    KeyPatterns,
    RowErrors,
    start_check,
)
from riskscreen.validation.decimals import normalise_numbers
from riskscreen.validation.delivered import DeliveredColumns, take_columns
from riskscreen.validation.keys import (
    ROUNDED,
    check_keys,
    read_keys,
    read_municipalities,
)
from riskscreen.validation.parsing import (
    ParsedColumn,
    read_categories,
    read_dates,
    read_end_dates,
    read_flags,
    read_numbers,
)
from riskscreen.validation.schemas import (
    ANY_MUNICIPALITY_OR_TEAM,
    ARRIVALS,
    DATE,
    NEVER,
    OPEN_AS_OF,
    build_cases_schema,
    is_dated,
    list_key_columns,
    list_required_columns,
)
from riskscreen.validation.surveys import CasePart, survey_cases

_CODE = r"[\w.-]{1,12}"
_UNREADABLE = {
    "number": NOT_A_NUMBER,
    "integer": NOT_A_NUMBER,
    "flag": NEITHER,
    "category": NOT_ALLOWED,
}


def check_cases(
    spec: Specification,
    table: pd.DataFrame | DeliveredColumns,
    *,
    file: str,
    extract_date: date | None = None,
    patterns: KeyPatterns = NO_PATTERNS,
) -> CheckedTable:
    """Return the rows of the whole *table* that keep the contract, and the others.

    Kept columns are the key columns and the declared ones: dates ``datetime64[us]``,
    numbers and flags float64 (1.0 yes, 0.0 no), categories and keys text. A fault in a
    key, a date or a fact that must be there sets its row aside; an optional fact that
    cannot be read is missing, and named in ``unreadable``; a column that no score reads
    is only told of, and a cell that is not about the case is missing, whatever stands
    there. The day a case was still open is such an optional fact. A fact of landmarks
    that is not so has the day NEVER. A person number sets
    the row aside that it stands in, whatever the column.
    *patterns* are regular expressions for keys by column name. With *extract_date* a
    decision after it sets the row aside. Beyond that surveys.py says which cases occur
    twice, which ids are none, and which columns fail as a whole.

    Raises PersonalDataError, and TableError where the file as a whole cannot be used.
    """
    numbers = [n for n, c in spec.columns.items() if c.type in ("number", "integer")]
    part = read_cases(
        spec,
        normalise_numbers(take_columns(table, file=file), numbers, file=file),
        file=file,
        extract_date=extract_date,
        patterns=patterns,
    )
    survey = survey_cases(spec, [part], file=file)
    return replace(survey.check(part.checked), notes=survey.notes)


def read_cases(
    spec: Specification,
    table: pd.DataFrame | DeliveredColumns,
    *,
    file: str,
    extract_date: date | None = None,
    patterns: KeyPatterns = NO_PATTERNS,
) -> CasePart:
    """Check each row of *table*, which may be a part of a file, by itself.

    See check_cases; what the whole table alone can tell is left to survey_cases.
    """
    names = list_key_columns(spec)
    errors = start_check(
        table,
        list_required_columns(spec),
        file=file,
        optional=(*names, *spec.columns),
        patterns=patterns,
    )
    keys = {
        name: _read_key(name, errors, patterns)
        for name in names
        if name != OPEN_AS_OF or name in errors.columns
    }
    if is_dated(spec):
        decided = keys["decision_date"]
        early = decided < keys["start_date"]
        errors.mark(early, column="decision_date", rule="before start_date")
        if extract_date is not None:
            late = decided > np.datetime64(extract_date)
            errors.mark(late, column="decision_date", rule=TOO_LATE)
    else:
        keys["period"] = np.nan_to_num(keys["period"]).astype("int64")
    checked = errors.split(
        keys | _read_facts(spec, errors, keys), build_cases_schema(spec)
    )
    when = [n for n in ("start_date", "decision_date", "period") if n in keys]
    rows = {name: keys[name] for name in ("case_id", "person_id", *when)}
    rows["sound"] = errors.find_fine()
    return CasePart(
        checked, ArrayTable(rows), partial(_list_arrivals, spec, keys, errors)
    )


def _list_arrivals(
    spec: Specification, keys: dict[str, Any], errors: RowErrors
) -> pd.DataFrame:
    """Return whose each row is and when it began, whatever else is wrong with it.

    A person number is masked, whichever of the columns it stands in.
    """
    listed: dict[str, Any] = {"line": errors.table.number_lines()}
    for name in ARRIVALS.columns:
        if name in ("start_date", "decision_date"):
            never = np.full(len(errors.table), np.datetime64("NaT"))
            listed[name] = keys.get(name, never).astype(DATE)
        elif name in keys:
            listed[name] = errors.personal.mask_key(name, keys[name])
    listed["caseworker"] = _read_caseworkers(spec, errors)
    return pd.DataFrame(listed)


def _read_caseworkers(spec: Specification, errors: RowErrors) -> Any:
    """Return the code of each row's caseworker; missing where it is none.

    A name has a blank or is too long for a code, and a person number is no code.
    """
    if spec.caseworker is None or spec.caseworker not in errors.columns:
        return pd.array([None] * len(errors.table), dtype="str")
    texts = pd.Series(errors.columns[spec.caseworker]).astype("str").str.strip()
    masked = pd.Series(errors.personal.mask_key(spec.caseworker, texts.array))
    return masked.where(masked.str.fullmatch(_CODE)).array


def _read_key(name: str, errors: RowErrors, patterns: KeyPatterns) -> Any:
    """Return the array of one key column; one that may be absent is filled in.

    Without person_id each case is a person, and without municipality or team there is
    one of them.
    """
    columns = errors.columns
    if name not in columns:
        if name == "person_id":
            return read_keys(columns["case_id"]).cells
        return build_texts([ANY_MUNICIPALITY_OR_TEAM] * len(errors.table))
    if name in ("start_date", "decision_date"):
        return errors.check_dates(read_dates(columns[name]), column=name).cells
    if name == OPEN_AS_OF:
        parsed = read_dates(columns[name])
        errors.mark_fact(parsed.wrong, column=name, rule=NOT_A_DATE)
        return parsed.cells
    if name not in ("period", "municipality"):
        return check_keys(name, errors, pattern=patterns.get(name)).cells
    if name == "period":
        parsed, rule = read_numbers(columns[name]), NOT_WHOLE
        broken = _is_fraction(parsed.cells)
        whole = np.where(broken, np.nan, parsed.cells)
        parsed = ParsedColumn(whole, parsed.wrong | broken)
    else:
        parsed, rule = read_municipalities(columns[name]), ROUNDED
    errors.check_cells(parsed, column=name, rule=rule, required=True)
    return parsed.cells


def _is_fraction(values: npt.NDArray[np.float64]) -> Mask:
    broken: Mask = ~np.isnan(values) & (values != np.floor(values))
    return broken


def _read_facts(
    spec: Specification, errors: RowErrors, keys: dict[str, Any]
) -> dict[str, Any]:
    """Return the arrays of the declared columns in their order.

    What stands where a column is not about the case (``applies_when``) is not read.
    """
    facts: dict[str, Any] = {}
    nobody = np.zeros(len(errors.table), dtype=bool)
    kept = spec.kept_columns()
    # The column that decides is about everybody itself, so it is read before.
    columns = sorted(kept.items(), key=lambda of: of[1].applies_when is not None)
    for name, column in columns:
        if column.type == "date":
            clock = spec.outcome.clock
            facts[name] = _read_day(name, errors, clock=clock, began=keys[clock])
            continue
        when = column.applies_when
        others = when.condition.find_unmet(facts[when.column]) if when else nobody
        facts[name] = _read_fact(name, column, errors, others=others)
    return {name: facts[name] for name in kept}


def _read_day(
    name: str, errors: RowErrors, *, clock: str, began: npt.NDArray[np.datetime64]
) -> npt.NDArray[np.datetime64]:
    """Return the day of a fact of landmarks: NEVER where it is not so.

    So a day before the clock is read: it is of an earlier case, and counted alone. What
    cannot be read is missing, for nobody can tell.
    """
    parsed = read_end_dates(errors.columns[name])
    errors.mark_fact(parsed.wrong, column=name, rule=NOT_A_DATE)
    early = parsed.cells < began
    errors.mark_doubt(early, column=name, rule=f"before {clock}")
    days: npt.NDArray[np.datetime64] = np.where(
        parsed.find_missing() | early, NEVER, parsed.cells
    )
    return days


def _read_fact(name: str, column: Column, errors: RowErrors, *, others: Mask) -> Any:
    """Return the array of a declared column; its broken rules are marked, range last.

    A cell that cannot be read costs its row, the fact alone where it may be missing, or
    nothing where no score reads it (a benchmark, which may be absent too). Of *others*,
    whom it is not about, it is missing, and what cannot be read is counted alone.
    """
    n = len(errors.table)
    if name not in errors.columns:
        texts = column.type == "category"
        return build_texts([None] * n) if texts else np.full(n, np.nan)
    delivered = errors.columns[name]
    match column.type:
        case "category":
            parsed = read_categories(delivered, allowed=column.values)
        case "flag":
            parsed = read_flags(delivered)
        case _:
            parsed = read_numbers(delivered)
    mark = errors.mark_fact if column.nullable else errors.mark
    mark = errors.mark_doubt if column.role == "benchmark" else mark
    if not column.may_be_missing:
        errors.mark(parsed.find_missing(), column=name, rule=MISSING)
    broken = np.zeros(n, dtype=bool)
    unreadable = (_UNREADABLE[column.type], parsed.wrong)
    for rule, where in (unreadable, *_find_outside(column, parsed.cells)):
        if not where.any():
            continue
        mark(where & ~broken & ~others, column=name, rule=rule)
        errors.mark_doubt(where & ~broken & others, column=name, rule=rule)
        broken |= where
    broken |= others
    if not broken.any():
        return parsed.cells
    cells = parsed.cells.copy()
    cells[broken] = np.nan
    return cells


def _find_outside(column: Column, numbers: Any) -> Iterator[tuple[str, Mask]]:
    """Find where a number breaks a rule of its column, rule by rule."""
    if column.type not in ("number", "integer"):
        return
    if column.type == "integer":
        yield NOT_WHOLE, _is_fraction(numbers)
    if column.minimum is not None:
        yield f"below {column.minimum:g}", numbers < column.minimum
    if column.maximum is not None:
        yield f"above {column.maximum:g}", numbers > column.maximum
