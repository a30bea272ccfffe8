"""One training: tune, select, refit on all training cases, calibrate."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import logit

from riskscreen.errors import ModelError
from riskscreen.features.catalogue import list_features
from riskscreen.files import fingerprint_table
from riskscreen.guarding import guarded
from riskscreen.model.calibration import fit_calibration, round_calibration, to_risk
from riskscreen.model.risk_model import Bands, RiskModel
from riskscreen.progress import Reporter, Silent
from riskscreen.rounding import round_count, round_for_disclosure
from riskscreen.spec import Specification
from riskscreen.training.dataset import Dataset
from riskscreen.training.horizons import find_recent_cases, fit_recent_horizons
from riskscreen.training.recent_shift import RecentShift, estimate_recent_shift
from riskscreen.training.rows import LabelledData, counts_of, rows_of, without
from riskscreen.training.selection import (
    Selection,
    TunedCandidate,
    blend,
    blend_estimator,
    build_selection_data,
    fit_member,
    select_model,
    tune_candidates,
)
from riskscreen.training.split import Split, assign_person_folds, split_cases
from riskscreen.training.uncertainty import Fits, estimate_uncertainty

Numbers = npt.NDArray[np.float64]

FOLDS = 5
_WEEKS_OF_A_YEAR = 52
_SHARE_WITHOUT_DATES = 0.1


@dataclass(frozen=True, slots=True)
class Candidate:
    """One candidate, fitted on all training cases and calibrated.

    ``out_of_fold_risk`` is its calibrated risk of each later case, by fits without it.
    """

    model: RiskModel
    hyperparameters: Mapping[str, float]
    out_of_fold_risk: Numbers


@dataclass(frozen=True, slots=True)
class TrainingResult:
    """The chosen model, its comparators, and the split; positions are in *known*.

    ``known`` are the labelled cases (Dataset.known), ``split`` says which of them did
    what.
    """

    spec: Specification
    candidates: Mapping[str, Candidate]
    choice: Selection
    split: Split
    known: pd.DataFrame

    @property
    def model(self) -> RiskModel:
        """The chosen model."""
        return self.candidates[self.choice.kind].model


@guarded
def train(
    prepared: Dataset,
    *,
    split: Split | None = None,
    kind: str | None = None,
    search_store: Path | None = None,
    reporter: Reporter | None = None,
) -> TrainingResult:
    """The model of *prepared*, by outcomes known before the first test case alone.

    *kind* takes that candidate whatever the comparison says; *split* takes other parts
    than the specification's. *search_store* is an SQLite file that keeps the search for
    trees: a training that was cut short goes on from there. Raises TableError where too
    few cases have an outcome, ModelError where *kind* is not a candidate, FileError
    where *search_store* is to lie in a folder that does not exist.
    """
    spec, tell = prepared.spec, reporter or Silent()
    known = prepared.known()
    split = split or split_cases(known, spec.split, seed=spec.estimator.seed)
    rows = rows_of(prepared, known)
    tell.say(
        f"{spec.name}: {len(split.training):,} cases teach, {len(split.test):,} judge"
    )
    features = list_features(spec)
    lessons = build_selection_data(rows, known, split)
    if kind is not None:  # nothing is chosen, so no window has to judge
        lessons = replace(lessons, windows=())
    tuned = tune_candidates(spec, features, lessons, tell, store=search_store)
    choice = select_model(tuned, lessons, seed=spec.estimator.seed)
    if kind is not None:
        choice = _forced(choice, tuned, kind)
    tell.say(f"{spec.name}: {choice.words}")
    candidates = _candidates(prepared, rows, split, tuned, tell)
    chosen = candidates[choice.kind]
    recent = find_recent_cases(chosen.model, chosen.out_of_fold_risk, prepared, split)
    family = fit_recent_horizons(recent, prepared, split)
    candidates[choice.kind] = replace(
        chosen, model=replace(chosen.model, horizons=family)
    )
    candidates[choice.kind] = _doubted(candidates, choice.kind, rows, split)
    level = estimate_recent_shift(recent, prepared, split)
    tell.say(f"{spec.name}: {level.words()}")
    at_level = {k: _at(level, c, prepared, split) for k, c in candidates.items()}
    return TrainingResult(spec, at_level, choice, split, known)


def _at(
    level: RecentShift, candidate: Candidate, prepared: Dataset, split: Split
) -> Candidate:
    """*candidate* with the level of the newest cases in its risks and its bands.

    ``out_of_fold_risk`` stays what it was at the level of its own time.
    """
    model, line = candidate.model, candidate.model.calibration
    moved = replace(
        model,
        calibration=replace(line, intercept=round(line.intercept + level.shift, 9)),
        notes={**model.notes, "level": asdict(level)},
    )
    risk = to_risk(logit(candidate.out_of_fold_risk) + level.shift)
    bands = _bands(prepared, split, risk, base_risk=moved.base_risk)
    return replace(candidate, model=replace(moved, bands=bands))


def _forced(
    choice: Selection, tuned: Mapping[str, TunedCandidate], kind: str
) -> Selection:
    if kind not in tuned:
        raise ModelError(
            f"{kind} is not a candidate; the candidates are {', '.join(tuned)}. "
            "Name it under [estimator] in the specification."
        )
    return replace(choice, kind=kind, words=f"{kind}: asked for.")


def _candidates(
    prepared: Dataset,
    rows: LabelledData,
    split: Split,
    tuned: Mapping[str, TunedCandidate],
    reporter: Reporter,
) -> dict[str, Candidate]:
    """Every candidate refitted; a blend is made of the members' fits."""
    members = [kind for kind in tuned if kind != "blend"]
    fits: dict[str, Any] = {}
    later: dict[str, Numbers] = {}
    with reporter.steps("Fitting and calibrating", len(members) * (FOLDS + 1)) as step:
        for kind in members:
            hyperparameters, spec = tuned[kind].hyperparameters, prepared.spec
            features = list_features(spec)
            training = rows.at(split.training)
            fit = fit_member(kind, hyperparameters, training, features, spec)
            fits[kind] = fit.round_for_disclosure(n=len(training.long))
            step()
            later[kind] = np.empty(len(split.later))
            for fold, taught in _folds(rows, split, spec.estimator.seed):
                fit = fit_member(kind, hyperparameters, rows.at(taught), features, spec)
                held_out = rows.values[split.later[fold]]
                later[kind][fold] = fit.log_odds(held_out)
                step()
    if "blend" in tuned:
        weight = tuned["blend"].hyperparameters["weight"]
        fits["blend"] = blend_estimator(fits, weight)
        later["blend"] = blend(later["logistic"], later["lightgbm"], weight)
    return {
        kind: _candidate(
            prepared, rows, split, t.hyperparameters, fits[kind], later[kind]
        )
        for kind, t in tuned.items()
    }


