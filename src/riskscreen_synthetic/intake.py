"""The newest cases as a case system would deliver them, odd ones included."""

from pathlib import Path

import pandas as pd

from riskscreen_synthetic.municipality import Target

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
    cases = target.cases
    newest = cases["decision_date"].max() - pd.Timedelta(weeks=weeks)
    delivered = cases[cases["decision_date"] > newest].reset_index(drop=True)
    if len(delivered) > -_LATE:
        _make_odd(delivered, blank=list(cases.columns[cases.isna().any()]))
    for name in ("start_date", "decision_date"):
        written = delivered[name].dt.strftime("%d-%m-%Y").astype("object")
        written.iloc[-FLAWS:] = "30-02-2025"
        delivered[name] = written
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
