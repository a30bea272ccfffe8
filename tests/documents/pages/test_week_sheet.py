"""The week's sheet of a team: what stands on it, and that it is one sheet of paper."""

import re
from datetime import date
from html import unescape

import pytest

from riskscreen.documents.pages.follow_up_page import Tile
from riskscreen.documents.pages.formats import capitalise
from riskscreen.documents.pages.page_values import (
    CaseDeadlines,
    DeadlineRow,
    Worklist,
    WorklistAnswer,
    WorklistGroup,
    WorklistRow,
)
from riskscreen.documents.pages.placing import CaseAnswer, CaseLine, Standing
from riskscreen.documents.pages.week_sheet import (
    LINES,
    NO_WEEK,
    WeekContext,
    build_week_sheet,
)
from riskscreen.documents.pages.write import write_reports, write_reports_by_target
from riskscreen.documents.texts import DANISH
from tests.printed import count_sheets
from tests.scored_cases import fitted_model, write_run

WEEK = DANISH["week"]
AS_OF = date(2025, 1, 20)
UNIT = ("Eksempelby", "Nord")
TILE = Tile("Deltager i indsatsen", "62 %", "31 af 50", "8 har stadig tid")


def make_row(case, band="proposed", weeks="2025-01-20", targets=1):
    answer = WorklistAnswer("Foreslås", "", "proposed", "", "", "ca. 4 ud af 10", 4)
    return WorklistRow(
        case, f"cases/{case}.html", band, weeks, "", "", "", "", (answer,) * targets,
        "", None, "", "",
    )  # fmt: skip


def make_line(case, *days):
    """A line of a case whose deadlines are on *days*."""
    answer = CaseAnswer(None, case, UNIT, Standing.NOT_PROPOSED)
    rows = (
        DeadlineRow("Samtale", "", day, day, "", earliest=False, changed=False)
        for day in days
    )
    vars(answer)["deadlines"] = CaseDeadlines(law=tuple(rows))
    return CaseLine(case, UNIT, (answer,), f"cases/{case}.html")


def build(rows, context=NO_WEEK, lines=()):
    group = WorklistGroup("Nord", "", "", "", below_line=False, rows=tuple(rows))
    worklist = Worklist(
        "Team Nord", "team-001.html", "", (), "", "", (), (group,), (), (), (), (), (),
        has_news=False, last_column="", notes="",
    )  # fmt: skip
    return build_week_sheet(UNIT, worklist, lines, context, as_of=AS_OF, texts=DANISH)


def name(rows):
    return [row.case_id for row in rows]


def test_without_an_earlier_run_the_newest_weeks_proposals_are_the_new_ones():
    sheet = build(
        [
            make_row("a"),
            make_row("b", weeks="2025-01-13"),
            make_row("c", band="raised"),
        ]
    )
    assert sheet.title == "Uge 4: Team Nord"
    assert name(sheet.proposals) == ["a"]
    proposals, deadlines = f"1 {WEEK['proposals'][0]}", WEEK["none"]["deadlines"]
    assert sheet.lead == WEEK["lead"].format(proposals=proposals, deadlines=deadlines)
    assert sheet.changed == ()
    assert sheet.changed_note == DANISH["week"]["no_earlier_run"]


def test_the_sheets_own_day_is_the_first_of_the_ten_days_ahead():
    days = ("2025-01-19", "2025-01-20", "2025-01-29", "2025-01-30")
    sheet = build([], lines=[make_line("a", *days)])
    assert [row.iso for row in sheet.deadlines] == ["2025-01-20", "2025-01-29"]
    proposals, deadlines = WEEK["none"]["proposals"], f"2 {WEEK['deadlines'][1]}"
    lead = WEEK["lead"].format(proposals=proposals, deadlines=deadlines)
    assert sheet.lead == capitalise(lead)


