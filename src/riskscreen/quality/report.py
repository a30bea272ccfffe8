"""What a site's files are like, in figures ready to print; no row's value is shown."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path

import pandas as pd

from riskscreen.efforts import read_efforts
from riskscreen.history.unknown_codes import judge_quarter
from riskscreen.objections import read_objections
from riskscreen.quality.changes import describe_changes
from riskscreen.quality.findings import (
    FileCounts,
    Findings,
    QualityTable,
    round_percent,
    suppress_small_count,
    suppress_small_counts,
)
from riskscreen.quality.further_tables import report_tables
from riskscreen.quality.history_figures import HistoryFigures
from riskscreen.quality.reading import read_history_into
from riskscreen.readers.delivered_table import DeliveredTable
from riskscreen.readers.follow_up import read_follow_up
from riskscreen.readers.read_table import ReadTable
from riskscreen.readers.site import Site
from riskscreen.readers.sources import TableSource, read_table
from riskscreen.rules.code_groups import read_site_code_table
from riskscreen.rules.deadline_rules import check_deadlines, read_site_rules
from riskscreen.spec import Specification, check_groups, list_facts
from riskscreen.validation import (
    CheckedTable,
    check_cases,
)
from riskscreen.validation.beside import (
    check_audit,
    check_outcomes,
    describe_missing_audit,
)
from riskscreen.validation.checking import require_rows
from riskscreen.validation.joins import Join, require_share_found
from riskscreen.validation.schemas import FOLLOW_UP_TABLES
from riskscreen.validation.surveys import HistorySurvey, require_reach

_ABSENT = {
    "self_supporting": "the specification takes them to be self-supporting",
    "error": "the specification calls that a fault, so they are set aside",
}


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

    def describe(self) -> Iterator[str]:
        """Yield the report as text for a terminal."""
        yield self.title
        for heading, told in (
            ("Cannot be used", self.faults),
            ("Look at", self.flags),
        ):
            if told:
                yield from ("", heading, *(f"  {words}" for words in told))
        for table in self.tables:
            yield from ("", *table.describe())


@dataclass(frozen=True)
class _Join:
    """Cases of a file: whom to look for in the history, and who may have efforts."""

    spec: Specification
    file: str
    cases: pd.DataFrame
    at_least: float
    found: Findings

    @cached_property
    def persons(self) -> "pd.Index[str]":
        """The citizens, each once."""
        found: pd.Index[str] = pd.Index(self.cases["person_id"].unique(), dtype="str")
        return found


def report_quality(
    site: Site,
    specs: Sequence[Specification],
    *,
    accept_unknown_codes: bool = False,
) -> QualityReport:
    """Report on every table that *specs* read of *site*.

    A file that cannot be used is told in ``faults`` and the others are read on; with
    *accept_unknown_codes* many unknown benefit codes are a flag and no fault. Raises
    PersonalDataError, for then nothing may be shown.
    """
    targets = {spec.name: Findings() for spec in specs}
    joins: list[_Join] = []
    for spec in specs:
        found = targets[spec.name]
        if site.trains(spec.name) or not site.scores(spec.name):
            joins += _count_training_cases(site, spec, found)
            _count_others(site, spec, found)
        changes = found.try_step(partial(describe_changes, site, spec))
        found.flags += changes or []
        found.try_step(partial(_check_deadlines, site, spec))
        if site.scores(spec.name):
            joins += _count_intake(site, spec, found)
    found = Findings()
    found.try_step(partial(read_objections, site.folder, patterns=site.keys))
    persons = {
        spec.name: [one for join in joins if join.spec is spec for one in join.persons]
        for spec in specs
    }
    report_tables(site, specs, persons, found)
    accepted = accept_unknown_codes
    tables = _report_history(site, specs, found, joins, accepted=accepted)
    _count_efforts(site, joins, found)
    for name in FOLLOW_UP_TABLES:
        delivered = found.try_step(partial(read_follow_up, site, name))
        if delivered is not None:
            _count_follow_up(delivered, found)
    found.extend(targets.values())
    return QualityReport(
        title=f"Data quality of {site.name}, extracted {site.extract_date.isoformat()}",
        # A file that several targets read is told once.
        faults=tuple(dict.fromkeys(str(fault) for fault in found.faults)),
        flags=tuple(found.flags),
        tables=tuple(t for t in (*_build_tables(found), *tables) if t.rows),
        rows_set_aside=found.rows_set_aside,
        exit_code=found.faults[0].exit_code if found.faults else 0,
    )


def _check_deadlines(site: Site, spec: Specification) -> None:
    """Check the deadlines of *spec* by *site*'s rules, as its pages do."""
    check_deadlines(spec.deadlines, read_site_rules(site.folder), list_facts(spec))


def _build_tables(found: Findings) -> tuple[QualityTable, ...]:
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


