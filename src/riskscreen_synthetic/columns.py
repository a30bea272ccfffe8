"""Ways of drawing intake columns: shares, leanings and missing values."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from riskscreen_synthetic.registration import Random
from riskscreen_synthetic.spells import Flags, Floats, Ints, Record


def draw_flag(random: Random, share: Any, n: int) -> Flags:
    """Draw a flag that holds with probability *share* (a number, or one per case)."""
    drawn: Flags = random.random(n) < share
    return drawn


def draw_category(
    random: Random, shares: Sequence[float], lean: Sequence[float], by: Floats
) -> Ints:
    """Draw a level for each case; *by* (0 to 1) tilts the shares along *lean*."""
    tilted = np.asarray(shares) * np.exp(np.outer(by, lean))
    steps = np.cumsum(tilted, axis=1) / tilted.sum(axis=1, keepdims=True)
    drawn: Ints = (random.random(len(by))[:, None] > steps[:, :-1]).sum(axis=1)
    return drawn


def draw_count(random: Random, mean: Floats | float, highest: int, n: int) -> Ints:
    """Draw a Poisson count, cut at *highest*."""
    drawn: Ints = np.minimum(random.poisson(mean, n), highest)
    return drawn


def draw_lognormal(
    random: Random, median: float, sd: float, highest: float, n: int
) -> Ints:
    """Draw whole positive numbers around *median*, cut at *highest*."""
    drawn = median * np.exp(random.normal(0.0, sd, n))
    return np.minimum(np.round(drawn), highest).astype(np.int64)


def draw_missing_values(
    random: Random, shares: Mapping[str, float], n: int
) -> dict[str, Flags]:
    """Draw which values the file lacks, whatever they would be."""
    return {name: random.random(n) < share for name, share in shares.items()}


def fill_hidden(true: Record, drawn: Record, hidden: Mapping[str, Flags]) -> Record:
    """Return *true* where it can be seen and *drawn* where it is hidden."""
    return {
        name: np.where(hidden[name], drawn[name], values) if name in hidden else values
        for name, values in true.items()
    }


def select_rows(record: Record, chosen: Flags | Ints) -> Record:
    """Return the *chosen* cases of every column."""
    return {name: values[chosen] for name, values in record.items()}
