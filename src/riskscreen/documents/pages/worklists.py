"""Build the values of the teams' worklists from a scoring run."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any, TypeVar

import pandas as pd

from riskscreen.documents.pages.case_page import CasePlacement, PageBuilder
from riskscreen.documents.pages.charts import draw_bar
from riskscreen.documents.pages.formats import (
    choose_total,
    format_count,
    format_people,
    format_percent,
)
from riskscreen.documents.pages.help_given import describe_efforts, describe_newest
from riskscreen.documents.pages.page_values import (
    Count,
    DeadlineRow,
    Worklist,
    WorklistRow,
    WorklistSection,
)
from riskscreen.documents.pages.scoring_run import ScoringRun
from riskscreen.documents.pages.weeks import Week
from riskscreen.model.wording import format_number
from riskscreen.texts import Texts
from riskscreen.validation.schemas import ANY_MUNICIPALITY_OR_TEAM, LABELS_TOO_OLD

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
    cases: list[ListedCase] = []
    for week in weeks:
        place = describe_place(week, builder)
        for row, case in enumerate(week.cases.itertuples(index=False), start=1):
            placed = CasePlacement(
                place,
                _describe_rank(case, week, row, builder),
                _describe_proposal(case, builder),
            )
            file = f"cases/{len(cases) + 1:06d}.html"
            cases.append(ListedCase(case, week, row, file, placed))
    return cases


def _describe_rank(case: Any, week: Week, row: int, builder: PageBuilder) -> str:
    """Return the case's number on the list, if it was ranked: what its row says there.

    The scores' rank is of risk alone; on the list whoever is proposed for a later case
    stands below the line, and who still waits on top.
    """
    if pd.isna(case.rank):
        return ""
    section = _describe_section(week, builder)
    words = builder.texts["case"]["rank_of"]
    return str(
        words.format(
            rank=row,
            n=len(week.cases),
            section=section[:1].lower() + section[1:],
        )
    )


def _describe_proposal(case: Any, builder: PageBuilder) -> str:
    """Return whether the case is proposed, beside the week's proposals and places."""
    t = builder.texts["case"]
    if pd.isna(case.threshold):
        return describe_no_threshold(builder, outdated=case.labels_too_old)
    if pd.notna(case.later_proposal):
        undated = pd.isna(case.decision_date)
        form = t["other_proposal" if undated else "later_proposal"]
        return str(form.format(case=case.later_proposal))
    words = t["proposed" if case.proposed else "not_proposed"]
    if pd.isna(case.rank):
        return f"{words} {t['no_rank']}"
    filled = describe_filled(int(case.unit_proposed), case.places, builder)
    return f"{words} {t['that_week']} {filled}."


def describe_no_threshold(builder: PageBuilder, *, outdated: bool) -> str:
    """Return why nobody is proposed: labels too old, or else no places."""
    name = "labels_too_old" if outdated else "no_threshold"
    return str(builder.texts["case"][name])


def describe_filled(proposed: int, places: float | None, builder: PageBuilder) -> str:
    """Return proposals beside places, as far as stated: "16 proposals, 14 places"."""
    texts = builder.texts
    proposals = format_count(proposed, texts["common"]["proposals"], texts)
    if places is None or pd.isna(places):
        return proposals
    number = format_number(float(places), builder.language)
    form = texts["common"]["places"][places != 1]
    return f"{proposals}, {number} {form}"


def build_worklists(
    cases: Sequence[ListedCase], run: ScoringRun, builder: PageBuilder
) -> list[Worklist]:
    """Return the pages of every team's list, in the order of *cases*.

    The scores of the team that are not shown stand under each of its pages.
    """
    outcome, t = builder.model.spec.outcome, builder.texts["worklist"]
    lead = t["lead"].format(long_words=outcome.long_words.in_language(builder.language))
    outdated = bool(run.scores[LABELS_TOO_OLD].any())
    about = lead
    if outdated or builder.model.policy.threshold is None:
        about = f"{lead} {describe_no_threshold(builder, outdated=outdated)}"
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
                about=about,
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


def add_in_brackets(words: str, remark: str) -> str:
    """Return *words* with what is to be said of them, where anything is.

    >>> add_in_brackets("14 places", "shared"), add_in_brackets("14 places", "")
    ('14 places (shared)', '14 places')
    """
    return f"{words} ({remark})" if remark else words


