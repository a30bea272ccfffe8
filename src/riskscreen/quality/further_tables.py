"""The further tables of specifications, read once each and counted as training does."""

from collections.abc import Mapping, Sequence
from functools import partial

import pandas as pd

from riskscreen.history.dated_tables import check_delivered, read_table_rows
from riskscreen.quality.findings import FileCounts, Findings
from riskscreen.readers.site import Site
from riskscreen.readers.sources import TableSource
from riskscreen.spec import DatedTable, Specification


def report_tables(
    site: Site,
    specs: Sequence[Specification],
    persons: Mapping[str, Sequence[str]],
    found: Findings,
) -> None:
    """Count every further table that *specs* declare, and whom of *persons* it lacks.

    *persons* has the citizens of each specification's cases, by its name. What a
    training refuses is a fault: a table that must be there and is not, too.
    """
    sources: dict[str, TableSource] = {}
    for spec in specs:
        names = [table.name for table in spec.tables]
        delivered = found.try_step(partial(site.tables, names))
        if delivered is not None:
            found.try_step(partial(check_delivered, spec, delivered))
            sources |= delivered
    declared = [table for spec in specs for table in spec.tables]
    for place, table in enumerate(declared):
        if table in declared[:place] or table.name not in sources:
            continue
        asking = [spec.name for spec in specs if table in spec.tables]
        everybody = dict.fromkeys(one for name in asking for one in persons[name])
        people = pd.Index([*everybody], dtype="str")
        _report_table(site, sources[table.name], table, people, found)


def _report_table(
    site: Site,
    source: TableSource,
    declared: DatedTable,
    people: "pd.Index[str]",
    found: Findings,
) -> None:
    counts = FileCounts()
    read = partial(
        read_table_rows,
        source,
        declared,
        people,
        extract_date=site.extract_date,
        patterns=site.keys,
        count=counts.add,
    )
    rows = found.try_step(read)
    if rows is None:
        return
    for name in {*counts.missing} - {*declared.list_columns()}:
        del counts.missing[name]  # of what the rows became, and nobody delivered
    found.add_file(source.name, counts)
    if rows.people.absent:
        found.flags.append(f"{rows.people.describe()}.")
