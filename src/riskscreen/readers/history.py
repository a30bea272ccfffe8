"""A benefit history in any of its forms, as spells."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from itertools import chain

import numpy as np
import pandas as pd

from riskscreen.errors import FileError
from riskscreen.guarding import guarded, guarded_iterator
from riskscreen.readers.delimited import UNREADABLE
from riskscreen.readers.dream import (
    TWO_ROWS,
    Weeks,
    find_register_end,
    find_week_columns,
    open_ends,
    read_long_weeks,
    read_wide_weeks,
)
from riskscreen.readers.dream_years import join_years, read_year_weeks
from riskscreen.readers.read_table import (
    ReadTable,
    concat_parts,
    mark_last,
    set_lines_aside,
)
from riskscreen.readers.sources import (
    Layout,
    Source,
    TableSource,
    read_table_parts,
)
from riskscreen.readers.year_files import YEAR, find_weeks_of_year
from riskscreen.timeline import DAYS_IN_WEEK, Days, format_week_label
from riskscreen.validation.checking import NO_PATTERNS, CheckedTable, KeyPatterns
from riskscreen.validation.history import read_spells
from riskscreen.validation.personal_data import (
    PersonalData,
    find_personal_data,
    judge_personal_data,
)

_A_DAY = timedelta(days=1)
_ROWS = 50_000
_REQUIRED: Mapping[str, frozenset[str]] = {
    "dream_wide": frozenset({"person_id"}),
    "dream_long": frozenset({"person_id", "code", "week"}),
    "dream_years": frozenset({"person_id"}),
}
_SERIAL_NUMBER = "lobenr"
"""What STAR's own files of DREAM call a person by; no person number."""
_WEEK_COLUMNS: Mapping[Layout, tuple[Callable[[list[str]], Collection[str]], str]] = {
    "dream_wide": (find_week_columns, "y_YYWW"),
    "dream_years": (lambda names: find_weeks_of_year(names).values(), "y_01 to y_53"),
}
_STATE_NAMES = "State the site's own names in site.toml: columns in [files.history]"


@guarded
def read_history(
    source: Source | TableSource, *, extract_date: date | None = None
) -> ReadTable:
    """Read the benefit spells of *source*: person_id, code, start_date, end_date.

    ``spells`` is a ledger of dated spells, whose cells are left as they stand for
    validation to read; the weeks of ``dream_wide``, ``dream_long`` and ``dream_years``
    become spells here. The layout is found by the column names unless stated, and told
    in the notes. Raises FileError where the layout does not fit, a week after
    *extract_date* is coded, or a week in the middle is blank for everybody
    (find_register_end), and PersonalDataError where a column of weeks that goes says
    who a person is; at those that stay validation looks.
    """
    stated = TableSource.of(source)
    read = concat_parts(
        list(read_history_parts(stated, extract_date=extract_date, rows=_ROWS))
    )
    spells = open_ends(read.table, read.open_ends)
    doubled = read.set_aside["line"][read.set_aside["rule"] == TWO_ROWS]
    if len(doubled):
        spells = spells[~spells.index.isin(doubled)]
    return replace(read, table=spells)


@guarded_iterator
def read_history_parts(
    source: Source | TableSource, *, extract_date: date | None = None, rows: int
) -> Iterator[ReadTable]:
    """Read the same in parts of at most *rows* rows.

    The source is opened once, and one part of it is in memory (weeks in long form: all
    of it; with a row a year: everybody's spells). A register of weeks tells only at its
    end which week is the last: every spell of its parts has an end, and those that end
    on ``open_ends`` of the last part are open (dream.open_ends). People with two rows
    in the wide form are among the last part's ``persons_set_aside``, though their
    spells stand in the parts. What says who a person is raises PersonalDataError in
    weeks, whose columns go; of a table of spells, validation looks at every column.
    """
    stated = TableSource.of(source)
    parts = read_table_parts(stated, rows=rows)
    first = next(parts)
    parts = (_name_key(part) for part in chain([first], parts))
    first = _name_key(first)
    layout = detect_layout(stated, [str(name) for name in first.table.columns])
    if layout == "dream_wide":
        parts = _read_wide(stated.name, parts, extract_date)
    elif layout == "dream_long":
        parts = _read_long(stated.name, parts, extract_date)
    elif layout == "dream_years":
        parts = _read_years(stated.name, parts, extract_date)
    how = "found" if stated.layout is None else "stated"
    unread = 0
    for part, is_last in mark_last(parts):
        unread += int(part.set_aside["rule"].isin(UNREADABLE).sum())
        notes = [f"layout {layout} ({how})", *part.notes]
        if is_last and unread:
            notes.append(
                f"{unread} rows could not be read, so some citizens' histories are not "
                "whole and it is not known whose: mend the file"
            )
        yield replace(part, notes=tuple(notes))


