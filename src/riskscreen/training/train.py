"""Train a model: tune, cross-fit, select, refit on all training cases, calibrate."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from riskscreen.errors import ModelError
from riskscreen.features.catalogue import drop_directions, list_features
from riskscreen.files import fingerprint_table
from riskscreen.guarding import guarded, name_fit
from riskscreen.model.calibration import round_calibration, to_risk
from riskscreen.model.estimators.blend import BlendEstimator
from riskscreen.model.reason_groups import group_reasons
from riskscreen.model.risk_model import RiskModel
from riskscreen.policy import Policy
from riskscreen.progress import Reporter, SilentReporter
from riskscreen.rounding import round_count, round_for_disclosure
from riskscreen.spec import Specification
from riskscreen.training.cross_fitting import align_blocks, calibrate_by_blocks
from riskscreen.training.dataset import Dataset
from riskscreen.training.directions import (
    check_directions,
    describe_directions,
)
from riskscreen.training.end_states import describe_end_states
from riskscreen.training.jobs import map_fits
from riskscreen.training.recent import (
    RecentShift,
    estimate_recent_shift,
    find_recent_cases,
    fit_recent_horizons,
)
from riskscreen.training.selection import (
    Selection,
    SelectionData,
    TunedCandidate,
    fit_member,
    select_model,
    tune_candidates,
)
from riskscreen.training.split import Split, split_cases
from riskscreen.training.thresholds import predict_out_of_sample, set_policy
from riskscreen.training.uncertainty import CandidateFits, estimate_uncertainty

Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Candidate:
    """One candidate, fitted on all training cases and calibrated.

    ``out_of_fold_risk`` is its calibrated risk of each training case, by a fit that was
    trained on none of that time or person, and ``out_of_fold_log_odds`` what that fit
    says uncalibrated; NaN where there is no such fit.
    """

    model: RiskModel
    hyperparameters: Mapping[str, float]
    out_of_fold_risk: Numbers
    out_of_fold_log_odds: Numbers


@dataclass(frozen=True, slots=True)
class TrainingResult:
    """The selected model, the other candidates, and how the cases were split.

    ``test_policy`` is the selected model's policy as it stood when the test began: its
    thresholds are set by the arrivals of the year before.
    """

    spec: Specification
    candidates: Mapping[str, Candidate]
    selection: Selection
    split: Split
    test_policy: Policy

    @property
    def model(self) -> RiskModel:
        """The selected model."""
        return self.candidates[self.selection.kind].model

    @property
    def test_cases(self) -> pd.DataFrame:
        """The test cases, as rows of ``split.cases``."""
        return self.split.cases.iloc[self.split.test]


@guarded
def train(
    dataset: Dataset,
    *,
    split: Split | None = None,
    kind: str | None = None,
    search_store: Path | None = None,
    reporter: Reporter | None = None,
) -> TrainingResult:
    """Train a model on *dataset*, by outcomes known before the first test case alone.

    *kind* takes that candidate whatever the comparison says; *split* takes other
    subsets than the specification's. *search_store* is an SQLite file that keeps the
    search for trees: a training that was cut short goes on from there. Raises
    TableError where too few cases have an outcome, ModelError where *kind* is not a
    candidate, FileError where *search_store* is to lie in a folder that does not exist.
    """
    spec, reporter = dataset.spec, reporter or SilentReporter()
    split = split or split_cases(dataset.table, spec.split, seed=spec.estimator.seed)
    reporter.say(
        f"{spec.name}: training on {len(split.train):,} cases, "
        f"testing on {len(split.test):,}"
    )
    data = dataset.to_arrays()
    subsets = SelectionData.from_split(data, split, seed=spec.estimator.seed)
    if kind is not None:  # nothing is selected, so nothing is fitted to compare
        subsets = replace(subsets, past=())
    features = list_features(spec)
    directions = check_directions(features, subsets.train, seed=spec.estimator.seed)
    reporter.say(f"{spec.name}: {describe_directions(directions)}")
    subsets = replace(subsets, directions=directions)
    features = drop_directions(features, subsets.dropped_directions)
    tuned = tune_candidates(spec, features, subsets, reporter, store=search_store)
    selection = select_model(tuned, subsets, seed=spec.estimator.seed)
    if kind is not None:
        if kind not in tuned:
            raise ModelError(
                f"{kind} is not a candidate; the candidates are {', '.join(tuned)}. "
                "Name it under [estimator] in the specification."
            )
        selection = replace(selection, kind=kind, words=f"{kind}: asked for.")
    reporter.say(f"{spec.name}: {selection.words}")
    candidates = _fit_candidates(dataset, subsets, split, tuned, reporter)
    kind = selection.kind
    chosen = candidates[kind]
    recent = find_recent_cases(chosen.model, chosen.out_of_fold_risk, dataset, split)
    with name_fit(f"the further horizons of {kind}"):
        horizons = fit_recent_horizons(recent, dataset, split)
    candidates[kind] = replace(chosen, model=replace(chosen.model, horizons=horizons))
    shift = estimate_recent_shift(recent, dataset, split)
    reporter.say(f"{spec.name}: {shift.words()}")
    log_odds = predict_out_of_sample(
        chosen.model, dataset, split, chosen.out_of_fold_risk
    )
    newest = np.isin(split.train, split.calibration)
    fits = CandidateFits(
        models={k: c.model for k, c in candidates.items()},
        log_odds={k: c.out_of_fold_log_odds[newest] for k, c in candidates.items()},
    )
    # The models that agree are compared where as many are proposed, so thresholds come
    # first; they are set once more when it is known whose scores are not shown.
    before = set_policy(chosen.model, dataset, log_odds, until=split.first_test)
    with name_fit(f"the doubt about {kind}"):
        model = estimate_uncertainty(
            fits, kind, data, split, proposed=before.expect_share()
        )
    at_horizon = describe_end_states(dataset, split.calibration, fits.log_odds[kind])
    model = replace(model, notes={**model.notes, "end_states": at_horizon})
    candidates[kind] = replace(chosen, model=model)
    shifted = {k: _apply_shift(shift, c) for k, c in candidates.items()}
    model, log_odds = shifted[kind].model, log_odds + shift.shift
    policy = set_policy(model, dataset, log_odds)
    shifted[kind] = replace(shifted[kind], model=replace(model, policy=policy))
    return TrainingResult(
        spec,
        shifted,
        selection,
        split,
        test_policy=set_policy(model, dataset, log_odds, until=split.first_test),
    )


def _apply_shift(shift: RecentShift, candidate: Candidate) -> Candidate:
    """Return *candidate* with the recent shift in its risks.

    ``out_of_fold_risk`` stays what it was at the outcome rate of its own time.
    """
    model, line = candidate.model, candidate.model.calibration
    moved = replace(
        model,
        calibration=replace(line, intercept=round(line.intercept + shift.shift, 9)),
        notes={**model.notes, "recent_shift": asdict(shift)},
    )
    policy = Policy(moved.base_risk)
    return replace(candidate, model=replace(moved, policy=policy))


def _fit_candidates(
    dataset: Dataset,
    data: SelectionData,
    split: Split,
    tuned: Mapping[str, TunedCandidate],
    reporter: Reporter,
) -> dict[str, Candidate]:
    """Refit every candidate and calibrate it; a blend is made of its members' fits."""
    spec, fits = dataset.spec, dict[str, Any]()
    features = drop_directions(list_features(spec), data.dropped_directions)
    members = [kind for kind in tuned if kind != "blend"]
    with reporter.track("Fitting and calibrating", len(members)) as step:
        fitted = map_fits(
            lambda kind: fit_member(
                kind, tuned[kind].hyperparameters, data.train, features, spec
            ),
            members,
        )
        for kind, fit in zip(members, fitted, strict=True):
            fits[kind] = fit.round_for_disclosure(n=len(split.train))
            step()
    log_odds = {kind: fits[kind].predict_once(data.train.values) for kind in members}
    if "blend" in tuned:
        weight = tuned["blend"].hyperparameters["weight"]
        fits["blend"] = BlendEstimator.from_members(
            fits["logistic"], fits["lightgbm"], weight
        )
        log_odds["blend"] = BlendEstimator.mix(
            log_odds["logistic"], log_odds["lightgbm"], weight
        )
    return {
        kind: _calibrate_candidate(
            dataset, data, split, candidate, fits[kind], log_odds[kind]
        )
        for kind, candidate in tuned.items()
    }


