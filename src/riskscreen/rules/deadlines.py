"""The deadlines that a case must meet: dated data, like benefit codes."""

import calendar
import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Literal, cast

from riskscreen.errors import FileError, SpecError
from riskscreen.hand_written import UnreadableError, read_text

Clock = Literal["start", "decision"]
Unit = Literal["days", "weeks", "end_of_week", "months"]

_COLUMNS = (
    "name",
    "clock",
    "count",
    "unit",
    "repeats",
    "valid_from",
    "valid_to",
    "da",
    "en",
    "source",
    "verified",
)
_CHOICES = {
    "clock": ("start", "decision"),
    "unit": ("days", "weeks", "end_of_week", "months"),
    "repeats": ("yes", "no"),
    "verified": ("yes", "no"),
}


@dataclass(frozen=True, slots=True)
class DeadlineRule:
    """One deadline as it holds for clocks that start within its validity.

    The clock runs from the case's start date or its decision date. ``end_of_week``
    counts the starting day as the first day of week 1, so the end of week 8 is day 56,
    which is 55 days after the start; the other units simply add. ``valid_to`` is the
    first day on which the rule no longer holds. A rule that is not ``verified`` does
    not stand in the sources this product is built on, and is printed with that remark.
    """

    name: str
    clock: Clock
    count: int
    unit: Unit
    repeats: bool
    valid_from: date
    valid_to: date
    da: str
    en: str
    source: str
    verified: bool

    def holds_on(self, day: date) -> bool:
        """Tell whether a clock that starts on *day* falls under this rule."""
        return self.valid_from <= day < self.valid_to

    def in_language(self, language: str) -> str:
        """Return what has to happen, in ``"da"`` or ``"en"``."""
        return self.da if language == "da" else self.en


@dataclass(frozen=True, slots=True)
class Deadline:
    """One deadline of one case, seen on one day; negative days have passed."""

    rule: DeadlineRule
    due: date
    days_left: int


@cache
def read_shipped_rules() -> tuple[DeadlineRule, ...]:
    """Read the rules of data/deadlines.csv."""
    text = files("riskscreen").joinpath("data/deadlines.csv").read_text("utf-8")
    return _parse_rules(text.splitlines(), "data/deadlines.csv")


def read_site_rules(path: Path) -> tuple[DeadlineRule, ...]:
    """Read the shipped rules, a site's own in place of those of the same name.

    The file has the columns of data/deadlines.csv. Raises FileError naming file, line
    and remedy.
    """
    try:
        lines = read_text(path).splitlines()
    except FileNotFoundError:
        raise FileError(
            f"{path}: no such file. Give the path of a deadlines file."
        ) from None
    except UnreadableError as fault:
        raise FileError(f"{path}: {fault}") from None
    own = _parse_rules(lines, str(path))
    names = {rule.name for rule in own}
    return (*(r for r in read_shipped_rules() if r.name not in names), *own)


def find_deadlines(
    names: Sequence[str],
    *,
    start_date: date,
    decision_date: date,
    as_of: date,
    rules: Iterable[DeadlineRule],
) -> tuple[Deadline, ...]:
    """Find the named deadlines of one case, the soonest first.

    A deadline that repeats stands once, at its next day from *as_of* on. A name without
    a rule that holds on the clock's first day is left out. Raises SpecError for a name
    that no rule has.
    """
    held = tuple(rules)
    check_deadline_names(names, held)
    clocks = {"start": start_date, "decision": decision_date}
    found = [
        _build_deadline(rule, clocks[rule.clock], as_of)
        for rule in held
        if rule.name in names and rule.holds_on(clocks[rule.clock])
    ]
    return tuple(sorted(found, key=lambda deadline: deadline.due))


def check_deadline_names(names: Iterable[str], rules: Iterable[DeadlineRule]) -> None:
    """Raise SpecError where a specification names a deadline that no rule has."""
    known = {rule.name for rule in rules}
    if unknown := sorted(set(names) - known):
        raise SpecError(
            f"deadlines: {unknown} are not known; the names are {sorted(known)}. "
            "Correct the spelling, or add a row to the site's deadlines file."
        )


def _build_deadline(rule: DeadlineRule, start: date, as_of: date) -> Deadline:
    times = 1
    due = _compute_due(rule, start, times)
    while rule.repeats and due < as_of:
        times += 1
        due = _compute_due(rule, start, times)
    return Deadline(rule=rule, due=due, days_left=(due - as_of).days)


def _compute_due(rule: DeadlineRule, start: date, times: int) -> date:
    count = rule.count * times
    if rule.unit == "months":
        return _add_months(start, count)
    days = count if rule.unit == "days" else 7 * count
    return start + timedelta(days=days - (rule.unit == "end_of_week"))


def _add_months(start: date, months: int) -> date:
    """Return the same day of a later month, or its last day where there is none.

    >>> _add_months(date(2024, 11, 30), 3)
    datetime.date(2025, 2, 28)
    """
    year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    last = calendar.monthrange(year, month + 1)[1]
    return date(year, month + 1, min(start.day, last))


def _parse_rules(lines: Sequence[str], file: str) -> tuple[DeadlineRule, ...]:
    reader = csv.DictReader(lines)
    found = tuple(reader.fieldnames or ())
    if found != _COLUMNS:
        raise FileError(f"{file}: the columns must be {', '.join(_COLUMNS)}.")
    rules = tuple(_parse_rule(row, f"{file}, line {reader.line_num}") for row in reader)
    _check_validity(rules, file)
    return rules


def _parse_rule(row: dict[str, str], where: str) -> DeadlineRule:
    for column, choices in _CHOICES.items():
        if row[column] not in choices:
            raise FileError(f"{where}: {column} must be one of {', '.join(choices)}.")
    if not row["count"].isdecimal() or int(row["count"]) == 0:
        raise FileError(f"{where}: count must be a whole number above 0.")
    if not (row["name"] and row["da"] and row["en"] and row["source"]):
        raise FileError(f"{where}: name, da, en and source must not be empty.")
    return DeadlineRule(
        name=row["name"],
        clock=cast("Clock", row["clock"]),
        count=int(row["count"]),
        unit=cast("Unit", row["unit"]),
        repeats=row["repeats"] == "yes",
        valid_from=_parse_day(row["valid_from"], date.min, where),
        valid_to=_parse_day(row["valid_to"], date.max, where),
        da=row["da"],
        en=row["en"],
        source=row["source"],
        verified=row["verified"] == "yes",
    )


def _parse_day(text: str, open_end: date, where: str) -> date:
    try:
        return date.fromisoformat(text) if text else open_end
    except ValueError:
        raise FileError(
            f"{where}: write dates as 2014-07-01, or leave empty."
        ) from None


def _check_validity(rules: Iterable[DeadlineRule], file: str) -> None:
    """Raise FileError where two rules of one name hold on the same day."""
    last: dict[str, date] = {}
    for rule in sorted(rules, key=lambda r: (r.name, r.valid_from)):
        if rule.valid_from < last.get(rule.name, date.min) or (
            rule.valid_to <= rule.valid_from
        ):
            raise FileError(
                f"{file}: {rule.name} holds twice on the same day, or ends before it "
                "begins. Mend valid_from and valid_to."
            )
        last[rule.name] = rule.valid_to
