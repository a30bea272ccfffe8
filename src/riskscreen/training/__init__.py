"""From a site's folder to a judged model: prepare, tune, select, fit, evaluate."""

from riskscreen.training.champion import Approved, score_with_champion
from riskscreen.training.dataset import Dataset, prepare
from riskscreen.training.evaluate import Judgement, judge
from riskscreen.training.recalibration import Recalibration, recalibrate
from riskscreen.training.stored import StoredJudgement, judge_everyone, judge_newest
from riskscreen.training.train import TrainingResult, train
from riskscreen.training.validation import Validation, validate, validation_record

__all__ = [
    "Approved",
    "Dataset",
    "Judgement",
    "Recalibration",
    "StoredJudgement",
    "TrainingResult",
    "Validation",
    "judge",
    "judge_everyone",
    "judge_newest",
    "prepare",
    "recalibrate",
    "score_with_champion",
    "train",
    "validate",
    "validation_record",
]
