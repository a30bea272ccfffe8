"""A trained model as studies are handed it."""

from dataclasses import dataclass
from functools import cached_property

from riskscreen.progress import Reporter
from riskscreen.training.data.dataset import Dataset
from riskscreen.training.studies.out_of_sample import (
    Refitted,
    leave_one_municipality_out,
    validate_rolling_origin,
)
from riskscreen.training.train import TrainingResult


@dataclass(frozen=True)
class Trained:
    """A training's result with its data set, and the refits that studies share."""

    dataset: Dataset
    result: TrainingResult
    reporter: Reporter | None = None

    @cached_property
    def rolling_origin(self) -> Refitted:
        """The selected kind, trained anew before each of the newest periods."""
        return validate_rolling_origin(
            self.dataset, kind=self.result.selection.kind, reporter=self.reporter
        )

    @cached_property
    def municipalities(self) -> Refitted | None:
        """The selected kind, trained anew without each municipality."""
        return leave_one_municipality_out(
            self.dataset, self.result, reporter=self.reporter
        )
