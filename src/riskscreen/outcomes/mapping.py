"""Which code groups are long, not long or left."""

from riskscreen.outcomes.kernel import LEFT, LONG, NOT_LONG, SELF_SUPPORT, UNBROKEN
from riskscreen.spec import Specification


def map_code_groups(spec: Specification) -> dict[str, int]:
    """Return what each mapped code group is (kernel.py), in the order of the mapping.

    The groups of history.self_support are self-support, the same as no row at all.
    """
    outcome = spec.outcome
    mapped = {
        **dict.fromkeys(outcome.long, LONG),
        **dict.fromkeys(outcome.long_while_unbroken, UNBROKEN),
        **dict.fromkeys(outcome.not_long, NOT_LONG),
        **dict.fromkeys(outcome.competing, LEFT),
    }
    if spec.history:
        mapped |= dict.fromkeys(spec.history.self_support, SELF_SUPPORT)
    return mapped
