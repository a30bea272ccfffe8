"""The other delivered tables: benefit history, audit table and ready outcomes."""

from datetime import date
from typing import Any, Literal

import pandas as pd

from riskscreen.schemas.cases import NOT_A_DATE
from riskscreen.schemas.cells import (
    Cells,
    Mask,
    never_ends,
    read_categories,
    read_dates,
    read_flags,
    read_texts,
)
from riskscreen.schemas.checking import (
    Checked,
    Faults,
    conform,
    lines_of,
    mark_unreadable,
    need_a_heading,
    need_columns,
)
from riskscreen.schemas.contracts import HISTORY, OUTCOMES, audit_schema
from riskscreen.schemas.personal import refuse_personal_data
from riskscreen.spec import Specification

_SPELL = ("person_id", "code", "start_date", "end_date")


def check_history(
    table: pd.DataFrame,
    *,
    file: str,
    extract_date: date,
    ends: Literal["half_open", "inclusive"] = "half_open",
) -> Checked:
    """Spells that keep their contract, half-open in days; an open one has no end.

    Where *ends* are inclusive, the day after a delivered end is ours.

    An end in the year 2100 or later means "no end yet", as registers write it. The
    people of set-aside rows are named in ``persons_set_aside``: the rest of their
    history would show another person.
    """
    need_a_heading(table, _SPELL, file=file)
    refuse_personal_data(table, file=file)
    need_columns(table, _SPELL, file=file)
    faults = Faults(len(table))
    read = {
        "person_id": _needed_text("person_id", table, faults),
        "code": _needed_text("code", table, faults),
        "start_date": _start(table, faults, extract_date=extract_date),
        "end_date": _end(table, faults) + pd.Timedelta(days=int(ends == "inclusive")),
    }
    ended_early = (read["end_date"] <= read["start_date"]).to_numpy(dtype=bool)
    faults.mark(ended_early, column="end_date", rule="not after start_date")
    if "registered_on" in table.columns:
        read["registered_on"] = _stamp(table, faults)
    fine = faults.fine()
    whole = pd.DataFrame(read)
    kept = whole if fine.all() else whole[fine]
    return Checked(
        kept=conform(kept.reset_index(drop=True), HISTORY, name=file),
        set_aside=faults.told(lines=lines_of(table), case_id=None),
        ignored=tuple(str(name) for name in table.columns if str(name) not in read),
        persons_set_aside=frozenset(read["person_id"][~fine].dropna()),
    )


def _needed_text(name: str, table: pd.DataFrame, faults: Faults) -> "pd.Series[Any]":
    cells = read_texts(table[name])
    mark_unreadable(faults, cells, column=name, rule="")
    return cells.values


def _start(
    table: pd.DataFrame, faults: Faults, *, extract_date: date
) -> "pd.Series[Any]":
    cells = read_dates(table["start_date"])
    mark_unreadable(faults, cells, column="start_date", rule=NOT_A_DATE)
    late = (cells.values > pd.Timestamp(extract_date)).to_numpy(dtype=bool)
    faults.mark(late, column="start_date", rule="after the extract date")
    return cells.values


def _end(table: pd.DataFrame, faults: Faults) -> "pd.Series[Any]":
    cells = read_dates(table["end_date"])
    wrong: Mask = cells.wrong
    if wrong.any():
        wrong = wrong & ~never_ends(table["end_date"])
    faults.mark(wrong, column="end_date", rule=NOT_A_DATE)
    return cells.values


def _stamp(table: pd.DataFrame, faults: Faults) -> "pd.Series[Any]":
    """The day a row was registered; a blank stamp means that nothing is known of it."""
    cells = read_dates(table["registered_on"])
    faults.mark(cells.wrong, column="registered_on", rule=NOT_A_DATE)
    return cells.values


def _case_ids(table: pd.DataFrame, faults: Faults) -> "pd.Series[Any]":
    case_id = _needed_text("case_id", table, faults)
    repeated = (case_id.duplicated(keep=False) & case_id.notna()).to_numpy(dtype=bool)
    faults.mark(repeated, column="case_id", rule="occurs more than once")
    return case_id


def check_audit(spec: Specification, table: pd.DataFrame, *, file: str) -> Checked:
    """The specification's audit columns as text, one row per case."""
    needed = ("case_id", *spec.audit)
    need_a_heading(table, needed, file=file)
    refuse_personal_data(table, file=file)
    need_columns(table, needed, file=file)
    faults = Faults(len(table))
    read = {"case_id": _case_ids(table, faults)}
    for name, column in spec.audit.items():
        cells = _audit_cells(table[name], allowed=column.values)
        faults.mark(cells.wrong, column=name, rule="not one of the allowed values")
        read[name] = cells.values
    kept = pd.DataFrame(read)[faults.fine()].reset_index(drop=True)
    return _checked(kept, table, faults, schema=audit_schema(spec), file=file)


def _audit_cells(column: "pd.Series[Any]", *, allowed: tuple[str, ...]) -> Cells:
    return read_categories(column, allowed=allowed) if allowed else read_texts(column)


def check_outcomes(table: pd.DataFrame, *, file: str) -> Checked:
    """Delivered outcomes, ``long`` 1.0 or 0.0, missing where not yet known."""
    needed = ("case_id", "long")
    need_a_heading(table, needed, file=file)
    refuse_personal_data(table, file=file)
    need_columns(table, needed, file=file)
    faults = Faults(len(table))
    cells = read_flags(table["long"])
    read = {"case_id": _case_ids(table, faults), "long": cells.values}
    faults.mark(cells.wrong, column="long", rule="neither yes nor no")
    kept = pd.DataFrame(read)[faults.fine()].reset_index(drop=True)
    return _checked(kept, table, faults, schema=OUTCOMES, file=file)


def _checked(
    kept: pd.DataFrame, table: pd.DataFrame, faults: Faults, *, schema: Any, file: str
) -> Checked:
    return Checked(
        kept=conform(kept, schema, name=file),
        set_aside=faults.told(
            lines=lines_of(table), case_id=read_texts(table["case_id"]).values
        ),
        ignored=tuple(str(n) for n in table.columns if str(n) not in kept.columns),
    )
