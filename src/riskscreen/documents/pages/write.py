"""Write a scoring run as self-contained HTML pages."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

from riskscreen.documents.pages.case_changes import find_changes
from riskscreen.documents.pages.case_page import PageBuilder
from riskscreen.documents.pages.halves import collect_rarely, work_in_halves
from riskscreen.documents.pages.help_given import describe_efforts
from riskscreen.documents.pages.information import INFORMATION, build_information
from riskscreen.documents.pages.leader_page import LEADER, build_leader_page
from riskscreen.documents.pages.letter_values import Letter
from riskscreen.documents.pages.letters import build_letter, name_letter
from riskscreen.documents.pages.memory import NO_MEMORY, Memory
from riskscreen.documents.pages.merging import merge_case_pages
from riskscreen.documents.pages.overview import (
    build_abstained_pages,
    build_overview,
    build_routed_pages,
    build_set_aside_pages,
    build_target_cards,
)
from riskscreen.documents.pages.page_values import (
    CasePage,
    Overview,
    PageLink,
    RunHeader,
    TablePage,
    Worklist,
)
from riskscreen.documents.pages.placing import (
    CaseLine,
    TargetRun,
    Unit,
    collect_lines,
    describe_place,
    find_lot_words,
)
from riskscreen.documents.pages.run_header import describe_run, is_synthetic
from riskscreen.documents.pages.scoring_run import (
    NO_LOT,
    ByLot,
    ScoringRun,
    read_scoring_run,
)
from riskscreen.documents.pages.shown import KEPT, take_page
from riskscreen.documents.pages.templating import render, write_page
from riskscreen.documents.pages.week_sheet import (
    NO_WEEK,
    WeekContext,
    WeekSheet,
    build_week_sheet,
    name_sheet,
)
from riskscreen.documents.pages.weeks import group_by_team_and_week
from riskscreen.documents.pages.worklists import build_worklists
from riskscreen.documents.texts import TEXTS
from riskscreen.efforts import Efforts
from riskscreen.folders import stage_folder
from riskscreen.guarding import guarded
from riskscreen.model.risk_model import RiskModel
from riskscreen.readers.letter_text import LetterText
from riskscreen.rules.deadline_rules import (
    DeadlineRule,
    check_deadlines,
    read_shipped_rules,
)
from riskscreen.rules.reforms import Reform, read_shipped_reforms
from riskscreen.spec import list_facts
from riskscreen.texts import Texts

INDEX = "index.html"


@dataclass(frozen=True, slots=True)
class Pages:
    """How many pages were written, where to begin reading, and the cases they show."""

    index: Path
    cases: int
    worklists: int
    others: int
    letters: int = 0
    lines: tuple[CaseLine, ...] = field(default=(), repr=False)

    @property
    def count(self) -> int:
        """All pages together."""
        return self.cases + self.worklists + self.others + self.letters


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
    letters: LetterText | None = None,
    week: WeekContext = NO_WEEK,
) -> Pages:
    """Write every page of the run in *scoring_folder* into *out*; return how many.

    *out* takes its place only when all is written, readable by its owner alone. The
    next deadline is that from *as_of* on, by default the day of the data; *rules* and
    *reforms* are the site's deadlines and the changes it knows, by default the shipped
    ones (no law changes synthetic cases); *language* is ``"da"`` or ``"en"``.
    *memory* says which cases were taken off the lists, and is handed each page. With
    *letters*, the site's own words in them, there is one to each citizen beside the
    page, and the information text to those in the training data. *week* is what the
    week's sheet of each team, and the leader's page, tell beside the run.
    File names come from a counter, never from an identifier. Raises FileError or
    ModelError where the run and the model do not fit each other, and SpecError for a
    deadline that no rule has.
    """
    site = _Site(
        language, as_of, rules, reforms, efforts, memory, letters=letters, week=week
    )
    return _stage_pages([(scoring_folder, model)], scoring_folder, out, site)


@guarded
def write_reports_by_target(  # noqa: PLR0913  (what is reported, and by whose rules)
    scoring_folder: Path,
    models: Mapping[str, RiskModel],
    *,
    language: str,
    out: Path,
    as_of: date | None = None,
    rules: tuple[DeadlineRule, ...] | None = None,
    reforms: tuple[Reform, ...] | None = None,
    efforts: Efforts | None = None,
    memory: Memory = NO_MEMORY,
    news: Mapping[str, str] | None = None,
    letters: LetterText | None = None,
    week: WeekContext = NO_WEEK,
    by_lot: ByLot = NO_LOT,
) -> Pages:
    """Write the pages of a run of several targets into *out*: one page a citizen.

    *models* are those that scored, by target. Whom several score stands on one line of
    one list, and has one page that answers each question in turn; places stay each
    target's own. What concerns a target alone lies in a folder of its name, and a page
    in front leads to all. *news* says which cases are ``"new"`` or ``"changed"`` since
    the run before, where that is known. *by_lot* has extra places below the line. Else
    as write_reports.
    """
    site = _Site(
        language, as_of, rules, reforms, efforts, memory, news, letters, week, by_lot
    )
    runs = [(scoring_folder / target, model) for target, model in models.items()]
    return _stage_pages(runs, scoring_folder, out, site)


@dataclass(frozen=True, slots=True)
class _Site:
    """In which words and by whose rules pages are written, and on which day."""

    language: str
    as_of: date | None
    rules: tuple[DeadlineRule, ...] | None
    reforms: tuple[Reform, ...] | None
    efforts: Efforts | None
    memory: Memory
    news: Mapping[str, str] | None = None
    letters: LetterText | None = None
    week: WeekContext = NO_WEEK
    by_lot: ByLot = NO_LOT


def _stage_pages(
    runs: Sequence[tuple[Path, RiskModel]], scoring_folder: Path, out: Path, site: _Site
) -> Pages:
    """Write the pages of *runs*; *out* takes its place when all are written."""
    with (
        stage_folder(out, made_by="report", inputs=[scoring_folder]) as folder,
        collect_rarely(),
    ):
        pages = _write_pages(runs, folder, site)
    return replace(pages, index=out / INDEX)


def _write_pages(
    runs: Sequence[tuple[Path, RiskModel]], folder: Path, site: _Site
) -> Pages:
    """Write the pages of *runs*, one a target, into *folder*, which stands already."""
    targets = _open_targets(runs, site)
    lines = collect_lines(targets)
    lists = build_worklists(lines, targets, site.news)
    main = lists.get(None, next(iter(lists.values())))
    texts = TEXTS[site.language]
    header = describe_run(targets, _list_links(texts, main.page))
    sheets = _build_sheets(lists, lines, targets, site.week)
    others = tuple(_list_others(lists, sheets, site))
    header = replace(header, others=others)
    names = "+".join(of.builder.model.spec.name for of in targets)

    def write(template: str, file: str, run: RunHeader, page: object) -> None:
        path = folder / file
        path.parent.mkdir(exist_ok=True, mode=0o700)
        home = "../" * file.count("/")
        values = {"run": run, "page": page, "home": home, "here": file}
        text = render(template, t=texts, **values)
        write_page(path, text)
        if template in KEPT and site.memory is not NO_MEMORY:
            kept = take_page(
                template, file, text, language=site.language, values=values
            )
            site.memory.keep(names, kept)

    leader = build_leader_page(
        targets, lines, site.memory, sections=site.week.sections, letters=site.letters
    )
    write("leader.html", LEADER, header, leader)
    for worklist in lists.values():
        write("worklist.html", worklist.page, header, worklist)
    for file, sheet in sheets.items():
        write("week.html", file, header, sheet)
    shown = [line for line in lines if line.file]

    def write_cases(own: Sequence[CaseLine]) -> None:
        for template, file, page in _build_cases(own, lists, site):
            write(template, file, header, page)

    # The store is this process's.
    work_in_halves(write_cases, shown, alone=site.memory is not NO_MEMORY)
    count = len(sheets) + 1
    for target in targets:
        # What concerns one of several targets lies in a folder of its own.
        name = f"{target.builder.model.spec.name}/" if len(targets) > 1 else ""
        own = replace(describe_run([target], header.links), others=others)
        for template, file, page in _build_tables(target, lists, name):
            write(template, file, own, page)
            count += 1
    for template, file, front in _build_fronts(targets, site):
        write(template, file, header, front)
        count += 1
    site.memory.finish()
    letters = 0 if site.letters is None else len(shown)
    return Pages(folder / INDEX, len(shown), len(lists), count, letters, tuple(lines))


def _open_targets(
    runs: Sequence[tuple[Path, RiskModel]], site: _Site
) -> list[TargetRun]:
    """Read each target's part of the run; all are seen on one day."""
    rules = site.rules or read_shipped_rules()
    read = []
    for scoring_folder, model in runs:
        check_deadlines(model.spec.deadlines, rules, list_facts(model.spec))
        run = read_scoring_run(scoring_folder, model, site.efforts)
        run = run.take_off(site.memory.find_off(model.spec.name))
        if site.by_lot.target == model.spec.name:
            run = run.deal(site.by_lot)
        read.append((run, model))
    as_of = site.as_of or max(_find_day(run) for run, _ in read)
    targets = []
    for run, model in read:
        reforms = site.reforms
        if reforms is None:
            reforms = () if is_synthetic(run, model) else read_shipped_reforms()
        builder = PageBuilder(
            model, TEXTS[site.language], as_of, rules, reforms, run.facts
        )
        weeks = group_by_team_and_week(
            run.shown,
            places=model.policy.places if model.policy.threshold else None,
            carry_weeks=run.carry_weeks,
            helped=run.helped,
        )
        risks = dict(zip(run.shown["case_id"], run.shown["risk"], strict=True))
        earlier = site.memory.find_earlier(model.spec.name, risks)
        targets.append(TargetRun(run, builder, tuple(weeks), earlier))
    return targets


