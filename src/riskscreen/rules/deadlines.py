"""The deadlines that one case must meet, by the rules that hold for it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

import pandas as pd

from riskscreen.rules.conditions import STATE
from riskscreen.rules.deadline_rules import (
    DECISION,
    MONTHS_BEFORE,
    START,
    DeadlineRule,
    check_deadline_names,
)
from riskscreen.rules.paid_time import PaidTime, is_paid_on
from riskscreen.rules.reforms import Reform
from riskscreen.timeline import DAYS_IN_WEEK, add_months


@dataclass(frozen=True, slots=True)
class Benefit:
    """A period of one code group; ``end`` is the day after the last."""

    group: str
    start: date
    end: date


@dataclass(frozen=True, slots=True)
class CaseFacts:
    """What is known of a case that deadlines ask for.

    ``columns`` are the values of intake columns by name (a flag is 1 or 0; what is
    missing or not there is unknown), ``state`` the code group that the citizen is in,
    ``benefits`` the history of the last years; ``known_until`` is the first day that
    it says nothing of, None where no history was read.
    """

    start_date: date
    decision_date: date | None
    columns: Mapping[str, Any] = field(default_factory=dict)
    state: str | None = None
    benefits: tuple[Benefit, ...] = ()
    known_until: date | None = None

    def find_clock(self, clock: str) -> date | None:
        """Return the first day of *clock*; None where no fact says it."""
        if clock in (START, DECISION):
            return self.start_date if clock == START else self.decision_date
        column = clock.removeprefix(MONTHS_BEFORE)
        if column != clock and self.decision_date is None:
            return None  # of a case whose row cannot be read
        if pd.isna(count := self.columns.get(column)):
            return None
        try:
            if column != clock and self.decision_date is not None:
                return add_months(self.decision_date, -int(count))
            return self.start_date + timedelta(days=int(count))
        except (OverflowError, ValueError):
            return None  # no calendar has such a day

    def falls_under(self, rule: DeadlineRule) -> bool:
        """Tell whether *rule* is for the case, as far as anybody knows.

        A deadline is, unless it is known to be for others: to leave one out is the
        worse mistake. A condition is told as met, so all that it asks must be known.
        """
        asked = [(when, self._find_fact(when.subject)) for when in rule.applies_when]
        if rule.kind == "condition":
            return all(when.is_met(fact) for when, fact in asked)
        return not any(when.is_unmet(fact) for when, fact in asked)

    def _find_fact(self, subject: str) -> Any:
        return self.state if subject == STATE else self.columns.get(subject)

    def list_paid(self, group: str) -> tuple[tuple[date, date], ...]:
        """Return the periods of a code group."""
        return tuple((b.start, b.end) for b in self.benefits if b.group == group)


@dataclass(frozen=True, slots=True)
class Deadline:
    """One deadline of one case, seen on one day; negative days have passed.

    ``earliest`` says that the day is the first that it can be: paid time is counted
    which is not known yet. ``changed_on`` is the day of a change of the rule that
    nobody has checked it against; the day is then the earlier of old and new.
    """

    rule: DeadlineRule
    due: date
    days_left: int
    earliest: bool = False
    changed_on: date | None = None


def find_deadlines(
    names: Sequence[str],
    facts: CaseFacts,
    *,
    as_of: date,
    rules: Iterable[DeadlineRule],
    reforms: Iterable[Reform] = (),
) -> tuple[Deadline, ...]:
    """Find the named deadlines of one case, the soonest first.

    A deadline that repeats stands once, at its next day from *as_of* on. Left out are
    rules that hold neither on the clock's first day nor beside a change of *reforms*,
    that are not for the case, whose clock no fact says, or that have no source.
    Raises SpecError for a name that no rule has.
    """
    known, changes = tuple(rules), tuple(reforms)
    check_deadline_names(names, known)
    found = (
        _find_deadline(
            [rule for rule in known if rule.name == name and rule.mark != "no_source"],
            [reform for reform in changes if reform.affects == name],
            facts,
            as_of,
        )
        for name in names
    )
    return tuple(sorted(filter(None, found), key=lambda deadline: deadline.due))


def _find_deadline(
    rules: Sequence[DeadlineRule],
    reforms: Sequence[Reform],
    facts: CaseFacts,
    as_of: date,
) -> Deadline | None:
    """Find the one deadline of *rules* of one name: the earliest of those that hold.

    A reform that a rule was not checked against, and that falls on the deadline or
    before it, brings the rules of both its sides: nobody here knows which is right.
    Where one held for the case, when those for others were checked says nothing of it.
    Where no rule held before it, the deadline is that of the rules that it brings.
    """
    in_force = [rule for rule in rules if _holds(rule, facts)]
    own = _choose(in_force, facts, as_of)
    brought: list[DeadlineRule] = []
    reached = []
    for reform in reforms:
        # Those that hold on the reform's day, and on the day before it.
        sides = [r for r in rules if r.valid_from <= reform.day <= r.valid_to]
        deadline = own or _choose(sides, facts, as_of)
        read = (
            [rule for rule in in_force if facts.falls_under(rule)] or in_force or sides
        )
        if (
            deadline is not None
            and reform.day <= deadline.due
            and not _is_seen(reform, read)
        ):
            brought += sides
            reached.append(reform.day)
    if not reached:
        return own
    chosen = _choose([*in_force, *brought], facts, as_of)
    return chosen and replace(chosen, changed_on=max(reached))


_ONE_DAY = timedelta(days=1)


def _holds(rule: DeadlineRule, facts: CaseFacts) -> bool:
    start = facts.find_clock(rule.clock)
    return start is not None and rule.holds_on(start)


def _is_seen(reform: Reform, rules: Iterable[DeadlineRule]) -> bool:
    """Tell whether all *rules* were read in a text of the reform's day or later."""
    return all(r.checked_on is not None and r.checked_on >= reform.day for r in rules)


