"""Recalibrate a stored model on labels that matured after it was trained."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import pandas as pd

from riskscreen.disclosure.words import SMALLEST_GROUP
from riskscreen.errors import TableError
from riskscreen.evaluation import Estimate, estimate_metrics
from riskscreen.guarding import guarded, name_fit
from riskscreen.model.calibration import BetaCalibration, to_risk
from riskscreen.model.calibration_fit import fit_calibration
from riskscreen.model.events import count_rarer
from riskscreen.model.horizons import Horizons
from riskscreen.model.records import Count, Finite, VersionDigest
from riskscreen.model.risk_model import RiskModel
from riskscreen.policy import Policy
from riskscreen.rounding import round_count
from riskscreen.training.candidates.selection import Selection
from riskscreen.training.data.dataset import Dataset
from riskscreen.training.data.split import Split, is_known_before
from riskscreen.training.model_parts.recent import predict_log_odds, refit_horizons
from riskscreen.training.model_parts.reforms import judge_unfitted, update_changes
from riskscreen.training.model_parts.thresholds import set_policy
from riskscreen.training.recipe import Candidate, Recipe, RecipeCases, find_newest_label
from riskscreen.training.resampling import Positions
from riskscreen.training.shipping_landmarks import list_reached, score_reached
from riskscreen.training.studies.groups import build_evaluation_cases
from riskscreen.training.train import TrainingResult

FEWEST = 100
"""Long cases, and not long ones, that a calibration is fitted or tested on: 100 of each
(Vergouwe et al. 2005, J Clin Epidemiol 58: 475-483)."""

NEWEST_WEEKS = (52, 104, 156)
"""Labels are of the newest year that matured, or of more where a site is small."""

_TEST_WEEKS = (52, 26, 13, 104)
_SHOWN = ("calibration_slope", "calibration_intercept", "brier", "log_loss")


@dataclass(frozen=True, slots=True)
class RecalibrationStep:
    """What took the log-odds of ``version`` to the new ones, and metrics around it.

    ``cases`` decided from the first to the last month of ``decided`` gave the line.
    """

    version: VersionDigest
    slope: Finite
    intercept: Finite
    cases: Count
    decided: tuple[str, str]
    horizons: str
    before: Mapping[str, Estimate]
    after: Mapping[str, Estimate]


@dataclass(frozen=True, slots=True)
class Recalibration:
    """A recalibrated model, and a backtest of the same recalibration.

    ``model`` is calibrated on the newest matured labels (``cases`` of them).
    ``backtest`` is the step as it would have been taken before the newest matured
    weeks, as a training's result, for evaluate_model(): its test cases are those weeks.
    ``before`` and ``after`` are metrics on them by the stored and by the backtested
    calibration.
    """

    model: RiskModel
    cases: int
    backtest: TrainingResult
    before: Mapping[str, Estimate]
    after: Mapping[str, Estimate]

    @property
    def step(self) -> RecalibrationStep:
        """What the new model's record says of the recalibration."""
        notes = dict(self.model.notes["recalibrated"])
        first, last = notes.pop("decided")
        return RecalibrationStep(
            **notes, decided=(first, last), before=self.before, after=self.after
        )

    def describe(self) -> tuple[str, ...]:
        """Return slope and intercept before and after, for the person who asked."""
        n = len(self.backtest.split.test)
        shown = (
            f"  {name}: {self.before[name].text()} before, "
            f"{self.after[name].text()} after"
            for name in _SHOWN
        )
        step = self.step
        return (
            f"On the {n:,} newest matured cases, by labels known before the first:",
            *shown,
            f"Version {self.model.version}: log-odds × {step.slope:.3f} "
            f"{step.intercept:+.3f}, by {self.cases:,} cases decided "
            f"{' to '.join(step.decided)}.",
            step.horizons,
        )


