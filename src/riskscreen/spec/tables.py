"""Further tables of dated rows: features of a site's own, declared and not coded."""

from collections.abc import Iterator
from typing import Literal

from pydantic import Field

from riskscreen.spec.columns import UNITS
from riskscreen.spec.words import Fault, Monotone, Name, SpecModel, Words

Aggregate = Literal["count", "days", "weeks", "sum", "mean", "changes", "last", "since"]
OF_A_VALUE = ("sum", "mean", "last")
"""Aggregates that need a value."""
OF_EVERY_SITE = ("history", "efforts")
"""Names that a site's files have already. The history is read with its own lag, and the
efforts by no feature."""


class TableValue(SpecModel):
    """The number that each row of a table carries."""

    label: Words
    """What reasons call it."""
    unit: str = Field(json_schema_extra={"enum": [*UNITS]})
    """What it counts."""
    minimum: float | None = None
    """The smallest number that is believed."""
    maximum: float | None = None
    """The largest number that is believed."""

    def find_faults(self) -> Iterator[Fault]:
        """Yield a unit that is none."""
        if self.unit not in UNITS:
            units = ", ".join(UNITS)
            yield ("unit",), f"unknown unit {self.unit!r}; the units are {units}"


class TableGroup(SpecModel):
    """Rows of some categories, described beside all rows of their table."""

    categories: tuple[str, ...] = Field(min_length=1)
    """The categories, as the rows have them."""
    label: Words
    """What reasons call them."""
    monotone: Monotone | None = None
    """The way that the risk may go with more of it (a monotone constraint); either way
    if left out."""


class DatedTable(SpecModel):
    """A table of dated rows beside the history, and the features that it gives."""

    name: Name
    """What its file and its features are called."""
    label: Words
    """What reasons call its rows, as in "work" or "stays in hospital"."""
    idea: str
    """The heading of [ideas] that its reasons stand under."""
    rows: Literal["dates", "spells"] = "dates"
    """Whether a row has a date, or start_date and end_date (half-open, in days)."""
    known: Literal["start", "end"] = "start"
    """Whether a row is known from its first day on, or only when it is over, as a
    month's figure is."""
    register_lag_weeks: int = Field(default=0, ge=0)
    """Features see days up to the week of T0 less so many weeks; of a row that says
    when it was registered, only one registered before T0."""
    windows: tuple[int, ...] = Field(default=(52,), min_length=1)
    """The weeks back from T0 that features count in."""
    aggregates: tuple[Aggregate, ...] = Field(min_length=1)
    """What is computed: in each window the count of rows, the days or weeks that they
    cover, the sum of their values, the mean by days and the changes of category; in the
    longest, the last value and the weeks since the last row."""
    value: TableValue | None = None
    """The number that rows carry; left out where they carry none."""
    category: bool = False
    """Whether rows carry a category."""
    groups: dict[Name, TableGroup] = Field(default={})
    """Categories that get features of their own, by name."""
    monotone: Monotone | None = None
    """The way that the risk may go with more of it (a monotone constraint); either way
    if left out."""
    absent_person: Literal["none", "unknown"] = "none"
    """What a person without a visible row means: that there was nothing, or that nobody
    knows (every feature is missing)."""
    required: bool = True
    """Whether a delivery without the table is refused; else its features are
    missing."""
    source: str | None = None
    """The document that speaks for the table."""

    def find_faults(self) -> Iterator[Fault]:
        """Yield a name that is taken, and where the keys contradict each other."""
        if self.name in OF_EVERY_SITE:
            yield ("name",), f"{self.name} is a table of every site; choose another"
        if min(self.windows) < 1 or len(set(self.windows)) < len(self.windows):
            yield ("windows",), "a number of weeks above 0, each once; correct them"
        if len(set(self.aggregates)) < len(self.aggregates):
            yield ("aggregates",), "each once; remove the others"
        needs = [name for name in self.aggregates if name in OF_A_VALUE]
        if needs and self.value is None:
            yield ("aggregates",), f"{', '.join(needs)} needs [tables.value]; add it"
        if "changes" in self.aggregates and not self.category:
            yield ("aggregates",), "changes needs category = true; add it"
        if self.groups and not self.category:
            yield ("groups",), "groups need category = true; add it"
        if self.rows == "dates" and self.known == "end":
            yield ("known",), "a date has no end; remove it"

    def list_columns(self) -> tuple[str, ...]:
        """Return the columns that the table must have, in the order of its contract."""
        days = ("date",) if self.rows == "dates" else ("start_date", "end_date")
        value = ("value",) if self.value else ()
        return ("person_id", *days, *value, *(("category",) if self.category else ()))