def _list_others(
    lists: Mapping[Unit | None, Worklist], sheets: Mapping[str, WeekSheet], site: _Site
) -> Iterator[PageLink]:
    """Yield the ways to the pages that no list leads to."""
    texts = TEXTS[site.language]
    for worklist in lists.values():
        if (file := name_sheet(worklist.page)) in sheets:
            words = texts["week"]["to_sheet"].format(team=worklist.title)
            yield PageLink(words, file)
    yield PageLink(texts["leader"]["title"], LEADER)
    if site.letters is not None:
        yield PageLink(texts["overview"]["to_information"], INFORMATION)


def _build_cases(
    lines: Sequence[CaseLine], lists: Mapping[Unit | None, Worklist], site: _Site
) -> Iterator[tuple[str, str, CasePage | Letter]]:
    """Yield each citizen's page, and the letter beside it: template, file, values."""
    for line in lines:
        page = _build_case_page(line, lists[line.unit].page)
        code = site.memory.make_code(line.case_id)
        page = replace(page, code=code, lot_words=find_lot_words(line))
        if site.letters is None:
            yield "case.html", line.file, page
            continue
        file = name_letter(line.file)
        yield "case.html", line.file, replace(page, letter=file)
        yield "letter.html", file, build_letter(line, site.letters)


