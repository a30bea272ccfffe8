"""Follow each case in register weeks from its clock to its horizon, which is a day.

Week 0 is the register week of the clock's day and week k the k-th after it; the horizon
is the day ``weeks`` times seven days after the clock's, and lies in week ``weeks``. A
register that holds whole weeks shows the state of that week, a dated ledger the state
of the day itself, whatever weekday the clock started on.

- A week has one state. One day on a benefit makes the week's; where several groups
  have days in it, one that is mapped to *competing* counts, then the spell that is the
  state of the later day by history/precedence.py: the one that began last, or of two
  that began together the one whose group takes precedence. A week without a row is
  self-support.
- **Competing event**: any week from 0 to the horizon is in a group mapped to
  competing; with still_in, of the last week the days up to the horizon alone.
- **still_in**: the state on the day of the horizon, after bridging. Fewer than
  ``bridge`` weeks of self-support between two long states do not end a course (four
  consecutive weeks do: the rule of STAR's own code, DREAMtoolsR ``u.spells``), so the
  outcome rests on that many weeks, less a day, after the horizon too. At the horizon
  the gap is counted in days, before it in register weeks.
- **weeks_in**: of the weeks 1 to the horizon, at least ``at_least`` are long, as
  registered.
- **ended_within**: after the week of T0 a week is mapped to not_long or on an unknown
  code, ``bridge`` weeks of self-support stand in a row, or the state on the day of the
  horizon, after bridging, is self-support. What ended before a competing event counts.
- A group that is long while unbroken stops being long after a week that is mapped to
  not_long or is on an unknown code, or ``bridge`` weeks of self-support in a row, later
  than the week of T0.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from riskscreen.history.index import HistoryIndex
from riskscreen.jit import compile_kernel
from riskscreen.timeline import DAYS_IN_WEEK, Days

SELF_SUPPORT, LONG, UNBROKEN, NOT_LONG, COMPETING = range(5)
IS_LONG, IS_NOT_LONG, IS_COMPETING, IS_CENSORED = range(4)
NO_ROW = -1
"""The group of a week without a row."""


class Rule(NamedTuple):
    """The outcome rule at one horizon; ``at_least`` is above 0 for weeks_in alone.

    ``kind`` is what each group is mapped to, ``ends`` is of ended_within. (A named
    tuple, because the compiled kernel reads those.)
    """

    kind: npt.NDArray[np.int64]
    weeks: int
    at_least: int
    bridge: int
    ends: bool


@dataclass(frozen=True)
class FollowUps:
    """What became of each case: one entry a case.

    ``outcome`` is IS_..., ``weeks`` the long weeks, ``end_group`` the group at the end
    (NO_ROW for self-support), ``unverified`` the weeks on unverified codes.
    """

    outcome: npt.NDArray[np.int8]
    weeks: npt.NDArray[np.int64]
    end_group: npt.NDArray[np.int64]
    unverified: npt.NDArray[np.int64]


class CaseStarts(NamedTuple):
    """Each case's place in the history, its clock's day and Monday, and T0's Monday."""

    person: npt.NDArray[np.int64]
    day: Days
    clock: Days
    decided: Days


class Extract(NamedTuple):
    """The Monday by which a week must have ended to be known, and the extract's day.

    Rows registered after that day are not read.
    """

    known_until: int
    day: int


def find_last_week(rule: Rule, starts: CaseStarts) -> Days:
    """Return the last week that each case's outcome rests on, counted from week 0."""
    if rule.at_least:
        return np.full(len(starts.day), rule.weeks)
    last_day = starts.day + (rule.weeks + rule.bridge) * DAYS_IN_WEEK - 1
    return (last_day - starts.clock) // DAYS_IN_WEEK


