"""The rules that deadlines follow: dated, conditional data, like benefit codes."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date
from functools import cache
from importlib.resources import files
from itertools import combinations
from pathlib import Path
from typing import Any, Literal, get_args

from riskscreen.errors import FileError, SpecError
from riskscreen.hand_written import (
    format_csv,
    name_unreadable,
    parse_csv,
    parse_day,
    read_words,
)
from riskscreen.rules.conditions import (
    STATE,
    Condition,
    join_conditions,
    parse_conditions,
)
from riskscreen.rules.paid_time import LONGEST_WINDOW
from riskscreen.spelling import find_misspelt, suggest_name
from riskscreen.timeline import DAYS_IN_WEEK

DEADLINES = "deadlines.csv"

Kind = Literal["law", "target", "condition"]
Unit = Literal["days", "weeks", "end_of_week", "months", "paid_weeks", "paid_month_end"]
Mark = Literal["confirmed", "official", "secondary", "no_source"]

START, DECISION = "start", "decision"
MONTHS_BEFORE = f"{DECISION} - "
"""What a clock begins with that a column of whole months before T0 sets."""
_PAID = ("paid_weeks", "paid_month_end")
_NEEDED = ("name", "clock", "count", "unit", "da", "en", "source", "mark")
_USUAL = {"kind": "law", "repeats": "no", "within_months": "0", "free_days": "0"}
"""What a cell means that is blank or has no column."""
_LONGEST = 9_999
"""The largest number of a rule: in months 833 years, and no day beyond the calendar."""
_CHOICES = {
    "kind": get_args(Kind),
    "unit": get_args(Unit),
    "repeats": ("yes", "no"),
    "mark": get_args(Mark),
}


@dataclass(frozen=True, slots=True)
class DeadlineRule:
    """One deadline as it holds for clocks that start within its validity.

    ``kind`` tells a demand of the law from a project's own target, and from a condition
    that is met once the day has come: nobody has to do anything by it. ``clock`` is
    START or DECISION (the case's dates), a column of the intake that counts days from
    the start, or MONTHS_BEFORE and a column of whole months before the decision.
    ``end_of_week`` counts the starting day as the first day of week 1, so the end of
    week 8 is day 56, which is 55 days after the start; ``days``, ``weeks`` and
    ``months`` simply add.

    The other units count the time that a benefit was paid (the code group ``counts``)
    in the last ``within_months``, or since the clock's first day where that is 0:
    ``paid_weeks`` falls on the day that ``count`` weeks are full, ``paid_month_end`` on
    the last day of the month by which more than ``count`` weeks were paid. The first
    ``free_days`` from the clock's first day are not counted.

    ``valid_to`` is the first day on which the rule no longer holds, ``applies_when``
    are the conditions on the case (rules/conditions.py). ``mark`` says who stands for
    it: *confirmed* by the site, *official* text or summary, *secondary* (a report, a
    publisher), *no_source*; what has none is not printed. ``checked_on`` is the day
    that the text it was read in is of, or on which the site confirmed it.
    """

    name: str
    kind: Kind
    clock: str
    count: int
    unit: Unit
    counts: str
    within_months: int
    free_days: int
    repeats: bool
    valid_from: date
    valid_to: date
    applies_when: tuple[Condition, ...]
    da: str
    en: str
    source: str
    mark: Mark
    checked_on: date | None

    @property
    def counts_paid_time(self) -> bool:
        """Whether it counts time on a benefit; else it counts days of the calendar."""
        return self.unit in _PAID

    @property
    def bounds(self) -> tuple[date | None, date | None]:
        """Its first day and the first on which it no longer holds; None is no bound."""
        return (
            None if self.valid_from == date.min else self.valid_from,
            None if self.valid_to == date.max else self.valid_to,
        )

    def holds_on(self, day: date) -> bool:
        """Tell whether a clock that starts on *day* falls under this rule."""
        return self.valid_from <= day < self.valid_to

    def in_language(self, language: str) -> str:
        """Return what has to happen, in ``"da"`` or ``"en"``."""
        return self.da if language == "da" else self.en


_COLUMNS = tuple(field.name for field in fields(DeadlineRule))


@cache
def read_shipped_rules() -> tuple[DeadlineRule, ...]:
    """Read the rules of data/deadlines.csv."""
    text = files("riskscreen").joinpath(f"data/{DEADLINES}").read_text("utf-8")
    return parse_rules(text, f"data/{DEADLINES}")


def read_site_rules(site: Path) -> tuple[DeadlineRule, ...]:
    """Read the rules in force at *site*: its own in place of shipped ones of that name.

    Without a ``deadlines.csv`` in the site's folder there are the shipped ones. Raises
    FileError naming file, line, rule and remedy.
    """
    own = read_own_rules(site)
    names = {rule.name for rule in own}
    return (*(r for r in read_shipped_rules() if r.name not in names), *own)


def read_own_rules(site: Path) -> tuple[DeadlineRule, ...]:
    """Read the rules of *site*'s own ``deadlines.csv``; none where there is no file.

    Raises FileError naming file, line, rule and remedy.
    """
    path = site / DEADLINES
    try:
        with name_unreadable(path):
            return parse_rules(read_words(path), str(path))
    except FileNotFoundError:
        return ()


def format_rules(rules: Iterable[DeadlineRule]) -> str:
    """Return *rules* as the text of a deadlines.csv, which is read as the same."""
    return format_csv(_COLUMNS, map(_format_rule, rules))


def check_deadline_names(names: Iterable[str], rules: Iterable[DeadlineRule]) -> None:
    """Raise SpecError where a specification names a deadline that no rule has."""
    known = {rule.name for rule in rules}
    if unknown := sorted(set(names) - known):
        raise SpecError(
            f"deadlines: {unknown} are not known; the names are {sorted(known)}. "
            f"Correct the spelling, or add a row to the site's {DEADLINES}."
        )


def check_deadlines(
    names: Iterable[str],
    rules: Sequence[DeadlineRule],
    facts: Mapping[str, Sequence[str]],
) -> None:
    """Raise SpecError where *rules* do not fit a specification's deadlines and facts.

    *facts* has each column, and STATE, with the values that it has a list of. No rule
    has one of *names*, or a site's own of them misspells a column or a value. What is
    like none is what the target does not have: nobody knows it, as of a shipped rule.
    """
    named, known = {*names}, sorted({*facts, START, DECISION, STATE})
    check_deadline_names(named, rules)
    for rule in rules:
        if rule.name not in named or rule in read_shipped_rules():
            continue
        asked = {
            "clock": [rule.clock.removeprefix(MONTHS_BEFORE)],
            "applies_when": [condition.subject for condition in rule.applies_when],
        }
        for cell, subjects in asked.items():
            for subject in subjects:
                if meant := find_misspelt(subject, known):
                    raise SpecError(
                        f"{DEADLINES}: {rule.name}: {cell} asks for {subject!r}; did "
                        f"you mean {meant!r}? Correct the spelling."
                    )
        for condition in rule.applies_when:
            for value in condition.values:
                if meant := find_misspelt(value, facts.get(condition.subject, ())):
                    raise SpecError(
                        f"{DEADLINES}: {rule.name}: applies_when asks for "
                        f"{condition.subject} = {value}; did you mean {meant!r}? "
                        "Correct the spelling."
                    )


def parse_rules(text: str, file: str) -> tuple[DeadlineRule, ...]:
    """Return the rules of the CSV *text*.

    Raises UnreadableError for what is no CSV, and FileError naming *file*, line and
    remedy.
    """
    table = parse_csv(text)
    _check_header(table.columns, file)
    rules = tuple(_parse_rule(row, f"{file}, line {line}") for line, row in table.rows)
    _check_validity(rules, file)
    return rules


def _check_header(columns: Sequence[str], file: str) -> None:
    if unknown := [name for name in columns if name not in _COLUMNS]:
        raise FileError(
            f"{file}: no column is called {unknown[0]!r}; "
            f"{suggest_name(unknown[0], _COLUMNS)}"
        )
    if missing := [name for name in _NEEDED if name not in columns]:
        raise FileError(
            f"{file}: the columns must be {', '.join(_NEEDED)}, and may be "
            f"{', '.join(n for n in _COLUMNS if n not in _NEEDED)} too; "
            f"{missing[0]} is missing."
        )


def _parse_rule(row: Mapping[str, str], where: str) -> DeadlineRule:
    cells = {name: row.get(name, "") for name in _COLUMNS}
    cells |= {name: usual for name, usual in _USUAL.items() if not cells[name]}
    for column, choices in _CHOICES.items():
        if cells[column] not in choices:
            raise FileError(f"{where}: {column} must be one of {', '.join(choices)}.")
    if empty := [name for name in _NEEDED if not cells[name]]:
        raise FileError(f"{where}: {', '.join(empty)} must not be empty.")
    read: dict[str, Any] = {
        "count": _parse_number(cells, "count", where, least=1),
        "within_months": _parse_number(cells, "within_months", where),
        "free_days": _parse_number(cells, "free_days", where),
        "repeats": cells["repeats"] == "yes",
        "valid_from": _parse_day(cells, "valid_from", where) or date.min,
        "valid_to": _parse_day(cells, "valid_to", where) or date.max,
        "applies_when": _parse_conditions(cells["applies_when"], where),
        "checked_on": _parse_day(cells, "checked_on", where),
    }
    rule = DeadlineRule(**cells | read)
    _check_rule(rule, where)
    return rule


def _check_rule(rule: DeadlineRule, where: str) -> None:
    """Raise FileError where cells of a row contradict each other."""
    if rule.counts_paid_time != bool(rule.counts):
        raise FileError(
            f"{where}: counts names the code group whose paid time is counted, for "
            f"{' and '.join(_PAID)} and for no other unit. Correct unit or counts."
        )
    if rule.within_months > LONGEST_WINDOW:
        raise FileError(
            f"{where}: within_months must be {LONGEST_WINDOW} at most: benefits are "
            "carried no further back. Shorten it, or leave it empty to count since "
            "the clock's first day."
        )
    # The shortest twelfth of a year has 28 days.
    if rule.within_months and rule.count * DAYS_IN_WEEK >= rule.within_months * 28:
        raise FileError(
            f"{where}: {rule.count} weeks are never paid within "
            f"{rule.within_months} months. Correct count or within_months."
        )
    if rule.mark == "confirmed" and rule.checked_on is None:
        raise FileError(f"{where}: confirmed when? Write the day in checked_on.")


def _parse_number(
    cells: Mapping[str, str], column: str, where: str, *, least: int = 0
) -> int:
    text = cells[column]
    # Not int() first: it refuses a text of many thousand digits in its own way.
    number = int(text) if text.isdecimal() and len(text) <= len(str(_LONGEST)) else -1
    if not least <= number <= _LONGEST:
        raise FileError(
            f"{where}: {column} must be a whole number from {least} to {_LONGEST}."
        )
    return number


def _parse_day(cells: Mapping[str, str], column: str, where: str) -> date | None:
    try:
        return parse_day(cells[column])
    except ValueError:
        raise FileError(
            f"{where}: {column}: write dates as 2014-07-01, or leave empty."
        ) from None


def _parse_conditions(text: str, where: str) -> tuple[Condition, ...]:
    try:
        return parse_conditions(text)
    except ValueError as fault:
        raise FileError(f"{where}: applies_when: {fault}.") from None


def _check_validity(rules: Iterable[DeadlineRule], file: str) -> None:
    """Raise FileError where two rules of one name hold for the same case and day."""
    for rule in rules:
        if rule.valid_to <= rule.valid_from:
            raise FileError(
                f"{file}: {rule.name} ends before it begins. Mend valid_from and "
                "valid_to."
            )
    for one, other in combinations(rules, 2):
        if (one.name, one.applies_when) == (other.name, other.applies_when) and (
            one.valid_from < other.valid_to and other.valid_from < one.valid_to
        ):
            raise FileError(
                f"{file}: {one.name} holds twice on the same day. Mend valid_from and "
                "valid_to, or say in applies_when whom each is for."
            )


def format_day(day: date | None) -> str:
    """Return *day* as a cell of a rule holds it: blank where there is none."""
    return "" if day is None else day.isoformat()


def _format_rule(rule: DeadlineRule) -> dict[str, str]:
    valid_from, valid_to = map(format_day, rule.bounds)
    return {name: str(getattr(rule, name)) for name in _COLUMNS} | {
        "within_months": str(rule.within_months or ""),
        "free_days": str(rule.free_days or ""),
        "repeats": "yes" if rule.repeats else "no",
        "valid_from": valid_from,
        "valid_to": valid_to,
        "applies_when": join_conditions(rule.applies_when),
        "checked_on": format_day(rule.checked_on),
    }