@guarded_iterator
def read_spell_parts(
    source: TableSource,
    *,
    extract_date: date,
    rows: int,
    patterns: KeyPatterns = NO_PATTERNS,
    file: str | None = None,
) -> Iterator[tuple[ReadTable, CheckedTable]]:
    """Read the same, each part with what validation finds of its spells.

    *file* is what the history is called in messages, its own name if left out. Raises
    the errors of read_history_parts and read_spells; whether a column fails throughout
    is for whoever has seen every part. There is always at least one.
    """
    for part in read_history_parts(source, extract_date=extract_date, rows=rows):
        yield (
            part,
            read_spells(
                part.table,
                file=file or source.name,
                extract_date=extract_date,
                patterns=patterns,
                ends=source.ends,
            ),
        )


def _name_key(part: ReadTable) -> ReadTable:
    """Return *part* with STAR's serial number as person_id, where there is no other."""
    names = [str(name) for name in part.table.columns]
    serial = [name for name in names if name.casefold() == _SERIAL_NUMBER]
    if "person_id" in names or len(serial) != 1:
        return part
    table = part.table.rename(columns={serial[0]: "person_id"})
    note = f"{_SERIAL_NUMBER} is read as person_id: the cases must have that number too"
    return replace(part, table=table, notes=(*part.notes, note))


def detect_layout(source: TableSource, names: list[str]) -> Layout:
    """Return the layout of a history by the *names* of its columns, or as stated.

    Raises FileError where a stated layout lacks its columns, or where the history has
    none; weeks run from Monday to Monday, so nothing can be stated of their ends.
    """
    file, layout, columns = source.name, source.layout, set(names)
    if layout is None and "person_id" not in columns:
        raise FileError(
            f"{file}: no column person_id, so it is not a history. {_STATE_NAMES}, or "
            "check that it is the right file."
        )
    required = _REQUIRED.get(layout or "spells", frozenset())
    if absent := sorted(required - columns):
        raise FileError(
            f"{file}: {layout} needs the column {', '.join(absent)}. {_STATE_NAMES}."
        )
    layout = _find_layout(names, file=file, stated=layout)
    if layout == "dream_years" and YEAR not in columns:
        raise FileError(
            f"{file}: the weeks y_01 to y_53 of a year, and nothing says of which. "
            "Deliver the column year, or one file a year that has it in its name."
        )
    if layout == "spells":
        return layout
    if source.ends == "inclusive":
        raise FileError(
            f"{file}: weeks have no end dates, so ends may not be stated. Remove ends "
            f"in site.toml: {layout} weeks run from Monday to Monday."
        )
    return layout


def _find_layout(names: list[str], *, file: str, stated: Layout | None) -> Layout:
    """Return the layout that a history's columns show, or the stated one.

    Raises FileError where a week has two columns or is left out, the weeks are not in
    the stated form, and where the columns are of no layout.
    """
    for layout, (find_columns, form) in _WEEK_COLUMNS.items():
        if stated not in (None, layout):
            continue
        try:
            weeks = find_columns(names)
        except FileError as fault:
            raise FileError(f"{file}: {fault}") from None
        if weeks:
            return layout
        if stated == layout:
            raise FileError(f"{file}: no week columns {form}. State another layout.")
    if stated is not None:
        return stated
    if {"code", "start_date"} <= set(names):
        return "spells"
    if {"code", "week"} <= set(names):
        return "dream_long"
    raise FileError(
        f"{file}: neither spells (code, start_date, end_date), nor weeks in wide form "
        "(y_YYWW), nor with a row a year (year, y_01 to y_53), nor in long form (code, "
        f"week). {_STATE_NAMES}."
    )


def _read_wide(
    file: str, parts: Iterable[ReadTable], until: date | None
) -> Iterator[ReadTable]:
    """Read wide rows part by part; what only all of them tell comes with the last."""
    register = _Register(file, until)
    for part, is_last in mark_last(parts):
        names = find_week_columns(list(part.table.columns))
        made = register.add(part, read_wide_weeks(part.table), columns=names)
        yield register.close(made, one_row_each=True) if is_last else made


def _read_long(
    file: str, parts: Iterable[ReadTable], until: date | None
) -> Iterator[ReadTable]:
    """Read all rows at once: a person's weeks may stand anywhere."""
    part = concat_parts(list(parts))
    register = _Register(file, until)
    weeks = read_long_weeks(part.table)
    made = register.add(part, weeks, columns=("code", "week", YEAR))
    yield register.close(made, one_row_each=False)


