"""The evaluation of a stored model, on its own site's newest cases or on another's."""

from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from riskscreen.errors import TableError
from riskscreen.evaluation import Evaluation, evaluate
from riskscreen.evaluation.fairness import Fairness
from riskscreen.guarding import guarded
from riskscreen.model.horizons import Horizons
from riskscreen.model.risk_model import RiskModel
from riskscreen.training.dataset import Dataset
from riskscreen.training.evaluate import (
    build_evaluation_cases,
    choose_capacity,
    evaluate_groups,
)
from riskscreen.training.horizons import (
    HorizonEvaluation,
    evaluate_horizons,
    judge_horizons_since,
    to_horizon_record,
)
from riskscreen.training.split import split_cases


@dataclass(frozen=True, slots=True)
class StoredEvaluation:
    """Figures of one stored model on one set of cases; all of them aggregates.

    ``horizons`` are the primary and the other horizons of ``family``, each on the cases
    known there, those newer than the judged ones included.
    """

    target: str
    version: str
    evaluation: Evaluation
    fairness: Fairness | None
    words: tuple[str, ...]
    horizons: tuple[HorizonEvaluation, ...] = ()
    family: Horizons | None = None

    def to_dict(self) -> dict[str, Any]:
        """Everything as JSON can hold it."""
        return {
            "target": self.target,
            "version": self.version,
            "evaluation": self.evaluation.to_dict(),
            "fairness": self.fairness.to_dict() if self.fairness else None,
            "words": list(self.words),
            "horizons": to_horizon_record(self.horizons, self.family),
        }

    def summary(self) -> tuple[str, ...]:
        """A few lines for the person who asked."""
        shown = ("base_rate", "mean_risk", "auc", "brier", "calibration_slope")
        figures = (f"  {name} {self.evaluation[name].text()}" for name in shown)
        return (
            *self.words,
            f"{self.target}, version {self.version}:",
            *figures,
            *(f"  {horizon.line()}" for horizon in self.horizons),
        )


@guarded
def evaluate_on_test(model: RiskModel, prepared: Dataset) -> StoredEvaluation:
    """*model* on the test cases of the site it was trained on.

    The same data and specification give the same test cases as in training.
    """
    known = prepared.known()
    split = split_cases(known, model.spec.split, seed=model.spec.estimator.seed)
    found = _judged(model, prepared, known.iloc[split.test], split.words)
    return replace(found, horizons=evaluate_horizons(model, prepared, split))


@guarded
def evaluate_externally(model: RiskModel, prepared: Dataset) -> StoredEvaluation:
    """*model* on every case of another site whose outcome is known."""
    words = (
        "Every case with a known outcome was judged: the model was trained elsewhere."
    )
    found = _judged(model, prepared, prepared.known(), (words,))
    if "decision_date" not in prepared.cases:
        return found
    first = prepared.cases["decision_date"].min()
    return replace(found, horizons=judge_horizons_since(model, prepared, first))


def _judged(
    model: RiskModel,
    prepared: Dataset,
    cases: pd.DataFrame,
    words: tuple[str, ...],
) -> StoredEvaluation:
    if cases.empty:
        raise TableError(
            f"{model.spec.name}: no case has an outcome that is known by the extract "
            "date. Deliver older cases."
        )
    risk = model.score(prepared.features.iloc[cases.index.to_numpy()]).risk
    judged = build_evaluation_cases(cases)
    return StoredEvaluation(
        target=model.spec.name,
        version=model.version,
        evaluation=evaluate(judged, risk, capacity=choose_capacity(model.spec)),
        fairness=evaluate_groups(prepared, cases, judged, risk),
        words=(*prepared.notes, *words),
        family=model.horizons,
    )
