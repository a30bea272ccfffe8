"""Time on ledighedsydelse: how long those on it have been there, and those who left.

Read from the benefit history alone. Spells that lie less than four weeks apart are one,
as a payment that came late or a holiday is no way out.
"""

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from riskscreen.disclosure.counts import ShownCounts, count_shown
from riskscreen.disclosure.words import SMALLEST_GROUP
from riskscreen.readers.history import read_spell_parts
from riskscreen.readers.site import Site
from riskscreen.rules.code_groups import CodeTable, read_site_code_table
from riskscreen.rules.code_rows import normalise_codes
from riskscreen.timeline import DAYS_IN_WEEK

GROUP = "ledighedsydelse"
LENGTHS = ("under_26", "26_to_52", "over_52")
"""In weeks: of the right to an external provider, and of the duty (half a year, a
year)."""
BRIDGED_DAYS = 28
_ROWS = 100_000


@dataclass(frozen=True, slots=True)
class Waiting:
    """Who is on the benefit on the day of the extract, and who left in the year before.

    By length so far, or in all; the medians and the mean are in weeks, None of few.
    """

    now: ShownCounts
    left: ShownCounts
    median_now: float | None
    median_left: float | None
    mean_left: float | None


def measure_waiting(site: Site) -> Waiting | None:
    """Measure the time on the benefit in the history of *site*; None without any of it.

    Raises FileError, TableError or PersonalDataError where the history cannot be used.
    """
    source = site.find_history()
    if source is None:
        return None
    codes = read_site_code_table(site.folder)
    parts, last = [], None
    for part, checked in read_spell_parts(
        source, extract_date=site.extract_date, rows=_ROWS, patterns=site.keys
    ):
        parts.append(select_spells(checked.kept, codes))
        last = part
    assert last is not None  # there is always at least one part
    spells = pd.concat(parts, ignore_index=True)
    if last.open_ends is not None:
        # Of a register of weeks the last part says on which day spells are open.
        still = spells["end_date"] == pd.Timestamp(last.open_ends)
        spells["end_date"] = spells["end_date"].mask(still)
    return measure_spells(join_spells(spells), extract_date=site.extract_date)


def select_spells(spells: pd.DataFrame, codes: CodeTable) -> pd.DataFrame:
    """Select the *spells* whose code meant the benefit on their first day.

    By the rows without ``applies_when``: the parts of a file do not tell what came
    before a spell.
    """
    rows = codes.rows[
        (codes.rows["group"] == GROUP) & (codes.rows["applies_when"] == "")
    ]
    plain = normalise_codes(spells["code"])
    near = spells[plain.isin(rows["code"])].assign(plain=plain)
    paired = near.reset_index().merge(rows, left_on="plain", right_on="code")
    start = paired["start_date"]
    held = (paired["valid_from"].isna() | (start >= paired["valid_from"])) & (
        paired["valid_to"].isna() | (start < paired["valid_to"])
    )
    own = near.loc[paired["index"][held].unique()]
    return own[["person_id", "start_date", "end_date"]]


def join_spells(spells: pd.DataFrame) -> pd.DataFrame:
    """Join a person's spells that lie less than BRIDGED_DAYS apart; an open one stays.

    >>> rows = [("p", "2024-01-01", "2024-02-01"), ("p", "2024-02-20", None)]
    >>> table = pd.DataFrame(rows, columns=["person_id", "start_date", "end_date"])
    >>> table[["start_date", "end_date"]] = table[["start_date", "end_date"]].apply(
    ...     pd.to_datetime
    ... )
    >>> len(join_spells(table))
    1
    """
    ordered = spells.sort_values(["person_id", "start_date"], ignore_index=True)
    far = pd.Timestamp("2200-01-01")
    ends = ordered["end_date"].fillna(far)
    reached = ends.groupby(ordered["person_id"]).cummax()
    before = reached.groupby(ordered["person_id"]).shift()
    gap = ordered["start_date"] - before
    begins = before.isna() | (gap >= pd.Timedelta(days=BRIDGED_DAYS))
    joined = ordered.assign(end_date=ends).groupby(begins.cumsum())
    whole = joined.agg({"person_id": "first", "start_date": "min", "end_date": "max"})
    return whole.assign(end_date=whole["end_date"].mask(whole["end_date"] == far))


def measure_spells(spells: pd.DataFrame, *, extract_date: date) -> Waiting | None:
    """Measure joined *spells* as they stood on *extract_date*; None without one."""
    today = pd.Timestamp(extract_date)
    open_now = spells["end_date"].isna() | (spells["end_date"] > today)
    year_ago = today - pd.DateOffset(years=1)
    left = ~open_now & (spells["end_date"] > year_ago)
    if not (open_now | left).any():
        return None
    days = (spells["end_date"].mask(open_now, today) - spells["start_date"]).dt.days
    weeks = days / DAYS_IN_WEEK
    now_shown, left_shown = (_count_lengths(weeks[of]) for of in (open_now, left))
    return Waiting(
        now_shown,
        left_shown,
        _describe(weeks[open_now], "median"),
        _describe(weeks[left], "median"),
        _describe(weeks[left], "mean"),
    )


def _count_lengths(weeks: "pd.Series[float]") -> ShownCounts:
    bounds = [weeks < 26, weeks < 52]
    names = np.select(bounds, LENGTHS[:2], LENGTHS[2])
    return count_shown(np.full(len(weeks), "all"), names, ("all",), LENGTHS)


def _describe(weeks: "pd.Series[float]", how: str) -> float | None:
    """Return the median or mean of *weeks*; None of fewer than two small groups."""
    return float(weeks.agg(how)) if len(weeks) >= 2 * SMALLEST_GROUP else None