def _calibrate_candidate(
    dataset: Dataset,
    data: SelectionData,
    split: Split,
    tuned: TunedCandidate,
    estimator: Any,
    log_odds: Numbers,
) -> Candidate:
    """Calibrate *estimator*; *log_odds* are its own of the training cases."""
    block = data.blocks.block
    out_of_fold = align_blocks(tuned.log_odds, log_odds, block)
    newest = np.isin(split.train, split.calibration)
    with name_fit(f"the calibration of {estimator.kind}"):
        fitted, by_block = calibrate_by_blocks(
            out_of_fold, data.train, block, newest=newest
        )
    calibration = round_calibration(fitted, n=len(split.calibration))
    risk = to_risk(calibration.apply(out_of_fold))
    model = RiskModel(
        spec=dataset.spec,
        estimator=estimator,
        calibration=calibration,
        policy=Policy(0.0),
        code_table_csv=dataset.code_table_csv,
        keys=dataset.keys,
        notes={
            **_describe_training(dataset, data, split, tuned.hyperparameters),
            "bend_kept": float(
                round_for_disclosure(by_block.kept, spread=1, n=len(split.train))
            ),
        },
        reason_groups=group_reasons(list_features(dataset.spec), data.train.values),
        dropped_directions=data.dropped_directions,
    )
    policy = Policy(model.base_risk)
    return Candidate(
        replace(model, policy=policy), tuned.hyperparameters, risk, out_of_fold
    )


