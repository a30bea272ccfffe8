"""Rows of a specification's further tables: what each must say, and what sets it aside.

They leave as spells, half-open in days: a date is a spell of one day.
"""

from datetime import date

import numpy as np
import pandas as pd

from riskscreen.spec import DatedTable
from riskscreen.validation.checking import (
    NO_PATTERNS,
    CheckedTable,
    KeyPatterns,
    RowErrors,
    start_check,
)
from riskscreen.validation.history import Ends
from riskscreen.validation.keys import check_keys
from riskscreen.validation.parsing import (
    ParsedColumn,
    is_far_future,
    read_dates,
    read_numbers,
    read_texts,
)
from riskscreen.validation.schemas import DATED_ROWS

_A_DAY = pd.Timedelta(days=1)


def read_dated_rows(
    declared: DatedTable,
    table: pd.DataFrame,
    *,
    file: str,
    extract_date: date,
    patterns: KeyPatterns = NO_PATTERNS,
    ends: Ends = "half_open",
) -> CheckedTable:
    """Return the rows of *table*, which may be a part of a file, that keep DATED_ROWS.

    Set aside is a row without a person or a day, one that begins after *extract_date*
    or ends before it begins, and one whose value is no number or lies outside the
    declared bounds. An open spell has no end; a blank value or category is missing, and
    a blank stamp means that nothing is known of the day of registration. *patterns* are
    regular expressions for keys by column name. Raises PersonalDataError, and
    TableError where a column is missing.
    """
    errors = start_check(
        table,
        declared.list_columns(),
        file=file,
        optional=["registered_on"],
        patterns=patterns,
    )
    person_id = check_keys("person_id", errors, pattern=patterns.get("person_id"))
    first = "date" if declared.rows == "dates" else "start_date"
    start = errors.check_dates(read_dates(table[first]), column=first)
    late = (start > pd.Timestamp(extract_date)).to_numpy(dtype=bool)
    errors.mark(late, column=first, rule="after the extract date")
    end = (
        start + _A_DAY if declared.rows == "dates" else _read_ends(errors, start, ends)
    )
    nothing = pd.Series(None, index=table.index, dtype="str")
    category = read_texts(table["category"]).values if declared.category else nothing
    columns = {
        "person_id": person_id,
        "start_date": start,
        "end_date": end,
        "value": _read_values(errors, declared),
        "category": category,
    }
    if "registered_on" in table.columns:
        stamps = read_dates(table["registered_on"])
        columns["registered_on"] = errors.check_dates(
            stamps, column="registered_on", required=False
        )
    return errors.split(columns, DATED_ROWS)


def _read_ends(
    errors: RowErrors, start: "pd.Series[pd.Timestamp]", ends: Ends
) -> "pd.Series[pd.Timestamp]":
    column = errors.table["end_date"]
    parsed = read_dates(column)
    if parsed.wrong.any():
        parsed = ParsedColumn(parsed.values, parsed.wrong & ~is_far_future(column))
    end = errors.check_dates(parsed, column="end_date", required=False)
    if ends == "inclusive":
        end += _A_DAY
    early = (end <= start).to_numpy(dtype=bool)
    errors.mark(early, column="end_date", rule="not after start_date")
    return end


def _read_values(errors: RowErrors, declared: DatedTable) -> "pd.Series[float]":
    if declared.value is None:
        return pd.Series(np.nan, index=errors.table.index)
    parsed = read_numbers(errors.table["value"])
    errors.check_cells(parsed, column="value", rule="not a number", required=False)
    values = parsed.values
    low, high = declared.value.minimum, declared.value.maximum
    if low is not None:
        below = (values < low).to_numpy(dtype=bool)
        errors.mark(below, column="value", rule=f"below {low:g}")
    if high is not None:
        above = (values > high).to_numpy(dtype=bool)
        errors.mark(above, column="value", rule=f"above {high:g}")
    return values