def follow_up(
    rule: Rule, history: HistoryIndex, starts: CaseStarts, extract: Extract
) -> FollowUps:
    """Follow each case from the Monday of its clock to the last week it rests on."""
    n = len(starts.person)
    followed = FollowUps(
        outcome=np.empty(n, dtype=np.int8),
        weeks=np.empty(n, dtype=np.int64),
        end_group=np.empty(n, dtype=np.int64),
        unverified=np.empty(n, dtype=np.int64),
    )
    out = (
        followed.outcome,
        followed.weeks,
        followed.end_group,
        followed.unverified,
    )
    last_week = find_last_week(rule, starts)
    _follow_cases(out, rule, history.arrays, starts, (extract, last_week))
    return followed


class _Weeks(NamedTuple):
    """The weeks of one case: state, and whether its code is verified."""

    group: npt.NDArray[np.int64]
    verified: npt.NDArray[np.bool_]


@compile_kernel
def _follow_cases(out: Any, rule: Any, spells: Any, starts: Any, until: Any) -> None:
    extract, last_week = until
    outcome, long_weeks, end_group, unverified = out
    n_weeks = rule.weeks + 1 + (rule.bridge if rule.at_least == 0 else 0)
    weeks = _Weeks(
        np.empty(n_weeks, dtype=np.int64),
        np.empty(n_weeks, dtype=np.bool_),
    )
    for case in range(len(starts.person)):
        clock = starts.clock[case]
        weeks.group[:] = NO_ROW
        fill_weeks(weeks, rule, spells, (starts.person[case], clock, extract.day))
        at_t0 = (starts.decided[case] - clock) // 7
        known = (extract.known_until - clock) // 7
        unverified[case] = count_unverified(weeks, rule)
        if rule.at_least == 0:
            bridge_gaps(weeks.group, rule)
            case_days = starts.day[case] + 7 * rule.weeks, clock + 7 * rule.weeks
            weeks.group[rule.weeks] = read_horizon(
                rule, spells, starts.person[case], case_days, extract.day
            )
        competing = find_competing(weeks.group, rule)
        long_weeks[case], is_long = count_long(weeks.group, rule, at_t0)
        end_group[case] = weeks.group[rule.weeks if competing < 0 else competing]
        ended = find_end(weeks.group, rule, at_t0) if rule.ends else -1
        if known <= last_week[case]:
            outcome[case] = IS_CENSORED
        elif ended >= 0:
            outcome[case] = IS_LONG
        elif competing >= 0:
            outcome[case] = IS_COMPETING
        else:
            outcome[case] = IS_LONG if is_long and not rule.ends else IS_NOT_LONG


