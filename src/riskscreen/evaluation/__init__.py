"""Evaluate risks: arrays in, frozen estimates with intervals out."""

from riskscreen.evaluation.bootstrap import Bootstrap
from riskscreen.evaluation.calibration_metrics import CurvePoint, ReliabilityBin
from riskscreen.evaluation.cases import EvaluationCases
from riskscreen.evaluation.comparison import Comparison, compare
from riskscreen.evaluation.estimate import Estimate
from riskscreen.evaluation.metrics import Evaluation, estimate_metrics, evaluate_risk
from riskscreen.evaluation.net_benefit import NetBenefit
from riskscreen.evaluation.policy_figures import (
    PolicyFigures,
    ProposedCases,
)
from riskscreen.evaluation.sample_size import (
    SampleSize,
    compute_cox_snell_r2,
    compute_sample_size,
)

__all__ = [
    "Bootstrap",
    "Comparison",
    "CurvePoint",
    "Estimate",
    "Evaluation",
    "EvaluationCases",
    "NetBenefit",
    "PolicyFigures",
    "ProposedCases",
    "ReliabilityBin",
    "SampleSize",
    "compare",
    "compute_cox_snell_r2",
    "compute_sample_size",
    "estimate_metrics",
    "evaluate_risk",
]
