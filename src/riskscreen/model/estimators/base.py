"""What every estimator can do, and what it is told about its columns."""

from collections.abc import Mapping
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from riskscreen.features.catalogue import Feature

Numbers = npt.NDArray[np.float64]


class Estimator(Protocol):
    """A fitted estimator: log-odds that are a base plus one contribution per feature.

    Every ``values`` is float64, one row per case, one column per feature in the model's
    order; categories are places in the list of levels, missing is NaN. ``log_odds``
    equals ``base + contributions.sum(axis=1)`` to 1e-9.
    """

    @property
    def kind(self) -> str:
        """The name of the estimator in specifications and on cards."""

    @property
    def base(self) -> float:
        """The log-odds that the contributions start from."""

    def log_odds(self, values: Numbers) -> Numbers:
        """The uncalibrated log-odds, one per row."""

    def contributions(self, values: Numbers) -> Numbers:
        """What each feature adds to the base, shaped (rows, features)."""

    def reference_contributions(self, values: Numbers) -> Numbers:
        """The same, where there is one by a second, slower way, to check the first."""

    def settings(self) -> Mapping[str, Any]:
        """How the estimator was held back: penalty, rounds and the like."""


def build_monotone_constraints(features: tuple[Feature, ...]) -> tuple[int, ...]:
    """+1 (increasing), −1 (decreasing) or 0 per feature."""
    signs = {"increasing": 1, "decreasing": -1, None: 0}
    return tuple(signs[f.monotone] for f in features)
