"""The commands of a running site: serve, api-key, stop, object."""

import os
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from riskscreen.cli.options import (
    DEFAULT_REGISTRY,
    SiteFolder,
    StoreUrl,
    TrackingUri,
    open_site,
    read_identifier,
    take_targets,
)
from riskscreen.clock import read_clock
from riskscreen.terminal import print_lines

if TYPE_CHECKING:
    from riskscreen.live.served_models import ModelSource
    from riskscreen.store import Store

_OVERLAP = 7
"""Days that a former key is accepted, where nobody says how many."""


def serve(
    site: SiteFolder,
    target: Annotated[
        list[str] | None, take_targets("A target approved at the registry; repeat.")
    ] = None,
    model: Annotated[
        list[Path] | None,
        typer.Option("--model", help="An exported model folder; repeat."),
    ] = None,
    tracking_uri: TrackingUri = DEFAULT_REGISTRY,
    host: Annotated[str, typer.Option(help="Where to listen.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535)] = 8080,
    poll: Annotated[
        float, typer.Option(min=0.1, help="Seconds between looks at what is approved.")
    ] = 10,
    threads: Annotated[
        int, typer.Option(min=1, help="How many requests are scored at a time.")
    ] = 2,
    max_cases: Annotated[int, typer.Option(min=1, help="Cases in a request.")] = 100,
    max_bytes: Annotated[
        int, typer.Option(min=1000, help="Bytes of a request's body.")
    ] = 1 << 20,
    timeout: Annotated[
        float, typer.Option(min=0.1, help="Seconds for a body, and for its scoring.")
    ] = 10,
    store: StoreUrl = None,
    pages: Annotated[
        bool,
        typer.Option("--pages", help="Serve the store's pages instead, to people."),
    ] = False,
) -> None:
    """Serve scores over HTTP, or pages.

    By the models approved at the registry, or exported. It takes in another one when
    that is approved, without a pause, and ends by SIGTERM once what it has begun is
    answered. With --store it keeps each score before it answers, and takes decisions.
    With --pages it shows the newest report of the store to whom the municipality's
    sign-in names ([pages] of site.toml), and needs no model.

    Example: riskscreen serve --site site --target long_absence
    """
    # One thread a request: of more, each would wait for the others' turn. Before numpy.
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"):
        os.environ.setdefault(name, "1")
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    if pages:
        if target or model or store is None:
            raise typer.BadParameter(
                "--pages needs --store, and no --target or --model"
            )
        _serve_pages(site, store, host, port)
        return
    from riskscreen.live.api_keys import ApiKeys, read_api_keys
    from riskscreen.live.app import Service
    from riskscreen.live.scoring import Limits
    from riskscreen.live.served_models import ServedModels
    from riskscreen.live.server import open_socket
    from riskscreen.live.server import serve as run
    from riskscreen.objections import read_objections

    stated = open_site(site)
    read_objections(site, patterns=stated.keys)
    read_api_keys(site)
    sources = _list_sources(target, model, tracking_uri, site)
    with open_socket(host, port) as listening:
        service = Service(
            ApiKeys(site),
            ServedModels.open(sources),
            read_clock,
            Limits(
                body_bytes=max_bytes, cases=max_cases, seconds=timeout, threads=threads
            ),
            poll_seconds=poll,
            store=_open_store(store),
            zone=stated.stated.timezone,
        )
        service.check_objections()
        run(service, listening)


def _serve_pages(site: Path, url: str, host: str, port: int) -> None:
    from riskscreen.errors import UsageError
    from riskscreen.live.identity import read_signing_keys
    from riskscreen.live.pages import PagesService
    from riskscreen.live.server import open_socket, serve
    from riskscreen.store import open_store

    opened = open_site(site)
    stated = opened.stated.pages
    if stated is None:
        raise UsageError(
            f"{site}/site.toml has no [pages]: nobody can sign in. State issuer, "
            "audience and keys (docs/how-to/served-pages.md)."
        )
    read_signing_keys(site, stated)
    # Each view is noted: who looks at a page waits no minute for who fills the store.
    store = open_store(url, longest_wait=5)
    with open_socket(host, port) as listening:
        serve(PagesService(opened, stated, store, read_clock), listening)


def _open_store(url: str | None) -> "Store | None":
    if url is None:
        return None
    from riskscreen.store import begin_store

    return begin_store(url)


def _list_sources(
    targets: list[str] | None, folders: list[Path] | None, uri: str, site: Path
) -> "list[ModelSource]":
    """List where each model comes from: the folders named, or the registry.

    Each verifies with the approval keys that site.toml states at the time.
    """
    from riskscreen.live.served_models import FolderSource, RegistrySource
    from riskscreen.readers.site_toml import read_site_file

    def keys() -> list[str]:
        return read_site_file(site).trust.approval_keys

    if bool(targets) == bool(folders):
        raise typer.BadParameter("name a --target at the registry, or a --model folder")
    if folders:
        return [FolderSource(folder, keys) for folder in folders]
    return [RegistrySource(uri, target, keys) for target in targets or ()]


def api_key(
    name: Annotated[str, typer.Argument(help="The system that asks: intake-form.")],
    site: SiteFolder,
    target: Annotated[
        list[str] | None,
        take_targets(
            "What it may ask for; repeat. As the former key, where none is named."
        ),
    ] = None,
    overlap: Annotated[
        int | None,
        typer.Option(
            min=0,
            help="Days that a former key is still accepted.",
            show_default=str(_OVERLAP),
        ),
    ] = None,
    revoke: Annotated[
        bool, typer.Option("--revoke", help="Take every key of NAME back, at once.")
    ] = False,
) -> None:
    """Make a key of the service for NAME, or rotate it.

    It is shown this once. The site keeps its hash, in api_keys.json.

    Example: riskscreen api-key intake-form --site site --target long_absence
    """
    from riskscreen.live.api_keys import make_api_key, read_api_keys, revoke_api_keys

    if revoke and (target or overlap is not None):
        raise typer.BadParameter("--revoke takes every key: no --target, no --overlap")
    if revoke:
        print_lines([f"{name}: {revoke_api_keys(site, name)} keys taken back."])
        return
    today = open_site(site).find_day(read_clock())
    days = _OVERLAP if overlap is None else overlap
    rotated = any(k.name == name and k.is_accepted(today) for k in read_api_keys(site))
    text = make_api_key(site, name, target or (), on=today, overlap=days)
    typer.echo(text)
    if rotated:
        last = today + timedelta(days=days)
        typer.echo(f"A former key of {name} is accepted until {last}.", err=True)


def stop(
    site: SiteFolder,
    reason: Annotated[
        str | None, typer.Option(help="Why nothing may score; shown to who asks.")
    ] = None,
    lift: Annotated[
        bool, typer.Option("--lift", help="Resume: take STOP out again.")
    ] = False,
) -> None:
    """Stop all scoring of SITE, or resume it.

    It writes the file STOP into the folder, with day and reason. Score and serve look
    before each part and each request, and refuse.

    Example: riskscreen stop --site site --reason "The register was delivered twice"
    """
    from riskscreen.stop_switch import resume_scoring, stop_scoring
    from riskscreen.timeline import find_today

    if (reason is None) != lift:
        raise typer.BadParameter("name a --reason, or --lift")
    if reason is not None:
        # Denmark's day: a site.toml that cannot be read must stop nobody from stopping.
        path = stop_scoring(site, reason=reason, on=find_today(read_clock()))
        print_lines([f"Stopped: {path}. riskscreen stop --site {site} --lift resumes."])
    elif resume_scoring(site):
        print_lines([f"Resumed: scoring at {site} goes on."])
    else:
        print_lines([f"{site} was not stopped."])


class ObjectsTo(StrEnum):
    """What a citizen may object to (riskscreen.objections)."""

    scoring = "scoring"
    training = "training"
    both = "both"


def object(  # noqa: A001  (the command's name; nothing here needs the other)
    site: SiteFolder,
    what: Annotated[ObjectsTo, typer.Option(help="What the citizen objects to.")] = (
        ObjectsTo.both
    ),
    since: Annotated[
        datetime | None,
        typer.Option(
            "--from", formats=["%Y-%m-%d"], help="The first day; today if left out."
        ),
    ] = None,
    raw: Annotated[
        bool,
        typer.Option("--raw", help="SITE has person numbers; pseudonymise reads it."),
    ] = False,
) -> None:
    """Note that a citizen objects to scoring or to training.

    It adds a row to objections.csv. The citizen's person_id is read from standard
    input, for arguments are seen by others and kept by shells.

    Example: riskscreen object --site site --what both
    """
    from riskscreen.objections import add_objection

    stated = open_site(site)
    person_id = read_identifier("person_id")
    added = add_objection(
        site,
        person_id,
        what=what.value,
        since=since.date() if since else stated.find_day(read_clock()),
        patterns=stated.keys,
        raw=raw,
    )
    print_lines([f"Noted. objections.csv has {len(added.rows)}."])
