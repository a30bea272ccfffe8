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
        *("calibration_slope", "ici", "e50", "e90", "precision", "recall"),
        *("selection_rate", "false_negative_rate", "false_positive_rate"),
    )
)
"""The figures that may leave: means and fits of many, never one case's value."""
PARTS = {
    "recall": "base_rate",
    "false_negative_rate": "base_rate",
    "false_positive_rate": "base_rate",
    "precision": "selection_rate",
}
"""Figures of a part of a group alone, and the figure that says how large a part."""
COMPLEMENTS = frozenset({"false_positive_rate"})
"""Those of PARTS whose part is what is left: a share of the others."""
PEOPLE = ("evaluated", "cross-fitted", "known", "delivered")
TEST, YEARS, KNOWN, DELIVERED = PEOPLE
"""The people of the tables: those a model was evaluated on; those whose years have
figures; those whose outcome is known; all that the site delivered."""
_LABEL = re.compile(r"[\w<>=][\w .,;:()+<>=%×/–-]{0,199}(?<! )")


@dataclass(frozen=True, slots=True)
class CountRow:
    """How many of some ``people`` are in a ``group`` ``by`` a column, or by two."""

    people: str
    by: str
    group: str
    count: Shown

    @property
    def place(self) -> tuple[str, ...]:
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

    @property
    def place(self) -> tuple[str, ...]:
        """What is told, and of whom."""
        return self.people, self.by, self.group, self.figure


@dataclass(frozen=True, slots=True)
class Tables:
    """All counts and figures of a release."""

    counts: tuple[CountRow, ...] = ()
    figures: tuple[Figure, ...] = ()

    def __add__(self, other: "Tables") -> "Tables":
        """Return what both hold."""
        return Tables(self.counts + other.counts, self.figures + other.figures)


COUNT_HEADINGS, FIGURE_HEADINGS = (
    [field.name for field in fields(kind)] for kind in (CountRow, Figure)
)


def format_counts(counts: Sequence[CountRow]) -> str:
    """Return *counts* as CSV."""
    return _format(COUNT_HEADINGS, map(astuple, counts))


def format_figures(figures: Sequence[Figure]) -> str:
    """Return *figures* as CSV."""
    return _format(FIGURE_HEADINGS, map(astuple, figures))


def _format(headings: Sequence[str], rows: Iterable[tuple[object, ...]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([headings, *rows])
    return text.getvalue()


def parse_counts(text: str) -> tuple[CountRow, ...]:
    """Return the counts of which format_counts gives *text*, to the letter.

    Raises ValueError where there are none, and csv.Error, whose words may quote it.
    """
    counts = tuple(_parse_count(*row) for row in _read_rows(text, COUNT_HEADINGS))
    if format_counts(counts) != text:
        raise ValueError("written otherwise")
    return counts


def parse_figures(text: str) -> tuple[Figure, ...]:
    """Return the figures of which format_figures gives *text*, as parse_counts does."""
    figures = tuple(_parse_figure(*row) for row in _read_rows(text, FIGURE_HEADINGS))
    if format_figures(figures) != text:
        raise ValueError("written otherwise")
    return figures


def _read_rows(text: str, headings: Sequence[str]) -> list[list[str]]:
    rows = [*csv.reader(io.StringIO(text, newline=""))][1:]
    if any(len(row) != len(headings) for row in rows):
        raise ValueError("a row of another length")
    for people, by, group, *_ in rows:
        if people not in PEOPLE or not all(map(_LABEL.fullmatch, (by, group))):
            raise ValueError("a label that is no word")
        columns, levels = by.split(CROSSED), group.split(CROSSED)
        if len(columns) != len(levels) or (by == ALL) != (group == ALL):
            raise ValueError("a group that is of other columns")
        if len(set(columns)) != len(columns) or len(columns) > 2:
            raise ValueError("a column crossed with itself, or three")
    return rows


def _parse_count(people: str, by: str, group: str, count: str) -> CountRow:
    return CountRow(
        people, by, group, HIDDEN if count == HIDDEN else _parse_whole(count)
    )


def _parse_figure(people: str, by: str, group: str, figure: str, *cells: str) -> Figure:
    n, value, low, high = cells
    ends = (_parse_number(cell) if cell else None for cell in (low, high))
    told = _parse_number(value)
    return Figure(people, by, group, figure, _parse_whole(n), told, *ends)


def _parse_number(cell: str) -> float:
    if not re.fullmatch(r"-?[0-9]{1,2}(\.[0-9]{1,17})?", cell):
        raise ValueError("no number")
    return float(cell)


def _parse_whole(cell: str) -> int:
    if not re.fullmatch(r"[0-9]{1,7}", cell):
        raise ValueError("no whole number")
    return int(cell)