def _doubted(
    candidates: Mapping[str, Candidate],
    kind: str,
    rows: LabelledData,
    split: Split,
) -> Candidate:
    """The chosen candidate, its model knowing how sure it is."""
    fits = Fits(
        models={k: c.model for k, c in candidates.items()},
        out_of_fold_risk={k: c.out_of_fold_risk for k, c in candidates.items()},
    )
    model = estimate_uncertainty(fits, kind, rows, split)
    return replace(candidates[kind], model=model)


def _folds(rows: LabelledData, split: Split, seed: int) -> Any:
    """(places in ``later``, training positions without them), a person in one fold."""
    dealt = assign_person_folds(rows.person.iloc[split.later], folds=FOLDS, seed=seed)
    for fold in range(FOLDS):
        places = np.flatnonzero(dealt == fold)
        if len(places):
            yield places, without(split.training, split.later[places])


def _candidate(
    prepared: Dataset,
    rows: LabelledData,
    split: Split,
    hyperparameters: Mapping[str, float],
    estimator: Any,
    later: Numbers,
) -> Candidate:
    line = fit_calibration(later, rows.long[split.later])
    calibration = round_calibration(line, n=len(later))
    risk = to_risk(calibration.apply(later))
    model = RiskModel(
        spec=prepared.spec,
        estimator=estimator,
        calibration=calibration,
        bands=Bands(0.0, 0.0),
        code_table_csv=prepared.code_table_csv,
        keys=prepared.keys,
        notes=_notes(prepared, rows, split, hyperparameters),
    )
    bands = _bands(prepared, split, risk, base_risk=model.base_risk)
    return Candidate(replace(model, bands=bands), hyperparameters, risk)


