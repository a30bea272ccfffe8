"""Fit a recipe to cases: refit every candidate, calibrate, and set what follows."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from riskscreen.features.catalogue import drop_directions, list_features
from riskscreen.files import fingerprint_table
from riskscreen.guarding import name_fit
from riskscreen.model.calibration import to_risk
from riskscreen.model.estimators.blend import BlendEstimator
from riskscreen.model.horizons import OrderComparison
from riskscreen.model.reason_groups import group_reasons
from riskscreen.model.risk_model import RiskModel
from riskscreen.policy import Policy
from riskscreen.progress import Reporter
from riskscreen.rounding import round_count, round_for_disclosure
from riskscreen.training.candidates.cross_fitting import (
    align_blocks,
    calibrate_by_blocks,
)
from riskscreen.training.candidates.directions import DirectionTest
from riskscreen.training.candidates.selection import fit_member
from riskscreen.training.data.dataset import Dataset, LabelledData
from riskscreen.training.data.split import Split
from riskscreen.training.jobs import map_fits
from riskscreen.training.model_parts.end_states import describe_end_states
from riskscreen.training.model_parts.recent import (
    RecentShift,
    estimate_recent_shift,
    find_recent_cases,
    fit_recent_horizons,
)
from riskscreen.training.model_parts.thresholds import predict_out_of_sample, set_policy
from riskscreen.training.model_parts.uncertainty import (
    CandidateFits,
    estimate_uncertainty,
)
from riskscreen.training.resampling import Positions

Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Recipe:
    """What a training chooses before it sees a test case: all that a fit needs.

    ``kind`` is the selected candidate; ``hyperparameters`` are each candidate's, the
    weight of a blend among them. ``directions`` are what the training cases say of
    each, ``orders`` which further horizons have one of their own; None where that is
    still to be found.
    """

    kind: str
    hyperparameters: Mapping[str, Mapping[str, float]]
    directions: tuple[DirectionTest, ...] = ()
    orders: tuple[OrderComparison, ...] | None = None

    @property
    def dropped_directions(self) -> tuple[str, ...]:
        """The features whose direction is imposed on no fit."""
        return tuple(test.feature for test in self.directions if test.dropped)


@dataclass(frozen=True, slots=True)
class RecipeCases:
    """The cases that a recipe is fitted to, and how fits without them predict them.

    ``log_odds`` are each candidate's of every case of ``split.train``, uncalibrated, by
    a fit that was not trained on it; cases of one ``block`` (its number) have the same
    fit. ``by`` says in words what makes a block.
    """

    split: Split
    log_odds: Mapping[str, Numbers]
    block: Positions
    by: str


@dataclass(frozen=True, slots=True)
class Candidate:
    """One candidate, fitted on all training cases and calibrated.

    ``out_of_fold_risk`` is its calibrated risk of each training case, by a fit that was
    trained on none of that time or person, and ``out_of_fold_log_odds`` what that fit
    says uncalibrated; NaN where there is no such fit. ``shift`` is what the model's
    calibration has of the recent shift and of known changes; the risks have none.
    """

    model: RiskModel
    hyperparameters: Mapping[str, float]
    out_of_fold_risk: Numbers
    out_of_fold_log_odds: Numbers
    shift: float = 0.0


def fit_recipe(
    dataset: Dataset, recipe: Recipe, cases: RecipeCases, reporter: Reporter
) -> dict[str, Candidate]:
    """Return every candidate of *recipe*, fitted to *cases*; the selected one whole.

    The selected candidate has its horizons, its uncertainty, the profile of its
    training data and its policy. Where the split has test cases, its thresholds are
    those of the year before them; else those of the newest year of arrivals.
    """
    kind, split, spec = recipe.kind, cases.split, dataset.spec
    data = dataset.to_arrays()
    candidates = _fit_candidates(
        dataset, recipe, cases, data.take(split.train), reporter
    )
    chosen = candidates[kind]
    recent = find_recent_cases(chosen.model, chosen.out_of_fold_risk, dataset, split)
    with name_fit(f"the further horizons of {kind}"):
        horizons = fit_recent_horizons(recent, dataset, split, orders=recipe.orders)
    candidates[kind] = replace(chosen, model=replace(chosen.model, horizons=horizons))
    shift = estimate_recent_shift(recent, dataset, split)
    for words in shift.describe():
        reporter.say(f"{spec.name}: {words}")
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
    until = split.first_test if len(split.test) else None
    before = set_policy(chosen.model, dataset, log_odds, until=until)
    with name_fit(f"the doubt about {kind}"):
        model = estimate_uncertainty(
            fits, kind, data, split, proposed=before.expect_share()
        )
    at_horizon = describe_end_states(dataset, split.calibration, fits.log_odds[kind])
    model = replace(model, notes={**model.notes, "end_states": at_horizon})
    candidates[kind] = replace(chosen, model=model)
    shifted = {k: _apply_shift(shift, c) for k, c in candidates.items()}
    model = shifted[kind].model
    policy = set_policy(model, dataset, log_odds + shift.total, until=until)
    shifted[kind] = replace(shifted[kind], model=replace(model, policy=policy))
    return shifted


def _apply_shift(shift: RecentShift, candidate: Candidate) -> Candidate:
    """Return *candidate* with the recent shift in its risks.

    ``out_of_fold_risk`` stays what it was at the outcome rate of its own time.
    """
    model, line = candidate.model, candidate.model.calibration
    moved = replace(
        model,
        calibration=replace(line, intercept=round(line.intercept + shift.total, 9)),
        notes={**model.notes, **shift.to_notes()},
    )
    policy = Policy(moved.base_risk)
    return replace(candidate, model=replace(moved, policy=policy), shift=shift.total)


def _fit_candidates(
    dataset: Dataset,
    recipe: Recipe,
    cases: RecipeCases,
    train: LabelledData,
    reporter: Reporter,
) -> dict[str, Candidate]:
    """Refit every candidate and calibrate it; a blend is made of its members' fits."""
    spec, fits, tuned = dataset.spec, dict[str, Any](), recipe.hyperparameters
    features = drop_directions(list_features(spec), recipe.dropped_directions)
    members = [kind for kind in tuned if kind != "blend"]
    with reporter.track("Fitting and calibrating", len(members)) as step:
        fitted = map_fits(
            lambda kind: fit_member(kind, tuned[kind], train, features, spec), members
        )
        for kind, fit in zip(members, fitted, strict=True):
            fits[kind] = fit.round_for_disclosure(n=len(train.long))
            step()
    log_odds = {kind: fits[kind].predict_once(train.values) for kind in members}
    if "blend" in tuned:
        weight = tuned["blend"]["weight"]
        fits["blend"] = BlendEstimator.from_members(
            fits["logistic"], fits["lightgbm"], weight
        )
        log_odds["blend"] = BlendEstimator.mix(
            log_odds["logistic"], log_odds["lightgbm"], weight
        )
    candidates = {}
    for kind in tuned:
        aligned = align_blocks(cases.log_odds[kind], log_odds[kind], cases.block)
        candidates[kind] = _calibrate_candidate(
            dataset, cases, train, fits[kind], aligned, recipe, kind=kind
        )
    return candidates


