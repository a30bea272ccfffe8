"""Outcomes worked out week by week: too slow to use, too plain to be wrong."""

import math

from riskscreen.rules.states import OTHER_SUPPORT

LONG, NOT_LONG = {"long", "unbroken"}, {"not_long", "unknown"}


def monday(day):
    return day - (day + 3) % 7


def kind_of(spec, group):
    outcome = spec.outcome
    if group is None or group in spec.history.self_support:
        return "self"
    kinds = {
        "long": outcome.long,
        "unbroken": outcome.long_while_unbroken,
        "not_long": outcome.not_long,
        "left": outcome.competing,
        "unknown": (OTHER_SUPPORT,),
    }
    return next(kind for kind, groups in kinds.items() if group in groups)


def mapped_order(spec):
    o = spec.outcome
    mapped = [*o.long, *o.long_while_unbroken, *o.not_long, *o.competing]
    return [*mapped, *({OTHER_SUPPORT} - {*mapped})]


def week_state(spec, spells, first_day, extracted, days=7):
    """The group of a week (or day) and if its code is verified; None = self-support."""
    there = [
        (
            kind_of(spec, group) == "left",
            start,
            -mapped_order(spec).index(group),
            group,
            verified,
        )
        for group, start, end, registered, verified in spells
        if start < first_day + days
        and (end is None or end > first_day)
        and (registered is None or registered <= extracted)
        and kind_of(spec, group) != "self"
    ]
    return max(there)[3:] if there else (None, True)


def plain_outcome(spec, start, decided, spells, extracted):
    """Outcome, known_on, weeks, end group and unverified weeks of a case.

    *spells* are one person's (group, start, end or None, registered or None, verified).
    """
    o, lag = spec.outcome, 7 * spec.history.register_lag_weeks
    horizon = o.horizon_weeks
    clock = monday(start if o.clock == "start_date" else decided)
    at_t0 = (monday(decided) - clock) // 7
    at = (start if o.clock == "start_date" else decided) + 7 * horizon
    last = horizon
    if o.rule != "weeks_in":
        last = (monday(at + 7 * o.bridge_weeks - 1) - clock) // 7
    states = [
        week_state(spec, spells, clock + 7 * k, extracted) for k in range(last + 1)
    ]
    groups = [group for group, _ in states]
    known_on = clock + 7 * (last + 1) + lag
    if known_on > extracted:
        return "censored", known_on, math.nan, None, math.nan
    unverified = sum(not verified for _, verified in states[1 : horizon + 1])
    if o.rule != "weeks_in":
        groups = plain_bridged(spec, groups)
        groups[horizon] = plain_at_horizon(spec, spells, at, extracted)
    kinds = [kind_of(spec, group) for group in groups]
    longs = [is_long(spec, kinds, k, at_t0) for k in range(horizon + 1)]
    weeks = sum(longs[1:])
    name = spec.history.self_support[0]
    if o.rule == "ended_within" and has_ended(spec, kinds, at_t0, horizon):
        first = kinds.index("left") if "left" in kinds[: horizon + 1] else horizon
        return "long", known_on, weeks, groups[first] or name, unverified
    if "left" in kinds[: horizon + 1]:
        first = kinds.index("left")
        return "competing event", known_on, weeks, groups[first], unverified
    enough = o.at_least_weeks is not None and weeks >= o.at_least_weeks
    long = {"still_in": longs[horizon], "weeks_in": enough, "ended_within": False}[
        o.rule
    ]
    end = groups[horizon] or name
    word = "long" if long else "not long"
    return word, known_on, weeks, end, unverified


def has_ended(spec, kinds, at_t0, horizon):
    """Whether a week after T0 is not the course's, with no competing one before it."""
    for week in range(at_t0 + 1, horizon + 1):
        if kinds[week] == "left":
            return False
        ahead = kinds[week : min(week + spec.outcome.bridge_weeks, horizon + 1)]
        if kinds[week] in NOT_LONG or set(ahead) == {"self"}:
            return True
    return False


def plain_at_horizon(spec, spells, at, extracted):
    """The group on the day *at*, or a competing one of the days of its week before."""

    def on(day):
        return week_state(spec, spells, day, extracted, days=1)[0]

    gone = [on(day) for day in range(monday(at), at + 1)]
    gone = [group for group in gone if kind_of(spec, group) == "left"]
    if gone or on(at):
        return gone[-1] if gone else on(at)
    reach = 7 * spec.outcome.bridge_weeks
    before = next((day for day in range(at, at - reach, -1) if on(day)), None)
    after = next((day for day in range(at, at + reach) if on(day)), None)
    if before is None or after is None or after - before - 1 >= reach:
        return None
    both = {kind_of(spec, on(before)), kind_of(spec, on(after))}
    return on(before) if both <= LONG else None


def plain_bridged(spec, groups):
    """Gaps shorter than the bridge, with a long week on both sides, are filled."""
    filled = list(groups)
    for k in range(len(groups)):
        if kind_of(spec, groups[k]) != "self":
            continue
        left = next((j for j in range(k, -1, -1) if groups[j] is not None), None)
        right = next((j for j in range(k, len(groups)) if groups[j] is not None), None)
        if (
            left is None
            or right is None
            or right - left - 1 >= spec.outcome.bridge_weeks
        ):
            continue
        if {kind_of(spec, groups[left]), kind_of(spec, groups[right])} <= LONG:
            filled[k] = groups[left]
    return filled


def is_long(spec, kinds, week, at_t0):
    if kinds[week] != "unbroken":
        return kinds[week] == "long"
    between = kinds[at_t0 + 1 : week + 1] if week > at_t0 else []
    alone = "".join("s" if kind == "self" else "." for kind in between)
    return not NOT_LONG & {*between} and "s" * spec.outcome.bridge_weeks not in alone