def _bands(
    prepared: Dataset, split: Split, out_of_fold_risk: Numbers, *, base_risk: float
) -> Bands:
    """Bounds of the bands: the capacity's share of later cases, and the base risk.

    Where there are more places than cases above the base risk, the first band begins
    at the base risk: nobody below average is proposed before others.
    """
    per_week = prepared.spec.capacity.per_week
    if split.first_test is None:
        first = _coarse_quantile(out_of_fold_risk, 1 - _SHARE_WITHOUT_DATES)
        words = "first: the highest tenth of later training cases (there are no dates)"
        return Bands(max(first, base_risk), base_risk, words)
    arrivals = _arrivals_per_week(prepared, split.first_test)
    share = min(per_week / max(arrivals, 1e-9), 1.0)
    first = _coarse_quantile(out_of_fold_risk, 1 - share) if share < 1 else 0.0
    words = (
        f"first: {per_week} places a week for {arrivals:.1f} cases a week in the "
        "newest training year"
    )
    return Bands(max(first, base_risk), base_risk, words)


def _coarse_quantile(risk: Numbers, share: float) -> float:
    return float(round_for_disclosure(np.quantile(risk, share), spread=1, n=len(risk)))


def _arrivals_per_week(prepared: Dataset, first_test: pd.Timestamp) -> float:
    """Cases at risk per week in the year before the test, outcome known or not."""
    t0 = prepared.cases["decision_date"]
    year = pd.Timedelta(weeks=_WEEKS_OF_A_YEAR)
    newest = (t0 >= first_test - year) & (t0 < first_test)
    weeks = (first_test - max(t0.min(), first_test - year)) / pd.Timedelta(weeks=1)
    return float(newest.sum() / max(weeks, 1.0))


def _notes(
    prepared: Dataset,
    rows: LabelledData,
    split: Split,
    hyperparameters: Mapping[str, float],
) -> dict[str, Any]:
    """Aggregates of the training cases; nothing of a test case, nothing of one row."""
    taught = rows.at(split.training)
    names = [f.name for f in list_features(prepared.spec)]
    counts, n = counts_of(split), len(taught.long)
    visible = prepared.people_visible_at_t0
    return {
        "base_rate": float(round_for_disclosure(taught.long.mean(), spread=1, n=n)),
        "cases": {
            part: round_count(counts[part]) for part in ("training", "earlier", "later")
        },
        "hyperparameters": dict(hyperparameters),
        "extract_date": str(prepared.extract_date) if prepared.extract_date else None,
        "decided": _months(prepared, split),
        "made_up": prepared.made_up,
        "people_visible_at_t0": (
            None
            if visible is None
            else float(round_for_disclosure(visible, spread=1, n=n))
        ),
        "ranges": dict(zip(names, map(_range, taught.values.T), strict=True)),
        "training_fingerprint": fingerprint_table(
            pd.DataFrame(taught.values, columns=names).assign(outcome=taught.long)
        ),
    }


def _months(prepared: Dataset, split: Split) -> list[str] | None:
    """First and last month in which the training cases were decided."""
    if split.first_test is None:
        return None
    t0 = prepared.known()["decision_date"].iloc[split.training]
    return [f"{t0.min():%Y-%m}", f"{t0.max():%Y-%m}"]


def _range(column: Numbers) -> list[float] | None:
    """The 1st and 99th percentile, as coarse as the knots between them."""
    seen = column[~np.isnan(column)]
    if not len(seen):
        return None
    ends = np.quantile(seen, (0.01, 0.99))
    return [
        float(end)
        for end in round_for_disclosure(ends, spread=np.ptp(ends), n=len(seen))
    ]
