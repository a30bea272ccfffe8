"""Train one target: prepare, fit, evaluate, write the candidate, log it."""

from collections.abc import Callable, Sequence
from pathlib import Path

from riskscreen import training
from riskscreen.documents.cards import build_record, name_card_files
from riskscreen.folders import check_can_place, check_can_stage, stage_folder
from riskscreen.guarding import name_fit
from riskscreen.progress import Reporter
from riskscreen.readers.site import Site
from riskscreen.registry.store import Registry
from riskscreen.registry.versions import Version
from riskscreen.spec import Specification
from riskscreen.stories.candidates import CARD_BY, log_candidate, write_candidate
from riskscreen.training import (
    Dataset,
    ModelEvaluation,
    Shipped,
    TrainingResult,
    Validation,
)
from riskscreen.training.candidates.tuning import look_at_store

Validator = Callable[[Dataset, TrainingResult], Validation]


def train(
    spec: Specification,
    site: Site,
    out: Path,
    *,
    tracking_uri: str,
    cards: Path | None = None,
    kind: str | None = None,
    search_store: Path | None = None,
    compare: Sequence[str] = (),
    validator: Validator | None = None,
    inputs: Sequence[Path | None] = (),
    accept_unknown_codes: bool = False,
    jobs: int = 1,
    reporter: Reporter | None = None,
) -> tuple[TrainingResult, Shipped, ModelEvaluation]:
    """Train on *site*; write model, evaluation and card to *out*, and log them.

    The figures are of the judged model, which lies beside the shipped one. The
    candidate is compared with the approved model, where there is one. *cards* is a
    second folder for the card; *search_store* keeps the search for trees, so that a
    training that was cut short goes on from there; *compare* are scikit-learn
    classifiers (``module:Class``) to evaluate beside the model; *validator* adds what
    periods and municipalities say that no refit had seen (training.validate_model: it
    trains a dozen times more). *inputs* may not be written over, as the site may not.
    Gates are as narrow as the site states them. Up to *jobs* fits run at the same time
    (training.use_jobs).
    """
    spec = site.narrow_gates(spec)
    look_at_store(search_store)
    classifiers = training.read_comparators(compare)
    registry = Registry(tracking_uri)
    approved_models = registry.load_approved(spec.name)
    if cards is not None:
        check_can_place(cards, name_card_files(spec.name), made_by=CARD_BY)
    kept = (*inputs, site.folder, search_store, registry.database)
    check_can_stage(out, made_by="train", inputs=kept)
    with name_fit(spec.name), registry.open_training(spec.name) as opened:
        with (
            stage_folder(out, made_by="train", inputs=kept) as folder,
            training.use_jobs(jobs),
        ):
            prepared = training.prepare(
                spec, site, accept_unknown_codes=accept_unknown_codes, reporter=reporter
            )
            training.try_comparators(classifiers, prepared)
            result = training.train(
                prepared, kind=kind, search_store=search_store, reporter=reporter
            )
            shipped = training.ship_model(result, prepared, reporter=reporter)
            looks = opened.count_earlier_looks(
                spec.name, window=result.split.test_window, site=site.stated.name or ""
            )
            approved = (
                training.score_with_approved(*approved_models, prepared, site)
                if approved_models
                else None
            )
            validation = validator(prepared, result) if validator else None
            model_evaluation = training.evaluate_model(
                result,
                prepared,
                approved=approved,
                classifiers=classifiers,
                pooled=validation.pooled if validation else None,
                shipped=shipped.difference,
                reporter=reporter,
            )
            judged = training.judge_landmarks(prepared, result, reporter=reporter)
            shipped = training.ship_landmarks(
                shipped, prepared, judged, reporter=reporter
            )
            record = build_record(
                prepared,
                result,
                model_evaluation,
                shipped=shipped,
                landmarks=tuple(of.evaluation for of in judged),
                validation=validation,
                earlier_looks=looks,
                origin=prepared.compute_origin(kind=kind),
            )
            write_candidate(shipped.model, record, folder, judged=result.model)
        log_candidate(shipped.model, record, out, registry=opened, cards=cards)
    return result, shipped, model_evaluation


def find_same_training(
    spec: Specification,
    site: Site,
    *,
    tracking_uri: str,
    kind: str | None = None,
    accept_unknown_codes: bool = False,
    reporter: Reporter | None = None,
) -> Version | None:
    """Find the version that ``train`` would only make again; None where it is new.

    It is of the same data and recipe: the site is read, and nothing is fitted.
    """
    prepared = training.prepare(
        site.narrow_gates(spec),
        site,
        accept_unknown_codes=accept_unknown_codes,
        reporter=reporter,
    )
    origin = prepared.compute_origin(kind=kind)
    return Registry(tracking_uri).find_trained(spec.name, origin=origin)
