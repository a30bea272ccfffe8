"""The intake's commands: score, report."""

import gc
import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from riskscreen.cli.options import (
    DEFAULT_REGISTRY,
    AcceptUnknownCodes,
    ApprovedFolder,
    Language,
    LanguageOption,
    MonitoringFolders,
    Out,
    StoreUrl,
    TargetOption,
    TrackingUri,
    holds_models,
    open_approved_model,
    open_site,
)
from riskscreen.clock import read_clock
from riskscreen.errors import SET_ASIDE_EXIT, FileError, ScreeningError
from riskscreen.folders import check_can_stage
from riskscreen.jit import interpret_kernels
from riskscreen.terminal import print_lines

if TYPE_CHECKING:
    from riskscreen.documents.pages.follow_up_page import Section
    from riskscreen.model.risk_model import RiskModel
    from riskscreen.readers import TableSource
    from riskscreen.readers.letter_text import LetterText
    from riskscreen.readers.site import Site
    from riskscreen.scoring.approved_model import ApprovedModel
    from riskscreen.scoring.batch import Keeping


class CsvFor(StrEnum):
    """Who is to read the CSV files of a run."""

    programs = "programs"
    excel = "excel"


def score(
    out: Annotated[
        Path | None,
        typer.Option(help="Folder to write; replaced whole if score wrote it."),
    ] = None,
    cases: Annotated[
        str | None,
        typer.Argument(help="CSV, Parquet, SAS or URL#SELECT ...; else [intake.T]."),
    ] = None,
    site: Annotated[
        Path | None, typer.Option(help="The site's folder, with site.toml.")
    ] = None,
    history: Annotated[
        str | None,
        typer.Option(help="Without --site: benefit history, spells or DREAM weeks."),
    ] = None,
    table: Annotated[
        list[str] | None,
        typer.Option(help="Without --site: NAME=SOURCE of a further table; repeat."),
    ] = None,
    as_of: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%d"],
            help="The day of the extract; site.toml's extract_date if left out.",
        ),
    ] = None,
    target: TargetOption = None,
    model: ApprovedFolder = None,
    tracking_uri: TrackingUri = DEFAULT_REGISTRY,
    csv_for: Annotated[
        CsvFor,
        typer.Option(help="programs; or excel: semicolon, decimal comma, mark."),
    ] = CsvFor.programs,
    csv: Annotated[
        bool,
        typer.Option("--csv", help="scores.csv also of more than 100,000 scores."),
    ] = False,
    accept_unknown_codes: AcceptUnknownCodes = False,
    json_file: Annotated[
        str | None,
        typer.Option("--json", help="One case as JSON (- is standard input)."),
    ] = None,
    store: StoreUrl = None,
    purpose: Annotated[
        str, typer.Option(help="What the scores are for, noted in the store.")
    ] = "intake",
) -> None:
    """Score CASES with reasons and write them to OUT.

    Without CASES, it scores what [intake.TARGET] of the site's site.toml names, and
    without a target each one stated there that has an approved model, into a folder
    each. With --json it scores one case, as a form sends it, and prints the answer.
    With --store each score is kept there as well, once for the same input and model.

    Example: riskscreen score --site site --target long_absence --out scores
    """
    day = as_of.date() if as_of else None
    if json_file is not None:
        if any((cases, out, history, table)):
            raise typer.BadParameter(
                "--json takes a --target or --model, a --site, and --as-of"
            )
        interpret_kernels()
        stated = _open_running(site)
        gc.disable()  # it ends at once: to look for what to collect is a twelfth of it
        try:
            _score_json(
                open_approved_model(target, model, tracking_uri, site=stated),
                json_file,
                day,
                stated,
                store=store,
                purpose=purpose,
            )
        finally:
            gc.enable()
    from riskscreen.progress import build_stderr_reporter
    from riskscreen.readers import TableSource
    from riskscreen.scoring.batch import Delivery, score_files
    from riskscreen.scoring.every_target import score_site
    from riskscreen.scoring.site import deliver_from_site
    from riskscreen.scoring.writer import ANY_NUMBER, CSV_UP_TO

    if out is None:
        raise typer.BadParameter("name the folder to write: --out")
    stated = _open_running(site)
    if stated is not None:
        _refuse_other_sources(table, history)
    now = read_clock()
    writing: dict[str, Any] = {
        "scored_at": now.isoformat(timespec="seconds"),
        "reporter": build_stderr_reporter(),
        "inputs": (model, site),
        "csv_for": csv_for.value,
        "csv_up_to": ANY_NUMBER if csv else CSV_UP_TO,
    }
    if store is not None:
        writing["keeping"] = _open_keeping(store, now, purpose)
    of_one = target is not None or (model is not None and not holds_models(model))
    if stated is not None and not (of_one or cases):
        every = score_site(
            stated,
            lambda name: open_approved_model(name, model, tracking_uri, site=stated),
            out=out,
            as_of=day,
            accept_unknown_codes=accept_unknown_codes,
            **writing,
        )
        print_lines(every.describe())
        for words in every.describe_refusals():
            typer.echo(f"riskscreen: {words}", err=True)
        raise typer.Exit(every.exit_code)
    approved = open_approved_model(target, model, tracking_uri, site=stated)
    if stated is not None:
        instead = _to_source(cases) if cases else None
        delivered = deliver_from_site(stated, approved.model, cases=instead, as_of=day)
    elif cases is None or day is None:
        raise typer.BadParameter("name a --site, or CASES and the day --as-of")
    else:
        past = TableSource(_to_source(history)) if history else None
        delivered = Delivery(
            TableSource(_to_source(cases)), past, day, tables=_name_tables(table or ())
        )
    run = score_files(
        approved.model,
        replace(delivered, accept_unknown_codes=accept_unknown_codes),
        out=out,
        **writing,
    )
    print_lines([approved.words, *run.describe()])
    raise typer.Exit(SET_ASIDE_EXIT if run.rows_set_aside else 0)