def _calibrate_candidate(  # noqa: PLR0913  (what a calibration rests on)
    dataset: Dataset,
    cases: RecipeCases,
    train: LabelledData,
    estimator: Any,
    out_of_fold: Numbers,
    recipe: Recipe,
    *,
    kind: str,
) -> Candidate:
    """Calibrate *estimator* by the *out_of_fold* log-odds of its training cases."""
    split, hyperparameters = cases.split, recipe.hyperparameters[kind]
    newest = np.isin(split.train, split.calibration)
    with name_fit(f"the calibration of {estimator.kind}"):
        fitted, by_block = calibrate_by_blocks(
            out_of_fold, train, cases.block, newest=newest
        )
    calibration = fitted.round_for_disclosure(n=len(split.calibration))
    risk = to_risk(calibration.apply(out_of_fold))
    model = RiskModel(
        spec=dataset.spec,
        estimator=estimator,
        calibration=calibration,
        policy=Policy(0.0),
        code_table_csv=dataset.code_table_csv,
        keys=dataset.keys,
        notes={
            **_describe_training(dataset, cases, train, hyperparameters),
            "directions": [asdict(tested) for tested in recipe.directions],
            "bend_kept": float(
                round_for_disclosure(by_block.kept, spread=1, n=len(split.train))
            ),
        },
        reason_groups=group_reasons(list_features(dataset.spec), train.values),
        dropped_directions=recipe.dropped_directions,
    )
    policy = Policy(model.base_risk)
    return Candidate(replace(model, policy=policy), hyperparameters, risk, out_of_fold)


def _describe_training(
    dataset: Dataset,
    cases: RecipeCases,
    train: LabelledData,
    hyperparameters: Mapping[str, float],
) -> dict[str, Any]:
    """Return aggregates of the training cases; none of a test case or a single row."""
    split = cases.split
    names = [f.name for f in list_features(dataset.spec)]
    n, visible = len(train.long), dataset.people_visible_at_t0
    t0, shipped = None, not len(split.test)
    if split.first_test is not None or (shipped and "decision_date" in split.cases):
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
        "cross_fitted_by": cases.by,
        "extract_date": str(dataset.extract_date) if dataset.extract_date else None,
        "decided": None if t0 is None else [f"{t0.min():%Y-%m}", f"{t0.max():%Y-%m}"],
        "newest_label": find_newest_label(split.cases.iloc[split.train]),
        "synthetic": dataset.synthetic,
        "pilot": split.pilot,
        "shipped": shipped,
        "people_visible_at_t0": None if visible is None else round_share(visible),
        "ranges": dict(zip(names, map(_find_range, train.values.T), strict=True)),
        "training_fingerprint": fingerprint_table(
            pd.DataFrame(train.values, columns=names).assign(
                outcome=train.long,
                **({} if train.weight is None else {"weight": train.weight}),
            )
        ),
    }


def find_newest_label(cases: pd.DataFrame) -> str | None:
    """Return the day on which the newest outcome of *cases* was known, as ISO says it.

    None without dates.
    """
    newest = cases["known_on"].max() if "known_on" in cases else pd.NaT
    return None if pd.isna(newest) else f"{newest:%Y-%m-%d}"


def _find_range(column: Numbers) -> list[float] | None:
    """Return the 1st and 99th percentile, as coarse as the knots between them."""
    present = column[~np.isnan(column)]
    if not len(present):
        return None
    ends = np.quantile(present, (0.01, 0.99))
    rounded = round_for_disclosure(ends, spread=np.ptp(ends), n=len(present))
    return [float(end) for end in rounded]
