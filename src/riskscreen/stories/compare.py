"""Compare the approved model of a target with its shadow or its candidate."""

from pathlib import Path

from riskscreen import training
from riskscreen.documents.cards.record import to_json
from riskscreen.errors import RegistryError
from riskscreen.files import write_json
from riskscreen.folders import stage_folder
from riskscreen.monitoring.contenders import Contender, ModelComparison, compare_models
from riskscreen.progress import Reporter, SilentReporter
from riskscreen.readers.site import Site
from riskscreen.registry.store import Registry
from riskscreen.registry.versions import Version
from riskscreen.stories.evaluate import NOT_NOTED, note_look
from riskscreen.training.studies.approved_risks import read_again

FIGURES = "comparison.json"


def compare_approved(
    target: str,
    site: Site,
    out: Path,
    *,
    tracking_uri: str,
    accept_unknown_codes: bool = False,
    reporter: Reporter | None = None,
) -> ModelComparison:
    """Compare *target*'s approved model with the one beside it; write it to *out*.

    That is its shadow, or without one its candidate. The look at the cases is noted at
    the registry, where the cards of later trainings count it. Raises RegistryError
    where nothing is approved, or the approved model stands alone.
    """
    registry = Registry(tracking_uri)
    approved, name, version = _find_both(target, registry)
    with stage_folder(
        out, made_by="compare", inputs=(site.folder, registry.database)
    ) as folder:
        model = registry.load_model(version)
        dataset = training.prepare(
            model.spec,
            site,
            accept_unknown_codes=accept_unknown_codes,
            reporter=reporter,
        )
        now = registry.load_model(approved)
        comparison = compare_models(
            Contender(
                now, registry.load_judged(approved), read_again(now, dataset, site)
            ),
            Contender(model, registry.load_judged(version), dataset),
            name=name,
        )
        if not note_look(registry, target, window=comparison.days, site=site):
            (reporter or SilentReporter()).say(NOT_NOTED)
        write_json(folder / FIGURES, to_json(comparison))
    return comparison


def _find_both(target: str, registry: Registry) -> tuple[Version, str, Version]:
    """Find the approved version, and what the one beside it is called."""
    approved = registry.find_approved(target)
    if approved is None:
        raise RegistryError(
            f"{target}: no version is approved, so there is nothing to compare with. "
            f"riskscreen status {target} says what stands in the way."
        )
    shadow = registry.list_beside(target).get("shadow")
    named = {"shadow": shadow, "candidate": registry.find_candidate(target)}
    for name, version in named.items():
        if version and version.model_version != approved.model_version:
            return approved, name, version
    raise RegistryError(
        f"{target}: shadow and candidate are the approved version itself. Train "
        f"another: riskscreen train {target}"
    )
