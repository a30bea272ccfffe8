"""Write the front page of a folder that holds all that a demo made."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from riskscreen.documents.pages.leader_page import LEADER
from riskscreen.documents.pages.templating import render
from riskscreen.documents.texts import DANISH, ENGLISH, TEXTS
from riskscreen.folders import place_files
from riskscreen.guarding import guarded
from riskscreen.model.model_folder import load_model_folder
from riskscreen.texts import LANGUAGES, Language

FRONT = "index.html"
FRONT_BY = "front page"
REPORTS, FOLLOW_UP = "reports", "follow_up"
"""The folders of a run's pages and of those of follow-up; in each, one a language."""


@guarded
def write_front_page(
    out: Path,
    *,
    targets: Sequence[str],
    examples: Mapping[Language, Mapping[str, str]] | None = None,
) -> Path:
    """Write ``out/index.html``, which leads to all that a demo made; return it.

    Looks for ``models/<target>``, ``reports/<language>``, ``model_cards/<target>`` and
    ``follow_up/<language>``, and links what is there. *examples* are pages below
    ``reports/<language>``, by the kind of case that they show. Raises ModelError or
    FileError where a model folder is missing or damaged, or a page of somebody else
    stands there.
    """
    models = [load_model_folder(out / "models" / target) for target in targets]
    page = render(
        "front.html",
        pages=[
            *_find_pages(out, REPORTS),
            *_find_pages(out, REPORTS, LEADER, "leader"),
        ],
        targets=[
            {"spec": model.spec, "links": _find_links(model.spec.name, out)}
            for model in models
        ],
        examples=_list_examples(examples or {}),
        follow_up=_find_pages(out, FOLLOW_UP),
        synthetic=any(model.notes.get("synthetic") for model in models),
        danish=DANISH,
        english=ENGLISH,
    )
    place_files(out, {FRONT: page}, made_by=FRONT_BY)
    return out / FRONT


def _find_links(target: str, out: Path) -> tuple[tuple[str, str, str], ...]:
    """Return words, address and language of what stands about a target in *out*."""
    links = [
        (TEXTS[language]["overview"]["title"], page, language)
        for _, page, language in _find_pages(out, REPORTS, f"{target}/{FRONT}")
    ]
    for card in (f"model_cards/{target}{ending}" for ending in (".html", ".md")):
        if (out / card).is_file():
            links.append((ENGLISH["common"]["model_card"], card, "en"))
            break
    return tuple(links)


def _list_examples(
    examples: Mapping[Language, Mapping[str, str]],
) -> list[list[tuple[str, str, str]]]:
    """Return of each kind the words, address and language of its page, in each."""
    kinds = dict.fromkeys(kind for found in examples.values() for kind in found)
    return [
        [
            (
                TEXTS[language]["front"]["kinds"][kind],
                f"{REPORTS}/{language}/{found[kind]}",
                language,
            )
            for language, found in examples.items()
            if kind in found
        ]
        for kind in kinds
    ]


def _find_pages(
    out: Path, folder: str, file: str = FRONT, words: str = "pages"
) -> list[tuple[str, str, Language]]:
    """Return words, address and language of the pages in *folder*, a language each."""
    pages = {of: f"{folder}/{of}/{file}" for of in LANGUAGES}
    return [
        (TEXTS[language]["front"][words], page, language)
        for language, page in pages.items()
        if (out / page).is_file()
    ]