def _report_history(
    site: Site,
    specs: Sequence[Specification],
    found: Findings,
    joins: Sequence[_Join],
    *,
    accepted: bool,
) -> tuple[QualityTable, ...]:
    """Return the tables about the benefit history, if any specification reads one."""
    reading = [spec for spec in specs if spec.history]
    if not reading:
        return ()
    codes = found.try_step(lambda: read_site_code_table(site.folder))
    source = found.try_step(site.history)
    if codes is None or source is None:
        return ()
    everybody = dict.fromkeys(person for join in joins for person in join.persons)
    persons = pd.Index([*everybody], dtype="str")
    figures = HistoryFigures(codes, persons, extract_date=site.extract_date)
    counts, survey = FileCounts(), HistorySurvey(source.name, site.extract_date)
    last = found.try_step(lambda: read_history_into(site, figures.add, counts, survey))
    for spec in reading:
        found.try_step(partial(check_groups, spec, codes))
    if last is None:
        return ()
    counts.missing["end_date"] += figures.close(last.open_ends)
    found.add_file(source.name, counts, notes=survey.notes())
    for spec in reading:
        # The last day of a register of weeks, or else of a ledger, as in training.
        reach = partial(require_reach, as_of=site.extract_date, file=source.name)
        last_day = last.last_day or survey.end()
        found.try_step(partial(reach, spec, last_day))
    found.flags += figures.describe_unknown(file=source.name)
    _judge_quarter(reading, figures, found, file=source.name, accepted=accepted)
    found.flags += figures.describe_cliffs()
    for join in joins:
        there = figures.found[persons.get_indexer(join.persons)]
        if counts.rows_sound and join.spec.history:
            _join_history(join, int(there.sum()))
    return (*_tabulate_years(figures, found), _tabulate_unknown(figures))


def _judge_quarter(
    specs: Sequence[Specification],
    figures: HistoryFigures,
    found: Findings,
    *,
    file: str,
    accepted: bool,
) -> None:
    """Flag many unknown codes among the newest weeks; too many are a fault, once."""
    quarter, faults = figures.quarter(), len(found.faults)
    for spec in specs:
        judge = partial(judge_quarter, spec, quarter, file=file, accepted=accepted)
        warning = found.try_step(judge)
        if len(found.faults) > faults:
            return
        if warning and warning not in found.flags:
            found.flags.append(warning)


def _tabulate_years(figures: HistoryFigures, found: Findings) -> Iterator[QualityTable]:
    """Yield the weeks by code group and year, and those on codes not confirmed."""
    weeks, unverified = figures.weeks(), figures.unverified_weeks()
    yield QualityTable(
        "Weeks by code group and year",
        ("group", *(str(year) for year in weeks.years)),
        tuple(
            (group, *row)
            for group, row in zip(
                weeks.groups, suppress_small_counts(weeks.weeks), strict=True
            )
        ),
    )
    total = weeks.weeks.sum(axis=1)
    if share := sum(unverified.values()) / max(float(total.sum()), 1.0):
        found.flags.append(
            f"{round_percent(share)} of all benefit weeks rest on codes that the "
            "site has not confirmed: riskscreen rules --site SITE lists them."
        )
    yield QualityTable(
        "Weeks on codes that the site has not confirmed",
        ("group", "weeks", "not confirmed"),
        tuple(
            (
                group,
                suppress_small_count(n),
                round_percent(unverified.get(group, 0.0) / max(n, 1e-9)),
            )
            for group, n in zip(weeks.groups, total, strict=True)
        ),
    )


def _tabulate_unknown(figures: HistoryFigures) -> QualityTable:
    """Return each unknown code's share of the newest quarter's weeks."""
    shares = figures.quarter().list_shares()
    return QualityTable(
        "Unknown codes, of the weeks of the newest quarter",
        ("code", "share of the weeks"),
        tuple((code, round_percent(share)) for code, share in shares.items()),
    )


def _count_training_cases(
    site: Site, spec: Specification, found: Findings
) -> Iterator[_Join]:
    """Count the cases of a training, and yield whom the history should hold."""
    source = found.try_step(lambda: site.cases(spec.name))
    if source is not None:
        file = _name_file(site, spec, source)
        cases = _count_cases(site, spec, source, found, file=file, trains=True)
        if cases is not None:
            least = spec.delivery.people_found_at_least
            yield _Join(spec, file, cases, least, found)


def _count_intake(site: Site, spec: Specification, found: Findings) -> Iterator[_Join]:
    """Count the open cases, by the rules of scoring; they may not have come in yet."""
    source = found.try_step(lambda: site.intake(spec.name))
    if source is None:
        return
    if isinstance(source.source, Path) and not source.source.exists():
        found.flags.append(f"{source.name}: [intake.{spec.name}] is not there now.")
        return
    file = _name_file(site, spec, source, among="intake/")
    cases = _count_cases(site, spec, source, found, file=file, trains=False)
    if cases is not None:
        yield _Join(spec, file, cases, 0.0, found)


