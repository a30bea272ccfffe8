"""Pages of follow-up: one for the whole and one a team, in both languages."""

from collections.abc import Iterator
from pathlib import Path

from riskscreen.documents.pages.follow_up_page import (
    FollowUpPage,
    Section,
    render_follow_up,
)
from riskscreen.documents.pages.formats import format_date
from riskscreen.documents.pages.templating import write_page
from riskscreen.files import write_json
from riskscreen.folders import stage_folder
from riskscreen.followup.as_json import build_json
from riskscreen.followup.case_sections import (
    build_by_band,
    build_by_team,
    build_flex_jobs,
    build_help,
    build_referrals,
    build_retention,
)
from riskscreen.followup.figures import FollowUp
from riskscreen.followup.programme_sections import (
    build_caseloads,
    build_fidelity,
    build_programme,
    build_waiting,
)
from riskscreen.followup.wording import Wording
from riskscreen.guarding import guarded
from riskscreen.texts import LANGUAGES, Language

MADE_BY = "follow-up"
INDEX = "index.html"
FIGURES = "follow_up.json"


@guarded
def write_follow_up(found: FollowUp, *, out: Path, run: Path | None = None) -> Path:
    """Write the pages and the JSON of *found* into *out*; return the Danish index.

    *out* takes its place only when all is written, readable by its owner alone; it may
    be neither the site's folder nor that of the *run* whose bands were read. Pages of
    teams are called by a counter, never by a name. Raises FileError where it cannot.
    """
    inputs = [found.site.folder, run]
    pages = name_pages(found)
    with stage_folder(out, made_by=MADE_BY, inputs=inputs) as folder:
        write_json(folder / FIGURES, build_json(found))
        for language in LANGUAGES:
            (folder / language).mkdir(mode=0o700)
            for team in (None, *found.teams):
                file = INDEX if team is None else pages[team]
                page = build_page(found, team, language=language)
                text = render_follow_up(page, language=language)
                write_page(folder / language / file, text)
    return out / LANGUAGES[0] / INDEX


def name_pages(found: FollowUp) -> dict[str, str]:
    """Name each team's page by a counter."""
    return {t: f"team-{n:03d}.html" for n, t in enumerate(found.teams, start=1)}


def build_page(
    found: FollowUp, team: str | None, *, language: Language
) -> FollowUpPage:
    """Build the page of *team*, or of the whole, in *language*."""
    words, pages = Wording(language), name_pages(found)
    t, site = words.t["page"], found.site
    date = format_date(site.extract_date, words.common)
    file = INDEX if team is None else pages[team]
    other = next(one for one in LANGUAGES if one != language)
    links = [(t["other_language"], f"../{other}/{file}")]
    if team is not None:
        links.insert(0, (t["to_whole"], INDEX))
    else:
        links += pages.items()
    whole = team is None
    return FollowUpPage(
        site=site.name,
        title=t["title"] if whole else t["title_team"].format(team=team),
        lead=t["lead" if whole else "lead_team"].format(date=date),
        links=tuple(links),
        sections=tuple(_build_sections(found, team, words))
        or (Section(t["title"], t["nothing"]),),
        missing=tuple(words.t["missing"][name] for name in found.missing)
        if whole
        else (),
        missing_title=words.t["missing"]["title"],
        notes=(t["hidden_note"], t["not_stated_note"], t["no_effect"]),
        synthetic=site.synthetic,
    )


def _build_sections(
    found: FollowUp, team: str | None, words: Wording
) -> Iterator[Section]:
    """Yield the sections of a page, what a leader asks first on top."""
    whole = team is None
    if found.retention is not None:
        yield from build_retention(found.retention, team, words)
        if whole:
            yield build_by_team(found.retention, name_pages(found), words)
        if whole and found.retention.by_band:
            yield build_by_band(found.retention, words)
    if whole and found.help_by_band:
        yield build_help(found, words)
    if found.referrals is not None:
        yield from build_referrals(found.referrals, team, words)
    for name, programme in found.programmes.items():
        yield from build_programme(name, programme, team, words)
    own = [of for of in found.caseloads if team in (None, of.team)]
    yield from build_caseloads(own, words)
    if found.flex_jobs is not None:
        yield from build_flex_jobs(found.flex_jobs, team, words)
    if whole and found.waiting is not None:
        yield build_waiting(found.waiting, words)
    yield from build_fidelity(found, team, words)


def describe_follow_up(found: FollowUp, index: Path) -> list[str]:
    """Describe what was read and written, in counts alone."""
    return [
        *found.notes,
        f"{len(found.teams)} team(s), {found.rows_set_aside} row(s) set aside",
        *(f"not delivered: {name}" for name in found.missing),
        f"Open {index} in a browser.",
    ]