def _build_fronts(
    targets: Sequence[TargetRun], site: _Site
) -> Iterator[tuple[str, str, object]]:
    """Yield the page in front of several targets, and what those trained on read."""
    if len(targets) > 1:
        yield "targets.html", INDEX, build_target_cards(targets)
    if site.letters is not None:
        information = build_information([of.builder for of in targets], site.letters)
        yield "information.html", INFORMATION, information


def _build_tables(
    target: TargetRun, lists: Mapping[Unit | None, Worklist], name: str
) -> Iterator[tuple[str, str, TablePage | Overview]]:
    """Yield the tables of cases without a figure, and the overview that leads to all.

    They lie in the folder *name*, which ends in a slash; empty of one target alone.
    """
    run, builder = target.run, target.builder
    for build in (build_routed_pages, build_set_aside_pages, build_abstained_pages):
        for table in build(run, builder):
            yield "table.html", name + table.page, table
    files = {
        describe_place(unit, builder): "../" * bool(name) + of.page
        for unit, of in lists.items()
    }
    overview = build_overview(run, target.weeks, builder, files=files)
    yield "overview.html", name + INDEX, overview


def _build_sheets(
    lists: Mapping[Unit | None, Worklist],
    lines: Sequence[CaseLine],
    targets: Sequence[TargetRun],
    week: WeekContext,
) -> dict[str, WeekSheet]:
    """Build each team's sheet of the week, by its file; none of an undated run."""
    builder = targets[0].builder
    if builder.as_of == date.min:
        return {}
    by_unit: dict[Unit, list[CaseLine]] = {}
    for line in lines:
        if line.unit is not None:
            by_unit.setdefault(line.unit, []).append(line)
    return {
        name_sheet(lists[unit].page): build_week_sheet(
            unit, lists[unit], own, week, as_of=builder.as_of, texts=builder.texts
        )
        for unit, own in by_unit.items()
    }


def _build_case_page(line: CaseLine, worklist: str) -> CasePage:
    """Build the one page of a case, by every target that has a figure of it."""
    pages = []
    for answer in line.shown:
        run, builder = answer.target.run, answer.target.builder
        efforts = describe_efforts(
            run.efforts_of(line.case_id), builder.texts, as_of=builder.as_of
        )
        page = builder.build_case_page(
            answer.case,
            run.reasons_of(line.case_id),
            placed=answer.placed,
            worklist=worklist,
            efforts=efforts,
            deadlines=answer.deadlines,
        )
        pages.append(replace(page, changes=find_changes(answer)))
    return merge_case_pages(pages)


def _list_links(texts: Texts, worklist: str) -> tuple[PageLink, ...]:
    """Return what stands on top of every page."""
    return (
        PageLink(texts["common"]["to_overview"], INDEX),
        PageLink(texts["worklist"]["title"], worklist),
        PageLink(texts["leader"]["title"], LEADER),
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
