"""Write a scoring run as self-contained HTML pages."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from riskscreen.documents.pages.case_page import PageBuilder
from riskscreen.documents.pages.formats import format_date
from riskscreen.documents.pages.front import render_front
from riskscreen.documents.pages.help_given import describe_efforts
from riskscreen.documents.pages.overview import (
    build_abstained_pages,
    build_overview,
    build_routed_pages,
    build_set_aside_pages,
)
from riskscreen.documents.pages.page_values import PageLink, RunHeader
from riskscreen.documents.pages.placing import TargetRun, collect_lines, describe_place
from riskscreen.documents.pages.scoring_run import ScoringRun, read_scoring_run
from riskscreen.documents.pages.shown import KEPT, NO_MEMORY, Memory, take_page
from riskscreen.documents.pages.templating import render, write_page
from riskscreen.documents.pages.weeks import group_by_team_and_week
from riskscreen.documents.pages.worklists import build_worklists
from riskscreen.documents.texts import TEXTS
from riskscreen.efforts import Efforts
from riskscreen.folders import stage_folder
from riskscreen.guarding import guarded
from riskscreen.model.risk_model import RiskModel
from riskscreen.rules.deadline_rules import (
    DeadlineRule,
    check_deadlines,
    read_shipped_rules,
)
from riskscreen.rules.reforms import Reform, read_shipped_reforms
from riskscreen.spec import list_facts

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
def write_reports(  # noqa: PLR0913  (what is reported, of which day, in which words)
    scoring_folder: Path,
    model: RiskModel,
    *,
    language: str,
    out: Path,
    as_of: date | None = None,
    rules: tuple[DeadlineRule, ...] | None = None,
    reforms: tuple[Reform, ...] | None = None,
    efforts: Efforts | None = None,
    memory: Memory = NO_MEMORY,
) -> Pages:
    """Write every page of the run in *scoring_folder* into *out*; return how many.

    *out* takes its place only when all is written, readable by its owner alone. Days
    left are counted from *as_of*, by default the day of the data; *rules* and *reforms*
    are the site's deadlines and the changes it knows, by default the shipped ones (no
    law changes synthetic cases); *language* is ``"da"`` or ``"en"``.
    *memory* says which cases were taken off the lists, and is handed each page.
    File names come from a counter, never from an identifier. Raises FileError or
    ModelError where the run and the model do not fit each other, and SpecError for a
    deadline that no rule has.
    """
    with stage_folder(out, made_by="report", inputs=[scoring_folder]) as folder:
        pages = _write_run(
            scoring_folder,
            model,
            folder,
            language=language,
            as_of=as_of,
            rules=rules,
            reforms=reforms,
            efforts=efforts,
            memory=memory,
        )
        memory.finish()
    return replace(pages, index=out / INDEX)


@guarded
def write_reports_by_target(  # noqa: PLR0913  (what is reported, and by whose rules)
    scoring_folder: Path,
    models: Mapping[str, RiskModel],
    *,
    language: str,
    out: Path,
    rules: tuple[DeadlineRule, ...] | None = None,
    reforms: tuple[Reform, ...] | None = None,
    efforts: Efforts | None = None,
    memory: Memory = NO_MEMORY,
) -> Pages:
    """Write the pages of a run of several targets, each into a folder of *out*.

    *models* are those that scored, by target; a page in front leads to each. Else as
    write_reports.
    """
    with stage_folder(out, made_by="report", inputs=[scoring_folder]) as folder:
        written = []
        for target, model in models.items():
            part = folder / target
            part.mkdir(mode=0o700)
            pages = _write_run(
                scoring_folder / target,
                model,
                part,
                language=language,
                as_of=None,
                rules=rules,
                reforms=reforms,
                efforts=efforts,
                memory=memory,
            )
            written.append(pages)
        links = {target: f"{target}/{INDEX}" for target in models}
        front = render_front([*models.values()], links, language=language)
        write_page(folder / INDEX, front)
        memory.finish()
    return Pages(
        out / INDEX,
        sum(pages.cases for pages in written),
        sum(pages.worklists for pages in written),
        sum(pages.others for pages in written) + 1,
    )


def _write_run(  # noqa: PLR0913  (what is reported, of which day, by whose rules)
    scoring_folder: Path,
    model: RiskModel,
    folder: Path,
    *,
    language: str,
    as_of: date | None,
    rules: tuple[DeadlineRule, ...] | None,
    reforms: tuple[Reform, ...] | None,
    efforts: Efforts | None,
    memory: Memory,
) -> Pages:
    """Write the pages of one target's run into *folder*, which stands already."""
    rules = rules or read_shipped_rules()
    check_deadlines(model.spec.deadlines, rules, list_facts(model.spec))
    run = read_scoring_run(scoring_folder, model, efforts)
    run = run.take_off(memory.find_off(model.spec.name))
    if reforms is None:
        reforms = () if _is_synthetic(run, model) else read_shipped_reforms()
    builder = PageBuilder(
        model, TEXTS[language], as_of or _find_day(run), rules, reforms, run.facts
    )
    weeks = group_by_team_and_week(
        run.shown,
        places=model.policy.places if model.policy.threshold else None,
        carry_weeks=run.carry_weeks,
        helped=run.helped,
    )
    targets = [TargetRun(run, builder, tuple(weeks))]
    lines = collect_lines(targets)
    lists = build_worklists(lines, targets)
    main = lists[None] if None in lists else next(iter(lists.values()))
    header = replace(_describe_run(run, builder), links=_list_links(builder, main.page))

    def write(template: str, file: str, page: object) -> None:
        path = folder / file
        path.parent.mkdir(exist_ok=True)
        home = "../" * file.count("/")
        values = {"run": header, "page": page, "home": home, "here": file}
        text = render(template, t=builder.texts, **values)
        write_page(path, text)
        if template in KEPT:
            kept = take_page(template, file, text, language=language, values=values)
            memory.keep(model.spec.name, kept)

    for worklist in lists.values():
        write("worklist.html", worklist.page, worklist)
    shown = [line for line in lines if line.file]
    for line in shown:
        (answer,) = line.shown
        page = builder.build_case_page(
            answer.case,
            run.reasons_of(line.case_id),
            placed=answer.placed,
            worklist=lists[line.unit].page,
            efforts=describe_efforts(
                run.efforts_of(line.case_id), builder.texts, as_of=builder.as_of
            ),
        )
        write("case.html", line.file, page)
    tables = [
        *build_routed_pages(run, builder),
        *build_set_aside_pages(run, builder),
        *build_abstained_pages(run, builder),
    ]
    for table in tables:
        write("table.html", table.page, table)
    files = {describe_place(unit, builder): of.page for unit, of in lists.items()}
    overview = build_overview(run, weeks, builder, files=files)
    write("overview.html", INDEX, overview)
    return Pages(folder / INDEX, len(shown), len(lists), len(tables) + 1)