def _choose(
    rules: Iterable[DeadlineRule], facts: CaseFacts, as_of: date
) -> Deadline | None:
    """Return the earliest deadline of *rules*, of those that may be for the case.

    Where one repeats, what has passed counts only where nothing is ahead.
    """
    built = [
        _build_deadline(rule, start, facts, as_of)
        for rule in rules
        if facts.falls_under(rule) and (start := facts.find_clock(rule.clock))
    ]
    if any(deadline.rule.repeats for deadline in built):
        built = [d for d in built if d.days_left >= 0] or built
    return min(built, key=lambda deadline: deadline.due, default=None)


def _build_deadline(
    rule: DeadlineRule, start: date, facts: CaseFacts, as_of: date
) -> Deadline:
    if rule.counts_paid_time:
        due, earliest = _count_paid(rule, start, facts, as_of)
        return Deadline(rule, due, (due - as_of).days, earliest)
    times = 1
    due = _count_calendar(rule, start, times)
    while rule.repeats and due < as_of:
        times += 1
        due = _count_calendar(rule, start, times)
    return Deadline(rule, due, (due - as_of).days)


def _count_calendar(rule: DeadlineRule, start: date, times: int) -> date:
    count = rule.count * times
    if rule.unit == "months":
        return add_months(start, count)
    days = count if rule.unit == "days" else DAYS_IN_WEEK * count
    return start + timedelta(days=days - (rule.unit == "end_of_week"))


def _count_paid(
    rule: DeadlineRule, start: date, facts: CaseFacts, as_of: date
) -> tuple[date, bool]:
    """Return the day on which the benefit was paid so long, and if it is the earliest.

    It is not, but the day itself, where the history reaches it, or where the benefit is
    being paid on the last known day: until something stops it, it goes on.
    """
    periods, known_until = facts.list_paid(rule.counts), facts.known_until or start
    paid = PaidTime(periods, known_until, start, rule.free_days, rule.within_months)
    if rule.unit == "paid_month_end":
        due = paid.find_month_end(rule.count)
    else:
        due = paid.find_full(rule.count)
        while rule.repeats and due < as_of:
            due = paid.find_full(rule.count, after=due)
    going_on = is_paid_on(periods, known_until - _ONE_DAY)
    return due, due >= known_until and not going_on
