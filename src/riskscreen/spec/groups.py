"""What code groups are to a specification, and whether its code table has the same."""

import json
from collections.abc import Iterator, Sequence
from typing import Literal, Protocol

from riskscreen.errors import SpecError
from riskscreen.rules.conditions import STATE
from riskscreen.rules.states import OTHER_SUPPORT, get_group
from riskscreen.spec.population import RunRoute, StateRoute
from riskscreen.spec.specification import Specification
from riskscreen.spelling import suggest_name

GroupKind = Literal[
    "long", "long_while_unbroken", "not_long", "competing", "self_support", "unknown"
]
"""What a code group is mapped to; unknown is OTHER_SUPPORT where nothing maps it."""


def classify_code_groups(spec: Specification) -> dict[str, GroupKind]:
    """Return what each code group is to the outcome, in the order of the mapping.

    A state that is not mapped itself is what its group is (rules/states.py).
    The groups of history.self_support are self-support, the same as no row at all. What
    no code table knows is *unknown*, unless the specification maps OTHER_SUPPORT; the
    outcome takes that as not long, and no case is over because of it.
    """
    outcome = spec.outcome.as_read()
    kinds: dict[str, GroupKind] = {
        **dict.fromkeys(outcome.long, "long"),
        **dict.fromkeys(outcome.long_while_unbroken, "long_while_unbroken"),
        **dict.fromkeys(outcome.not_long, "not_long"),
        **dict.fromkeys(outcome.competing, "competing"),
    }
    if spec.history:
        kinds |= dict.fromkeys(spec.history.self_support, "self_support")
    kinds.setdefault(OTHER_SUPPORT, "unknown")
    return kinds


def list_facts(spec: Specification) -> dict[str, tuple[str, ...]]:
    """Return what a condition may ask for, each with the values that *spec* lists.

    They are the columns, of which only a category has values, and the state. A fact of
    landmarks is none: a condition is read at intake.
    """
    columns = {n: c.values for n, c in spec.columns.items() if c.known != "landmark"}
    return columns | {STATE: tuple(classify_code_groups(spec))}


class HasGroups(Protocol):
    """A code table, as far as it matters here."""

    @property
    def groups(self) -> tuple[str, ...]:
        """The names of its code groups."""

    @property
    def states(self) -> tuple[str, ...]:
        """The names of its groups and of their states (rules/states.py)."""


def check_groups(spec: Specification, code_table: HasGroups) -> None:
    """Check that *spec* and the code table name the same code groups.

    Raises SpecError naming key and remedy for a group that the table does not have, one
    of the table that no outcome maps, and self-support that is not mapped to not_long.
    A ready outcome maps nothing, and nobody need map OTHER_SUPPORT. A state may be
    mapped that no code of a group shows: a register need not tell it. Where some show
    others of the group, it is misspelt.
    """
    faults = [
        f"  {key}: no code group {name!r}; {suggest_name(name, code_table.states)}"
        for key, name in list_named_groups(spec)
        if not _can_be_named(key, name, code_table)
    ]
    if spec.outcome.rule != "ready":
        faults += _find_mapping_faults(spec, code_table.groups)
    if faults:
        heading = f"{spec.name} and the code table differ:"
        offered = _offer_lines(spec, code_table.groups)
        raise SpecError("\n".join([heading, *faults, *offered]))


def _can_be_named(key: str, name: str, code_table: HasGroups) -> bool:
    group = get_group(name)
    if name == group or not key.startswith("outcome."):
        return name in code_table.groups
    others = {state for state in code_table.states if get_group(state) == group}
    return group in others and (name in others or others == {group})


def check_site_groups(
    spec: Specification, site_codes: HasGroups, own: HasGroups
) -> None:
    """Check the groups of a site's code table against those of the model's own table.

    Raises SpecError as check_groups does. A ready outcome maps no groups, so there each
    must be one that the model was trained on.
    """
    check_groups(spec, site_codes)
    unknown = [name for name in site_codes.groups if name not in own.groups]
    if spec.outcome.rule == "ready" and unknown:
        suggestions = [
            f"  {name!r}: {suggest_name(name, own.groups)}" for name in unknown
        ]
        heading = f"{spec.name} has never seen these code groups of the site's table:"
        raise SpecError("\n".join([heading, *suggestions]))


def _find_mapping_faults(spec: Specification, groups: Sequence[str]) -> list[str]:
    mapped = sorted(spec.outcome.mapped())
    faults = [
        f"  the code group {name!r} is not mapped; {suggest_name(name, mapped)} "
        "Correct the code table, or add the group to outcome.long, "
        "long_while_unbroken, not_long or competing"
        for name in groups
        if name not in mapped and name != OTHER_SUPPORT
    ]
    self_support = spec.history.self_support if spec.history else ()
    return faults + [
        f"  history.self_support: {name!r} must stand in outcome.not_long"
        for name in self_support
        if name not in spec.outcome.not_long
    ]


def _offer_lines(spec: Specification, groups: Sequence[str]) -> list[str]:
    """Offer lines to paste that map the groups of the table which no outcome maps.

    A line takes the place of the one that stands; which one is a decision about people.
    """
    outcome = spec.outcome
    missing = [g for g in groups if g not in outcome.mapped() and g != OTHER_SUPPORT]
    if outcome.rule == "ready" or not missing:
        return []
    places = ("not_long", "long", "competing")
    lines = [f"  Paste the right one under [outcome], for {', '.join(missing)}:"]
    lines += [_write_line(p, (*getattr(outcome, p), *missing)) for p in places]
    for name, state in outcome.end_states.items():
        lines.append(
            f"  Where it is {name} at the horizon: [outcome.end_states.{name}]"
        )
        lines.append(_write_line("code_groups", (*state.code_groups, *missing)))
    return lines


def _write_line(key: str, groups: Sequence[str]) -> str:
    return f"    {key} = [{', '.join(json.dumps(group) for group in groups)}]"


def list_rules(spec: Specification) -> tuple[str, ...]:
    """Return what a known change may affect: deadlines, code groups and columns."""
    groups = (get_group(name) for _, name in list_named_groups(spec))
    return tuple(sorted({*spec.deadlines, *spec.columns, *groups}))


def list_named_groups(spec: Specification) -> Iterator[tuple[str, str]]:
    """Yield every code group that the specification names, with its key."""
    outcome = spec.outcome
    keys = {
        "outcome.long": outcome.long,
        "outcome.long_while_unbroken": outcome.long_while_unbroken,
        "outcome.not_long": outcome.not_long,
        "outcome.competing": outcome.competing,
        "outcome.clarified": outcome.clarified,
    }
    for name, state in outcome.end_states.items():
        keys[f"outcome.end_states.{name}.code_groups"] = state.code_groups
    if spec.history:
        keys["history.self_support"] = spec.history.self_support
        keys["history.decisive"] = spec.history.decisive
        for name, group in spec.history.groups.items():
            keys[f"history.groups.{name}.code_groups"] = group.code_groups
    for route in spec.population.routes:
        where = f"population.routes.{route.name}.when"
        if isinstance(route.when, StateRoute):
            keys[f"{where}.state"] = route.when.state
        if isinstance(route.when, RunRoute):
            keys[f"{where}.known_at_run"] = route.when.known_at_run
    for key, names in keys.items():
        for name in names:
            yield key, name
