"""From a site's folder to a judged model: prepare, tune, select, fit, evaluate."""

from riskscreen.training.champion import Approved, score_with_champion
from riskscreen.training.dataset import Dataset, prepare
from riskscreen.training.evaluate import ModelEvaluation, evaluate_model
from riskscreen.training.recalibration import Recalibration, recalibrate
from riskscreen.training.stored import (
    StoredEvaluation,
    evaluate_externally,
    evaluate_on_test,
)
from riskscreen.training.train import TrainingResult, train
from riskscreen.training.validation import Validation, validate, validation_record

__all__ = [
    "Approved",
    "Dataset",
    "ModelEvaluation",
    "Recalibration",
    "StoredEvaluation",
    "TrainingResult",
    "Validation",
    "evaluate_externally",
    "evaluate_model",
    "evaluate_on_test",
    "prepare",
    "recalibrate",
    "score_with_champion",
    "train",
    "validate",
    "validation_record",
]
