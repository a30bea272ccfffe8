"""Approvals: who, why, when and of what, each kept for ever in an entry of its own.

They are tags of the registered model at MLflow, one per approval and one per rollback,
numbered in one row, whose keys are drawn anew each time: nothing is written over, and
they stay when a version is deleted.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from pydantic import TypeAdapter, ValidationError

from riskscreen.disclosure.words import mask_words
from riskscreen.errors import PersonalDataError, RegistryError, UsageError
from riskscreen.model.records import Act, Record, Said
from riskscreen.model.stored_model import ApprovalRecord
from riskscreen.model.verdicts import TOO_FEW
from riskscreen.person_numbers import holds_person_number
from riskscreen.registry.records import EVALUATION_DIGEST, MODEL_DIGEST
from riskscreen.registry.rollbacks import Rollback
from riskscreen.registry.versions import Version
from riskscreen.signing import SigningKey

_APPROVAL, _ROLLBACK = "approval.", "rollback."
_LONGEST = {"approver": 200, "note": 2000}

_Act = TypeVar("_Act", bound=Record)


class Approval(ApprovalRecord):
    """One act of approving; ``number`` is MLflow's number of the trained version."""

    number: Said

    @property
    def words(self) -> str:
        """The approval as one line."""
        how = " as a pilot" if self.pilot else ""
        return (
            f"{self.approved_on}: version {self.model_version}, by {self.approved_by}"
            f"{how}: {self.note}"
        )


@dataclass(frozen=True, slots=True)
class Approvals:
    """Which version of a target is approved now, and every approval there ever was.

    ``approved_number`` is MLflow's number of the trained version whose copy has the
    alias, None where there is none; ``history`` maps the key of each approval to it,
    the oldest first, ``rollbacks`` the key of each rollback.
    """

    approved_number: str | None
    history: Mapping[str, Approval]
    rollbacks: Mapping[str, Rollback] = field(default_factory=dict)

    @property
    def current(self) -> Approval | None:
        """The approval in force: the newest one of the approved version."""
        own = [a for a in self.history.values() if a.number == self.approved_number]
        return own[-1] if own else None

    @property
    def acts(self) -> list[Approval | Rollback]:
        """Every approval and every rollback, the oldest first."""
        every: dict[str, Approval | Rollback] = {**self.history, **self.rollbacks}
        return [every[key] for key in sorted(every, key=_find_place)]

    def find_unwritten(self, act: Approval | Rollback) -> tuple[str, str] | None:
        """Return the tag that *act* is to be kept in, its key drawn by nobody else.

        None where it is the newest act there already, whatever its day.
        """
        acts = self.acts
        if acts and _is_same_act(act, acts[-1]):
            return None
        kind = _APPROVAL if isinstance(act, Approval) else _ROLLBACK
        key = f"{kind}{len(acts) + 1:05d}.{secrets.token_hex(6)}"
        return key, act.model_dump_json()

    def find_others_since(self, before: "Approvals", number: str) -> list[Approval]:
        """Return the approvals of versions other than *number* made after *before*."""
        new = [a for key, a in self.history.items() if key not in before.history]
        return [approval for approval in new if approval.number != number]


def parse_approvals(
    target: str, tags: Mapping[str, str], *, approved_number: str | None
) -> Approvals:
    """Return what a registered model's *tags* hold of approvals and rollbacks.

    Raises RegistryError where one of them is not what was written.
    """
    try:
        return Approvals(
            approved_number,
            _parse(Approval, _APPROVAL, tags),
            _parse(Rollback, _ROLLBACK, tags),
        )
    except ValidationError:
        pass
    raise RegistryError(
        f"{target}: an approval at the registry was changed by hand: one of the "
        f"registered model's tags {_APPROVAL}* or {_ROLLBACK}* is not as it was "
        "written. Restore it from a backup of the registry, or delete that tag and "
        "approve again."
    )


def _parse(kind: type[_Act], prefix: str, tags: Mapping[str, str]) -> dict[str, _Act]:
    keys = sorted(key for key in tags if key.startswith(prefix))
    return {key: kind.model_validate_json(tags[key]) for key in keys}


def _find_place(key: str) -> str:
    """Return what orders the keys of approvals and rollbacks among each other."""
    return key.partition(".")[2]


def _is_same_act(one: Record, other: Record) -> bool:
    """Return whether both say the same, whatever their days; a day is signed, too."""
    dated = {"approved_on", "signature", "on"}
    return type(one) is type(other) and (
        one.model_dump(exclude=dated) == other.model_dump(exclude=dated)
    )


def require_approver_and_note(
    by: str, note: str, *, option: str = "--approved-by"
) -> None:
    """Raise where nobody approves, or for no reason; *option* names who it is.

    UsageError where either is empty, blank, of fewer than two letters or too long,
    PersonalDataError where either holds a person number.
    """
    for what, text in (("approver", by), ("note", note)):
        if not _is_said(text) or len(text) > _LONGEST[what]:
            raise UsageError(
                f"The {what} is empty, blank, of fewer than two letters or of more "
                f"than {_LONGEST[what]}. What scores is a person's act with a reason: "
                f"give {option} NAME and --note WHY. Nothing was changed."
            )
        if holds_person_number(text):
            raise PersonalDataError(
                f"The {what} holds a person number, and both are kept for ever. Leave "
                "it out. Nothing was changed."
            )


def _is_said(text: str) -> bool:
    try:
        TypeAdapter(Act).validate_python(text, strict=True)
    except ValidationError:
        return False
    return True


def build_approval(
    version: Version,
    *,
    by: str,
    note: str,
    on: str,
    verdicts: Mapping[str, str] | None = None,
    key: SigningKey | None = None,
) -> ApprovalRecord:
    """Return the approval of *version*, signed with *key* if there is one.

    See ``require_approver_and_note``.
    """
    require_approver_and_note(by, note)
    approval = ApprovalRecord(
        model_version=version.model_version,
        model_sha256=version.tags[MODEL_DIGEST],
        evaluation_sha256=version.tags[EVALUATION_DIGEST],
        approved_by=mask_words(by.strip()),
        approved_on=on,
        note=mask_words(note.strip()),
        pilot=TOO_FEW in (verdicts or {}).values(),
        verdicts=dict(verdicts or {}),
        signed_by=None if key is None else key.public,
    )
    if key is None:
        return approval
    signature = key.sign(approval.to_signed_content())
    return approval.model_copy(update={"signature": signature})


def require_not_overtaken(
    version: Version, before: Approvals, now: Approvals, *, done: bool
) -> None:
    """Raise RegistryError where somebody approved another version since *before*.

    *done* says whether *now* is after the alias was set to *version*.
    """
    other_approvals = now.find_others_since(before, version.number)
    expected = (version.number,) if done else (version.number, before.approved_number)
    if not other_approvals and now.approved_number in expected:
        return
    who = (
        "; ".join(other.words for other in other_approvals)
        or "somebody, without a note"
    )
    stands = f"version {now.approved_number}" if now.approved_number else "none"
    raise RegistryError(
        f"{version.words}: overtaken: another version was approved meanwhile ({who}). "
        f"Approved at the registry is now {stands} (MLflow's number). Agree which one "
        "is to score. Then train again, which compares with it, and publish again."
    )
