"""What a site's files are like, in figures ready to print; no row's value is shown."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from riskscreen.disclosure.words import SMALLEST_GROUP, is_shown_code
from riskscreen.errors import FileError, PersonalDataError, ScreeningError
from riskscreen.quality.coverage import measure_coverage
from riskscreen.readers.history import read_history
from riskscreen.readers.read_table import ReadTable
from riskscreen.readers.site import Site
from riskscreen.readers.sources import TableSource, read_table
from riskscreen.rules.code_groups import (
    CodeTable,
    GroupedHistory,
    describe_unknown,
    group_history,
    normalise_codes,
    read_site_code_table,
)
from riskscreen.spec import Specification, check_groups
from riskscreen.validation import (
    CheckedTable,
    check_audit,
    check_cases,
    check_history,
    check_outcomes,
)
from riskscreen.validation.joins import Join, require_share_found
from riskscreen.validation.parsing import is_among
from riskscreen.validation.surveys import HistorySurvey, require_reach

Row = tuple[str, ...]

_ABSENT = {
    "self_supporting": "the specification takes them to be self-supporting",
    "error": "the specification calls that a fault, so they are set aside",
}


@dataclass(frozen=True, slots=True)
class QualityTable:
    """A table of the report: a heading, the columns' names, and cells as text."""

    title: str
    columns: Row
    rows: tuple[Row, ...]

    def lines(self) -> Iterator[str]:
        """Yield the table as text, its columns side by side."""
        columns = zip(self.columns, *self.rows, strict=True)
        widths = [max(map(len, column)) for column in columns]
        yield self.title
        for row in (self.columns, *self.rows):
            cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
            yield "  " + "  ".join(cells).rstrip()


@dataclass(frozen=True, slots=True)
class QualityReport:
    """A site's delivery in figures, each a text ready to print.

    ``faults`` are files that cannot be used, with the remedy; ``exit_code`` is that of
    the first. ``flags`` are sentences to look at, ``rows_set_aside`` a count.
    """

    title: str
    faults: tuple[str, ...]
    flags: tuple[str, ...]
    tables: tuple[QualityTable, ...]
    rows_set_aside: int
    exit_code: int

    def lines(self) -> Iterator[str]:
        """Yield the report as text for a terminal."""
        yield self.title
        for heading, told in (
            ("Cannot be used", self.faults),
            ("Look at", self.flags),
        ):
            if told:
                yield from ("", heading, *(f"  {words}" for words in told))
        for table in self.tables:
            yield from ("", *table.lines())


@dataclass
class _Found:
    """What the report gathers, file by file."""

    files: list[Row] = field(default_factory=list)
    missing: list[Row] = field(default_factory=list)
    periods: list[Row] = field(default_factory=list)
    aside: list[Row] = field(default_factory=list)
    unread: list[Row] = field(default_factory=list)
    faults: list[ScreeningError] = field(default_factory=list)
    flags: list[str] = field(default_factory=list)
    rows_set_aside: int = 0
    persons: frozenset[str] = frozenset()

    def of_file(
        self, file: str, read: ReadTable, checked: CheckedTable, *, dated: str | None
    ) -> None:
        """Count one file: what was read, kept, missing, set aside and not used."""
        aside = len(read.set_aside) + len(checked.set_aside)
        counts = (read.rows_read, read.rows_read - aside, aside)
        if len(read.table) != read.rows_kept:
            # Weeks became spells, which are checked in place of the rows they were in.
            counts = (read.rows_read, read.rows_kept, len(read.set_aside))
        self.files.append((file, *(f"{n:,}" for n in counts), ", ".join(read.notes)))
        self.rows_set_aside += aside
        for rules in (read.set_aside["rule"], checked.set_aside["rule"]):
            for rule, n in rules.value_counts().items():
                self.aside.append((file, str(rule), f"{n:,}"))
        for rule, n in checked.doubts.items():
            self.aside.append((file, f"{rule} (the cell alone)", f"{n:,}"))
        self.flags += [f"{file}: {note}" for note in checked.notes]
        for name in checked.ignored:
            self.unread.append((file, name, "not declared in the specification"))
        for name in checked.kept.columns:
            share = float(checked.kept[name].isna().mean()) if len(checked.kept) else 0
            self.missing.append((file, name, _percent(share)))
        if dated and dated in checked.kept:
            years = checked.kept[dated].dt.year.value_counts().sort_index()
            self.periods += [(file, f"{y:.0f}", _count(n)) for y, n in years.items()]


