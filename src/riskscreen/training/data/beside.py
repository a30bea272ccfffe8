"""The tables beside the cases of a training: outcomes, audit and efforts."""

from dataclasses import dataclass
from typing import Any

import pandas as pd

from riskscreen.disclosure.levels import merge_small_levels
from riskscreen.efforts import read_efforts
from riskscreen.outcomes import (
    convert_durations,
    convert_ready_outcomes,
    describe_censoring,
)
from riskscreen.readers import ReadTable, read_table
from riskscreen.readers.site import Site
from riskscreen.spec import Specification
from riskscreen.validation import CheckedTable
from riskscreen.validation.beside import check_audit, check_outcomes
from riskscreen.validation.cells import is_among
from riskscreen.validation.checking import describe_ignored, describe_set_aside
from riskscreen.validation.joins import Join, require_share_found, require_some_found
from riskscreen.validation.schemas import is_dated


@dataclass(frozen=True)
class TableBeside:
    """A table beside the cases, and its notes.

    A row per case in their order, but of efforts: of these a case may have several.
    """

    table: pd.DataFrame
    notes: tuple[str, ...]
    digest: str = ""


def read_ready_outcomes(
    spec: Specification, site: Site, cases: pd.DataFrame
) -> TableBeside | None:
    """Read the delivered outcome of each case; None where outcomes are derived."""
    if spec.outcome.rule != "ready":
        return None
    source = site.outcomes(spec.name)
    read = read_table(source)
    checked = check_outcomes(read.table, file=source.name, patterns=site.keys)
    join = _join_cases(cases, checked, file=source.name)
    require_some_found(join)
    notes = describe_table(source.name, read, checked, join)
    if "duration" in checked.kept:
        found = convert_durations(
            spec, checked.kept, cases, extract_date=site.extract_date
        )
        return TableBeside(found, (*notes, *describe_censoring(found)), read.digest)
    found = convert_ready_outcomes(spec, checked.kept, cases)
    late = found["known_on"] > pd.Timestamp(site.extract_date)
    unknown = found["outcome"].mask(late, "censored")
    return TableBeside(found.assign(outcome=unknown), notes, read.digest)


def _join_cases(cases: pd.DataFrame, checked: CheckedTable, *, file: str) -> Join:
    """Look for the cases in another table of cases."""
    found = int(is_among(cases["case_id"], checked.kept["case_id"]).sum())
    return Join("cases at T0", file, asked=len(cases), found=found)


def read_audit(
    spec: Specification, site: Site, cases: pd.DataFrame
) -> TableBeside | None:
    """Read the audit table; None where the site has none.

    Raises TableError where too few of the cases are in it: groups of nobody would be
    evaluated, and passed.
    """
    source = site.audit(spec.name) if spec.audit else None
    if source is None:
        return None
    read = read_table(source)
    checked = check_audit(spec, read.table, file=source.name, patterns=site.keys)
    join = _join_cases(cases, checked, file=source.name)
    bound = "delivery.audited_at_least"
    require_share_found(join, at_least=spec.delivery.audited_at_least, bound=bound)
    by_case = checked.kept.set_index("case_id").reindex(cases["case_id"])
    notes = describe_table(source.name, read, checked, join)
    named = merge_small_audit_levels(
        spec, by_case.reset_index(drop=True), cases["person_id"]
    )
    return TableBeside(named, notes, read.digest)


def read_case_efforts(
    spec: Specification, site: Site, cases: pd.DataFrame
) -> TableBeside | None:
    """Read the efforts of these cases; None where none are delivered, or no dates."""
    found = read_efforts(site) if is_dated(spec) else None
    if found is None:
        return None
    ids = cases["case_id"]
    absent = found.describe_join(ids, what=f"the cases at T0 of {spec.name}")
    own = found.table[is_among(found.table["case_id"], ids)]
    notes = tuple(note for note in (*found.notes, absent) if note)
    return TableBeside(own.reset_index(drop=True), notes, found.read.digest)


def merge_small_audit_levels(
    spec: Specification, audit: pd.DataFrame, persons: "pd.Series[Any]"
) -> pd.DataFrame:
    """Return *audit* with its undeclared levels merged that may not be told.

    *persons* are those of its rows, in their order. Columns whose values the
    specification declares stay as they are.
    """
    free = [name for name, column in spec.audit.items() if not column.values]
    merged = {name: merge_small_levels(audit[name], persons) for name in free}
    return audit.assign(**merged)


def describe_table(
    file: str, read: ReadTable, checked: CheckedTable, join: Join | None
) -> tuple[str, ...]:
    """How a table was read, what was set aside of it, and how many it does not hold."""
    how = [f"{file}: {note}" for note in read.notes]
    absent = [join.describe()] if join and join.absent else []
    # Column, rule and count of what was set aside, and the columns never read.
    notes = [
        *describe_set_aside(checked.set_aside["rule"]),
        *(f"{n} cells could not be read ({r})" for r, n in checked.doubts.items()),
        *checked.notes,
        *describe_ignored(checked.ignored),
    ]
    return (*how, *(f"{file}: {words}" for words in notes), *absent)
