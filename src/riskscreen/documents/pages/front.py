"""The front page of a folder that holds several targets' reports."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from riskscreen.documents.pages.templating import render
from riskscreen.documents.pages.texts import DANISH, ENGLISH, TEXTS
from riskscreen.folders import place_files
from riskscreen.guarding import guarded
from riskscreen.model.risk_model import RiskModel, load_model_folder
from riskscreen.spec import Words

FRONT = "index.html"
FRONT_BY = "front page"


@dataclass(frozen=True, slots=True)
class _Target:
    """One target and the way to what stands about it."""

    title: Words
    question: Words
    links: tuple[tuple[str, str, str], ...]


@guarded
def write_front_page(out: Path, *, targets: Sequence[str]) -> Path:
    """Write ``out/index.html``, which leads to every target's pages; returns it.

    Looks for ``models/<target>``, ``reports/<target>/<language>`` and
    ``model_cards/<target>``, and links what is there. Raises ModelError or FileError
    where a model folder is missing or damaged, or a page of somebody else stands there.
    """
    models = [load_model_folder(out / "models" / target) for target in targets]
    page = render(
        "front.html",
        targets=[_target(model, out) for model in models],
        made_up=any(model.notes.get("made_up") for model in models),
        danish=DANISH,
        english=ENGLISH,
    )
    place_files(out, {FRONT: page}, made_by=FRONT_BY)
    return out / FRONT


def _target(model: RiskModel, out: Path) -> _Target:
    spec = model.spec
    return _Target(spec.title, spec.question, tuple(_links(spec.name, out)))


def _links(target: str, out: Path) -> Iterator[tuple[str, str, str]]:
    """Words, address and language of what stands about a target in *out*."""
    for language, texts in TEXTS.items():
        page = f"reports/{target}/{language}/index.html"
        if (out / page).is_file():
            yield texts.pages, page, language
    cards = (f"model_cards/{target}{ending}" for ending in (".html", ".md"))
    if card := next((c for c in cards if (out / c).is_file()), None):
        yield ENGLISH.model_card, card, "en"
