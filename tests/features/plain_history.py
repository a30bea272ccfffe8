"""History features worked out day by day: too slow to use, too plain to be wrong."""

import math
from itertools import pairwise

from riskscreen.rules.states import OTHER_SUPPORT

DAY_OF_EPOCH_WEEK = 3


def plain_features(spec, decided, spells, code_groups):
    """The history features of one case, by name; days are numbers from 1970-01-01.

    *spells* are (group, start, end or None, registered or None) of one person.
    """
    history = spec.history
    until = decided - (decided + DAY_OF_EPOCH_WEEK) % 7 - 7 * history.register_lag_weeks
    longest = max(history.windows)
    since = until - 7 * longest
    seen = [
        (start, group, min(end or until, until))
        for group, start, end, registered in spells
        if start < until
        and (end is None or end > since)
        and (registered is None or registered < decided)
    ]
    seen.sort(key=lambda spell: (spell[0], precedence(spec, spell[1])))
    found = {}
    days = {
        name: _covered(seen, set(group.code_groups), since, until)
        for name, group in history.groups.items()
    }
    for name, covered in days.items():
        found |= _of_group(name, covered, history.windows, until)
    found |= _state(history, seen, days, since, until)
    for window in history.windows:
        if window in (52, longest):
            found[f"shifts_{window}"] = _shifts(history, seen, until - 7 * window)
    support = _covered(seen, set(code_groups) - set(history.self_support), since, until)
    for window in history.windows:
        free = [d for d in range(until - 7 * window, until) if d not in support]
        found[f"self_support_share_{window}"] = len(free) / (7 * window)
    alone = set(range(since, until)) - support
    found["ever_self_support"] = float(
        any(b - a >= 7 * spec.outcome.bridge_weeks for a, b in _runs(alone))
    )
    return found


def _covered(seen, groups, since, until):
    return {
        day
        for start, group, end in seen
        if group in groups
        for day in range(max(start, since), min(end, until))
    }


def _runs(days):
    """The unbroken runs among some days, as (first, first after)."""
    runs = []
    for day in sorted(days):
        if runs and runs[-1][1] == day:
            runs[-1] = (runs[-1][0], day + 1)
        else:
            runs.append((day, day + 1))
    return runs


def _of_group(name, covered, windows, until):
    found = {
        f"{name}_weeks_{w}": sum(d >= until - 7 * w for d in covered) / 7
        for w in windows
    }
    runs = _runs(covered)
    found[f"{name}_spells"] = len(runs)
    last = max(covered) + 1 if covered else None
    found[f"{name}_weeks_since_last"] = math.nan if last is None else (until - last) / 7
    found[f"{name}_longest"] = max((b - a for a, b in runs), default=0) / 7
    return found


def _first_group(history, code_group):
    """The level of a code group; what no code table knows makes none of a whole."""
    taken = set()
    for name, group in history.groups.items():
        own = {*group.code_groups} - taken - {OTHER_SUPPORT}
        taken |= own
        alone = group.code_groups == (OTHER_SUPPORT,)
        if code_group in group.code_groups and (own or alone):
            return name
    return None


def precedence(spec, group):
    """A number that is larger for the group whose state a day is."""
    o, history = spec.outcome, spec.history
    listed = [*o.competing, *o.long, *o.long_while_unbroken, *o.not_long]
    listed += [
        name for declared in history.groups.values() for name in declared.code_groups
    ]
    place = listed.index(group) if group in listed else len(listed)
    return group not in history.self_support, -place


def _state(history, seen, days, since, until):
    """The level by its name, and how long it has lasted; *seen* stand in order."""
    now = [g for _, g, end in seen if g not in history.self_support and end == until]
    name = _first_group(history, now[-1]) if now else None
    if name is None:
        ended = [max(d) + 1 for d in days.values() if d]
        return {
            "state_at_decision": "none",
            "state_weeks": (until - max(ended, default=since)) / 7,
        }
    run = _runs(days[name])[-1]
    return {"state_at_decision": name, "state_weeks": (until - run[0]) / 7}


def _shifts(history, seen, since):
    named = [(start, _first_group(history, g)) for start, g, _ in seen]
    named = [(start, name) for start, name in named if name is not None]
    return sum(
        name != before and start >= since
        for (_, before), (start, name) in pairwise(named)
    )
