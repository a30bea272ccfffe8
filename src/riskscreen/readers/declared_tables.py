"""The tables of a site that specifications read, with the columns they declare."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from riskscreen.readers.dream import find_month_columns, find_week_columns
from riskscreen.readers.history import detect_layout
from riskscreen.readers.site import Site
from riskscreen.readers.sources import TableSource
from riskscreen.readers.year_files import YEAR, find_weeks_of_year
from riskscreen.spec import DatedTable, Specification
from riskscreen.validation.follow_up import TABLES, list_columns
from riskscreen.validation.schemas import (
    HISTORY,
    OUTCOMES,
    list_key_columns,
    list_required_columns,
)

_LAYOUTS = {
    "spells": tuple(HISTORY.columns),
    "dream_long": ("person_id", "code", "year", "week"),
}
Columns = Callable[[list[str]], list[str]]


@dataclass(frozen=True, slots=True)
class DeclaredTable:
    """A table of the site: where it is read, where it goes, and what is kept of it.

    ``heading`` is its own in site.toml; ``columns`` says which of the delivered columns
    are declared, and ``required`` which of all must be among them: without one of
    these nobody can use the table.
    """

    source: TableSource
    place: str
    heading: str
    columns: Columns
    required: Columns


def list_declared_tables(
    site: Site, specs: Sequence[Specification]
) -> Iterator[DeclaredTable]:
    """Yield every table that one of *specs* reads, the efforts, and the follow-up."""
    if any(spec.history for spec in specs):
        source = site.history()
        columns = _select_history_columns(source)
        # Without the others it has no layout, and is refused.
        required = _require("person_id")
        yield DeclaredTable(
            source, "history.parquet", "files.history", columns, required
        )
    for spec in specs:
        target = spec.name
        of_cases = _select_declared((*list_key_columns(spec), *spec.columns))
        if site.trains(target):
            yield from _list_training_tables(site, spec, of_cases)
        if site.scores(target):
            place, heading = f"intake/{target}.parquet", f"intake.{target}"
            required = _require(*list_required_columns(spec))
            yield DeclaredTable(site.intake(target), place, heading, of_cases, required)
    declared = {table.name: table for spec in specs for table in spec.tables}
    for name, source in site.tables(list(declared)).items():
        place, heading = f"{name}.parquet", f"files.tables.{name}"
        columns = _select_table_columns(declared[name])
        required = _require_table_columns(declared[name])
        yield DeclaredTable(source, place, heading, columns, required)
    for table in TABLES:
        if (delivered := site.follow_up(table)) is not None:
            columns = _select_declared(list_columns(table))
            place, heading = f"{table}.parquet", f"files.{table}"
            required = _require(*list_columns(table, required=True))
            yield DeclaredTable(delivered, place, heading, columns, required)


def _list_training_tables(
    site: Site, spec: Specification, of_cases: Columns
) -> Iterator[DeclaredTable]:
    target = spec.name
    heading = f"files.{target}"
    place, required = f"{target}/cases.parquet", _require(*list_required_columns(spec))
    yield DeclaredTable(site.cases(target), place, heading, of_cases, required)
    audit = site.audit(target) if spec.audit else None
    if audit is not None:
        columns = _select_declared(("case_id", *spec.audit))
        required = _require("case_id", *spec.audit)
        place, heading_of = f"{target}/audit.parquet", f"{heading}.audit"
        yield DeclaredTable(audit, place, heading_of, columns, required)
    if spec.outcome.rule == "ready":
        columns = _select_declared(tuple(OUTCOMES.columns))
        place, heading_of = f"{target}/outcomes.parquet", f"{heading}.outcomes"
        outcomes = site.outcomes(target)
        yield DeclaredTable(outcomes, place, heading_of, columns, _require_outcome)


def _require(*names: str) -> Columns:
    return lambda _: [*names]


def _require_outcome(names: list[str]) -> list[str]:
    return ["case_id", "duration" if "duration" in names else "long"]


def _require_table_columns(declared: DatedTable) -> Columns:
    """Require a further table's columns; of DREAM's months the citizen alone."""
    return lambda names: (
        ["person_id"] if find_month_columns(names) else [*declared.list_columns()]
    )


def _select_declared(declared: Sequence[str]) -> Columns:
    return lambda names: [name for name in names if name in declared]


def _select_history_columns(source: TableSource) -> Columns:
    """Select a history's columns by the layout that their names show."""

    def columns(names: list[str]) -> list[str]:
        layout = detect_layout(source, names)
        if layout == "dream_wide":
            return ["person_id", *find_week_columns(names)]
        if layout == "dream_years":
            return ["person_id", YEAR, *find_weeks_of_year(names).values()]
        return _select_declared(_LAYOUTS[layout])(names)

    return columns


def _select_table_columns(declared: DatedTable) -> Columns:
    """Select a further table's columns: those declared, or DREAM's months."""
    own = _select_declared((*declared.list_columns(), "registered_on"))

    def columns(names: list[str]) -> list[str]:
        months = find_month_columns(names)
        return ["person_id", *months] if months else own(names)

    return columns
