"""Each team's own four figures, for the week's sheet."""

from dataclasses import dataclass, field

from riskscreen.documents.pages.follow_up_page import Tile
from riskscreen.errors import ScreeningError
from riskscreen.followup.case_sections import build_tiles
from riskscreen.followup.retention import measure_retention
from riskscreen.followup.wording import Wording
from riskscreen.guarding import guarded
from riskscreen.readers.follow_up import read_follow_up
from riskscreen.readers.site import Site
from riskscreen.texts import Language


@dataclass(frozen=True, slots=True)
class WeekFigures:
    """The four measures of every team by its name, and why there are none."""

    of_teams: dict[str, tuple[Tile, ...]] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()


def find_week_figures(site: Site, language: Language) -> WeekFigures:
    """Return the figures of `build_week_figures`, or the words of its error.

    A sheet without a team's figures is better than no page at all.
    """
    try:
        return WeekFigures(build_week_figures(site, language))
    except ScreeningError as error:
        words = f"The week's sheets have no figures of teams: {error}"
        return WeekFigures(warnings=(words,))


@guarded
def build_week_figures(site: Site, language: Language) -> dict[str, tuple[Tile, ...]]:
    """Return the four measures of every team of *site*, by its name; none without any.

    Raises FileError, TableError or PersonalDataError where the table of follow-up
    cannot be used.
    """
    delivered = read_follow_up(site, "follow_up")
    if delivered is None:
        return {}
    retention = measure_retention(
        delivered.table, stated=delivered.stated, extract_date=site.extract_date
    )
    words = Wording(language)
    return {
        team: build_tiles(retention, team, words)
        for team in retention.included.rows
        if retention.included.find_size(team) != 0
    }
