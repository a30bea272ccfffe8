"""What only a whole table can tell: doubled cases, ids that are none, whole columns.

A file is read and checked in parts, but nothing here may depend on their size: each
part is surveyed first, and judged when all are known.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from riskscreen.array_tables import ArrayTable, Mask, Table, mark_missing
from riskscreen.errors import TableError
from riskscreen.spec import Specification
from riskscreen.text_arrays import TEXT, build_texts
from riskscreen.timeline import DAYS_IN_WEEK, find_newest_day, to_days, to_monday
from riskscreen.validation.cells import is_among
from riskscreen.validation.checking import (
    REPEATED,
    CellCount,
    CheckedTable,
    require_rows,
)
from riskscreen.validation.joins import SHARES_FROM
from riskscreen.validation.personal_data import PersonalData, judge_personal_data

TWICE = f"case_id: {REPEATED}"
NO_ID = "person_id: more cases within a year than one person can have"
DOUBLE = "case_id: the same person and start date stand under another case number"
FEWEST_CELLS = 5
"""From as many cells on, that all of a column fail is a fault of the file."""
_DATES_OF_A_SPELL = ("start_date", "end_date", "registered_on")
_YEAR = np.timedelta64(365, "D")
Places = npt.NDArray[np.integer]


def refuse_unread_columns(
    parts: Iterable[Mapping[str, CellCount]], *, file: str
) -> None:
    """Raise TableError where all of at least FEWEST_CELLS cells of a column failed."""
    cells, failed, looks_like = Counter[str](), Counter[str](), dict[str, str]()
    for part in parts:
        for name, count in part.items():
            cells[name] += count.cells
            failed[name] += count.failed
            looks_like[name] = looks_like.get(name) or count.looks_like
    for name, n in cells.items():
        if n >= FEWEST_CELLS and failed[name] == n:
            looks = f" ({looks_like[name]})" if looks_like[name] else ""
            raise TableError(
                f"{file}: all {n} cells of {name} are blank or cannot be read{looks}. "
                "It is the file that is at fault: deliver it again, or say in "
                "site.toml how it is written."
            )


@dataclass(frozen=True, slots=True)
class CasePart:
    """Some rows of a case table, each read and checked by itself.

    ``checked.columns`` are the rows that are sound by themselves. ``rows`` has every
    row: case_id, person_id, the days (or the period), and whether it is ``sound``;
    ``list_arrivals`` says of each row whose it is (schemas.ARRIVALS, without the file):
    nobody asks of a case alone.
    """

    checked: CheckedTable
    rows: ArrayTable
    list_arrivals: Callable[[], pd.DataFrame]


@dataclass(frozen=True, slots=True)
class CaseSurvey:
    """What is wrong with rows of a case table in the light of all the others.

    ``twice`` and ``double`` are case_ids, ``no_ids`` person_ids; ``persons`` are those
    of the rows that stay; ``notes`` are of what the table holds of persons.
    """

    twice: frozenset[str]
    double: frozenset[str]
    no_ids: frozenset[str]
    persons: "pd.Index[str]"
    notes: tuple[str, ...] = ()

    def check(self, checked: CheckedTable) -> CheckedTable:
        """Check *checked*, a part's own rows, when the whole table is known."""
        if not (self.twice or self.double or self.no_ids):
            return checked
        rules = self.rules(checked.columns)
        broken = ~mark_missing(rules)
        if not broken.any():
            return checked
        more = pd.DataFrame(
            {
                "line": checked.lines[broken],
                "case_id": checked.columns["case_id"][broken],
                "rule": rules[broken],
            }
        )
        aside = pd.concat([checked.set_aside, more], ignore_index=True)
        return replace(
            checked,
            columns=checked.columns.take(~broken),
            set_aside=aside.sort_values("line", kind="stable", ignore_index=True),
            lines=checked.lines[~broken],
            unreadable=checked.unreadable[~broken],
        )

    def rules(self, kept: Table) -> Any:
        """Return for each row the rule that it breaks among the others, or missing."""
        rules = np.full(len(kept), None, dtype=object)
        rules[is_among(kept["case_id"], self.double)] = DOUBLE
        rules[is_among(kept["person_id"], self.no_ids)] = NO_ID
        rules[is_among(kept["case_id"], self.twice)] = TWICE
        return build_texts(rules)