@compile_kernel
def fill_weeks(weeks: Any, rule: Any, spells: Any, case: Any) -> None:
    """Write the state of each week that a spell of the person has a day in.

    Spells come in the order of the index, so a later one takes the week over.
    """
    who, clock, extracted = case
    n_weeks = len(weeks.group)
    for spell in range(spells.offsets[who], spells.offsets[who + 1]):
        if not is_read(rule, spells, spell, extracted):
            continue
        first = max(0, (spells.start[spell] - clock) // 7)
        last = min(n_weeks - 1, (np.int64(spells.end[spell]) - 1 - clock) // 7)
        group = np.int64(spells.group[spell])
        for week in range(first, last + 1):
            if takes_precedence(group, weeks.group[week], rule):
                weeks.group[week] = group
                weeks.verified[week] = spells.verified[spell]


@compile_kernel
def takes_precedence(group: Any, earlier: Any, rule: Any) -> Any:
    """Tell whether *group*, of the later spell, takes a week that *earlier* has."""
    if earlier == NO_ROW or rule.kind[earlier] != COMPETING:
        return True
    return rule.kind[group] == COMPETING


@compile_kernel
def read_kind(groups: Any, rule: Any, week: Any) -> Any:
    """Return what the group of a week is mapped to."""
    return SELF_SUPPORT if groups[week] == NO_ROW else rule.kind[groups[week]]


@compile_kernel
def read_horizon(rule: Any, spells: Any, who: Any, days: Any, extracted: Any) -> Any:
    """Return the group on the day of the horizon, a short gap there bridged.

    A competing state since the Monday of that week counts before it.
    """
    day, monday = days
    state = before = after = left = NO_ROW
    ended: Any = np.int64(-(2**31))
    began: Any = np.int64(0)
    for spell in range(spells.offsets[who], spells.offsets[who + 1]):
        if not is_read(rule, spells, spell, extracted):
            continue
        group: Any = np.int64(spells.group[spell])
        start: Any = np.int64(spells.start[spell])
        end: Any = np.int64(spells.end[spell])
        if start > day:
            if after == NO_ROW:
                after, began = group, start
            elif start == began and takes_precedence(group, after, rule):
                after = group
            continue
        if rule.kind[group] == COMPETING and end > monday:
            left = group
        if end > day:
            state = group
        elif end > ended or (end == ended and takes_precedence(group, before, rule)):
            before, ended = group, end
    if left != NO_ROW or state != NO_ROW:
        return left if left != NO_ROW else state
    short = began - ended < 7 * rule.bridge
    return before if short and is_in(rule, before) and is_in(rule, after) else NO_ROW


@compile_kernel
def is_read(rule: Any, spells: Any, spell: Any, extracted: Any) -> Any:
    """Tell whether a spell is more than self-support, and registered by the extract."""
    dated = len(spells.registered) > 0
    late = dated and spells.registered[spell] > extracted
    return not late and rule.kind[spells.group[spell]] != SELF_SUPPORT


@compile_kernel
def is_in(rule: Any, group: Any) -> Any:
    """Tell whether *group*, if it is one, is mapped to a long state."""
    return group != NO_ROW and rule.kind[group] in (LONG, UNBROKEN)


@compile_kernel
def count_unverified(weeks: Any, rule: Any) -> Any:
    """Count the weeks up to the horizon on a code that nobody has verified."""
    count = 0
    for week in range(1, rule.weeks + 1):
        count += weeks.group[week] != NO_ROW and not weeks.verified[week]
    return count


@compile_kernel
def bridge_gaps(groups: Any, rule: Any) -> None:
    """Fill short self-support between two long weeks with the state before it."""
    before = -1
    for week in range(len(groups)):
        if groups[week] == NO_ROW:
            continue
        is_long = read_kind(groups, rule, week) in (LONG, UNBROKEN)
        if is_long and before >= 0 and week - before - 1 < rule.bridge:
            groups[before:week] = groups[before]
        before = week if is_long else -1


@compile_kernel
def find_competing(groups: Any, rule: Any) -> Any:
    """Return the first week in a competing state up to the horizon, or -1."""
    for week in range(rule.weeks + 1):
        if read_kind(groups, rule, week) == COMPETING:
            return week
    return -1


@compile_kernel
def count_long(groups: Any, rule: Any, at_t0: Any) -> Any:
    """Count the long weeks from 1 to the horizon, and tell if the case is long."""
    count = run = 0
    broken = is_long = False
    for week in range(rule.weeks + 1):
        kind = read_kind(groups, rule, week)
        if week > at_t0:
            run = run + 1 if kind == SELF_SUPPORT else 0
            broken = broken or kind == NOT_LONG or run >= rule.bridge
        is_long = kind == LONG or (kind == UNBROKEN and not broken)
        count += is_long and week > 0
    return count, (count >= rule.at_least if rule.at_least > 0 else is_long)


@compile_kernel
def find_end(groups: Any, rule: Any, at_t0: Any) -> Any:
    """Return the first week after T0's in which the course is over, or -1.

    -1 too where a competing event comes first.
    """
    alone = 0
    for week in range(at_t0 + 1, rule.weeks + 1):
        kind = read_kind(groups, rule, week)
        if kind == COMPETING:
            return -1
        if kind == NOT_LONG:
            return week
        alone = alone + 1 if kind == SELF_SUPPORT else 0
        if alone >= rule.bridge:
            return week - alone + 1
    # What is left of a gap at the horizon is no short one: those are bridged.
    return rule.weeks - alone + 1 if alone > 0 else -1
