"""From a site's folder to a judged model: prepare, choose, fit, calibrate, judge."""

from riskscreen.training.champion import Approved, approved_on
from riskscreen.training.dataset import Prepared, prepare
from riskscreen.training.evaluate import Judgement, judge
from riskscreen.training.recalibration import Recalibration, recalibrate
from riskscreen.training.stored import StoredJudgement, judge_everyone, judge_newest
from riskscreen.training.train import TrainingResult, train
from riskscreen.training.validation import Validation, validate, validation_record

__all__ = [
    "Approved",
    "Judgement",
    "Prepared",
    "Recalibration",
    "StoredJudgement",
    "TrainingResult",
    "Validation",
    "approved_on",
    "judge",
    "judge_everyone",
    "judge_newest",
    "prepare",
    "recalibrate",
    "train",
    "validate",
    "validation_record",
]