def _open_running(site: Path | None) -> "Site | None":
    """Read the site in *site*, if one is named; StoppedError where it is stopped."""
    from riskscreen.stop_switch import require_running

    stated = None if site is None else open_site(site)
    require_running(site)
    return stated


def _open_keeping(url: str, at: datetime, purpose: str) -> "Keeping":
    """Open the store at *url*, a new one where none is; return what keeps a run."""
    from riskscreen.store import begin_store, build_keeping

    return build_keeping(begin_store(url), at=at, purpose=purpose)


def _refuse_other_sources(table: Sequence[str] | None, history: str | None) -> None:
    """Raise where a source is named beside the site, which states its own."""
    if table:
        raise ScreeningError(
            "--site and --table name two sources. Leave --table out: the site's "
            "tables are stated in site.toml ([files.tables.NAME]), or found by "
            "their names."
        )
    if history is not None:
        raise ScreeningError(
            "--site and --history name two histories. Leave --history out: the "
            "site's is stated in site.toml ([files.history]), or found by its name."
        )


def _score_json(
    approved: "ApprovedModel",
    file: str,
    day: date | None,
    site: "Site | None",
    *,
    store: str | None,
    purpose: str,
) -> NoReturn:
    """Print the answer to the question in *file*, and exit."""
    from riskscreen.objections import read_objections
    from riskscreen.plain_files import read_plain
    from riskscreen.scoring.one_case import score_json

    try:
        question = sys.stdin.buffer.read() if file == "-" else read_plain(Path(file))
    except OSError:
        raise FileError(f"{file}: cannot be read. Name a question's file.") from None
    folder, options = None, dict[str, Any]()
    if site is not None:
        folder, options["zone"] = site.folder, site.stated.timezone
    if store is not None:
        from riskscreen.store import begin_store
        from riskscreen.store.keeping import LiveKeeper

        keeper = LiveKeeper(begin_store(store), read_clock, purpose=purpose)
        options["keep"] = partial(keeper.keep, approved.model)
    answer = score_json(
        approved.model,
        question,
        as_of=day,
        objections=read_objections(folder, patterns=approved.model.key_patterns),
        clock=read_clock,
        **options,
    )
    typer.echo(answer.model_dump_json(indent=2))
    raise typer.Exit(SET_ASIDE_EXIT if answer.set_aside else 0)


