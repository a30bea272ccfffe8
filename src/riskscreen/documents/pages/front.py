"""Write the front page of a folder that holds several targets' reports."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from riskscreen.documents.pages.leader_page import LEADER
from riskscreen.documents.pages.templating import render
from riskscreen.documents.texts import DANISH, ENGLISH, TEXTS
from riskscreen.folders import place_files
from riskscreen.guarding import guarded
from riskscreen.model.model_folder import load_model_folder
from riskscreen.model.risk_model import RiskModel

FRONT = "index.html"
FRONT_BY = "front page"
FOLLOW_UP = "follow_up"
"""The folder of the pages of follow-up beside those of the targets."""


@guarded
def write_front_page(out: Path, *, targets: Sequence[str]) -> Path:
    """Write ``out/index.html``, which leads to every target's pages; return it.

    Looks for ``models/<target>``, ``reports/<target>/<language>``,
    ``model_cards/<target>`` and ``follow_up/<language>``, and links what is there.
    Raises ModelError or FileError where a model folder is missing or damaged, or a page
    of somebody else stands there.
    """
    models = [load_model_folder(out / "models" / target) for target in targets]
    links = {target: _find_links(target, out) for target in targets}
    page = _render(models, links, _find_pages(out, FOLLOW_UP))
    place_files(out, {FRONT: page}, made_by=FRONT_BY)
    return out / FRONT


def _render(
    models: Sequence[RiskModel],
    links: Mapping[str, tuple[tuple[str, str, str], ...]],
    follow_up: Sequence[tuple[str, str, str]] = (),
) -> str:
    return render(
        "front.html",
        targets=[
            {"spec": model.spec, "links": links[model.spec.name]} for model in models
        ],
        follow_up=follow_up,
        synthetic=any(model.notes.get("synthetic") for model in models),
        danish=DANISH,
        english=ENGLISH,
    )


def _find_links(target: str, out: Path) -> tuple[tuple[str, str, str], ...]:
    """Return words, address and language of what stands about a target in *out*."""
    folder = f"reports/{target}"
    links = [*_find_pages(out, folder), *_find_pages(out, folder, LEADER, "leader")]
    for card in (f"model_cards/{target}{ending}" for ending in (".html", ".md")):
        if (out / card).is_file():
            links.append((ENGLISH["common"]["model_card"], card, "en"))
            break
    return tuple(links)


def _find_pages(
    out: Path, folder: str, file: str = FRONT, words: str = "pages"
) -> list[tuple[str, str, str]]:
    """Return words, address and language of the pages in *folder*, a language each."""
    pages = {language: f"{folder}/{language}/{file}" for language in TEXTS}
    return [
        (TEXTS[language]["front"][words], page, language)
        for language, page in pages.items()
        if (out / page).is_file()
    ]
