"""Benefit codes and the groups they belonged to when: groups are dated data.

A code that no row covers at that time is unknown. It is other public support
(OTHER_SUPPORT) and keeps its days: somebody was paid something, and who is on a new
benefit must not vanish with it.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property, lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt
import pandas as pd

from riskscreen.errors import FileError, TableError
from riskscreen.hand_written import (
    name_unreadable,
    parse_csv,
    read_words,
    write_iso_day,
)
from riskscreen.rules.states import (
    OTHER_SUPPORT,
    add_activation,
    drop_activation,
    get_group,
    name_state,
)
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
    "activation",
    "valid_from",
    "valid_to",
    "da",
    "en",
    "source",
    "mark",
    "checked_on",
)
SITE_CODES, SITE_CODES_WHOLE = "code_groups.csv", "code_groups_whole.csv"
MARKS = ("confirmed", "two_lists", "one_list", "no_source")
"""How far a row can be trusted: the site has confirmed it; two public lists agree;
one public list has it; no source does. The lists copy older editions, so only
the site's own word makes a week *verified*."""
CONFIRMED, NO_SOURCE = MARKS[0], MARKS[-1]
Activation = Literal[
    "passive",
    "guidance",
    "education",
    "wage_subsidy",
    "workplace_training",
    "community_work",
]
"""What a citizen did while on the benefit, by the last digit of most codes: 0 passive,
3 guidance (1 in older codes), 4 education, 5 and 6 wage subsidy, 7 and 8 workplace
training, 9 community work (nytteindsats)."""
ACTIVATIONS = ("", *get_args(Activation))
"""The same; empty where a code does not say."""
_ALWAYS = int(np.iinfo(np.int32).min)
_GROUP_NAME = re.compile(r"[a-z][a-z0-9_]*")
_NO_DECIMALS = re.compile(r"\.0+$")
_LEADING_ZEROS = re.compile(r"^0+(?=.)")
_FEW = 20
"""So few codes are looked up one by one, as those of a citizen alone are."""
_DATES = ("valid_from", "valid_to", "checked_on")
_OF_GROUP = ("attribute", "activation", "da", "en")
"""Columns that a site's file need not repeat of a code which stays in its group."""

Integers = npt.NDArray[np.int64]
Days = npt.NDArray[np.int32]
Truths = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class CodeTable:
    """Which group each code belonged to, from when to when, and who says so.

    ``rows`` has the columns CODE_COLUMNS: ``attribute`` is what a code says beyond its
    group (states.py; mostly empty), ``activation`` one of ACTIVATIONS, ``valid_from``
    and ``valid_to`` are dates (half-open; missing = without bound), ``da`` and ``en``
    what the code means, ``mark`` one of MARKS and ``checked_on`` the day on which the
    row was last compared with its source. A code may have several rows whose periods
    do not overlap. Raises TableError where a rule is broken.
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
        """Every state that an outcome may map apart, sorted; every group is one."""
        return tuple(sorted({*map(drop_activation, self.spell_states)}))

    @cached_property
    def spell_states(self) -> tuple[str, ...]:
        """Every state with what was done in it, sorted; a place is a spell's number."""
        return tuple(sorted({*_name_states(self.rows), *self.groups}))

    @cached_property
    def group_of_state(self) -> Integers:
        """The place in ``groups`` of each of ``spell_states``."""
        groups = [self.groups.index(get_group(state)) for state in self.spell_states]
        return np.array(groups, dtype=np.int64)

    def to_csv_text(self) -> str:
        """Return the table as CSV text, in a fixed order."""
        return self.rows.assign(
            **{n: self.rows[n].dt.strftime("%Y-%m-%d").fillna("") for n in _DATES}
        ).to_csv(index=False, lineterminator="\n")

    @cached_property
    def places(self) -> dict[str, int]:
        """The place of each code in the table's periods."""
        return {code: place for place, code in enumerate(self.periods.codes)}

    @cached_property
    def periods(self) -> "CodePeriods":
        """The rows as integers, for computing."""
        return _build_periods(self)


@dataclass(frozen=True)
class CodePeriods:
    """A code table as arrays: one entry per row, sorted by code and start.

    ``first[i]`` to ``first[i + 1]`` are the rows of ``codes[i]``; days are as in
    timeline.py; ``verified`` are the rows that the site has confirmed; ``other`` is the
    state of OTHER_SUPPORT. Bounds are moved to Mondays,
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
    """Read the package's own code table; no site has confirmed any of it."""
    source = files("riskscreen").joinpath("data/code_groups.csv").read_text("utf-8")
    return CodeTable(_parse_rows(source, name="code_groups.csv"))


