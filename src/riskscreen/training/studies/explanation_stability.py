"""Measure how stable explanations are over refits, and whether directions agree."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.stats import spearmanr

from riskscreen.model.reasons import build_reasons
from riskscreen.model.records import Finite, Said, Share
from riskscreen.model.risk_model import RiskModel
from riskscreen.training.studies.trained import Trained

TOP_REASONS = 3
"""How many reasons that raise a risk a page shows."""

_NOTHING = 1e-9


@dataclass(frozen=True, slots=True)
class Direction:
    """Which way one feature pulls, beside the way its specification says.

    ``correlation`` is Spearman's, of the feature's values with its contributions, over
    the cases where it is not missing; None, as ``agrees``, where it pulls nowhere.
    """

    feature: Said
    direction: Said
    correlation: Finite | None
    agrees: bool | None


@dataclass(frozen=True, slots=True)
class ExplanationStability:
    """Top reasons that refits have in common with the model, and its directions.

    ``top_reason_overlap`` is the mean share over the test cases, by refit: each period
    and each municipality that a refit had not seen.
    """

    top_reason_overlap: Mapping[str, Share]
    directions: tuple[Direction, ...]

    def describe(self) -> Iterator[str]:
        """Yield a line on the overlap and one on the directions."""
        if shares := list(self.top_reason_overlap.values()):
            yield (
                f"top reasons in common with a refit: {np.mean(shares):.0%} on "
                f"average, {min(shares):.0%} at the least"
            )
        against = [d.feature for d in self.directions if d.agrees is False]
        agree = sum(d.agrees is True for d in self.directions)
        yield (
            f"directions: {agree} features pull as the specification says, "
            f"{len(against)} against it{': ' if against else ''}{', '.join(against)}"
        )


def study_explanations(trained: Trained) -> ExplanationStability:
    """Compare the test cases' explanations with those of every refit."""
    result, municipalities = trained.result, trained.municipalities
    features = trained.dataset.features.iloc[result.split.test]
    refits = [
        *trained.rolling_origin.refits,
        *(municipalities.refits if municipalities else ()),
    ]
    models = {refit.name: refit.model for refit in refits}
    return ExplanationStability(
        compute_top_reason_overlap(result.model, models, features),
        measure_directions(result.model, features),
    )


def compute_top_reason_overlap(
    model: RiskModel, refits: Mapping[str, RiskModel], features: pd.DataFrame
) -> dict[str, float]:
    """Return the share of each case's top reasons that a refit has too, by refit.

    The mean over cases of: reasons that both show ÷ the more that either shows (1
    where neither shows any). Shown are the TOP_REASONS strongest that raise the risk.
    """
    ours = _shown(model, features)
    # A refit may group other reasons; what is compared is the model's own.
    alike = {
        name: replace(other, reason_groups=model.reason_groups)
        for name, other in refits.items()
    }
    return {
        name: _overlap(ours, _shown(other, features)) for name, other in alike.items()
    }


def measure_directions(
    model: RiskModel, features: pd.DataFrame
) -> tuple[Direction, ...]:
    """Return the direction of every feature on which one is imposed.

    It is the estimator's: where the calibration bends, what each case's contribution is
    multiplied by follows from all of its features.
    """
    values = np.ascontiguousarray(features.to_numpy(dtype=np.float64))
    found = model.estimator.compute_contributions(values, None)
    return tuple(
        _sign(feature.name, feature.monotone, values[:, i], found[:, i])
        for i, feature in enumerate(model.features)
        if feature.monotone is not None
    )


def _shown(model: RiskModel, features: pd.DataFrame) -> npt.NDArray[np.bool_]:
    """Return which reasons of each case are shown as raising its risk."""
    pull = build_reasons(model, features, model.score(features)).log_odds
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
