"""Rows of a specification's further tables: what each must say, and what sets it aside.

They leave as spells, half-open in days: a date is a spell of one day.
"""

from datetime import date

import numpy as np
import numpy.typing as npt
import pandas as pd

from riskscreen.spec import DatedTable
from riskscreen.text_arrays import build_texts
from riskscreen.validation.checking import (
    NO_PATTERNS,
    NOT_A_NUMBER,
    TOO_LATE,
    CheckedTable,
    KeyPatterns,
    RowErrors,
    start_check,
)
from riskscreen.validation.delivered import DeliveredColumns
from riskscreen.validation.history import Ends, read_ends, read_stamps
from riskscreen.validation.keys import check_keys
from riskscreen.validation.parsing import read_dates, read_numbers, read_texts
from riskscreen.validation.schemas import DATED_ROWS

_A_DAY = np.timedelta64(1, "D")


def read_dated_rows(
    declared: DatedTable,
    table: pd.DataFrame | DeliveredColumns,
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
    dates = declared.rows == "dates"
    first = "date" if dates else "start_date"
    start = errors.check_dates(read_dates(errors.columns[first]), column=first).cells
    late = start > np.datetime64(extract_date)
    errors.mark(late, column=first, rule=TOO_LATE)
    end = start + _A_DAY if dates else read_ends(errors, start, ends=ends)
    category = build_texts([None] * len(errors.table))
    if declared.category:
        category = read_texts(errors.columns["category"]).cells
    columns = {
        "person_id": person_id.cells,
        "start_date": start,
        "end_date": end,
        "value": _read_values(errors, declared),
        "category": category,
        **read_stamps(errors),
    }
    return errors.split(columns, DATED_ROWS)


def _read_values(errors: RowErrors, declared: DatedTable) -> npt.NDArray[np.float64]:
    if declared.value is None:
        return np.full(len(errors.table), np.nan)
    parsed = read_numbers(errors.columns["value"])
    errors.check_cells(parsed, column="value", rule=NOT_A_NUMBER, required=False)
    values: npt.NDArray[np.float64] = parsed.cells
    low, high = declared.value.minimum, declared.value.maximum
    if low is not None:
        errors.mark(values < low, column="value", rule=f"below {low:g}")
    if high is not None:
        errors.mark(values > high, column="value", rule=f"above {high:g}")
    return values
