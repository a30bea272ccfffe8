"""Rewrite a site's folder with pseudonyms in place of person numbers.

Every table that the specifications read is written anew with the columns that they
declare, in parts, so that memory does not grow with them; all persons get their
pseudonym by one key, so that the tables join as before.
"""

import shutil
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from riskscreen.errors import TableError
from riskscreen.folders import stage_folder
from riskscreen.objections import (
    NOBODY_OBJECTS,
    OBJECTIONS,
    Objections,
    read_objections,
)
from riskscreen.pseudonyms import PATTERN, Key
from riskscreen.readers.declared_tables import DeclaredTable, list_declared_tables
from riskscreen.readers.dialect import CsvDialect, FormatCounts
from riskscreen.readers.letter_text import (
    LETTER_LOG,
    StatedText,
    read_stated_texts,
)
from riskscreen.readers.site import Site
from riskscreen.readers.sources import read_table_parts
from riskscreen.rules.code_groups import SITE_CODES, SITE_CODES_WHOLE
from riskscreen.rules.confirming import RULES_LOG
from riskscreen.rules.deadline_rules import DEADLINES
from riskscreen.rules.reforms import REFORMS
from riskscreen.secret_files import open_secret, require_apart
from riskscreen.sheets import open_sheet
from riskscreen.spec import Specification
from riskscreen.spec.printed import format_value
from riskscreen.validation.cells import to_texts
from riskscreen.validation.checking import (
    MISSING,
    require_contract_columns,
    require_header,
)
from riskscreen.validation.delivered import find_lines
from riskscreen.validation.personal_data import HOLDS_ONE, mark_person_numbers

MADE_BY = "pseudonymise"
SET_ASIDE = "set_aside.csv"
NO_NUMBER = "person_id: not a person number with a day that exists"
NO_PERSON = f"person_id: {MISSING}"
_ROWS = 20_000
_FEWEST_CELLS = 5
_OWN_TABLES = (SITE_CODES, SITE_CODES_WHOLE, DEADLINES, REFORMS, RULES_LOG, LETTER_LOG)
_ASIDE = pa.schema([("file", pa.string()), ("line", pa.int64()), ("rule", pa.string())])


@dataclass(slots=True)
class WrittenTable:
    """What became of one table: rows, those set aside by rule, columns left out."""

    place: str
    rows: int = 0
    set_aside: Counter[str] = field(default_factory=Counter)
    left_out: int = 0
    cases_renamed: int = 0
    dialect: CsvDialect = field(default_factory=CsvDialect)

    def describe(self) -> Iterator[str]:
        """Describe it in lines, in counts alone."""
        yield f"{self.place}: {self.rows:,} rows, {self.left_out} columns left out"
        for rule, n in self.set_aside.most_common():
            yield f"  set aside, {rule}: {n:,}"
        if self.cases_renamed:
            yield f"  case numbers that held a person number: {self.cases_renamed:,}"


@dataclass(slots=True)
class _Run:
    """The key, the way back if one is written, and where set-aside rows are listed."""

    key: Key
    persons: Sequence[str]
    folder: Path
    aside: Any
    back: Any = None
    known: set[str] = field(default_factory=set)

    def remember(self, pseudonym: str, text: str) -> None:
        """Write once which person number a pseudonym stands for."""
        if self.back is not None and pseudonym not in self.known:
            self.known.add(pseudonym)
            self.back.write(f"{pseudonym};{text}\n")


def pseudonymise_site(
    site: Site,
    specs: Sequence[Specification],
    key: Key,
    *,
    out: Path,
    way_back: Path | None = None,
) -> tuple[WrittenTable, ...]:
    """Write the tables of *site* that *specs* read to *out*, with pseudonyms by *key*.

    *out* is a site's folder with its own site.toml. A row whose person_id is no person
    number is set aside, and listed without it. *way_back* gets each pseudonym with its
    person number, readable by its owner alone; it may lie neither in *out* nor in a git
    tree. Raises FileError, TableError where a table has not one person number or lacks
    a column that it must have, and PersonalDataError.
    """
    with ExitStack() as stack:
        # What stands there was noted since the last run, and would be lost with it.
        noted = read_objections(out) if out.is_dir() else NOBODY_OBJECTS
        back = None
        if way_back is not None:
            require_apart(way_back, (out, site.folder), what="a way back")
            back = stack.enter_context(open_secret(way_back))
            back.write("pseudonym;person_number\n")
        staging = stage_folder(out, made_by=MADE_BY, inputs=[site.folder])
        folder = stack.enter_context(staging)
        with open_sheet(folder / SET_ASIDE, _ASIDE) as aside:
            persons = ("person_id", *site.stated.persons)
            run = _Run(key, persons, folder, aside, back)
            tables = list(list_declared_tables(site, specs))
            written = tuple(_write_table(table, run) for table in tables)
        for name in _OWN_TABLES:
            if (site.folder / name).is_file():
                shutil.copyfile(site.folder / name, folder / name)
        _write_objections(site.folder, noted, run)
        letters = read_stated_texts(site)
        for letter in letters:
            (folder / letter.name).write_text(f"{letter.words}\n", encoding="utf-8")
        text = _format_site_toml(site, tables, written)
        text += "\n".join(_format_letter(site, letters))
        (folder / "site.toml").write_text(text, encoding="utf-8")
        return written


