"""The way from the base risk to a case's own: ideas as steps in whole points."""

from collections.abc import Sequence

BOUNDS = (0, 100)
"""The axis of every case: a step outside it would be no share of people."""


def order_steps(steps: Sequence[int], *, start: int) -> tuple[int, ...] | None:
    """Return an order of *steps* in which each stays within BOUNDS; None if none does.

    What raises comes first and what moves most, as far as that holds. *start* and all
    steps together lie within the bounds. Where a sum stands depends on which steps
    were taken, not on their order, so each set is looked at once.

    >>> order_steps([9, -3, 7], start=29)
    (0, 2, 1)
    >>> order_steps([-20, 60, 30], start=15)
    (1, 0, 2)
    >>> order_steps([80, -66], start=29) is None
    True
    """
    wanted = sorted(range(len(steps)), key=lambda i: (-steps[i], i))
    return _order(tuple(steps), wanted, start, frozenset(), set())


def _order(
    steps: tuple[int, ...],
    wanted: Sequence[int],
    at: int,
    taken: frozenset[int],
    dead: set[frozenset[int]],
) -> tuple[int, ...] | None:
    if len(taken) == len(steps):
        return ()
    for i in wanted:
        after, low_high = taken | {i}, at + steps[i]
        if i in taken or after in dead or not BOUNDS[0] <= low_high <= BOUNDS[1]:
            continue
        rest = _order(steps, wanted, low_high, after, dead)
        if rest is not None:
            return (i, *rest)
        dead.add(after)
    return None
