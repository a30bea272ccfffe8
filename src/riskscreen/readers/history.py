"""A benefit history in any of its forms, as spells."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from itertools import chain

import numpy as np
import pandas as pd

from riskscreen.errors import FileError
from riskscreen.guarding import guarded, guarded_parts
from riskscreen.readers.delimited import UNREADABLE
from riskscreen.readers.dream import (
    TWO_ROWS,
    Weeks,
    find_month_columns,
    find_register_end,
    find_week_columns,
    open_ends,
    read_long_weeks,
    read_months,
    read_wide_weeks,
)
from riskscreen.readers.read_table import ReadTable, build_set_aside, concat_parts
from riskscreen.readers.sources import (
    Layout,
    Source,
    TableSource,
    read_table,
    read_table_parts,
)
from riskscreen.timeline import DAYS_IN_WEEK, Days, format_week_label
from riskscreen.validation.personal_data import (
    PersonalData,
    find_personal_data,
    judge_personal_data,
)

_A_DAY = timedelta(days=1)
_ROWS = 50_000
_STATE_NAMES = "State the site's own names in site.toml: columns in [files.history]"


@guarded
def read_history(
    source: Source | TableSource, *, extract_date: date | None = None
) -> ReadTable:
    """Read the benefit spells of *source*: person_id, code, start_date, end_date.

    ``spells`` is a ledger of dated spells, whose cells are left as they stand for
    schemas.py to read; ``dream_wide`` and ``dream_long`` become spells here. The layout
    is found by the column names unless stated, and told in the notes. Raises FileError
    where the layout does not fit, a week after *extract_date* is coded, or a week in
    the middle is blank for everybody (find_register_end), and PersonalDataError where a
    column of weeks that goes says who a person is; at those that stay schemas.py looks.
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


@guarded_parts
def read_history_parts(
    source: Source | TableSource, *, extract_date: date | None = None, rows: int
) -> Iterator[ReadTable]:
    """Read the same in parts of at most *rows* rows.

    The source is opened once, and one part of it is in memory (weeks in long form: all
    of it). A register of weeks tells only at its end which week is the last: every
    spell of its parts has an end, and those that end on ``open_ends`` of the last part
    are open (dream.open_ends). People with two rows in the wide form are among the last
    part's ``persons_set_aside``, though their spells stand in the parts. What says who
    a person is raises PersonalDataError in weeks, whose columns go; of a ledger,
    schemas.py looks at every column.
    """
    stated = TableSource.of(source)
    parts = read_table_parts(stated, rows=rows)
    first = next(parts)
    layout = detect_layout(stated, [str(name) for name in first.table.columns])
    made = _MADE[layout](stated.name, chain([first], parts), extract_date)
    how = "found" if stated.layout is None else "stated"
    unread = 0
    for part, is_last in _with_last(made):
        unread += int(part.set_aside["rule"].isin(UNREADABLE).sum())
        told = _nobodys(unread) if is_last else ()
        notes = (f"layout {layout} ({how})", *part.notes, *told)
        yield replace(part, notes=notes)


def _with_last(parts: Iterable[ReadTable]) -> Iterator[tuple[ReadTable, bool]]:
    """Yield each of *parts*, and whether it is the last."""
    before: ReadTable | None = None
    for part in parts:
        if before is not None:
            yield before, False
        before = part
    if before is not None:
        yield before, True


def detect_layout(source: TableSource, names: list[str]) -> Layout:
    """Return the layout of a history by the *names* of its columns.

    Raises FileError where a stated layout lacks its columns, or where the history has
    none; weeks run from Monday to Monday, so nothing can be stated of their ends.
    """
    layout = source.layout or _layout(source.name, names)
    if layout != "spells":
        _need_weeks(source.name, layout, names)
        if source.ends == "inclusive":
            raise FileError(
                f"{source.name}: weeks have no end dates, so ends may not be stated. "
                f"Remove ends in site.toml: {layout} weeks run from Monday to Monday."
            )
    return layout


def _nobodys(unread: int) -> tuple[str, ...]:
    """Return a warning of rows that could not be read: nobody knows whose they are."""
    if not unread:
        return ()
    return (
        f"{unread} rows could not be read, so some citizens' histories are not whole "
        "and it is not known whose: mend the file",
    )


@guarded
def read_dream_months(source: Source | TableSource) -> ReadTable:
    """DREAM's monthly columns as rows: person_id, month, branche, grad.

    Raises FileError where there are none.
    """
    read = read_table(source)
    names = [str(name) for name in read.table.columns]
    if "person_id" not in names or not find_month_columns(names):
        raise FileError(
            f"{TableSource.of(source).name}: no person_id with branche_YYYY_MM or "
            "grad_YYYY_MM columns. State the site's names, or give the file that has "
            "them."
        )
    return replace(read, table=read_months(read.table))


def _layout(file: str, names: list[str]) -> Layout:
    """Return the layout whose columns are there; the key columns tell."""
    if "person_id" not in names:
        raise FileError(
            f"{file}: no column person_id, so it is not a history. {_STATE_NAMES}, or "
            "check that it is the right file."
        )
    if _week_columns(file, names):
        return "dream_wide"
    if "code" in names and "start_date" in names:
        return "spells"
    if "code" in names and "week" in names:
        return "dream_long"
    raise FileError(
        f"{file}: neither spells (code, start_date, end_date), nor weeks in "
        f"wide form (y_YYWW), nor in long form (code, week). {_STATE_NAMES}."
    )


