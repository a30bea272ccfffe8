"""Evaluate every horizon of a model on the cases decided since the test began."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from riskscreen.disclosure.words import SMALLEST_GROUP
from riskscreen.evaluation import Estimate, quality_figures
from riskscreen.evaluation.cases import EvaluationCases
from riskscreen.model.calibration import to_risk
from riskscreen.model.horizons import (
    Horizons,
    count_elapsed_weeks,
    estimate_aalen_johansen,
    list_horizons,
)
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
    of the ``figures``, which rest on the known, are all the same. ``expected`` and
    ``observed`` are the mean risk of all ``cases`` and their Aalen-Johansen share, the
    censored ones included; ``left`` and ``left_observed`` the same of the competing
    event. None where too little is known, or fewer than five left.
    """

    weeks: int
    at_least_weeks: int | None
    cases: int
    known: int
    figures: tuple[Estimate, ...]
    expected: float | None
    observed: float | None
    left: float | None
    left_observed: float | None

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
        slope = (
            f"calibration slope {f.text()}"
            for f in self.figures
            if f.name == "calibration_slope"
        )
        shown = ", ".join([*shares, *slope]) or "too little is known"
        return f"at {self.weeks} weeks: {shown}"

    def to_dict(self) -> dict[str, Any]:
        """Return everything as JSON can hold it."""
        return {
            "weeks": self.weeks,
            "at_least_weeks": self.at_least_weeks,
            "cases": _unless_small(self.cases),
            "known": _unless_small(self.known),
            "figures": [figure.to_dict() for figure in self.figures],
            "expected": self.expected,
            "observed": self.observed,
            "left": self.left,
            "left_observed": self.left_observed,
        }


def evaluate_horizons(
    model: RiskModel, dataset: Dataset, since: pd.Timestamp | None
) -> tuple[HorizonEvaluation, ...]:
    """Evaluate each horizon on every case of *dataset* decided on *since* or later.

    Cases newer than the test are among them: a nearer horizon is known of them. Nothing
    without dates (*since* is None), where the model has no horizons, or the cases no
    benefit history.
    """
    spec, horizons, history = model.spec, model.horizons, dataset.history
    if since is None or horizons is None or history is None:
        return ()
    assert dataset.extract_date is not None  # a site with dates states it
    is_tested = (dataset.cases["decision_date"] >= since).to_numpy()
    cases = dataset.cases[is_tested].reset_index(drop=True)
    values = dataset.features[is_tested].to_numpy(dtype=np.float64)
    log_odds = model.calibration.apply(model.estimator.log_odds(values))
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
                cases=int(at_risk.sum()),
                known=int(known.sum()),
                figures=_estimate_metrics(
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
    return tuple(evaluations)


def to_horizon_record(
    evaluations: tuple[HorizonEvaluation, ...], horizons: Horizons | None
) -> Mapping[str, Any] | None:
    """Return what a record says of the horizons; None where the model has none."""
    if horizons is None:
        return None
    return {
        "primary": horizons.primary,
        "cases": _unless_small(horizons.cases),
        "still_open": _unless_small(horizons.still_open),
        "judged": [evaluation.to_dict() for evaluation in evaluations],
    }


def _estimate_metrics(
    cases: pd.DataFrame, long: npt.NDArray[np.bool_], risk: Numbers
) -> tuple[Estimate, ...]:
    """Estimate metrics on known cases; all weights for censoring are equal, so none."""
    if len(cases) < FEWEST:
        return ()
    evaluated = EvaluationCases.from_columns(
        long,
        case_id=cases["case_id"].to_numpy(),
        person_id=cases["person_id"].to_numpy(),
        decision_date=cases["decision_date"].to_numpy(),
    )
    return quality_figures(evaluated, risk)


def _unless_small(count: int) -> int | None:
    """Return *count*, or None where it would tell of fewer than five people."""
    return None if 0 < count < SMALLEST_GROUP else count


def _finite(value: Any) -> float | None:
    return float(value) if np.isfinite(value) else None
