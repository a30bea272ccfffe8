"""What a page says of cases: retention, referrals, flex jobs, who gets which help."""

from collections.abc import Iterator, Mapping

from riskscreen.disclosure.counts import HIDDEN, Shown, ShownCounts, compute_share
from riskscreen.documents.pages.charts import draw_share
from riskscreen.documents.pages.follow_up_page import (
    Cell,
    FiguresTable,
    Section,
    Tile,
    make_cells,
)
from riskscreen.followup.bands import EVERY_BAND
from riskscreen.followup.figures import FollowUp, Referrals
from riskscreen.followup.flex_jobs import HOURS, FlexJobs
from riskscreen.followup.help_by_band import ANY_KIND, GOT, NOT
from riskscreen.followup.retention import (
    CORE_ELEMENTS,
    FOUR_MEASURES,
    LEFT_OUT,
    NO,
    NOT_DUE,
    NOT_STATED,
    PARTS,
    TARGETS,
    YES,
    Retention,
)
from riskscreen.followup.wording import Wording, join_notes


def build_retention(
    retention: Retention, team: str | None, words: Wording
) -> Iterator[Section]:
    """Build the four measures of *team*, or of all teams, and who is not counted."""
    t = words.t["retention"]
    if team is not None and team not in retention.included.rows:
        return
    size = retention.included.find_size(team)
    left_out = tuple(_build_left_out(retention, team, words))
    if size == 0:
        if left_out:
            yield Section(t["title"], tables=left_out)
        return
    note = t["note_hidden"]
    if size != HIDDEN:
        note = t["note"].format(cases=words.say_cases(size))
    yield Section(
        t["title"],
        note,
        tiles=build_tiles(retention, team, words),
        tables=(_build_parts(retention, team, words), *left_out),
    )


def build_tiles(
    retention: Retention, team: str | None, words: Wording
) -> tuple[Tile, ...]:
    """Build the four measures of *team*, or of all teams, in their order."""
    return tuple(
        _build_tile(retention.by_team[name], name, team, words)
        for name in FOUR_MEASURES
    )


def build_by_team(
    retention: Retention, pages: Mapping[str, str], words: Wording
) -> Section:
    """Build the four measures team by team; each team leads to its page, if it has."""
    included = retention.included
    rows = tuple(
        (
            Cell(team, page=pages.get(team, "")),
            Cell(words.say_count(included.find_size(team))),
            *_build_measures(retention, team, words),
        )
        for team in included.rows
    )
    whole = (
        Cell(words.t["page"]["all_teams"]),
        Cell(words.say_count(included.total)),
        *_build_measures(retention, None, words),
    )
    columns = _name_measures(words.t["page"]["team"], words)
    title = words.t["retention"]["by_team"]
    return Section(title, tables=(FiguresTable(title, columns, (*rows, whole)),))


def build_by_band(retention: Retention, words: Wording) -> Section:
    """Build the four measures by level of risk."""
    t, by_band = words.t["retention"], retention.by_band
    rows = []
    for band in EVERY_BAND:
        counts = [by_band[name] for name in FOUR_MEASURES]
        if counts[0].find_size(band) == 0:
            continue
        cells = (words.make_part(c.find(band, YES), c.find(band, NO)) for c in counts)
        size = words.say_count(counts[0].find_size(band))
        rows.append((Cell(words.t["bands"][band]), Cell(size), *cells))
    columns = _name_measures(words.t["bands"]["band"], words)
    table = FiguresTable(t["by_band"], columns, tuple(rows))
    return Section(t["by_band"], t["by_band_note"], tables=(table,))


def _name_measures(first: str, words: Wording) -> tuple[str, ...]:
    cases = words.t["page"]["cases"][1].capitalize()
    return (first, cases, *(words.t["short"][name] for name in FOUR_MEASURES))


def _build_measures(
    retention: Retention, team: str | None, words: Wording
) -> Iterator[Cell]:
    for name in FOUR_MEASURES:
        counts = retention.by_team[name]
        yield words.make_part(counts.find(team, YES), counts.find(team, NO))


def _build_tile(
    counts: ShownCounts, name: str, team: str | None, words: Wording
) -> Tile:
    t, yes, no = words.t["retention"], counts.find(team, YES), counts.find(team, NO)
    share, goal = compute_share(yes, no), TARGETS.get(name)
    notes = [
        _say_open(counts.find(team, NOT_DUE), t["not_due"], t["not_due_hidden"], words),
        _say_open(
            counts.find(team, NOT_STATED), t["unknown"], t["unknown_hidden"], words
        ),
    ]
    label = words.t["measures"][name]
    if share is None:
        return Tile(label, words.say_part(yes, no), "", join_notes(notes))
    if goal is not None:
        notes.insert(0, t["goal"].format(share=words.say_share(goal)))
    known = sum(n for n in (yes, no) if not isinstance(n, str))
    said = words.t["page"]["of"].format(
        n=words.say_count(yes), total=words.say_cases(known)
    )
    picture = draw_share(share, goal=goal)
    return Tile(label, words.say_share(share), said, join_notes(notes), picture)


