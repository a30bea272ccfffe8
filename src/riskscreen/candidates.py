"""What every new candidate leaves: model, judgement and card, here and at MLflow."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from riskscreen.cards import (
    flat_metrics,
    flat_parameters,
    metrics_by_year,
    write_card,
)
from riskscreen.plots import write_pictures
from riskscreen.registry import Registry, TrainingRecord
from riskscreen.screening import ScreeningModel, save_model
from riskscreen.tables import staged, write_json


def keep_candidate(
    model: ScreeningModel,
    record: Mapping[str, Any],
    out: Path,
    *,
    registry: Registry,
    cards: Path | None = None,
) -> None:
    """Write ``model`` and ``report`` to *out*, whole or not at all, and log both.

    *record* is what cards.training_record gives; *cards* is a second folder for the
    card. The version logged becomes the target's candidate.
    """
    with staged(out) as folder:
        save_model(model, folder / "model")
        report = folder / "report"
        report.mkdir()
        write_json(report / "judgement.json", record)
        drawn = write_pictures(record, report)
        pictures = {path.name: path.read_text("utf-8") for path in drawn}
        for place in (report, cards):
            if place is not None:
                write_card(model.spec, record, pictures, out=place)
    registry.log(
        TrainingRecord(
            target=model.spec.name,
            model_folder=out / "model",
            report_folder=out / "report",
            parameters=flat_parameters(record),
            fingerprints=record["fingerprints"],
            metrics=flat_metrics(record),
            metrics_by_period=metrics_by_year(record),
        )
    )
