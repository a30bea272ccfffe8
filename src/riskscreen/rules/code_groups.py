"""Benefit codes and the groups they belonged to when: groups are dated data.

A code that no row covers at that time is unknown. It is other public support
(OTHER_SUPPORT) and keeps its days: somebody was paid something, and who is on a new
benefit must not vanish with it.
"""

import csv
import hashlib
import io
import re
from dataclasses import dataclass
from functools import cached_property
from importlib.resources import files
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from riskscreen.errors import FileError, TableError
from riskscreen.hand_written import UnreadableError, read_text
from riskscreen.rules.states import OTHER_SUPPORT, get_group, name_state
from riskscreen.timeline import (
    DAYS_IN_WEEK,
    OPEN_END,
    to_days,
    to_monday_days,
)

CODE_COLUMNS = (
    "code",
    "group",
    "attribute",
    "valid_from",
    "valid_to",
    "source",
    "verified",
)
_ALWAYS = int(np.iinfo(np.int32).min)
_GROUP_NAME = re.compile(r"[a-z][a-z0-9_]*")
_TRUTH = {"true": True, "false": False, "": False}

Integers = npt.NDArray[np.int64]
Days = npt.NDArray[np.int32]
Truths = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class CodeTable:
    """Which group each code belonged to, from when to when, and who says so.

    ``rows`` has the columns CODE_COLUMNS: ``attribute`` is what a code says beyond its
    group (states.py; mostly empty), ``valid_from`` and ``valid_to`` are dates
    (half-open; missing = without bound), ``verified`` is a truth value. A code may have
    several rows whose periods do not overlap. Raises TableError where a rule is broken.
    """

    rows: pd.DataFrame

    def __post_init__(self) -> None:
        _check_rows(self.rows)

    @cached_property
    def groups(self) -> tuple[str, ...]:
        """Every group's name, sorted; OTHER_SUPPORT is always among them."""
        return tuple(sorted({*self.rows["group"], OTHER_SUPPORT}))

    @cached_property
    def states(self) -> tuple[str, ...]:
        """Every state's name, sorted; a state's place is its number in spells."""
        return tuple(sorted({*_name_states(self.rows), *self.groups}))

    @cached_property
    def group_of_state(self) -> Integers:
        """The place in ``groups`` of each of ``states``."""
        groups = [self.groups.index(get_group(state)) for state in self.states]
        return np.array(groups, dtype=np.int64)

    def to_csv_text(self) -> str:
        """Return the table as CSV text, in a fixed order."""
        return self.rows.assign(
            valid_from=_format_dates(self.rows["valid_from"]),
            valid_to=_format_dates(self.rows["valid_to"]),
            verified=self.rows["verified"].map({True: "true", False: "false"}),
        ).to_csv(index=False, lineterminator="\n")

    def fingerprint(self) -> str:
        """Return the SHA-256 of the table's content."""
        return hashlib.sha256(self.to_csv_text().encode()).hexdigest()

    @cached_property
    def periods(self) -> "CodePeriods":
        """The rows as integers, for computing."""
        return _build_periods(self)


@dataclass(frozen=True)
class CodePeriods:
    """A code table as arrays: one entry per row, sorted by code and start.

    ``first[i]`` to ``first[i + 1]`` are the rows of ``codes[i]``; days are as in
    timeline.py; ``other`` is the state of OTHER_SUPPORT. Bounds are moved to Mondays,
    because one day on a benefit codes the whole register week: the week of a change
    belongs to the later period.
    """

    codes: pd.Index
    first: Integers
    state: npt.NDArray[np.int16]
    start: Days
    end: Days
    verified: Truths
    other: int


def read_shipped_code_table() -> CodeTable:
    """Read the package's own code table; most of it is marked unverified."""
    source = files("riskscreen").joinpath("data/code_groups.csv").read_text("utf-8")
    return CodeTable(_parse_rows(source, name="code_groups.csv"))