def _read_years(
    file: str, parts: Iterable[ReadTable], until: date | None
) -> Iterator[ReadTable]:
    """Read rows of a person and year part by part; whole spells come with the last."""
    register = _Register(file, until)
    emptied, read = [], []
    for part in parts:
        weeks = find_weeks_of_year([str(name) for name in part.table.columns])
        register.search(part, columns=(YEAR, *weeks.values()))
        try:
            read.append(read_year_weeks(part.table))
        except FileError as fault:
            raise FileError(f"{file}: {fault}") from None
        emptied.append(replace(part, table=part.table.iloc[:0]))
    made = register.take(concat_parts(emptied), join_years(read))
    yield register.close(made, one_row_each=False)


@dataclass(slots=True)
class _Register:
    """What the parts of a register of weeks say together."""

    file: str
    until: date | None
    persons: "list[pd.Series[str]]" = field(default_factory=list)
    coded: Days = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    blank: int = 0
    late: int = 0
    last: date | None = None
    personal: list[PersonalData] = field(default_factory=list)

    def add(
        self, part: ReadTable, weeks: Weeks, *, columns: Iterable[str]
    ) -> ReadTable:
        """Return what the rows of *part* became; set aside those that hold no weeks.

        *columns* became spells (search).
        """
        self.search(part, columns=columns)
        return self.take(part, weeks)

    def search(self, part: ReadTable, *, columns: Iterable[str]) -> None:
        """Search the columns that go with the rows: those that are not *columns*."""
        later = {"person_id", *columns}
        self.personal.append(
            find_personal_data(part.table.items(), file=self.file, later=later)
        )

    def take(self, part: ReadTable, weeks: Weeks) -> ReadTable:
        """Return *part* with the spells of *weeks* in place of its rows."""
        self.persons.append(weeks.persons)
        self.coded = np.union1d(self.coded, weeks.coded)
        with_a_code = weeks.spells["person_id"].nunique()
        self.blank += weeks.persons.nunique() - with_a_code
        if self.until is not None:
            starts = weeks.spells["start_date"]
            self.late += int((starts > pd.Timestamp(self.until)).sum())
        self.last = weeks.last or self.last
        made = replace(part, table=weeks.spells)
        return self._put_aside(made, weeks.broken, weeks.broken_persons)

    def _put_aside(
        self, part: ReadTable, broken: Mapping[int, str], persons: frozenset[str]
    ) -> ReadTable:
        lines = sorted(broken)
        aside = set_lines_aside(self.file, lines, [broken[line] for line in lines])
        return replace(
            part,
            rows_kept=part.rows_kept - len(aside),
            set_aside=pd.concat([part.set_aside, aside], ignore_index=True),
            persons_set_aside=part.persons_set_aside | persons,
        )

    def close(self, part: ReadTable, *, one_row_each: bool) -> ReadTable:
        """Return the last *part*, with what all parts tell.

        Raises PersonalDataError, and FileError where spells begin after the extract
        date or weeks were left out.
        """
        personal = judge_personal_data(self.personal, file=self.file)
        if self.late:
            raise FileError(
                f"{self.file}: {self.late} spells begin after the extract date. "
                "Correct the date in site.toml (or --as-of), or deliver the right file."
            )
        persons = pd.concat(self.persons)
        try:
            ends = find_register_end(self.coded, persons=persons.nunique())
        except FileError as fault:
            raise FileError(f"{self.file}: {fault}") from None
        if one_row_each:
            # Nobody can say which of a person's two rows is right: neither is used.
            doubled = persons[persons.duplicated(keep=False)]
            broken = dict.fromkeys(doubled.index.tolist(), TWO_ROWS)
            part = self._put_aside(part, broken, frozenset(doubled))
        reach = ends or self.last
        return replace(
            part,
            notes=(*part.notes, *self._describe(ends, reach), *personal),
            ends=ends,
            open_ends=reach,
        )

    def _describe(self, ends: date | None, reach: date | None) -> Iterator[str]:
        """Describe how much of the register was blank, and how far its weeks reach."""
        if self.blank:
            yield f"{self.blank} persons without a single coded week"
        if ends and self.last and (missing := (self.last - ends).days // DAYS_IN_WEEK):
            yield (
                f"the last {missing} weeks are blank for everybody, so they were not "
                "delivered: the register ends with week "
                f"{format_week_label(ends - _A_DAY)}"
            )
        short = (self.until - reach).days // DAYS_IN_WEEK if self.until and reach else 0
        if short > 0:
            yield (
                f"the last week ends {short} weeks before the extract date, until "
                "which open spells are taken to go on: give that week's end as the "
                "extract date"
            )
