"""The delivered benefit history: its spells, and how their ends are meant."""

from dataclasses import replace
from datetime import date
from typing import Literal

import numpy as np
import pandas as pd

from riskscreen.validation.checking import (
    NO_PATTERNS,
    CheckedTable,
    KeyPatterns,
    RowErrors,
    start_check,
)
from riskscreen.validation.keys import check_keys
from riskscreen.validation.parsing import (
    read_dates,
    read_end_dates,
    read_texts,
)
from riskscreen.validation.schemas import HISTORY

Ends = Literal["half_open", "inclusive"]
"""Whether an end is the first day after a spell, or its last day."""
_SPELL = ("person_id", "code", "start_date", "end_date")


def read_spells(
    table: pd.DataFrame,
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
    day of registration. ``broken`` has the person and the code of the rows set aside,
    as far as they can be read: whether the rest of such a history can be used is for
    whoever knows what the code stands for.
    *patterns* are regular expressions for keys by column name. Whether a column fails
    throughout is for whoever knows every part. Raises PersonalDataError, and TableError
    where a column is missing.
    """
    errors = start_check(
        table, _SPELL, file=file, optional=["registered_on"], patterns=patterns
    )
    extracted = np.datetime64(extract_date)
    person_id = check_keys("person_id", errors, pattern=patterns.get("person_id"))
    code = read_texts(table["code"])
    errors.check_cells(code, column="code", rule="", required=True)
    start = errors.check_dates(read_dates(table["start_date"]), column="start_date")
    late = start.to_numpy() > extracted
    errors.mark(late, column="start_date", rule="after the extract date")
    end = read_ends(errors, start, ends=ends)
    columns = {
        "person_id": person_id,
        "code": code.values,
        "start_date": start,
        "end_date": _open_after(end, extracted),
        **read_stamps(errors),
    }
    checked = errors.split(columns, HISTORY)
    faulty = ~errors.find_fine() & ~person_id.array.isna()
    if not faulty.any():
        return checked
    broken = pd.DataFrame({"person_id": person_id[faulty], "code": code.values[faulty]})
    return replace(checked, broken=broken)


def _open_after(
    end: "pd.Series[pd.Timestamp]", extracted: np.datetime64
) -> "pd.Series[pd.Timestamp]":
    """Return *end*, missing where it is after the day of the extract."""
    later = end.to_numpy() > extracted
    return end.mask(later) if later.any() else end


def read_ends(
    errors: RowErrors, start: "pd.Series[pd.Timestamp]", *, ends: Ends
) -> "pd.Series[pd.Timestamp]":
    """Read the day after each spell, missing of an open one.

    Marks an end that is no date, and one that is not after *start*.
    """
    parsed = read_end_dates(errors.table["end_date"])
    end = errors.check_dates(parsed, column="end_date", required=False)
    if ends == "inclusive":
        end += pd.Timedelta(days=1)
    early = end.to_numpy() <= start.to_numpy()
    errors.mark(early, column="end_date", rule="not after start_date")
    return end


def read_stamps(errors: RowErrors) -> "dict[str, pd.Series[pd.Timestamp]]":
    """Read the column that says when each row was registered, if there is one."""
    name = "registered_on"
    if name not in errors.table.columns:
        return {}
    stamps = read_dates(errors.table[name])
    return {name: errors.check_dates(stamps, column=name, required=False)}
