"""The other delivered tables: benefit history, audit table and ready outcomes."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from functools import partial
from typing import Any, Literal

import pandas as pd

from riskscreen.disclosure.words import describe_headings
from riskscreen.spec import Specification
from riskscreen.validation.cases import NOT_A_DATE
from riskscreen.validation.checking import (
    CheckedTable,
    RowErrors,
    describe_if_unread,
    find_lines,
    mark_needed,
    mark_optional,
    require_columns,
    require_header,
    require_rows,
    validate_table,
)
from riskscreen.validation.keys import read_keys
from riskscreen.validation.parsing import (
    ParsedColumn,
    is_far_future,
    read_categories,
    read_dates,
    read_flags,
    read_texts,
)
from riskscreen.validation.personal_data import find_personal_data, judge_personal_data
from riskscreen.validation.schemas import HISTORY, OUTCOMES, build_audit_schema
from riskscreen.validation.whole import (
    NO_PATTERNS,
    KeyPatterns,
    describe_key_rule,
    refuse_unread_columns,
)

Ends = Literal["half_open", "inclusive"]
"""Whether an end is the first day after a spell, or its last day."""
Reader = Callable[["pd.Series[Any]"], ParsedColumn]
_A_DAY = pd.Timedelta(days=1)
_SPELL = ("person_id", "code", "start_date", "end_date")
_READ_OF_A_SPELL = (*_SPELL, "registered_on")


def check_history(
    table: pd.DataFrame,
    *,
    file: str,
    extract_date: date,
    patterns: KeyPatterns = NO_PATTERNS,
    ends: Ends = "half_open",
) -> CheckedTable:
    """Spells that keep their contract, half-open in days; an open one has no end.

    Where *ends* are inclusive the day after is the end. An end after *extract_date*
    means "no end yet", whether a plan or a sign for never: nothing after the extract
    counts. The people of set-aside rows are named in ``persons_set_aside``: the rest of
    their history would show another person.
    *patterns* are regular expressions for keys by column name. Raises
    PersonalDataError, and TableError where the file as a whole cannot be used.
    """
    checked = read_spells(
        table, file=file, extract_date=extract_date, patterns=patterns, ends=ends
    )
    notes = judge_personal_data([checked.personal], file=file)
    require_rows(len(table), file=file)
    refuse_unread_columns([checked.cells], file=file)
    return replace(checked, notes=notes)


def read_spells(
    table: pd.DataFrame,
    *,
    file: str,
    extract_date: date,
    patterns: KeyPatterns = NO_PATTERNS,
    ends: Ends = "half_open",
) -> CheckedTable:
    """The same of a *table* that may be a part of a file.

    Whether a column fails throughout is for whoever knows every part.
    """
    personal = find_personal_data(
        table, file=file, declared=_READ_OF_A_SPELL, patterns=patterns
    )
    require_header(table, _SPELL, file=file)
    require_columns(table, _SPELL, file=file, allowed=["registered_on"])
    errors = RowErrors(len(table))
    errors.mark_personal(personal)
    read = {
        "person_id": _identifier("person_id", table, errors, patterns),
        "code": _code(table, errors),
        "start_date": _start(table, errors, extract_date=extract_date),
        "end_date": _end(table, errors, ends=ends),
    }
    ended_early = (read["end_date"] <= read["start_date"]).to_numpy(dtype=bool)
    errors.mark(ended_early, column="end_date", rule="not after start_date")
    read["end_date"] = read["end_date"].mask(
        read["end_date"] > pd.Timestamp(extract_date)
    )
    if "registered_on" in table.columns:
        read["registered_on"] = _stamp(table, errors)
    fine = errors.fine()
    whole = pd.DataFrame(read)
    kept = whole if fine.all() else whole[fine]
    return CheckedTable(
        kept=validate_table(kept.reset_index(drop=True), HISTORY, name=file),
        set_aside=errors.to_frame(lines=find_lines(table), case_id=None),
        ignored=describe_headings(map(str, table.columns), read),
        persons_set_aside=frozenset(read["person_id"][~fine].dropna()),
        cells=errors.cells,
        personal=personal.without_rows(),
    )


def _identifier(
    name: str, table: pd.DataFrame, errors: RowErrors, patterns: KeyPatterns
) -> "pd.Series[Any]":
    pattern = patterns.get(name)
    cells = read_keys(table[name], pattern=pattern)
    mark_needed(errors, cells, column=name, rule=describe_key_rule(pattern))
    return cells.values


def _code(table: pd.DataFrame, errors: RowErrors) -> "pd.Series[Any]":
    cells = read_texts(table["code"])
    mark_needed(errors, cells, column="code", rule="")
    return cells.values


def _start(
    table: pd.DataFrame, errors: RowErrors, *, extract_date: date
) -> "pd.Series[Any]":
    cells = read_dates(table["start_date"])
    mark_needed(errors, cells, column="start_date", rule=NOT_A_DATE)
    describe_if_unread(errors, "start_date", table["start_date"])
    late = (cells.values > pd.Timestamp(extract_date)).to_numpy(dtype=bool)
    errors.mark(late, column="start_date", rule="after the extract date")
    return cells.values


def _end(table: pd.DataFrame, errors: RowErrors, *, ends: Ends) -> "pd.Series[Any]":
    cells = read_dates(table["end_date"])
    if cells.wrong.any():
        wrong = cells.wrong & ~is_far_future(table["end_date"])
        cells = ParsedColumn(cells.values, wrong)
    mark_optional(errors, cells, column="end_date", rule=NOT_A_DATE)
    describe_if_unread(errors, "end_date", table["end_date"])
    return cells.values + _A_DAY if ends == "inclusive" else cells.values


def _stamp(table: pd.DataFrame, errors: RowErrors) -> "pd.Series[Any]":
    """The day a row was registered; a blank stamp means that nothing is known of it."""
    cells = read_dates(table["registered_on"])
    mark_optional(errors, cells, column="registered_on", rule=NOT_A_DATE)
    describe_if_unread(errors, "registered_on", table["registered_on"])
    return cells.values


def _case_ids(
    table: pd.DataFrame, errors: RowErrors, *, file: str, patterns: KeyPatterns
) -> "pd.Series[Any]":
    case_id = _identifier("case_id", table, errors, patterns)
    refuse_unread_columns([errors.cells], file=file)
    repeated = (case_id.duplicated(keep=False) & case_id.notna()).to_numpy(dtype=bool)
    errors.mark(repeated, column="case_id", rule="occurs more than once")
    return case_id


def check_audit(
    spec: Specification,
    table: pd.DataFrame,
    *,
    file: str,
    patterns: KeyPatterns = NO_PATTERNS,
) -> CheckedTable:
    """The specification's audit columns as text, one row per case."""
    rule = "not one of the allowed values"
    reading = {n: (_audit_reader(c.values), rule) for n, c in spec.audit.items()}
    return _check_beside(
        table, reading, schema=build_audit_schema(spec), file=file, patterns=patterns
    )


