"""Help given and follow-up: what each column holds, and which rows are set aside.

They say what became of cases and programmes after T0, so no feature, label or score may
read them. Only a few columns must be there; a column that is left out, and a cell that
is empty, is not stated, and never zero.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final, Literal

import numpy as np
import pandas as pd

from riskscreen.array_tables import Mask
from riskscreen.validation.cells import Column, holds_dates
from riskscreen.validation.checking import (
    NEITHER,
    NO_PATTERNS,
    NOT_A_NUMBER,
    NOT_ALLOWED,
    NOT_WHOLE,
    REPEATED,
    TOO_LATE,
    CheckedTable,
    KeyPatterns,
    RowErrors,
    start_check,
)
from riskscreen.validation.contracts import ColumnContract, Contract
from riskscreen.validation.decimals import normalise_numbers
from riskscreen.validation.delivered import DeliveredColumns
from riskscreen.validation.harmful_texts import mark_harmful
from riskscreen.validation.keys import check_keys
from riskscreen.validation.parsing import (
    ParsedColumn,
    read_categories,
    read_dates,
    read_end_dates,
    read_flags,
    read_numbers,
    read_texts,
)
from riskscreen.validation.personal_data import judge_personal_data
from riskscreen.validation.schemas import DATE, AfterT0Table
from riskscreen.validation.surveys import refuse_unread_columns

Kind = Literal[
    "key", "text", "category", "day", "end", "month", "flag", "number", "whole"
]
"""An *end* is a day, and what registers write there for never is none."""

EXCLUDED_REASONS: Final = (
    "serious_illness",
    "workplace_cause",
    "soon_back",
    "dismissed",
    "long_distance",
    "medical_advice",
    "employer_unwilling",
    "cannot_travel",
    "citizen_unwilling",
    "other",
)
"""Why a case of the target group is left out: SOF's two exceptions, then the local ones
of its final survey (Sammen om fastholdelse, surveynotat til slutmålingen, 2019)."""

RESULTS: Final = (
    "recovered",
    "partly",
    "flex_job",
    "pension",
    "resource_course",
    "other",
)
"""How a course closes; ``closings_<result>`` counts those of a month."""

N_QUESTIONS: Final = 19
BARRIERS: Final = (
    "barrier_time",
    "barrier_unwilling",
    "barrier_administration",
    "barrier_timeliness",
    "barrier_distance",
    "barrier_flexibility",
    "barrier_new_role",
)
EXCEPTIONS: Final = (
    "exception_soon_back",
    "exception_distance",
    "exception_medical",
    "exception_employer_unwilling",
    "exception_cannot_travel",
    "exception_citizen_unwilling",
)
SCALE: Final = tuple(str(n) for n in range(1, N_QUESTIONS + 1))
"""The questions of SOF's survey that are answered from 1 to 5, 5 the best."""

_MONTH = r"^\s*(\d{4})-(\d{1,2})\s*$"
HOURS_IN_A_WEEK = 168.0


@dataclass(frozen=True, slots=True)
class FollowUpColumn:
    """What one column of a table of follow-up holds, and what bounds its numbers."""

    kind: Kind
    required: bool = False
    among: tuple[str, ...] = ()
    at_least: float | None = None
    at_most: float | None = None

    def contract(self) -> ColumnContract:
        """Return what the column is like once it is read."""
        if self.kind in ("day", "end", "month"):
            return ColumnContract(DATE, nullable=not self.required)
        if self.kind in ("flag", "number", "whole"):
            bounds = (0, 1) if self.kind == "flag" else (self.at_least, self.at_most)
            return ColumnContract(
                "float64",
                nullable=not self.required,
                at_least=bounds[0],
                at_most=bounds[1],
            )
        return ColumnContract("str", nullable=not self.required, among=self.among)


_COUNT = FollowUpColumn("whole", at_least=0)
_HOURS = FollowUpColumn("number", at_least=0, at_most=HOURS_IN_A_WEEK)
_DAY, _FLAG = FollowUpColumn("day"), FollowUpColumn("flag")
_TEAM = FollowUpColumn("text", required=True)

