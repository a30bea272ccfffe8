"""Approve the newest trained model of one target, if it passes its gates."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from riskscreen.errors import GateError
from riskscreen.folders import look_first
from riskscreen.gates import require_passed
from riskscreen.judgements import read_judgement, recompute_gates
from riskscreen.progress import on_stderr
from riskscreen.registry import EXPORT_BY, Registry, Version
from riskscreen.terminal import run_story

STORE = "sqlite:///mlflow.db"


def run(
    target: str, *, by: str, note: str, on: str, tracking_uri: str = STORE
) -> Version:
    """Approve the candidate of *target*.

    Its gates are worked out from the figures of its judgement. Raises ModelError where
    that is another model's, or damaged, GateError saying which gate refuses and why.
    """
    registry = Registry(tracking_uri)
    candidate = registry.candidate(target)
    judgement = read_judgement(registry.judgement(candidate))
    outcomes = recompute_gates(judgement, registry.model(candidate))
    require_passed(outcomes, model=f"{target}, version {candidate.model_version}")
    _require_compared_with(registry.approved(target), judgement.compared_with)
    registry.approve(candidate, by=by, note=note, on=on)
    return candidate


def _require_compared_with(approved: Version | None, compared_with: str | None) -> None:
    """Refuse a candidate that was judged beside another model than the approved one."""
    now = approved.model_version if approved else None
    if now not in (None, compared_with):
        raise GateError(
            f"The candidate was not compared with the approved version {now}. "
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
    if out is not None:
        database = Registry(tracking_uri).database
        look_first(out, made_by=EXPORT_BY, inputs=[database])
    on = datetime.now(tz=UTC).date().isoformat()
    version = run(target, by=approved_by, note=note, on=on, tracking_uri=tracking_uri)
    tell = on_stderr()
    tell.say(f"{target}: version {version.model_version} is approved")
    if out is not None:
        Registry(tracking_uri).fetch_approved(target, out)
        tell.say(f"{target}: exported to {out}")


if __name__ == "__main__":
    run_story(main)