def _describe_training(
    dataset: Dataset,
    data: SelectionData,
    split: Split,
    hyperparameters: Mapping[str, float],
) -> dict[str, Any]:
    """Return aggregates of the training cases; none of a test case or a single row."""
    train = data.train
    names = [f.name for f in list_features(dataset.spec)]
    n, visible = len(train.long), dataset.people_visible_at_t0
    t0 = None
    if split.first_test is not None:
        t0 = split.cases["decision_date"].iloc[split.train]

    def round_share(share: float) -> float:
        return float(round_for_disclosure(share, spread=1, n=n))

    return {
        "base_rate": round_share(float(np.average(train.long, weights=train.weight))),
        "cases": {
            subset: round_count(split.sizes[subset])
            for subset in ("train", "tuning_train", "calibration")
        },
        "hyperparameters": dict(hyperparameters),
        "cross_fitted_by": data.blocks.by,
        "directions": [asdict(tested) for tested in data.directions],
        "extract_date": str(dataset.extract_date) if dataset.extract_date else None,
        "decided": None if t0 is None else [f"{t0.min():%Y-%m}", f"{t0.max():%Y-%m}"],
        "synthetic": dataset.synthetic,
        "pilot": split.pilot,
        "people_visible_at_t0": None if visible is None else round_share(visible),
        "ranges": dict(zip(names, map(_find_range, train.values.T), strict=True)),
        "training_fingerprint": fingerprint_table(
            pd.DataFrame(train.values, columns=names).assign(
                outcome=train.long,
                **({} if train.weight is None else {"weight": train.weight}),
            )
        ),
    }


def _find_range(column: Numbers) -> list[float] | None:
    """Return the 1st and 99th percentile, as coarse as the knots between them."""
    present = column[~np.isnan(column)]
    if not len(present):
        return None
    ends = np.quantile(present, (0.01, 0.99))
    rounded = round_for_disclosure(ends, spread=np.ptp(ends), n=len(present))
    return [float(end) for end in rounded]
