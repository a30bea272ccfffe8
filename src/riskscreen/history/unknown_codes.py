"""Benefit codes that the code table does not know: who has them, how much they weigh.

Such weeks count as other public support (rules/code_groups.py) and are scored. What
they say is less than a known code says, so from one bound on a run warns of them, and
from another it stops: then it is no odd code but a renumbered benefit, and every score
and label of its people is another one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from riskscreen.array_tables import ArrayTable, take_cells
from riskscreen.disclosure.words import SMALLEST_GROUP, is_shown_code
from riskscreen.errors import UnknownCodesError
from riskscreen.rules.code_groups import CodeTable, locate_codes
from riskscreen.rules.code_rows import normalise_codes
from riskscreen.rules.split_spells import split_at_validity
from riskscreen.spec import Specification
from riskscreen.text_arrays import TEXT
from riskscreen.timeline import DAYS_IN_WEEK, to_day_number, to_days
from riskscreen.validation.joins import SHARES_FROM

WEEKS_IN_A_QUARTER = 13
_EXACT = 1e-6
"""Sums of weeks that differ by no more are the same."""
_ADD = (
    "Add them, with their group and period, to the site's code_groups.csv "
    "(docs/how-to/new-codes.md)"
)


@dataclass
class CodeHolders:
    """Rows of each code, and at most SMALLEST_GROUP of the persons who have it."""

    rows: dict[str, int] = field(default_factory=dict)
    persons: dict[str, set[str]] = field(default_factory=dict)

    def add(self, codes: "pd.Series[str]", persons: Any) -> None:
        """Count more rows: their codes and persons."""
        for code, n in codes.value_counts().items():
            self.rows[str(code)] = self.rows.get(str(code), 0) + int(n)
        pairs = pd.DataFrame({"code": codes.array, "person": take_cells(persons)})
        few = pairs.drop_duplicates().groupby("code").head(SMALLEST_GROUP)
        for code, person in few.to_numpy():
            holders = self.persons.setdefault(code, set())
            if len(holders) < SMALLEST_GROUP:
                holders.add(person)

    def list_shown(self) -> list[str]:
        """List the codes that may be named: held by enough, and in a code's form."""
        return [c for c, p in self.persons.items() if is_shown_code(c, persons=len(p))]

    def tabulate(self) -> pd.DataFrame:
        """Return code, n_rows and n_persons (at most SMALLEST_GROUP), by code."""
        table = pd.DataFrame(
            {
                "code": pd.array([*self.rows], dtype=TEXT),
                "n_rows": np.array([*self.rows.values()], dtype=np.int64),
                "n_persons": np.array(
                    [len(self.persons[code]) for code in self.rows], np.int64
                ),
            }
        )
        return table.sort_values("code", ignore_index=True)


# Nearly always, of one citizen.
_NO_CODES = CodeHolders().tabulate().assign(weeks=np.empty(0))


@dataclass(frozen=True, slots=True)
class QuarterWeeks:
    """What the newest quarter of a history holds, of everybody in it.

    ``weeks`` are those of its rows and ``unknown_weeks`` those on unknown codes, which
    ``codes`` counts (code, n_rows, n_persons, weeks); ``persons`` counts no further
    than joins.SHARES_FROM. ``until`` is the day after the quarter.
    """

    until: date
    weeks: float
    unknown_weeks: float
    persons: int
    codes: pd.DataFrame

    @property
    def share(self) -> float:
        """The share of the weeks that is on unknown codes; 0 without a week."""
        return self.unknown_weeks / self.weeks if self.weeks else 0.0

    def list_shares(self) -> dict[str, float]:
        """List the share of the weeks that each code has which may be named.

        Of few people no share is told. Nor is one of few weeks, or any where few weeks
        would be left for the codes that are not named.
        """
        if self.persons < SHARES_FROM:
            return {}
        named = self.codes[_find_shown(self.codes)]
        rest = self.unknown_weeks - float(named["weeks"].sum())
        if _EXACT < rest < SMALLEST_GROUP:
            return {}
        many = named[named["weeks"] >= SMALLEST_GROUP]
        return dict(zip(many["code"], many["weeks"] / self.weeks, strict=True))

    def describe(self, *, file: str) -> str:
        """Return the share as the beginning of a sentence, with the codes' names.

        Of few weeks no share is told, from which their number would follow.
        """
        unknown, share = f"{self.unknown_weeks:,.0f}", f"{self.share:.1%}; "
        if 0 < self.unknown_weeks < SMALLEST_GROUP:
            unknown, share = f"fewer than {SMALLEST_GROUP}", ""
        return (
            f"{file}: {unknown} of the {self.weeks:,.0f} weeks of the newest quarter "
            f"({share}{WEEKS_IN_A_QUARTER} weeks to "
            f"{self.until - timedelta(days=1)}) stand on benefit codes that the code "
            f"table does not know: {name_unknown(self.codes, self.list_shares())}"
        )


