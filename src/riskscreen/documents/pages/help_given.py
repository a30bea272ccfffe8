"""What help a case has, in words for its page and its line of the list."""

from datetime import date
from typing import Any

import pandas as pd

from riskscreen.documents.pages.formats import format_date
from riskscreen.documents.pages.page_values import EffortRow
from riskscreen.texts import Texts


def describe_efforts(
    efforts: pd.DataFrame | None, texts: Texts, *, as_of: date
) -> tuple[EffortRow, ...] | None:
    """Return a row per effort of a case, in their order; None where nobody says.

    One that begins after *as_of* is agreed, and has not begun.
    """
    if efforts is None:
        return None
    rows = efforts.itertuples(index=False)
    return tuple(_describe_effort(row, texts, as_of=as_of) for row in rows)


def _describe_effort(row: Any, texts: Texts, *, as_of: date) -> EffortRow:
    t, days = texts["case"], {"start": format_date(row.start_date.date(), texts)}
    if row.start_date.date() > as_of:
        form = "effort_agreed"
    elif pd.isna(row.end_date):
        form = "effort_from"
    else:
        form, days["end"] = "effort_from_to", format_date(row.end_date.date(), texts)
    words = row.kind if pd.isna(row.place) else f"{row.kind}, {row.place}"
    return EffortRow(str(words), str(t[form].format(**days)))


def describe_under_way(rows: tuple[EffortRow, ...] | None, texts: Texts) -> str:
    """Return what is under way on the first screen; empty where nobody says."""
    if rows is None:
        return ""
    words = describe_newest(rows) or texts["case"]["nothing_yet"]
    return str(texts["case"]["under_way"].format(words=words))


def describe_newest(rows: tuple[EffortRow, ...] | None) -> str:
    """Return the last of a case's efforts on one line; empty where there is none."""
    return f"{rows[-1].words} {rows[-1].when}" if rows else ""
