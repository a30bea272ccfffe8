"""Judging: how good a set of risks is, said as frozen figures with intervals."""

from riskscreen.evaluation.bootstrap import Bootstrap
from riskscreen.evaluation.calibration_metrics import CurvePoint, ReliabilityBin
from riskscreen.evaluation.cases import EvaluationCases
from riskscreen.evaluation.comparison import Comparison, compare
from riskscreen.evaluation.estimate import Estimate
from riskscreen.evaluation.metrics import (
    Evaluation,
    evaluate,
    figures_table,
    quality_figures,
)
from riskscreen.evaluation.net_benefit import NetBenefit
from riskscreen.evaluation.policy_figures import Capacity, PolicyFigures, gain_curve
from riskscreen.evaluation.sample_size import SampleSize, cox_snell_r2, sample_size

__all__ = [
    "Bootstrap",
    "Capacity",
    "Comparison",
    "CurvePoint",
    "Estimate",
    "Evaluation",
    "EvaluationCases",
    "NetBenefit",
    "PolicyFigures",
    "ReliabilityBin",
    "SampleSize",
    "compare",
    "cox_snell_r2",
    "evaluate",
    "figures_table",
    "gain_curve",
    "quality_figures",
    "sample_size",
]
