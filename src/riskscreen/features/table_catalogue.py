"""The features of a further table of dated rows, with their words, in model order."""

from collections.abc import Iterator
from dataclasses import dataclass

from riskscreen.spec import DatedTable, Monotone, Words
from riskscreen.texts import load_texts

TEXTS = load_texts("riskscreen.features")
OPPOSITE: dict[Monotone | None, Monotone | None] = {
    "increasing": "decreasing",
    "decreasing": "increasing",
    None: None,
}
OF_THE_LONGEST_WINDOW = ("last", "since")
"""Aggregates that stand once, for the longest window."""
_UNITS = {
    "count": "count",
    "days": "days",
    "weeks": "weeks",
    "changes": "count",
    "since": "weeks",
}


@dataclass(frozen=True, slots=True)
class TableFeature:
    """One feature of a table: what is computed of which rows in which window.

    ``group`` is a group of the table's categories, None for all its rows; ``place`` is
    that of the window among the table's, and ``window`` its weeks.
    """

    name: str
    label: Words
    aggregate: str
    group: str | None
    place: int
    window: int
    unit: str
    monotone: Monotone | None


def name_reason(table: DatedTable) -> str:
    """Return the name of the one reason that a table's features make together."""
    return f"table_{table.name}"


def list_table_features(table: DatedTable) -> tuple[TableFeature, ...]:
    """List the features of *table*: of all its rows, then of each of its groups."""
    return tuple(f for group in (None, *table.groups) for f in _list_of(table, group))


def _list_of(table: DatedTable, group: str | None) -> Iterator[TableFeature]:
    longest = table.windows.index(max(table.windows))
    for aggregate in table.aggregates:
        once = aggregate in OF_THE_LONGEST_WINDOW
        for place in [longest] if once else range(len(table.windows)):
            yield _build(table, group, aggregate, place)


def _build(
    table: DatedTable, group: str | None, aggregate: str, place: int
) -> TableFeature:
    once, window = aggregate in OF_THE_LONGEST_WINDOW, table.windows[place]
    of = table.groups[group] if group else table
    parts = (table.name, group, aggregate, None if once else str(window))
    monotone: dict[str, Monotone | None]
    monotone = {"since": OPPOSITE[of.monotone], "changes": None}
    unit = table.value.unit if table.value else ""
    return TableFeature(
        name="_".join(part for part in parts if part),
        label=_label(table, of.label, aggregate, window),
        aggregate=aggregate,
        group=group,
        place=place,
        window=window,
        unit=_UNITS.get(aggregate, unit),
        monotone=monotone.get(aggregate, of.monotone),
    )


def _label(table: DatedTable, rows: Words, aggregate: str, window: int) -> Words:
    labels = {}
    for language, texts in TEXTS.items():
        value = table.value.label.in_language(language) if table.value else ""
        last = texts["labels"]["last_week" if window == 1 else "last_weeks"]
        labels[language] = texts["tables"][aggregate].format(
            rows=rows.in_language(language),
            value=value,
            last=last.format(window=window),
        )
    return Words(**labels)
