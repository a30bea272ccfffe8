"""Approve the newest trained model of one target, if it passes its gates."""

from collections.abc import Iterator
from dataclasses import dataclass

from riskscreen.documents.cards.record import read_record
from riskscreen.errors import GateError
from riskscreen.evaluation.gates import (
    GateOutcome,
    describe_gates,
    list_undecided,
    require_passed,
)
from riskscreen.registry import Registry, Version, require_approver_and_note
from riskscreen.stories.approval import find_uncompared, recompute_gates


@dataclass(frozen=True, slots=True)
class Publication:
    """The approved version, and whether it was approved already.

    ``gates`` are the outcomes that it was approved by; ``pilot`` says that they leave
    something open.
    """

    version: Version
    gates: tuple[GateOutcome, ...]
    already: bool
    pilot: bool

    def describe(self) -> Iterator[str]:
        """Yield every gate, what is not judged, and that it is approved."""
        yield from describe_gates(self.gates)
        already = "was already" if self.already else "is"
        how = " as a pilot" if self.pilot else ""
        yield f"{self.version.words} {already} approved{how}"


def publish(
    target: str,
    *,
    by: str,
    note: str,
    on: str,
    tracking_uri: str,
    pilot: bool = False,
) -> Publication:
    """Approve the candidate of *target*, once; a killed approval is finished.

    Its gates are worked out from the figures of its evaluation. Where the cases are too
    few for one of them to say, it is approved only with *pilot*, and as one. Raises
    UsageError where nobody approves it or for no reason, ModelError where the
    evaluation is another model's, or damaged, GateError or LeakError saying which gate
    refuses and why, RegistryError where somebody approved another version meanwhile.
    """
    require_approver_and_note(by, note)
    registry = Registry(tracking_uri)
    before, approved = registry.read_approvals(target), registry.find_approved(target)
    candidate = registry.find_candidate(target)
    record = read_record(registry.read_evaluation_text(candidate))
    gates = recompute_gates(record, registry.load_model(candidate))
    require_passed(gates, model=candidate.words, pilot=pilot)
    pilot = bool(list_undecided(gates))
    if approved is not None:
        same = approved.model_version == candidate.model_version
        if same and before.current is not None:
            return Publication(candidate, gates, already=True, pilot=pilot)
    if why := find_uncompared(record, candidate, approved):
        raise GateError(why)
    registry.approve(
        candidate,
        by=by,
        note=note,
        on=on,
        verdicts={gate.name: gate.verdict for gate in gates},
        after=before,
    )
    return Publication(candidate, gates, already=False, pilot=pilot)
