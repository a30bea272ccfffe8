"""Check whether the training cases suffice for the model's parameters."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from riskscreen.evaluation import (
    SampleSize,
    compute_cox_snell_r2,
    compute_sample_size,
)
from riskscreen.features.catalogue import list_features
from riskscreen.model.calibration_fit import compute_log_loss
from riskscreen.model.estimators.design import build_design
from riskscreen.model.estimators.logistic import limit_knots
from riskscreen.training.studies.trained import Trained


@dataclass(frozen=True, slots=True)
class TrainingSize:
    """Riley's criteria for the training cases (SampleSize has the formulas)."""

    size: SampleSize

    def describe(self) -> Iterator[str]:
        """Yield the answer in a sentence."""
        size = self.size
        verdict = "enough" if size.enough else "too few"
        yield (
            f"sample size: {size.n:,} cases for {size.parameters} parameters are "
            f"{verdict} ({size.needed:,} needed without any penalty)"
        )


def study_sample_size(trained: Trained) -> TrainingSize | None:
    """Check the sample size by what the model explains of the test cases.

    Every column that the linear estimator considered counts as a parameter. None where
    it cannot be said.
    """
    result, split = trained.result, trained.result.split
    data = trained.dataset.to_arrays()
    test = data.take(split.test)
    rate = float(np.average(test.long, weights=test.weight))
    if not 0 < rate < 1:
        return None
    design = build_design(
        data.values[split.train],
        list_features(result.spec),
        knots=limit_knots(result.spec.estimator.spline_knots, data.long[split.train]),
    )
    scored = result.model.score(trained.dataset.features.iloc[split.test])
    losses = compute_log_loss(scored.log_odds, test.long)
    loss = float(np.average(losses, weights=test.weight))
    size = compute_sample_size(
        len(split.train),
        parameters=len(design.feature),
        base_rate=rate,
        r2=compute_cox_snell_r2(loss, base_rate=rate),
    )
    return TrainingSize(size) if size else None
