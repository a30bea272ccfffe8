"""The rows of a code table: read from CSV, and held to the rules they must keep."""

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import pairwise
from operator import itemgetter
from typing import Literal, get_args

import numpy as np
import pandas as pd

from riskscreen.errors import FileError, TableError
from riskscreen.hand_written import name_unreadable, parse_csv, write_iso_day
from riskscreen.rules.code_conditions import find_conflicts, normalise_condition
from riskscreen.text_arrays import build_texts
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
_NAME = re.compile(r"[a-z][a-z0-9_]*")
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
    # As lists: of two hundred rows a frame takes ten times as long for each step.
    cells = {c: [row.get(c, "") for _, row in read.rows] for c in CODE_COLUMNS}
    cells["code"] = [normalise_code(code) for code in cells["code"]]
    cells["source"] = [source or f"the file {name}" for source in cells["source"]]
    cells["mark"] = [mark or NO_SOURCE for mark in cells["mark"]]
    cells["applies_when"] = _parse_conditions(cells["applies_when"], name=name)
    table = pd.DataFrame(
        {
            column: _parse_dates(texts, f"{name}: {column}")
            if column in DATES
            else build_texts(texts)
            for column, texts in cells.items()
        }
    )
    return sort_rows(table)


def read_head(text: str) -> tuple[str, ...]:
    """Return the names of the columns of a code table's CSV text."""
    return parse_csv(text).columns


def fill_unsaid(
    rows: pd.DataFrame, onto: pd.DataFrame, unsaid: Iterable[str]
) -> pd.DataFrame:
    """Give *rows* in each column of *unsaid* what their code has there in *onto*.

    A row whose code is not there in the same group keeps what it says.
    """
    known: dict[tuple[str, str], int] = {}
    for place, key in enumerate(_list_keys(onto)):
        known.setdefault(key, place)
    found = np.array([known.get(key, -1) for key in _list_keys(rows)], dtype=np.int64)
    filled = {
        name: rows[name].mask(found >= 0, onto[name].array.take(found))
        for name in unsaid
    }
    return rows.assign(**filled)


def _list_keys(rows: pd.DataFrame) -> Iterable[tuple[str, str]]:
    return zip(rows["code"].tolist(), rows["group"].tolist(), strict=True)


def sort_rows(rows: pd.DataFrame) -> pd.DataFrame:
    """Put the rows of each code together, by condition and then by time."""
    return rows.sort_values(
        ["code", "applies_when", "valid_from"],
        na_position="first",
        kind="stable",
        ignore_index=True,
    )


def _parse_conditions(texts: Iterable[str], *, name: str) -> list[str]:
    try:
        return [normalise_condition(text) for text in texts]
    except ValueError as fault:
        raise TableError(f"{name}: applies_when: {fault}.") from None


def _parse_dates(texts: Sequence[str], where: str) -> pd.DatetimeIndex:
    iso = [write_iso_day(text) or "NaT" for text in texts]
    dates = pd.to_datetime(iso, format="%Y-%m-%d", errors="coerce")
    if wrong := np.count_nonzero(dates.isna()) - texts.count(""):
        raise TableError(f"{where} is not a date in {wrong} rows. Write YYYY-MM-DD.")
    return dates


def check_rows(rows: pd.DataFrame) -> None:
    """Raise TableError for the first rule that a table of *rows* breaks."""
    cells = {name: rows[name].tolist() for name in CODE_COLUMNS if name not in DATES}
    start = to_days(rows["valid_from"], missing=ALWAYS).tolist()
    end = to_days(rows["valid_to"]).tolist()
    periods = zip(cells["code"], cells["applies_when"], start, end, strict=True)
    counts = {
        "a row has no code": cells["code"].count(""),
        "a group's name is not lower-case letters, digits and _": sum(
            not _NAME.fullmatch(group) for group in cells["group"]
        ),
        "an attribute is not lower-case letters, digits and _": sum(
            not _NAME.fullmatch(attribute)
            for attribute in cells["attribute"]
            if attribute
        ),
        f"activation is not one of {', '.join(ACTIVATIONS[1:])}": sum(
            activation not in ACTIVATIONS for activation in cells["activation"]
        ),
        f"mark is not one of {', '.join(MARKS)}": sum(
            mark not in MARKS for mark in cells["mark"]
        ),
        "valid_to is not after valid_from": int(
            rows["valid_to"].le(rows["valid_from"]).sum()
        ),
        "two periods of one code overlap": sum(
            one[:2] == other[:2] and other[2] < one[3]
            for one, other in pairwise(sorted(periods, key=itemgetter(0, 1, 2)))
        ),
    }
    for rule, n in {**counts, **find_conflicts(rows)}.items():
        if n:
            raise TableError(f"code table: {rule} ({n} rows). Correct the file.")
