"""Figures and counts of a record, as every part of a card reads them."""

from collections.abc import Iterable, Mapping
from typing import Any

from riskscreen.evaluation import Figure


def figure(rows: Iterable[Mapping[str, Any]], name: str) -> Figure:
    """The figure of that name among the rows of a record."""
    return next(Figure(**row) for row in rows if row["name"] == name)


def shown(rows: Iterable[Mapping[str, Any]], name: str) -> str:
    """The figure with its interval; one that is hidden says so in a word."""
    found = figure(rows, name)
    return "hidden" if found.note.startswith("hidden") else found.text()


def count(n: object) -> str:
    """A count as people read it; one that was hidden says so."""
    return "fewer than 5" if n is None else f"{n:,}"
