"""The other horizons of a training: fitted before the test, judged on it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import logit

from riskscreen.disclosure.words import SMALLEST_GROUP
from riskscreen.evaluation import Estimate, quality_figures
from riskscreen.evaluation.cases import EvaluationCases
from riskscreen.history.index import HistoryIndex
from riskscreen.model.calibration import to_risk
from riskscreen.model.horizons import (
    Horizons,
    count_elapsed_weeks,
    estimate_aalen_johansen,
    fit_horizons,
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
from riskscreen.spec import Horizon, Specification
from riskscreen.training.dataset import Dataset
from riskscreen.training.split import Split

Numbers = npt.NDArray[np.float64]

FEWEST = 100
"""Cases with a known outcome below which a horizon is not judged."""


@dataclass(frozen=True, slots=True)
class HorizonEvaluation:
    """How one horizon did on the cases decided since the first test case.

    ``cases`` entered before the horizon, and ``known`` of them have an outcome there.
    That depends on the calendar alone, so the inverse-probability-of-censoring weights
    of the ``figures``, which rest on the known, are all the same. ``expected`` and
    ``observed`` are the mean risk of all ``cases`` and their Aalen-Johansen share, the
    still open ones included; ``left`` and ``left_observed`` the same of leaving
    otherwise. None where too little is known, or fewer than five left.
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
        """Mean risk beside the Aalen-Johansen share, and the slope, for a reader."""
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
        """Everything as JSON can hold it."""
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


@dataclass(frozen=True, slots=True)
class RecentCases:
    """Every case decided since the first later one and before the test, open or not.

    ``log_odds`` are those of the shown risk by fits that did not see its outcome;
    ``labelled`` are the later cases, whose outcome was known before the test.
    """

    cases: pd.DataFrame
    log_odds: Numbers
    labelled: npt.NDArray[np.bool_]


def find_recent_cases(
    model: RiskModel, out_of_fold_risk: Numbers, prepared: Dataset, split: Split
) -> RecentCases | None:
    """The recent cases of *split*; None without dates or a history to follow them by.

    Labelled cases carry the log-odds of a fit without them; the others, open ones and
    those who left otherwise, were in no fit. A municipality that *split* leaves out has
    no recent case, not even an open one.
    """
    if (
        prepared.history is None
        or split.first_test is None
        or split.first_later is None
    ):
        return None
    t0 = prepared.cases["decision_date"]
    recent = ((t0 >= split.first_later) & (t0 < split.first_test)).to_numpy()
    if split.left_out is not None:
        recent = recent & (prepared.cases["municipality"] != split.left_out).to_numpy()
    log_odds = _log_odds(model, prepared.features)
    later = prepared.known().index.to_numpy()[split.later]
    log_odds[later] = logit(out_of_fold_risk)
    return RecentCases(
        cases=prepared.cases[recent].reset_index(drop=True),
        log_odds=log_odds[recent],
        labelled=np.isin(np.flatnonzero(recent), later),
    )


def fit_recent_horizons(
    recent: RecentCases | None, prepared: Dataset, split: Split
) -> Horizons | None:
    """The family by the *recent* cases, as known when the test began."""
    if recent is None or prepared.history is None or split.first_test is None:
        return None
    return fit_horizons(
        prepared.spec,
        recent.cases,
        prepared.history,
        recent.log_odds,
        known_by=split.first_test.date(),
    )


def refit_horizons(
    model: RiskModel,
    prepared: Dataset,
    *,
    since: pd.Timestamp,
    known_by: date,
) -> Horizons | None:
    """The family anchored on *model*'s log-odds, by cases decided from *since* on.

    For a model whose calibration is newer than its family: its estimator must not have
    been taught by any of these cases. Only what was known on *known_by* counts; cases
    still open then are censored there. None where the model has no family, or there are
    too few cases to fit one.
    """
    if prepared.history is None or model.horizons is None:
        return None
    t0 = prepared.cases["decision_date"]
    teaches = ((t0 >= since) & (t0 < pd.Timestamp(known_by))).to_numpy()
    return fit_horizons(
        model.spec,
        prepared.cases[teaches].reset_index(drop=True),
        prepared.history,
        _log_odds(model, prepared.features[teaches]),
        known_by=known_by,
    )


def evaluate_horizons(
    model: RiskModel, prepared: Dataset, split: Split
) -> tuple[HorizonEvaluation, ...]:
    """Each further horizon, and the primary one, on cases decided since the test began.

    Cases newer than the test are among them: a nearer horizon is known of them.
    """
    if split.first_test is None:
        return ()
    return judge_horizons_since(model, prepared, split.first_test)


