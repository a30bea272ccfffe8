"""Evaluate a stored model on its own test, or on another site's cases."""

from dataclasses import dataclass, replace

import pandas as pd

from riskscreen.errors import TableError
from riskscreen.evaluation import Evaluation, evaluate_risk
from riskscreen.evaluation.fairness import Fairness
from riskscreen.guarding import guarded
from riskscreen.model.records import Said, VersionDigest
from riskscreen.model.risk_model import RiskModel
from riskscreen.training.data.dataset import Dataset
from riskscreen.training.data.split import split_cases
from riskscreen.training.model_parts.recent import find_trained
from riskscreen.training.studies.groups import build_evaluation_cases, evaluate_groups
from riskscreen.training.studies.help import HelpStudy, evaluate_help
from riskscreen.training.studies.horizons import HorizonStudy, evaluate_horizons
from riskscreen.training.studies.proposals import apply_policy


@dataclass(frozen=True, slots=True)
class StoredEvaluation:
    """Estimates of one stored model on one set of cases; all of them aggregates.

    ``horizons`` are the primary and the other horizons, each on the cases known there,
    those newer than the evaluated ones included. ``test_window`` are the first and the
    last day of the model's own test; None of another site.
    """

    target: Said
    version: VersionDigest
    evaluation: Evaluation
    fairness: Fairness | None
    messages: tuple[str, ...]
    horizons: HorizonStudy | None = None
    test_window: tuple[str, str] | None = None
    help: HelpStudy | None = None

    def describe(self) -> tuple[str, ...]:
        """Return a few lines for the person who asked."""
        shown = ("base_rate", "mean_risk", "auc", "brier", "calibration_slope")
        figures = (
            f"  {name} {self.evaluation.estimates[name].text()}" for name in shown
        )
        return (
            *self.messages,
            f"{self.target}, version {self.version}:",
            *figures,
            *(
                f"  {line}"
                for study in (self.horizons, self.help)
                for line in (study.describe() if study else ())
            ),
        )


@guarded
def evaluate_on_test(model: RiskModel, dataset: Dataset) -> StoredEvaluation:
    """Evaluate *model* on the test cases of the site it was trained on.

    The same data and specification give the same test cases as in training. A judged
    model gets the figures of its card; of one that was trained on some of these cases,
    as what is shipped is, the others alone count. Raises TableError where none is left.
    """
    table = dataset.table
    split = split_cases(table, model.spec.split, seed=model.spec.estimator.seed)
    unseen = split.test[~find_trained(model, dataset)[split.test]]
    if not len(unseen):
        raise TableError(
            f"{model.spec.name}: the model was trained on every case of this test, as "
            "a shipped one is. Its card has the figures of the judged model: evaluate "
            "that with --model FOLDER/judged, or wait for newer outcomes."
        )
    test = table.iloc[unseen]
    found = _evaluate_stored(model, dataset, test, split.words, split.first_test)
    return replace(found, test_window=split.test_window)


@guarded
def evaluate_externally(model: RiskModel, dataset: Dataset) -> StoredEvaluation:
    """Evaluate *model* on every case of another site whose outcome is known."""
    words = "Every case with a known outcome was used: the model was trained elsewhere."
    since = None
    if "decision_date" in dataset.cases:
        since = dataset.cases["decision_date"].min()
    return _evaluate_stored(model, dataset, dataset.labelled, (words,), since)


def _evaluate_stored(
    model: RiskModel,
    dataset: Dataset,
    cases: pd.DataFrame,
    words: tuple[str, ...],
    since: pd.Timestamp | None,
) -> StoredEvaluation:
    if cases.empty:
        raise TableError(
            f"{model.spec.name}: no case has an outcome that is known by the extract "
            "date. Deliver older cases."
        )
    risk = model.score(dataset.features.iloc[cases.index.to_numpy()]).risk
    evaluated = build_evaluation_cases(cases)
    proposed = apply_policy(model.policy, model, dataset, cases, risk)
    return StoredEvaluation(
        target=model.spec.name,
        version=model.version,
        evaluation=evaluate_risk(evaluated, risk, proposed=proposed),
        fairness=evaluate_groups(dataset, cases, evaluated, risk, proposed=proposed),
        messages=(*dataset.notes, *words),
        horizons=evaluate_horizons(model, dataset, since),
        help=evaluate_help(dataset, cases, evaluated, risk, proposed=proposed),
    )
