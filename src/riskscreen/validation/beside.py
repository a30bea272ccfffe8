"""Tables beside the cases, one row each: delivered outcomes, and audit columns."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from riskscreen.errors import TableError
from riskscreen.spec import Specification
from riskscreen.validation.checking import (
    NEITHER,
    NO_PATTERNS,
    NOT_ALLOWED,
    REPEATED,
    CheckedTable,
    KeyPatterns,
    require_rows,
    start_check,
)
from riskscreen.validation.contracts import Contract
from riskscreen.validation.keys import check_keys
from riskscreen.validation.parsing import (
    ParsedColumn,
    read_categories,
    read_dates,
    read_flags,
    read_numbers,
    read_texts,
)
from riskscreen.validation.personal_data import judge_personal_data
from riskscreen.validation.schemas import OUTCOMES, build_audit_schema
from riskscreen.validation.surveys import refuse_unread_columns

Reader = Callable[["pd.Series[Any]"], ParsedColumn]


def describe_missing_audit(spec: Specification) -> str:
    """Return the sentence of what nobody can tell where a site has no audit table."""
    groups = ", ".join(spec.audit)
    return f"There is no audit table, so groups by {groups} are not evaluated."


def check_audit(
    spec: Specification,
    table: pd.DataFrame,
    *,
    file: str,
    patterns: KeyPatterns = NO_PATTERNS,
) -> CheckedTable:
    """Return the specification's audit columns as text, one row per case."""
    rule = NOT_ALLOWED
    readers: dict[str, tuple[Reader, str]] = {
        name: (partial(read_categories, allowed=c.values), rule)
        if c.values
        else (read_texts, rule)
        for name, c in spec.audit.items()
    }
    schema = build_audit_schema(spec)
    return _check_beside(table, readers, schema=schema, file=file, patterns=patterns)


def check_outcomes(
    table: pd.DataFrame, *, file: str, patterns: KeyPatterns = NO_PATTERNS
) -> CheckedTable:
    """Return delivered outcomes: ``long``, or how long each case was followed.

    ``long`` is 1.0 or 0.0, missing where not yet known; ``duration`` is in days and not
    below 0, ``observed`` 1.0 or 0.0, ``followed_until`` a day. ``known_on``, the day
    from which an outcome was known, is there if it is delivered. Raises TableError
    where both *long* and *duration* are there: one of them is the outcome.
    """
    if "duration" in table.columns and "long" in table.columns:
        raise TableError(
            f"{file}: both long and duration are there, and either is the outcome. "
            "Deliver one of them."
        )
    is_duration = "duration" in table.columns
    readers: dict[str, tuple[Reader, str]]
    readers = {"long": (read_flags, NEITHER)}
    if is_duration:
        readers = {"duration": (_read_days, "not a number of days from 0 on")}
    others: dict[str, tuple[Reader, str]] = {"known_on": (read_dates, "not a date")}
    if is_duration:
        others["observed"] = (read_flags, NEITHER)
        others["followed_until"] = (read_dates, "not a date")
    readers |= {name: others[name] for name in others if name in table.columns}
    return _check_beside(table, readers, schema=OUTCOMES, file=file, patterns=patterns)


def _read_days(column: "pd.Series[Any]") -> ParsedColumn:
    """Read numbers of days, none of them below 0."""
    read = read_numbers(column)
    below = read.cells < 0
    cells = np.where(below, np.nan, read.cells)
    return replace(read, cells=cells, wrong=read.wrong | below)


def _check_beside(
    table: pd.DataFrame,
    readers: Mapping[str, tuple[Reader, str]],
    *,
    schema: Contract,
    file: str,
    patterns: KeyPatterns,
) -> CheckedTable:
    """Check a whole table beside the cases, one row each.

    *readers* has each other column's reader, and the rule that an unreadable cell
    breaks.
    """
    errors = start_check(table, ("case_id", *readers), file=file, patterns=patterns)
    notes = judge_personal_data([errors.personal], file=file)
    require_rows(len(table), file=file)
    case_id = check_keys("case_id", errors, pattern=patterns.get("case_id")).values
    refuse_unread_columns([errors.cells], file=file)
    repeated = (case_id.duplicated(keep=False) & case_id.notna()).to_numpy(dtype=bool)
    errors.mark(repeated, column="case_id", rule=REPEATED)
    columns = {"case_id": case_id}
    for name, (reader, rule) in readers.items():
        parsed = reader(table[name])
        errors.mark(parsed.wrong, column=name, rule=rule)
        columns[name] = parsed.values
    return replace(errors.split(columns, schema), notes=notes)