def _say_open(n: Shown, form: str, hidden: str, words: Wording) -> str:
    if n == HIDDEN:
        return hidden
    return form.format(n=words.say_count(n)) if n else ""


def _build_parts(
    retention: Retention, team: str | None, words: Wording
) -> FiguresTable:
    t = words.t["retention"]
    rows = []
    for name in (*PARTS, *CORE_ELEMENTS):
        counts = retention.by_team[name]
        open_, unknown = (counts.find(team, state) for state in (NOT_DUE, NOT_STATED))
        rows.append(
            (
                Cell(words.t["measures"][name]),
                words.make_part(counts.find(team, YES), counts.find(team, NO)),
                *make_cells(words.say_count(open_), words.say_count(unknown)),
            )
        )
    stated = words.not_stated.capitalize()
    columns = (t["measure"], t["share"], t["time_left"], stated)
    return FiguresTable(t["parts"], columns, tuple(rows))


def _build_left_out(
    retention: Retention, team: str | None, words: Wording
) -> Iterator[FiguresTable]:
    counts, t = retention.left_out, words.t["retention"]
    if team is not None and counts.find_size(team) == 0:
        return
    reasons = [name for name in LEFT_OUT if counts.find(team, name) != 0]
    rows = [
        make_cells(words.t["reasons"][name], words.say_count(counts.find(team, name)))
        for name in reasons
    ]
    if rows:
        total = words.say_count(counts.find_size(team))
        rows.append(make_cells(words.t["page"]["all"], total))
        yield FiguresTable(t["left_out"], (t["reason"], t["count"]), tuple(rows))


def build_referrals(
    referrals: Referrals, team: str | None, words: Wording
) -> Iterator[Section]:
    """Build when citizens were referred and what became of it."""
    t = words.t["referrals"]
    if team is not None and team not in referrals.when.rows:
        return
    each = ""
    if team is None and referrals.efforts_each is not None:
        n = words.say_figure(referrals.efforts_each, decimals=1)
        each = t["each"].format(n=n)
    count = words.t["retention"]["count"]
    when, became = (
        words.divide(counts, team, t) for counts in (referrals.when, referrals.became)
    )
    yield Section(
        t["title"],
        t["note"],
        tables=(
            FiguresTable(t["when_title"], (t["when"], count), when),
            FiguresTable(t["became_title"], (t["became"], count), became, each),
        ),
    )


def build_flex_jobs(
    jobs: FlexJobs, team: str | None, words: Wording
) -> Iterator[Section]:
    """Build the hours at the start and later, and how they changed."""
    t = words.t["flex_jobs"]
    if team is not None and team not in jobs.start.rows:
        return
    size, more = jobs.start.find_size(team), jobs.change.find(team, "more")
    note = t["note_hidden"]
    if HIDDEN not in (size, more):
        note = t["note"].format(cases=words.say_cases(size), more=words.say_count(more))
    rows = tuple(
        (
            Cell(t[name]),
            Cell(words.say_count(jobs.start.find(team, name) if name in HOURS else 0)),
            Cell(words.say_count(jobs.latest.find(team, name))),
        )
        for name in (*HOURS, "not_stated")
    )
    columns = (t["hours"], t["start"], t["latest"])
    yield Section(
        t["title"],
        note,
        tables=(
            FiguresTable(t["hours_title"], columns, rows),
            FiguresTable(
                t["change_title"],
                (t["change"], words.t["retention"]["count"]),
                words.divide(jobs.change, team, t),
            ),
            *(_build_change_by_hours(jobs, words) if team is None else ()),
        ),
    )


def _build_change_by_hours(jobs: FlexJobs, words: Wording) -> Iterator[FiguresTable]:
    """Yield how many of each band of hours work more than they began with."""
    t, counts = words.t["flex_jobs"], jobs.change_by_hours
    rows = tuple(
        (
            Cell(t[name]),
            *(
                words.make_of(counts.find(name, change), counts.find_size(name))
                for change in ("more", "same", "fewer")
            ),
        )
        for name in HOURS
    )
    columns = (t["start"], t["more"], t["same"], t["fewer"])
    yield FiguresTable(t["by_hours_title"], columns, rows)


def build_help(found: FollowUp, words: Wording) -> Section:
    """Build the share of each band that got each kind of help."""
    t, kinds = words.t["help"], found.help_by_band
    bands = [b for b in EVERY_BAND if kinds[ANY_KIND].find_size(b) != 0]
    rows = tuple(
        (
            Cell(t["any"] if kind == ANY_KIND else kind),
            *(words.make_part(c.find(band, GOT), c.find(band, NOT)) for band in bands),
        )
        for kind, c in kinds.items()
    )
    columns = (t["kind"], *(words.t["bands"][band] for band in bands))
    table = FiguresTable(t["title_table"], columns, rows)
    return Section(t["title"], t["note"], tables=(table,))