def report_quality(site: Site, specs: Sequence[Specification]) -> QualityReport:
    """Report on every table that *specs* read of *site*.

    A file that cannot be used is told in ``faults`` and the others are read on. Raises
    PersonalDataError, for then nothing may be shown.
    """
    found = _Found()
    tables = list(_history(site, specs, found))
    for spec in specs:
        if site.trains(spec.name) or not site.scores(spec.name):
            _training_cases(site, spec, found)
            _others(site, spec, found)
        if site.scores(spec.name):
            _intake(site, spec, found)
    return QualityReport(
        title=f"Data quality of {site.name}, extracted {site.extract_date.isoformat()}",
        faults=tuple(str(fault) for fault in found.faults),
        flags=tuple(found.flags),
        tables=tuple(t for t in (*_tables(found), *tables) if t.rows),
        rows_set_aside=found.rows_set_aside,
        exit_code=found.faults[0].exit_code if found.faults else 0,
    )


def _tables(found: _Found) -> tuple[QualityTable, ...]:
    return (
        QualityTable(
            "Files",
            ("file", "rows", "kept", "set aside", "read as"),
            tuple(found.files),
        ),
        QualityTable(
            "Rows by year of the decision",
            ("file", "year", "rows"),
            tuple(found.periods),
        ),
        QualityTable("Set aside", ("file", "rule", "rows"), tuple(found.aside)),
        QualityTable("Not used", ("file", "column", "why"), tuple(found.unread)),
        QualityTable("Missing", ("file", "column", "missing"), tuple(found.missing)),
    )


def _attempt(found: _Found, step: Callable[[], Any]) -> Any:
    """Run *step* and return its result, or None after noting its fault."""
    try:
        return step()
    except PersonalDataError:
        raise
    except ScreeningError as fault:
        found.faults.append(fault)
        return None


def _history(
    site: Site, specs: Sequence[Specification], found: _Found
) -> Iterator[QualityTable]:
    """Yield the tables about the benefit history, if any specification reads one."""
    if not any(spec.history for spec in specs):
        return
    codes = _attempt(found, lambda: read_site_code_table(site.folder))
    read = _attempt(found, lambda: _read_history(site))
    if codes is not None:
        _attempt(found, lambda: _check_groups(codes, specs))
    if codes is None or read is None:
        return
    file, table, checked = read
    extract_date = site.extract_date
    found.of_file(file, table, checked, dated=None)
    found.persons = frozenset(checked.kept["person_id"].unique())
    survey = HistorySurvey(file, extract_date)
    survey.add(checked)
    for spec in specs:
        _attempt(found, partial(_reach, spec, survey, last_week=table.last_day))
    by_group = group_history(checked.kept, codes, until=extract_date)
    if len(by_group.unknown):
        found.flags.append(describe_unknown(by_group.unknown, file=file))
    found.flags += _cliffs(by_group, checked.kept, codes, extract_date=extract_date)
    yield from _by_year(by_group, found, extract_date=extract_date)


def _reach(
    spec: Specification, survey: HistorySurvey, *, last_week: date | None
) -> None:
    """Raise TableError where the history ends too long before it was extracted.

    *last_week* is the last day of a register of weeks, as in training.
    """
    last_day, as_of = last_week or survey.end(), survey.extract_date
    require_reach(spec, last_day, as_of=as_of, file=survey.file)


