"""What moved a score since the one before: each reason's share, and the base's."""

from collections.abc import Mapping

BASE = "base"
"""The item of what both scores start from: another stage is of other cases."""


def list_differences(
    before: Mapping[str, float],
    now: Mapping[str, float],
    *,
    bases: tuple[float, float],
) -> dict[str, float]:
    """Return how far each reason, and first of all the base, moved the log-odds.

    *before* and *now* have what each reason adds, *bases* are both base log-odds. A
    reason that only one of them has adds nothing to the other; so the differences sum
    to that of the two log-odds.

    >>> list_differences({"age": 0.5}, {"age": 0.25, "talk": 1.0}, bases=(-1.0, 0.0))
    {'base': 1.0, 'age': -0.25, 'talk': 1.0}
    """
    moved = {BASE: bases[1] - bases[0]}
    for name in {**before, **now}:
        moved[name] = now.get(name, 0.0) - before.get(name, 0.0)
    return moved
