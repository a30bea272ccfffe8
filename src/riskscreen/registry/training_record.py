"""What goes to MLflow of a training."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from riskscreen.model.model_folder import EVALUATION_FILE
from riskscreen.model.risk_model import RiskModel
from riskscreen.registry.records import (
    EVALUATION_DIGEST,
    JUDGED_DIGEST,
    MODEL_DIGEST,
    ORIGIN,
)


@dataclass(frozen=True, slots=True)
class TrainingRecord:
    """What MLflow keeps of one training: parameters, figures and folders of files.

    ``metrics_by_period`` maps a metric to its value per period, a whole number such as
    the calendar year, or the training cases of a fit (MLflow's "step").
    ``model_folder`` is of the shipped model, ``judged_folder`` of the one that the
    figures are of. ``report_folder`` holds the evaluation (``evaluation.json``), the
    card and the pictures. ``verdicts`` are those of the gates, by gate: tags of the
    version, to be seen and sorted by in MLflow's pages. An approval does not rest on
    them. ``origin`` is the digest of data and recipe, if any. ``description`` is what
    is to be read first (Markdown), ``cases`` the number of cases by what they are used
    for.
    """

    target: str
    model_folder: Path
    judged_folder: Path
    report_folder: Path
    parameters: Mapping[str, str]
    fingerprints: Mapping[str, str]
    metrics: Mapping[str, float]
    metrics_by_period: Mapping[str, Mapping[int, float]] = field(default_factory=dict)
    verdicts: Mapping[str, str] = field(default_factory=dict)
    origin: str | None = None
    description: str = ""
    cases: Mapping[str, int] = field(default_factory=dict)

    def compute_digests(self, model: RiskModel, judged: RiskModel) -> dict[str, str]:
        """Compute what binds a version to its models and its evaluation, as its tags.

        *model* is the one in ``model_folder``, *judged* that in ``judged_folder``.
        """
        evaluation = (self.report_folder / EVALUATION_FILE).read_bytes()
        return {
            "model_version": model.version,
            MODEL_DIGEST: model.digest,
            JUDGED_DIGEST: judged.digest,
            EVALUATION_DIGEST: hashlib.sha256(evaluation).hexdigest(),
        }

    def list_tags(self, model: RiskModel, judged: RiskModel) -> dict[str, str]:
        """List every tag of the version: digests, origin, and each gate's verdict."""
        tags = {f"gate.{name}": verdict for name, verdict in self.verdicts.items()}
        if self.origin:
            tags[ORIGIN] = self.origin
        return {**self.compute_digests(model, judged), **tags}
