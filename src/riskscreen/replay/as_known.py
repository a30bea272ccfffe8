"""What a site had delivered on a day gone by: its tables, cut to what was known then.

Each row is checked by itself once. What a whole table alone can tell (a case that
occurs twice, where a register ends) is asked anew of what was known on each day.
"""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from riskscreen.errors import SpecError
from riskscreen.history.reading import ROWS_IN_A_PART
from riskscreen.objections import read_objections
from riskscreen.readers import read_table
from riskscreen.readers.dated_tables import read_dated_parts
from riskscreen.readers.history import read_spell_parts
from riskscreen.readers.site import Site
from riskscreen.readers.site_file import SiteFile
from riskscreen.readers.sources import TableSource
from riskscreen.rules.code_groups import SITE_CODES, SITE_CODES_WHOLE
from riskscreen.rules.reforms import REFORMS
from riskscreen.spec import DatedTable, Specification
from riskscreen.validation.cases import read_cases
from riskscreen.validation.dated_rows import read_dated_rows
from riskscreen.validation.schemas import OPEN_AS_OF


@dataclass(frozen=True, slots=True)
class KnownTables:
    """The cases of a target, the history and the further tables, each row checked.

    ``history`` also has the rows that cannot be used, so that whoever reads it sets
    their citizens aside as in the delivery: they end where they begin, as far as that
    is known.
    ``digests`` are the SHA-256 of what was read, by table.
    """

    cases: pd.DataFrame
    history: pd.DataFrame
    tables: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    digests: Mapping[str, str] = field(default_factory=dict)

    def cut(self, spec: Specification, day: date) -> "KnownTables":
        """Return what was known in the night before *day* began.

        A row that begins or was registered on *day* or later is not there, and an end
        that lies ahead is open: nobody knew it yet. Of the cases those decided before
        *day* are there, a fact of *day* or later not so yet.
        """
        decided = self.cases["decision_date"] < _stamp(day)
        return KnownTables(
            cases=self.select_cases(spec, decided, until=day - timedelta(days=1)),
            history=_cut_rows(self.history, day),
            tables={name: _cut_rows(rows, day) for name, rows in self.tables.items()},
        )

    def take_night(self, spec: Specification, night: date) -> "KnownTables":
        """Return what was known in the *night*, with the cases decided on its day."""
        known = self.cut(spec, night)
        of_night = self.cases["decision_date"] == _stamp(night)
        return KnownTables(
            self.select_cases(spec, of_night, until=night), known.history, known.tables
        )

    def select_cases(
        self, spec: Specification, mask: "pd.Series[bool]", *, until: date
    ) -> pd.DataFrame:
        """Return the cases of *mask*, facts of after *until* not so yet."""
        cases = self.cases[mask].reset_index(drop=True)
        dated = [name for name, c in spec.columns.items() if c.type == "date"]
        for name in (*dated, OPEN_AS_OF):
            if name in cases:
                cases[name] = cases[name].mask(cases[name] > _stamp(until))
        return cases

    def name_tables(self, spec: Specification) -> dict[str, pd.DataFrame]:
        """Return the further tables under the headings in which they are delivered."""
        declared = {table.name: table for table in spec.tables}
        return {n: _name_as_declared(of, declared[n]) for n, of in self.tables.items()}

    def write(self, site: Site, spec: Specification, folder: Path, day: date) -> Site:
        """Write the tables into *folder* as what *site* delivered on *day*."""
        (folder / spec.name).mkdir()
        self.cases.to_parquet(folder / spec.name / "cases.parquet", index=False)
        self.history.to_parquet(folder / "history.parquet", index=False)
        for name, rows in self.name_tables(spec).items():
            rows.to_parquet(folder / f"{name}.parquet", index=False)
        for name in (SITE_CODES, SITE_CODES_WHOLE, REFORMS):
            if (site.folder / name).exists():
                shutil.copy(site.folder / name, folder / name)
        stated = site.stated
        return Site(
            folder,
            SiteFile(
                extract_date=day,
                name=site.name,
                timezone=stated.timezone,
                synthetic=stated.synthetic,
                keys=stated.keys,
                places=stated.places,
            ),
        )


