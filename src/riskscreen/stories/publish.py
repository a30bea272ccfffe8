"""Approve the newest trained model of one target, if it passes its gates."""

from dataclasses import dataclass

from riskscreen.documents.cards.record import read_record
from riskscreen.errors import GateError
from riskscreen.evaluation.gates import require_passed
from riskscreen.registry import Registry, Version, require_approver_and_note
from riskscreen.stories.approval import recompute_gates


@dataclass(frozen=True, slots=True)
class Publication:
    """The approved version, and whether it was approved already."""

    version: Version
    already: bool


def publish(
    target: str, *, by: str, note: str, on: str, tracking_uri: str
) -> Publication:
    """Approve the candidate of *target*, once; a killed approval is finished.

    Its gates are worked out from the figures of its evaluation. Raises UsageError where
    nobody approves it or for no reason, ModelError where the evaluation is another
    model's, or damaged, GateError saying which gate refuses and why, RegistryError
    where somebody approved another version meanwhile.
    """
    require_approver_and_note(by, note)
    registry = Registry(tracking_uri)
    before, approved = registry.read_approvals(target), registry.find_approved(target)
    candidate = registry.find_candidate(target)
    record = read_record(registry.read_evaluation_text(candidate))
    gates = recompute_gates(record, registry.load_model(candidate))
    require_passed(gates, model=candidate.words)
    if approved is not None:
        same = approved.model_version == candidate.model_version
        if same and before.current is not None:
            return Publication(candidate, already=True)
        # Other places change no score, so there is nothing to compare.
        compared = approved.model_version in (
            record.compared_with,
            record.same_scores_as,
        )
        if approved.number != candidate.number and not compared:
            raise GateError(
                "The candidate was not compared with the approved version "
                f"{approved.model_version}. Train again with riskscreen train, which "
                "compares them."
            )
    registry.approve(candidate, by=by, note=note, on=on, after=before)
    return Publication(candidate, already=False)