class QuarterSurvey:
    """Counts the weeks of the newest quarter, part by part; nothing else is kept."""

    def __init__(self, codes: CodeTable, until: date) -> None:
        self._codes, self._until = codes, until
        self._end = to_day_number(until)
        self._days = np.zeros(2, dtype=np.int64)
        self._persons: set[str] = set()
        self._holders = CodeHolders()
        self._unknown_days: dict[str, float] = {}

    def add(self, kept: ArrayTable) -> None:
        """Take in the sound spells of one part more."""
        begin = self._end - WEEKS_IN_A_QUARTER * DAYS_IN_WEEK
        start = np.maximum(to_days(kept["start_date"]), begin).astype(np.int32)
        end = np.minimum(to_days(kept["end_date"]), self._end).astype(np.int32)
        lived = np.flatnonzero(start < end)
        if not len(lived):
            return
        rows, start, end = kept.take(lived), start[lived], end[lived]
        number, names = pd.factorize(rows["code"])
        pieces = split_at_validity(
            locate_codes(names, self._codes)[number],
            start,
            end,
            self._codes.periods,
        )
        days = (pieces.end - pieces.start).astype(np.int64)
        self._days += days.sum(), days[pieces.unknown].sum()
        if len(self._persons) < SHARES_FROM:
            self._persons.update(rows["person_id"].unique()[:SHARES_FROM])
        if not pieces.unknown.any():
            return
        written = normalise_codes(pd.Series(rows["code"]))
        unknown = np.unique(pieces.row[pieces.unknown])
        self._holders.add(written.take(unknown), rows["person_id"][unknown])
        on_unknown = written.take(pieces.row[pieces.unknown])
        codes, code = np.unique(on_unknown, return_inverse=True)
        on_code = np.bincount(code, days[pieces.unknown], minlength=len(codes))
        for name, n in zip(codes.tolist(), on_code.tolist(), strict=True):
            self._unknown_days[name] = self._unknown_days.get(name, 0.0) + n

    def close(self) -> QuarterWeeks:
        """Return what the parts add up to."""
        weeks, unknown = (self._days / DAYS_IN_WEEK).tolist()
        persons = min(len(self._persons), SHARES_FROM)
        codes = _NO_CODES
        if self._unknown_days:
            codes = self._holders.tabulate()
            days = [self._unknown_days[code] for code in codes["code"]]
            codes = codes.assign(weeks=np.array(days, np.float64) / DAYS_IN_WEEK)
        return QuarterWeeks(self._until, weeks, unknown, persons, codes)


def add_up_quarters(parts: Sequence[QuarterWeeks]) -> QuarterWeeks | None:
    """Add up what *parts* of a history hold, each of other people; None of no part."""
    if not parts:
        return None
    codes = pd.concat([part.codes for part in parts], ignore_index=True)
    codes = codes.groupby("code", as_index=False).sum()
    return QuarterWeeks(
        parts[0].until,
        sum(part.weeks for part in parts),
        sum(part.unknown_weeks for part in parts),
        min(sum(part.persons for part in parts), SHARES_FROM),
        codes.assign(n_persons=codes["n_persons"].clip(upper=SMALLEST_GROUP)),
    )


def judge_quarter(
    spec: Specification, quarter: QuarterWeeks | None, *, file: str, accepted: bool
) -> str | None:
    """Return what a run is to warn of; None for next to nothing, and without a quarter.

    Raises UnknownCodesError from ``delivery.unknown_codes_refused_at`` on, unless the
    codes are *accepted*: then it warns. Nothing is asked of fewer persons than
    joins.SHARES_FROM; there each row's own flag tells.
    """
    bounds = spec.delivery
    if quarter is None or quarter.persons < SHARES_FROM or not quarter.unknown_weeks:
        return None
    words = quarter.describe(file=file)
    if quarter.share >= bounds.unknown_codes_refused_at and not accepted:
        raise UnknownCodesError(
            f"{words}. From {bounds.unknown_codes_refused_at:.1%} on a run stops "
            f"(delivery.unknown_codes_refused_at). {_ADD}; or go on and let them "
            "count as other public support, with --accept-unknown-codes "
            "(accept_unknown_codes=True in Python)."
        )
    if quarter.share >= bounds.unknown_codes_warned_at:
        return f"{words}. They count as other public support. {_ADD}."
    return None


def name_unknown(
    unknown: pd.DataFrame, shares: Mapping[str, float] | None = None
) -> str:
    """Name unknown codes (code, n_rows, n_persons); those of few are counted alone.

    *shares* are of the weeks of the newest quarter, by code (list_shares).
    """
    shown, of_weeks = _find_shown(unknown), shares or {}
    named = [f"{r.code} ({r.n_rows} rows)" for r in unknown[shown].itertuples()]
    for place, code in enumerate(unknown["code"][shown].tolist()):
        if code in of_weeks:
            share = f", {of_weeks[code]:.1%} of the weeks)"
            named[place] = named[place].removesuffix(")") + share
    if rows := int(unknown["n_rows"].sum() - unknown["n_rows"][shown].sum()):
        named.append(
            f"{int((~shown).sum())} not shown, of fewer than {SMALLEST_GROUP} "
            f"persons or not in the form of a code ({rows} rows)"
        )
    return ", ".join(named)


def _find_shown(unknown: pd.DataFrame) -> npt.NDArray[np.bool_]:
    held_by = zip(unknown["code"], unknown["n_persons"], strict=True)
    shown = [is_shown_code(str(code), persons=persons) for code, persons in held_by]
    # Of no code at all an empty list would select columns, and not rows.
    return np.array(shown, dtype=bool)


def describe_unknown(unknown: pd.DataFrame, *, file: str) -> str:
    """Describe unknown codes, what they count as, and what to do about them."""
    return (
        f"{file}: benefit codes that the code table does not know at that time count "
        f"as other public support: {name_unknown(unknown)}. {_ADD}."
    )
