"""A classifier two-sample test: can new cases be told from those of the training?

Lopez-Paz & Oquab 2017, "Revisiting classifier two-sample tests" (ICLR): a classifier is
fitted on half of both to tell them apart, and judged on the other half. Where both are
drawn from the same, no classifier does better than half by more than chance.
"""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from riskscreen.evaluation import Estimate, EvaluationCases
from riskscreen.evaluation.metrics import estimate_auc
from riskscreen.features.catalogue import Feature
from riskscreen.model.estimators.logistic import LogisticEstimator
from riskscreen.model.records import Finite
from riskscreen.monitoring.bounds import FEWEST_NEW

Numbers = npt.NDArray[np.float64]

_PENALTY = 30.0
_ONE_SIDED = 1.6448536269514722


@dataclass(frozen=True, slots=True)
class TwoSamples:
    """How well new cases are told from old ones, and what chance alone would reach.

    ``auc`` has its 95 % interval; ``by_chance`` is exceeded one time in twenty where
    both are drawn from the same.
    """

    auc: Estimate
    by_chance: Finite

    @property
    def differs(self) -> bool:
        """Whether they are told apart better than chance would."""
        return self.auc.value is not None and self.auc.value > self.by_chance


def compare_samples(
    values: Numbers, is_new: npt.NDArray[np.bool_], features: tuple[Feature, ...]
) -> TwoSamples | None:
    """Tell the new rows of feature *values* from the others; None where these are few.

    Every other row of each, in their order, fits a logistic regression, and the rest
    judges it.
    """
    if min(is_new.sum(), (~is_new).sum()) < FEWEST_NEW:
        return None
    fits = np.zeros(len(values), dtype=bool)
    for kind in (is_new, ~is_new):
        fits[np.flatnonzero(kind)[::2]] = True
    free = tuple(replace(feature, monotone=None) for feature in features)
    label = is_new.astype(np.float64)
    fitted = LogisticEstimator(features=free, penalty=_PENALTY).fit(
        values[fits], label[fits]
    )
    score = np.asarray(fitted.decision_function(values[~fits]))
    cases = EvaluationCases.from_columns(pd.Series(label[~fits]))
    n_new, n_old = int(label[~fits].sum()), int((1 - label[~fits]).sum())
    # The null of the AUC: Mann & Whitney 1947.
    spread = np.sqrt((n_new + n_old + 1) / (12 * n_new * n_old))
    return TwoSamples(estimate_auc(cases, score), 0.5 + _ONE_SIDED * float(spread))