def _check_groups(codes: CodeTable, specs: Sequence[Specification]) -> None:
    """Raise SpecError for a group that a specification with a history does not map."""
    for spec in specs:
        if spec.history:
            check_groups(spec, codes)


def _read_history(site: Site) -> tuple[str, ReadTable, CheckedTable]:
    source = site.history()
    read = read_history(source, extract_date=site.extract_date)
    checked = check_history(
        read.table,
        file=source.name,
        extract_date=site.extract_date,
        patterns=site.keys,
        ends=source.ends,
    )
    return source.name, read, checked


def _by_year(
    by_group: GroupedHistory, found: _Found, *, extract_date: date
) -> Iterator[QualityTable]:
    """Weeks by code group and year, and how many rest on unverified codes."""
    spells = by_group.spells
    groups = spells["group"].astype("str")
    weeks = measure_coverage(groups, spells, extract_date=extract_date)
    yield QualityTable(
        "Weeks by code group and year",
        ("group", *(str(year) for year in weeks.years)),
        tuple(
            (group, *(_count(n) for n in row))
            for group, row in zip(weeks.groups, weeks.weeks, strict=True)
        ),
    )
    doubtful = spells[~spells["verified"]]
    unverified = measure_coverage(
        doubtful["group"].astype("str"), doubtful, extract_date=extract_date
    )
    of_group = dict(zip(unverified.groups, unverified.weeks.sum(axis=1), strict=True))
    total = weeks.weeks.sum(axis=1)
    if share := sum(of_group.values()) / max(float(total.sum()), 1.0):
        found.flags.append(
            f"{_percent(share)} of all benefit weeks rest on codes whose group is not "
            "verified (code_groups.csv). Have the site confirm them."
        )
    yield QualityTable(
        "Weeks that rest on unverified codes",
        ("group", "weeks", "unverified"),
        tuple(
            (group, _count(n), _percent(of_group.get(group, 0.0) / max(n, 1e-9)))
            for group, n in zip(weeks.groups, total, strict=True)
        ),
    )


def _cliffs(
    by_group: GroupedHistory,
    history: pd.DataFrame,
    codes: CodeTable,
    *,
    extract_date: date,
) -> Iterator[str]:
    """Find groups, and codes of groups that go on, that fall away or begin.

    A code that few persons have, or that has not the form of one, is never named.
    """
    groups = by_group.spells["group"].astype("str")
    by_year = measure_coverage(groups, by_group.spells, extract_date=extract_date)
    whole = {(cliff.group, cliff.kind, cliff.year) for cliff in by_year.cliffs()}
    yield from (cliff.words() for cliff in by_year.cliffs())
    plain = normalise_codes(history["code"])
    held_by = history["person_id"].groupby(plain.to_numpy()).nunique()
    shown = [code for code, n in held_by.items() if is_shown_code(str(code), persons=n)]
    named = plain.isin(shown).to_numpy()
    by_code = measure_coverage(plain[named], history[named], extract_date=extract_date)
    for cliff in by_code.cliffs():
        of = codes.rows.loc[codes.rows["code"] == cliff.group, "group"]
        if not any((group, cliff.kind, cliff.year) in whole for group in of):
            yield cliff.words("code ")


def _training_cases(site: Site, spec: Specification, found: _Found) -> None:
    source = _attempt(found, lambda: site.cases(spec.name))
    if source is not None:
        least = spec.delivery.people_found_at_least
        day = site.extract_date
        cases = _cases(site, spec, source, found, folder=spec.name, extract_date=day)
        _join_history(spec, cases, found, at_least=least)