TABLES: Mapping[AfterT0Table, Mapping[str, FollowUpColumn]] = {
    "efforts": {
        "case_id": FollowUpColumn("key", required=True),
        "kind": FollowUpColumn("text", required=True),
        "start_date": FollowUpColumn("day", required=True),
        "end_date": FollowUpColumn("end"),
        "place": FollowUpColumn("text"),
    },
    "follow_up": {
        "case_id": FollowUpColumn("key", required=True),
        "team": _TEAM,
        "in_target_group": _FLAG,
        "excluded_reason": FollowUpColumn("category", among=EXCLUDED_REASONS),
        "first_absence_day": _DAY,
        "referred_at": FollowUpColumn("category", among=("meeting", "later")),
        "takes_part": _FLAG,
        "first_talk_on": _DAY,
        "first_talk_at_workplace": _FLAG,
        "company_course_on": _DAY,
        "back_on": _DAY,
        "back_at_same_workplace": _FLAG,
        "contact_persons": FollowUpColumn("whole", at_least=1),
        "one_employee": _FLAG,
        "weekly_hours_start": _HOURS,
        "weekly_hours_latest": _HOURS,
    },
    "volumes": {
        "month": FollowUpColumn("month", required=True),
        "team": _TEAM,
        "programme": FollowUpColumn("text", required=True),
        "entries": _COUNT,
        **{f"closings_{result}": _COUNT for result in RESULTS},
        "person_days": FollowUpColumn("number", at_least=0),
        "caseload": _COUNT,
        "caseload_min": _COUNT,
        "caseload_median": FollowUpColumn("number", at_least=0),
        "caseload_max": _COUNT,
        "caseworkers": _COUNT,
        "target": FollowUpColumn("number", at_least=0),
        "other_users": _COUNT,
        "price_a_week": FollowUpColumn("number", at_least=0),
    },
    "fidelity": {
        "round": FollowUpColumn("whole", required=True, at_least=0),
        "team": _TEAM,
        "role": FollowUpColumn("category", required=True, among=("staff", "manager")),
        "question": FollowUpColumn(
            "category", required=True, among=(*SCALE, *BARRIERS, *EXCEPTIONS)
        ),
        "answer": FollowUpColumn("whole", at_least=0, at_most=5),
    },
}
"""The columns of each table, in the order of its contract.

A case may have several efforts. The end of one is its last day, missing while it goes
on or where nobody says; a start that lies ahead is an effort that is agreed."""

_UNIQUE: Mapping[AfterT0Table, tuple[str, ...]] = {
    "efforts": (),
    "follow_up": ("case_id",),
    "volumes": ("month", "team", "programme"),
    "fidelity": (),
}
_NOT_BEFORE = (
    ("end_date", "start_date"),
    ("first_talk_on", "first_absence_day"),
    ("company_course_on", "first_absence_day"),
    ("back_on", "first_absence_day"),
    ("caseload_max", "caseload_min"),
    ("entries", "other_users"),
)
"""Of two columns of one row the first is never the smaller."""


def list_columns(name: AfterT0Table, *, required: bool = False) -> tuple[str, ...]:
    """List the columns of a table, or those alone that must be there."""
    columns = TABLES[name].items()
    return tuple(n for n, column in columns if column.required or not required)


def build_follow_up_schema(name: AfterT0Table) -> Contract:
    """Build the contract of a checked table: every column, in its order.

    A column that was not delivered is there, and missing throughout.
    """
    columns = {n: column.contract() for n, column in TABLES[name].items()}
    return Contract(columns, unique=_UNIQUE[name])


def check_follow_up(
    name: AfterT0Table,
    table: pd.DataFrame,
    *,
    file: str,
    extract_date: date | None = None,
    patterns: KeyPatterns = NO_PATTERNS,
) -> CheckedTable:
    """Return the rows of the whole *table* that keep the contract of *name*.

    Set aside is a row without one of its keys, with a cell that cannot be read or lies
    outside its bounds, with a day after *extract_date*, before the first day of
    absence or of an end before its start, with a word that judges a citizen or
    recommends a benefit (pages print them), and each of several rows with the same
    keys. *patterns* are regular expressions for keys by column name. Raises
    PersonalDataError, and TableError where a column is missing or fails throughout.
    """
    columns = TABLES[name]
    numbers = [n for n, c in columns.items() if c.kind in ("number", "whole")]
    needed = list_columns(name, required=True)
    errors = start_check(
        normalise_numbers(DeliveredColumns.of_frame(table), numbers, file=file),
        needed,
        file=file,
        optional=columns,
        patterns=patterns,
    )
    notes = judge_personal_data([errors.personal], file=file)
    values = {
        column: _read_column(errors, column, declared, patterns=patterns)
        for column, declared in columns.items()
    }
    _check_rules(errors, name, values, extract_date=extract_date)
    refuse_unread_columns([errors.cells], file=file)
    return replace(errors.split(values, build_follow_up_schema(name)), notes=notes)


