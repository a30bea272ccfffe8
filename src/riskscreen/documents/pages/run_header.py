"""Say of a run what stands on each of its pages: of whom, of when, by which models."""

from collections.abc import Sequence
from datetime import date

from riskscreen.documents.pages.formats import format_date, unite_sentences
from riskscreen.documents.pages.page_values import PageLink, RunHeader
from riskscreen.documents.pages.placing import TargetRun
from riskscreen.documents.pages.scoring_run import ScoringRun
from riskscreen.model.risk_model import RiskModel


def is_synthetic(run: ScoringRun, model: RiskModel) -> bool:
    """Return whether the cases, or those that the model learnt from, are made up."""
    return bool(run.summary.get("synthetic") or model.notes.get("synthetic"))


def describe_run(
    targets: Sequence[TargetRun], links: tuple[PageLink, ...]
) -> RunHeader:
    """Return what every page of the run of *targets* says, and its *links* on top."""
    first = targets[0].builder
    language, t = first.language, first.texts["common"]
    synthetic = any(is_synthetic(of.run, of.builder.model) for of in targets)
    day = max(of.run.data_date for of in targets)
    specs = [of.builder.model.spec for of in targets]
    return RunHeader(
        target=", ".join(of.builder.title for of in targets),
        question=" ".join(spec.question.in_language(language) for spec in specs),
        who=" ".join(spec.population.who.in_language(language) for spec in specs),
        synthetic=synthetic,
        today=first.as_of.isoformat() if synthetic else "",
        data_date=t["unknown_date"]
        if day == date.min
        else format_date(day, first.texts),
        pilot=any(map(_is_pilot, targets)),
        models=tuple(_describe_model(of, several=len(targets) > 1) for of in targets),
        limits=unite_sentences(
            spec.prediction_note.in_language(language) for spec in specs
        ),
        links=links,
    )


def _is_pilot(target: TargetRun) -> bool:
    return bool(target.run.scores["pilot"].any())


def _describe_model(target: TargetRun, *, several: bool) -> str:
    """Return which model scored, whether on trial, and what its card is called.

    Where the card lies is the site's: a training, the registry and a demo each have
    one of that name.
    """
    model, t = target.builder.model, target.builder.texts["common"]
    words = f"{t['model']} {model.version}"
    if _is_pilot(target):
        words = f"{words} ({t['pilot']})"
    if several:
        words = f"{target.builder.title}: {words}"
    return f"{words}, {t['model_card']}: {model.spec.name}.md"
