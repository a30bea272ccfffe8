"""From a site's folder to an evaluated model: build, split, tune, select, calibrate."""

from riskscreen.training.data.dataset import Dataset
from riskscreen.training.data.preparation import prepare
from riskscreen.training.enough import Enough, count_enough
from riskscreen.training.evaluate import ModelEvaluation, evaluate_model
from riskscreen.training.jobs import use_jobs
from riskscreen.training.recalibration import Recalibration, recalibrate_model
from riskscreen.training.shipping import Shipped, compare_shipped, ship_model
from riskscreen.training.shipping_landmarks import ship_landmarks
from riskscreen.training.stored_evaluation import (
    StoredEvaluation,
    evaluate_externally,
    evaluate_on_test,
)
from riskscreen.training.studies import Validation, validate_model
from riskscreen.training.studies.approved_risks import (
    ApprovedRisks,
    score_with_approved,
)
from riskscreen.training.studies.comparators import read_comparators, try_comparators
from riskscreen.training.studies.landmarks import LandmarkEvaluation, judge_landmarks
from riskscreen.training.train import TrainingResult, train

__all__ = [
    "ApprovedRisks",
    "Dataset",
    "Enough",
    "LandmarkEvaluation",
    "ModelEvaluation",
    "Recalibration",
    "Shipped",
    "StoredEvaluation",
    "TrainingResult",
    "Validation",
    "compare_shipped",
    "count_enough",
    "evaluate_externally",
    "evaluate_model",
    "evaluate_on_test",
    "judge_landmarks",
    "prepare",
    "read_comparators",
    "recalibrate_model",
    "score_with_approved",
    "ship_landmarks",
    "ship_model",
    "train",
    "try_comparators",
    "use_jobs",
    "validate_model",
]
