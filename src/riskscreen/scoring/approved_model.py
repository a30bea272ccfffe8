"""Models that may score: a verified folder with somebody's approval in it."""

import logging
import tempfile
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd

from riskscreen.approval_keys import VARIABLE, find_approval_keys
from riskscreen.clock import read_clock
from riskscreen.errors import NotApprovedError, UntrustedApprovalError
from riskscreen.guarding import guarded
from riskscreen.model.model_folder import (
    APPROVAL_FILE,
    load_model_folder,
    read_model_json,
)
from riskscreen.model.records import check_record
from riskscreen.model.risk_model import RiskModel
from riskscreen.model.stored_model import ApprovalRecord
from riskscreen.objections import NOBODY_OBJECTS, Objections
from riskscreen.scoring.answers import Answer
from riskscreen.scoring.one_case import score_one
from riskscreen.scoring.rows import Scoring
from riskscreen.scoring.score_cases import score
from riskscreen.scoring.tables import NO_FRAMES, Frames
from riskscreen.signing import find_signer

_log = logging.getLogger("riskscreen.approval")


@dataclass(frozen=True, slots=True)
class ApprovedModel:
    """A verified model, and who approved it with which note.

    ``signed_by`` is the public key whose signature was verified; None where no approval
    keys are configured.
    """

    model: RiskModel
    approved_by: str
    note: str
    signed_by: str | None = None

    @property
    def version(self) -> str:
        """The version of the model's files."""
        return self.model.version

    @property
    def words(self) -> str:
        """Target, version and who approved it, as a command names them."""
        name = self.model.spec.name
        how = " as a pilot" if self.model.pilot else ""
        return f"{name}, version {self.version}, approved{how} by {self.approved_by}"

    @guarded
    def score(  # noqa: PLR0913  (what is scored, and on which day)
        self,
        cases: pd.DataFrame,
        history: pd.DataFrame | None = None,
        *,
        tables: Frames = NO_FRAMES,
        as_of: date | None = None,
        accept_unknown_codes: bool = False,
        objections: Objections = NOBODY_OBJECTS,
        clock: Callable[[], datetime] = read_clock,
    ) -> Scoring:
        """Score and explain *cases*; see riskscreen.scoring.score_cases.score."""
        return score(
            self.model,
            cases,
            history,
            tables=tables,
            as_of=as_of,
            accept_unknown_codes=accept_unknown_codes,
            objections=objections,
            clock=clock,
        )

    @guarded
    def score_one(
        self,
        case: Mapping[str, Any],
        history: Sequence[Mapping[str, Any]] | None = None,
        *,
        tables: Mapping[str, Sequence[Mapping[str, Any]]] | None = None,
        as_of: date | None = None,
        objections: Objections = NOBODY_OBJECTS,
        clock: Callable[[], datetime] = read_clock,
    ) -> Answer:
        """Score and explain one *case*; see riskscreen.scoring.one_case.score_one."""
        return score_one(
            self.model,
            case,
            history,
            tables=tables,
            as_of=as_of,
            objections=objections,
            clock=clock,
        )


@guarded
def load_model(source: str | Path, *, target: str | None = None) -> ApprovedModel:
    """Open the approved model in the folder *source*, or of *target* at MLflow.

    Every file is verified against the manifest, and the approval's signature against
    the keys in the file that RISKSCREEN_APPROVAL_KEYS names, if it does. Raises
    NotApprovedError where nobody approved it, or where it is of another target than
    *target*, UntrustedApprovalError where nobody with such a key did, ModelError where
    a file is missing or changed.
    """
    if "://" not in str(source):
        approved = open_approved(Path(source))
        if target not in (None, approved.model.spec.name):
            raise NotApprovedError(
                f"{source}: a model of {approved.model.spec.name}, so it may not score "
                f"as {target}. Name the folder that holds that one."
            )
        return approved
    if target is None:
        raise NotApprovedError(
            "An MLflow address holds models of several targets; name one, as in "
            'load_model(address, target="long_absence").'
        )
    return fetch_approved(str(source), target=target)


@guarded
def fetch_approved(
    uri: str, *, target: str, keys: Collection[str] = ()
) -> ApprovedModel:
    """Fetch the approved model of *target* at the MLflow registry *uri*, verified.

    *keys* as in open_approved, which says what it raises.
    """
    from riskscreen.registry.reading import (  # noqa: PLC0415  (MLflow takes seconds)
        RegistryReader,
    )

    with tempfile.TemporaryDirectory() as folder:
        exported = RegistryReader(uri).export_approved(target, Path(folder) / "m")
        return open_approved(exported, keys=keys)


def read_approved(folder: Path) -> RiskModel:
    """Read the model in *folder* as this machine's doors do; see open_approved.

    What a registry asks before it lets a version be exported, or score again.
    """
    return open_approved(folder).model


@guarded
def open_approved(folder: Path, *, keys: Collection[str] = ()) -> ApprovedModel:
    """Open the model in *folder*, if its approval is of these very files.

    *keys* are the public keys whose approvals count: a site's; without any, those that
    the environment names. Where there are keys, one of them must have signed it; where
    there are none, the log says so once. Raises ModelError where one of its files is
    missing, changed or damaged, the approval among them, NotApprovedError where there
    is none, and UntrustedApprovalError where it is of another version or not signed so.
    """
    model = load_model_folder(folder)
    path = folder / APPROVAL_FILE
    if not path.is_file():
        raise NotApprovedError(_remedy(folder, "nobody has approved it"))
    approval = check_record(read_model_json(path), ApprovalRecord, file=str(path))
    if (approval.model_version, approval.model_sha256) != (model.version, model.digest):
        why = "its approval is of another version"
        raise UntrustedApprovalError(_remedy(folder, why))
    signed_by = _verify(approval, keys or find_approval_keys(), folder)
    return ApprovedModel(
        model.put_under(pilot=approval.pilot, verdicts=approval.verdicts),
        approved_by=approval.approved_by,
        note=approval.note,
        signed_by=signed_by,
    )


def _verify(
    approval: ApprovalRecord, keys: Collection[str], folder: Path
) -> str | None:
    """Return which of *keys* signed *approval*; None, and say so, without any key."""
    if not keys:
        _say_unverified()
        return None
    if approval.signature is None:
        why = "its approval is not signed"
        raise UntrustedApprovalError(_remedy(folder, why, _SIGN))
    signer = find_signer(approval.to_signed_content(), approval.signature, keys)
    if signer is None:
        why = "none of the approval keys here signed its approval as it stands"
        raise UntrustedApprovalError(_remedy(folder, why, _SIGN))
    return signer


@cache
def _say_unverified() -> None:
    """Say once in a process that nobody's signature is asked for."""
    _log.warning(
        "No approval keys are configured (site.toml, or %s), so who approved a model "
        "is not verified.",
        VARIABLE,
    )


_APPROVE = "riskscreen publish TARGET --approved-by NAME --note WHY"
_SIGN = f"{_APPROVE} --key FILE"


def _remedy(folder: Path, why: str, command: str = _APPROVE) -> str:
    return (
        f"{folder}: this model may not score, because {why}. Approve it with "
        f"{command}, and export it again."
    )