def read_site_code_table(site: Path, *, onto: CodeTable | None = None) -> CodeTable:
    """Read the code table in force at *site*.

    The site's ``code_groups.csv`` is laid over *onto*, the shipped table unless named;
    ``code_groups_whole.csv`` stands in its place, for registers with other codes.
    Raises FileError where both are there.
    """
    whole, own = site / "code_groups_whole.csv", site / "code_groups.csv"
    if whole.exists() and own.exists():
        raise FileError(
            f"{site}: {own.name} and {whole.name} are two code tables. Leave one: "
            f"{own.name} is laid over the shipped table, {whole.name} stands in its "
            "place."
        )
    if whole.exists():
        return read_code_table(whole)
    base = read_shipped_code_table() if onto is None else onto
    return read_code_table(own, onto=base) if own.exists() else base


def read_code_table(path: Path, *, onto: CodeTable | None = None) -> CodeTable:
    """Read the code table in a site's file, laid over *onto*.

    A code in the file replaces every row of that code in *onto*. Only ``code`` and
    ``group`` are needed; a row that does not say ``verified`` is not. A file without a
    column ``attribute`` leaves a code that it puts in the same group the attribute it
    has in *onto*: to confirm 899 as sygedagpenge takes nothing of it away. Raises
    FileError for a file that cannot be read and TableError for one that breaks a rule.
    """
    text = _read_text(path)
    rows = _parse_rows(text, name=path.name)
    if onto is not None:
        if "attribute" not in _read_head(text):
            rows = _keep_attributes(rows, onto.rows)
        kept = onto.rows[~onto.rows["code"].isin(rows["code"])]
        rows = pd.concat([kept, rows], ignore_index=True)
    return CodeTable(_sort_rows(rows))


def parse_code_table(text: str, *, name: str) -> CodeTable:
    """Parse a code table in the CSV of to_csv_text; messages say *name*."""
    return CodeTable(_parse_rows(text, name=name))


def normalise_codes(codes: "pd.Series[str]") -> "pd.Series[str]":
    """Return codes as the table writes them: no blanks, leading zeros or decimals.

    >>> normalise_codes(pd.Series([" 0890", "651.0", "121"])).tolist()
    ['890', '651', '121']
    """
    text = codes.astype("str").str.strip()
    return text.str.replace(r"\.0+$", "", regex=True).str.replace(
        r"^0+(?=.)", "", regex=True
    )


def locate_codes(distinct: "pd.Series[str]", table: CodeTable) -> Integers:
    """Return each code's place in the table's periods; -1 where it has none."""
    return table.periods.codes.get_indexer(pd.Index(normalise_codes(distinct)))


def _build_periods(table: CodeTable) -> CodePeriods:
    rows = _sort_rows(table.rows)
    code, codes = pd.factorize(rows["code"])
    start = to_days(rows["valid_from"], missing=_ALWAYS)
    end = to_days(rows["valid_to"])
    start, end = _stretch_to_weeks(code, start, end)
    return CodePeriods(
        codes=pd.Index(codes),
        first=np.searchsorted(code, np.arange(len(codes) + 1)),
        state=pd.Index(table.states)
        .get_indexer(pd.Index(_name_states(rows)))
        .astype(np.int16),
        start=start.astype(np.int32),
        end=end.astype(np.int32),
        verified=rows["verified"].to_numpy(dtype=bool),
        other=table.states.index(OTHER_SUPPORT),
    )


def _stretch_to_weeks(
    code: Integers, start: Integers, end: Integers
) -> tuple[Integers, Integers]:
    """Stretch periods to their weeks' Mondays, but never into the code's next one."""
    early = np.where(start == _ALWAYS, start, to_monday_days(start))
    late = np.where(end == OPEN_END, end, to_monday_days(end - 1) + DAYS_IN_WEEK)
    has_next = np.append(code[1:] == code[:-1], False)
    return early, np.where(has_next, np.minimum(late, np.roll(early, -1)), late)


def _read_text(path: Path) -> str:
    try:
        return read_text(path)
    except FileNotFoundError:
        raise FileError(
            f"{path}: no such file. Give the path of a code table."
        ) from None
    except UnreadableError as fault:
        raise FileError(f"{path}: {fault}") from None


