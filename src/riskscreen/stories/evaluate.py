"""Evaluate a model on a site's newest matured cases, or on another site's."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from riskscreen import training
from riskscreen.documents.cards.record import to_json
from riskscreen.errors import RegistryError
from riskscreen.files import write_json
from riskscreen.folders import stage_folder
from riskscreen.model.model_folder import EVALUATION_FILE
from riskscreen.model.risk_model import RiskModel
from riskscreen.progress import Reporter
from riskscreen.readers.site import Site
from riskscreen.registry.store import Registry
from riskscreen.training import StoredEvaluation

NOT_NOTED = (
    "This look at the test could not be noted at the registry, so the cards of later "
    "trainings do not count it."
)


def evaluate(
    model: RiskModel,
    site: Site,
    out: Path,
    *,
    external: bool = False,
    tracking_uri: str | None = None,
    inputs: Sequence[Path | None] = (),
    accept_unknown_codes: bool = False,
    reporter: Reporter | None = None,
) -> StoredEvaluation:
    """Evaluate *model* on the test cases of *site* and write the figures to *out*.

    An *external* site is one that the model was not trained on: there every case with
    an outcome counts. *inputs* may not be written over, as the site may not. A look at
    the model's own test is noted at *tracking_uri*, where a registry was begun there.
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
            model_evaluation = _note_look(model_evaluation, site, tracking_uri)
        write_json(folder / EVALUATION_FILE, to_json(model_evaluation))
    return model_evaluation


def _note_look(
    found: StoredEvaluation, site: Site, tracking_uri: str | None
) -> StoredEvaluation:
    """Note the look where later trainings count it; say so where that is refused."""
    if not tracking_uri or not found.test_window:
        return found
    registry, window = Registry(tracking_uri), found.test_window
    if note_look(registry, found.target, window=window, site=site):
        return found
    return replace(found, messages=(*found.messages, NOT_NOTED))


def note_look(
    registry: Registry, target: str, *, window: tuple[str, str], site: Site
) -> bool:
    """Note a look at a test of *target*; return whether that could be done.

    Whoever may only read the registry can evaluate all the same.
    """
    try:
        registry.note_look(target, window=window, site=site.stated.name or "")
    except RegistryError:
        return False
    return True
