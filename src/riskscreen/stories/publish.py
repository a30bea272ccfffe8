"""Approve the newest trained model of one target, if it passes its gates."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from riskscreen.errors import GateError
from riskscreen.evaluation.gate_outcomes import (
    GateOutcome,
    describe_gates,
    list_undecided,
    require_passed,
)
from riskscreen.model.label_age import LabelAge, judge_label_age
from riskscreen.registry.approvals import require_approver_and_note
from riskscreen.registry.store import Registry
from riskscreen.registry.versions import Version
from riskscreen.signing import SigningKey
from riskscreen.spec.placeholders import require_words
from riskscreen.stories.approval import require_counting_key
from riskscreen.stories.status import read_status


@dataclass(frozen=True, slots=True)
class Publication:
    """The approved version, and whether it was approved already.

    ``gates`` are the outcomes that it was approved by; ``pilot`` says that they leave
    something open; ``label_age`` is that of its newest label.
    """

    version: Version
    gates: tuple[GateOutcome, ...]
    already: bool
    pilot: bool
    label_age: LabelAge | None

    def describe(self) -> Iterator[str]:
        """Yield every gate, what no gate sees, the approval, and its labels' age."""
        yield from describe_gates(self.gates)
        already = "was already" if self.already else "is"
        how = " as a pilot" if self.pilot else ""
        yield f"{self.version.words} {already} approved{how}"
        if self.label_age is not None:
            yield self.label_age.describe()


def publish(
    target: str,
    *,
    by: str,
    note: str,
    on: str,
    tracking_uri: str,
    pilot: bool = False,
    key: SigningKey | None = None,
) -> Publication:
    """Approve the candidate of *target*, once; a killed approval is finished.

    Its gates are worked out from the figures of its evaluation. Where the cases are too
    few for one of them to say, it is approved only with *pilot*, and as one. *key*
    signs the approval. Raises UsageError where nobody approves it, for no reason, or
    unsigned where approval keys are configured, ModelError where the evaluation is
    another model's, or damaged, SpecError where words of its specification are still
    placeholders, GateError or LeakError saying which gate refuses and why,
    RegistryError where somebody approved another version meanwhile.
    """
    require_approver_and_note(by, note)
    require_counting_key(key)
    registry = Registry(tracking_uri)
    before = registry.read_approvals(target)
    status = read_status(target, registry=registry)
    candidate, gates = status.candidate, status.gates
    require_words(status.model.spec)
    require_passed(gates, model=candidate.words, pilot=pilot)
    pilot = bool(list_undecided(gates))
    age = judge_label_age(status.model, on=date.fromisoformat(on))
    # A new key signs what an old one had signed: that is how keys are rotated.
    current = before.current if status.approved else None
    if current and (key is None or current.signed_by == key.public):
        return Publication(candidate, gates, already=True, pilot=pilot, label_age=age)
    if status.uncompared:
        raise GateError(status.uncompared)
    registry.approve(
        candidate,
        by=by,
        note=note,
        on=on,
        verdicts={gate.name: gate.verdict for gate in gates},
        after=before,
        key=key,
    )
    return Publication(candidate, gates, already=False, pilot=pilot, label_age=age)
