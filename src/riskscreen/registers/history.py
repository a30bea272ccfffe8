"""A benefit history in any of its forms, as spells."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date
from itertools import chain
from pathlib import Path
from typing import Literal

import pandas as pd

from riskscreen.errors import FileError
from riskscreen.registers.delimited import UNREADABLE
from riskscreen.registers.delivered import ReadTable, set_aside_rows, whole
from riskscreen.registers.dream import (
    TWO_ROWS,
    Weeks,
    dream_months,
    long_weeks,
    month_columns,
    week_columns,
    wide_weeks,
)
from riskscreen.registers.habits import Habits
from riskscreen.registers.queries import SqlQuery
from riskscreen.registers.sources import Source, read_table, table_parts
from riskscreen.schemas.personal import refuse_personal_data
from riskscreen.timeline import DAYS_IN_WEEK

Form = Literal["spells", "dream_wide", "dream_long", "detect"]

_ROWS = 50_000


def read_history(
    source: Source,
    *,
    form: Form = "detect",
    extract_date: date | None = None,
    mapping: Mapping[str, str] | None = None,
    habits: Habits | None = None,
) -> ReadTable:
    """The benefit spells that *source* holds: person_id, code, start_date, end_date.

    ``spells`` is a ledger of dated spells, whose cells are left as they stand for
    schemas.py to read; ``dream_wide`` and ``dream_long`` become spells here. The form
    is found by the column names unless stated, and told in the notes. Raises FileError
    where the form does not fit, or a week after *extract_date* is coded, and
    PersonalDataError where any column, used or not, says who a person is.
    """
    parts = _nameless(source, mapping=mapping, habits=habits)
    first = next(parts)
    names = [str(name) for name in first.table.columns]
    found = _form(source, names) if form == "detect" else form
    if found == "spells":
        read = whole([first, *parts])
    else:
        _need_weeks(source, found, names)
        read = _BY_WEEK[found](_name(source), chain([first], parts), extract_date)
    how = "found" if form == "detect" else "stated"
    return replace(read, notes=(f"form {found} ({how})", *read.notes, *_nobodys(read)))


def _nobodys(read: ReadTable) -> tuple[str, ...]:
    """A warning of rows that could not be read: nobody knows whose they are."""
    unread = int(read.set_aside["rule"].isin(UNREADABLE).sum())
    if not unread:
        return ()
    return (
        f"{unread} rows could not be read, so some citizens' histories are not whole "
        "and it is not known whose: mend the file",
    )


def _nameless(
    source: Source, *, mapping: Mapping[str, str] | None, habits: Habits | None
) -> Iterator[ReadTable]:
    """The parts of *source*, each searched for what says who a person is."""
    for part in table_parts(source, rows=_ROWS, mapping=mapping, habits=habits):
        refuse_personal_data(part.table, file=_name(source))
        yield part


def read_dream_months(
    source: Source,
    *,
    mapping: Mapping[str, str] | None = None,
    habits: Habits | None = None,
) -> ReadTable:
    """DREAM's monthly columns as rows: person_id, month, branche, grad.

    Raises FileError where there are none.
    """
    read = read_table(source, mapping=mapping, habits=habits)
    names = [str(name) for name in read.table.columns]
    if "person_id" not in names or not month_columns(names):
        raise FileError(
            f"{_name(source)}: no person_id with branche_YYYY_MM or grad_YYYY_MM "
            "columns. Map the names, or give the file that has them."
        )
    return replace(read, table=dream_months(read.table))


def _form(source: Source, names: list[str]) -> Form:
    """The form whose columns are there; the key columns tell."""
    if "person_id" not in names:
        raise FileError(
            f"{_name(source)}: no column person_id, so it is not a history. Map the "
            "site's names with a mapping, or check that it is the right file."
        )
    if _week_columns(source, names):
        return "dream_wide"
    if "code" in names and "start_date" in names:
        return "spells"
    if "code" in names and "week" in names:
        return "dream_long"
    raise FileError(
        f"{_name(source)}: neither spells (code, start_date, end_date), nor weeks in "
        "wide form (y_YYWW), nor in long form (code, week). Map the site's names."
    )


def _week_columns(source: Source, names: list[str]) -> list[str]:
    """The week columns of a source, in the order of time; faults name the source."""
    try:
        return week_columns(names)
    except FileError as fault:
        raise FileError(f"{_name(source)}: {fault}") from None


def _need_weeks(source: Source, form: Form, names: list[str]) -> None:
    needed = {"person_id"} if form == "dream_wide" else {"person_id", "code", "week"}
    if absent := sorted(needed - set(names)):
        raise FileError(
            f"{_name(source)}: {form} needs the column {', '.join(absent)}. "
            "Map the site's names."
        )
    if form == "dream_wide" and not _week_columns(source, names):
        raise FileError(f"{_name(source)}: no week columns y_YYWW. State another form.")


def _wide(file: str, parts: Iterable[ReadTable], until: date | None) -> ReadTable:
    """Wide rows part by part: only their spells stay in memory."""
    made = [(wide_weeks(part.table), part) for part in parts]
    weeks = Weeks(
        spells=pd.concat([w.spells for w, _ in made]),
        persons=pd.concat([w.persons for w, _ in made]),
        broken={line: rule for w, _ in made for line, rule in w.broken.items()},
        broken_persons=frozenset(),
        last=made[0][0].last,
    )
    read = whole([replace(part, table=part.table.iloc[:0]) for _, part in made])
    return _as_read(file, read, _one_row_a_person(weeks), until)


def _one_row_a_person(weeks: Weeks) -> Weeks:
    """Nobody can say which of a person's two rows is right: neither is used."""
    doubled = weeks.persons.duplicated(keep=False).to_numpy()
    lines = weeks.persons.index[doubled]
    return replace(
        weeks,
        spells=weeks.spells[~weeks.spells.index.isin(lines)],
        persons=weeks.persons[~doubled],
        broken=weeks.broken | dict.fromkeys(lines.tolist(), TWO_ROWS),
        broken_persons=frozenset(weeks.persons[doubled]),
    )


