"""What every new candidate leaves: model, evaluation and card, here and at MLflow."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from riskscreen.disclosure.words import mask_in
from riskscreen.documents.cards import (
    flat_metrics,
    flat_parameters,
    metrics_by_year,
    name_card_files,
    render_card_files,
)
from riskscreen.errors import ModelError
from riskscreen.evaluation.record import read_evaluation, recompute_gates
from riskscreen.files import write_json
from riskscreen.folders import place_files
from riskscreen.model.risk_model import (
    EVALUATION_FILE,
    RiskModel,
    load_model_folder,
    save_model,
)
from riskscreen.registry import OpenRun, Registry, TrainingRecord, Version

CARD_BY = "model card"


def write_candidate(model: RiskModel, record: Mapping[str, Any], folder: Path) -> None:
    """Write ``model`` and ``report`` into *folder*, which is to become a candidate's.

    *record* is what cards.training_record gives; its words are masked, on the card too.
    """
    record = mask_in(record)
    from riskscreen.documents.cards.plots import write_plots  # noqa: PLC0415  (an extra)

    save_model(model, folder / "model")
    report = folder / "report"
    report.mkdir()
    write_json(report / EVALUATION_FILE, record)
    drawn = write_plots(record, report)
    pictures = {path.name: path.read_text("utf-8") for path in drawn}
    for name, text in render_card_files(model.spec, record, pictures).items():
        path = report / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, "utf-8")


def log_candidate(
    model: RiskModel,
    record: Mapping[str, Any],
    out: Path,
    *,
    registry: Registry | OpenRun,
    cards: Path | None = None,
) -> None:
    """Log what ``write_candidate`` wrote to *out*; the version becomes the candidate.

    *registry* is where to, or the run that was opened there before the training;
    *cards* is a second folder for the card.
    """
    if cards is not None:
        place_files(cards, _card_of(model, out), made_by=CARD_BY)
    registry.log_training(_training_record(model.spec.name, record, out))


def register_candidate(out: Path, *, registry: Registry) -> tuple[Version, bool]:
    """Register the finished training in *out*; return its version, and whether new.

    A training that is registered already is not registered twice. Raises ModelError
    where model or evaluation is damaged, or one is not the other's.
    """
    model = load_model_folder(out / "model")
    path = out / "report" / EVALUATION_FILE
    if not path.is_file():
        raise ModelError(
            f"{path}: missing. Name the folder that riskscreen train --out wrote."
        )
    text = path.read_text("utf-8", errors="replace")
    recompute_gates(read_evaluation(text), model)
    record = _training_record(model.spec.name, json.loads(text), out)
    if (version := registry.find_logged(record)) is not None:
        return version, False
    return registry.log_training(record), True


def _training_record(
    target: str, record: Mapping[str, Any], out: Path
) -> TrainingRecord:
    return TrainingRecord(
        target=target,
        model_folder=out / "model",
        report_folder=out / "report",
        parameters=flat_parameters(record),
        fingerprints=record["fingerprints"],
        metrics=flat_metrics(record),
        metrics_by_period=metrics_by_year(record),
    )


def _card_of(model: RiskModel, out: Path) -> dict[str, str]:
    """Read the files of the card in the candidate's folder *out*."""
    report = out / "report"
    pictures = sorted((report / model.spec.name).iterdir())
    paths = [*(report / name for name in name_card_files(model.spec.name)), *pictures]
    return {
        path.relative_to(report).as_posix(): path.read_text("utf-8") for path in paths
    }
