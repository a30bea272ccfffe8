"""DREAM's weeks as spells, and spells as DREAM's weeks.

DREAM codes a week by one benefit; a blank week is none. Neighbouring weeks with the
same code are one spell, half-open from Monday to Monday; a spell in the register's last
week is open, for nobody knows yet how it ends. Which week is the last, the whole
register says: weeks at its end in which nobody has a code were not delivered.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from riskscreen.errors import FileError
from riskscreen.guarding import guarded
from riskscreen.rules.code_rows import normalise_codes
from riskscreen.timeline import (
    DAYS_IN_WEEK,
    format_week_label,
    from_day_number,
    from_days,
    parse_week_label,
    to_day_number,
    to_days,
    to_monday_days,
)
from riskscreen.validation.cells import MISSING_MARKS, to_texts
from riskscreen.validation.checking import MISSING
from riskscreen.validation.delivered import LINE, find_lines
from riskscreen.validation.joins import SHARES_FROM

TWO_ROWS = "person_id: occurs more than once, and the wide form has one row a person"
NO_WEEK = "week: not a week that exists"
SECOND_CODE = "week: an earlier row has another code for it"
SAME_AGAIN = "week: an earlier row says the same"

_WEEK_COLUMN = re.compile(r"y_\d{4}", re.ASCII | re.IGNORECASE)
_MONTH_COLUMN = re.compile(r"(branche|grad)_(\d{4})_(\d{2})", re.ASCII | re.IGNORECASE)
_WEEK = re.compile(r"(\d{4})[-_ ]?w?(\d{2})", re.ASCII | re.IGNORECASE)
_SHORT_WEEK = re.compile(r"(?:y_)?(\d{3,4})", re.ASCII | re.IGNORECASE)

Codes = npt.NDArray[np.int32]
Days = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Weeks:
    """What some rows in weekly form became.

    ``spells``: person_id, code, start_date, end_date under the line of their (first)
    row. ``persons``: the person of every kept row by line. ``broken``: the rule that
    each other line broke, and ``broken_persons`` those whose spells are not whole for
    it. ``coded`` are the Mondays, as day numbers, of weeks in which anybody has a code;
    ``last`` is the day after the last week that there is, coded or not.
    """

    spells: pd.DataFrame
    persons: "pd.Series[str]"
    broken: dict[int, str]
    broken_persons: frozenset[str]
    coded: Days
    last: date | None


def open_ends(spells: pd.DataFrame, day: date | None) -> pd.DataFrame:
    """Return *spells*; those that end on *day*, the register's end, are open."""
    if day is None:
        return spells
    ends = spells["end_date"]
    return spells.assign(end_date=ends.mask(ends == pd.Timestamp(day)))


def find_register_end(coded: Days, *, persons: int) -> date | None:
    """Return the day after the last week that was delivered of a register of weeks.

    *coded* are the Mondays of weeks in which anybody of *persons* has a code. Weeks
    after them are blank for everybody: nobody knows of them yet. None of fewer than 100
    persons, of whom nobody need have a benefit. Raises FileError where such a week
    stands in the middle, or no week has a code: blank columns are not "no benefit".
    """
    if persons < SHARES_FROM:
        return None
    if not len(coded):
        raise FileError(
            f"no week has a code for any of {persons} persons. Deliver the codes."
        )
    between = np.diff(coded) // DAYS_IN_WEEK - 1
    if blank := int(between.sum()):
        before = int(coded[np.flatnonzero(between)[0]])
        first = from_day_number(before + DAYS_IN_WEEK)
        raise FileError(
            f"week {format_week_label(first)} is the first of {blank} between coded "
            f"weeks in which none of {persons} persons has a code, so it was not "
            "delivered: a week left out is not a week without benefits. Deliver "
            "every week."
        )
    return from_day_number(coded[-1] + DAYS_IN_WEEK)


