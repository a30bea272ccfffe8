"""Studies: what a training is asked beyond its model; one file each, and one list.

A new study is a function from a trained model to what it finds, in a file of its own,
with the class of that in Finding and a line of STUDIES here: the validation runs it,
the record holds it, and the card prints its lines. A layout of its own on the card is
optional.

Label noise is none: it asks the outcomes and the history alone, while they are read,
and no model. It belongs to the data set (``Dataset.label_noise``) and stands on every
card, whether anything was validated or not.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from riskscreen.evaluation import Estimate
from riskscreen.guarding import guarded
from riskscreen.model.records import Said
from riskscreen.progress import Reporter
from riskscreen.training.data.dataset import Dataset
from riskscreen.training.studies.ablation import Ablation, study_ablation
from riskscreen.training.studies.explanation_stability import (
    ExplanationStability,
    study_explanations,
)
from riskscreen.training.studies.learning_curve import (
    TrainingCurve,
    study_learning_curve,
)
from riskscreen.training.studies.out_of_sample import OutOfSample
from riskscreen.training.studies.sample_size import TrainingSize, study_sample_size
from riskscreen.training.studies.trained import Trained
from riskscreen.training.train import TrainingResult

Finding = OutOfSample | ExplanationStability | TrainingSize | TrainingCurve | Ablation
"""What a study finds: a frozen dataclass of aggregates, which can describe() itself."""
STUDIES: Mapping[str, Callable[[Trained], Finding | None]] = {
    "rolling_origin": lambda trained: trained.rolling_origin.finding,
    "leave_one_municipality_out": lambda trained: (
        trained.municipalities.finding if trained.municipalities else None
    ),
    "explanation_stability": study_explanations,
    "sample_size": study_sample_size,
    "learning_curve": study_learning_curve,
    "ablation": study_ablation,
}
"""Every study of a validation, by its name in validation.json, in the order of both."""


@dataclass(frozen=True, slots=True)
class Validation:
    """What each study found; None where there was nothing to study."""

    kind: Said
    findings: Mapping[str, Finding | None]

    @property
    def pooled(self) -> Mapping[str, Estimate]:
        """The figures of all periods of the rolling origin together, by name."""
        periods = self.findings.get("rolling_origin")
        return periods.pooled if isinstance(periods, OutOfSample) else {}

    def describe(self) -> tuple[str, ...]:
        """Return what is worth reading, a line each."""
        return tuple(
            line
            for finding in self.findings.values()
            if finding is not None
            for line in finding.describe()
        )


@guarded
def validate_model(
    dataset: Dataset, result: TrainingResult, *, reporter: Reporter | None = None
) -> Validation:
    """Validate a trained model by every study.

    Rolling origin and leaving a municipality out go through the whole training again,
    but for the selection between candidates and, of a municipality, the tuning of
    trees: these are *result*'s.
    """
    trained = Trained(dataset, result, reporter)
    findings = {name: study(trained) for name, study in STUDIES.items()}
    return Validation(result.selection.kind, findings)
