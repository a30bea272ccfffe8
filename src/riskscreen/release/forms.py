"""The two tables that may leave: counts of people, and figures of many of them."""

import csv
import io
import re
from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass, fields

from riskscreen.disclosure.counts import HIDDEN, Shown

ALL = "all"
"""Stands for everybody, and for the column of a count that is by none."""
CROSSED = " × "
"""Parts two columns, and their two levels, of a count that is by both."""
FIGURES = frozenset(
    (
        *("mean_risk", "base_rate", "observed_minus_expected", "brier", "log_loss"),
        *("scaled_brier", "auc", "average_precision", "calibration_intercept"),
        *("calibration_slope", "ici", "e50", "e90", "precision", "recall", "lift"),
        *("selection_rate", "false_negative_rate", "false_positive_rate"),
    )
)
"""The figures that may leave: means and fits of many, never one case's value."""
PARTS = {
    "recall": "base_rate",
    "false_negative_rate": "base_rate",
    "false_positive_rate": "base_rate",
    "precision": "selection_rate",
    "lift": "selection_rate",
}
"""Figures of a part of a group alone, and the figure that says how large a part."""
_LABEL = re.compile(r"\w[\w .,;:()+<>=%×-]{0,199}")


@dataclass(frozen=True, slots=True)
class Count:
    """How many of some ``people`` are in a ``group`` ``by`` a column, or by two."""

    people: str
    by: str
    group: str
    count: Shown

    @property
    def place(self) -> tuple[str, str, str]:
        """What is counted."""
        return self.people, self.by, self.group


@dataclass(frozen=True, slots=True)
class Figure:
    """A ``figure`` of the ``n`` people that it is a mean or a fit of."""

    people: str
    by: str
    group: str
    figure: str
    n: int
    value: float
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class Tables:
    """All counts and figures of a release."""

    counts: tuple[Count, ...] = ()
    figures: tuple[Figure, ...] = ()

    def __add__(self, other: "Tables") -> "Tables":
        """Return what both hold."""
        return Tables(self.counts + other.counts, self.figures + other.figures)


COUNT_HEADINGS, FIGURE_HEADINGS = (
    [field.name for field in fields(kind)] for kind in (Count, Figure)
)


def format_table(rows: Sequence[Count] | Sequence[Figure]) -> str:
    """Return *rows* as CSV, with the headings of their kind."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(field.name for field in fields(rows[0]))
    writer.writerows(map(astuple, rows))
    return text.getvalue()


def parse_table(lines: Iterable[Sequence[str]]) -> Tables:
    """Return the counts or the figures that the cells of a CSV's *lines* are.

    Raises ValueError where they are neither, without a word of what stands there.
    """
    headings, *rows = lines
    if any(len(row) != len(headings) for row in rows):
        raise ValueError("a row of another length")
    if not all(_LABEL.fullmatch(label) for row in rows for label in row[:3]):
        raise ValueError("a label that is no word")
    if list(headings) == COUNT_HEADINGS:
        return Tables(counts=tuple(_parse_count(*row) for row in rows))
    if list(headings) == FIGURE_HEADINGS:
        return Tables(figures=tuple(_parse_figure(*row) for row in rows))
    raise ValueError("other headings")


def _parse_count(people: str, by: str, group: str, count: str) -> Count:
    return Count(people, by, group, HIDDEN if count == HIDDEN else _parse_whole(count))


def _parse_figure(people: str, by: str, group: str, figure: str, *cells: str) -> Figure:
    n, value, low, high = cells
    ends = (_parse_number(cell) if cell else None for cell in (low, high))
    told = _parse_number(value)
    return Figure(people, by, group, figure, _parse_whole(n), told, *ends)


def _parse_number(cell: str) -> float:
    if not re.fullmatch(r"-?[0-9]{1,6}(\.[0-9]{1,17})?", cell):
        raise ValueError("no number")
    return float(cell)


def _parse_whole(cell: str) -> int:
    if not re.fullmatch(r"[0-9]{1,7}", cell):
        raise ValueError("no whole number")
    return int(cell)