def _list_links(builder: PageBuilder, worklist: str) -> tuple[PageLink, ...]:
    """Return what stands on top of every page."""
    t = builder.texts
    return (
        PageLink(t["common"]["to_overview"], INDEX),
        PageLink(t["worklist"]["title"], worklist),
    )


def _find_day(run: ScoringRun) -> date:
    """Return the day of the data, else the newest day that a case was decided on.

    Where no day is known it is date.min, which no deadline is counted from.
    """
    decided = run.scores["decision_date"].dropna()
    if run.data_date == date.min and len(decided):
        newest: date = decided.max().date()
        return newest
    return run.data_date


def _is_synthetic(run: ScoringRun, model: RiskModel) -> bool:
    return bool(run.summary.get("synthetic") or model.notes.get("synthetic"))


def _describe_run(run: ScoringRun, builder: PageBuilder) -> RunHeader:
    model, spec, language = builder.model, builder.model.spec, builder.language
    t = builder.texts["common"]
    data_date, seen_on = (
        t["unknown_date"] if when == date.min else format_date(when, builder.texts)
        for when in (run.data_date, builder.as_of)
    )
    synthetic = _is_synthetic(run, model)
    return RunHeader(
        target=spec.title.in_language(language),
        question=spec.question.in_language(language),
        who=spec.population.who.in_language(language),
        synthetic=synthetic,
        today=builder.as_of.isoformat() if synthetic else "",
        data_date=data_date,
        seen_on=seen_on,
        model_version=model.version,
        pilot=bool(run.scores["pilot"].any()),
        model_card=f"model_cards/{spec.name}.md",
        prediction_note=spec.prediction_note.in_language(language),
    )
