"""What a validation says: unseen periods and places, still reasons, enough cases."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from riskscreen.evaluation import SampleSize, cox_snell_r2, sample_size
from riskscreen.features.catalogue import list_features
from riskscreen.guarding import guarded
from riskscreen.model.calibration import compute_log_loss
from riskscreen.model.estimators.design import build_design
from riskscreen.progress import Reporter
from riskscreen.training.dataset import Dataset
from riskscreen.training.resampling import (
    OutOfSample,
    leave_one_municipality_out,
    rolling_origin,
)
from riskscreen.training.rows import rows_of
from riskscreen.training.studies.ablation import (
    ColumnAblation,
    ablate_columns,
    describe_ablations,
)
from riskscreen.training.studies.explanation_stability import (
    Direction,
    compute_top_reason_overlap,
    measure_directions,
)
from riskscreen.training.train import TrainingResult


@dataclass(frozen=True, slots=True)
class Validation:
    """What a model's recipe is worth on periods and places it has not seen.

    ``overlap`` is the share of top reasons that each refit has in common with the whole
    model on its test cases. ``sample_size`` is None where it cannot be said.
    ``leaving_out`` says what not seeing each column that cases are judged by does.
    """

    kind: str
    periods: OutOfSample
    places: OutOfSample | None
    overlap: dict[str, float]
    directions: tuple[Direction, ...]
    sample_size: SampleSize | None
    leaving_out: tuple[ColumnAblation, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Everything as JSON can hold it; aggregates only."""
        return {
            "kind": self.kind,
            "rolling_origin": self.periods.to_dict(),
            "leave_one_municipality_out": (
                self.places.to_dict() if self.places else None
            ),
            "top_reasons_overlap": dict(self.overlap),
            "directions": [sign.to_dict() for sign in self.directions],
            "sample_size": self.sample_size.to_dict() if self.sample_size else None,
            "leaving_out": [one.to_dict() for one in self.leaving_out],
        }

    def lines(self) -> tuple[str, ...]:
        """What is worth reading, a line each."""
        shares = list(self.overlap.values())
        against = [s.feature for s in self.directions if s.agrees is False]
        agree = sum(s.agrees is True for s in self.directions)
        return (
            *self.periods.lines(),
            *(self.places.lines() if self.places else ()),
            *(
                [
                    f"top reasons in common with a refit: {np.mean(shares):.0%} on "
                    f"average, {min(shares):.0%} at the least"
                ]
                if shares
                else []
            ),
            f"directions: {agree} features pull as the specification says, "
            f"{len(against)} against it{': ' if against else ''}{', '.join(against)}",
            *([_size_words(self.sample_size)] if self.sample_size else []),
            *describe_ablations(self.leaving_out),
        )


@guarded
def validation_record(
    prepared: Dataset, result: TrainingResult, *, reporter: Reporter | None = None
) -> dict[str, Any]:
    """The validation of *result*'s recipe as JSON can hold it; see validate."""
    return validate(prepared, result, reporter=reporter).to_dict()


@guarded
def validate(
    prepared: Dataset, result: TrainingResult, *, reporter: Reporter | None = None
) -> Validation:
    """Rolling origin, each municipality left out, how still the reasons hold.

    Every refit goes through the whole training again, but for the choice between
    candidates and, of a municipality left out, the search for how trees are held back:
    these are *result*'s. What leaving a column out does is asked of one
    logistic regression per column (ablate_columns.py).
    """
    kind = result.choice.kind
    periods = rolling_origin(prepared, kind=kind, reporter=reporter)
    places = leave_one_municipality_out(prepared, result, reporter=reporter)
    test = result.known.iloc[result.split.test]
    features = prepared.features.iloc[test.index.to_numpy()]
    refits = (*periods.refits, *(places.refits if places else ()))
    return Validation(
        kind=kind,
        periods=periods,
        places=places,
        overlap=compute_top_reason_overlap(
            result.model, {refit.name: refit.model for refit in refits}, features
        ),
        directions=measure_directions(result.model, features),
        sample_size=_sample_size(prepared, result),
        leaving_out=ablate_columns(prepared, result, reporter=reporter),
    )


def _sample_size(prepared: Dataset, result: TrainingResult) -> SampleSize | None:
    """Whether the training cases suffice, by what the model explains of the test.

    Every column that the linear estimator considered counts as a parameter.
    """
    rows = rows_of(prepared, result.known)
    taught, judged = rows.at(result.split.training), rows.at(result.split.test)
    design = build_design(
        taught.values,
        list_features(result.spec),
        knots=result.spec.estimator.spline_knots,
    )
    names = [f.name for f in result.model.features]
    scored = result.model.score(pd.DataFrame(judged.values, columns=names))
    rate = float(judged.long.mean())
    if not 0 < rate < 1:
        return None
    loss = float(compute_log_loss(scored.log_odds, judged.long).mean())
    return sample_size(
        len(taught.long),
        parameters=len(design.feature),
        base_rate=rate,
        r2=cox_snell_r2(loss, base_rate=rate),
    )


def _size_words(size: SampleSize) -> str:
    """Riley's answer in a sentence."""
    found = "enough" if size.enough else "too few"
    return (
        f"sample size: {size.n:,} cases for {size.parameters} parameters are {found} "
        f"({size.needed:,} needed without any penalty)"
    )