def _parse_rows(text: str, *, name: str) -> pd.DataFrame:
    """Return the rows of a code table's CSV text, with dates and truth values."""
    try:
        rows = list(csv.DictReader(io.StringIO(text), delimiter=_find_delimiter(text)))
    except csv.Error:
        raise FileError(
            f"{name}: cannot be read as CSV: a line ends in its middle, or a cell has "
            "more than 131,072 characters. Save it as CSV in UTF-8 anew."
        ) from None
    columns = set(rows[0]) if rows else set()
    if not {"code", "group"} <= columns:
        raise FileError(
            f"{name}: no columns named code and group. "
            f"The first line must be {','.join(CODE_COLUMNS)}, and rows must follow."
        )
    table = pd.DataFrame(
        {
            c: pd.Series([r.get(c) or "" for r in rows], dtype="str")
            for c in CODE_COLUMNS
        }
    )
    return _sort_rows(
        table.assign(
            code=normalise_codes(table["code"]),
            group=table["group"].str.strip(),
            attribute=table["attribute"].str.strip(),
            valid_from=_parse_dates(table["valid_from"], name=name),
            valid_to=_parse_dates(table["valid_to"], name=name),
            source=table["source"].mask(table["source"] == "", f"the file {name}"),
            verified=_parse_truths(table["verified"], name=name),
        )
    )


def _find_delimiter(text: str) -> str:
    head = text.split("\n", 1)[0]
    return ";" if head.count(";") > head.count(",") else ","


def _read_head(text: str) -> list[str]:
    """Return the names of the columns of a code table's CSV text."""
    return next(csv.reader(io.StringIO(text), delimiter=_find_delimiter(text)), [])


def _keep_attributes(rows: pd.DataFrame, onto: pd.DataFrame) -> pd.DataFrame:
    """Give *rows* the attribute that their code has in the same group of *onto*."""
    stated = onto[onto["attribute"] != ""].drop_duplicates(["code", "group"])
    known = {(r.code, r.group): r.attribute for r in stated.itertuples()}
    pairs = zip(rows["code"], rows["group"], strict=True)
    attribute = [known.get(pair, "") for pair in pairs]
    return rows.assign(attribute=pd.Series(attribute, index=rows.index, dtype="str"))


def _name_states(rows: pd.DataFrame) -> list[str]:
    return [*map(name_state, rows["group"], rows["attribute"])]


def _sort_rows(rows: pd.DataFrame) -> pd.DataFrame:
    return rows.sort_values(
        ["code", "valid_from"], na_position="first", kind="stable", ignore_index=True
    )


def _parse_dates(text: "pd.Series[str]", *, name: str) -> "pd.Series[pd.Timestamp]":
    dates = pd.to_datetime(text.mask(text == ""), format="%Y-%m-%d", errors="coerce")
    if wrong := int((dates.isna() & (text != "")).sum()):
        raise TableError(
            f"{name}: {text.name} is not a date in {wrong} rows. Write YYYY-MM-DD."
        )
    return dates


def _parse_truths(text: "pd.Series[str]", *, name: str) -> "pd.Series[bool]":
    truths = text.str.strip().str.lower().map(_TRUTH)
    if wrong := int(truths.isna().sum()):
        raise TableError(f"{name}: verified is not true or false in {wrong} rows.")
    return truths.astype(bool)


def _format_dates(dates: "pd.Series[pd.Timestamp]") -> "pd.Series[str]":
    return dates.dt.strftime("%Y-%m-%d").fillna("")


def _check_rows(rows: pd.DataFrame) -> None:
    """Raise TableError for the first rule that the table breaks."""
    ordered = _sort_rows(rows)
    same = ordered["code"].eq(ordered["code"].shift())
    start = to_days(ordered["valid_from"], missing=_ALWAYS)
    end = to_days(ordered["valid_to"])
    broken = {
        "a row has no code": rows["code"].eq(""),
        "a group's name is not lower-case letters, digits and _": ~rows["group"].map(
            lambda group: bool(_GROUP_NAME.fullmatch(group))
        ),
        "an attribute is not lower-case letters, digits and _": ~rows["attribute"].map(
            lambda attribute: not attribute or bool(_GROUP_NAME.fullmatch(attribute))
        ),
        "valid_to is not after valid_from": rows["valid_to"].le(rows["valid_from"]),
        "two periods of one code overlap": same
        & (start < np.append(_ALWAYS, end[:-1])),
    }
    for rule, where in broken.items():
        if n := int(where.sum()):
            raise TableError(f"code table: {rule} ({n} rows). Correct the file.")
