"""Figures and counts of a record, as every part of a card reads them."""

from collections.abc import Iterable, Mapping
from typing import Any

from riskscreen.evaluation import Estimate


def figure(rows: Iterable[Mapping[str, Any]], name: str) -> Estimate:
    """The figure of that name among the rows of a record."""
    return next(Estimate(**row) for row in rows if row["name"] == name)


def percent(rows: Iterable[Mapping[str, Any]], name: str) -> str:
    """A share in percent with its interval; one that is hidden says so in a word."""
    return _in_percent(figure(rows, name), ".0f")


def points(rows: Iterable[Mapping[str, Any]], name: str) -> str:
    """A difference of shares in percentage points, signed, with its interval."""
    return _in_percent(figure(rows, name), "+.1f")


def _in_percent(found: Estimate, form: str) -> str:
    if found.note.startswith("hidden"):
        return "hidden"
    if found.value is None or found.low is None or found.high is None:
        return "not available"
    # Adding 0.0 makes a zero of a minus zero.
    shown = (
        format(round(100 * x, 1) + 0.0, form)
        for x in (found.value, found.low, found.high)
    )
    value, low, high = shown
    return f"{value} ({low} to {high})"


def count(n: object) -> str:
    """A count as people read it; one that was hidden says so."""
    return "fewer than 5" if n is None else f"{n:,}"


def parts(record: Mapping[str, Any]) -> str:
    """How many cases taught and how many judge; of a new calibration, its own."""
    cases = record["cases"]
    if record.get("recalibration"):
        return f"{cases['later']:,} calibrate, {cases['test']:,} judge"
    return f"{cases['training']:,} teach, {cases['test']:,} judge"