def judge_horizons_since(
    model: RiskModel, prepared: Dataset, since: pd.Timestamp
) -> tuple[HorizonEvaluation, ...]:
    """Each horizon on every case of *prepared* decided on *since* or later.

    Nothing where the model has no family, or the cases no benefit history.
    """
    family, spec = model.horizons, model.spec
    if family is None or prepared.history is None:
        return ()
    assert prepared.extract_date is not None  # a site with dates states it
    judged = (prepared.cases["decision_date"] >= since).to_numpy()
    cases = prepared.cases[judged].reset_index(drop=True)
    return _judged(
        _Followed(
            spec=spec,
            family=family,
            cases=cases,
            history=prepared.history,
            extract_date=prepared.extract_date,
            log_odds=_log_odds(model, prepared.features[judged]),
            elapsed=count_elapsed_weeks(spec, cases),
        )
    )


@dataclass(frozen=True, slots=True)
class _Followed:
    """The judged cases, with what is needed to follow them."""

    spec: Specification
    family: Horizons
    cases: pd.DataFrame
    history: HistoryIndex
    extract_date: date
    log_odds: Numbers
    elapsed: npt.NDArray[np.int64]


def _judged(of: _Followed) -> tuple[HorizonEvaluation, ...]:
    states = derive_states_by_week(
        of.spec,
        of.cases,
        of.history,
        extract_date=of.extract_date,
        weeks=of.family.grid,
    )
    every = list_horizons(of.spec)
    outcomes = derive_horizon_outcomes(
        of.spec, of.cases, of.history, extract_date=of.extract_date, horizons=every
    )
    risks = of.family.risks(of.log_odds, of.elapsed)
    risks[of.family.primary] = to_risk(of.log_odds)
    left = of.family.left(of.log_odds, of.elapsed)
    return tuple(
        _one(of, h, states, outcome, risk=risks[h.weeks], left=left[h.weeks])
        for h, outcome in zip(every, outcomes.T, strict=True)
    )


def _one(
    of: _Followed,
    horizon: Horizon,
    states: npt.NDArray[np.int8],
    outcome: npt.NDArray[np.int8],
    *,
    risk: Numbers,
    left: Numbers,
) -> HorizonEvaluation:
    at_risk = of.elapsed < horizon.weeks
    known = at_risk & np.isin(outcome, (IS_LONG, IS_NOT_LONG)) & np.isfinite(risk)
    curves = estimate_aalen_johansen(
        states[at_risk], of.elapsed[at_risk], of.family.grid
    )
    inside, left_share = curves.at(horizon.weeks)
    gone = int((at_risk & (outcome == IS_COMPETING)).sum())
    counts = of.family.counts_weeks
    return HorizonEvaluation(
        weeks=horizon.weeks,
        at_least_weeks=horizon.at_least_weeks,
        cases=int(at_risk.sum()),
        known=int(known.sum()),
        figures=_figures(of.cases[known], outcome == IS_LONG, known, risk),
        expected=_finite(np.mean(risk[at_risk])) if at_risk.any() else None,
        observed=None if counts else _finite(inside),
        left=_finite(np.mean(left[at_risk])) if at_risk.any() else None,
        left_observed=_finite(left_share) if _unless_small(gone) is not None else None,
    )


def _figures(
    cases: pd.DataFrame,
    long: npt.NDArray[np.bool_],
    known: npt.NDArray[np.bool_],
    risk: Numbers,
) -> tuple[Estimate, ...]:
    """Figures of the known cases; every weight for censoring is the same, so none."""
    if known.sum() < FEWEST:
        return ()
    judged = EvaluationCases.from_columns(
        long[known],
        case_id=cases["case_id"].to_numpy(),
        person_id=cases["person_id"].to_numpy(),
        decision_date=cases["decision_date"].to_numpy(),
    )
    return quality_figures(judged, risk[known])


def _unless_small(count: int) -> int | None:
    """*count*, or None where it would tell of fewer than five people."""
    return None if 0 < count < SMALLEST_GROUP else count


def _log_odds(model: RiskModel, features: pd.DataFrame) -> Numbers:
    """Those of the shown risk, without the reasons behind them."""
    values = features.to_numpy(dtype=np.float64)
    return model.calibration.apply(model.estimator.log_odds(values))


def _finite(value: Any) -> float | None:
    return float(value) if np.isfinite(value) else None


def to_horizon_record(
    judged: tuple[HorizonEvaluation, ...], family: Horizons | None
) -> Mapping[str, Any] | None:
    """What a record says of the horizons, as JSON can hold it; None without any."""
    if family is None:
        return None
    return {
        "primary": family.primary,
        "cases": _unless_small(family.cases),
        "still_open": _unless_small(family.still_open),
        "judged": [one.to_dict() for one in judged],
    }
