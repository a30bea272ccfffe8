"""Validate one target's recipe: on periods and in municipalities it has not seen."""

from collections.abc import Sequence
from pathlib import Path

from riskscreen import training
from riskscreen.documents.cards.record import to_json
from riskscreen.files import write_json
from riskscreen.folders import stage_folder
from riskscreen.guarding import name_fit
from riskscreen.progress import Reporter
from riskscreen.readers.site import Site
from riskscreen.spec import Specification
from riskscreen.training import Validation


def validate(
    spec: Specification,
    site: Site,
    out: Path,
    *,
    kind: str | None = None,
    inputs: Sequence[Path | None] = (),
    accept_unknown_codes: bool = False,
    jobs: int = 1,
    reporter: Reporter | None = None,
) -> Validation:
    """Train on *site*, train again without each period and place, write to *out*.

    *inputs* may not be written over, as the site may not. Up to *jobs* fits run at the
    same time (training.use_jobs).
    """
    kept = (*inputs, site.folder)
    with (
        name_fit(spec.name),
        stage_folder(out, made_by="validate", inputs=kept) as folder,
        training.use_jobs(jobs),
    ):
        prepared = training.prepare(
            spec, site, accept_unknown_codes=accept_unknown_codes, reporter=reporter
        )
        result = training.train(prepared, kind=kind, reporter=reporter)
        validation = training.validate_model(prepared, result, reporter=reporter)
        write_json(folder / "validation.json", to_json(validation))
    return validation