def test_with_one_they_are_new_since_then_and_changed_cases_stand_apart():
    rows = [make_row("a"), make_row("b", weeks="2025-01-13"), make_row("c")]
    news = {"b": "new", "c": "changed"}
    sheet = build(rows, WeekContext(news, date(2025, 1, 13)))
    assert name(sheet.proposals) == ["b"]
    assert name(sheet.changed) == ["c"]
    assert sheet.changed_title == "Ændret siden 13. januar 2025"
    assert build(rows, WeekContext({})).changed_note == DANISH["week"]["none_changed"]


def test_changes_are_left_out_before_proposals_and_what_is_left_out_is_counted():
    proposals = [make_row(f"p{n:02d}") for n in range(40)]
    changed = [make_row(f"c{n:02d}", band="usual") for n in range(10)]
    news = {row.case_id: "new" for row in proposals}
    news |= {row.case_id: "changed" for row in changed}
    sheet = build([*proposals, *changed], WeekContext(news))
    assert len(sheet.proposals) == LINES - 3
    assert sheet.more_proposals == WEEK["and_more"].format(n=40 - LINES + 3)
    assert name(sheet.changed) == ["c00", "c01", "c02"]
    assert sheet.more_changed == WEEK["and_more"].format(n=7)


def test_a_case_that_two_targets_propose_takes_two_lines():
    sheet = build([make_row(f"p{n:02d}", targets=2) for n in range(40)])
    assert len(sheet.proposals) == LINES // 2


def test_the_figures_are_the_teams_own():
    context = WeekContext(figures={"Nord": (TILE,), "Syd": ()})
    assert build([], context).figures == (TILE,)
    assert build([]).figures == ()


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """A run of two targets over 300 cases, everything new or changed."""
    folder = tmp_path_factory.mktemp("sheets")
    models = {t: fitted_model(t) for t in ("long_absence", "long_unemployment")}
    for target, model in models.items():
        scores = write_run(folder / "run" / target, model, n=300)
    cases = scores["case_id"]
    news = {case: "new" if n % 2 else "changed" for n, case in enumerate(cases)}
    week = WeekContext(news, date(2025, 1, 13), {"Nord": (TILE,) * 4})
    write_reports_by_target(
        folder / "run", models, language="da", out=folder / "da", as_of=AS_OF, week=week
    )
    return folder / "da"


def read_text(path):
    page = re.sub("<style.*?</style>", "", path.read_text("utf-8"), flags=re.DOTALL)
    return " ".join(unescape(re.sub("<[^>]+>", " ", page)).split())


@pytest.mark.slow
def test_each_team_has_a_sheet_with_every_deadline_of_ten_days(pages):
    assert [p.name for p in sorted(pages.glob("week-*.html"))] == [
        "week-001.html",
        "week-002.html",
    ]
    text = read_text(pages / "week-001.html")
    assert "Uge 4: Team Nord" in text
    counted = int(re.search(r"(\d+) frister de næste ti dage\.", text)[1])
    ahead = (pages / "week-001.html").read_text("utf-8")
    ahead = re.search('<table class="ahead">.*?</table>', ahead, re.DOTALL)[0]
    listed = len(re.findall(r"cases/\d+\.html", ahead))
    more = re.search(r"og (\d+) til på teamets liste Kontrollér", text)
    assert listed + int(more[1] if more else 0) == counted
    days = re.findall('datetime="(.*?)"', ahead)
    assert days == sorted(days)
    assert "2025-01-20" <= days[0] <= days[-1] <= "2025-01-29"
    assert "62 % 31 af 50 8 har stadig tid" in text
    without = read_text(pages / "week-002.html")
    assert DANISH["week"]["no_figures"] in without


@pytest.mark.slow
def test_a_run_of_undated_cases_has_no_sheet(tmp_path):
    scores = write_run(tmp_path / "run", fitted_model(), n=5)
    undated = scores.assign(start_date=None, decision_date=None, data_date=None)
    undated.to_parquet(tmp_path / "run" / "scores.parquet")
    write_reports(tmp_path / "run", fitted_model(), language="en", out=tmp_path / "en")
    assert list((tmp_path / "en").glob("week-*")) == []


@pytest.mark.slow
def test_a_full_sheet_is_one_sheet_of_paper(pages, browser):
    for path in pages.glob("week-*.html"):
        assert count_sheets(browser, path) == 1