def read_site_code_table(site: Path, *, onto: CodeTable | None = None) -> CodeTable:
    """Read the code table in force at *site*.

    The site's ``code_groups.csv`` is laid over *onto*, the shipped table unless named;
    ``code_groups_whole.csv`` stands in its place, for registers with other codes.
    Raises FileError where both are there.
    """
    whole, own = site / SITE_CODES_WHOLE, site / SITE_CODES
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
    ``group`` are needed; a row without a ``mark`` has no source but the file. A file
    without a column ``attribute``, ``activation``, ``da`` or ``en`` leaves a code that
    it puts in the same group what stands there in *onto*: to confirm 899 as
    sygedagpenge takes nothing of it away. Raises FileError for a file that cannot be
    read and TableError for one that breaks a rule.
    """
    with name_unreadable(path, absent="no such file. Give the path of a code table."):
        text = read_words(path)
    rows = _parse_rows(text, name=path.name)
    if onto is not None:
        stated = read_head(text)
        unsaid = [name for name in _OF_GROUP if name not in stated]
        rows = fill_unsaid(rows, onto.rows, unsaid)
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
    for pattern in (_NO_DECIMALS, _LEADING_ZEROS):
        text = text.str.replace(pattern.pattern, "", regex=True)
    return text


@lru_cache(maxsize=10_000)
def _normalise_code(code: str) -> str:
    """Return one code as normalise_codes does."""
    return _LEADING_ZEROS.sub("", _NO_DECIMALS.sub("", code.strip()))


def locate_codes(distinct: "pd.Series[str]", table: CodeTable) -> Integers:
    """Return each code's place in the table's periods; -1 where it has none."""
    if len(distinct) <= _FEW:
        places = table.places
        found = [places.get(_normalise_code(code), -1) for code in distinct.tolist()]
        return np.array(found, dtype=np.int64)
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
        state=pd.Index(table.spell_states)
        .get_indexer(pd.Index(_name_states(rows)))
        .astype(np.int16),
        start=start.astype(np.int32),
        end=end.astype(np.int32),
        verified=rows["mark"].eq(CONFIRMED).to_numpy(dtype=bool),
        other=table.spell_states.index(OTHER_SUPPORT),
    )


def _stretch_to_weeks(
    code: Integers, start: Integers, end: Integers
) -> tuple[Integers, Integers]:
    """Stretch periods to their weeks' Mondays, but never into the code's next one."""
    early = np.where(start == _ALWAYS, start, to_monday_days(start))
    late = np.where(end == OPEN_END, end, to_monday_days(end - 1) + DAYS_IN_WEEK)
    has_next = np.append(code[1:] == code[:-1], False)
    return early, np.where(has_next, np.minimum(late, np.roll(early, -1)), late)


def _parse_rows(text: str, *, name: str) -> pd.DataFrame:
    """Return the rows of a code table's CSV text, with dates and marks."""
    with name_unreadable(name):
        read = parse_csv(text)
    columns = {*read.columns} if read.rows else set()
    if not {"code", "group"} <= columns:
        raise FileError(
            f"{name}: no columns named code and group. "
            f"The first line must be {','.join(CODE_COLUMNS)}, and rows must follow."
        )
    if "verified" in columns:
        raise FileError(
            f"{name}: the column verified is now mark. Write confirmed where the site "
            "has confirmed the row, and leave the others empty."
        )
    table = pd.DataFrame(
        {
            c: pd.Series([row.get(c, "") for _, row in read.rows], dtype="str")
            for c in CODE_COLUMNS
        }
    )
    return _sort_rows(
        table.assign(
            code=normalise_codes(table["code"]),
            source=table["source"].mask(table["source"] == "", f"the file {name}"),
            mark=table["mark"].replace("", NO_SOURCE),
            **{date: _parse_dates(table[date], name=name) for date in _DATES},
        )
    )


def read_head(text: str) -> tuple[str, ...]:
    """Return the names of the columns of a code table's CSV text."""
    return parse_csv(text).columns


def fill_unsaid(
    rows: pd.DataFrame, onto: pd.DataFrame, unsaid: Iterable[str]
) -> pd.DataFrame:
    """Give *rows* in each column of *unsaid* what their code has there in *onto*.

    A row whose code is not there in the same group keeps what it says.
    """
    known = onto.drop_duplicates(["code", "group"]).set_index(["code", "group"])
    of_rows = known.reindex(pd.MultiIndex.from_frame(rows[["code", "group"]]))
    of_rows.index = rows.index
    is_known = of_rows["mark"].notna()
    return rows.assign(
        **{name: rows[name].mask(is_known, of_rows[name]) for name in unsaid}
    )


def _name_states(rows: pd.DataFrame) -> list[str]:
    states = map(name_state, rows["group"], rows["attribute"])
    return [*map(add_activation, states, rows["activation"])]


def _sort_rows(rows: pd.DataFrame) -> pd.DataFrame:
    return rows.sort_values(
        ["code", "valid_from"], na_position="first", kind="stable", ignore_index=True
    )


def _parse_dates(text: "pd.Series[str]", *, name: str) -> "pd.Series[pd.Timestamp]":
    iso = text.mask(text == "").map(write_iso_day, na_action="ignore")
    dates = pd.to_datetime(iso, format="%Y-%m-%d", errors="coerce")
    if wrong := int((dates.isna() & (text != "")).sum()):
        raise TableError(
            f"{name}: {text.name} is not a date in {wrong} rows. Write YYYY-MM-DD."
        )
    return dates


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
        f"activation is not one of {', '.join(ACTIVATIONS[1:])}": ~rows[
            "activation"
        ].isin(ACTIVATIONS),
        f"mark is not one of {', '.join(MARKS)}": ~rows["mark"].isin(MARKS),
        "valid_to is not after valid_from": rows["valid_to"].le(rows["valid_from"]),
        "two periods of one code overlap": same
        & (start < np.append(_ALWAYS, end[:-1])),
    }
    for rule, where in broken.items():
        if n := int(where.sum()):
            raise TableError(f"code table: {rule} ({n} rows). Correct the file.")
