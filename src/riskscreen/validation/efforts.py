"""Rows of help given: what an effort must say, and which rows are set aside."""

from dataclasses import replace

import pandas as pd

from riskscreen.validation.checking import (
    NO_PATTERNS,
    CheckedTable,
    KeyPatterns,
    start_check,
)
from riskscreen.validation.harmful_texts import mark_harmful
from riskscreen.validation.keys import check_keys
from riskscreen.validation.parsing import read_dates, read_end_dates, read_texts
from riskscreen.validation.personal_data import judge_personal_data
from riskscreen.validation.schemas import EFFORTS
from riskscreen.validation.surveys import refuse_unread_columns

NEEDED = ("case_id", "kind", "start_date")
OPTIONAL = ("end_date", "place")


def check_efforts(
    table: pd.DataFrame, *, file: str, patterns: KeyPatterns = NO_PATTERNS
) -> CheckedTable:
    """Return the rows of the whole *table* that keep the contract EFFORTS.

    A case may have several; a table without a row says that nobody was helped yet. An
    end that registers write for never is none. Set aside is a row without case, kind or
    start, one whose dates do not exist, one that ends before it starts, and one whose
    words judge a citizen or recommend a benefit, for pages print them: what is left of
    its case may say less than was done, so such rows are told by rule and count.
    *patterns* are regular expressions for keys by column name. Raises
    PersonalDataError, and TableError where a column is missing or fails throughout.
    """
    errors = start_check(table, NEEDED, file=file, optional=OPTIONAL, patterns=patterns)
    notes = judge_personal_data([errors.personal], file=file)
    case_id = check_keys("case_id", errors, pattern=patterns.get("case_id")).values
    kind = read_texts(table["kind"])
    errors.check_cells(kind, column="kind", rule="", required=True)
    first = read_dates(table["start_date"])
    start = errors.check_dates(first, column="start_date").values
    nothing = pd.Series(None, index=table.index, dtype="str")
    end = read_end_dates(table.get("end_date", nothing))
    ends = errors.check_dates(end, column="end_date", required=False).values
    early = (ends < start).to_numpy(dtype=bool)
    errors.mark(early, column="end_date", rule="before start_date")
    place = read_texts(table.get("place", nothing))
    for name, words in (("kind", kind.values), ("place", place.values)):
        mark_harmful(errors, name, words)
    refuse_unread_columns([errors.cells], file=file)
    columns = {
        "case_id": case_id,
        "kind": kind.values,
        "start_date": start,
        "end_date": ends,
        "place": place.values,
    }
    return replace(errors.split(columns, EFFORTS), notes=notes)
