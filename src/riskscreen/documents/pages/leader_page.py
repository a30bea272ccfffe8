"""Build the leader's page of a run: its counts, and what somebody must attend to.

It names no case, and counts people by the one rule for small numbers.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from riskscreen.disclosure.counts import HIDDEN, Shown
from riskscreen.documents.pages.charts import draw_share, draw_weeks
from riskscreen.documents.pages.follow_up_page import (
    Cell,
    FiguresTable,
    Section,
    Tile,
    make_cells,
)
from riskscreen.documents.pages.formats import (
    capitalise,
    format_count,
    format_figure,
    format_share,
    lower_first,
)
from riskscreen.documents.pages.leader_counts import (
    BANDS,
    EARLIER,
    HELPED,
    PROPOSED,
    SMALL_TEAMS,
    UNDATED,
    WAITS,
    LeaderCounts,
    WeekCount,
    count_for_leaders,
)
from riskscreen.documents.pages.leader_status import StatusRow, list_status
from riskscreen.documents.pages.memory import FollowRange, Memory
from riskscreen.documents.pages.placing import (
    CaseLine,
    TargetRun,
    Unit,
    describe_place,
    describe_team,
    describe_week,
)
from riskscreen.readers.letter_text import LetterText
from riskscreen.texts import Texts

LEADER = "leader.html"
"""The file of the page."""
Ranges = Mapping[Unit, FollowRange]


@dataclass(frozen=True, slots=True)
class LeaderPart:
    """What one target has: figures to read at a glance, then tables."""

    title: str
    tiles: tuple[Tile, ...]
    sections: tuple[Section, ...]


@dataclass(frozen=True, slots=True)
class LeaderPage:
    """The page of a run: a part for each target, then what follow-up tells of all."""

    lead: str
    status: tuple[StatusRow, ...]
    parts: tuple[LeaderPart, ...]
    sections: tuple[Section, ...]
    notes: tuple[str, ...]


def build_leader_page(
    targets: Sequence[TargetRun],
    lines: Sequence[CaseLine],
    memory: Memory,
    *,
    sections: tuple[Section, ...] = (),
    letters: LetterText | None = None,
) -> LeaderPage:
    """Return the page of *targets*, whose cases are *lines*.

    *memory* knows how often teams follow proposals; *sections* are what follow-up tells
    of the site, *letters* what its letters say.
    """
    t = targets[0].builder.texts["leader"]
    towns = {line.unit[0] for line in lines if line.unit}
    titles = [of.builder.title for of in targets]
    names = [of.builder.model.spec.name for of in targets]
    ranges = {name: memory.find_follow_ranges(name) for name in names}
    notes = [t["hidden_note"], t["no_effect"]]
    if not sections:
        notes.insert(1, t["no_follow_up"])
    return LeaderPage(
        lead=t["lead"].format(
            targets=", ".join([titles[0], *map(lower_first, titles[1:])])
        ),
        status=tuple(list_status(targets, ranges, letters=letters)),
        parts=tuple(
            _Part(
                of,
                count_for_leaders(of, lines),
                ranges[name],
                names_towns=len(towns) > 1,
            ).build()
            for name, of in zip(names, targets, strict=True)
        ),
        sections=sections,
        notes=tuple(notes),
    )


@dataclass(frozen=True)
class _Part:
    """Says the counts of one target in words."""

    target: TargetRun
    counts: LeaderCounts
    ranges: Ranges
    names_towns: bool

    @property
    def t(self) -> Texts:
        """The texts of the page."""
        texts: Texts = self.texts["leader"]
        return texts

    @property
    def texts(self) -> Texts:
        """The texts of all pages."""
        return self.target.builder.texts

    def build(self) -> LeaderPart:
        """Return the part of the target."""
        return LeaderPart(
            self.target.builder.title,
            tuple(self._list_tiles()),
            tuple(self._list_sections()),
        )

    def _say(self, n: Shown) -> str:
        if isinstance(n, str):
            return str(self.t["hidden"])
        return format_figure(n, self.texts)

    def _list_tiles(self) -> Iterator[Tile]:
        """Yield how many came, were proposed, have an effort, and wait for long."""
        t, bands, c = self.t["tiles"], self.counts.bands, self.counts
        without = bands.find_size(BANDS[-1])
        yield Tile(
            t["cases"],
            self._say(bands.total),
            ""
            if without in (0, HIDDEN)
            else t["without_figure"].format(n=self._say(without)),
        )
        proposed = bands.find_size(PROPOSED)
        yield Tile(self._name_band(PROPOSED), self._say(proposed), self._say_places())
        if c.knows_efforts:
            of = t["of_proposed"].format(n=self._say(proposed))
            if proposed == HIDDEN:
                of = t["of_those_proposed"]
            yield Tile(t["helped"], self._say(bands.find(PROPOSED, HELPED)), of)
            yield Tile(t["waiting"], self._say(bands.find(PROPOSED, WAITS[2])), of)

    def _say_places(self) -> str:
        places = self.counts.places
        if places is None:
            return str(self.t["tiles"]["no_places"])
        number = format_figure(places, self.texts, decimals=1)
        form = self.texts["common"]["places"][places != 1]
        return str(self.t["places_a_week"].format(n=f"{number} {form}"))

    def _list_sections(self) -> Iterator[Section]:
        if self.counts.shown_weeks:
            yield self._build_weeks()
        yield self._build_bands()
        yield self._build_teams()

    def _build_weeks(self) -> Section:
        """Return the proposals of each week beside its places."""
        t, counts = self.t["weeks"], self.counts
        weeks, places = counts.shown_weeks, counts.places
        labels = [str(of.monday.isocalendar().week) for of in weeks if of.monday]
        plot = draw_weeks(
            [None if of.cases == HIDDEN else of.cases for of in weeks],
            [None if of.proposed == HIDDEN else of.proposed for of in weeks],
            places=places,
            labels=labels,
            week=t["week"],
            words=t["picture"],
        )
        caption = t["caption"]
        if places is not None:
            caption = f"{caption} {t['line'].format(places=self._say_places())}"
            caption = f"{caption} {self._say_fuller(weeks, places)}"
        columns = [t["week"], t["cases"], t["proposed"]]
        if places is not None:
            columns.append(t["places"])
        rows = [self._build_week(of) for of in counts.weeks]
        table = FiguresTable(t["table"], tuple(columns), tuple(rows), folded=True)
        return Section(
            t["title"], plot=plot, caption=caption, tables=(table,), wide=True
        )

    def _say_fuller(self, weeks: Sequence[WeekCount], places: float) -> str:
        """Return in how many of the shown weeks more are proposed than have a place."""
        shown = [of.proposed for of in weeks if not isinstance(of.proposed, str)]
        fuller = sum(n > places for n in shown)
        if not shown or not fuller:
            return ""
        weeks_of = format_count(len(shown), self.texts["common"]["weeks"], self.texts)
        return str(self.t["weeks"]["fuller"].format(n=fuller, weeks=weeks_of))

    def _build_week(self, week: WeekCount) -> tuple[Cell, ...]:
        t, places = self.t["weeks"], self.counts.places
        kinds = {EARLIER: t["earlier"], UNDATED: t["undated"]}
        of_week = week.monday is not None
        name = (
            describe_week(week.monday, self.target.builder)
            if of_week
            else kinds[week.kind]
        )
        cells = [name, self._say(week.cases), self._say(week.proposed)]
        if places is not None:
            number = format_figure(places, self.texts, decimals=1)
            cells.append(number if of_week else "–")
        return make_cells(*cells)

    def _build_bands(self) -> Section:
        """Return who has an effort, and how long the others wait, by risk."""
        t, bands = self.t["bands"], self.counts.bands
        knows = self.counts.knows_efforts
        waits = [w for w in WAITS if bands.find(None, w) != 0] if knows else []
        rows = []
        for band in (*BANDS, None):
            size = bands.find_size(band)
            if size == 0:
                continue
            cells = [
                Cell(t["all"] if band is None else self._name_band(band)),
                Cell(self._say(size)),
            ]
            if knows:
                cells.append(self._build_share(bands.find(band, HELPED), size))
                cells += [Cell(self._say(bands.find(band, w))) for w in waits]
            rows.append(tuple(cells))
        columns = [t["band"], t["cases"]]
        columns += [t["helped"], *(t["waits"][w] for w in waits)] if knows else []
        table = FiguresTable(t["title"], tuple(columns), tuple(rows))
        note = t["note" if knows else "no_efforts"]
        return Section(t["title"], note, tables=(table,))

    def _name_band(self, band: str) -> str:
        bands = self.texts["worklist"]["bands"]
        return str(bands[band] if band in bands else self.t["bands"][band])

    def _build_share(self, part: Shown, size: Shown) -> Cell:
        said = self._say(part)
        if isinstance(part, str) or isinstance(size, str):
            return Cell(said)
        share = part / size
        return Cell(f"{said} ({format_share(share, self.texts)})", draw_share(share))

    def _build_teams(self) -> Section:
        """Return the same team by team, and how often each follows a proposal."""
        t, counts = self.t["teams"], self.counts
        columns = [self.texts["common"]["team"], t["cases"], t["proposed"]]
        columns += [t["helped"]] if counts.knows_efforts else []
        columns += [t["follows"]] if self.ranges else []
        rows = []
        for of in counts.teams:
            cells = [self._name_team(of.unit), self._say(of.cases)]
            cells.append(self._say(of.proposed))
            if of.helped is not None:
                cells.append(self._say(of.helped))
            if self.ranges:
                cells.append(self._say_follows(of.unit))
            rows.append(make_cells(*cells))
        note = t["note"] if self.ranges else ""
        table = FiguresTable(t["title"], tuple(columns), tuple(rows))
        return Section(t["title"], note, tables=(table,))

    def _name_team(self, unit: Unit) -> str:
        if unit == SMALL_TEAMS:
            return str(self.t["teams"]["small"])
        name = describe_place if self.names_towns else describe_team
        return capitalise(name(unit, self.target.builder))

    def _say_follows(self, unit: Unit) -> str:
        of = self.ranges.get(unit)
        if of is None or of.low is None:
            return str(self.t["teams"]["too_few"])
        return str(self.t["teams"]["range"].format(low=of.low, high=of.high))
