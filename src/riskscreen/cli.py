"""The intake side's commands; the only reader of clock, environment and arguments."""

import json
import os
from collections.abc import Sequence
from datetime import UTC, date, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from riskscreen.disclosure.words import mask_words
from riskscreen.errors import SET_ASIDE_EXIT, ScreeningError
from riskscreen.folders import check_can_stage, stage_folder
from riskscreen.terminal import EXIT_CODES, run_command

if TYPE_CHECKING:
    from riskscreen.scoring import ApprovedModel, Delivered
    from riskscreen.spec import Specification

app = typer.Typer(
    help="Explained, calibrated screening at case intake. It never decides.",
    epilog=EXIT_CODES,
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

DEFAULT_REGISTRY = "sqlite:///mlflow.db"

Target = Annotated[
    str | None, typer.Option(help="The target, as in models/<target>.toml.")
]
ModelFolder = Annotated[
    Path | None, typer.Option("--model", help="An exported, approved model folder.")
]
TrackingUri = Annotated[
    str,
    typer.Option(
        envvar="MLFLOW_TRACKING_URI",
        help="The MLflow registry to fetch the approved model from.",
    ),
]
Out = Annotated[
    Path, typer.Option(help="Folder to write; replaced whole if this command wrote it.")
]
Day = Annotated[
    datetime | None,
    typer.Option(
        formats=["%Y-%m-%d"],
        help="The day the data were extracted; site.toml's extract_date if left out.",
    ),
]
SiteFolder = Annotated[
    Path | None, typer.Option("--site", help="The site's folder, with site.toml.")
]


def _find_models() -> Path:
    """The folder ``models`` here, where it specifies a target; else what is shipped."""
    from riskscreen.spec import SHIPPED_MODELS, list_targets

    here = Path("models")
    return here if list_targets(here) else SHIPPED_MODELS


ModelsFolder = Annotated[
    Path,
    typer.Option(
        "--models",
        default_factory=_find_models,
        show_default="models, else those shipped",
        help="The folder of specifications.",
    ),
]


class CsvFor(StrEnum):
    """Who is to read the CSV files of a run."""

    programs = "programs"
    excel = "excel"


Language = Annotated[str, typer.Option(help="da or en.")]


@app.command(epilog=EXIT_CODES)
def score(
    out: Out,
    cases: Annotated[
        str | None,
        typer.Argument(help="CSV, Parquet, SAS or URL#SELECT ...; else [intake.T]."),
    ] = None,
    site: SiteFolder = None,
    history: Annotated[
        str | None,
        typer.Option(help="Without --site: benefit history, spells or DREAM weeks."),
    ] = None,
    as_of: Day = None,
    target: Target = None,
    model: ModelFolder = None,
    tracking_uri: TrackingUri = DEFAULT_REGISTRY,
    csv_for: Annotated[
        CsvFor,
        typer.Option(help="programs; or excel: semicolon, decimal comma, mark."),
    ] = CsvFor.programs,
) -> None:
    """Score CASES, or what [intake.TARGET] of SITE names, with reasons, into OUT."""
    from riskscreen.progress import on_stderr
    from riskscreen.scoring import score_files
    from riskscreen.timeline import refuse_future

    approved = _approved(target, model, tracking_uri)
    day = as_of.date() if as_of else None
    if day is not None:
        refuse_future(day, now=_clock(), what="--as-of")
    notes: list[str] = []
    if site is None:
        delivered = _from_files(cases, history, as_of=day)
    elif history is not None:
        raise ScreeningError(
            "--site and --history name two histories. Leave --history out: the site's "
            "is stated in site.toml ([files.history]), or found by its name."
        )
    else:
        delivered, notes = _from_site(site, approved, cases, as_of=day)
    run = score_files(
        approved.model,
        delivered,
        out=out,
        scored_at=_now(),
        reporter=on_stderr(),
        inputs=(model, site),
        csv_for=csv_for.value,
    )
    _tell([approved.words, *run.lines(), *notes])
    raise typer.Exit(SET_ASIDE_EXIT if run.rows_set_aside else 0)


@app.command(epilog=EXIT_CODES)
def schema(
    models: ModelsFolder,
    target: Target = None,
    model: ModelFolder = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder for JSON Schemas and empty files.")
    ] = None,
    language: Language = "da",
) -> None:
    """What a site must deliver: a list, JSON Schemas and empty CSV files."""
    from riskscreen.validation.delivery_guide import (
        build_delivery_files,
        describe_delivery,
    )

    if out is not None:
        check_can_stage(out, made_by="schema", inputs=(model, models), of_people=False)
    spec = _specification(target, model, models)
    _tell(describe_delivery(spec, language=_language(language)))
    if out is not None:
        names = _write_all(build_delivery_files(spec), out)
        _tell(["", f"Written to {out}: {', '.join(names)}"])


