"""The intake side's commands: deliver, check, score, report."""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from riskscreen.cli.options import (
    DEFAULT_REGISTRY,
    TARGET_HELP,
    AcceptUnknownCodes,
    Language,
    ModelsFolder,
    Out,
    TargetOption,
    Targets,
    TrackingUri,
    complete_target,
    open_site,
    read_clock,
    read_target,
    read_targets,
    require_target,
)
from riskscreen.errors import SET_ASIDE_EXIT, ScreeningError
from riskscreen.folders import check_can_stage, stage_folder
from riskscreen.terminal import print_lines

if TYPE_CHECKING:
    from riskscreen.readers import TableSource
    from riskscreen.scoring import ApprovedModel
    from riskscreen.spec import Specification

ApprovedFolder = Annotated[
    Path | None, typer.Option("--model", help="An exported, approved model folder.")
]
LanguageOption = Annotated[
    Language, typer.Option("--language", help="The language of what is written.")
]


class CsvFor(StrEnum):
    """Who is to read the CSV files of a run."""

    programs = "programs"
    excel = "excel"


def score(
    out: Out,
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
    accept_unknown_codes: AcceptUnknownCodes = False,
) -> None:
    """Score CASES with reasons and write them to OUT.

    Without CASES, it scores what [intake.TARGET] of the site's site.toml names.

    Example: riskscreen score --site site --target long_absence --out scores
    """
    from riskscreen.progress import build_stderr_reporter
    from riskscreen.readers import TableSource
    from riskscreen.scoring import (
        Delivery,
        deliver_from_site,
        score_files,
    )
    from riskscreen.timeline import refuse_future

    approved = _open_approved(target, model, tracking_uri)
    day = as_of.date() if as_of else None
    if day is not None:
        refuse_future(day, now=read_clock(), what="--as-of")
    if site is not None:
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
        stated = open_site(site)
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
        scored_at=read_clock().isoformat(timespec="seconds"),
        reporter=build_stderr_reporter(),
        inputs=(model, site),
        csv_for=csv_for.value,
    )
    print_lines([approved.words, *run.describe()])
    raise typer.Exit(SET_ASIDE_EXIT if run.rows_set_aside else 0)


def schema(
    models: ModelsFolder,
    target: TargetOption = None,
    model: ApprovedFolder = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder for JSON Schemas and empty files.")
    ] = None,
    language: LanguageOption = Language.da,
) -> None:
    """Print what a site must deliver.

    With --out, it also writes JSON Schemas and empty CSV files.

    Example: riskscreen schema --target long_absence --out what_to_deliver
    """
    from riskscreen.validation.delivery_guide import (
        build_delivery_files,
        describe_delivery,
    )

    if out is not None:
        check_can_stage(out, made_by="schema", inputs=(model, models), of_people=False)
    spec = _read_specification(target, model, models)
    print_lines(describe_delivery(spec, language=language))
    if out is not None:
        files = build_delivery_files(spec)
        with stage_folder(out, made_by="schema", of_people=False) as folder:
            for name, text in files.items():
                (folder / name).write_text(text, encoding="utf-8")
        print_lines(["", f"Written to {out}: {', '.join(files)}"])


def specification(
    models: ModelsFolder,
    target: Annotated[
        str | None,
        typer.Argument(
            metavar="TARGET", help=TARGET_HELP, autocompletion=complete_target
        ),
    ] = None,
    model: ApprovedFolder = None,
    as_schema: Annotated[
        bool, typer.Option("--schema", help="A JSON Schema of the file, for editors.")
    ] = False,
    as_keys: Annotated[
        bool, typer.Option("--keys", help="Every key and what it means, in Markdown.")
    ] = False,
) -> None:
    """Print the whole specification of TARGET.

    Example: riskscreen specification long_absence
    """
    from riskscreen.spec.printed import format_specification
    from riskscreen.spec.reference import describe_keys, make_schema

    if (target is not None or model is not None) + as_schema + as_keys != 1:
        raise typer.BadParameter("name a TARGET, or --schema or --keys alone")
    if as_schema:
        text = json.dumps(make_schema(), indent=2, ensure_ascii=False) + "\n"
    elif as_keys:
        text = describe_keys()
    else:
        text = format_specification(_read_specification(target, model, models))
    typer.echo(text, nl=False)


