"""A stored model calibrated anew on labels that matured after it was trained."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from riskscreen.disclosure.words import SMALLEST_GROUP
from riskscreen.errors import TableError
from riskscreen.evaluation import Estimate, quality_figures
from riskscreen.evaluation.estimate import named
from riskscreen.guarding import guarded
from riskscreen.model.calibration import (
    AffineCalibration,
    fit_calibration,
    round_calibration,
    to_risk,
)
from riskscreen.model.horizons import Horizons
from riskscreen.model.risk_model import Bands, RiskModel
from riskscreen.rounding import round_count
from riskscreen.training.dataset import Dataset
from riskscreen.training.evaluate import build_evaluation_cases
from riskscreen.training.horizons import refit_horizons
from riskscreen.training.rows import rows_of
from riskscreen.training.selection import Selection
from riskscreen.training.split import Split, is_known_before
from riskscreen.training.train import Candidate, TrainingResult

Positions = npt.NDArray[np.int64]

FEWEST = 100
"""Long cases, and not long ones, that a calibration is fitted or judged on: 100 of each
(Vergouwe et al. 2005, J Clin Epidemiol 58: 475-483)."""

NEWEST_WEEKS = (52, 104, 156)
"""Labels are of the newest year that matured, or of more where a site is small."""

_JUDGED_WEEKS = (52, 26, 13, 104)
_SHOWN = ("calibration_slope", "calibration_intercept", "brier", "log_loss")


@dataclass(frozen=True, slots=True)
class Recalibration:
    """A model with a new calibration, and what the same step was worth once before.

    ``model`` is calibrated on the newest matured labels (``cases`` of them).
    ``rehearsal`` is the step as it would have been taken before the newest matured
    weeks, as a training's result, for evaluate_model(): its test cases are those weeks.
    ``before`` and ``after`` are figures on them by the stored and by the rehearsed
    calibration.
    """

    model: RiskModel
    cases: int
    rehearsal: TrainingResult
    before: tuple[Estimate, ...]
    after: tuple[Estimate, ...]

    def record(self) -> dict[str, Any]:
        """What the evaluation of the rehearsal must say otherwise of the new model."""
        return {
            "model_version": self.model.version,
            "model_sha256": self.model.digest,
            "notes": dict(self.model.notes),
            "recalibration": {
                "before": [figure.to_dict() for figure in self.before],
                "after": [figure.to_dict() for figure in self.after],
                **self.model.notes["recalibrated"],
            },
        }

    def lines(self) -> tuple[str, ...]:
        """Slope and intercept before and after, for the person who asked."""
        n = len(self.rehearsal.split.test)
        shown = (
            f"  {name}: {named(self.before, name).text()} before, "
            f"{named(self.after, name).text()} after"
            for name in _SHOWN
        )
        step: Mapping[str, Any] = self.model.notes["recalibrated"]
        return (
            f"On the {n:,} newest matured cases, by labels known before the first:",
            *shown,
            f"Version {self.model.version}: log-odds × {step['slope']:.3f} "
            f"{step['intercept']:+.3f}, by {self.cases:,} cases decided "
            f"{step['decided'][0]} to {step['decided'][1]}.",
            str(step["horizons"]),
        )


@guarded
def recalibrate(model: RiskModel, prepared: Dataset) -> Recalibration:
    """*model* with slope and intercept refitted on the newest matured labels.

    Only cases decided after the months that taught the estimator count, so that it has
    seen none of them. The bands keep the cases they had.
    Raises TableError where there are fewer than FEWEST long or not long ones, or too
    few to rehearse the step, and where cases have no dates.
    """
    known = prepared.known()
    fresh = _fresh(model, known)
    newest = _newest(known, fresh)
    _require(model, known, newest, "that matured since the model was trained")
    split = _rehearsed(model, known, fresh)
    assert prepared.extract_date is not None  # a site with dates states it
    assert split.first_test is not None  # _rehearsed splits by date
    then = _recalibrated(model, prepared, split.later, known_by=split.first_test.date())
    return Recalibration(
        model=_recalibrated(model, prepared, newest, known_by=prepared.extract_date),
        cases=len(newest),
        rehearsal=_result(model, then, prepared, split),
        before=_figures(model, prepared, known, split.test),
        after=_figures(then, prepared, known, split.test),
    )


def _fresh(model: RiskModel, known: pd.DataFrame) -> Positions:
    """Positions in *known* of the cases decided after the months that taught."""
    months = model.notes.get("decided")
    if not months:
        raise TableError(
            f"{model.spec.name}: the model does not say when its cases were decided, "
            "so none can be told to be newer. Train anew with riskscreen train."
        )
    taught_until = pd.Period(months[1], freq="M").end_time
    return np.flatnonzero((known["decision_date"] > taught_until).to_numpy())


def _newest(known: pd.DataFrame, places: Positions) -> Positions:
    """Of *places*, the newest cases: of as few NEWEST_WEEKS as hold enough labels."""
    decided = known["decision_date"].iloc[places]
    newest = places
    for weeks in NEWEST_WEEKS:
        first = decided.max() - pd.Timedelta(weeks=weeks)
        newest = np.asarray(places[(decided > first).to_numpy()])
        if _enough(known, newest):
            break
    return newest


def _rehearsed(model: RiskModel, known: pd.DataFrame, fresh: Positions) -> Split:
    """The newest weeks as a test, and fresh cases known before it to calibrate by."""
    decided = known["decision_date"]
    end = decided.max() + pd.Timedelta(days=1)
    for weeks in _JUDGED_WEEKS:
        first = end - pd.Timedelta(weeks=weeks)
        before = is_known_before(known, first)
        later = _newest(known, fresh[before[fresh]])
        test = np.flatnonzero((decided >= first).to_numpy())
        if _enough(known, later) and _enough(known, test):
            break
    _require(model, known, later, "that matured before the newest weeks")
    _require(model, known, test, "to judge the new calibration on")
    older = later[: len(later) // 2]
    return Split(
        training=np.flatnonzero(before),
        earlier=np.setdiff1d(np.flatnonzero(before), later),
        tuning=older,
        choosing=later[len(older) :],
        test=test,
        first_later=decided.iloc[later].min(),
        first_test=decided.iloc[test].min(),
        words=(
            f"Calibrated anew; the estimator is version {model.version}'s. Figures are "
            "of the same step taken before the first test case; the stored version "
            "also used the test cases' own labels.",
        ),
    )


def _recalibrated(
    model: RiskModel, prepared: Dataset, labels: Positions, *, known_by: date
) -> RiskModel:
    """*model* with the calibration that the cases at *labels* ask for.

    The other horizons follow: they are fitted anew on the cases decided since the
    first of these, those still open on *known_by* included, and stay anchored on the
    new risk. Where those are too few, the horizons are left as they were.
    """
    known = prepared.known()
    rows = rows_of(prepared, known).at(labels)
    log_odds = model.calibration.apply(model.estimator.log_odds(rows.values))
    line = _after(model.calibration, fit_calibration(log_odds, rows.long))
    line = round_calibration(line, n=len(labels))
    step = _between(model.calibration, line)
    decided = known["decision_date"].iloc[labels]
    calibrated = replace(
        model,
        calibration=line,
        bands=_carried(model.bands, step),
    )
    family = refit_horizons(
        calibrated, prepared, since=decided.min(), known_by=known_by
    )
    told = {
        "version": model.version,
        "slope": step.slope,
        "intercept": step.intercept,
        "cases": round_count(len(labels)),
        "decided": [f"{decided.min():%Y-%m}", f"{decided.max():%Y-%m}"],
        "horizons": _horizon_words(model.horizons, family),
    }
    return replace(
        calibrated,
        horizons=family or model.horizons,
        notes={
            # The level of the training is in the calibration that this one replaces.
            **{name: note for name, note in model.notes.items() if name != "level"},
            "recalibrated": told,
            "extract_date": str(prepared.extract_date),
        },
    )


def _after(line: AffineCalibration, step: AffineCalibration) -> AffineCalibration:
    """*line*, and then *step*, as one."""
    return AffineCalibration(
        slope=step.slope * line.slope,
        intercept=step.slope * line.intercept + step.intercept,
    )


def _between(before: AffineCalibration, after: AffineCalibration) -> AffineCalibration:
    """What takes the log-odds of *before* to those of *after*."""
    slope = after.slope / before.slope
    return AffineCalibration(slope, after.intercept - slope * before.intercept)


def _horizon_words(before: Horizons | None, after: Horizons | None) -> str:
    """What became of the other horizons, in a sentence."""
    if before is None:
        return "The model has no other horizons."
    if after is None:
        return "Too few newer cases to fit the other horizons anew: they are as before."
    still_open = (
        "fewer than 5" if after.still_open < SMALLEST_GROUP else str(after.still_open)
    )
    return (
        f"The other horizons are fitted anew on {after.cases:,} cases, {still_open} of "
        "them still open, and anchored on the new risk."
    )


def _carried(bands: Bands, step: AffineCalibration) -> Bands:
    """*bands* where the same cases stand on the same side of each bound as before."""
    bounds = np.array([bands.threshold_first, bands.threshold_raised])
    with np.errstate(divide="ignore"):
        moved = to_risk(step.apply(np.log(bounds) - np.log1p(-bounds)))
    return Bands(
        float(moved[0]), float(moved[1]), f"{bands.words}; carried over by calibration"
    )


def _result(
    before: RiskModel, model: RiskModel, prepared: Dataset, split: Split
) -> TrainingResult:
    """The rehearsal as a training's result, so that it is judged like one."""
    known = prepared.known()
    rows = rows_of(prepared, known)
    later = model.calibration.apply(model.estimator.log_odds(rows.values[split.later]))
    kind, hyperparameters = model.estimator.kind, model.notes.get("hyperparameters", {})
    return TrainingResult(
        spec=model.spec,
        candidates={kind: Candidate(model, hyperparameters, to_risk(later))},
        choice=Selection(
            kind, {}, (), f"{kind}: version {before.version}, calibrated anew."
        ),
        split=split,
        known=known,
    )


def _figures(
    model: RiskModel, prepared: Dataset, known: pd.DataFrame, test: Positions
) -> tuple[Estimate, ...]:
    cases = known.iloc[test]
    risk = model.score(prepared.features.iloc[cases.index.to_numpy()]).risk
    return quality_figures(build_evaluation_cases(cases), risk)


def _enough(known: pd.DataFrame, places: Positions) -> bool:
    long = known["long"].iloc[places]
    return bool(min(long.sum(), (1 - long).sum()) >= FEWEST)


def _require(
    model: RiskModel, known: pd.DataFrame, places: Positions, which: str
) -> None:
    if not _enough(known, places):
        raise TableError(
            f"{model.spec.name}: among {len(places):,} cases {which}, fewer than "
            f"{FEWEST} are long or fewer than {FEWEST} are not. Wait for more labels, "
            "or train anew with riskscreen train."
        )
