"""A benefit history in any of its forms, as spells."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import date
from itertools import chain

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
from riskscreen.registers.sources import (
    Layout,
    Source,
    TableSource,
    read_table,
    table_parts,
)
from riskscreen.schemas.personal import refuse_personal_data
from riskscreen.timeline import DAYS_IN_WEEK

_ROWS = 50_000
_STATE_NAMES = "State the site's own names in site.toml: columns in [files.history]"


def read_history(
    source: Source | TableSource, *, extract_date: date | None = None
) -> ReadTable:
    """The benefit spells that *source* holds: person_id, code, start_date, end_date.

    ``spells`` is a ledger of dated spells, whose cells are left as they stand for
    schemas.py to read; ``dream_wide`` and ``dream_long`` become spells here. The layout
    is found by the column names unless stated, and told in the notes. Raises FileError
    where the layout does not fit, or a week after *extract_date* is coded, and
    PersonalDataError where any column, used or not, says who a person is.
    """
    stated = TableSource.of(source)
    parts = _nameless(stated)
    first = next(parts)
    layout = layout_of(stated, first)
    if layout == "spells":
        read = whole([first, *parts])
    else:
        read = _BY_WEEK[layout](stated.name, chain([first], parts), extract_date)
    how = "found" if stated.layout is None else "stated"
    told = f"layout {layout} ({how})"
    return replace(read, notes=(told, *read.notes, *_nobodys(read)))


def layout_of(source: TableSource, part: ReadTable) -> Layout:
    """The layout of a history by the columns of its first *part*.

    Raises FileError where a stated layout lacks its columns, or where the history has
    none; weeks run from Monday to Monday, so nothing can be stated of their ends.
    """
    names = [str(name) for name in part.table.columns]
    layout = source.layout or _layout(source.name, names)
    if layout != "spells":
        _need_weeks(source.name, layout, names)
        if source.ends == "inclusive":
            raise FileError(
                f"{source.name}: weeks have no end dates, so ends may not be stated. "
                f"Remove ends in site.toml: {layout} weeks run from Monday to Monday."
            )
    return layout


def _nobodys(read: ReadTable) -> tuple[str, ...]:
    """A warning of rows that could not be read: nobody knows whose they are."""
    unread = int(read.set_aside["rule"].isin(UNREADABLE).sum())
    if not unread:
        return ()
    return (
        f"{unread} rows could not be read, so some citizens' histories are not whole "
        "and it is not known whose: mend the file",
    )


def _nameless(source: TableSource) -> Iterator[ReadTable]:
    """The parts of *source*, each searched for what says who a person is."""
    for part in table_parts(source, rows=_ROWS):
        refuse_personal_data(part.table, file=source.name)
        yield part


def read_dream_months(source: Source | TableSource) -> ReadTable:
    """DREAM's monthly columns as rows: person_id, month, branche, grad.

    Raises FileError where there are none.
    """
    read = read_table(source)
    names = [str(name) for name in read.table.columns]
    if "person_id" not in names or not month_columns(names):
        raise FileError(
            f"{TableSource.of(source).name}: no person_id with branche_YYYY_MM or "
            "grad_YYYY_MM columns. State the site's names, or give the file that has "
            "them."
        )
    return replace(read, table=dream_months(read.table))


def _layout(file: str, names: list[str]) -> Layout:
    """The layout whose columns are there; the key columns tell."""
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
    """The week columns of a source, in the order of time; faults name the source."""
    try:
        return week_columns(names)
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
            "site.toml (or --as-of), or deliver the right file."
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


_ByWeek = Callable[[str, Iterable[ReadTable], date | None], ReadTable]
_BY_WEEK: dict[str, _ByWeek] = {"dream_wide": _wide, "dream_long": _long}
