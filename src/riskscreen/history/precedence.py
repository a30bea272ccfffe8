"""Which of several spells is a person's state: the one tie-break of every rule."""

from collections.abc import Sequence

from riskscreen.rules.states import get_group
from riskscreen.spec import Specification


def order_groups(spec: Specification, groups: Sequence[str]) -> tuple[str, ...]:
    """Put the states *groups* in their order of precedence; a later one takes it.

    A register that keeps one code a week shows one state; a ledger of spells may show
    several on a day. Of these the spell that began last is the state, for it is the
    newest thing known that does not lie in the future: an end may. Of spells that began
    on the same day it is that of the group which the specification's outcome puts
    first: competing, then long, long_while_unbroken and not_long, each as it is listed.

    Why this order: it is the one list that names every code group once, is reviewed and
    is checked against the code table, so that neither an alphabet nor the order of a
    file decides. The labels have always followed it, so what a case looks like at T0
    and what it is labelled by cannot contradict each other. And it leans to the safe
    side: whoever by one of two registrations has left is not scored as if he had not.

    A state of a group (rules/states.py) stands right after the group, wherever the
    outcome maps it: who is partly recovered is on the benefit.

    A ready outcome lists no groups: there the order is that in which the history's
    groups are declared. Groups of self-support come last of all (the same as no row).
    """
    outcome, history = spec.outcome, spec.history
    first = [*outcome.competing, *outcome.long, *outcome.long_while_unbroken]
    first += outcome.not_long
    if history:
        first += [n for group in history.groups.values() for n in group.code_groups]
    alone = history.self_support if history else ()
    ranked = list(dict.fromkeys(map(get_group, [*first, *sorted(groups)])))

    def rank(state: str) -> tuple[bool, int, str]:
        group = get_group(state)
        return group in alone, ranked.index(group), state

    return tuple(sorted(groups, key=rank, reverse=True))
