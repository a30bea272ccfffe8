"""Evaluate a model on a site's newest matured cases, or on another site's."""

from collections.abc import Sequence
from pathlib import Path

from riskscreen import training
from riskscreen.documents.cards.record import to_json
from riskscreen.files import write_json
from riskscreen.folders import stage_folder
from riskscreen.model.risk_model import EVALUATION_FILE, RiskModel
from riskscreen.progress import Reporter
from riskscreen.readers.site import Site
from riskscreen.training import StoredEvaluation


def evaluate(
    model: RiskModel,
    site: Site,
    out: Path,
    *,
    external: bool = False,
    inputs: Sequence[Path | None] = (),
    accept_unknown_codes: bool = False,
    reporter: Reporter | None = None,
) -> StoredEvaluation:
    """Evaluate *model* on the test cases of *site* and write the figures to *out*.

    An *external* site is one that the model was not trained on: there every case with
    an outcome counts. *inputs* may not be written over, as the site may not.
    """
    with stage_folder(out, made_by="evaluate", inputs=(*inputs, site.folder)) as folder:
        prepared = training.prepare(
            model.spec,
            site,
            accept_unknown_codes=accept_unknown_codes,
            reporter=reporter,
        )
        if external:
            model_evaluation = training.evaluate_externally(model, prepared)
        else:
            model_evaluation = training.evaluate_on_test(model, prepared)
        write_json(folder / EVALUATION_FILE, to_json(model_evaluation))
    return model_evaluation
