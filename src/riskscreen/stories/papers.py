"""Write the papers that a municipality must have, as far as the run can say."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from riskscreen.documents.cards.record import read_record
from riskscreen.errors import RegistryError
from riskscreen.folders import check_can_stage, stage_folder
from riskscreen.guarding import guarded
from riskscreen.monitoring.leader_section import read_outcomes
from riskscreen.papers.answers import (
    ANSWERS,
    MADE_BY,
    PAPERS_LOG,
    find_outdated,
    read_replies,
)
from riskscreen.papers.drafts import INDEX, Drafts, list_lines_beside
from riskscreen.papers.figures import Run, gather_lines
from riskscreen.papers.model_figures import PaperModel, map_titles
from riskscreen.papers.pages import write_papers
from riskscreen.papers.questions import read_papers
from riskscreen.readers.manifest import MANIFEST
from riskscreen.readers.site import Site
from riskscreen.registry.store import Registry
from riskscreen.store import Store
from riskscreen.store.decisions import find_follow_rates


@dataclass(frozen=True, slots=True)
class WrittenPapers:
    """The papers, and which targets they could not be about."""

    drafts: Drafts
    out: Path
    untrained: tuple[str, ...]

    def describe(self) -> Iterator[str]:
        """Yield what is open, what changed since it was answered, and what to do."""
        for target in self.untrained:
            yield f"{target}: nothing is trained at this registry, so no paper has it"
        for name in self.drafts.outdated:
            yield f"{name}: lines from the run have changed since it was answered"
        missing = self.drafts.count_open(read_papers().papers)
        yield (
            f"Open: {missing['site']} answers of the site, {missing['lawyer']} of a "
            "lawyer. Write "
            f"them into {self.drafts.site.folder / ANSWERS}; {self.out / ANSWERS} has "
            "an empty place for each."
        )
        if self.drafts.answers and (self.drafts.site.folder / MANIFEST).exists():
            yield f"{PAPERS_LOG} may be newer than {MANIFEST}: riskscreen manifest SITE"
        yield f"Open {self.out / INDEX} in a browser."


@guarded
def write_site_papers(
    site: Site,
    targets: Sequence[str],
    out: Path,
    *,
    registry: Registry,
    store: Store | None = None,
    monitoring: Sequence[Path] = (),
    on: date,
) -> WrittenPapers:
    """Write the papers about the models of *targets* at *registry* into *out*.

    Of each it is the approved version, else the candidate: the papers come before an
    approval. Answers stand in the site's folder and are kept; which of them rest on
    other lines now, is told. Raises RegistryError where nothing is trained, FileError
    for answers or a monitoring that cannot be read, and PersonalDataError for a person
    number in an answer.
    """
    kept = (site.folder, registry.database, *monitoring)
    check_can_stage(out, made_by=MADE_BY, inputs=kept)
    answers = read_replies(site.folder, list(read_papers().questions))
    found = {target: _read_model(target, registry) for target in targets}
    models = tuple(model for model in found.values() if model is not None)
    if not models:
        raise RegistryError(
            f"{registry.uri}: nothing is trained of {', '.join(targets)}. Train first: "
            "riskscreen train TARGET."
        )
    titles = map_titles(models)
    lines = gather_lines(
        Run(
            site,
            models,
            tuple(read_outcomes(of, titles=titles, language="da") for of in monitoring),
            () if store is None else tuple(find_follow_rates(store)),
        )
    )
    outdated = find_outdated(site.folder, answers, list_lines_beside(lines), on=on)
    drafts = Drafts(site, lines, answers, outdated)
    with stage_folder(out, made_by=MADE_BY, inputs=kept, of_people=False) as folder:
        write_papers(drafts, folder, on=on)
    untrained = tuple(target for target, model in found.items() if model is None)
    return WrittenPapers(drafts, out, untrained)


def _read_model(target: str, registry: Registry) -> PaperModel | None:
    """Read the approved version of *target*, else its candidate; None without one."""
    approved = registry.find_approved(target)
    version = approved
    if version is None:
        try:
            version = registry.find_candidate(target)
        except RegistryError:
            return None
    return PaperModel(
        registry.load_model(version),
        read_record(registry.read_evaluation_text(version)),
        None if approved is None else registry.read_approvals(target).current,
    )
