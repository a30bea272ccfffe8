"""Studies: what a training is asked beyond its model; one file each, and one list.

A new study is a function from a trained model to a Finding, in a file of its own, and
a line of STUDIES: the validation runs it, its record holds it, and the card prints its
lines. A layout of its own on the card is optional.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from riskscreen.guarding import guarded
from riskscreen.progress import Reporter
from riskscreen.training.dataset import Dataset
from riskscreen.training.studies.ablation import study_ablation
from riskscreen.training.studies.explanation_stability import study_explanations
from riskscreen.training.studies.sample_size import study_sample_size
from riskscreen.training.studies.trained import Finding, Trained
from riskscreen.training.train import TrainingResult

STUDIES: Mapping[str, Callable[[Trained], Finding | None]] = {
    "rolling_origin": lambda trained: trained.rolling_origin,
    "leave_one_municipality_out": lambda trained: trained.municipalities,
    "explanation_stability": study_explanations,
    "sample_size": study_sample_size,
    "ablation": study_ablation,
}
"""Every study of a validation, by its name in validation.json, in the order of both."""


@dataclass(frozen=True, slots=True)
class Validation:
    """What each study found; None where there was nothing to study."""

    kind: str
    findings: Mapping[str, Finding | None]

    def to_dict(self) -> dict[str, Any]:
        """Return everything as JSON can hold it; aggregates only."""
        found = {name: one for name, one in self.findings.items() if one is not None}
        return {
            "kind": self.kind,
            **dict.fromkeys(self.findings),
            **{name: finding.to_dict() for name, finding in found.items()},
            "lines": {name: list(finding.lines()) for name, finding in found.items()},
        }

    def lines(self) -> tuple[str, ...]:
        """Return what is worth reading, a line each."""
        return tuple(
            line
            for finding in self.findings.values()
            if finding is not None
            for line in finding.lines()
        )


@guarded
def validate(
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


@guarded
def validation_record(
    dataset: Dataset, result: TrainingResult, *, reporter: Reporter | None = None
) -> dict[str, Any]:
    """Return the validation of *result* as JSON can hold it; see validate."""
    return validate(dataset, result, reporter=reporter).to_dict()
