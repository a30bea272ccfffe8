"""Train a model of each landmark, and say what the intake's model says there.

A landmark is another T0 (population/at_landmark.py): its cases, features and outcomes
make a data set of its own, and that is trained and calibrated like any other. *Step 1*
is what the intake's model knows: its multi-state family, refitted for this, begun in
the last week known with everybody in. A second model corrects it: step 1 enters as an
offset, and the facts known at the landmark are penalised corrections. The better of the
two by cross-fits stays. No fit knows a case of the landmark's test.
"""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import logit

from riskscreen.errors import TableError
from riskscreen.features import build_features
from riskscreen.model.calibration import BetaCalibration, to_risk
from riskscreen.model.calibration_fit import compute_log_loss
from riskscreen.model.events import count_rarer
from riskscreen.model.horizons import Horizons, count_elapsed_weeks
from riskscreen.model.horizons.fit import FEWEST, fit_horizons
from riskscreen.model.landmark_model import specify_corrections
from riskscreen.outcomes import derive_outcomes
from riskscreen.population.at_landmark import (
    find_landmark_days,
    move_to_landmark,
    specify_landmark,
)
from riskscreen.progress import Reporter
from riskscreen.spec import Horizon, Landmark
from riskscreen.spec.columns import STEP_1_RISK
from riskscreen.timeline import from_days, to_days, to_monday_days
from riskscreen.training.data.dataset import Dataset
from riskscreen.training.data.split import Split, split_cases
from riskscreen.training.model_parts.thresholds import predict_out_of_sample
from riskscreen.training.train import TrainingResult, train

Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class LandmarkTraining:
    """The model of one landmark, its data, and what step 1 says of the same cases.

    ``corrects`` says that the model corrects step 1; else it stands apart.
    """

    dataset: Dataset
    result: TrainingResult
    step_1: Numbers
    corrects: bool = False


def train_landmark(
    dataset: Dataset,
    result: TrainingResult,
    landmark: Landmark,
    *,
    reporter: Reporter,
) -> LandmarkTraining | str:
    """Train the model of *landmark*, or say why its cases are too few for one.

    It stands apart or corrects step 1, whichever has the lower log-loss on the training
    cases, each predicted by fits without it.
    """
    at = prepare_landmark(dataset, landmark)
    labelled = int(at.table["long"].notna().sum()) if len(at.cases) else 0
    if labelled < FEWEST:
        return f"fewer than {FEWEST} cases were in by then and have an outcome"
    try:
        split = split_cases(at.table, at.spec.split, seed=at.spec.estimator.seed)
    except TableError as short:
        return str(short)
    long = at.table["long"].to_numpy()
    if min(count_rarer(long[of]) for of in (split.train, split.test)) < FEWEST / 10:
        return f"fewer than {FEWEST // 10} cases of the rarer outcome train or test"
    step_1 = predict_step_1(dataset, result, at, split, landmark)
    if step_1 is None:
        return "there are too few cases to follow for a multi-state family"
    found = []
    for of in (at, correct_step_1(dataset, at, landmark, step_1)):
        result_there = train(of, split=split, kind="logistic", reporter=reporter)
        found.append(LandmarkTraining(of, result_there, step_1, corrects=of is not at))
    return min(found, key=_compute_loss)


def prepare_landmark(dataset: Dataset, landmark: Landmark) -> Dataset:
    """Return the cases of *dataset* known to be in at *landmark*, described there.

    The logistic regression alone is trained, whatever the specification compares: a
    search for trees each would cost more than the intake's. There are no places of its
    own.
    """
    spec = specify_landmark(dataset.spec, landmark)
    alone = spec.estimator.model_copy(update={"candidates": ("logistic",)})
    spec = spec.model_copy(update={"estimator": alone})
    history, extract_date = dataset.history, dataset.extract_date
    assert history is not None  # the specification guarantees it
    assert extract_date is not None
    there = move_to_landmark(
        dataset.spec, dataset.cases, history, landmark, extract_date=extract_date
    ).sort_values(["decision_date", "case_id"])
    places, cases = there.index.to_numpy(), there.reset_index(drop=True)
    audit, units = dataset.audit, dataset.units
    return replace(
        dataset,
        spec=spec,
        cases=cases,
        features=build_features(spec, cases, history, dataset.tables),
        outcomes=derive_outcomes(spec, cases, history, extract_date=extract_date),
        audit=None if audit is None else audit.iloc[places].reset_index(drop=True),
        units=None if units is None else units.iloc[places].reset_index(drop=True),
        attrition=pd.DataFrame(),
        routed=pd.DataFrame(),
        label_noise=pd.DataFrame(),
        places=None,
        efforts=None,
    )


def correct_step_1(
    dataset: Dataset, at: Dataset, landmark: Landmark, risk: Numbers
) -> Dataset:
    """Return *at*, of *landmark*, with the *risk* of step 1 beside its facts."""
    own = specify_corrections(dataset.spec, landmark)
    own = own.model_copy(update={"estimator": at.spec.estimator})
    features = at.features.copy()
    features.insert(len(at.spec.features()), STEP_1_RISK, 100 * risk)
    return replace(at, spec=own, features=features)


