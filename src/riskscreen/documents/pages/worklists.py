"""From a scoring run to the values of its overview, worklists and other tables."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import pandas as pd

from riskscreen.documents.pages.capacity import Week
from riskscreen.documents.pages.case_page import CasePlacement, PageBuilder
from riskscreen.documents.pages.charts import draw_bar
from riskscreen.documents.pages.formats import (
    choose_total,
    format_count,
    format_people,
    format_percent,
)
from riskscreen.documents.pages.language import Language
from riskscreen.documents.pages.page_values import (
    Count,
    DeadlineRow,
    Link,
    Overview,
    Part,
    Table,
    Worklist,
    WorklistRow,
    WorklistSection,
)
from riskscreen.documents.pages.refusals import describe_refusal
from riskscreen.documents.pages.scoring_run import CaseReasons, ScoringRun
from riskscreen.model.wording import format_number
from riskscreen.validation.schemas import ANY_MUNICIPALITY_OR_TEAM

ROWS_PER_PAGE = 60
"""So that a page of a list stays under 100 kB, and a browser opens it at once."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Listed:
    """One case on a list, with what its row and its page say about its place."""

    case: Any
    week: Week
    row: int
    file: str
    seat: CasePlacement


def place_cases(found: Iterable[Week], maker: PageBuilder) -> list[Listed]:
    """Every scored case in list order, each with a file name made from its number."""
    cases: list[Listed] = []
    for week in found:
        for row, case in enumerate(week.cases.itertuples(index=False), start=1):
            file = f"cases/{len(cases) + 1:06d}.html"
            cases.append(Listed(case, week, row, file, _seat(case, week, row, maker)))
    return cases


def build_worklist_rows(
    cases: Sequence[Listed], run: ScoringRun, maker: PageBuilder
) -> Iterator[WorklistRow]:
    """One row per case, with the capacity line under the last case within it."""
    for at in cases:
        reasons = run.reasons_of(str(at.case.case_id))
        yield _worklist_row(at, reasons, maker)


def build_worklists(
    cases: Sequence[Listed],
    rows: Sequence[WorklistRow],
    maker: PageBuilder,
    *,
    team: int,
    abstained: pd.DataFrame,
) -> list[Worklist]:
    """The pages of one team's list; its *abstained* scores stand under each."""
    pages = _paged(list(zip(cases, rows, strict=True)), ROWS_PER_PAGE)
    files = _files(f"team-{team:03d}", len(pages))
    links = tuple((str(n), file) for n, file in enumerate(files, start=1))
    average = _average(maker)
    long_words = maker.model.spec.outcome.long_words.in_language(maker.language)
    return [
        Worklist(
            place=_place(page[0][0].week, maker),
            page=file,
            others=links if len(links) > 1 else (),
            about=maker.texts.list_lead.format(long_words=long_words),
            average=average.words,
            sections=tuple(_sections(page, maker)),
            abstained=_withheld(page[0][0].week, abstained, maker),
        )
        for file, page in zip(files, pages, strict=True)
    ]


def _withheld(
    week: Week, abstained: pd.DataFrame, maker: PageBuilder
) -> tuple[tuple[str, str], ...]:
    """The team's cases whose score is not shown, and why."""
    own = abstained[
        (abstained["municipality"] == week.municipality)
        & (abstained["team"] == week.team)
    ]
    return tuple(
        (str(row.case_id), maker.abstention(str(row.abstained_rule)))
        for row in own.itertuples()
    )


def build_overview(
    run: ScoringRun, found: Sequence[Week], maker: PageBuilder, *, files: dict[str, str]
) -> Overview:
    """Where every case of the run lies; the counts are those of the tables."""
    counts = run.summary.get("counts", {})
    in_cases = int((run.set_aside["case_id"] != "").sum()) if len(run.set_aside) else 0
    aside = int(counts.get("set_aside", in_cases))
    scored, routed, abstained = len(run.shown), len(run.routed), len(run.abstained)
    came = int(counts.get("cases", scored + abstained + routed + aside))
    texts, capacity = maker.texts, maker.model.spec.capacity
    parts = (
        (texts.scored, scored, "scored", ""),
        *(
            [(texts.abstained, abstained, "aside", "abstained.html")]
            if abstained
            else []
        ),
        (texts.routed, routed, "routed", "routed.html"),
        (texts.set_aside, aside, "aside", "set_aside.html"),
    )
    return Overview(
        came_in=texts.came_in.format(cases=_cases(came, maker)),
        parts=tuple(
            Part(
                words, format_number(n, maker.language), css, page, _share(n, came, css)
            )
            for words, n, css, page in parts
        ),
        adds_up=came == scored + abstained + routed + aside,
        columns=_columns(maker),
        lists=tuple(_links(found, maker, files)),
        average=_average(maker),
        capacity=f"{capacity.per_week}"
        f"{_in_brackets(texts.places_assumed * capacity.assumed)}",
        unverified=_unverified(run, maker),
    )


