"""The four pages of a replay, for the one who decides, in both languages."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Literal

from riskscreen.documents.pages.follow_up_page import (
    FollowUpPage,
    Section,
    render_follow_up,
)
from riskscreen.documents.pages.formats import format_date
from riskscreen.documents.pages.templating import write_page
from riskscreen.guarding import guarded
from riskscreen.replay.figures import Replay
from riskscreen.replay.sections import (
    ReplayWords,
    build_front,
    build_groups,
    build_limits,
    build_places,
)
from riskscreen.texts import LANGUAGES, Language

PageName = Literal["index", "when", "places", "limits"]
FILES: dict[PageName, str] = {
    "index": "index.html",
    "when": "weekdays-teams-groups.html",
    "places": "waiting-places-price.html",
    "limits": "limits.html",
}
_LINKS = {"index": "to_index", "when": "to_groups", "places": "to_places"}
_BUILDERS: dict[PageName, Callable[[Replay, ReplayWords], Iterator[Section]]] = {
    "index": build_front,
    "when": build_groups,
    "places": build_places,
    "limits": build_limits,
}


@guarded
def write_pages(found: Replay, folder: Path) -> None:
    """Write the four pages of *found* in each language into *folder*."""
    for language in LANGUAGES:
        (folder / language).mkdir(mode=0o700)
        for name, file in FILES.items():
            page = lay_out_page(found, name, language=language)
            text = render_follow_up(page, language=language)
            write_page(folder / language / file, text)


def lay_out_page(found: Replay, name: PageName, *, language: Language) -> FollowUpPage:
    """Build the page *name* of *found* in *language*."""
    words = ReplayWords(language)
    t, limits = words.own["page"], words.own["limits"]
    links = [
        (t[_LINKS.get(other, "to_limits")], file)
        for other, file in FILES.items()
        if other != name
    ]
    other = next(one for one in LANGUAGES if one != language)
    links.append((t["other_language"], f"../{other}/{FILES[name]}"))
    days = [format_date(day, words.common) for day in (found.first, found.last)]
    return FollowUpPage(
        site=found.site.name,
        title=words.own[name]["title"],
        lead=t["lead"].format(
            target=getattr(found.spec.title, language), first=days[0], last=days[1]
        ),
        links=tuple(links),
        sections=tuple(_BUILDERS[name](found, words)),
        missing=tuple(limits["list"]) if name == "limits" else (),
        missing_title=limits["list_title"],
        notes=(t["hidden_note"], t["counts_note"]),
        synthetic=found.site.synthetic,
    )
