"""How many cases came in each month, beside the totals of which months are parts."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from riskscreen.disclosure.suppression import (
    ALWAYS,
    Counts,
    Units,
    add_secondary_suppression,
    is_small,
)
from riskscreen.monitoring.life import Life

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Total:
    """Cases that another table counts together, and whether it prints how many."""

    cases: Mask
    printed: bool = True


def count_by_month(life: Life, totals: Sequence[Total]) -> dict[str, int | None]:
    """Count the cases of each month of *life*; None where a count must be hidden.

    One of few is hidden, and so are those from which it, or a total that is not
    printed, could be worked out by the *totals* that are: months and totals are one
    table. What the totals alone give away stays as it is.
    """
    from scipy.sparse import csr_array  # noqa: PLC0415

    if not len(life.cases):
        return dict.fromkeys(life.months, 0)
    months = len(life.months)
    every = [life.month == at for at in range(months)]
    inside = np.array([*every, *(total.cases for total in totals)])
    inside = inside[:, life.month >= 0]
    # Cases that every count holds alike are one cell.
    kinds, sizes = np.unique(inside, axis=1, return_counts=True)
    printed = np.array([True] * months + [total.printed for total in totals])
    people = kinds @ sizes
    kept = people > 0
    n = np.arange(len(inside))
    unit = np.where(printed & (n >= months), ALWAYS, n)
    hidden = ~printed
    mask = add_secondary_suppression(
        Counts(
            csr_array(kinds[kept].astype(np.float64)),
            sizes.astype(np.float64),
            unit[kept],
            named=np.zeros(int(kept.sum()), dtype=bool),
        ),
        Units(
            within=n[:, None],
            group=n,
            cost=np.where(n < months, np.maximum(people, 1.0), np.inf),
        ),
        hidden=hidden,
    )
    shown = ~mask[:months] & ~is_small(people[:months])
    return {
        month: int(count) if show else None
        for month, count, show in zip(life.months, people[:months], shown, strict=True)
    }
