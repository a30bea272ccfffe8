"""Train and judge a model of each landmark, beside what the intake's model says there.

A landmark is another T0 (population/at_landmark.py): its cases, features and outcomes
make a data set of its own, and that is trained, calibrated and judged like any other.
*Step 1* is what the intake's model knows: its multi-state family, refitted for this,
begun in the last week known with everybody in. A landmark has a model of its own where
that is better on its training cases, each predicted by fits without it; but the few
steps of the family know them, which favours step 1. No fit knows a test case.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from riskscreen.errors import TableError
from riskscreen.evaluation import (
    Bootstrap,
    Comparison,
    Estimate,
    compare,
    evaluate_risk,
)
from riskscreen.evaluation.gate_outcomes import GateOutcome
from riskscreen.evaluation.gates import Evidence, check_gates
from riskscreen.features import build_features
from riskscreen.guarding import guarded
from riskscreen.model.events import count_rarer
from riskscreen.model.horizons import Horizons, count_elapsed_weeks
from riskscreen.model.horizons.fit import FEWEST, fit_horizons
from riskscreen.model.records import Count, Said, Share
from riskscreen.outcomes import derive_outcomes
from riskscreen.population.at_landmark import (
    find_landmark_days,
    move_to_landmark,
    specify_landmark,
)
from riskscreen.progress import Reporter, SilentReporter
from riskscreen.spec import Horizon, Landmark
from riskscreen.timeline import from_days, to_days, to_monday_days
from riskscreen.training.data.dataset import Dataset
from riskscreen.training.data.split import Split, split_cases
from riskscreen.training.model_parts.thresholds import predict_out_of_sample
from riskscreen.training.studies.groups import (
    build_evaluation_cases,
    evaluate_groups,
    find_empty_groups,
)
from riskscreen.training.studies.leakage import find_largest, measure_column_signals
from riskscreen.training.studies.still_in import measure_share
from riskscreen.training.train import TrainingResult, train

Numbers = npt.NDArray[np.float64]

STEP_1 = "step_1"
"""The name of step 1 among what a landmark's model is compared with."""
OWN = "own"


@dataclass(frozen=True, slots=True)
class LandmarkEvaluation:
    """What became of a landmark: which risk is the better there, and how good it is.

    ``cross_fitted`` is the landmark's own model less step 1 on the ``train`` cases,
    each predicted by fits without it (but for step 1's family); ``own`` says that the
    own model is taken.
    ``tested`` is the same difference on the ``test`` cases, of which the ``estimates``
    and ``gates`` of the one taken are. ``helped`` is the share of these for which help
    had begun by the landmark's day; None where nobody says, or of a few. ``without``
    says why there is no model: all else is then empty.
    """

    week: Count
    more_weeks: Count
    without: Said | None = None
    train: Count | None = None
    test: Count | None = None
    own: bool = False
    helped: Share | None = None
    cross_fitted: Comparison | None = None
    tested: Comparison | None = None
    estimates: Mapping[str, Estimate] = field(default_factory=dict)
    gates: tuple[GateOutcome, ...] = ()

    def describe(self) -> str:
        """Return what is taken at the landmark, in a line."""
        of = f"week {self.week}, {self.more_weeks} more weeks"
        if self.cross_fitted is None:
            return f"{of}: no model; {self.without}"
        taken = "a model of its own" if self.own else "step 1"
        loss = self.cross_fitted.differences["log_loss"].text()
        return f"{of}: {taken}; log-loss of its own model less step 1's {loss}"


@dataclass(frozen=True, slots=True)
class LandmarkTraining:
    """The model of one landmark, its data, and what step 1 says of the same cases."""

    dataset: Dataset
    result: TrainingResult
    step_1: Numbers


@guarded
def evaluate_landmarks(
    dataset: Dataset, result: TrainingResult, *, reporter: Reporter | None = None
) -> tuple[LandmarkEvaluation, ...]:
    """Train and judge each landmark of *dataset*, whose intake's training is *result*.

    None of the fits behind a figure has seen its case, but that the few steps of step
    1's family know the training cases that the two are compared on.
    """
    found, reporter = [], reporter or SilentReporter()
    for landmark in dataset.spec.landmarks:
        trained = train_landmark(dataset, result, landmark, reporter=reporter)
        if isinstance(trained, str):
            found.append(_name(landmark, without=trained))
        else:
            found.append(judge_landmark(landmark, trained, dataset.efforts))
        reporter.say(f"{dataset.spec.name}: {found[-1].describe()}")
    return tuple(found)


