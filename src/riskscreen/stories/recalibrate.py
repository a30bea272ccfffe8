"""Recalibrate a model on newly matured labels; log it as a candidate."""

from collections.abc import Sequence
from pathlib import Path

from riskscreen import training
from riskscreen.documents.cards import build_record
from riskscreen.folders import check_can_stage, stage_folder
from riskscreen.guarding import name_fit
from riskscreen.model.risk_model import RiskModel
from riskscreen.progress import Reporter
from riskscreen.readers.site import Site
from riskscreen.registry.store import Registry
from riskscreen.stories.candidates import log_candidate, write_candidate
from riskscreen.training import Recalibration, Shipped


def recalibrate(
    model: RiskModel,
    site: Site,
    out: Path,
    *,
    tracking_uri: str,
    inputs: Sequence[Path | None] = (),
    accept_unknown_codes: bool = False,
    reporter: Reporter | None = None,
) -> Recalibration:
    """Recalibrate *model* on *site*; write model and card to *out*, and log them.

    The evaluation is of the backtest: the same step taken before the test cases. Gates
    are as narrow as the model's or the site's, whichever is narrower.
    *inputs* may not be written over, as the site may not.
    """
    target = model.spec.name
    registry = Registry(tracking_uri)
    approved_models = registry.load_approved(target)
    kept = (*inputs, site.folder, registry.database)
    check_can_stage(out, made_by="recalibrate", inputs=kept)
    with name_fit(target), registry.open_training(target) as opened:
        with stage_folder(out, made_by="recalibrate", inputs=kept) as folder:
            prepared = training.prepare(
                site.narrow_stored_gates(model.spec),
                site,
                accept_unknown_codes=accept_unknown_codes,
                reporter=reporter,
            )
            recalibration = training.recalibrate_model(model, prepared)
            backtest = recalibration.backtest
            looks = opened.count_earlier_looks(
                target, window=backtest.split.test_window, site=site.stated.name or ""
            )
            approved = (
                training.score_with_approved(*approved_models, prepared, site)
                if approved_models
                else None
            )
            difference = training.compare_shipped(
                backtest, recalibration.model, prepared
            )
            model_evaluation = training.evaluate_model(
                backtest,
                prepared,
                approved=approved,
                shipped=difference,
                reporter=reporter,
            )
            record = build_record(
                prepared,
                backtest,
                model_evaluation,
                shipped=Shipped(recalibration.model, difference),
                recalibration=recalibration,
                earlier_looks=looks,
            )
            write_candidate(recalibration.model, record, folder, judged=backtest.model)
        log_candidate(recalibration.model, record, out, registry=opened)
    return recalibration