def survey_cases(
    spec: Specification, parts: Iterable[CasePart], *, file: str
) -> CaseSurvey:
    """Return what the parts of a case table say together.

    - A case_id on several rows: nobody can say which is right.
    - A person_id of more than ``delivery.max_cases_per_person`` cases within a year (or
      of one period) is no id but a placeholder: it would join strangers.
    - Of two cases with the same person and start date the later decided stays, then the
      one whose case_id comes later in text order.

    There may be no row: of a night in which nobody came in. Raises TableError where
    every cell of a key or date column failed, and PersonalDataError where person
    numbers are no slips (personal_data.py).
    """
    parts = list(parts)
    personal = [part.checked.personal for part in parts]
    notes = judge_personal_data(personal, file=file)
    refuse_unread_columns([part.checked.cells for part in parts], file=file)
    if len(parts) == 1 and len(parts[0].rows) == 1:  # nothing occurs twice
        only, nothing = parts[0].rows, frozenset[str]()
        persons = pd.Index(only["person_id"][only["sound"]], copy=False)
        return CaseSurvey(nothing, nothing, nothing, persons, notes)
    rows = [part.rows.to_frame() for part in parts]
    table = pd.concat(rows, ignore_index=True)
    case_id = table["case_id"]
    again = (case_id.notna() & case_id.duplicated(keep=False)).to_numpy(dtype=bool)
    sound = table[table["sound"].to_numpy(dtype=bool) & ~again]
    codes, persons = pd.factorize(sound["person_id"])
    placeholder = _find_placeholders(
        sound, codes, len(persons), most=spec.delivery.max_cases_per_person
    )
    if placeholder.any():
        stays = ~placeholder[codes]
        sound, codes = sound[stays], codes[stays]
    return CaseSurvey(
        twice=frozenset(case_id[again].unique()),
        double=_find_doubles(sound, codes),
        no_ids=frozenset(persons[placeholder]),
        persons=pd.Index(persons[~placeholder], dtype=TEXT),
        notes=notes,
    )


def _find_placeholders(
    rows: pd.DataFrame, codes: Places, n_persons: int, *, most: int
) -> Mask:
    """Find which persons have more than *most* cases within any year, or of one period.

    *codes* is each row's person, as a number below *n_persons*.
    """
    placeholder = np.bincount(codes, minlength=n_persons) > most
    when = "period" if "period" in rows else "decision_date"
    for person in np.flatnonzero(placeholder):
        times = np.sort(rows[when].to_numpy()[codes == person])
        placeholder[person] = (
            np.unique(times, return_counts=True)[1].max() > most
            if when == "period"
            else bool((times[most:] - times[:-most] < _YEAR).any())
        )
    return placeholder


def _find_doubles(rows: pd.DataFrame, codes: Places) -> frozenset[str]:
    """Find the case_ids that stand behind another of the same person and start date."""
    if "start_date" not in rows:
        return frozenset()
    own = pd.DataFrame({"person": codes, "start": rows["start_date"].to_numpy()})
    same = own.duplicated(keep=False).to_numpy(dtype=bool)
    if not same.any():
        return frozenset()
    ordered = rows[same].sort_values(["decision_date", "case_id"])
    behind = ordered.duplicated(["person_id", "start_date"], keep="last")
    return frozenset(ordered["case_id"][behind.to_numpy(dtype=bool)])