def _intake(site: Site, spec: Specification, found: _Found) -> None:
    """Count the open cases, by the rules of scoring; they may not have come in yet."""
    source = _attempt(found, lambda: site.intake(spec.name))
    if source is None:
        return
    if isinstance(source.source, Path) and not source.source.exists():
        found.flags.append(f"{source.name}: [intake.{spec.name}] is not there now.")
        return
    day = None if spec.history else site.extract_date
    folder = f"intake/{spec.name}"
    cases = _cases(site, spec, source, found, folder=folder, extract_date=day)
    _join_history(spec, cases, found, at_least=0.0)


def _cases(
    site: Site,
    spec: Specification,
    source: TableSource,
    found: _Found,
    *,
    folder: str,
    extract_date: date | None,
) -> tuple[str, pd.DataFrame] | None:
    """Return the kept cases of a source and its name; None where it is at fault."""

    def checked() -> tuple[str, ReadTable, CheckedTable]:
        file, read = f"{folder}/{source.name}", read_table(source)
        cases = check_cases(
            spec,
            read.table,
            file=file,
            extract_date=extract_date,
            patterns=site.keys,
        )
        return file, read, cases

    if (read := _attempt(found, checked)) is None:
        return None
    found.of_file(*read, dated="decision_date")
    return read[0], read[2].kept


def _join_history(
    spec: Specification,
    cases: tuple[str, pd.DataFrame] | None,
    found: _Found,
    *,
    at_least: float,
) -> None:
    """Flag the citizens without a row in the history; too many are a fault."""
    if spec.history is None or not found.persons or cases is None:
        return
    file, table = cases
    persons = pd.Series(table["person_id"].unique(), dtype="str")
    join = Join(
        f"citizens of {file}",
        "the history",
        asked=len(persons),
        found=int(is_among(persons, found.persons).sum()),
    )
    if join.absent:
        found.flags.append(f"{join.words()}; {_ABSENT[spec.history.absent_person]}.")
    bound = "delivery.people_found_at_least"
    _attempt(found, lambda: require_share_found(join, at_least=at_least, bound=bound))


def _file_of(spec: Specification, source: TableSource) -> str:
    """Return what a target's table is called in a report about several targets."""
    return f"{spec.name}/{source.name}"


def _others(site: Site, spec: Specification, found: _Found) -> None:
    """Count the audit table and ready outcomes, where there are any."""
    audit = _attempt(found, lambda: _audit(site, spec)) if spec.audit else None
    ready = spec.outcome.rule == "ready"
    outcomes = _attempt(found, lambda: _outcomes(site, spec)) if ready else None
    for read in (audit, outcomes):
        if read is not None:
            found.of_file(*read, dated=None)


def _audit(site: Site, spec: Specification) -> tuple[str, ReadTable, CheckedTable]:
    source = site.audit(spec.name)
    if source is None:
        raise FileError(
            f"{site.folder / spec.name}: no audit.parquet or audit.csv, so groups "
            "cannot be judged. Deliver one of them, or state its path in site.toml: "
            f"[files.{spec.name}.audit]."
        )
    file, read = _file_of(spec, source), read_table(source)
    return file, read, check_audit(spec, read.table, file=file, patterns=site.keys)


def _outcomes(site: Site, spec: Specification) -> tuple[str, ReadTable, CheckedTable]:
    source = site.outcomes(spec.name)
    file, read = _file_of(spec, source), read_table(source)
    return file, read, check_outcomes(read.table, file=file, patterns=site.keys)


def _percent(share: float) -> str:
    """Format a share in whole percents; "<1 %" for what is not quite nothing.

    >>> _percent(0.0), _percent(0.004), _percent(0.256)
    ('0 %', '<1 %', '26 %')
    """
    if 0 < share < 0.005:
        return "<1 %"
    return f"{share:.0%}".replace("%", " %")


def _count(n: float) -> str:
    """Format a count, hidden if it is small but not nothing.

    >>> _count(0), _count(4), _count(1234.4)
    ('0', '<5', '1,234')
    """
    if 0 < n < SMALLEST_GROUP:
        return f"<{SMALLEST_GROUP}"
    return f"{np.round(n):,.0f}"
