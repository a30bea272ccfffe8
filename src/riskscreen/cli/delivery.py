"""The commands of a delivery: say what is due, check, confirm, pseudonymise, seal."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from riskscreen.cli.options import (
    AcceptUnknownCodes,
    ApprovedFolder,
    Language,
    LanguageOption,
    ModelsFolder,
    Out,
    SiteFolder,
    TargetOption,
    Targets,
    open_site,
    read_specification_of,
    read_targets,
)
from riskscreen.clock import read_clock
from riskscreen.errors import SET_ASIDE_EXIT
from riskscreen.folders import check_can_stage, stage_folder
from riskscreen.guarding import require_extra
from riskscreen.terminal import print_lines

if TYPE_CHECKING:
    from riskscreen.readers.site import Site
    from riskscreen.spec import Specification


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
    spec = read_specification_of(target, model, models)
    print_lines(describe_delivery(spec, language=language))
    if out is not None:
        files = build_delivery_files(spec)
        with stage_folder(out, made_by="schema", of_people=False) as folder:
            for name, text in files.items():
                (folder / name).write_text(text, encoding="utf-8")
        print_lines(["", f"Written to {out}: {', '.join(files)}"])


def check(
    models: ModelsFolder,
    site: SiteFolder,
    target: Targets = None,
    manifest: Annotated[
        bool, typer.Option("--manifest", help="Verify the folder's manifest.sha256.")
    ] = False,
    out: Annotated[Path | None, typer.Option(help="Folder for an HTML page.")] = None,
    accept_unknown_codes: AcceptUnknownCodes = False,
) -> None:
    """Check the quality of a site's files; figures alone.

    Of each TARGET that is named, it also reads the cases as a training does, and says
    how many would train and judge, and whether they are enough.

    Example: riskscreen check --site site --out check
    """
    from riskscreen.documents.pages.quality_page import MADE_BY, write_quality_page
    from riskscreen.quality.report import report_quality
    from riskscreen.readers.manifest import verify_manifest
    from riskscreen.spec import list_targets

    if target:
        require_extra("train")
    if out is not None:
        check_can_stage(out, made_by=MADE_BY, inputs=(site, models))
    if manifest:
        print_lines([f"{verify_manifest(site)} files are as the manifest has them"])
    stated = open_site(site)
    known = list_targets(models)
    specs = read_targets(target or stated.targets_among(known), models)
    found = report_quality(stated, specs, accept_unknown_codes=accept_unknown_codes)
    print_lines(list(found.describe()))
    if unread := stated.unread({*known, *(spec.name for spec in specs)}):
        print_lines(
            ["", f"In site.toml, of no target in {models}: {len(unread)} name(s)"]
        )
    if out is not None:
        print_lines(["", f"Open {write_quality_page(found, out=out)} in a browser."])
    if target and not found.faults:
        for spec in specs:
            print_lines(["", *_foresee_training(spec, stated, accept_unknown_codes)])
    aside = SET_ASIDE_EXIT if found.rows_set_aside else 0
    raise typer.Exit(found.exit_code or aside)


def _foresee_training(
    spec: "Specification", site: "Site", accept_unknown_codes: bool
) -> list[str]:
    """Say how many cases would train and judge *spec*; raise what a training would."""
    from riskscreen.training import count_enough, prepare

    if not site.trains(spec.name):
        return [f"{spec.name}: no cases that train"]
    narrowed = site.narrow_gates(spec)
    dataset = prepare(narrowed, site, accept_unknown_codes=accept_unknown_codes)
    return list(count_enough(dataset).describe())


def rules(
    site: SiteFolder,
    out: Annotated[
        Path | None, typer.Option(help="The sheet to write: what is to be confirmed.")
    ] = None,
    confirm: Annotated[
        Path | None, typer.Option(help="The sheet, answered; read back.")
    ] = None,
    by: Annotated[
        str | None, typer.Option(help="Who confirms; kept in the site's rules_log.csv.")
    ] = None,
    language: LanguageOption = Language.da,
) -> None:
    """Write what SITE must confirm of its rules, or read it back.

    With --out, it writes a sheet for a spreadsheet; with --confirm and --by, it takes
    the answered sheet into the site's own code_groups.csv and deadlines.csv.

    Example: riskscreen rules --site site --out to_confirm.csv
    """
    from riskscreen.stories.confirm_rules import confirm_rules, write_rules_to_confirm

    if (out is None) == (confirm is None):
        raise typer.BadParameter("name --out, or --confirm with --by")
    if (confirm is None) != (by is None):
        raise typer.BadParameter("--confirm and --by go together")
    stated = open_site(site)
    if out is not None:
        done = write_rules_to_confirm(stated, out, language=language)
        print_lines(done.describe())
    elif confirm is not None and by is not None:
        confirmed = confirm_rules(
            stated, confirm, by=by, on=stated.find_day(read_clock())
        )
        print_lines(confirmed.describe())


def confirm_letter(
    site: SiteFolder,
    by: Annotated[
        str, typer.Option(help="Who confirms; kept in the site's letter_log.csv.")
    ],
    role: Annotated[
        str, typer.Option(help="As what, such as a lawyer; letters tell it.")
    ],
) -> None:
    """Confirm the legal paragraphs of SITE's letters.

    Those are, as they stand, the files that site.toml names in [letter.rights] and
    [letter.information]. Without this, a letter is marked as a draft.

    Example: riskscreen confirm-letter --site site --by "NN" --role "lawyer"
    """
    from riskscreen.stories.confirm_letter import confirm_letter as note_confirmed

    stated = open_site(site)
    on = stated.find_day(read_clock())
    confirmed = note_confirmed(stated, by=by, role=role, on=on)
    print_lines(confirmed.describe())


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
