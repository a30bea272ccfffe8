"""Evaluate every horizon of a model on the cases decided since the test began."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from riskscreen.disclosure.words import SMALLEST_GROUP
from riskscreen.evaluation import Estimate, estimate_metrics
from riskscreen.evaluation.cases import EvaluationCases
from riskscreen.model.calibration import to_risk
from riskscreen.model.horizons import (
    count_elapsed_weeks,
    estimate_aalen_johansen,
    list_horizons,
)
from riskscreen.model.records import Count, Share
from riskscreen.model.risk_model import RiskModel
from riskscreen.outcomes import (
    IS_COMPETING,
    IS_LONG,
    IS_NOT_LONG,
    derive_horizon_outcomes,
    derive_states_by_week,
)
from riskscreen.training.dataset import Dataset

Numbers = npt.NDArray[np.float64]

FEWEST = 100
"""Cases with a known outcome below which a horizon is not evaluated."""


@dataclass(frozen=True, slots=True)
class HorizonEvaluation:
    """Metrics of one horizon on the cases decided since the first test case.

    ``cases`` entered before the horizon, and ``known`` of them have an outcome there.
    That depends on the calendar alone, so the inverse-probability-of-censoring weights
    of the ``estimates``, which rest on the known, are all the same. ``expected`` and
    ``observed`` are the mean risk of all ``cases`` and their Aalen-Johansen share, the
    censored ones included; ``left`` and ``left_observed`` the same of the competing
    event. None where too little is known, or fewer than five left.
    """

    weeks: Count
    at_least_weeks: Count | None
    cases: Count | None
    known: Count | None
    estimates: Mapping[str, Estimate]
    expected: Share | None
    observed: Share | None
    left: Share | None
    left_observed: Share | None

    def line(self) -> str:
        """Describe mean risk, Aalen-Johansen share and calibration slope in a line."""
        shares = (
            f"{words} {share:.1%}"
            for words, share in (
                ("mean risk", self.expected),
                ("Aalen-Johansen", self.observed),
            )
            if share is not None
        )
        slope = self.estimates.get("calibration_slope")
        slopes = [f"calibration slope {slope.text()}"] if slope else []
        shown = ", ".join([*shares, *slopes]) or "too little is known"
        return f"at {self.weeks} weeks: {shown}"


@dataclass(frozen=True, slots=True)
class HorizonStudy:
    """What a record says of the horizons: how they were fitted, and how each did.

    They rest on ``cases``, ``still_open`` of them censored.
    """

    primary: Count
    cases: Count | None
    still_open: Count | None
    evaluations: tuple[HorizonEvaluation, ...]

    def describe(self) -> Iterator[str]:
        """Yield a line per horizon."""
        return (evaluation.line() for evaluation in self.evaluations)


def evaluate_horizons(
    model: RiskModel, dataset: Dataset, since: pd.Timestamp | None
) -> HorizonStudy | None:
    """Evaluate each horizon on every case of *dataset* decided on *since* or later.

    Cases newer than the test are among them: a nearer horizon is known of them. No
    evaluations without dates (*since* is None) or benefit history; None where the model
    has no horizons.
    """
    spec, horizons, history = model.spec, model.horizons, dataset.history
    if horizons is None:
        return None
    study = HorizonStudy(
        primary=horizons.primary,
        cases=_unless_small(horizons.cases),
        still_open=_unless_small(horizons.still_open),
        evaluations=(),
    )
    if since is None or history is None:
        return study
    assert dataset.extract_date is not None  # a site with dates states it
    is_tested = (dataset.cases["decision_date"] >= since).to_numpy()
    cases = dataset.cases[is_tested].reset_index(drop=True)
    values = dataset.features[is_tested].to_numpy(dtype=np.float64)
    log_odds = model.calibration.apply(model.estimator.decision_function(values))
    elapsed = count_elapsed_weeks(spec, cases)
    states = derive_states_by_week(
        spec, cases, history, extract_date=dataset.extract_date, weeks=horizons.grid
    )
    every = list_horizons(spec)
    outcomes = derive_horizon_outcomes(
        spec, cases, history, extract_date=dataset.extract_date, horizons=every
    )
    risks = horizons.risks(log_odds, elapsed)
    risks[horizons.primary] = to_risk(log_odds)
    left = horizons.left(log_odds, elapsed)
    evaluations = []
    for horizon, outcome in zip(every, outcomes.T, strict=True):
        weeks, risk = horizon.weeks, risks[horizon.weeks]
        at_risk = elapsed < weeks
        is_known = np.isin(outcome, (IS_LONG, IS_NOT_LONG)) & np.isfinite(risk)
        known = at_risk & is_known
        curves = estimate_aalen_johansen(
            states[at_risk], elapsed[at_risk], horizons.grid
        )
        inside, left_share = curves.at(weeks)
        n_left = int((at_risk & (outcome == IS_COMPETING)).sum())
        evaluations.append(
            HorizonEvaluation(
                weeks=weeks,
                at_least_weeks=horizon.at_least_weeks,
                cases=_unless_small(int(at_risk.sum())),
                known=_unless_small(int(known.sum())),
                estimates=_estimate_known(
                    cases[known], (outcome == IS_LONG)[known], risk[known]
                ),
                expected=_finite(np.mean(risk[at_risk])) if at_risk.any() else None,
                observed=None if horizons.counts_weeks else _finite(inside),
                left=(
                    _finite(np.mean(left[weeks][at_risk])) if at_risk.any() else None
                ),
                left_observed=(
                    None if _unless_small(n_left) is None else _finite(left_share)
                ),
            )
        )
    return replace(study, evaluations=tuple(evaluations))


def _estimate_known(
    cases: pd.DataFrame, long: npt.NDArray[np.bool_], risk: Numbers
) -> dict[str, Estimate]:
    """Estimate metrics on known cases; all weights for censoring are equal, so none."""
    if len(cases) < FEWEST:
        return {}
    evaluated = EvaluationCases.from_columns(
        long,
        case_id=cases["case_id"].to_numpy(),
        person_id=cases["person_id"].to_numpy(),
        decision_date=cases["decision_date"].to_numpy(),
    )
    return estimate_metrics(evaluated, risk)


def _unless_small(count: int) -> int | None:
    """Return *count*, or None where it would tell of fewer than five people."""
    return None if 0 < count < SMALLEST_GROUP else count


def _finite(value: Any) -> float | None:
    return float(value) if np.isfinite(value) else None