def _long(file: str, parts: Iterable[ReadTable], until: date | None) -> ReadTable:
    read = whole(list(parts))
    return _as_read(file, read, long_weeks(read.table), until)


def _as_read(file: str, read: ReadTable, weeks: Weeks, until: date | None) -> ReadTable:
    """What the rows became, with the rows that weeks cannot be read from set aside."""
    _not_after(file, weeks, until)
    lines = sorted(weeks.broken)
    broken = set_aside_rows(file, lines, [weeks.broken[line] for line in lines])
    return replace(
        read,
        table=weeks.spells,
        rows_kept=read.rows_kept - len(broken),
        set_aside=pd.concat([read.set_aside, broken], ignore_index=True),
        notes=(*read.notes, *_told(weeks, until)),
        persons_set_aside=weeks.broken_persons,
    )


def _not_after(file: str, weeks: Weeks, until: date | None) -> None:
    if until is None or weeks.spells.empty:
        return
    late = weeks.spells["start_date"] > pd.Timestamp(until)
    if n := int(late.sum()):
        raise FileError(
            f"{file}: {n} spells begin after the extract date. Correct the date in "
            "extract.toml, or deliver the right file."
        )


def _told(weeks: Weeks, until: date | None) -> tuple[str, ...]:
    """How much of the register was blank, and how far its weeks reach."""
    blank = weeks.persons.nunique() - weeks.spells["person_id"].nunique()
    told = [f"{blank} persons without a single coded week"] if blank else []
    if until is None or weeks.last is None:
        return tuple(told)
    if (short := (until - weeks.last).days // DAYS_IN_WEEK) > 0:
        told.append(
            f"the last week ends {short} weeks before the extract date, until which "
            "open spells are taken to go on: give that week's end as the extract date"
        )
    return tuple(told)


def _name(source: Source) -> str:
    """What to call a source in messages; of a query only its database."""
    if isinstance(source, str) and "://" in source:
        return str(SqlQuery.parsed(source))
    return source.name if isinstance(source, Path) else str(source)


_ByWeek = Callable[[str, Iterable[ReadTable], date | None], ReadTable]
_BY_WEEK: dict[str, _ByWeek] = {"dream_wide": _wide, "dream_long": _long}
