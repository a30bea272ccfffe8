"""Models that may score: a verified folder with somebody's approval in it."""

import tempfile
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import pandas as pd

from riskscreen.errors import NotApprovedError
from riskscreen.guarding import guarded
from riskscreen.model.model_folder import (
    APPROVAL_FILE,
    load_model_folder,
    read_model_json,
)
from riskscreen.model.records import check_record
from riskscreen.model.risk_model import RiskModel
from riskscreen.model.stored_model import ApprovalRecord
from riskscreen.scoring.rows import Scoring
from riskscreen.scoring.score_cases import score
from riskscreen.scoring.tables import NO_FRAMES, Frames


@dataclass(frozen=True, slots=True)
class ApprovedModel:
    """A verified model, and who approved it with which note."""

    model: RiskModel
    approved_by: str
    note: str

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
    def score(
        self,
        cases: pd.DataFrame,
        history: pd.DataFrame | None = None,
        *,
        tables: Frames = NO_FRAMES,
        as_of: date | None = None,
        accept_unknown_codes: bool = False,
    ) -> Scoring:
        """Score and explain *cases*; see riskscreen.scoring.score_cases.score."""
        return score(
            self.model,
            cases,
            history,
            tables=tables,
            as_of=as_of,
            accept_unknown_codes=accept_unknown_codes,
        )


@guarded
def load_model(source: str | Path, *, target: str | None = None) -> ApprovedModel:
    """Open the approved model in the folder *source*, or of *target* at MLflow.

    Every file is verified against the manifest. Raises NotApprovedError where nobody
    approved it, ModelError where a file is missing or changed.
    """
    if "://" not in str(source):
        return open_approved(Path(source))
    if target is None:
        raise NotApprovedError(
            "An MLflow address holds models of several targets; name one, as in "
            'load_model(address, target="long_absence").'
        )
    return fetch_approved(str(source), target=target)


@guarded
def fetch_approved(uri: str, *, target: str) -> ApprovedModel:
    """Fetch the approved model of *target* at the MLflow registry *uri*, verified."""
    from riskscreen.registry import Registry  # noqa: PLC0415  (MLflow takes seconds)

    with tempfile.TemporaryDirectory() as folder:
        return open_approved(Registry(uri).export_approved(target, Path(folder) / "m"))


@guarded
def open_approved(folder: Path) -> ApprovedModel:
    """Open the model in *folder*, if its approval is of these very files.

    Raises ModelError where one of its files is missing, changed or damaged, the
    approval among them, NotApprovedError where there is none of this version.
    """
    model = load_model_folder(folder)
    path = folder / APPROVAL_FILE
    if not path.is_file():
        raise NotApprovedError(_remedy(folder, "nobody has approved it"))
    approval = check_record(read_model_json(path), ApprovalRecord, file=str(path))
    if approval.model_version != model.version:
        raise NotApprovedError(_remedy(folder, "its approval is of another version"))
    return ApprovedModel(
        replace(model, pilot=approval.pilot, verdicts=approval.verdicts),
        approved_by=approval.approved_by,
        note=approval.note,
    )


def _remedy(folder: Path, why: str) -> str:
    return (
        f"{folder}: this model may not score, because {why}. Approve it with "
        "riskscreen publish TARGET --approved-by NAME --note WHY, and export it again."
    )