def _week_columns(file: str, names: list[str]) -> list[str]:
    """Find the week columns of a source, in the order of time; errors name it."""
    try:
        return find_week_columns(names)
    except FileError as fault:
        raise FileError(f"{file}: {fault}") from None


def _need_weeks(file: str, layout: Layout, names: list[str]) -> None:
    needed = {"person_id"} if layout == "dream_wide" else {"person_id", "code", "week"}
    if absent := sorted(needed - set(names)):
        raise FileError(
            f"{file}: {layout} needs the column {', '.join(absent)}. {_STATE_NAMES}."
        )
    if layout == "dream_wide" and not _week_columns(file, names):
        raise FileError(f"{file}: no week columns y_YYWW. State another layout.")


def _ledger(
    file: str, parts: Iterable[ReadTable], until: date | None
) -> Iterable[ReadTable]:
    """Return a ledger of spells as it stands."""
    del file, until
    return parts


def _wide(
    file: str, parts: Iterable[ReadTable], until: date | None
) -> Iterator[ReadTable]:
    """Wide rows part by part; what only all of them tell is told with the last."""
    register = _Register(file, until)
    for part, is_last in _with_last(parts):
        weeks = read_wide_weeks(part.table)
        register.add(weeks)
        names = find_week_columns(list(part.table.columns))
        register.search(part.table, read=names)
        made = _as_read(file, part, weeks)
        yield register.close(made, one_row_each=True) if is_last else made


def _long(
    file: str, parts: Iterable[ReadTable], until: date | None
) -> Iterator[ReadTable]:
    """Yield all rows at once: a person's weeks may stand anywhere."""
    read = concat_parts(list(parts))
    register = _Register(file, until)
    register.search(read.table, read=("code", "week", "year"))
    weeks = read_long_weeks(read.table)
    register.add(weeks)
    yield register.close(_as_read(file, read, weeks), one_row_each=False)


def _as_read(file: str, read: ReadTable, weeks: Weeks) -> ReadTable:
    """Return what the rows became, with those set aside that hold no weeks."""
    return _with_set_aside(
        file, replace(read, table=weeks.spells), weeks.broken, weeks.broken_persons
    )


def _with_set_aside(
    file: str, read: ReadTable, broken: Mapping[int, str], persons: frozenset[str]
) -> ReadTable:
    lines = sorted(broken)
    aside = build_set_aside(file, lines, [broken[line] for line in lines])
    return replace(
        read,
        rows_kept=read.rows_kept - len(aside),
        set_aside=pd.concat([read.set_aside, aside], ignore_index=True),
        persons_set_aside=read.persons_set_aside | persons,
    )


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

    def search(self, table: pd.DataFrame, *, read: Iterable[str]) -> None:
        """Look in the columns that go with the rows; the others become spells."""
        later = {"person_id", *read}
        self.personal.append(find_personal_data(table, file=self.file, later=later))

    def add(self, weeks: Weeks) -> None:
        """Take in one part more."""
        self.persons.append(weeks.persons)
        self.coded = np.union1d(self.coded, weeks.coded)
        with_a_code = weeks.spells["person_id"].nunique()
        self.blank += weeks.persons.nunique() - with_a_code
        if self.until is not None:
            starts = weeks.spells["start_date"]
            self.late += int((starts > pd.Timestamp(self.until)).sum())
        self.last = weeks.last or self.last

    def close(self, part: ReadTable, *, one_row_each: bool) -> ReadTable:
        """Return the last *part*, with what all parts tell."""
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
            part = self._without_doubles(part, persons)
        known_until = ends or self.last
        return replace(
            part,
            notes=(*part.notes, *self._notes(ends), *personal),
            ends=ends,
            open_ends=known_until,
        )

    def _without_doubles(self, part: ReadTable, persons: "pd.Series[str]") -> ReadTable:
        """Nobody can say which of a person's two rows is right: neither is used."""
        doubled = persons[persons.duplicated(keep=False)]
        broken = dict.fromkeys(doubled.index.tolist(), TWO_ROWS)
        return _with_set_aside(self.file, part, broken, frozenset(doubled))

    def _notes(self, ends: date | None) -> tuple[str, ...]:
        """Return how much of the register was blank, and how far its weeks reach."""
        told = [f"{self.blank} persons without a single coded week"] * (self.blank > 0)
        if ends and self.last and (missing := (self.last - ends).days // DAYS_IN_WEEK):
            told.append(
                f"the last {missing} weeks are blank for everybody, so they were not "
                "delivered: the register ends with week "
                f"{format_week_label(ends - _A_DAY)}"
            )
        reach = ends or self.last
        if self.until is None or reach is None:
            return tuple(told)
        if (short := (self.until - reach).days // DAYS_IN_WEEK) > 0:
            told.append(
                f"the last week ends {short} weeks before the extract date, until "
                "which open spells are taken to go on: give that week's end as the "
                "extract date"
            )
        return tuple(told)


_Made = Callable[[str, Iterable[ReadTable], date | None], Iterable[ReadTable]]
_MADE: dict[Layout, _Made] = {
    "spells": _ledger,
    "dream_wide": _wide,
    "dream_long": _long,
}
