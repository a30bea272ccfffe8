"""What a model keeps of a code table, and what a run adds to it."""

import hashlib
from datetime import date
from functools import lru_cache

import pandas as pd

from riskscreen.rules.code_groups import (
    CodeTable,
    parse_code_table,
    read_shipped_code_table,
)
from riskscreen.rules.code_rows import fill_unsaid, read_head

_MEANING = ("code", "group", "attribute", "valid_from", "valid_to")
_OF_THE_RUN = ("activation", "da", "en", "source", "mark", "checked_on")
"""What a run adds, where a model's table has no such column."""


def select_meaning(table: CodeTable, *, until: date, activation: bool = False) -> str:
    """Return as CSV what each code of *table* meant up to the day *until*.

    All of it is read by features and outcomes, but for the *activation*, which a
    specification may read or not; no column says after which benefit a row holds where
    none asks for it. Who has checked a row, from which
    source, in which words, and what codes mean later is not, so it makes no other
    model: a period that ends after *until* has no end, and one that begins later is
    left out.
    """
    day, rows = pd.Timestamp(until), table.rows
    lived = rows[~rows["valid_from"].gt(day)]
    lived = lived.assign(valid_to=lived["valid_to"].mask(lived["valid_to"] > day))
    columns = [*_MEANING, *(["activation"] if activation else [])]
    if lived["applies_when"].any():
        columns.append("applies_when")
    text: str = lived[columns].to_csv(
        index=False, lineterminator="\n", date_format="%Y-%m-%d"
    )
    return text


def fingerprint_meaning(meaning: str) -> str:
    """Return the SHA-256 of what select_meaning returned."""
    return hashlib.sha256(meaning.encode()).hexdigest()


@lru_cache(maxsize=8)  # read when its model is opened, and when it scores
def parse_model_codes(text: str) -> CodeTable:
    """Parse a model's own table; TableError where it breaks a rule of code tables."""
    return parse_code_table(text, name="the model's code_groups.csv")


@lru_cache(maxsize=8)  # live cases come one by one
def read_model_codes(text: str) -> CodeTable:
    """Read a model's own table, with what a run knows beside it.

    Marks, sources and words are the shipped table's where it has the code in the same
    group, and the model's table has no such column. Codes that the model lacks are the
    shipped table's too, where the model knows their group. Raises TableError where the
    text breaks a rule of code tables.
    """
    own = parse_model_codes(text).rows
    shipped = read_shipped_code_table().rows
    stated = read_head(text)
    unsaid = [name for name in _OF_THE_RUN if name not in stated]
    later = shipped[
        ~shipped["code"].isin(own["code"]) & shipped["group"].isin(own["group"])
    ]
    filled = fill_unsaid(own, shipped, unsaid)
    return CodeTable(pd.concat([filled, later], ignore_index=True))