def _write_table(table: DeclaredTable, run: _Run) -> WrittenTable:
    """Write one table anew, part by part."""
    path = run.folder / table.place
    path.parent.mkdir(exist_ok=True)
    written = WrittenTable(table.place)
    file, numbers, cells = table.source.name, 0, 0
    writer: Any = None
    counts: Any = None
    with ExitStack() as stack:
        for read in read_table_parts(table.source, rows=_ROWS):
            names = [str(name) for name in read.table.columns]
            kept = _select_columns(names, table, run, file=file)
            part, rules, replaced = _replace_keys(read.table[kept], run, written)
            numbers, cells = numbers + replaced, cells + len(part)
            _list_set_aside(file, read.set_aside, rules, read.table, run, written)
            made = _to_arrow(part[rules.isna().to_numpy()])
            if writer is None:
                written.left_out = len(names) - len(kept)
                writer = stack.enter_context(pq.ParquetWriter(path, made.schema))
                counts = FormatCounts.of(kept, stated=CsvDialect())
            made = _cast_like(made, writer.schema, file=file)
            writer.write_table(made)
            written.rows += len(made)
            counts.add([_get_texts(column) for column in made.columns])
    if "person_id" in kept and cells >= _FEWEST_CELLS and not numbers:
        raise TableError(
            f"{file}: not one of the {cells} cells of person_id is a person number. "
            "Are they pseudonyms already? State the column that holds person numbers: "
            "columns of its table in site.toml."
        )
    written.dialect = _find_stated_formats(table.source.dialect, counts)
    return written


def _select_columns(
    names: list[str], table: DeclaredTable, run: _Run, *, file: str
) -> list[str]:
    """Select the declared columns and those declared as persons, once each.

    Raises TableError where a required one is missing: under a name that site.toml does
    not state it would be left out, and nobody could join or read what is written.
    """
    declared = {*table.columns(names), *run.persons}
    kept = [name for name in names if name in declared]
    # Two tables of a site may have one file name.
    file = f"{file} of [{table.heading}]"
    required = table.required(names)
    require_header(names, required, file=file)
    require_contract_columns(names, required, file=file, optional=kept)
    return kept


def _replace_keys(
    table: pd.DataFrame, run: _Run, written: WrittenTable
) -> tuple[pd.DataFrame, "pd.Series[Any]", int]:
    """Replace persons and cases by pseudonyms; give each row's rule, and the count."""
    rules = pd.Series(None, index=table.index, dtype="str")
    columns: dict[str, Any] = {}
    replaced = 0
    for name in map(str, table.columns):
        column = table[name]
        if name in run.persons:
            made, blank = _compute_pseudonyms(column, run)
            wrong = pd.isna(made) & ~blank
            rules[wrong & rules.isna()] = NO_NUMBER.replace("person_id", name)
            if name == "person_id":
                rules[blank & rules.isna()] = NO_PERSON
                replaced = int((~pd.isna(made)).sum())
            columns[name] = pd.Series(made, index=table.index, dtype="str")
            continue
        mask = mark_person_numbers(column)
        if name == "case_id" and mask.any():
            texts = to_texts(column).to_pylist()
            codes = [run.key.encode_case(text) if text else text for text in texts]
            columns[name] = pd.Series(codes, index=table.index, dtype="str")
            written.cases_renamed += int(mask.sum())
            continue
        rules[mask & rules.isna()] = f"{name}: {HOLDS_ONE}"
        columns[name] = column
    return pd.DataFrame(columns, index=table.index), rules, replaced


def _compute_pseudonyms(
    column: "pd.Series[Any]", run: _Run
) -> tuple[npt.NDArray[np.object_], npt.NDArray[np.bool_]]:
    """Compute each cell's pseudonym, or None; and say which cells are blank."""
    encoded = pc.utf8_trim_whitespace(to_texts(column)).dictionary_encode()
    texts = encoded.dictionary.to_pylist()
    made = [run.key.encode_person(text) for text in texts]
    for text, pseudonym in zip(texts, made, strict=True):
        if pseudonym is not None:
            run.remember(pseudonym, text)
    codes = encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False)
    blanks = np.array([*(not text for text in texts), True], dtype=bool)
    return np.array([*made, None], dtype=object)[codes], blanks[codes]


def _write_objections(site: Path, noted: Objections, run: _Run) -> None:
    """Write the objections of *site* by pseudonym beside those *noted*.

    A row that cannot be one stops.
    """
    rows = read_objections(site, raw=True).rows
    persons = pd.Series([row.person_id for row in rows], dtype="str")
    made, _ = _compute_pseudonyms(persons, run)
    if wrong := int(pd.isna(made).sum()):
        raise TableError(
            f"{site / OBJECTIONS}: {wrong} of {len(made)} rows: {NO_NUMBER}. Correct "
            "them: a row left out is a citizen who is scored."
        )
    both = zip(rows, made, strict=True)
    renamed = (replace(row, person_id=str(to)) for row, to in both)
    if every := tuple(dict.fromkeys((*renamed, *noted.rows))):
        text = Objections(every).format()
        (run.folder / OBJECTIONS).write_text(text, encoding="utf-8")