def find_week_columns(names: Sequence[str]) -> list[str]:
    """Return the week columns among a table's names, in the order of time.

    Raises FileError for a week that does not exist, occurs twice, or is left out
    between others: a missing column is not a week without benefits.
    """
    mondays_by_name = {
        name: _read_monday(name) for name in names if _WEEK_COLUMN.fullmatch(name)
    }
    ordered = sorted(mondays_by_name, key=lambda name: mondays_by_name[name])
    mondays = [mondays_by_name[name] for name in ordered]
    for before, after in pairwise(mondays):
        if before == after:
            raise FileError(
                f"week {format_week_label(after)} has two columns. Leave one."
            )
        if after - before > timedelta(days=DAYS_IN_WEEK):
            raise FileError(
                f"weeks are missing between y_{format_week_label(before)} and "
                f"y_{format_week_label(after)}. Deliver every week: a week left out "
                "is not a week without benefits."
            )
    return ordered


def _read_monday(label: str) -> date:
    try:
        return parse_week_label(label.lower())
    except ValueError:
        raise FileError(
            f"the column {label} names a week that does not exist. Correct its name."
        ) from None


def read_wide_weeks(table: pd.DataFrame) -> Weeks:
    """Read spells from rows in DREAM's wide form: one row a person, a column a week.

    The columns may stand in any order; all others but person_id are not read. The rows
    may be a part of a register, so every spell has an end (open_ends).
    """
    names = find_week_columns(list(table.columns))
    persons = trim_cells(table["person_id"])
    broken = {
        int(n): f"person_id: {MISSING}" for n in find_lines(table)[persons.isna()]
    }
    known = table[persons.notna().to_numpy()]
    matrix, texts = _encode_weeks(known, names)
    row, first, after, code = _find_runs(matrix)
    monday = to_day_number(_read_monday(names[0]))
    start, end = (monday + DAYS_IN_WEEK * week for week in (first, after))
    coded = np.flatnonzero((matrix > 0).any(axis=0)) * DAYS_IN_WEEK + monday
    persons = persons.dropna()
    return Weeks(
        spells=_build_spells(persons, row, texts[code], start, end),
        persons=persons,
        broken=broken,
        broken_persons=frozenset(),
        coded=coded,
        last=_read_monday(names[-1]) + timedelta(days=DAYS_IN_WEEK),
    )


def read_long_weeks(table: pd.DataFrame) -> Weeks:
    """Read spells from rows in DREAM's long form: one row a person and week.

    The week stands in ``week`` (YYWW, y_YYWW or 2021-W05), or in ``year`` and ``week``.
    Of two rows for one week the first counts, and the person is doubtful; a row that
    says the same again does no harm, except in the first and last weeks of a year.
    A row with a blank code says that the week had no benefit. Every spell has an end
    (open_ends).
    """
    persons, code = trim_cells(table["person_id"]), trim_cells(table["code"])
    weeks = _read_mondays(table)
    lines = find_lines(table)
    broken = {int(n): f"person_id: {MISSING}" for n in lines[persons.isna()]}
    broken |= {int(n): NO_WEEK for n in lines[weeks.isna()] if int(n) not in broken}
    rows = pd.DataFrame(
        {"person_id": persons, "code": code, "day": weeks, LINE: lines},
    ).dropna(subset=["person_id", "day"])
    again = rows.duplicated(["person_id", "day"])
    same = rows.duplicated(["person_id", "day", "code"])
    broken |= dict.fromkeys(rows.loc[again, LINE].tolist(), SECOND_CODE)
    broken |= dict.fromkeys(rows.loc[same, LINE].tolist(), SAME_AGAIN)
    # With the calendar's year beside the ISO week, 30 December 2024 is week 1 of 2024:
    # that a year has twice, and nobody can say which is which.
    turn = again & rows["day"].map(_is_at_turn_of_year)
    doubted = (again & ~same) | turn
    doubtful = {*rows.loc[doubted, "person_id"], *persons[weeks.isna()].dropna()}
    rows = rows[~again].astype({"day": "int64"})
    coded = rows.dropna(subset=["code"]).set_index(LINE)
    place, start = np.arange(len(coded)), coded["day"].to_numpy(dtype=np.int64)
    one_week = _build_spells(
        coded["person_id"],
        place,
        coded["code"].to_numpy(),
        start,
        start + DAYS_IN_WEEK,
    )
    last = rows["day"].max() + DAYS_IN_WEEK if len(rows) else None
    return Weeks(
        spells=join_neighbours(one_week),
        persons=rows.set_index(LINE)["person_id"],
        broken=broken,
        broken_persons=frozenset(doubtful),
        coded=np.unique(start),
        last=None if last is None else from_day_number(last),
    )


