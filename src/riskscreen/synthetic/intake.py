"""The newest cases as a case system would deliver them, flaws included."""

from pathlib import Path

import pandas as pd

from riskscreen.synthetic.writing import Target

FLAWS = 2
"""Rows with an impossible date, so that a run shows what is set aside."""


def write_intake(target: Target, folder: Path, *, weeks: int) -> int:
    """Write the cases of the last *weeks* as Danish CSV to *folder*; their number.

    Semicolons, decimal commas and day-month-year dates, as case systems write them. The
    last two rows get a thirtieth of February: a fault of a row, not of the file.
    """
    cases = target.cases
    newest = cases["decision_date"].max() - pd.Timedelta(weeks=weeks)
    delivered = cases[cases["decision_date"] > newest].reset_index(drop=True)
    for name in ("start_date", "decision_date"):
        written = delivered[name].dt.strftime("%d-%m-%Y").astype("object")
        written.iloc[-FLAWS:] = "30-02-2025"
        delivered[name] = written
    folder.mkdir(parents=True, exist_ok=True)
    delivered.to_csv(folder / "cases.csv", sep=";", decimal=",", index=False)
    return len(delivered)
