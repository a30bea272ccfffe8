"""The newest cases as a case system would deliver them, odd ones included."""

from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from riskscreen_synthetic.municipality import Target

DAYS_BEFORE = 7
"""How many days before the newest intake the one before it was delivered."""

_NOT_YET_KNOWN = 3
"""How many of the columns that may be missing were, a week ago."""
_EVERY = 3
"""In one row of how many they were."""

FLAWS = 2
"""Rows with an impossible date, so that a run shows what is set aside."""

LATE = pd.Timedelta(weeks=12)
"""How much longer ago the late case began than it did."""

_THIN, _UNKNOWN_TO_THE_REGISTER, _LATE = (-FLAWS - n for n in (1, 2, 3))
"""The rows, from the end, that are made odd in another way."""


def write_intake(target: Target, folder: Path, *, weeks: int) -> int:
    """Write the cases of the last *weeks* as Danish CSV to *folder*; their number.

    Semicolons, decimal commas and day-month-year dates, as case systems write them. The
    last rows are made odd, so that a run shows every kind of row that a site will meet:
    two have a thirtieth of February (a fault of a row, not of the file), one lacks all
    that may be missing, one is of a citizen without a row in the register, and one was
    taken in weeks late, where cases wait at all between start and decision. An intake
    of a handful has the impossible dates alone.
    """
    delivered = _take_newest(target, weeks)
    for name in ("start_date", "decision_date"):
        written = _write_days(delivered[name])
        written.iloc[-FLAWS:] = "30-02-2025"
        delivered[name] = written
    return _write(delivered, folder)


def write_intake_before(target: Target, folder: Path, *, weeks: int, on: date) -> int:
    """Write what the same cases were DAYS_BEFORE *on*, as write_intake; their number.

    Those taken in since are not there yet, nor are the last rows, which nobody could
    read. Of every third case some facts were not known yet.
    """
    delivered = _take_newest(target, weeks).iloc[:-FLAWS]
    day = pd.Timestamp(on) - pd.Timedelta(days=DAYS_BEFORE)
    delivered = delivered[delivered["decision_date"] <= day].reset_index(drop=True)
    cases = target.cases
    missing = cases.columns[cases.isna().any()][:_NOT_YET_KNOWN]
    delivered.loc[::_EVERY, missing] = None
    for name in ("start_date", "decision_date"):
        delivered[name] = _write_days(delivered[name])
    return _write(delivered, folder)


def _take_newest(target: Target, weeks: int) -> pd.DataFrame:
    """Return the cases of the last *weeks*, the last ones odd."""
    cases = target.cases
    newest = cases["decision_date"].max() - pd.Timedelta(weeks=weeks)
    delivered: pd.DataFrame = cases[cases["decision_date"] > newest]
    delivered = delivered.reset_index(drop=True)
    if len(delivered) > -_LATE:
        _make_odd(delivered, blank=list(cases.columns[cases.isna().any()]))
    return delivered


def _write_days(days: "pd.Series[Any]") -> "pd.Series[Any]":
    written: pd.Series[Any] = days.dt.strftime("%d-%m-%Y")
    return written.astype("object")


def _write(delivered: pd.DataFrame, folder: Path) -> int:
    folder.mkdir(parents=True, exist_ok=True)
    delivered.to_csv(folder / "cases.csv", sep=";", decimal=",", index=False)
    return len(delivered)


def _make_odd(delivered: pd.DataFrame, *, blank: list[str]) -> None:
    """Change three rows of *delivered*; *blank* names what may be missing."""
    rows = delivered.index
    delivered.loc[rows[_THIN], blank] = None
    person = str(delivered.loc[rows[_UNKNOWN_TO_THE_REGISTER], "person_id"])
    unknown = person.rstrip("0123456789") + "9" * 7
    delivered.loc[rows[_UNKNOWN_TO_THE_REGISTER], "person_id"] = unknown
    if (delivered["decision_date"] > delivered["start_date"]).any():
        delivered.loc[rows[_LATE], "start_date"] -= LATE
        # Whatever a flag says could take it another way before its lateness does.
        flags = delivered[blank].select_dtypes("boolean").columns
        delivered.loc[rows[_LATE], flags] = False