@dataclass(slots=True)
class HistorySurvey:
    """What the parts of a history say together: of whole columns, and where it ends.

    ``gaps`` counts spells by the days from their end to the start of the same person's
    next one in the same part: -1, 0 or 1. Where it *may be empty*, it may be without a
    row.
    """

    file: str
    extract_date: date
    may_be_empty: bool = False
    cells: list[Mapping[str, CellCount]] = field(default_factory=list)
    personal: list[PersonalData] = field(default_factory=list)
    persons: set[str] = field(default_factory=set)
    gaps: Counter[int] = field(default_factory=Counter)
    rows: int = 0
    newest: date | None = None

    def add(self, checked: CheckedTable) -> None:
        """Take in one checked part more."""
        kept = checked.columns
        self.gaps.update(_count_gaps(kept))
        self.cells.append(checked.cells)
        self.personal.append(checked.personal)
        self.rows += len(kept) + len(checked.set_aside)
        if len(self.persons) < SHARES_FROM:
            self.persons.update(kept["person_id"].unique()[:SHARES_FROM])
        dates = [kept[name] for name in _DATES_OF_A_SPELL if name in kept]
        newest = [find_newest_day(days) for days in dates]
        for day in newest:
            if day is not None and day <= self.extract_date:
                self.newest = day if self.newest is None else max(day, self.newest)

    def merge(self, other: "HistorySurvey") -> None:
        """Take in what *other* surveyed of further parts of the same history."""
        self.gaps.update(other.gaps)
        self.cells += other.cells
        self.personal += other.personal
        self.rows += other.rows
        self.persons |= other.persons
        days = [day for day in (self.newest, other.newest) if day is not None]
        self.newest = max(days, default=None)

    def notes(self) -> tuple[str, ...]:
        """Return what there is to tell of persons and of ends.

        PersonalDataError for too much that says who a person is.
        """
        personal = judge_personal_data(self.personal, file=self.file)
        return (*personal, *self._describe_ends())

    def _describe_ends(self) -> Iterator[str]:
        """Say where most spells that meet another's start are read a day off."""
        meeting = self.gaps.total()
        if meeting < FEWEST_CELLS:
            return
        remedies = {
            1: (
                "the day before the next begins, so ends seem to be last days, and are "
                'read as days after. State ends = "inclusive" in site.toml'
            ),
            -1: (
                "the day on which the next begins, so ends seem to be days after, and "
                "are read as last days. Remove ends in site.toml"
            ),
        }
        for gap, what in remedies.items():
            if 2 * self.gaps[gap] > meeting:
                yield (
                    f"{self.file}: of {meeting} spells that another follows, most end "
                    f"{what}, or confirm it with the deliverer"
                )

    def require_readable(self) -> None:
        """Raise TableError where there is no row, or a column fails throughout."""
        if not self.may_be_empty:
            require_rows(self.rows, file=self.file)
        refuse_unread_columns(self.cells, file=self.file)

    def end(self) -> date | None:
        """Return the last day that the history knows of anybody; None of under 100.

        A history of spells ends at the newest start, past end or registration: a
        register in which nothing has happened for weeks was not delivered further.
        Raises TableError where a column fails throughout.
        """
        self.require_readable()
        if self.newest is None or len(self.persons) < SHARES_FROM:
            return None
        return self.newest


def _count_gaps(spells: ArrayTable) -> Counter[int]:
    """Count spells by the days to the same person's next one, of -1, 0 and 1 day."""
    person, _ = pd.factorize(spells["person_id"])
    start, end = to_days(spells["start_date"]), to_days(spells["end_date"])
    # Two in one number, which sorts faster than two keys.
    order = np.argsort((person << 32) + start, kind="stable")
    gap = start[order][1:] - end[order][:-1]
    near = (np.diff(person[order]) == 0) & (np.abs(gap) <= 1)
    return Counter(gap[near].tolist())


def require_reach(
    spec: Specification, last_day: date | None, *, as_of: date, file: str
) -> None:
    """Raise TableError where a history ends too long before *as_of*.

    *last_day* is the last one that it knows of anybody; None where that cannot be told
    (HistorySurvey).
    """
    if spec.history is None or last_day is None:
        return
    weeks = spec.history.register_lag_weeks + spec.delivery.history_behind_weeks_at_most
    if last_day >= to_monday(as_of) - timedelta(weeks=weeks):
        return
    behind = (as_of - last_day).days // DAYS_IN_WEEK
    raise TableError(
        f"{file}: ends {behind} weeks before the as-of date, and at most {weeks} are "
        "allowed (the register lag and delivery.history_behind_weeks_at_most). Deliver "
        "a newer history, or name the day on which this one was extracted."
    )