@app.command(epilog=EXIT_CODES)
def specification(
    models: ModelsFolder,
    target: Annotated[
        str | None, typer.Argument(help="The target, as in models/<target>.toml.")
    ] = None,
    model: ModelFolder = None,
    as_schema: Annotated[
        bool, typer.Option("--schema", help="A JSON Schema of the file, for editors.")
    ] = False,
    as_keys: Annotated[
        bool, typer.Option("--keys", help="Every key and what it means, in Markdown.")
    ] = False,
) -> None:
    """The whole specification of TARGET as one TOML file, or what one may hold."""
    from riskscreen.spec.printed import format_specification
    from riskscreen.spec.reference import describe_keys, make_schema

    if (target is not None or model is not None) + as_schema + as_keys != 1:
        raise typer.BadParameter("name a TARGET, or --schema or --keys alone")
    if as_schema:
        text = json.dumps(make_schema(), indent=2, ensure_ascii=False) + "\n"
    elif as_keys:
        text = describe_keys()
    else:
        text = format_specification(_specification(target, model, models))
    typer.echo(text, nl=False)


@app.command(epilog=EXIT_CODES)
def check(
    models: ModelsFolder,
    site: Annotated[Path, typer.Option(help="The site's folder, with site.toml.")],
    target: Annotated[
        list[str] | None, typer.Option(help="Targets to check; all that are there.")
    ] = None,
    manifest: Annotated[
        bool, typer.Option("--manifest", help="Verify the folder's manifest.sha256.")
    ] = False,
    out: Annotated[Path | None, typer.Option(help="Folder for an HTML page.")] = None,
) -> None:
    """Data quality of a site's files in figures; no value of any row is shown."""
    from riskscreen.documents.pages.quality_page import MADE_BY, write_quality_page
    from riskscreen.quality.report import report_quality
    from riskscreen.readers.manifest import verify_manifest
    from riskscreen.readers.site import read_site
    from riskscreen.spec import list_targets

    if out is not None:
        check_can_stage(out, made_by=MADE_BY, inputs=(site, models))
    if manifest:
        _tell([f"{verify_manifest(site)} files are as the manifest has them"])
    stated = read_site(site, environment=os.environ, now=_clock())
    known = list_targets(models)
    targets = target or stated.targets_among(known)
    found = report_quality(stated, _specifications(targets, models))
    _tell(list(found.lines()))
    if unread := stated.unread(known):
        _tell(["", f"In site.toml, of no target in {models}: {len(unread)} name(s)"])
    if out is not None:
        _tell(["", f"Open {write_quality_page(found, out=out)} in a browser."])
    aside = SET_ASIDE_EXIT if found.rows_set_aside else 0
    raise typer.Exit(found.exit_code or aside)


@app.command(epilog=EXIT_CODES)
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
    target: Annotated[
        list[str] | None, typer.Option(help="Targets to write; all that are there.")
    ] = None,
) -> None:
    """Write SITE to OUT with pseudonyms in place of person numbers, by one KEY."""
    from riskscreen.pseudonymise import MADE_BY, pseudonymise_site
    from riskscreen.pseudonyms import make_key, read_key
    from riskscreen.readers.site import read_site
    from riskscreen.spec import list_targets

    check_can_stage(out, made_by=MADE_BY, inputs=(site, models))
    stated = read_site(site, environment=os.environ, now=_clock())
    known = list_targets(models)
    specs = _specifications(target or stated.targets_among(known), models)
    own = (make_key if new_key else read_key)(key, apart_from=(out, site))
    written = pseudonymise_site(stated, specs, own, out=out, way_back=way_back)
    _tell([words for table in written for words in table.words()])
    _tell(
        [f"{out} is a site's folder; without {key.name} nobody makes the same again."]
    )
    aside = any(table.set_aside for table in written)
    raise typer.Exit(SET_ASIDE_EXIT if aside else 0)


@app.command(epilog=EXIT_CODES)
def manifest(
    site: Annotated[Path, typer.Argument(help="The folder of a site's delivery.")],
) -> None:
    """Write the checksums of SITE, so that `check --manifest` sees every change."""
    from riskscreen.readers.manifest import write_manifest

    _tell([f"{write_manifest(site)} holds the SHA-256 of every file in {site}"])


@app.command(epilog=EXIT_CODES)
def report(
    scored: Annotated[Path, typer.Argument(help="A folder that `score` wrote.")],
    out: Out,
    target: Target = None,
    model: ModelFolder = None,
    tracking_uri: TrackingUri = DEFAULT_REGISTRY,
    language: Language = "da",
    site_deadlines: Annotated[
        Path | None, typer.Option("--deadlines", help="The site's own deadlines.csv.")
    ] = None,
) -> None:
    """Pages for caseworkers and teams from a scoring run, as self-contained HTML."""
    from riskscreen.documents.pages import write_reports
    from riskscreen.rules.deadlines import read_site_rules

    check_can_stage(out, made_by="report", inputs=(scored, model, site_deadlines))
    approved = _approved(target, model, tracking_uri)
    pages = write_reports(
        scored,
        approved.model,
        language=_language(language),
        out=out,
        rules=read_site_rules(site_deadlines) if site_deadlines else None,
    )
    _tell([f"Open {pages.index} in a browser; {pages.count} pages were written."])


