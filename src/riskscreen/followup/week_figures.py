"""What follow-up tells on pages of a run: each team's four figures, and leaders'."""

from dataclasses import dataclass, field

from riskscreen.disclosure.words import SMALLEST_GROUP
from riskscreen.documents.pages.follow_up_page import Section, Tile
from riskscreen.errors import ScreeningError
from riskscreen.followup.case_sections import build_by_team, build_tiles
from riskscreen.followup.caseloads import Caseload, list_caseloads
from riskscreen.followup.programme_sections import build_caseloads
from riskscreen.followup.programmes import hide_small_caseloads
from riskscreen.followup.retention import measure_retention
from riskscreen.followup.wording import Wording
from riskscreen.guarding import guarded
from riskscreen.readers.follow_up import read_follow_up
from riskscreen.readers.site import Site
from riskscreen.texts import Language


@dataclass(frozen=True, slots=True)
class WeekFigures:
    """The four measures of every team by its name, and why there are none.

    ``sections`` are the leader's: the same as they mature, of all and team by team, and
    the caseloads of teams that are large enough.
    """

    of_teams: dict[str, tuple[Tile, ...]] = field(default_factory=dict)
    sections: tuple[Section, ...] = ()
    warnings: tuple[str, ...] = ()


def find_week_figures(site: Site, language: Language) -> WeekFigures:
    """Return the figures of `build_week_figures`, those that can be made.

    A page without figures of follow-up is better than no page at all; a table that
    cannot be used costs what it tells alone, and its error's words are a warning.
    """
    words, warnings = Wording(language), []
    of_teams: dict[str, tuple[Tile, ...]] = {}
    sections: list[Section] = []
    try:
        of_teams, sections = _find_retention(site, words)
    except ScreeningError as error:
        warnings.append(f"The week's sheets have no figures of teams: {error}")
    try:
        sections = [*sections, *_find_caseloads(site, words)]
    except ScreeningError as error:
        warnings.append(f"The leader's page has no caseloads: {error}")
    return WeekFigures(of_teams, tuple(sections), tuple(warnings))


@guarded
def build_week_figures(site: Site, language: Language) -> WeekFigures:
    """Return what the tables of follow-up of *site* tell; nothing without any.

    Raises FileError, TableError or PersonalDataError where one cannot be used.
    """
    words = Wording(language)
    of_teams, sections = _find_retention(site, words)
    return WeekFigures(of_teams, (*sections, *_find_caseloads(site, words)))


@guarded
def _find_retention(
    site: Site, words: Wording
) -> tuple[dict[str, tuple[Tile, ...]], list[Section]]:
    """Return each team's tiles, and the sections of all teams together."""
    delivered = read_follow_up(site, "follow_up")
    if delivered is None:
        return {}, []
    retention = measure_retention(
        delivered.table, stated=delivered.stated, extract_date=site.extract_date
    )
    included = retention.included
    teams = [team for team in included.rows if included.find_size(team) != 0]
    if not teams:
        return {}, []
    t, tiles = words.t["retention"], build_tiles(retention, None, words)
    by_team = build_by_team(retention, {}, words)
    section = Section(t["title"], t["note_hidden"], tiles=tiles, tables=by_team.tables)
    return {team: build_tiles(retention, team, words) for team in teams}, [section]


@guarded
def _find_caseloads(site: Site, words: Wording) -> list[Section]:
    """Return the caseloads of teams so large that none of them is a person's own."""
    delivered = read_follow_up(site, "volumes")
    if delivered is None:
        return []
    volumes = delivered.table
    caseloads = list_caseloads(volumes, hide_small_caseloads(volumes))
    return [*build_caseloads([*filter(_is_large, caseloads)], words)]


def _is_large(of: Caseload) -> bool:
    n = of.caseworkers
    return not isinstance(n, str) and n is not None and n >= SMALLEST_GROUP