def check(
    models: ModelsFolder,
    site: Annotated[Path, typer.Option(help="The site's folder, with site.toml.")],
    target: Targets = None,
    manifest: Annotated[
        bool, typer.Option("--manifest", help="Verify the folder's manifest.sha256.")
    ] = False,
    out: Annotated[Path | None, typer.Option(help="Folder for an HTML page.")] = None,
    accept_unknown_codes: AcceptUnknownCodes = False,
) -> None:
    """Check the quality of a site's files; figures alone.

    Example: riskscreen check --site site --out check
    """
    from riskscreen.documents.pages.quality_page import MADE_BY, write_quality_page
    from riskscreen.quality.report import report_quality
    from riskscreen.readers.manifest import verify_manifest
    from riskscreen.spec import list_targets

    if out is not None:
        check_can_stage(out, made_by=MADE_BY, inputs=(site, models))
    if manifest:
        print_lines([f"{verify_manifest(site)} files are as the manifest has them"])
    stated = open_site(site)
    known = list_targets(models)
    targets = target or stated.targets_among(known)
    found = report_quality(
        stated,
        read_targets(targets, models),
        accept_unknown_codes=accept_unknown_codes,
    )
    print_lines(list(found.describe()))
    if unread := stated.unread(known):
        print_lines(
            ["", f"In site.toml, of no target in {models}: {len(unread)} name(s)"]
        )
    if out is not None:
        print_lines(["", f"Open {write_quality_page(found, out=out)} in a browser."])
    aside = SET_ASIDE_EXIT if found.rows_set_aside else 0
    raise typer.Exit(found.exit_code or aside)


def pseudonymise(
    models: ModelsFolder,
    site: Annotated[Path, typer.Option(help="The folder with person numbers.")],
    key: Annotated[Path, typer.Option(help="The key's file; keep it elsewhere.")],
    out: Out,
    new_key: Annotated[
        bool, typer.Option("--new-key", help="Make the key; KEY must not be there.")
    ] = False,
    way_back: Annotated[
        Path | None,
        typer.Option(help="Also write which person number each pseudonym stands for."),
    ] = None,
    target: Targets = None,
) -> None:
    """Write SITE with pseudonyms in place of person numbers.

    Example: riskscreen pseudonymise --site raw --key site.key --out site
    """
    from riskscreen.pseudonymise import MADE_BY, pseudonymise_site
    from riskscreen.pseudonyms import make_key, read_key
    from riskscreen.spec import list_targets

    check_can_stage(out, made_by=MADE_BY, inputs=(site, models))
    stated = open_site(site)
    known = list_targets(models)
    specs = read_targets(target or stated.targets_among(known), models)
    own = (make_key if new_key else read_key)(key, apart_from=(out, site))
    written = pseudonymise_site(stated, specs, own, out=out, way_back=way_back)
    print_lines(line for table in written for line in table.describe())
    print_lines(
        [f"{out} is a site's folder; without {key.name} nobody makes the same again."]
    )
    aside = any(table.set_aside for table in written)
    raise typer.Exit(SET_ASIDE_EXIT if aside else 0)


def manifest(
    site: Annotated[Path, typer.Argument(help="The folder of a site's delivery.")],
) -> None:
    """Write the checksums of SITE, for `check --manifest`.

    Example: riskscreen manifest site
    """
    from riskscreen.readers.manifest import write_manifest

    print_lines([f"{write_manifest(site)} holds the SHA-256 of every file in {site}"])


def report(
    scored: Annotated[Path, typer.Argument(help="A folder that `score` wrote.")],
    out: Out,
    target: TargetOption = None,
    model: ApprovedFolder = None,
    tracking_uri: TrackingUri = DEFAULT_REGISTRY,
    language: LanguageOption = Language.da,
    site_deadlines: Annotated[
        Path | None, typer.Option("--deadlines", help="The site's own deadlines.csv.")
    ] = None,
    site: Annotated[
        Path | None, typer.Option(help="The site's folder: its efforts are shown.")
    ] = None,
) -> None:
    """Write self-contained pages from a scoring run.

    With --site, pages show what help a case has, where the site delivers efforts.

    Example: riskscreen report scores --site site --model approved --out pages
    """
    from riskscreen.documents.pages import write_reports
    from riskscreen.efforts import read_efforts
    from riskscreen.rules.deadlines import read_site_rules

    inputs = (scored, model, site_deadlines, site)
    check_can_stage(out, made_by="report", inputs=inputs)
    approved = _open_approved(target, model, tracking_uri)
    efforts = read_efforts(open_site(site)) if site is not None else None
    pages = write_reports(
        scored,
        approved.model,
        language=language,
        out=out,
        rules=read_site_rules(site_deadlines) if site_deadlines else None,
        efforts=efforts,
    )
    print_lines(efforts.notes if efforts else [])
    print_lines([f"Open {pages.index} in a browser; {pages.count} pages were written."])
    raise typer.Exit(SET_ASIDE_EXIT if efforts and efforts.rows_set_aside else 0)


def _open_approved(
    target: str | None, folder: Path | None, uri: str
) -> "ApprovedModel":
    """Open the approved model in *folder*, or of *target* at the registry *uri*."""
    from riskscreen.scoring.approved_model import fetch_approved, open_approved

    if folder is not None:
        approved = open_approved(folder)
        require_target(approved.model, target)
        return approved
    if target is None:
        raise typer.BadParameter("name a --target, or a --model folder")
    return fetch_approved(uri, target=target)


def _read_specification(
    target: str | None, model: Path | None, models: Path
) -> "Specification":
    """Read the specification in a model folder, or of *target* in *models*."""
    if model is not None:
        from riskscreen.model.model_folder import load_model_folder

        return load_model_folder(model).spec
    if target is None:
        raise typer.BadParameter("name a --target, or a --model folder")
    return read_target(target, models)


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
