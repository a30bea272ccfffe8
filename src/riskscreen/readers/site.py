"""A site's folder: what it states in site.toml, and where each of its tables lies."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError

from riskscreen.errors import FileError, SpecError
from riskscreen.guarding import guarded
from riskscreen.policy import Places
from riskscreen.readers.dialect import CsvDialect
from riskscreen.readers.parquet import SUFFIXES as PARQUET_SUFFIXES
from riskscreen.readers.sas import SUFFIXES as SAS_SUFFIXES
from riskscreen.readers.site_file import (
    SITE_FILE,
    SiteFile,
    StatedCases,
    StatedDatedTable,
    StatedHistory,
    StatedLetter,
    StatedTable,
)
from riskscreen.readers.site_toml import read_site_file
from riskscreen.readers.sources import Source, TableSource
from riskscreen.spec import Gates, Specification
from riskscreen.spelling import find_misspelt
from riskscreen.timeline import find_today, refuse_future
from riskscreen.validation.schemas import AFTER_T0, AfterT0Table

_TYPED = (*PARQUET_SUFFIXES, *SAS_SUFFIXES)
_PACKED = (".gz", ".zip", ".bz2", ".xz", ".zst")
_SUFFIXES = (".csv", ".txt", ".tsv", ".dat", *_TYPED, ".feather", ".xlsx", ".xls")
"""What a table may come in. Not all can be read, but two of them are two files."""

Stated = TypeVar("Stated")


@dataclass(frozen=True, slots=True)
class Site:
    """A site's folder and what it states; each of its tables is a TableSource.

    A table of which no path or query is stated is found by its name in the folder:
    ``history.*``, ``efforts.*``, ``follow_up.*``, ``volumes.*``, ``fidelity.*``, a
    further table's own, and ``cases.*``, ``audit.*``
    and ``outcomes.*`` in the target's own. ``environment`` fills the names in the
    addresses of databases.
    """

    folder: Path
    stated: SiteFile
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def name(self) -> str:
        """What the site is called: as stated, or as its folder is."""
        return self.stated.name or self.folder.resolve().name

    @property
    def extract_date(self) -> date:
        """The day the data were extracted; without it maturity is undefined."""
        return self.stated.extract_date

    def find_day(self, moment: datetime) -> date:
        """Return the day of *moment*, which has its zone, where the site is."""
        return find_today(moment, self.stated.timezone)

    @property
    def synthetic(self) -> bool:
        """Whether nobody in the data exists."""
        return self.stated.synthetic

    @property
    def states_letters(self) -> bool:
        """Whether the site states what its letters to citizens say."""
        return self.stated.letter != StatedLetter()

    @property
    def keys(self) -> dict[str, re.Pattern[str]]:
        """The patterns that whole identifiers keep, by column."""
        return self.stated.keys.compile_patterns()

    def history(self) -> TableSource:
        """Return the benefit history."""
        stated = self.stated.files.history
        source = self._find_source(stated, heading="files.history", named=("history",))
        return replace(source, layout=stated.layout, ends=stated.ends)

    def find_history(self) -> TableSource | None:
        """Return the benefit history; None where the site has none."""
        stated = self.stated.files.history
        if stated == StatedHistory() and not self._list_called("history"):
            return None
        return self.history()

    def follow_up(self, name: AfterT0Table) -> TableSource | None:
        """Return help given, or a table of follow-up; None where the site has none."""
        stated: StatedTable = getattr(self.stated.files, name)
        if stated == StatedTable() and not self._list_called(name):
            return None
        return self._find_source(stated, heading=f"files.{name}", named=(name,))

    def tables(self, names: Sequence[str]) -> dict[str, TableSource]:
        """Return the further tables among *names* that the site delivers, by name.

        Raises FileError where one is the table of help given, by whatever name.
        """
        found = {name: self._find_table(name) for name in names}
        return {name: source for name, source in found.items() if source is not None}

    def trains(self, target: str) -> bool:
        """Return whether training cases of *target* are delivered."""
        stated = target in self.stated.files.targets()
        return stated or (self.folder / target).is_dir()

    def scores(self, target: str) -> bool:
        """Return whether the open cases of *target* are stated."""
        return target in self.stated.intake

    def cases(self, target: str) -> TableSource:
        """Return the cases of *target* that train."""
        heading, named = f"files.{target}", (target, "cases")
        return self._find_source(self._find_cases(target), heading=heading, named=named)

    def audit(self, target: str) -> TableSource | None:
        """Return the audit table of *target*; None where the site has none."""
        stated = self._find_cases(target).audit
        if stated == StatedTable() and not self._list_called(target, "audit"):
            return None
        return self._find_beside(target, "audit")

    def outcomes(self, target: str) -> TableSource:
        """Return the ready outcomes of *target*."""
        return self._find_beside(target, "outcomes")

    def intake(self, target: str, *, instead: Source | None = None) -> TableSource:
        """Return the open cases of *target* that are to be scored.

        *instead* takes the place of the stated source; the stated column names, and
        for a text file the stated dialect, hold for it. Raises FileError where there is
        neither.
        """
        stated = (
            self._find_stated(target, self.stated.intake, "intake") or StatedTable()
        )
        if instead is not None:
            path = instead if isinstance(instead, Path) else None
            # Files of typed columns and queries are not delimited text.
            text = path and path.suffix.lower() not in _TYPED and not path.is_dir()
            dialect = stated.dialect() if text else CsvDialect()
            return TableSource(instead, stated.columns, dialect)
        return self._find_source(stated, heading=f"intake.{target}", named=())

    def targets_among(self, known: Sequence[str]) -> list[str]:
        """Return those of *known* that the site delivers, by a folder or in site.toml.

        Raises FileError for a stated name that is all but one of *known*, and where
        there is none of them.
        """
        for name in self.unread(known):
            if meant := find_misspelt(name, known):
                raise FileError(f"{self._file}: a name; did you mean {meant!r}?")
        delivered = [name for name in known if self.trains(name) or self.scores(name)]
        if not delivered:
            raise FileError(
                f"{self.folder}: nothing of a target. Deliver <target>/cases.csv, "
                f"where the targets are {', '.join(known) or 'named by --models'}."
            )
        return delivered

    def unread(self, known: Collection[str]) -> list[str]:
        """Return the names in site.toml that are stated of none of *known*."""
        stated = (self.stated.files.targets(), self.stated.intake, self.stated.places)
        return sorted(set().union(*stated) - set(known))

    def find_places(self, target: str) -> Places | None:
        """Return the places that the site states for *target*, if it does."""
        stated = self._find_stated(target, self.stated.places, "places")
        return None if stated is None else stated.to_places()

    def find_price(self, target: str) -> float | None:
        """Return what a week of one citizen's help costs in kroner, if it is stated."""
        stated = self._find_stated(target, self.stated.places, "places")
        return None if stated is None else stated.price_a_week

    def narrow_gates(self, spec: Specification) -> Specification:
        """Return *spec* with the bounds of its gates as narrow as the site states them.

        Raises FileError where one is wider than in *spec*, or leaves nothing to pass.
        """
        bounds = self._list_bounds(spec.name)
        where = f"{self.folder / SITE_FILE}: gates.{spec.name}"
        if wider := spec.gates.find_wider(bounds):
            lines = [f"  {name}: {own:g} in {spec.name}" for name, own in wider.items()]
            heading = f"{where}: a site may narrow a gate's bound, and not widen it:"
            raise FileError("\n".join([heading, *lines, "  Remove it, or narrow it."]))
        return self._narrow(spec, bounds)

    def narrow_stored_gates(self, spec: Specification) -> Specification:
        """Return a stored *spec*, each bound the narrower of its own and the site's.

        A bound that the site has widened again since the training stays as stored.
        Raises FileError where one leaves nothing to pass.
        """
        bounds = self._list_bounds(spec.name)
        wider = spec.gates.find_wider(bounds)
        return self._narrow(spec, {n: b for n, b in bounds.items() if n not in wider})

    def _list_bounds(self, target: str) -> Mapping[str, float]:
        stated = self._find_stated(target, self.stated.gates, "gates")
        return stated.list_bounds() if stated else {}

    def _narrow(
        self, spec: Specification, bounds: Mapping[str, float]
    ) -> Specification:
        try:
            gates = Gates.model_validate({**spec.gates.model_dump(), **bounds})
        except (ValidationError, SpecError):
            raise FileError(
                f"{self.folder / SITE_FILE}: gates.{spec.name}: a bound that no model "
                "can pass; the keys of [gates] in the reference say what each may be."
            ) from None
        return spec.model_copy(update={"gates": gates})

    def _find_stated(
        self, target: str, tables: Mapping[str, Stated], heading: str
    ) -> Stated | None:
        """Find what is stated of *target*; FileError for a name all but the same."""
        if target not in tables:
            for name in tables:
                a_target = (self.folder / name).is_dir()
                if not a_target and find_misspelt(name, [target]):
                    raise FileError(
                        f"{self._file}: [{heading}. ...]: did you mean {target!r}?"
                    )
        return tables.get(target)

    def _find_table(self, name: str) -> TableSource | None:
        stated = self._find_stated(name, self.stated.files.tables, "files.tables")
        if stated is None and not self._list_called(name):
            return None
        of, heading = stated or StatedDatedTable(), f"files.tables.{name}"
        source = self._find_source(of, heading=heading, named=(name,))
        for unseen in AFTER_T0:
            if self._is_another_name_of(unseen, of, source.source):
                raise FileError(
                    f"{self._file}: [{heading}] states the source of {unseen}, which "
                    "no feature may read. State another, or remove it."
                )
        return replace(source, ends=of.ends)

    def _is_another_name_of(
        self, unseen: str, table: StatedTable, source: Source
    ) -> bool:
        """Return whether *table*, read from *source*, is the table *unseen*.

        The database of that one is not opened for it, nor its address filled.
        """
        other: StatedTable = getattr(self.stated.files, unseen)
        if table.sql is not None and table.sql == other.sql:
            return self._build_source(other, f"files.{unseen}") == source
        stated = [self.folder / other.path] if other.path is not None else []
        files = [*stated, *self._list_called(unseen)]
        return any(_is_same(path, source) for path in files)

    def _find_cases(self, target: str) -> StatedCases:
        stated = self._find_stated(target, self.stated.files.targets(), "files")
        return stated or StatedCases()

    def _find_beside(self, target: str, table: str) -> TableSource:
        """Return a table beside the cases of *target*."""
        stated: StatedTable = getattr(self._find_cases(target), table)
        heading = f"files.{target}.{table}"
        return self._find_source(stated, heading=heading, named=(target, table))

    def _find_source(
        self, stated: StatedTable, *, heading: str, named: tuple[str, ...]
    ) -> TableSource:
        """Find a table as it is stated, else in the file of its name."""
        source = self._build_source(stated, heading)
        beside = self._list_called(*named) if named else []
        notes: tuple[str, ...] = ()
        if source is None:
            source = self._require_one(beside, heading=heading, named=named)
        elif others := [path.name for path in beside if not _is_same(path, source)]:
            notes = (
                f"{', '.join(others)} is not read: [{heading}] states another source",
            )
        return TableSource(source, stated.columns, stated.dialect(), notes=notes)

    def _build_source(self, stated: StatedTable, heading: str) -> Source | None:
        """Return the file or the query that is stated, if one is."""
        if stated.path is not None:
            return self.folder / stated.path
        if stated.sql is None or stated.query is None:
            return None
        # Loaded by who has a database: SQLAlchemy takes a quarter of a second.
        from riskscreen.readers.databases import build_query  # noqa: PLC0415

        return build_query(
            stated.sql,
            stated.query,
            folder=self.folder,
            environment=self.environment,
            where=f"{self._file}: [{heading}]",
        )

    def _list_called(self, *named: str) -> list[Path]:
        """Find what is called as the table is: files however written, and a folder."""
        folder, stem = self.folder.joinpath(*named[:-1]), named[-1]
        beside = folder.iterdir() if folder.is_dir() else ()
        return sorted(path for path in beside if _is_called(path, stem))

    def _require_one(
        self, files: Sequence[Path], *, heading: str, named: tuple[str, ...]
    ) -> Path:
        """Return the one file of a table; FileError for none, and for two."""
        state = f"state its path in {SITE_FILE}: [{heading}]"
        if not files and named:
            where = self.folder.joinpath(*named[:-1])
            raise FileError(
                f"{where}: no {named[-1]}.parquet or {named[-1]}.csv. Deliver one of "
                f"them, or {state}."
            )
        if not files:
            raise FileError(
                f"{self._file}: no source in [{heading}]. State its path, or sql and "
                "query, or name the file to read."
            )
        if len(files) > 1:
            names = " and ".join(path.name for path in files)
            raise FileError(
                f"{files[0].parent}: {names} are two files for one table, and nobody "
                f"can tell which is meant. Leave one of them, or {state}."
            )
        return files[0]

    @property
    def _file(self) -> Path:
        return self.folder / SITE_FILE