def _unverified(run: ScoringRun, maker: PageBuilder) -> str:
    """How many weeks of history rest on codes whose group nobody has verified."""
    weeks = run.summary.get("weeks_of_history", {})
    if not weeks.get("read"):
        return ""
    return maker.texts.weeks_unverified.format(
        weeks=format_count(weeks["read"], maker.texts.weeks, maker.language),
        unverified=format_number(weeks["on_unverified_codes"], maker.language),
    )


def build_routed_pages(run: ScoringRun, maker: PageBuilder) -> list[Table]:
    """Who was not scored and why, as pages."""
    t, language = maker.texts, maker.language
    words = {
        r.name: r.words.in_language(language)
        for r in maker.model.spec.population.routes
    }
    routes = run.routed.get("route", pd.Series(dtype="str"))
    counts = routes.value_counts()
    rows = [
        (str(row.case_id), words.get(str(row.route), str(row.route)))
        for row in run.routed.itertuples()
    ]
    summary = tuple((words.get(str(r), str(r)), str(n), "") for r, n in counts.items())
    return _tables(
        "routed",
        rows,
        title=t.routed,
        note=t.routed_note,
        summary=summary,
        summary_columns=(t.route, t.count),
        columns=(t.case, t.route),
    )


def build_abstained_pages(run: ScoringRun, maker: PageBuilder) -> list[Table]:
    """Whose score is not shown and why, as pages; none where every score is."""
    t, found = maker.texts, run.abstained
    if found.empty:
        return []
    why = found["abstained_rule"].map(lambda rules: maker.abstention(str(rules)))
    rows = list(zip(found["case_id"], found["team"], why, strict=True))
    return _tables(
        "abstained",
        [tuple(map(str, row)) for row in rows],
        title=t.abstained,
        note=t.abstained_note,
        summary=tuple((str(w), str(n), "") for w, n in why.value_counts().items()),
        summary_columns=(t.why, t.count),
        columns=(t.case, t.team, t.why),
    )


def build_set_aside_pages(run: ScoringRun, maker: PageBuilder) -> list[Table]:
    """Which rows were refused, by which rule, and what to do, as pages."""
    t, language, spec = maker.texts, maker.language, maker.model.spec
    rules = run.set_aside.get("rule", pd.Series(dtype="str"))
    counts = rules.value_counts()
    told = {rule: describe_refusal(str(rule), spec, language) for rule in counts.index}
    rows = [
        (str(row.case_id), str(row.file), str(row.line), told[row.rule][0])
        for row in run.set_aside.itertuples()
    ]
    summary = tuple((told[r][0], str(n), told[r][1]) for r, n in counts.items())
    return _tables(
        "set_aside",
        rows,
        title=t.set_aside,
        note=t.set_aside_note,
        summary=summary,
        summary_columns=(t.rule, t.count, t.what_to_do),
        columns=(t.case, t.file, t.file_line, t.rule),
    )


def _worklist_row(at: Listed, found: CaseReasons, maker: PageBuilder) -> WorklistRow:
    risk, language = float(at.case.risk), maker.language
    bands = maker.model.spec.bands
    return WorklistRow(
        case_id=str(at.case.case_id),
        page=at.file,
        rank=str(at.row),
        risk=format_people(risk, language, of=choose_total(risk)),
        percent=format_percent(risk, language),
        picture=draw_bar(0, 100 * risk, css=at.case.band),
        band=getattr(bands, at.case.band).in_language(language),
        band_css=str(at.case.band),
        up=maker.describe_reason(found, sign=1, most=2),
        down=maker.describe_reason(found, sign=-1, most=1),
        deadline=_nearest(maker.deadline_rows(at.case)),
        line_after=_line(at, maker),
    )


def _average(maker: PageBuilder) -> Count:
    """The base risk, which bands, reasons and every page compare with."""
    base = maker.model.base_risk
    return maker.count(base, of=choose_total(base))


def _nearest(rows: tuple[DeadlineRow, ...]) -> DeadlineRow | None:
    """The next deadline that has not passed, or else the last one that has."""
    ahead = [row for row in rows if row.css != "passed"]
    found = ahead[0] if ahead else rows[-1] if rows else None
    # The list has no room for the rule in brackets; it stands on the case's page.
    return replace(found, words=found.words.split(" (")[0]) if found else None


