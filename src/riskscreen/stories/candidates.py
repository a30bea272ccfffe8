"""What every new candidate leaves: model, evaluation and card, here and at MLflow."""

from pathlib import Path

from riskscreen.disclosure.words import mask_content
from riskscreen.documents.cards import (
    IMPORTANCE_FILE,
    flatten_metrics,
    flatten_parameters,
    format_importance,
    list_metrics_by_size,
    list_metrics_by_year,
    name_card_files,
    render_card_files,
    take_first_page,
)
from riskscreen.documents.cards.record import (
    EvaluationRecord,
    parse_record,
    read_record,
    to_json,
)
from riskscreen.errors import ModelError, RegistryError
from riskscreen.files import write_json
from riskscreen.folders import place_files
from riskscreen.model.model_folder import EVALUATION_FILE, load_model_folder, save_model
from riskscreen.model.risk_model import RiskModel
from riskscreen.registry.open_run import OpenRun
from riskscreen.registry.store import Registry
from riskscreen.registry.training_record import TrainingRecord
from riskscreen.registry.versions import Version
from riskscreen.stories.approval import recompute_gates

CARD_BY = "model card"


def write_candidate(
    model: RiskModel, record: EvaluationRecord, folder: Path, *, judged: RiskModel
) -> None:
    """Write ``model``, ``judged`` and ``report`` into *folder*, a candidate's to be.

    *model* is the shipped one, *judged* the one whose figures *record* has, which is
    what cards.build_record gives; its words are masked, on the card too.
    """
    content = mask_content(to_json(record))
    record = parse_record(content)
    from riskscreen.documents.cards.plots import write_plots  # noqa: PLC0415  (an extra)

    save_model(model, folder / "model")
    save_model(judged, folder / "judged")
    report = folder / "report"
    report.mkdir()
    write_json(report / EVALUATION_FILE, content)
    (report / IMPORTANCE_FILE).write_text(format_importance(record), "utf-8")
    drawn = write_plots(record, report)
    pictures = {path.name: path.read_text("utf-8") for path in drawn}
    for name, text in render_card_files(model.spec, record, pictures).items():
        path = report / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, "utf-8")


def log_candidate(
    model: RiskModel,
    record: EvaluationRecord,
    out: Path,
    *,
    registry: Registry | OpenRun,
    cards: Path | None = None,
) -> None:
    """Log what ``write_candidate`` wrote to *out*; the version becomes the candidate.

    *registry* is where to, or the run that was opened there before the training;
    *cards* is a second folder for the card. Where the registry does not take it, *out*
    stays as it is, and the RegistryError names the command that registers it later.
    """
    if cards is not None:
        place_files(cards, _card_of(model, out), made_by=CARD_BY)
    try:
        registry.log_training(build_training_record(model.spec.name, record, out))
    except RegistryError as lost:
        # Hours of work are done; what the registry lacks, it may be given afterwards.
        raise RegistryError(
            f"{lost} The finished training is kept in {out}. Register it when that is "
            f"mended: riskscreen register {out}"
        ) from lost


def register_candidate(out: Path, *, registry: Registry) -> tuple[Version, bool]:
    """Register the finished training in *out*; return its version, and whether new.

    A training that is registered already is not registered twice. Raises ModelError
    where model or evaluation is damaged, or one is not the other's.
    """
    model = load_model_folder(out / "model")
    path = out / "report" / EVALUATION_FILE
    if (old := path.with_name("judgement.json")).is_file():
        raise ModelError(
            f"{old}: the record of an earlier version; it is {EVALUATION_FILE} now, "
            "with other keys. Train again with riskscreen train."
        )
    if not path.is_file():
        raise ModelError(
            f"{path}: missing. Name the folder that riskscreen train --out wrote."
        )
    text = path.read_text("utf-8", errors="replace")
    record = read_record(text)
    recompute_gates(record, model)
    training = build_training_record(model.spec.name, record, out)
    if (version := registry.find_logged(training)) is not None:
        return version, False
    return registry.log_training(training), True


def build_training_record(
    target: str, record: EvaluationRecord, out: Path
) -> TrainingRecord:
    """Return what the registry is to hold of a candidate written to *out*."""
    card = out / "report" / name_card_files(target)[0]
    return TrainingRecord(
        target=target,
        model_folder=out / "model",
        judged_folder=out / "judged",
        report_folder=out / "report",
        parameters=flatten_parameters(record),
        fingerprints=record.fingerprints,
        metrics=flatten_metrics(record),
        metrics_by_period={
            **list_metrics_by_year(record),
            **list_metrics_by_size(record),
        },
        verdicts={gate.name: gate.verdict for gate in record.gates},
        origin=record.origin,
        description=take_first_page(card.read_text("utf-8")) if card.is_file() else "",
        cases=record.cases,
    )


def _card_of(model: RiskModel, out: Path) -> dict[str, str]:
    """Read the files of the card in the candidate's folder *out*."""
    report = out / "report"
    pictures = sorted((report / model.spec.name).iterdir())
    paths = [*(report / name for name in name_card_files(model.spec.name)), *pictures]
    return {
        path.relative_to(report).as_posix(): path.read_text("utf-8") for path in paths
    }