def read_known_tables(spec: Specification, site: Site) -> KnownTables:
    """Read all that *site* delivers of *spec*, row by row.

    Cases and further rows that break a rule by themselves take no part, nor do the
    cases of citizens whose weeks contradict each other, or who object to being scored
    or to training a model. Raises SpecError where outcomes are
    delivered ready: nobody can tell then what was known of them when. Raises the errors
    of reading and checking.
    """
    if spec.history is None or spec.outcome.rule == "ready":
        raise SpecError(
            f"{spec.name}: a replay follows cases in the benefit history, and this "
            "target has ready outcomes. Name another target."
        )
    day, patterns = site.extract_date, site.keys
    source = site.cases(spec.name)
    read = read_table(source)
    checked = read_cases(
        spec, read.table, file=source.name, extract_date=day, patterns=patterns
    ).checked
    objections = read_objections(site.folder, patterns=patterns)
    objected = objections.find_people("training", on=date.max)
    objected |= objections.find_people("scoring", on=date.max)
    history, contradicted, of_history = _read_history(site)
    without = checked.kept["person_id"].isin(objected | contradicted)
    cases = checked.kept[~without]
    tables, digests = {}, {"cases": read.digest, "history": of_history}
    for name, of in site.tables([table.name for table in spec.tables]).items():
        declared = next(table for table in spec.tables if table.name == name)
        tables[name], digests[name] = _read_rows(site, of, declared)
    return KnownTables(cases.reset_index(drop=True), history, tables, digests)


def _read_history(site: Site) -> tuple[pd.DataFrame, frozenset[str], str]:
    """Read the history, whose citizens contradict themselves, and its digest."""
    parts = read_spell_parts(
        site.history(),
        extract_date=site.extract_date,
        rows=ROWS_IN_A_PART,
        patterns=site.keys,
    )
    read, checked = zip(*parts, strict=True)
    last = read[-1]
    spells = pd.concat([part.kept for part in checked], ignore_index=True)
    if last.open_ends is not None:
        ends = spells["end_date"]
        open_ = ends == _stamp(last.open_ends)
        spells = spells.assign(end_date=ends.mask(open_))
    broken = pd.concat([part.broken for part in checked], ignore_index=True)
    if len(broken):
        # Still broken when it is read again, whatever it was that could not be read.
        broken = broken.assign(end_date=broken["start_date"]).astype(spells.dtypes)
        spells = pd.concat([spells, broken], ignore_index=True)
    contradicted = frozenset().union(*(part.persons_set_aside for part in read))
    return spells, contradicted, last.digest


def _read_rows(
    site: Site, source: TableSource, declared: DatedTable
) -> tuple[pd.DataFrame, str]:
    kept, digest = [], ""
    for part in read_dated_parts(source, declared, rows=ROWS_IN_A_PART):
        digest = part.digest
        rows = read_dated_rows(
            declared,
            part.table,
            file=source.name,
            extract_date=site.extract_date,
            patterns=site.keys,
            ends=source.ends,
        )
        kept.append(rows.kept)
    return pd.concat(kept, ignore_index=True), digest


def _cut_rows(rows: pd.DataFrame, day: date) -> pd.DataFrame:
    """Return the rows that were known before *day* began; ends ahead are open."""
    now = _stamp(day)
    known = ~(rows["start_date"] >= now)
    if "registered_on" in rows:
        known &= ~(rows["registered_on"] >= now)
    ends = rows["end_date"]
    cut: pd.DataFrame = rows.assign(end_date=ends.mask(ends > now)).loc[known]
    return cut.reset_index(drop=True)


def _name_as_declared(rows: pd.DataFrame, declared: DatedTable) -> pd.DataFrame:
    """Return *rows* under the headings in which such a table is delivered."""
    if declared.rows == "dates":
        return rows.rename(columns={"start_date": "date"}).drop(columns="end_date")
    return rows


def _stamp(day: date) -> Any:
    return np.datetime64(day)
