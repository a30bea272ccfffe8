"""Build the week's sheet of a team: one A4 to print or to mail, made from its list."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from riskscreen.documents.pages.follow_up_page import Section, Tile
from riskscreen.documents.pages.formats import (
    capitalise,
    format_count,
    format_date,
)
from riskscreen.documents.pages.page_values import Worklist, WorklistRow
from riskscreen.documents.pages.placing import CaseLine, Unit
from riskscreen.texts import Texts

DAYS_AHEAD = 10
"""Whose deadlines stand on the sheet, its own day the first of them."""
MOST_DEADLINES = 30
LINES = 18
"""Lines that a sheet of paper has room for, of proposals and changes together."""
KEPT_FOR_CHANGES = 3
"""Lines that proposals leave, where there are changes."""


@dataclass(frozen=True, slots=True)
class WeekContext:
    """What is told beside the run: what changed since when, and what follow-up says.

    ``news`` says which cases are ``"new"`` or ``"changed"``; None where there is no
    earlier run. ``figures`` are the four of each team, by its name; ``sections`` what
    the leader's page tells of all.
    """

    news: Mapping[str, str] | None = None
    since: date | None = None
    figures: Mapping[str, tuple[Tile, ...]] = field(default_factory=dict)
    sections: tuple[Section, ...] = ()


NO_WEEK = WeekContext()
"""No earlier run and no figures."""


@dataclass(frozen=True, slots=True)
class SheetDeadline:
    """A deadline of the days ahead; ``page`` is empty of a case without a score."""

    case_id: str
    page: str
    words: str
    due: str
    iso: str


@dataclass(frozen=True, slots=True)
class WeekSheet:
    """The sheet of one team.

    What there is no room for is counted after its rows: changes first, then the latest
    deadlines, then the lowest proposals. ``unit`` is the team's, as the scores have it.
    """

    title: str
    day: str
    lead: str
    worklist: str
    proposals: tuple[WorklistRow, ...]
    more_proposals: str
    deadlines: tuple[SheetDeadline, ...]
    more_deadlines: str
    changed: tuple[WorklistRow, ...]
    more_changed: str
    changed_title: str
    changed_note: str
    figures: tuple[Tile, ...]
    unit: Unit | None = None


def build_week_sheet(
    unit: Unit,
    worklist: Worklist,
    lines: Sequence[CaseLine],
    context: WeekContext,
    *,
    as_of: date,
    texts: Texts,
) -> WeekSheet:
    """Return the sheet of *unit*, whose list and *lines* they are, on *as_of*.

    New proposals are those of cases that are new since the run before; without one,
    those of the newest week.
    """
    t, rows = texts["week"], [row for of in worklist.groups for row in of.rows]
    proposals = list(_find_proposals(rows, context.news))
    changed = [r for r in rows if (context.news or {}).get(r.case_id) == "changed"]
    due = sorted(_find_due(lines, as_of), key=lambda row: (row.iso, row.case_id))
    listed = _take(proposals, LINES - min(len(changed), KEPT_FOR_CHANGES))
    left = LINES - sum(map(_count_lines, listed))
    altered = changed[: max(left, KEPT_FOR_CHANGES)]
    since = "" if context.since is None else format_date(context.since, texts)
    lead = t["lead"].format(
        proposals=_count(len(proposals), "proposals", texts),
        deadlines=_count(len(due), "deadlines", texts),
    )
    return WeekSheet(
        title=t["title"].format(week=as_of.isocalendar().week, team=worklist.title),
        day=format_date(as_of, texts),
        lead=capitalise(lead),
        worklist=worklist.page,
        proposals=listed,
        more_proposals=_say_more(len(proposals) - len(listed), texts),
        deadlines=tuple(due[:MOST_DEADLINES]),
        more_deadlines=_say_more(len(due) - MOST_DEADLINES, texts),
        changed=tuple(altered),
        more_changed=_say_more(len(changed) - len(altered), texts),
        changed_title=t["changed_since"].format(day=since) if since else t["changed"],
        changed_note=t["no_earlier_run"] if context.news is None else t["none_changed"],
        figures=context.figures.get(unit[1], ()),
        unit=unit,
    )


def name_sheet(worklist: str) -> str:
    """Return the file of the sheet beside a team's list.

    >>> name_sheet("team-002.html")
    'week-002.html'
    """
    return worklist.replace("team-", "week-")


def _find_proposals(
    rows: Sequence[WorklistRow], news: Mapping[str, str] | None
) -> Iterator[WorklistRow]:
    """Yield the rows that are newly proposed, in the order of the list."""
    newest = max((week for row in rows for week in row.weeks.split()), default="")
    for row in rows:
        is_new = (
            newest in row.weeks.split() or not newest
            if news is None
            else news.get(row.case_id) == "new"
        )
        if row.band in ("proposed", "drawn") and is_new:
            yield row


def _find_due(lines: Sequence[CaseLine], as_of: date) -> Iterator[SheetDeadline]:
    """Yield each deadline of the days ahead once, whatever became of the case."""
    first, after = (
        day.isoformat() for day in (as_of, as_of + timedelta(days=DAYS_AHEAD))
    )
    for line in lines:
        said: set[tuple[str, str]] = set()
        for answer in line.answers:
            for row in answer.deadlines.law:
                if first <= row.iso < after and (row.iso, row.words) not in said:
                    said.add((row.iso, row.words))
                    yield SheetDeadline(
                        line.case_id, line.file, row.words, row.due, row.iso
                    )


def _take(rows: Sequence[WorklistRow], lines: int) -> tuple[WorklistRow, ...]:
    """Return the first *rows* that have room on so many *lines*."""
    taken: list[WorklistRow] = []
    for row in rows:
        lines -= _count_lines(row)
        if lines < 0:
            break
        taken.append(row)
    return tuple(taken)


def _count_lines(row: WorklistRow) -> int:
    """Return how many lines a row takes: one for each target that proposes the case."""
    return max(1, sum(answer.css == "proposed" for answer in row.answers))


def _count(n: int, what: str, texts: Texts) -> str:
    t = texts["week"]
    return format_count(n, t[what], texts) if n else str(t["none"][what])


def _say_more(n: int, texts: Texts) -> str:
    return str(texts["week"]["and_more"].format(n=n)) if n > 0 else ""