def _read_column(
    errors: RowErrors, name: str, declared: FollowUpColumn, *, patterns: KeyPatterns
) -> "pd.Series[Any]":
    """Read one column; one that is not delivered is missing throughout."""
    if name not in errors.columns:
        kind: Any = declared.contract().dtype
        nothing = pd.Series(None, index=range(len(errors.table)), dtype="str")
        return nothing.astype(kind)
    if declared.kind == "key":
        return check_keys(name, errors, pattern=patterns.get(name)).values
    column, required = errors.columns[name], declared.required
    readers = {"day": read_dates, "end": read_end_dates, "month": _read_months}
    if read := readers.get(declared.kind):
        days = errors.check_dates(read(column), column=name, required=required)
        return days.values
    parsed, rule = _parse(column, declared)
    errors.check_cells(parsed, column=name, rule=rule, required=required)
    if declared.kind == "text":
        mark_harmful(errors, name, parsed.values)
    if declared.kind in ("number", "whole"):
        _mark_bounds(errors, name, declared, parsed.values)
    return parsed.values


def _parse(column: Column, declared: FollowUpColumn) -> tuple[ParsedColumn, str]:
    """Return a column as read, and the rule that its unreadable cells break."""
    match declared.kind:
        case "flag":
            return read_flags(column), NEITHER
        case "category":
            parsed = read_categories(column, allowed=declared.among)
            return parsed, NOT_ALLOWED
        case "number" | "whole":
            return read_numbers(column), NOT_A_NUMBER
        case _:
            return read_texts(column), ""


def _read_months(column: Column) -> ParsedColumn:
    """Read months as their first days: ``2024-03``, or any day of the month."""
    texts = read_texts(column).values
    days = texts.str.replace(_MONTH, r"\1-\2-01", regex=True)
    dated = holds_dates(column.dtype)
    parsed = read_dates(column if dated else days)
    firsts = parsed.cells.astype("datetime64[M]").astype(DATE)
    return replace(parsed, cells=firsts)


def _mark_bounds(
    errors: RowErrors, name: str, declared: FollowUpColumn, values: "pd.Series[Any]"
) -> None:
    """Mark numbers outside their bounds, and broken ones that should be whole."""
    numbers = values.to_numpy(dtype=np.float64)
    if declared.kind == "whole":
        broken = ~np.isnan(numbers) & (numbers != np.floor(numbers))
        errors.mark(broken, column=name, rule=NOT_WHOLE)
    if declared.at_least is not None:
        low = f"below {declared.at_least:g}"
        errors.mark(numbers < declared.at_least, column=name, rule=low)
    if declared.at_most is not None:
        high = f"above {declared.at_most:g}"
        errors.mark(numbers > declared.at_most, column=name, rule=high)


def _check_rules(
    errors: RowErrors,
    name: AfterT0Table,
    values: Mapping[str, "pd.Series[Any]"],
    *,
    extract_date: date | None,
) -> None:
    """Mark what only the columns of a row, or the rows of a table, say together."""
    for column, declared in TABLES[name].items():
        if declared.kind == "day" and extract_date is not None:
            late = _compare(values[column] > pd.Timestamp(extract_date))
            errors.mark(late, column=column, rule=TOO_LATE)
    for greater, smaller in _NOT_BEFORE:
        if greater in values:
            less = _compare(values[greater] < values[smaller])
            dated = TABLES[name][greater].kind in ("day", "end")
            word = "before" if dated else "below"
            errors.mark(less, column=greater, rule=f"{word} {smaller}")
    if name == "fidelity":
        named = ~values["question"].isin(SCALE) & values["question"].notna()
        answer = values["answer"]
        wrong = (named & (answer > 1)) | (~named & (answer < 1))
        errors.mark(
            _compare(wrong), column="answer", rule="not on the question's scale"
        )
    if unique := list(_UNIQUE[name]):
        keys = pd.DataFrame({column: values[column] for column in unique})
        twice = keys.duplicated(keep=False) & keys.notna().all(axis=1)
        errors.mark(_compare(twice), column=unique[0], rule=REPEATED)


def _compare(of_rows: "pd.Series[Any]") -> Mask:
    return of_rows.fillna(False).to_numpy(dtype=bool)  # noqa: FBT003