@guarded
def recalibrate_model(model: RiskModel, dataset: Dataset) -> Recalibration:
    """Refit *model*'s slope and intercept on the newest matured labels.

    Only cases decided after the months that trained the estimator count, so that it has
    seen none of them. The thresholds are set anew, by the newest year's arrivals. The
    gates are those of *dataset*'s specification, which may be narrower than *model*'s.
    Raises TableError where there are fewer than FEWEST long or not long ones, or too
    few to backtest the step, and where cases have no dates.
    """
    table = dataset.table
    fresh = _find_fresh(model, dataset.labelled)
    newest = _find_newest(table, fresh)
    _require_enough(model, table, newest, "that matured since the model was trained")
    split = _split_backtest(model, dataset, fresh)
    assert dataset.extract_date is not None  # a site with dates states it
    assert split.first_test is not None  # _split_backtest splits by date
    first_test = split.first_test.date()
    then = _refit(model, dataset, split.calibration, known_by=first_test)
    kind = model.estimator.kind
    hyperparameters = model.notes.get("hyperparameters", {})
    values = dataset.to_arrays().take(split.calibration).values
    out_of_fold = np.full(len(split.train), np.nan)
    own = np.isin(split.train, split.calibration)
    out_of_fold[own] = then.estimator.decision_function(values)
    risk = np.full(len(split.train), np.nan)
    risk[own] = to_risk(then.calibration.apply(out_of_fold[own]))
    return Recalibration(
        model=_refit(model, dataset, newest, known_by=dataset.extract_date),
        cases=len(newest),
        backtest=TrainingResult(
            spec=then.spec,
            candidates={
                kind: Candidate(
                    then,
                    hyperparameters,
                    out_of_fold_risk=risk,
                    out_of_fold_log_odds=out_of_fold,
                )
            },
            selection=Selection(
                kind, {}, (), f"{kind}: version {model.version}, recalibrated."
            ),
            recipe=Recipe(kind, {kind: hyperparameters}),
            # Nothing is fitted anew, so nothing was cross-fitted.
            cases=RecipeCases(split, {}, np.zeros(0, dtype=np.int64), ""),
        ),
        before=_estimate_metrics(model, dataset, split.test),
        after=_estimate_metrics(then, dataset, split.test),
    )


def _find_fresh(model: RiskModel, labelled: pd.DataFrame) -> Positions:
    """Return positions of the cases decided after the months that trained *model*."""
    months = model.notes.get("decided")
    if not months:
        raise TableError(
            f"{model.spec.name}: the model does not say when its cases were decided, "
            "so none can be told to be newer. Train anew with riskscreen train."
        )
    is_fresh = (labelled["decision_date"] > _find_last_trained(model)).to_numpy()
    return labelled.index.to_numpy()[is_fresh]


def _find_last_trained(model: RiskModel) -> pd.Timestamp:
    """Return the end of the last month of which a case trained *model*."""
    return pd.Period(model.notes["decided"][1], freq="M").end_time


def _find_newest(table: pd.DataFrame, places: Positions) -> Positions:
    """Return the newest of *places*: of as few NEWEST_WEEKS as hold enough labels."""
    decided = table["decision_date"].iloc[places]
    newest = places
    for weeks in NEWEST_WEEKS:
        first = decided.max() - pd.Timedelta(weeks=weeks)
        newest = np.asarray(places[(decided > first).to_numpy()])
        if _has_enough(table, newest):
            break
    return newest


def _split_backtest(model: RiskModel, dataset: Dataset, fresh: Positions) -> Split:
    """Test on the newest weeks, and calibrate on fresh cases known before them."""
    table, labelled = dataset.table, dataset.labelled.index.to_numpy()
    decided = dataset.labelled["decision_date"]
    end = decided.max() + pd.Timedelta(days=1)
    for weeks in _TEST_WEEKS:
        first = end - pd.Timedelta(weeks=weeks)
        train = labelled[is_known_before(dataset.labelled, first)]
        calibration = _find_newest(table, np.intersect1d(fresh, train))
        test = labelled[(decided >= first).to_numpy()]
        if _has_enough(table, calibration) and _has_enough(table, test):
            break
    _require_enough(model, table, calibration, "that matured before the newest weeks")
    _require_enough(model, table, test, "to test the new calibration on")
    return Split(
        cases=table,
        train=train,
        calibration=calibration,
        test=test,
        first_test=table["decision_date"].iloc[test].min(),
        words=(
            f"Recalibrated; the estimator is version {model.version}'s. Figures are "
            "of the same step taken before the first test case; the stored version "
            "also used the test cases' own labels.",
        ),
    )


