"""Say what stands between the newest trained model of one target and its approval."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from riskscreen.documents.cards.record import read_record
from riskscreen.evaluation.gate_outcomes import (
    GateOutcome,
    describe_gates,
    list_refusals,
    list_undecided,
)
from riskscreen.model.risk_model import RiskModel
from riskscreen.registry.store import Registry
from riskscreen.registry.versions import Version
from riskscreen.spec.placeholders import describe_placeholders
from riskscreen.stories.approval import find_uncompared, recompute_gates

Standing = Literal[
    "approved", "pilot", "refused", "unwritten", "uncompared", "undecided", "ready"
]


@dataclass(frozen=True, slots=True)
class CandidateStatus:
    """The candidate, its gates, and whether it is the approved version already.

    ``uncompared`` says why it may not follow the approved version, where it may not;
    ``unwritten`` which words of its specification nobody has written yet.
    """

    candidate: Version
    model: RiskModel
    gates: tuple[GateOutcome, ...]
    approved: bool
    uncompared: str = ""
    unwritten: str | None = None

    @property
    def standing(self) -> Standing:
        """What stands between it and an approval, the gravest first."""
        undecided = list_undecided(self.gates)
        if self.approved:
            return "pilot" if undecided else "approved"
        if list_refusals(self.gates):
            return "refused"
        if self.unwritten:
            return "unwritten"
        if self.uncompared:
            return "uncompared"
        return "undecided" if undecided else "ready"

    def describe(self) -> Iterator[str]:
        """Yield every gate, and what is still to be done before an approval."""
        yield f"candidate: {self.candidate.words}"
        yield from describe_gates(self.gates)
        refusals, undecided = list_refusals(self.gates), list_undecided(self.gates)
        target = self.candidate.target
        approve = f"riskscreen publish {target} --approved-by NAME --note WHY"
        match self.standing:
            case "approved":
                yield "It is the approved version."
            case "pilot":
                yield "It is the approved version, as a pilot."
            case "refused":
                named = ", ".join(gate.name for gate in refusals)
                refuse = f"refuse{'s' * (len(refusals) == 1)}"
                yield f"It cannot be approved: {named} {refuse}."
            case "unwritten":
                yield f"It cannot be approved: {self.unwritten}."
            case "uncompared":
                yield f"It cannot be approved: {self.uncompared}"
            case "undecided":
                named = ", ".join(gate.name for gate in undecided)
                yield f"Too few cases to say: {named}. As a pilot: {approve} --pilot"
            case "ready":
                yield f"Nothing stands in the way: {approve}"


def read_status(target: str, *, registry: Registry) -> CandidateStatus:
    """Read the candidate of *target* and work out its gates, changing nothing.

    Raises RegistryError where nothing is trained, ModelError where the evaluation is
    another model's, or damaged.
    """
    approved, candidate = (
        registry.find_approved(target),
        registry.find_candidate(target),
    )
    record = read_record(registry.read_evaluation_text(candidate))
    model = registry.load_model(candidate)
    gates = recompute_gates(record, model)
    same = approved is not None and approved.model_version == candidate.model_version
    uncompared = find_uncompared(record, candidate, approved)
    unwritten = describe_placeholders(model.spec)
    return CandidateStatus(candidate, model, gates, same, uncompared, unwritten)