def split_pages(items: Sequence[T], size: int) -> list[list[T]]:
    """Return *items* in lists of *size*; the last may be shorter."""
    return [list(items[i : i + size]) for i in range(0, len(items), size)]


def name_files(name: str, pages: int) -> list[str]:
    """Return the pages' file names: the plain name, then a number after it."""
    return [f"{name}.html", *(f"{name}-{n}.html" for n in range(2, pages + 1))]


def _build_sections(
    page: Sequence[ListedCase], run: ScoringRun, builder: PageBuilder
) -> Iterator[WorklistSection]:
    t = builder.texts["worklist"]
    for _, listed in groupby(page, key=lambda one: id(one.week)):
        cases = list(listed)
        week = cases[0].week
        above_all = week.above == 0 and cases[0].row == 1
        line = _describe_line(week, builder) if above_all else ""
        more = t["on_top"].format(n=week.on_top) if week.on_top else ""
        if line and not week.on_top:
            line = f"{t['nobody']} {line}"
        title = _describe_section(week, builder)
        if week.carried:
            title = t["carried_without_effort"] if run.efforts else title
            more = "" if run.efforts else t["effort_unknown"]
        yield WorklistSection(
            title=title,
            summary=add_in_brackets(format_cases(len(week.cases), builder), more),
            line_before=line,
            rows=tuple(_build_row(one, run, builder) for one in cases),
        )


def _describe_section(week: Week, builder: PageBuilder) -> str:
    """Return what a section of a list is called."""
    if week.carried:
        return str(builder.texts["worklist"]["carried"])
    return describe_week(week.monday, builder)


def _describe_line(week: Week, builder: PageBuilder) -> str:
    """Return what stands on the line: the week's proposals beside the places."""
    if week.proposed is None:
        return ""
    shared = builder.texts["case"]["places_shared"].format(teams=week.teams)
    filled = describe_filled(week.proposed, week.places, builder)
    return add_in_brackets(filled, shared if week.teams > 1 else "")


def _build_row(
    listed: ListedCase, run: ScoringRun, builder: PageBuilder
) -> WorklistRow:
    """Return a case's row; the line stands under the last that is proposed."""
    case, week, texts = listed.case, listed.week, builder.texts
    reasons, risk = run.reasons_of(str(case.case_id)), float(case.risk)
    # The next that has not passed, or else the last one that has. The list has no room
    # for the rule in brackets; it stands on the case's page.
    deadlines = builder.build_deadlines(builder.facts.find(case)).law
    ahead = [row for row in deadlines if row.css != "passed"]
    nearest = ahead[0] if ahead else deadlines[-1] if deadlines else None
    line = _describe_line(week, builder) if listed.row == week.above else ""
    band, band_css = builder.describe_band(case)
    efforts = run.efforts_of(str(case.case_id))
    return WorklistRow(
        case_id=str(case.case_id),
        page=listed.file,
        rank=str(listed.row),
        risk=format_people(risk, texts, total=choose_total(risk)),
        percent=format_percent(risk, texts),
        picture=draw_bar(0, 100 * risk, css=case.band),
        band=band,
        band_css=band_css,
        up=builder.describe_strongest(reasons, sign=1, most=2),
        down=builder.describe_strongest(reasons, sign=-1, most=1),
        deadline=_shorten(nearest, texts) if nearest else None,
        line_after=line,
        effort=describe_newest(describe_efforts(efforts, texts, as_of=builder.as_of)),
    )


def _shorten(deadline: DeadlineRow, texts: Texts) -> DeadlineRow:
    """Return *deadline* without the rule in brackets."""
    words = deadline.words.split(" (")[0]
    if deadline.earliest:
        words = texts["worklist"]["earliest"].format(words=words)
    return replace(deadline, words=words)


def describe_week(monday: Any, builder: PageBuilder) -> str:
    """Return the ISO week that begins on *monday*; undated cases have none."""
    if monday is None or pd.isna(monday):
        return str(builder.texts["worklist"]["undated"])
    year, number, _ = monday.isocalendar()
    return f"{builder.texts['common']['week']} {number}, {year}"