def _refit(
    model: RiskModel, dataset: Dataset, labels: Positions, *, known_by: date
) -> RiskModel:
    """Return *model* with the calibration that the cases at *labels* ask for.

    The other horizons follow: they are fitted anew on the cases decided since the
    first of these, those still open on *known_by* included, and stay anchored on the
    new risk. Where those are too few, the horizons are left as they were.
    """
    data = dataset.to_arrays().take(labels)
    log_odds = model.calibration.apply(model.estimator.decision_function(data.values))
    with name_fit(f"the calibration of {model.estimator.kind}"):
        step = fit_calibration(log_odds, data.long, data.weight)
    stored = model.calibration
    line = stored.followed_by(step).round_for_disclosure(n=len(labels))
    # What takes the stored log-odds to the rounded new ones, where they bend nearly.
    slope = line.slope / stored.slope
    step = BetaCalibration(slope, line.intercept - slope * stored.intercept)
    decided = dataset.table["decision_date"].iloc[labels]
    gated = model.spec.model_copy(update={"gates": dataset.spec.gates})
    calibrated = replace(model, spec=gated, calibration=line)
    horizons = refit_horizons(
        calibrated, dataset, since=decided.min(), known_by=known_by
    )
    states = judge_unfitted(dataset.reforms, decided, data.long)
    notes = {
        "version": model.version,
        "slope": step.slope,
        "intercept": step.intercept,
        "cases": round_count(len(labels)),
        "decided": [f"{decided.min():%Y-%m}", f"{decided.max():%Y-%m}"],
        "horizons": _describe_horizons(model.horizons, horizons),
    }
    after_newest = dataset.cases["decision_date"].max() + pd.Timedelta(days=1)
    until = min(pd.Timestamp(known_by), after_newest)
    return replace(
        calibrated,
        policy=_set_policy(calibrated, dataset, until=until),
        horizons=horizons or model.horizons,
        notes={
            # The training's shift is in the calibration that this one replaces.
            **{name: v for name, v in model.notes.items() if name != "recent_shift"},
            "recalibrated": notes,
            "known_changes": update_changes(
                model.notes.get("known_changes", ()), states
            ),
            "extract_date": str(dataset.extract_date),
            "newest_label": find_newest_label(dataset.table.iloc[labels]),
        },
    )


def _set_policy(model: RiskModel, dataset: Dataset, *, until: pd.Timestamp) -> Policy:
    """Set the thresholds of *model* by arrivals that its estimator has not seen."""
    log_odds, last = (
        predict_log_odds(model, dataset.features),
        _find_last_trained(model),
    )
    decided = dataset.cases["decision_date"]
    log_odds[(decided <= last).to_numpy()] = np.nan
    reached = list_reached(model, dataset, score_reached(model, dataset, last))
    return set_policy(model, dataset, log_odds, until=until, at_landmarks=[*reached])


def _describe_horizons(before: Horizons | None, after: Horizons | None) -> str:
    """Describe what became of the other horizons, in a sentence."""
    if before is None:
        return "The model has no other horizons."
    if after is None:
        return "Too few newer cases to fit the other horizons anew: they are as before."
    still_open = (
        f"fewer than {SMALLEST_GROUP}"
        if after.still_open < SMALLEST_GROUP
        else str(after.still_open)
    )
    return (
        f"The other horizons are fitted anew on {after.cases:,} cases, {still_open} of "
        "them still open, and anchored on the new risk."
    )


def _estimate_metrics(
    model: RiskModel, dataset: Dataset, test: Positions
) -> dict[str, Estimate]:
    risk = model.score(dataset.features.iloc[test]).risk
    return estimate_metrics(build_evaluation_cases(dataset.table.iloc[test]), risk)


def _has_enough(table: pd.DataFrame, places: Positions) -> bool:
    return count_rarer(table["long"].iloc[places].to_numpy()) >= FEWEST


def _require_enough(
    model: RiskModel, table: pd.DataFrame, places: Positions, which: str
) -> None:
    if not _has_enough(table, places):
        raise TableError(
            f"{model.spec.name}: among {len(places):,} cases {which}, fewer than "
            f"{FEWEST} are long or fewer than {FEWEST} are not. Wait for more labels, "
            "or train anew with riskscreen train."
        )
