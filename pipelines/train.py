"""Train one target: read, check, follow up, describe, choose, fit, calibrate, test."""

import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from riskscreen.documents.cards import name_card_files, training_record
from riskscreen.folders import check_can_place, check_can_stage, stage_folder
from riskscreen.guarding import need_installed
from riskscreen.progress import Reporter, on_stderr
from riskscreen.readers.site import read_site
from riskscreen.registry import Registry
from riskscreen.spec import read_specification
from riskscreen.stories.candidates import CARD_BY, log_candidate, write_candidate
from riskscreen.terminal import run_story
from riskscreen.training import (
    Dataset,
    ModelEvaluation,
    TrainingResult,
    evaluate_model,
    prepare,
    score_with_champion,
    train,
    validation_record,
)
from riskscreen.training.search_store import look_at_store

MODELS = Path(__file__).parents[1] / "models"
STORE = "sqlite:///mlflow.db"
Validator = Callable[[Dataset, TrainingResult], dict[str, Any]]


def run(
    specification: Path,
    site: Path,
    out: Path,
    *,
    tracking_uri: str = STORE,
    cards: Path | None = None,
    kind: str | None = None,
    search_store: Path | None = None,
    validator: Validator | None = None,
    reporter: Reporter | None = None,
) -> tuple[TrainingResult, ModelEvaluation]:
    """Train on *site*; write model, evaluation and card to *out*, and log them.

    The candidate is judged beside the approved model, where there is one. *cards* is a
    second folder for the card; *search_store* keeps the search for trees, so that a
    training that was cut short goes on from there; *validator* adds what periods and
    municipalities say that no refit had seen (validation_record: it trains a dozen
    times more).
    """
    need_installed("matplotlib", "optuna")
    spec = read_specification(specification)
    look_at_store(search_store)
    registry = Registry(tracking_uri)
    model = registry.approved_model(spec.name)
    if cards is not None:
        check_can_place(cards, name_card_files(spec.name), made_by=CARD_BY)
    delivered = read_site(site, environment=os.environ, now=datetime.now(tz=UTC))
    stores = (search_store, registry.database)
    inputs = (specification, site, *stores)
    check_can_stage(out, made_by="train", inputs=inputs)
    with registry.training(spec.name) as opened:
        with stage_folder(out, made_by="train", inputs=inputs) as folder:
            prepared = prepare(spec, delivered, reporter=reporter)
            result = train(
                prepared, kind=kind, search_store=search_store, reporter=reporter
            )
            approved = (
                score_with_champion(model, prepared, delivered) if model else None
            )
            model_evaluation = evaluate_model(
                result, prepared, approved=approved, reporter=reporter
            )
            record = training_record(prepared, result, model_evaluation)
            if validator is not None:
                record["validation"] = validator(prepared, result)
            write_candidate(result.model, record, folder)
        log_candidate(result.model, record, out, registry=opened, cards=cards)
    return result, model_evaluation


def main(
    target: Annotated[str, typer.Option(help="Name of a specification in models/.")],
    site: Annotated[Path, typer.Option(help="The site's folder of data.")],
    out: Annotated[Path, typer.Option(help="Folder for model, evaluation and card.")],
    models: Annotated[Path, typer.Option(help="Folder of specifications.")] = MODELS,
    kind: Annotated[
        str | None, typer.Option(help="Take this candidate, whatever is better.")
    ] = None,
    search_store: Annotated[
        Path | None,
        typer.Option(help="SQLite file that keeps the search, to go on with."),
    ] = None,
    tracking_uri: Annotated[
        str, typer.Option(envvar="MLFLOW_TRACKING_URI", help="The MLflow registry.")
    ] = STORE,
    validated: Annotated[
        bool,
        typer.Option("--validate", help="Also rolling origin and municipalities."),
    ] = False,
) -> None:
    """Train TARGET on SITE; say what was chosen, how good, and what refuses it."""
    tell = on_stderr()
    result, model_evaluation = run(
        models / f"{target}.toml",
        site,
        out,
        tracking_uri=tracking_uri,
        kind=kind,
        search_store=search_store,
        validator=validation_record if validated else None,
        reporter=tell,
    )
    for words in model_evaluation.summary():
        tell.say(words)
    tell.say(f"{target}: candidate {result.model.version} in {out} and at the registry")


if __name__ == "__main__":
    run_story(main)
