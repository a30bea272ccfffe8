"""Calibrate a stored model anew on newly matured labels; log it as a candidate."""

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from riskscreen.documents.cards import training_record
from riskscreen.folders import check_can_stage, stage_folder
from riskscreen.guarding import need_installed
from riskscreen.model.risk_model import load_model_folder
from riskscreen.progress import Reporter, on_stderr
from riskscreen.readers.site import read_site
from riskscreen.registry import Registry
from riskscreen.stories.candidates import log_candidate, write_candidate
from riskscreen.terminal import run_story
from riskscreen.training import (
    Recalibration,
    evaluate_model,
    prepare,
    recalibrate,
    score_with_champion,
)

STORE = "sqlite:///mlflow.db"


def run(
    model_folder: Path,
    site: Path,
    out: Path,
    *,
    tracking_uri: str = STORE,
    reporter: Reporter | None = None,
) -> Recalibration:
    """Calibrate anew on *site*; write model, evaluation and card to *out*, log them.

    The evaluation is of the rehearsal: the same step taken before the test cases.
    """
    need_installed("matplotlib")
    stored = load_model_folder(model_folder)
    registry = Registry(tracking_uri)
    model = registry.approved_model(stored.spec.name)
    delivered = read_site(site, environment=os.environ, now=datetime.now(tz=UTC))
    inputs = (model_folder, site, registry.database)
    check_can_stage(out, made_by="recalibrate", inputs=inputs)
    with registry.training(stored.spec.name) as opened:
        with stage_folder(out, made_by="recalibrate", inputs=inputs) as folder:
            prepared = prepare(stored.spec, delivered, reporter=reporter)
            found = recalibrate(stored, prepared)
            approved = (
                score_with_champion(model, prepared, delivered) if model else None
            )
            rehearsal = found.rehearsal
            model_evaluation = evaluate_model(
                rehearsal, prepared, approved=approved, reporter=reporter
            )
            record = (
                training_record(prepared, rehearsal, model_evaluation) | found.record()
            )
            write_candidate(found.model, record, folder)
        log_candidate(found.model, record, out, registry=opened)
    return found


def main(
    model: Annotated[Path, typer.Option(help="A model folder.")],
    site: Annotated[Path, typer.Option(help="The site's folder, with newer labels.")],
    out: Annotated[Path, typer.Option(help="Folder for model, evaluation and card.")],
    tracking_uri: Annotated[
        str, typer.Option(envvar="MLFLOW_TRACKING_URI", help="The MLflow registry.")
    ] = STORE,
) -> None:
    """Calibrate MODEL anew on the newest matured labels of SITE, and say what moved."""
    tell = on_stderr()
    found = run(model, site, out, tracking_uri=tracking_uri, reporter=tell)
    for words in found.lines():
        tell.say(words)


if __name__ == "__main__":
    run_story(main)