def _compute_loss(of: LandmarkTraining) -> float:
    """Return the log-loss on the training cases that step 1 has a risk of."""
    train = of.result.split.train
    risk = of.result.candidates[of.result.selection.kind].out_of_fold_risk
    known = np.isfinite(risk) & np.isfinite(of.step_1[train])
    cases = of.dataset.to_arrays().take(train[known])
    losses = compute_log_loss(logit(risk[known]), cases.long)
    return float(np.average(losses, weights=cases.weight))


def predict_step_1(
    dataset: Dataset,
    result: TrainingResult,
    at: Dataset,
    split: Split,
    landmark: Landmark,
) -> Numbers | None:
    """Return the risk of each case of *at* by the intake's model and its family.

    The family is fitted to what was known when the landmark's test began (*split*), on
    the intake's log-odds by fits without the case and without the recent shift, which
    is added to what it is asked of. NaN where there is no such fit; None where cases
    are too few to follow.
    """
    chosen = result.candidates[result.selection.kind]
    log_odds = predict_out_of_sample(
        chosen.model,
        dataset,
        result.split,
        chosen.out_of_fold_risk,
        shift=chosen.shift,
    )
    begins = split.first_test  # a pilot's split states none
    if begins is None:
        begins = at.table["decision_date"].iloc[split.test].min()
    line = fit_step_1(dataset, log_odds, at, landmark, until=begins, shift=chosen.shift)
    if line is None:
        return None
    return to_risk(line.apply(take_intake(dataset, log_odds, at)))


def fit_step_1(
    dataset: Dataset,
    log_odds: Numbers,
    at: Dataset,
    landmark: Landmark,
    *,
    until: pd.Timestamp,
    shift: float,
) -> BetaCalibration | None:
    """Fit the line from the intake's *log_odds* to those that the family has at *at*.

    The family's chances are no line, but nearly one where cases are: it is drawn
    through those of *at*, each begun in its last week known. *log_odds* are of all
    cases of *dataset*, with the recent *shift*, which the family does not know. None
    where those whose landmark lay before *until* are too few to follow.
    """
    family = _fit_family(dataset, log_odds - shift, until, landmark)
    if family is None:
        return None
    place = pd.Index(dataset.cases["case_id"]).get_indexer(at.cases["case_id"])
    own, elapsed = log_odds[place], count_elapsed_weeks(dataset.spec, dataset.cases)
    since = np.maximum(elapsed[place], landmark.week - dataset.spec.register_lag_weeks)
    shares = family.state_probabilities(own, since, within=family.seen_range)
    risk = np.asarray(shares.inside[family.grid.index(landmark.horizon_weeks)])
    known = np.isfinite(own) & (risk > 0) & (risk < 1)
    if known.sum() < FEWEST:
        return None
    own, risk = own[known], risk[known]
    # As the log-odds of a risk are known best in the middle.
    weight = np.sqrt(risk * (1 - risk))
    slope, intercept = np.polyfit(own, logit(risk), 1, w=weight)
    line = BetaCalibration(slope=float(slope), intercept=float(intercept))
    return line.round_for_disclosure(n=len(own))


def take_intake(dataset: Dataset, log_odds: Numbers, at: Dataset) -> Numbers:
    """Return those of *log_odds*, of all cases of *dataset*, that are of *at*'s."""
    place = pd.Index(dataset.cases["case_id"]).get_indexer(at.cases["case_id"])
    return np.asarray(log_odds[place])


def _fit_family(
    dataset: Dataset, log_odds: Numbers, until: pd.Timestamp, landmark: Landmark
) -> Horizons | None:
    """Fit the family with a step that ends at the landmark's horizon.

    By the cases whose landmark lay before *until*, when its test begins. Younger ones
    tell nothing of the steps from there on, and the test's are among them: to leave out
    these alone would leave those who went early.
    """
    assert dataset.history is not None
    outcome, cases = dataset.spec.outcome, dataset.cases
    weeks = {landmark.horizon_weeks, *(h.weeks for h in outcome.other_horizons)}
    weeks -= {outcome.horizon_weeks}
    further = tuple(Horizon(weeks=week) for week in sorted(weeks))
    spec = dataset.spec.model_copy(
        update={"outcome": outcome.model_copy(update={"other_horizons": further})}
    )
    clock = to_monday_days(to_days(cases[outcome.clock]))
    usable = np.isfinite(log_odds) & (cases["decision_date"] < until).to_numpy()
    usable &= np.asarray(from_days(find_landmark_days(clock, landmark)) < until)
    return fit_horizons(
        spec,
        cases[usable].reset_index(drop=True),
        dataset.history,
        log_odds[usable],
        known_by=until.date(),
    )