def join_neighbours(spells: pd.DataFrame) -> pd.DataFrame:
    """Join spells of one code that follow each other without a day between.

    They come by person and time, each under the line of its first.
    """
    ordered = spells.sort_values(["person_id", "start_date"], kind="stable")
    new = (
        (ordered["person_id"] != ordered["person_id"].shift())
        | (ordered["code"] != ordered["code"].shift())
        | (ordered["start_date"] != ordered["end_date"].shift())
    ).to_numpy(dtype=bool)
    first = np.flatnonzero(new)
    final = np.append(first[1:], len(ordered))[: len(first)] - 1
    ends = ordered["end_date"].array[final]
    return ordered.iloc[first].assign(end_date=ends)


@guarded
def to_dream_wide(
    spells: pd.DataFrame, *, persons: Sequence[str], first: date, last: date
) -> pd.DataFrame:
    """Write spells in DREAM's wide form: weeks of *first* to *last*, blank = none.

    A person without a spell has blank weeks only. One day on a benefit codes the whole
    week; where two spells touch a week, the later row of *spells* codes it.
    """
    start_week = to_monday_days(np.array([to_day_number(first)]))[0]
    count = (to_day_number(last) - start_week) // DAYS_IN_WEEK + 1
    texts = np.full((len(persons), count), "", dtype=object)
    place = pd.Index(persons).get_indexer(pd.Index(spells["person_id"]))
    begin = (to_monday_days(to_days(spells["start_date"])) - start_week) // DAYS_IN_WEEK
    until = (
        to_monday_days(to_days(spells["end_date"]) - 1) - start_week
    ) // DAYS_IN_WEEK
    bounds = zip(place, begin.clip(0), until.clip(-1, count) + 1, strict=True)
    for (person, a, b), code in zip(bounds, spells["code"], strict=True):
        if person >= 0:
            texts[person, a:b] = code
    monday = from_day_number(start_week)
    labels = [format_week_label(monday + timedelta(weeks=n)) for n in range(int(count))]
    wide = pd.DataFrame(texts, columns=[f"y_{label}" for label in labels], dtype="str")
    wide.insert(0, "person_id", pd.Series(list(persons), dtype="str"))
    return wide


def find_month_columns(names: Sequence[str]) -> list[str]:
    """Find DREAM's monthly columns (industry, degree of employment) among *names*."""
    return [name for name in names if _MONTH_COLUMN.fullmatch(name)]


def read_months(table: pd.DataFrame) -> pd.DataFrame:
    """Read the monthly columns as rows: person_id, month (first day), branche, grad.

    A month without either has no row; a column that is not delivered is missing.
    """
    names = find_month_columns(list(table.columns))
    long = table[["person_id", *names]].melt("person_id", var_name="column")
    parts = long["column"].str.lower().str.extract(_MONTH_COLUMN.pattern)
    month = pd.to_datetime(parts[1] + parts[2], format="%Y%m", errors="coerce")
    long = long.assign(kind=parts[0], month=month, value=trim_cells(long["value"]))
    long = long.dropna(subset=["person_id", "month", "value"])
    rows = long.drop_duplicates(["person_id", "month", "kind"]).pivot(
        index=["person_id", "month"], columns="kind", values="value"
    )
    return (
        rows.reindex(columns=["branche", "grad"])
        .reset_index()
        .rename_axis(columns=None)
    )


def trim_cells(column: "pd.Series[Any]") -> "pd.Series[Any]":
    """Return cells as trimmed text without decimals; marks of "nothing" are missing."""
    if not isinstance(column.dtype, pd.StringDtype):
        column = pd.Series(pd.array(to_texts(column), dtype="str"), column.index)
    text = column.str.strip().str.replace(r"\.0+$", "", regex=True)
    return text.mask(text.isin(MISSING_MARKS))


