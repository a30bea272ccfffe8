"""Approvals: who, why, when and of what, each kept for ever in an entry of its own.

They are tags of the registered model at MLflow, one per approval, whose keys are drawn
anew each time: nothing is written over, and they stay when a version is deleted.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import Field, TypeAdapter, ValidationError

from riskscreen.disclosure.words import mask_words
from riskscreen.errors import PersonalDataError, RegistryError, UsageError
from riskscreen.evaluation.gates import TOO_FEW
from riskscreen.model.records import Act, Record, Said, Sha256, VersionDigest
from riskscreen.person_numbers import holds_person_number
from riskscreen.registry.records import EVALUATION_DIGEST, Version

_PREFIX = "approval."
_LONGEST = {"approver": 200, "note": 2000}


class Approval(Record):
    """One act of approving.

    ``number`` is MLflow's number of the version; ``on`` the day, as ISO says it;
    ``pilot`` that its gates left something open, ``verdicts`` what each of them said.
    """

    number: Said
    model_version: VersionDigest
    by: Act
    note: Act
    on: Said
    evaluation_sha256: Sha256
    pilot: bool = False
    verdicts: Mapping[Said, Said] = Field(default={})

    @property
    def words(self) -> str:
        """The approval as one line."""
        how = " as a pilot" if self.pilot else ""
        return (
            f"{self.on}: version {self.model_version}, by {self.by}{how}: {self.note}"
        )


@dataclass(frozen=True, slots=True)
class Approvals:
    """Which version of a target is approved now, and every approval there ever was.

    ``approved_number`` is MLflow's number of the version with the alias, None where
    there is none; ``history`` maps the key of each approval to it, the oldest first.
    """

    approved_number: str | None
    history: Mapping[str, Approval]

    @property
    def current(self) -> Approval | None:
        """The approval in force: the newest one of the approved version."""
        own = [a for a in self.history.values() if a.number == self.approved_number]
        return own[-1] if own else None

    def holds(self, approval: Approval) -> bool:
        """Return whether *approval* is the newest one, whatever its day."""
        if not self.history:
            return False
        newest = list(self.history.values())[-1]
        return newest == approval.model_copy(update={"on": newest.on})

    def draw_key(self) -> str:
        """Return a key that nobody else draws, after those that there are."""
        return f"{_PREFIX}{len(self.history) + 1:05d}.{secrets.token_hex(6)}"

    def find_others_since(self, before: "Approvals", number: str) -> list[Approval]:
        """Return the approvals of versions other than *number* made after *before*."""
        new = [a for key, a in self.history.items() if key not in before.history]
        return [approval for approval in new if approval.number != number]


def parse_approvals(target: str, tags: Mapping[str, str]) -> dict[str, Approval]:
    """Return the approvals in a registered model's *tags*, the oldest first.

    Raises RegistryError where one of them is not what was written.
    """
    keys = sorted(key for key in tags if key.startswith(_PREFIX))
    try:
        return {key: Approval.model_validate_json(tags[key]) for key in keys}
    except ValidationError:
        pass
    raise RegistryError(
        f"{target}: an approval at the registry was changed by hand: one of the "
        f"registered model's tags {_PREFIX}* is not as it was written. Restore it from "
        "a backup of the registry, or delete that tag and approve again."
    )


def require_approver_and_note(by: str, note: str) -> None:
    """Raise where nobody approves, or for no reason.

    UsageError where either is empty, blank, of fewer than two letters or too long,
    PersonalDataError where either holds a person number.
    """
    for what, text in (("approver", by), ("note", note)):
        if not _is_said(text) or len(text) > _LONGEST[what]:
            raise UsageError(
                f"The {what} is empty, blank, of fewer than two letters or of more "
                f"than {_LONGEST[what]}. An approval is a person's act with a reason: "
                "give --approved-by NAME and --note WHY. Nothing was changed."
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
) -> Approval:
    """Return the approval of *version*; see ``require_approver_and_note``."""
    require_approver_and_note(by, note)
    return Approval(
        number=version.number,
        model_version=version.model_version,
        by=mask_words(by.strip()),
        note=mask_words(note.strip()),
        on=on,
        evaluation_sha256=version.tags[EVALUATION_DIGEST],
        pilot=TOO_FEW in (verdicts or {}).values(),
        verdicts=verdicts or {},
    )


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
