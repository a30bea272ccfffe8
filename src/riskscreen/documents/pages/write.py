"""A scoring run written as self-contained HTML pages."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from pathlib import Path
from typing import Any

from riskscreen.documents.pages.capacity import group_by_team_and_week
from riskscreen.documents.pages.case_page import PageBuilder
from riskscreen.documents.pages.formats import format_date
from riskscreen.documents.pages.page_values import Run, Worklist
from riskscreen.documents.pages.scoring_run import ScoringRun, read_scoring_run
from riskscreen.documents.pages.templating import render, write_page
from riskscreen.documents.pages.texts import TEXTS
from riskscreen.documents.pages.worklists import (
    Listed,
    build_abstained_pages,
    build_overview,
    build_routed_pages,
    build_set_aside_pages,
    build_worklist_rows,
    build_worklists,
    place_cases,
)
from riskscreen.folders import stage_folder
from riskscreen.guarding import guarded
from riskscreen.model.risk_model import RiskModel
from riskscreen.rules.deadlines import (
    DeadlineRule,
    check_deadline_names,
    read_shipped_rules,
)

INDEX = "index.html"


@dataclass(frozen=True, slots=True)
class Pages:
    """How many pages were written, and where to begin reading."""

    index: Path
    cases: int
    worklists: int
    others: int

    @property
    def count(self) -> int:
        """All pages together."""
        return self.cases + self.worklists + self.others


@guarded
def write_reports(
    scoring_folder: Path,
    model: RiskModel,
    *,
    language: str,
    out: Path,
    as_of: date | None = None,
    rules: tuple[DeadlineRule, ...] | None = None,
) -> Pages:
    """Write every page of the run in *scoring_folder* into *out*; returns the counts.

    *out* takes its place only when all is written, readable by its owner alone. Days
    left are counted from *as_of*, by default the day of the data; *rules* are the
    site's deadlines, by default the shipped ones; *language* is ``"da"`` or ``"en"``.
    File names come from a counter, never from an identifier. Raises FileError or
    ModelError where the run and the model do not fit each other, and SpecError for a
    deadline that no rule has.
    """
    held = rules or read_shipped_rules()
    check_deadline_names(model.spec.deadlines, held)
    with stage_folder(out, made_by="report", inputs=[scoring_folder]) as folder:
        run = read_scoring_run(scoring_folder, model)
        maker = PageBuilder(model, TEXTS[language], as_of or _last_day(run), held)
        writer = _Writer(folder, {"t": maker.texts, "run": _about(run, maker)})
        cases, lists, others = _write_pages(run, maker, writer)
    return Pages(out / INDEX, cases, lists, others)


def _write_pages(
    run: ScoringRun, maker: PageBuilder, writer: "_Writer"
) -> tuple[int, int, int]:
    """Write every page; how many of cases, of lists and of others there are."""
    found = group_by_team_and_week(
        run.shown, per_week=maker.model.spec.capacity.per_week
    )
    cases = place_cases(found, maker)
    lists, files = _write_worklists(cases, run, maker, writer)
    for at in cases:
        _write_case(at, run, maker, writer, worklist=files[at.seat.place])
    tables = [
        *build_routed_pages(run, maker),
        *build_set_aside_pages(run, maker),
        *build_abstained_pages(run, maker),
    ]
    for table in tables:
        writer.write("table.html", table.page, page=table)
    writer.write(
        "overview.html", INDEX, page=build_overview(run, found, maker, files=files)
    )
    return len(cases), lists, len(tables) + 1


def _write_worklists(
    cases: Sequence[Listed], run: ScoringRun, maker: PageBuilder, writer: "_Writer"
) -> tuple[int, dict[str, str]]:
    """How many pages the lists take, and the first page of each team's list."""
    pages: list[Worklist] = []
    by_team = groupby(cases, key=lambda at: at.seat.place)
    for number, (_, of_team) in enumerate(by_team, start=1):
        own = list(of_team)
        rows = list(build_worklist_rows(own, run, maker))
        pages += build_worklists(own, rows, maker, team=number, abstained=run.abstained)
    files: dict[str, str] = {}
    for page in pages:
        files.setdefault(page.place, page.page)
        writer.write("worklist.html", page.page, page=page)
    return len(pages), files


def _write_case(
    at: Listed,
    run: ScoringRun,
    maker: PageBuilder,
    writer: "_Writer",
    *,
    worklist: str,
) -> None:
    found = run.reasons_of(str(at.case.case_id))
    page = maker.case_page(at.case, found, seat=at.seat, worklist=worklist)
    writer.write("case.html", at.file, page=page)


@dataclass(frozen=True, slots=True)
class _Writer:
    """Fills templates into files of one folder; what all pages share stands in it."""

    folder: Path
    shared: dict[str, Any]

    def write(self, template: str, file: str, **values: object) -> None:
        path = self.folder / file
        path.parent.mkdir(exist_ok=True)
        home = "../" * file.count("/")
        write_page(path, render(template, **self.shared, **values, home=home))


def _last_day(run: ScoringRun) -> date:
    """The day of the data, else the newest day that a case was decided on.

    Where no day is known it is date.min, which no deadline is counted from.
    """
    for name in ("data_date", "decision_date"):
        days = run.scores[name].dropna()
        if len(days):
            last: date = days.max().date()
            return last
    return date.min


def _about(run: ScoringRun, maker: PageBuilder) -> Run:
    spec, language, texts = maker.model.spec, maker.language, maker.texts
    dates = run.scores["data_date"].dropna()
    return Run(
        target=spec.title.in_language(language),
        question=spec.question.in_language(language),
        who=spec.population.who.in_language(language),
        made_up=bool(run.summary.get("made_up") or maker.model.notes.get("made_up")),
        data_date=format_date(dates.iloc[0].date(), language)
        if len(dates)
        else texts.unknown_date,
        seen_on=texts.unknown_date
        if maker.as_of == date.min
        else format_date(maker.as_of, language),
        model_version=maker.model.version,
        model_card=f"model_cards/{spec.name}.md",
        prediction_note=spec.prediction_note.in_language(language),
        not_for=texts.not_for_list,
    )