def _list_set_aside(
    file: str,
    unread: pd.DataFrame,
    rules: "pd.Series[Any]",
    table: pd.DataFrame,
    run: _Run,
    written: WrittenTable,
) -> None:
    """List the rows that could not be read, and those that break a rule."""
    broken = rules.notna().to_numpy()
    faulty = pd.DataFrame(
        {"line": find_lines(table)[broken], "rule": rules[broken].array}
    )
    aside = pd.concat([unread[["line", "rule"]], faulty], ignore_index=True)
    if aside.empty:
        return
    written.set_aside.update(aside["rule"].tolist())
    aside = aside.assign(file=file)[["file", "line", "rule"]]
    run.aside.write(pa.Table.from_pandas(aside, _ASIDE, preserve_index=False))


def _to_arrow(part: pd.DataFrame) -> pa.Table:
    """Convert to Arrow: numbers, dates and flags as typed, everything else as text."""
    columns = []
    for name in part.columns:
        column = part[name]
        kind = column.dtype
        typed = pd.api.types.is_numeric_dtype(kind) or (
            pd.api.types.is_datetime64_any_dtype(kind)
        )
        columns.append(
            pa.array(column, from_pandas=True) if typed else to_texts(column)
        )
    return pa.table(columns, names=[str(name) for name in part.columns])


def _cast_like(part: pa.Table, schema: pa.Schema, *, file: str) -> pa.Table:
    try:
        return part.cast(schema)
    except pa.ArrowException:
        raise TableError(
            f"{file}: its columns change their kind on the way. Deliver it as text."
        ) from None


def _get_texts(column: pa.ChunkedArray) -> pa.Array | None:
    return column.combine_chunks() if pa.types.is_large_string(column.type) else None


def _find_stated_formats(stated: CsvDialect, counts: FormatCounts) -> CsvDialect:
    """Find which of the stated formats the written texts still show."""
    # Months before days have become ISO dates.
    day_first = None if stated.dates == "month_first" else stated.dates
    dialect = CsvDialect(decimal=stated.decimal, dates=day_first)
    if not counts.shows(replace(dialect, dates=None)):
        dialect = replace(dialect, decimal=None)
    return dialect if counts.shows(dialect) else replace(dialect, dates=None)


def _format_site_toml(
    site: Site, tables: Sequence[DeclaredTable], written: Sequence[WrittenTable]
) -> str:
    """Format the site.toml of the written folder."""
    stated = site.stated
    lines = [
        f"name = {format_value(site.name)}",
        f"extract_date = {site.extract_date.isoformat()}",
        f"timezone = {format_value(stated.timezone)}",
        f"synthetic = {format_value(stated.synthetic)}",
    ]
    if stated.max_age_days is not None:
        lines.append(f"max_age_days = {stated.max_age_days}")
    lines += ["", "[keys]", f"person_id = {format_value(PATTERN)}"]
    if (pattern := stated.keys.case_id) is not None:
        renamed = any(one.cases_renamed for one in written)
        either = f"(?:{pattern})|(?:{PATTERN})" if renamed else pattern
        lines.append(f"case_id = {format_value(either)}")
    for table, one in zip(tables, written, strict=True):
        lines += ["", f"[{table.heading}]", *_format_table(table, one)]
    for target, places in stated.places.items():
        lines += ["", f"[places.{target}]"]
        stated_keys = [pair for pair in places if pair[1] is not None]
        lines += [f"{name} = {format_value(value)}" for name, value in stated_keys]
    for target, gates in stated.gates.items():
        bounds = gates.list_bounds().items()
        lines += ["", f"[gates.{target}]"]
        lines += [f"{name} = {format_value(bound)}" for name, bound in bounds]
    if stated.trust.approval_keys:
        lines += [
            "",
            "[trust]",
            f"approval_keys = {format_value(stated.trust.approval_keys)}",
        ]
    return "\n".join(lines) + "\n"


def _format_letter(site: Site, texts: Sequence[StatedText]) -> Iterator[str]:
    """Yield the lines that site.toml needs about the texts of letters."""
    if (contact := site.stated.letter.contact) is not None:
        yield from ("", "[letter]", f"contact = {format_value(contact)}")
    for part, of in groupby(texts, key=lambda text: text.part):
        yield from ("", f"[letter.{part}]")
        yield from (f"{text.language} = {format_value(text.name)}" for text in of)
    yield ""


def _format_table(table: DeclaredTable, written: WrittenTable) -> Iterator[str]:
    """Yield the lines that site.toml needs about one written table."""
    yield f"path = {format_value(table.place)}"
    if table.source.layout is not None:
        yield f"layout = {format_value(table.source.layout)}"
    if table.source.ends != "half_open":
        yield f"ends = {format_value(table.source.ends)}"
    for name in ("dates", "decimal"):
        if (stated := getattr(written.dialect, name)) is not None:
            yield f"{name} = {format_value(stated)}"