def _encode_weeks(
    table: pd.DataFrame, names: list[str]
) -> tuple[Codes, npt.NDArray[Any]]:
    """Return weeks as a matrix of code numbers (0 = blank), and the codes' texts."""
    number: dict[str, int] = {"": 0}
    seen: dict[Any, int] = {}
    matrix = np.zeros((len(table), len(names)), dtype=np.int32)
    for n, name in enumerate(names):
        codes, distinct = _encode_column(table[name])
        for cell in distinct:
            if cell not in seen:
                seen[cell] = number.setdefault(_read_code(cell), len(number))
        places = [*(seen[cell] for cell in distinct), 0]
        matrix[:, n] = np.array(places, dtype=np.int32)[codes]
    return matrix, np.array(list(number), dtype=object)


def _encode_column(column: "pd.Series[Any]") -> tuple[Days, list[Any]]:
    """For every cell the place of its content among the distinct ones; -1 = missing."""
    if not isinstance(column.dtype, pd.StringDtype):
        codes, distinct = pd.factorize(column)
        return codes, list(distinct)
    cells = pa.chunked_array([pa.array(column, from_pandas=True)]).combine_chunks()
    encoded = cells.dictionary_encode()
    places = encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False)
    return places, encoded.dictionary.to_pylist()


def _read_code(cell: object) -> str:
    """Read one week's cell as its code; what means "nothing" is the empty text."""
    cells = pd.Series([cell], dtype="str")
    return str(normalise_codes(trim_cells(cells).fillna("")).iloc[0])


def _find_runs(matrix: Codes) -> tuple[Days, Days, Days, Days]:
    """Find runs of one code within a row: row, first week, week after, code number."""
    rows, weeks = matrix.shape
    flat = np.zeros((rows, weeks + 1), dtype=np.int32)
    flat[:, :weeks] = matrix
    line = flat.ravel()
    change = np.flatnonzero(np.diff(line, prepend=0))
    begin = change[line[change] > 0]
    after = change[np.searchsorted(change, begin, side="right")]
    return begin // (weeks + 1), begin % (weeks + 1), after % (weeks + 1), line[begin]


def _build_spells(
    persons: "pd.Series[str]",
    row: Days,
    code: npt.NDArray[Any],
    start: Days,
    end: Days,
) -> pd.DataFrame:
    spells = pd.DataFrame(
        {
            "person_id": persons.to_numpy()[row],
            "code": code,
            "start_date": from_days(start).to_numpy(),
            "end_date": from_days(end).to_numpy(),
        },
        index=pd.Index(persons.index.to_numpy()[row], name=LINE),
    )
    return spells.astype({"person_id": "str", "code": "str"})


def _is_at_turn_of_year(day: float) -> bool:
    """Return whether a Monday's week is the first or one of the last of its year."""
    return from_day_number(day).isocalendar().week in (1, 52, 53)


def _read_mondays(table: pd.DataFrame) -> "pd.Series[Any]":
    """Read the Monday of each row's week as a day number."""
    text = trim_cells(table["week"])
    if "year" in table.columns:
        text = trim_cells(table["year"]) + "-W" + text.str.zfill(2)
    numbers, distinct = pd.factorize(text)
    days = np.array([*(_parse_monday(t) for t in distinct), np.nan], dtype=float)
    return pd.Series(days[numbers], index=table.index)


def _parse_monday(text: str) -> float:
    """Read the Monday of a week however it is written; nan where there is none."""
    try:
        if week := _WEEK.fullmatch(text):
            monday = date.fromisocalendar(int(week[1]), int(week[2]), 1)
        elif week := _SHORT_WEEK.fullmatch(text):
            # A program that took 0901 for a number dropped its zero.
            monday = parse_week_label(week[1].zfill(4))
        else:
            return float("nan")
    except ValueError:
        return float("nan")
    return float(to_day_number(monday))
