"""Approve the newest trained model of one target, if it passes its gates."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from riskscreen.errors import GateError
from riskscreen.evaluation.gates import require_passed
from riskscreen.evaluation.record import read_evaluation, recompute_gates
from riskscreen.folders import check_can_stage
from riskscreen.progress import on_stderr
from riskscreen.registry import EXPORT_BY, Registry, Standing, Version, require_act
from riskscreen.terminal import run_story

STORE = "sqlite:///mlflow.db"


@dataclass(frozen=True, slots=True)
class Publication:
    """The approved version, and whether it was approved already."""

    version: Version
    already: bool


def run(
    target: str, *, by: str, note: str, on: str, tracking_uri: str = STORE
) -> Publication:
    """Approve the candidate of *target*, once; a killed approval is finished.

    Its gates are worked out from the figures of its evaluation. Raises UsageError where
    nobody approves it or for no reason, ModelError where the evaluation is another
    model's, or damaged, GateError saying which gate refuses and why, RegistryError
    where somebody approved another version meanwhile.
    """
    require_act(by, note)
    registry = Registry(tracking_uri)
    before, approved = registry.standing(target), registry.approved(target)
    candidate = registry.candidate(target)
    record = read_evaluation(registry.evaluation(candidate))
    outcomes = recompute_gates(record, registry.model(candidate))
    require_passed(outcomes, model=candidate.words)
    if _is_approved(candidate, approved, before):
        return Publication(candidate, already=True)
    if approved is not None and approved.number != candidate.number:
        _require_compared_with(approved, record.compared_with)
    registry.approve(candidate, by=by, note=note, on=on, after=before)
    return Publication(candidate, already=False)


def _is_approved(
    candidate: Version, approved: Version | None, standing: Standing
) -> bool:
    """Whether the approved version is this very model, by somebody's approval."""
    same = approved is not None and approved.model_version == candidate.model_version
    return same and standing.approval is not None


def _require_compared_with(approved: Version, compared_with: str | None) -> None:
    """Refuse a candidate that was judged beside another model than the approved one."""
    if approved.model_version != compared_with:
        raise GateError(
            "The candidate was not compared with the approved version "
            f"{approved.model_version}. "
            "Train again with pipelines/train.py, which compares them."
        )


def main(
    target: Annotated[str, typer.Option(help="Name of a specification in models/.")],
    approved_by: Annotated[str, typer.Option(help="Who approves it.")],
    note: Annotated[str, typer.Option(help="Why; kept with the model.")],
    tracking_uri: Annotated[
        str, typer.Option(envvar="MLFLOW_TRACKING_URI", help="The MLflow registry.")
    ] = STORE,
    out: Annotated[
        Path | None, typer.Option(help="Folder for a copy that needs no MLflow.")
    ] = None,
) -> None:
    """Approve the candidate of TARGET, so that it may score."""
    require_act(approved_by, note)
    if out is not None:
        database = Registry(tracking_uri).database
        check_can_stage(out, made_by=EXPORT_BY, inputs=[database])
    on = datetime.now(tz=UTC).date().isoformat()
    done = run(target, by=approved_by, note=note, on=on, tracking_uri=tracking_uri)
    tell = on_stderr()
    already = "was already" if done.already else "is"
    tell.say(f"{done.version.words} {already} approved")
    if out is not None:
        Registry(tracking_uri).fetch_approved(target, out)
        tell.say(f"{target}: exported to {out}")


if __name__ == "__main__":
    run_story(main)