@guarded
def read_site(
    folder: Path,
    *,
    environment: Mapping[str, str] | None = None,
    now: datetime | None = None,
) -> Site:
    """Read the site in *folder*; its tables are looked for when they are asked for.

    *environment* fills names such as ``${PASSWORD}`` in the addresses of databases;
    with *now* the extract date may not lie in the future. Raises FileError naming file,
    key and remedy where site.toml cannot be used, ScreeningError for such a date.
    """
    stated = read_site_file(folder)
    if now is not None:
        what = f"extract_date of {folder / SITE_FILE}"
        refuse_future(stated.extract_date, now=now, what=what)
    return Site(folder, stated, environment or {})


def _is_called(path: Path, stem: str) -> bool:
    """Return whether *path* is a table called *stem*, packed or not."""
    plain = path.with_suffix("") if path.suffix.lower() in _PACKED else path
    if path.is_dir():
        # Some programs call a folder of Parquet files as if it were one.
        name = path.stem if path.suffix.lower() in PARQUET_SUFFIXES else path.name
        return name.casefold() == stem
    return plain.stem.casefold() == stem and plain.suffix.lower() in _SUFFIXES


def _is_same(path: Path, source: Source) -> bool:
    return isinstance(source, Path) and path.resolve() == source.resolve()