@app.command(epilog=EXIT_CODES)
def export(
    target: Annotated[str, typer.Option(help="The target, as in models/.")],
    out: Out,
    tracking_uri: TrackingUri = DEFAULT_REGISTRY,
) -> None:
    """Write the approved model of TARGET to a folder that needs no MLflow server."""
    from riskscreen.registry import Registry
    from riskscreen.scoring import open_approved

    approved = open_approved(Registry(tracking_uri).fetch_approved(target, out))
    _tell([f"{target}: version {approved.version} is in {out}."])


@app.command(epilog=EXIT_CODES)
def models(
    target: Annotated[str, typer.Option(help="The target, as in models/.")],
    tracking_uri: TrackingUri = DEFAULT_REGISTRY,
) -> None:
    """Which versions of TARGET are the candidate and the approved one."""
    from riskscreen.registry import Registry

    registry = Registry(tracking_uri)
    candidate, approved = registry.candidate(target), registry.approved(target)
    standing = registry.standing(target)
    _tell([f"candidate: version {candidate.model_version}"])
    if approved is None or (approval := standing.approval) is None:
        _tell(["approved: none; approve one with pipelines/publish.py"])
    else:
        _tell([f"approved: version {approved.model_version}, by {approval.by}"])
    if standing.history:
        _tell(["", "Every approval, the oldest first:"])
        _tell([f"  {entry.words}" for entry in standing.history.values()])


@app.command()
def register(
    trained: Annotated[Path, typer.Argument(help="A folder that a training wrote.")],
    tracking_uri: TrackingUri = DEFAULT_REGISTRY,
) -> None:
    """Register a finished training that the MLflow registry does not have."""
    from riskscreen.registry import Registry
    from riskscreen.stories.candidates import register_candidate

    version, new = register_candidate(trained, registry=Registry(tracking_uri))
    done = "is registered, and the candidate" if new else "was registered already"
    _tell([f"{version.words} {done}"])


def _approved(target: str | None, folder: Path | None, uri: str) -> "ApprovedModel":
    """The approved model of the folder, or of the target at the registry."""
    from riskscreen.scoring.approved_model import fetch_approved, open_approved

    if folder is None and target is None:
        raise typer.BadParameter("name a --target, or a --model folder")
    if folder is None:
        return fetch_approved(uri, target=str(target))
    found = open_approved(folder)
    if target not in (None, found.model.spec.name):
        raise typer.BadParameter(
            f"the model in --model is for {found.model.spec.name}, not for {target}"
        )
    return found


def _from_files(
    cases: str | None, history: str | None, *, as_of: "date | None"
) -> "Delivered":
    """What the arguments name, as far as it can be found without a site's words."""
    from riskscreen.readers import TableSource
    from riskscreen.scoring import Delivered

    if cases is None or as_of is None:
        raise typer.BadParameter("name a --site, or CASES and the day --as-of")
    past = TableSource(_source(history)) if history else None
    return Delivered(TableSource(_source(cases)), past, as_of)


def _from_site(
    folder: Path, approved: "ApprovedModel", cases: str | None, *, as_of: "date | None"
) -> "tuple[Delivered, list[str]]":
    """What a site's folder delivers, and what is to be told of it."""
    from riskscreen.readers.site import read_site
    from riskscreen.scoring import deliver_from_site, describe_places

    site = read_site(folder, environment=os.environ, now=_clock())
    instead = _source(cases) if cases else None
    delivered = deliver_from_site(site, approved.model, cases=instead, as_of=as_of)
    told = describe_places(site, approved.model)
    return delivered, [told] if told else []


def _specifications(targets: Sequence[str], models: Path) -> "list[Specification]":
    return [_specification(target, None, models) for target in targets]


def _specification(
    target: str | None, model: Path | None, models: Path
) -> "Specification":
    """The specification in a model folder, or of the target in the folder *models*."""
    from riskscreen.errors import SpecError
    from riskscreen.spec import list_targets, read_specification

    if model is not None:
        from riskscreen.model.risk_model import load_model_folder

        return load_model_folder(model).spec
    if target is None:
        raise typer.BadParameter("name a --target, or a --model folder")
    known = list_targets(models)
    if target not in known:
        raise SpecError(
            f"{target}: no such target in {models}. "
            + (f"There are {', '.join(known)}. " if known else "")
            + "Name the folder that has it with --models."
        )
    return read_specification(models / f"{target}.toml")


def _source(text: str) -> Path | str:
    """A file's path, or a query's address as it was typed."""
    return text if "://" in text else Path(text)


def _language(text: str) -> str:
    if text not in ("da", "en"):
        raise typer.BadParameter("the languages are da and en")
    return text


def _clock() -> datetime:
    return datetime.now(tz=UTC)


def _now() -> str:
    return _clock().isoformat(timespec="seconds")


def _write_all(files: dict[str, str], out: Path) -> Sequence[str]:
    with stage_folder(out, made_by="schema", of_people=False) as folder:
        for name, text in files.items():
            (folder / name).write_text(text, encoding="utf-8")
    return list(files)


def _tell(lines: Sequence[str]) -> None:
    for line in lines:
        typer.echo(mask_words(line))


def main() -> None:
    """Run one command; every error ends as one message and its own exit code."""
    run_command(app)
