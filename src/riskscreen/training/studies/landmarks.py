"""Judge which risk is the better at each landmark, and how good it is.

It has a model of its own, apart or correcting step 1 (training/landmarks.py), where
that is better than step 1 on its training cases, each predicted by fits without it; but
the few steps of step 1's family know them, which favours step 1.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from riskscreen.evaluation import (
    Bootstrap,
    Comparison,
    Estimate,
    compare,
    evaluate_risk,
)
from riskscreen.evaluation.gate_outcomes import (
    GateOutcome,
    list_refusals,
    list_undecided,
)
from riskscreen.evaluation.gates import Evidence, check_gates
from riskscreen.guarding import guarded
from riskscreen.model.records import Count, Said, Share
from riskscreen.progress import Reporter, SilentReporter
from riskscreen.spec import Landmark
from riskscreen.training.data.dataset import Dataset
from riskscreen.training.landmarks import LandmarkTraining, train_landmark
from riskscreen.training.studies.groups import (
    build_evaluation_cases,
    evaluate_groups,
    find_empty_groups,
)
from riskscreen.training.studies.leakage import find_largest, measure_column_signals
from riskscreen.training.studies.still_in import measure_share
from riskscreen.training.train import TrainingResult

STEP_1 = "step_1"
"""The name of step 1 among what a landmark's model is compared with."""
OWN = "own"


@dataclass(frozen=True, slots=True)
class LandmarkEvaluation:
    """What became of a landmark: which risk is the better there, and how good it is.

    ``cross_fitted`` is the landmark's own model less step 1 on the ``train`` cases,
    each predicted by fits without it (but for step 1's family); ``own`` says that the
    own model is taken, ``corrects`` that it is one that corrects step 1.
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
    corrects: bool = False
    helped: Share | None = None
    cross_fitted: Comparison | None = None
    tested: Comparison | None = None
    estimates: Mapping[str, Estimate] = field(default_factory=dict)
    gates: tuple[GateOutcome, ...] = ()

    @property
    def scores(self) -> bool:
        """Whether cases are scored there: there is a risk, and no gate refuses it."""
        return self.without is None and not list_refusals(self.gates)

    @property
    def pilot(self) -> bool:
        """Whether the cases are too few for one of its gates."""
        return bool(list_undecided(self.gates))

    def describe(self) -> str:
        """Return what is taken at the landmark, in a line."""
        of = f"week {self.week}, {self.more_weeks} more weeks"
        if self.cross_fitted is None:
            return f"{of}: no model; {self.without}"
        by_itself = "step 1, corrected" if self.corrects else "a model of its own"
        taken = by_itself if self.own else "step 1"
        if not self.scores:
            taken = f"{taken}, which its gates refuse, so nobody is scored by it"
        loss = self.cross_fitted.differences["log_loss"].text()
        return f"{of}: {taken}; log-loss of its own model less step 1's {loss}"


@dataclass(frozen=True, slots=True)
class JudgedLandmark:
    """A landmark, what was trained there (None: too few cases), and how good it is."""

    landmark: Landmark
    evaluation: LandmarkEvaluation
    trained: LandmarkTraining | None = None


@guarded
def judge_landmarks(
    dataset: Dataset, result: TrainingResult, *, reporter: Reporter | None = None
) -> tuple[JudgedLandmark, ...]:
    """Train and judge each landmark of *dataset*, whose intake's training is *result*.

    None of the fits behind a figure has seen its case, but that the few steps of step
    1's family know the training cases that the two are compared on.
    """
    found, reporter = [], reporter or SilentReporter()
    for landmark in dataset.spec.landmarks:
        trained = train_landmark(dataset, result, landmark, reporter=reporter)
        if isinstance(trained, str):
            lacks = LandmarkEvaluation(
                landmark.week, landmark.more_weeks, without=trained
            )
            found.append(JudgedLandmark(landmark, lacks))
        else:
            evaluation = judge_landmark(landmark, trained, dataset.efforts)
            found.append(JudgedLandmark(landmark, evaluation, trained))
        reporter.say(f"{dataset.spec.name}: {found[-1].evaluation.describe()}")
    return tuple(found)


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
    return LandmarkEvaluation(
        landmark.week,
        landmark.more_weeks,
        train=len(split.train),
        test=len(known),
        own=own,
        corrects=trained.corrects,
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