def report(
    scored: Annotated[Path, typer.Argument(help="A folder that `score` wrote.")],
    out: Out,
    target: TargetOption = None,
    model: ApprovedFolder = None,
    tracking_uri: TrackingUri = DEFAULT_REGISTRY,
    language: LanguageOption = Language.da,
    site: Annotated[
        Path | None,
        typer.Option(help="The site's folder: its deadlines, reforms and efforts."),
    ] = None,
    store: StoreUrl = None,
    letters: Annotated[
        bool | None,
        typer.Option(
            "--letters/--no-letters",
            help="A letter to each citizen; where site.toml has [letter], if left out.",
        ),
    ] = None,
    monitoring: MonitoringFolders = None,
) -> None:
    """Write self-contained pages from a scoring run.

    With --site, deadlines are by the site's own deadlines.csv and reforms.csv, pages
    show what help a case has, where the site delivers efforts, and it is told where
    somebody may have objected after the run. With --store, cases that were taken off
    the list stand below the line, and what each page was made of is kept. With
    --letters each citizen has a letter too, a draft until the site has confirmed its
    text on rights (riskscreen confirm-letter). With --monitoring the leader's page
    shows outcomes as they mature beside what was expected.

    Example: riskscreen report scores --site site --model approved --out pages
    """
    from riskscreen.documents.pages import (
        list_scored_targets,
        write_reports,
        write_reports_by_target,
    )
    from riskscreen.documents.pages.week_sheet import NO_WEEK, WeekContext
    from riskscreen.efforts import read_efforts
    from riskscreen.followup.week_figures import find_week_figures
    from riskscreen.rules.deadline_rules import read_site_rules
    from riskscreen.rules.reforms import read_site_reforms

    check_can_stage(out, made_by="report", inputs=(scored, model, site))
    stated = _open_running(site)
    targets = list_scored_targets(scored)
    if target in targets:
        scored, targets = scored / target, []
    efforts = None if stated is None else read_efforts(stated)
    told: dict[str, Any] = {"language": language, "out": out, "efforts": efforts}
    week, warnings, memory = NO_WEEK, tuple[str, ...](), None
    told["letters"] = _open_letters(stated, language, asked=letters)
    if stated is not None:
        figures = find_week_figures(stated, language.value)
        week = WeekContext(figures=figures.of_teams, sections=figures.sections)
        warnings = figures.warnings
    if store is not None:
        from riskscreen.store import open_store
        from riskscreen.store.views import StoreMemory

        told["memory"] = memory = StoreMemory(open_store(store), read_clock())
    objected: list[str] = []
    if stated is not None:
        objected = _describe_objections(scored, stated)
        told["rules"] = read_site_rules(stated.folder)
        told["reforms"] = read_site_reforms(stated.folder, synthetic=stated.synthetic)
    asked: list[str | None] = [*targets] or [target]
    models = [
        open_approved_model(name, model, tracking_uri, site=stated).model
        for name in asked
    ]
    outcomes = _read_outcomes(monitoring or [], models, language)
    told["week"] = replace(week, sections=(*outcomes, *week.sections))
    if targets:
        by_target = dict(zip(targets, models, strict=True))
        pages = write_reports_by_target(scored, by_target, **told)
    else:
        pages = write_reports(scored, models[0], **told)
    if memory is not None:
        memory.tell_whole()
    print_lines([*(efforts.notes if efforts else ()), *objected, *warnings])
    print_lines([f"Open {pages.index} in a browser; {pages.count} pages were written."])
    raise typer.Exit(SET_ASIDE_EXIT if efforts and efforts.rows_set_aside else 0)


def _read_outcomes(
    folders: "list[Path]", models: "list[RiskModel]", language: Language
) -> "list[Section]":
    """Return what each folder of monitoring tells leaders of the *models*' targets."""
    if not folders:
        return []
    from riskscreen.monitoring.leader_section import read_outcomes

    titles = {m.spec.name: m.spec.title.in_language(language) for m in models}
    return [read_outcomes(of, titles=titles, language=language.value) for of in folders]


def _open_letters(
    site: "Site | None", language: str, *, asked: bool | None
) -> "LetterText | None":
    """Return what letters say, where they are asked for; else where the site has any.

    Without a site they are drafts.
    """
    from riskscreen.readers.letter_text import NO_LETTER_TEXT, read_letter_text

    if site is None:
        return NO_LETTER_TEXT if asked else None
    if asked is False or not (asked or site.states_letters):
        return None
    return read_letter_text(site, language)


def _describe_objections(scored: Path, site: "Site") -> list[str]:
    """Say who may have a page of the run in *scored*, and objects to it by now.

    What began before the day of the run it knew; of that day's own nobody can tell.
    """
    from riskscreen.documents.pages import read_scored_day
    from riskscreen.objections import read_objections

    objections = read_objections(site.folder, patterns=site.keys)
    newer = objections.find_people("scoring", on=site.find_day(read_clock()))
    if (day := read_scored_day(scored, zone=site.stated.timezone)) is not None:
        newer -= objections.find_people("scoring", on=day - timedelta(days=1))
    if not newer:
        return []
    since = "" if day is None else f" from {day}, the day of this run, or later"
    return [
        f"{len(newer)} citizens object to scoring{since}. These pages may have their "
        "cases: score and report again, unless the run knew."
    ]


def _to_source(text: str) -> Path | str:
    """Return a file's path, or a query's address as it was typed."""
    return text if "://" in text else Path(text)


def _name_tables(stated: Sequence[str]) -> "dict[str, TableSource]":
    """Return the sources of further tables by name, stated as NAME=SOURCE."""
    from riskscreen.readers import TableSource

    tables = {}
    for text in stated:
        name, equals, source = text.partition("=")
        if not (name and equals and source) or name in tables:
            raise typer.BadParameter("state each --table once, as NAME=SOURCE")
        tables[name] = TableSource(_to_source(source))
    return tables
