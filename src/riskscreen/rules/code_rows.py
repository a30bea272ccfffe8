"""The rows of a code table: read from CSV, and held to the rules they must keep."""

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Literal, get_args

import numpy as np
import pandas as pd

from riskscreen.errors import FileError, TableError
from riskscreen.hand_written import name_unreadable, parse_csv, write_iso_day
from riskscreen.rules.code_conditions import find_conflicts, normalise_condition
from riskscreen.timeline import ALWAYS, to_days

CODE_COLUMNS = (
    "code",
    "group",
    "attribute",
    "activation",
    "valid_from",
    "valid_to",
    "applies_when",
    "da",
    "en",
    "source",
    "mark",
    "checked_on",
)
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
_GROUP_NAME = re.compile(r"[a-z][a-z0-9_]*")
_NO_DECIMALS = re.compile(r"\.0+$")
_LEADING_ZEROS = re.compile(r"^0+(?=.)")
DATES = ("valid_from", "valid_to", "checked_on")


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
def normalise_code(code: str) -> str:
    """Return one code as normalise_codes does."""
    return _LEADING_ZEROS.sub("", _NO_DECIMALS.sub("", code.strip()))


def parse_rows(text: str, *, name: str) -> pd.DataFrame:
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
    return sort_rows(
        table.assign(
            code=normalise_codes(table["code"]),
            source=table["source"].mask(table["source"] == "", f"the file {name}"),
            mark=table["mark"].replace("", NO_SOURCE),
            applies_when=_parse_conditions(table["applies_when"], name=name),
            **{date: _parse_dates(table[date], name=name) for date in DATES},
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


def sort_rows(rows: pd.DataFrame) -> pd.DataFrame:
    """Put the rows of each code together, by condition and then by time."""
    return rows.sort_values(
        ["code", "applies_when", "valid_from"],
        na_position="first",
        kind="stable",
        ignore_index=True,
    )


def _parse_conditions(text: "pd.Series[str]", *, name: str) -> "pd.Series[str]":
    try:
        return text.map(normalise_condition).astype("str")
    except ValueError as fault:
        raise TableError(f"{name}: applies_when: {fault}.") from None


def _parse_dates(text: "pd.Series[str]", *, name: str) -> "pd.Series[pd.Timestamp]":
    iso = text.mask(text == "").map(write_iso_day, na_action="ignore")
    dates = pd.to_datetime(iso, format="%Y-%m-%d", errors="coerce")
    if wrong := int((dates.isna() & (text != "")).sum()):
        raise TableError(
            f"{name}: {text.name} is not a date in {wrong} rows. Write YYYY-MM-DD."
        )
    return dates


def check_rows(rows: pd.DataFrame) -> None:
    """Raise TableError for the first rule that a table of *rows* breaks."""
    ordered = sort_rows(rows)
    same = ordered[["code", "applies_when"]].eq(
        ordered[["code", "applies_when"]].shift()
    )
    start = to_days(ordered["valid_from"], missing=ALWAYS)
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
        "two periods of one code overlap": same.all(axis=1)
        & (start < np.append(ALWAYS, end[:-1])),
    }
    counts = {rule: int(where.sum()) for rule, where in broken.items()}
    for rule, n in {**counts, **find_conflicts(rows)}.items():
        if n:
            raise TableError(f"code table: {rule} ({n} rows). Correct the file.")
