"""In which order a file writes day and month: stated, or found in all of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from riskscreen.errors import FileError
from riskscreen.validation.decimals import CLEARLY, Integers, name_positions

DateOrder = Literal["day_first", "month_first"]

_DATES_SHARE = 0.9
"""Least share of dates among cells with their marks, for a column to show an order."""
_DAY_AND_MONTH = r"^\s*(?P<a>\d{1,2})(?P<mark>[-./])(?P<b>\d{1,2})[-./]\d{4}\b"
_YEAR_FIRST = r"^\s*\d{4}[-./](?P<a>\d{1,2})[-./](?P<b>\d{1,2})\b"
_LIKE_DATES = r"\d[-./]\d"


@dataclass(slots=True)
class DateCounts:
    """How many cells of one column look like dates, and which part is above 12.

    ``marked`` are cells with a mark as in dates; ``rows`` those of them with two parts
    before the year; the two ``year_first`` parts stand after it.
    """

    marked: int = 0
    rows: int = 0
    first_is_day: int = 0
    second_is_day: int = 0
    slashes: int = 0
    middle_is_day: int = 0
    last_is_day: int = 0

    def add_distinct(self, texts: pa.Array, times: Integers) -> None:
        """Count different texts, and how often each stands in the column."""
        like = pc.match_substring_regex(texts, _LIKE_DATES)
        like_dates = like.to_numpy(zero_copy_only=False)
        self.marked += int(times[like_dates].sum())
        parts, weights = _extract_parts(texts, times, _DAY_AND_MONTH)
        first, second = _find_days(parts, "a"), _find_days(parts, "b")
        self.rows += int(weights.sum())
        self.first_is_day += int(weights[first].sum())
        self.second_is_day += int(weights[second].sum())
        if len(parts):
            slash = pc.equal(parts.field("mark"), "/")
            self.slashes += int(weights[slash.to_numpy(zero_copy_only=False)].sum())
        parts, weights = _extract_parts(texts, times, _YEAR_FIRST)
        self.middle_is_day += int(weights[_find_days(parts, "a")].sum())
        self.last_is_day += int(weights[_find_days(parts, "b")].sum())

    def shows(self) -> bool:
        """Return whether the column is one of dates with the year last."""
        return self.rows > 0 and self.rows >= _DATES_SHARE * self.marked


def _extract_parts(
    texts: pa.Array, times: Integers, pattern: str
) -> tuple[pa.StructArray, Integers]:
    """Find the named parts of the texts that match, and count each text's rows."""
    parts = pc.extract_regex(texts, pattern)
    there = parts.is_valid()
    return parts.filter(there), times[there.to_numpy(zero_copy_only=False)]


def _find_days(parts: pa.StructArray, name: str) -> npt.NDArray[np.bool_]:
    """Return where a part is above 12, so that it can be no month."""
    numbers = parts.field(name).cast(pa.int64()).to_numpy(zero_copy_only=False)
    return np.asarray(numbers > 12, dtype=bool)


_STATE_DATES = "State the dates: day_first or month_first, or deliver YYYY-MM-DD."


def detect_date_order(
    where: str, counts: Sequence[DateCounts], *, stated: DateOrder | None
) -> DateOrder | None:
    """Return the order of day and month; all date columns of a file share one."""
    if swapped := [
        n for n, d in enumerate(counts, 1) if d.middle_is_day > d.last_is_day
    ]:
        raise FileError(
            f"{where}: the dates of {name_positions(swapped)} have the day between "
            "year and month. Deliver YYYY-MM-DD."
        )
    shown = {n: d for n, d in enumerate(counts, start=1) if d.shows()}
    if not shown:
        return stated
    order = stated or _detect_order(where, list(shown.values()))
    # Days above 12 where the month stands, and where the day does.
    wrong = {
        n: (d.second_is_day, d.first_is_day)
        if order == "day_first"
        else (d.first_is_day, d.second_is_day)
        for n, d in shown.items()
    }
    against = [n for n, (off, right) in wrong.items() if off > right and off > 1]
    off, right = (sum(pair) for pair in zip(*wrong.values(), strict=True))
    if against := against or [n for n in shown if off > right and wrong[n][0]]:
        # One slip in a column is left to its row.
        said = "stated" if stated else "found in the other columns"
        raise FileError(
            f"{where}: dates are {order}, as {said}, but days above 12 stand in the "
            f"place of the month in {name_positions(against)}. State what the file "
            "has, or deliver YYYY-MM-DD."
        )
    return order


def _detect_order(where: str, shown: Sequence[DateCounts]) -> DateOrder:
    day_first = sum(d.first_is_day for d in shown)
    month_first = sum(d.second_is_day for d in shown)
    if day_first > CLEARLY * month_first:
        return "day_first"
    if month_first > CLEARLY * day_first:
        raise FileError(
            f"{where}: dates look like month before day. State the dates: month_first "
            "(or day_first), or deliver YYYY-MM-DD."
        )
    if day_first or month_first or any(d.slashes for d in shown):
        raise FileError(
            f"{where}: it cannot be told whether dates have the day or the month "
            f"first. {_STATE_DATES}"
        )
    return "day_first"
