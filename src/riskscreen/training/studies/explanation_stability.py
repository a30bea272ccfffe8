"""Whether reasons hold still over refits, and point the way the specification says."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.stats import spearmanr

from riskscreen.model.reasons import explain
from riskscreen.model.risk_model import RiskModel

TOP_REASONS = 3
"""How many reasons that raise a risk a page shows."""

_NOTHING = 1e-9


@dataclass(frozen=True, slots=True)
class Direction:
    """Which way one feature pulls, beside the way its specification says.

    ``correlation`` is Spearman's, of the feature's values with its contributions, over
    the cases where it is not missing; None, as ``agrees``, where it pulls nowhere.
    """

    feature: str
    direction: str
    correlation: float | None
    agrees: bool | None

    def to_dict(self) -> dict[str, Any]:
        """The fields as JSON can hold them."""
        return asdict(self)


def compute_top_reason_overlap(
    model: RiskModel, refits: Mapping[str, RiskModel], features: pd.DataFrame
) -> dict[str, float]:
    """How much of each case's top reasons a refit shares with *model*, by refit.

    The mean over cases of: reasons that both show ÷ the more that either shows (1
    where neither shows any). Shown are the TOP_REASONS strongest that raise the risk.
    """
    ours = _shown(model, features)
    return {
        name: _overlap(ours, _shown(other, features)) for name, other in refits.items()
    }


def measure_directions(
    model: RiskModel, features: pd.DataFrame
) -> tuple[Direction, ...]:
    """The sign of every feature to which the specification gives a direction."""
    found = model.score(features).contributions
    values = features.to_numpy(dtype=np.float64)
    return tuple(
        _sign(feature.name, feature.monotone, values[:, i], found[:, i])
        for i, feature in enumerate(model.features)
        if feature.monotone is not None
    )


def _shown(model: RiskModel, features: pd.DataFrame) -> npt.NDArray[np.bool_]:
    """Which reasons of each case are shown as raising its risk."""
    pull = explain(model, features, model.score(features)).log_odds
    order = np.argsort(-pull, axis=1, kind="stable")[:, :TOP_REASONS]
    shown = np.zeros(pull.shape, dtype=np.bool_)
    np.put_along_axis(shown, order, values=True, axis=1)
    return np.asarray(shown & (pull > 0))


def _overlap(ours: npt.NDArray[np.bool_], theirs: npt.NDArray[np.bool_]) -> float:
    both = (ours & theirs).sum(axis=1)
    most = np.maximum(ours.sum(axis=1), theirs.sum(axis=1))
    return float(np.where(most > 0, both / np.maximum(most, 1), 1.0).mean())


def _sign(
    name: str,
    direction: str,
    values: npt.NDArray[np.float64],
    contributions: npt.NDArray[np.float64],
) -> Direction:
    known = ~np.isnan(values)
    value, pull = values[known], contributions[known]
    if not len(value) or min(np.ptp(value), np.ptp(pull)) < _NOTHING:
        return Direction(name, direction, None, None)
    correlation = float(spearmanr(value, pull).statistic)
    return Direction(
        name, direction, correlation, (correlation > 0) == (direction == "increasing")
    )
