"""Draw bootstrap replicates of people, and compute statistics in each."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskscreen.evaluation.estimate import Floats
from riskscreen.model.records import Count

Counts = NDArray[np.uint8]
Statistic = Callable[[Floats], Floats]
"""From weights (replicates, cases) to values (replicates,) or (replicates, figures)."""

_BLOCK = 2_000_000
"""Weights held in memory at once (16 MB as floats)."""


@dataclass(frozen=True, slots=True)
class Bootstrap:
    """How often, and from which seed, people are drawn with replacement.

    300 replicates give the ends of a 95 % interval to about a fifth of its half-width.
    """

    replicates: Count = 300
    seed: Count = 0

    def draw_counts(
        self, n: int, *, person: NDArray[np.object_] | None = None
    ) -> Counts:
        """Return how often each of *n* cases is drawn, shaped (replicates, n).

        With *person* the draw is of people, each with all of their cases (a cluster
        bootstrap: the cases of one person are not independent).
        """
        codes = np.arange(n) if person is None else pd.factorize(person)[0]
        people = int(codes.max()) + 1 if n else 0
        draw = np.random.default_rng(self.seed)
        drawn = np.empty((self.replicates, people), dtype=np.uint8)
        for row in drawn:
            row[:] = np.bincount(
                draw.integers(0, people, people), minlength=people
            ).clip(max=255)
        return drawn if person is None else drawn[:, codes]


def iterate_blocks(counts: Counts) -> Iterator[Floats]:
    """Yield the replicates as floats, a few at a time so that memory stays bounded."""
    rows = max(1, _BLOCK // max(1, counts.shape[1]))
    for first in range(0, len(counts), rows):
        yield counts[first : first + rows].astype(np.float64)


def compute_replicates(
    statistic: Statistic, counts: Counts, weight: Floats | None = None
) -> Floats:
    """Return *statistic* in every replicate, in the order of *counts*.

    *weight* is each case's own (absent: one); a case that is drawn twice has it twice.
    """
    blocks = iterate_blocks(counts)
    if weight is not None:
        blocks = (times * weight for times in blocks)
    return np.concatenate([statistic(weights) for weights in blocks])


def compute_observed(
    statistic: Statistic, n: int, weight: Floats | None = None
) -> Floats:
    """Return *statistic* on the cases as they are; *weight* as in the replicates."""
    weights = np.ones((1, n)) if weight is None else weight[None, :]
    value: Floats = statistic(weights)[0]
    return value
