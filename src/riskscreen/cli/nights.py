"""The commands of the night: nightly, watch."""

from contextlib import nullcontext
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from riskscreen.cli.options import (
    DEFAULT_REGISTRY,
    AcceptUnknownCodes,
    ApprovedFolder,
    Language,
    LanguageOption,
    MonitoringFolders,
    SiteFolder,
    StoreUrl,
    TrackingUri,
    open_approved_model,
    open_site,
)
from riskscreen.clock import read_clock
from riskscreen.errors import UsageError
from riskscreen.terminal import print_lines

if TYPE_CHECKING:
    from riskscreen.nights.shadows import OpenShadow


def nightly(
    site: SiteFolder,
    out: Annotated[
        Path, typer.Option(help="The folder that gets a folder for each night.")
    ],
    model: ApprovedFolder = None,
    tracking_uri: TrackingUri = DEFAULT_REGISTRY,
    language: LanguageOption = Language.da,
    fail_if_set_aside_above: Annotated[
        float,
        typer.Option(
            min=0, max=1, help="Let no night stand with a larger share set aside."
        ),
    ] = 1.0,
    keep_days: Annotated[
        int | None, typer.Option(min=1, help="Remove nights of more days ago.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Do it all, and let nothing stand.")
    ] = False,
    accept_unknown_codes: AcceptUnknownCodes = False,
    monitoring: MonitoringFolders = None,
    store: StoreUrl = None,
    shadow: Annotated[
        bool,
        typer.Option(
            "--shadow",
            help="Score by the registry's shadows too, into the store alone.",
        ),
    ] = False,
) -> None:
    """Score every target of a site, and page it.

    What site.toml names as the intake is scored into a folder a day, today's in the
    site's time zone; the link latest in OUT leads to the newest. A run that was killed,
    or that could not score some target, is completed by the next; one that is complete
    is not run again. With --store each score is kept there, and its outbox follows;
    with --shadow so are those of a model that is only watched, which are shown nowhere.
    With --monitoring the leader's page shows outcomes as they mature.

    Example: riskscreen nightly --site site --model approved --out nights
    """
    from riskscreen.nights.log import LATEST, note_failure
    from riskscreen.nights.nightly import Nightly
    from riskscreen.nights.shadows import open_no_shadow
    from riskscreen.progress import build_stderr_reporter
    from riskscreen.store import begin_store

    if shadow and store is None:
        raise UsageError("--shadow keeps scores in a store alone. Name it: --store URL")
    reporter = build_stderr_reporter()
    telling = note_failure(out, read_clock, reporter=reporter)
    # A site or a store that does not open ends a night as well.
    with nullcontext() if dry_run else telling:
        stated = open_site(site)
        kept = None if store is None or dry_run else begin_store(store)
    night = Nightly(
        stated,
        lambda target: open_approved_model(target, model, tracking_uri, site=stated),
        root=out,
        clock=read_clock,
        store=kept,
        open_shadow=_open_shadows(tracking_uri) if shadow else open_no_shadow,
        language=language.value,
        most_set_aside=fail_if_set_aside_above,
        keep_days=keep_days,
        accept_unknown_codes=accept_unknown_codes,
        inputs=(model,),
        monitoring=monitoring or (),
        reporter=reporter,
    )
    began = read_clock()
    log = night.rehearse() if dry_run else night.run()
    print_lines(log.describe())
    if dry_run:
        print_lines([f"A dry run: nothing was written to {out}."])
    elif log.began_at < began:
        print_lines([f"The run of {log.day} was complete already: nothing was done."])
    else:
        print_lines([f"In {out / LATEST}: {log.pages} pages, scores and changes"])
    for target, refusal in log.refused.items():
        typer.echo(f"riskscreen: {target}: {refusal.words}", err=True)
    raise typer.Exit(log.exit_code)


def _open_shadows(uri: str) -> "OpenShadow":
    """Return what opens the shadow of a target at the registry *uri*."""
    from riskscreen.registry.reading import RegistryReader

    return RegistryReader(uri).load_shadow


def watch(
    nights: Annotated[Path, typer.Argument(help="The --out of riskscreen nightly.")],
    within_hours: Annotated[
        float, typer.Option(min=0, help="How old the newest run may be.")
    ] = 26,
) -> None:
    """Fail where no run ended well last night.

    It fails where the newest run below NIGHTS is older than asked, and where it ended
    with an error.

    Example: riskscreen watch nights
    """
    from riskscreen.nights.log import check_newest_run

    log = check_newest_run(
        nights, now=read_clock(), within=timedelta(hours=within_hours)
    )
    print_lines([f"The run of {log.day} ended well.", *log.describe()])
