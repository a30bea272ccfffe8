"""Build the values of the teams' worklists from a scoring run."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any, TypeVar

from riskscreen.documents.pages.capacity import Week
from riskscreen.documents.pages.case_page import CasePlacement, PageBuilder
from riskscreen.documents.pages.charts import draw_bar
from riskscreen.documents.pages.formats import (
    choose_total,
    format_count,
    format_people,
    format_percent,
)
from riskscreen.documents.pages.page_values import (
    Count,
    Worklist,
    WorklistRow,
    WorklistSection,
)
from riskscreen.documents.pages.scoring_run import ScoringRun
from riskscreen.validation.schemas import ANY_MUNICIPALITY_OR_TEAM

ROWS_PER_PAGE = 60
"""So that a page of a list stays under 100 kB, and a browser opens it at once."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class ListedCase:
    """One case on a list, with what its row and its page say about its place."""

    case: Any
    week: Week
    row: int
    file: str
    placed: CasePlacement


def place_cases(weeks: Iterable[Week], builder: PageBuilder) -> list[ListedCase]:
    """Return the scored cases in list order, with file names made from their number."""
    t = builder.texts["case"]
    cases: list[ListedCase] = []
    for week in weeks:
        place, places = describe_place(week, builder), _describe_places(week, builder)
        when = _describe_week(week, builder)
        when = when[:1].lower() + when[1:]
        for row, case in enumerate(week.cases.itertuples(index=False), start=1):
            if week.within is None:
                alone = t["no_rank"] if len(week.cases) == 1 else ""
                placed = CasePlacement(place, "", alone)
            else:
                rank = t["rank_of"].format(rank=case.rank, n=len(week.cases), week=when)
                where = t["within_places" if row <= week.within else "beyond_places"]
                placed = CasePlacement(place, rank, where.format(places=places))
            file = f"cases/{len(cases) + 1:06d}.html"
            cases.append(ListedCase(case, week, row, file, placed))
    return cases


def build_worklists(
    cases: Sequence[ListedCase], run: ScoringRun, builder: PageBuilder
) -> list[Worklist]:
    """Return the pages of every team's list, in the order of *cases*.

    The scores of the team that are not shown stand under each of its pages.
    """
    outcome, t = builder.model.spec.outcome, builder.texts["worklist"]
    lead = t["lead"].format(long_words=outcome.long_words.in_language(builder.language))
    lists = []
    by_team = groupby(cases, key=lambda listed: listed.placed.place)
    for team, (place, listed) in enumerate(by_team, start=1):
        pages = split_pages(list(listed), ROWS_PER_PAGE)
        files = name_files(f"team-{team:03d}", len(pages))
        links = tuple((str(n), file) for n, file in enumerate(files, start=1))
        week = pages[0][0].week
        hidden = run.abstained[
            (run.abstained["municipality"] == week.municipality)
            & (run.abstained["team"] == week.team)
        ]
        abstained = tuple(
            (str(row.case_id), builder.describe_abstention(str(row.abstained_rule)))
            for row in hidden.itertuples()
        )
        lists += [
            Worklist(
                place=place,
                page=file,
                others=links if len(links) > 1 else (),
                about=lead,
                average=count_average(builder).words,
                sections=tuple(_build_sections(page, run, builder)),
                abstained=abstained,
            )
            for file, page in zip(files, pages, strict=True)
        ]
    return lists


def count_average(builder: PageBuilder) -> Count:
    """Return the base risk, which bands, reasons and every page compare with."""
    base = builder.model.base_risk
    return builder.count_people(base, total=choose_total(base))


def describe_place(week: Week, builder: PageBuilder) -> str:
    """Return the week's team, and its municipality where there are several."""
    every, t = ANY_MUNICIPALITY_OR_TEAM, builder.texts["common"]
    team = t["all_teams"] if week.team == every else f"{t['team']} {week.team}"
    return team if week.municipality == every else f"{team}, {week.municipality}"


def format_cases(n: int, builder: PageBuilder) -> str:
    """Return *n* cases in words."""
    return format_count(n, builder.texts["common"]["cases"], builder.texts)


def add_in_brackets(words: str, *remarks: str) -> str:
    """Return *words* with what is to be said of them, where anything is.

    >>> add_in_brackets("14 places", "assumed", ""), add_in_brackets("14 places", "")
    ('14 places (assumed)', '14 places')
    """
    said = ", ".join(filter(None, remarks))
    return f"{words} ({said})" if said else words


def split_pages(items: Sequence[T], size: int) -> list[list[T]]:
    """Return *items* in lists of *size*; the last may be shorter."""
    return [list(items[i : i + size]) for i in range(0, len(items), size)]


def name_files(name: str, pages: int) -> list[str]:
    """Return the pages' file names: the plain name, then a number after it."""
    return [f"{name}.html", *(f"{name}-{n}.html" for n in range(2, pages + 1))]


def _build_sections(
    page: Sequence[ListedCase], run: ScoringRun, builder: PageBuilder
) -> Iterator[WorklistSection]:
    line = builder.texts["worklist"]["line_above_all"]
    for _, listed in groupby(page, key=lambda one: id(one.week)):
        cases = list(listed)
        week = cases[0].week
        none = week.within == 0 and cases[0].row == 1
        yield WorklistSection(
            title=_describe_week(week, builder),
            summary=format_cases(len(week.cases), builder),
            line_before=line.format(places=_describe_places(week, builder))
            if none
            else "",
            rows=tuple(_build_row(one, run, builder) for one in cases),
        )


def _build_row(
    listed: ListedCase, run: ScoringRun, builder: PageBuilder
) -> WorklistRow:
    """Return a case's row; the capacity line stands under the last within it."""
    case, week, texts = listed.case, listed.week, builder.texts
    reasons, risk = run.reasons_of(str(case.case_id)), float(case.risk)
    deadlines = builder.build_deadlines(case)
    # The next that has not passed, or else the last one that has. The list has no room
    # for the rule in brackets; it stands on the case's page.
    ahead = [row for row in deadlines if row.css != "passed"]
    nearest = ahead[0] if ahead else deadlines[-1] if deadlines else None
    line = ""
    if listed.row == week.within:
        all_within = week.within == len(week.cases)
        line = texts["worklist"]["line_below_all" if all_within else "line"]
    return WorklistRow(
        case_id=str(case.case_id),
        page=listed.file,
        rank=str(listed.row),
        risk=format_people(risk, texts, total=choose_total(risk)),
        percent=format_percent(risk, texts),
        picture=draw_bar(0, 100 * risk, css=case.band),
        band=getattr(builder.model.spec.bands, case.band).in_language(builder.language),
        band_css=str(case.band),
        up=builder.describe_strongest(reasons, sign=1, most=2),
        down=builder.describe_strongest(reasons, sign=-1, most=1),
        deadline=replace(nearest, words=nearest.words.split(" (")[0])
        if nearest
        else None,
        line_after=line.format(places=_describe_places(week, builder)),
    )


def _describe_places(week: Week, builder: PageBuilder) -> str:
    capacity, t = builder.model.spec.capacity, builder.texts["case"]
    places = format_count(
        capacity.per_week, builder.texts["common"]["places"], builder.texts
    )
    return add_in_brackets(
        places,
        t["places_assumed"] if capacity.assumed else "",
        t["places_shared"].format(teams=week.teams) if week.teams > 1 else "",
    )


def _describe_week(week: Week, builder: PageBuilder) -> str:
    if week.monday is None:
        return str(builder.texts["worklist"]["undated"])
    year, number, _ = week.monday.isocalendar()
    return f"{builder.texts['common']['week']} {number}, {year}"
