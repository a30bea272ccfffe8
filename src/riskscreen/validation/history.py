"""The delivered benefit history: its spells, and how their ends are meant."""

from dataclasses import replace
from datetime import date
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from riskscreen.validation.checking import (
    NO_PATTERNS,
    TOO_LATE,
    CheckedTable,
    KeyPatterns,
    RowErrors,
    start_check,
)
from riskscreen.validation.delivered import DeliveredColumns
from riskscreen.validation.keys import check_keys
from riskscreen.validation.parsing import read_dates, read_end_dates, read_texts
from riskscreen.validation.schemas import HISTORY

Ends = Literal["half_open", "inclusive"]
"""Whether an end is the first day after a spell, or its last day."""
_Days = npt.NDArray[np.datetime64]
_SPELL = ("person_id", "code", "start_date", "end_date")


def read_spells(
    table: pd.DataFrame | DeliveredColumns,
    *,
    file: str,
    extract_date: date,
    patterns: KeyPatterns = NO_PATTERNS,
    ends: Ends = "half_open",
) -> CheckedTable:
    """Return the spells of *table*, which may be a part of a file, half-open in days.

    An open spell has no end. Where *ends* are inclusive the day after is the end. An
    end after *extract_date* means "no end yet", whether a plan or a sign for never:
    nothing after the extract counts. A blank stamp means that nothing is known of the
    day of registration. ``broken`` has the rows set aside whose person can be read, as
    far as they can be: whether the rest of such a history can be used is for whoever
    knows what the code stands for.
    *patterns* are regular expressions for keys by column name. Whether a column fails
    throughout is for whoever knows every part. Raises PersonalDataError, and TableError
    where a column is missing.
    """
    errors = start_check(
        table, _SPELL, file=file, optional=["registered_on"], patterns=patterns
    )
    extracted = np.datetime64(extract_date)
    pattern = patterns.get("person_id")
    person_id = check_keys("person_id", errors, pattern=pattern).cells
    code = read_texts(errors.columns["code"])
    errors.check_cells(code, column="code", rule="", required=True)
    first_days = read_dates(errors.columns["start_date"])
    start = errors.check_dates(first_days, column="start_date").cells
    errors.mark(start > extracted, column="start_date", rule=TOO_LATE)
    end = read_ends(errors, start, ends=ends)
    columns = {
        "person_id": person_id,
        "code": code.cells,
        "start_date": start,
        "end_date": np.where(end > extracted, np.datetime64("NaT"), end),
        **read_stamps(errors),
    }
    checked = errors.split(columns, HISTORY)
    faulty = ~errors.find_fine() & ~person_id.isna()
    if not faulty.any():
        return checked
    broken = {name: cells[faulty] for name, cells in columns.items()}
    return replace(checked, broken=pd.DataFrame(broken))


def read_ends(errors: RowErrors, start: _Days, *, ends: Ends) -> _Days:
    """Read the day after each spell, missing of an open one.

    Marks an end that is no date, and one that is not after *start*.
    """
    parsed = read_end_dates(errors.columns["end_date"])
    end: _Days = errors.check_dates(parsed, column="end_date", required=False).cells
    if ends == "inclusive":
        end = end + np.timedelta64(1, "D")
    errors.mark(end <= start, column="end_date", rule="not after start_date")
    return end


def read_stamps(errors: RowErrors) -> dict[str, _Days]:
    """Read the column that says when each row was registered, if there is one."""
    name = "registered_on"
    if name not in errors.columns:
        return {}
    stamps = read_dates(errors.columns[name])
    return {name: errors.check_dates(stamps, column=name, required=False).cells}
