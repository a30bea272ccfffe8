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
from riskscreen.model.horizons import (
    OrderComparison,
    OutcomeShares,
    count_elapsed_weeks,
    list_horizons,
)
from riskscreen.model.horizons.aalen_johansen import estimate_aalen_johansen
from riskscreen.model.records import Count, Share
from riskscreen.model.risk_model import RiskModel
from riskscreen.outcomes import (
    IS_CENSORED,
    IS_COMPETING,
    IS_LONG,
    IS_NOT_LONG,
    derive_horizon_outcomes,
    derive_states_by_week,
)
from riskscreen.training.data.dataset import Dataset
from riskscreen.training.studies.still_in import SeenIn, study_still_in

Numbers = npt.NDArray[np.float64]

FEWEST = 100
"""Cases with a known outcome below which a horizon is not evaluated."""
_ENDS = (IS_LONG, IS_NOT_LONG, IS_COMPETING)


@dataclass(frozen=True, slots=True)
class ThreeShares:
    """The shares of cases that are long, not long, and left; None where hidden."""

    long: Share | None = None
    not_long: Share | None = None
    left: Share | None = None

    def describe(self) -> str:
        """Return the shares that are shown, in words."""
        shown = (
            f"{share:.1%} {words}"
            for words, share in (
                ("long", self.long),
                ("not long", self.not_long),
                ("left", self.left),
            )
            if share is not None
        )
        return ", ".join(shown)


@dataclass(frozen=True, slots=True)
class HorizonEvaluation:
    """Metrics of one horizon on the cases decided since the first test case.

    ``cases`` entered before the horizon, and ``known`` of them have an outcome there.
    That depends on the calendar alone, so the inverse-probability-of-censoring weights
    of the ``estimates``, which rest on the known, are all the same. ``expected`` are
    the mean shares that the model gives all ``cases``, and ``observed`` their
    Aalen-Johansen shares, the censored ones included; where weeks in a window are
    counted, both are of the known. None where too little is known, or where a share
    would tell of fewer than five people.
    """

    weeks: Count
    at_least_weeks: Count | None
    cases: Count | None
    known: Count | None
    estimates: Mapping[str, Estimate]
    expected: ThreeShares
    observed: ThreeShares

    def line(self) -> str:
        """Describe mean and observed shares and the calibration slope in a line."""
        shares = (
            f"{words} {found}"
            for words, found in (
                ("mean", self.expected.describe()),
                ("observed", self.observed.describe()),
            )
            if found
        )
        slope = self.estimates.get("calibration_slope")
        slopes = [f"calibration slope {slope.text()}"] if slope else []
        shown = "; ".join([*shares, *slopes]) or "too little is known"
        return f"at {self.weeks} weeks: {shown}"


@dataclass(frozen=True, slots=True)
class HorizonStudy:
    """What a record says of the horizons: how they were fitted, and how each did.

    They rest on ``cases``, ``still_open`` of them censored. ``compared`` says what an
    order of its own brought at each further horizon with cases enough to ask, and
    ``still_in`` what a register that lags shows of cases past their first weeks.
    """

    primary: Count
    cases: Count | None
    still_open: Count | None
    evaluations: tuple[HorizonEvaluation, ...]
    compared: tuple[OrderComparison, ...] = ()
    still_in: tuple[SeenIn, ...] = ()

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
        compared=horizons.compared,
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
    shares = horizons.shares(log_odds, elapsed, horizons.compute_parts(values))
    evaluations = []
    for horizon, outcome in zip(every, outcomes.T, strict=True):
        weeks, shown = horizon.weeks, shares[horizon.weeks]
        at_risk = elapsed < weeks
        known = at_risk & (outcome != IS_CENSORED) & np.isfinite(shown.long)
        counts = tuple(int((outcome[known] == end).sum()) for end in _ENDS)
        if horizons.counts_weeks:
            compared, observed = known, _divide(counts)
        else:
            curves = estimate_aalen_johansen(
                states[at_risk], elapsed[at_risk], horizons.grid
            )
            compared, observed = at_risk, curves.at(weeks)
        evaluations.append(
            HorizonEvaluation(
                weeks=weeks,
                at_least_weeks=horizon.at_least_weeks,
                cases=_unless_small(int(at_risk.sum())),
                known=_unless_small(int(known.sum())),
                estimates=_estimate_known(
                    cases[known], (outcome == IS_LONG)[known], shown.long[known]
                ),
                expected=_average(shown, compared),
                observed=_hide_small(observed, counts),
            )
        )
    still_in = study_still_in(
        spec,
        horizons,
        cases,
        history,
        log_odds=log_odds,
        elapsed=elapsed,
        outcomes={h.weeks: of for h, of in zip(every, outcomes.T, strict=True)},
    )
    return replace(study, evaluations=tuple(evaluations), still_in=still_in)


def _divide(counts: tuple[int, ...]) -> tuple[float, ...]:
    """Return each count's share of their sum; NaN where that is 0."""
    total = sum(counts)
    return tuple(n / total if total else float("nan") for n in counts)


def _average(shown: OutcomeShares, who: npt.NDArray[np.bool_]) -> ThreeShares:
    """Return the mean shares that *who* are shown; none of fewer than five."""
    if who.sum() < SMALLEST_GROUP:
        return ThreeShares()
    means = (np.mean(part[who]) for part in (shown.long, shown.not_long, shown.left))
    return ThreeShares(*map(_finite, means))


def _hide_small(shares: tuple[float, ...], counts: tuple[int, ...]) -> ThreeShares:
    """Return *shares* but those that would tell of fewer than five.

    The metrics tell how many are long, so a few of the others hide one another.
    """
    n_long, n_not_long, n_left = counts
    long, not_long, left = map(_finite, shares)
    if _unless_small(n_long) is None:
        return ThreeShares()
    if None in (_unless_small(n_not_long), _unless_small(n_left)):
        return ThreeShares(long)
    return ThreeShares(long, not_long, left)


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