def train_landmark(
    dataset: Dataset,
    result: TrainingResult,
    landmark: Landmark,
    *,
    reporter: Reporter,
) -> LandmarkTraining | str:
    """Train the model of *landmark*, or say why its cases are too few for one."""
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
    trained = train(at, split=split, kind="logistic", reporter=reporter)
    return LandmarkTraining(at, trained, step_1)


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
    family = _fit_family(dataset, log_odds - chosen.shift, begins, landmark)
    if family is None:
        return None
    place = pd.Index(dataset.cases["case_id"]).get_indexer(at.cases["case_id"])
    own, elapsed = log_odds[place], count_elapsed_weeks(dataset.spec, dataset.cases)
    since = np.maximum(elapsed[place], landmark.week - dataset.spec.register_lag_weeks)
    shares = family.state_probabilities(own, since, within=family.seen_range)
    return np.asarray(shares.inside[family.grid.index(landmark.horizon_weeks)])


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


def judge_landmark(
    landmark: Landmark, trained: LandmarkTraining, efforts: pd.DataFrame | None
) -> LandmarkEvaluation:
    """Judge the better of the landmark's own model and step 1 on the test cases.

    No simple rule is compared there. *efforts* are the intake's data set's.
    """
    at, result, step_1 = trained.dataset, trained.result, trained.step_1
    spec, split, data = at.spec, result.split, at.to_arrays()
    bootstrap = Bootstrap(seed=spec.estimator.seed)
    out_of_fold = result.candidates[result.selection.kind].out_of_fold_risk
    both = np.isfinite(out_of_fold) & np.isfinite(step_1[split.train])
    cross_fitted = compare(
        build_evaluation_cases(at.table.iloc[split.train[both]]),
        out_of_fold[both],
        step_1[split.train[both]],
        names=(OWN, STEP_1),
        bootstrap=bootstrap,
    )
    known = split.test[np.isfinite(step_1[split.test])]
    test = at.table.iloc[known]
    risk = result.model.score(at.features.iloc[known]).risk
    cases = build_evaluation_cases(test)
    tested = compare(
        cases, risk, step_1[known], names=(OWN, STEP_1), bootstrap=bootstrap
    )
    own = is_own_better(cross_fitted, at_most=spec.gates.brier_increase_at_most)
    taken = risk if own else step_1[known]
    estimates = evaluate_risk(cases, taken, bootstrap=bootstrap).estimates
    fairness = evaluate_groups(at, test, cases, taken, proposed=None)
    signals = measure_column_signals(
        data.take(split.train),
        data.take(known),
        result.model.features,
        risk=taken,
    )
    evidence = Evidence(
        estimates=estimates,
        comparisons={STEP_1: tested} if own else {},
        groups=fairness.gated if fairness else (),
        empty_groups=find_empty_groups(at),
        largest=find_largest(signals),
        pilot=split.pilot or "",
    )
    return replace(
        _name(landmark),
        train=len(split.train),
        test=len(known),
        own=own,
        helped=_measure_helped(test, efforts),
        cross_fitted=cross_fitted,
        tested=tested,
        estimates=estimates,
        gates=tuple(
            gate
            for gate in check_gates(evidence, spec.gates)
            if gate.name != "baselines_compared"
        ),
    )


def _measure_helped(cases: pd.DataFrame, efforts: pd.DataFrame | None) -> float | None:
    """Return the share of *cases* with an effort begun by T0, over by then or not."""
    if efforts is None:
        return None
    first = cases["case_id"].map(efforts.groupby("case_id")["start_date"].min())
    return measure_share((first <= cases["decision_date"]).to_numpy())


def is_own_better(difference: Comparison, *, at_most: float) -> bool:
    """Return whether a landmark's own model is taken over step 1.

    Its log-loss is lower, and the whole 95 % interval says that its Brier score is no
    more than *at_most* higher: step 1 is there already, and needs no proof.
    """
    loss, brier = (difference.differences[name] for name in ("log_loss", "brier"))
    if loss.value is None or brier.high is None:
        return False
    return loss.value < 0 and brier.high <= at_most


def _name(landmark: Landmark, *, without: str | None = None) -> LandmarkEvaluation:
    return LandmarkEvaluation(landmark.week, landmark.more_weeks, without)