def _line(at: Listed, maker: PageBuilder) -> str:
    """What the capacity line under a case says; empty where there is none."""
    if at.row != at.week.within:
        return ""
    all_within = at.week.within == len(at.week.cases)
    line = maker.texts.line_short if all_within else maker.texts.line
    return line.format(places=_places(maker, at.week.teams))


def _sections(
    page: Sequence[tuple[Listed, WorklistRow]], maker: PageBuilder
) -> Iterator[WorklistSection]:
    found = list(dict.fromkeys(id(at.week) for at, _ in page))
    for key in found:
        rows = [(at, row) for at, row in page if id(at.week) == key]
        week = rows[0][0].week
        none = week.within == 0 and rows[0][0].row == 1
        places = _places(maker, week.teams)
        yield WorklistSection(
            title=_week_words(week, maker.language, maker.texts.week),
            summary=_cases(len(week.cases), maker),
            line_before=maker.texts.none_in_capacity.format(places=places)
            if none
            else "",
            rows=tuple(row for _, row in rows),
        )


def _cases(n: int, maker: PageBuilder) -> str:
    return format_count(n, maker.texts.cases, maker.language)


def _seat(case: Any, week: Week, row: int, maker: PageBuilder) -> CasePlacement:
    t, place = maker.texts, _place(week, maker)
    if week.within is None:
        return CasePlacement(place, "", t.no_rank if len(week.cases) == 1 else "")
    when = _week_words(week, maker.language, t.week)
    where = t.within_places if row <= week.within else t.beyond_places
    rank = t.rank_of.format(
        rank=case.rank, n=len(week.cases), week=when[:1].lower() + when[1:]
    )
    return CasePlacement(place, rank, where.format(places=_places(maker, week.teams)))


def _place(week: Week, maker: PageBuilder) -> str:
    every, t = ANY_MUNICIPALITY_OR_TEAM, maker.texts
    team = t.all_teams if week.team == every else f"{t.team} {week.team}"
    return team if week.municipality == every else f"{team}, {week.municipality}"


def _places(maker: PageBuilder, teams: int) -> str:
    capacity, t = maker.model.spec.capacity, maker.texts
    shared = t.places_shared.format(teams=teams) if teams > 1 else ""
    assumed = t.places_assumed if capacity.assumed else ""
    places = format_count(capacity.per_week, t.places, maker.language)
    return f"{places}{_in_brackets(assumed, shared)}"


def _in_brackets(*remarks: str) -> str:
    """What is to be said of a figure, after it; nothing where there is nothing."""
    said = ", ".join(filter(None, remarks))
    return f" ({said})" if said else ""


def _week_words(week: Week, language: Language, word: str) -> str:
    if week.monday is None:
        return "Sager" if language == "da" else "Cases"
    year, number_of_week, _ = week.monday.isocalendar()
    return f"{word} {number_of_week}, {year}"


def _columns(maker: PageBuilder) -> tuple[str, ...]:
    bands = maker.model.spec.bands
    words = (getattr(bands, name) for name in ("first", "raised", "usual"))
    return (maker.texts.cases[1], *(w.in_language(maker.language) for w in words))


def _links(
    found: Sequence[Week], maker: PageBuilder, files: dict[str, str]
) -> Iterator[Link]:
    """One line per team: how many cases, and how many in each band."""
    places: dict[str, list[pd.DataFrame]] = {}
    for week in found:
        places.setdefault(_place(week, maker), []).append(week.cases)
    for place, tables in places.items():
        bands = pd.concat(tables)["band"].value_counts()
        counts = [int(bands.get(name, 0)) for name in ("first", "raised", "usual")]
        figures = [format_number(n, maker.language) for n in (sum(counts), *counts)]
        yield Link(words=place, page=files[place], figures=tuple(figures))


def _share(n: int, of: int, css: str) -> Any:
    return draw_bar(0, 100 * n / of if of else 0.0, css=css)


def _tables(name: str, rows: Sequence[tuple[str, ...]], **fields: Any) -> list[Table]:
    pages = _paged(rows, 4 * ROWS_PER_PAGE) or [[]]
    files = _files(name, len(pages))
    links = tuple((str(n), file) for n, file in enumerate(files, start=1))
    return [
        Table(
            rows=tuple(page),
            page=file,
            others=links if len(links) > 1 else (),
            **fields,
        )
        for file, page in zip(files, pages, strict=True)
    ]


def _paged(items: Sequence[T], size: int) -> list[list[T]]:
    return [list(items[at : at + size]) for at in range(0, len(items), size)]


def _files(name: str, pages: int) -> list[str]:
    """The first page has the plain name, the others a number after it."""
    return [f"{name}.html", *(f"{name}-{n}.html" for n in range(2, pages + 1))]