def _audit_reader(allowed: tuple[str, ...]) -> Reader:
    return partial(read_categories, allowed=allowed) if allowed else read_texts


def check_outcomes(
    table: pd.DataFrame, *, file: str, patterns: KeyPatterns = NO_PATTERNS
) -> CheckedTable:
    """Delivered outcomes, ``long`` 1.0 or 0.0, missing where not yet known."""
    reading = {"long": (read_flags, "neither yes nor no")}
    return _check_beside(table, reading, schema=OUTCOMES, file=file, patterns=patterns)


def _check_beside(
    table: pd.DataFrame,
    reading: Mapping[str, tuple[Reader, str]],
    *,
    schema: Any,
    file: str,
    patterns: KeyPatterns,
) -> CheckedTable:
    """A table beside the cases, one row each, by how its other columns are read.

    *reading* has each column's reader, and the rule that an unreadable cell breaks.
    """
    needed = ("case_id", *reading)
    personal = find_personal_data(table, file=file, declared=needed, patterns=patterns)
    require_header(table, needed, file=file)
    notes = judge_personal_data([personal], file=file)
    require_columns(table, needed, file=file)
    require_rows(len(table), file=file)
    errors = RowErrors(len(table))
    errors.mark_personal(personal)
    read = {"case_id": _case_ids(table, errors, file=file, patterns=patterns)}
    for name, (reader, rule) in reading.items():
        cells = reader(table[name])
        errors.mark(cells.wrong, column=name, rule=rule)
        read[name] = cells.values
    kept = pd.DataFrame(read)[errors.fine()].reset_index(drop=True)
    case_id = personal.mask_key("case_id", read_keys(table["case_id"]).values)
    return CheckedTable(
        kept=validate_table(kept, schema, name=file),
        set_aside=errors.to_frame(lines=find_lines(table), case_id=case_id),
        ignored=describe_headings(map(str, table.columns), list(kept.columns)),
        notes=notes,
    )