def _count_cases(
    site: Site,
    spec: Specification,
    source: TableSource,
    found: Findings,
    *,
    file: str,
    trains: bool,
) -> pd.DataFrame | None:
    """Count the cases of a source, and return the sound ones; None if at fault.

    What *trains* was decided by the extract, and is never without a row; a night may
    be.
    """
    by_extract = trains or not spec.history

    def read() -> tuple[ReadTable, CheckedTable]:
        table = read_table(source)
        if trains:
            require_rows(table.rows_read, file=file)
        return table, check_cases(
            spec,
            table.table,
            file=file,
            extract_date=site.extract_date if by_extract else None,
            patterns=site.keys,
        )

    if (cases := found.try_step(read)) is None:
        return None
    counts = FileCounts()
    conditions = {
        name: column.applies_when.condition
        for name, column in spec.columns.items()
        if column.applies_when
    }
    counts.add(*cases, dated="decision_date", conditions=conditions)
    found.add_file(file, counts, notes=cases[1].notes)
    return pd.DataFrame(cases[1].kept[["case_id", "person_id"]])


def _join_history(join: _Join, there: int) -> None:
    """Flag the citizens without a row in the history; too many are a fault."""
    history, found = join.spec.history, join.found
    assert history is not None  # _report_history looks
    persons = Join(
        f"citizens of {join.file}", "the history", asked=len(join.persons), found=there
    )
    if persons.absent:
        found.flags.append(f"{persons.describe()}; {_ABSENT[history.absent_person]}.")
    bound, least = "delivery.people_found_at_least", join.at_least
    found.try_step(lambda: require_share_found(persons, at_least=least, bound=bound))


def _name_file(
    site: Site, spec: Specification, source: TableSource, *, among: str = ""
) -> str:
    """Return what a target's table is called in a report about several targets.

    A file of the site's folder is called by its path there, and by the target too where
    that does not show in it; any other source by its own name, and what it is *among*.
    """
    path = source.source
    if not isinstance(path, Path) or not path.is_relative_to(site.folder):
        return f"{among}{spec.name}/{source.name}"
    name = path.relative_to(site.folder).as_posix()
    return name if spec.name in name else f"{name} ({spec.name})"


def _count_others(site: Site, spec: Specification, found: Findings) -> None:
    """Count the audit table and ready outcomes, where there are any."""
    source = found.try_step(partial(_find_audit, site, spec, found))
    audit = found.try_step(partial(_read_audit, site, spec, source)) if source else None
    ready = spec.outcome.rule == "ready"
    outcomes = found.try_step(lambda: _read_outcomes(site, spec)) if ready else None
    for delivered in (audit, outcomes):
        if delivered is not None:
            file, read, checked = delivered
            counts = FileCounts()
            counts.add(read, checked)
            found.add_file(file, counts, notes=checked.notes)


def _find_audit(site: Site, spec: Specification, found: Findings) -> TableSource | None:
    """Find the audit table; none is a flag, for a training does without it."""
    if not spec.audit:
        return None
    source = site.audit(spec.name)
    if source is None:
        found.flags.append(
            f"{spec.name}: {describe_missing_audit(spec)} Deliver one where the law "
            "lets the site hold it: audit.parquet or audit.csv beside the cases, or "
            f"[files.{spec.name}.audit] in site.toml."
        )
    return source


def _read_audit(
    site: Site, spec: Specification, source: TableSource
) -> tuple[str, ReadTable, CheckedTable]:
    file, read = _name_file(site, spec, source), read_table(source)
    return file, read, check_audit(spec, read.table, file=file, patterns=site.keys)


def _read_outcomes(
    site: Site, spec: Specification
) -> tuple[str, ReadTable, CheckedTable]:
    source = site.outcomes(spec.name)
    file, read = _name_file(site, spec, source), read_table(source)
    return file, read, check_outcomes(read.table, file=file, patterns=site.keys)


def _count_efforts(site: Site, joins: Sequence[_Join], found: Findings) -> None:
    """Count the table of help given, where the site has one, and whom it is about."""
    efforts = found.try_step(lambda: read_efforts(site))
    if efforts is not None:
        counts = FileCounts()
        counts.add(efforts.read, efforts.checked)
        found.add_file(efforts.file, counts, notes=efforts.checked.notes)
        ids = (case for join in joins for case in join.cases["case_id"])
        if joins and (absent := efforts.describe_join(ids, what="the case files")):
            found.flags.append(f"{absent}.")


def _count_follow_up(delivered: DeliveredTable, found: Findings) -> None:
    """Count a table of follow-up; a column that was left out is not one with gaps."""
    counts = FileCounts()
    counts.add(delivered.read, delivered.checked)
    for name in set(counts.missing) - delivered.stated:
        del counts.missing[name]
    found.add_file(delivered.file, counts, notes=delivered.checked.notes)
