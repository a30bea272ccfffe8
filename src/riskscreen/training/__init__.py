"""From a site's folder to a judged model: prepare, choose, fit, calibrate, judge."""

from riskscreen.training.approved import Approved, approved_on
from riskscreen.training.fitting import TrainingResult, train
from riskscreen.training.judging import Judgement, judge
from riskscreen.training.preparation import Prepared, prepare
from riskscreen.training.stored import StoredJudgement, judge_everyone, judge_newest

__all__ = [
    "Approved",
    "Judgement",
    "Prepared",
    "StoredJudgement",
    "TrainingResult",
    "approved_on",
    "judge",
    "judge_everyone",
    "judge_newest",
    "prepare",
    "train",
]
