"""Rollbacks: who went back to which version, why and when, kept beside approvals."""

from typing import Annotated

from pydantic import StringConstraints

from riskscreen.disclosure.words import mask_words
from riskscreen.model.records import Act, Record, Said
from riskscreen.registry.versions import Version

Number = Annotated[str, StringConstraints(pattern=r"^[0-9]+$")]


class Rollback(Record):
    """One act of going back; the numbers are MLflow's, of the approved copies."""

    left_version: Said
    left_number: Number
    to_version: Said
    to_number: Number
    by: Act
    note: Act
    on: Said

    @property
    def words(self) -> str:
        """The rollback as one line."""
        return (
            f"{self.on}: back to version {self.to_version} from {self.left_version}, "
            f"by {self.by}: {self.note}"
        )


def build_rollback(
    left: Version, to: Version, *, by: str, note: str, on: str
) -> Rollback:
    """Return what is written down of going back from *left* to *to*."""
    return Rollback(
        left_version=left.model_version,
        left_number=left.number,
        to_version=to.model_version,
        to_number=to.number,
        by=mask_words(by.strip()),
        note=mask_words(note.strip()),
        on=on,
    )
