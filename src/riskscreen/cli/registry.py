"""The registry's commands: from a candidate to an approved model's folder, and back."""

from pathlib import Path
from typing import Annotated

import typer

from riskscreen.cli.options import (
    DEFAULT_REGISTRY,
    AcceptUnknownCodes,
    Out,
    SiteFolder,
    Target,
    TrackingUri,
    open_site,
)
from riskscreen.clock import read_clock
from riskscreen.terminal import print_lines


def register(
    trained: Annotated[Path, typer.Argument(help="A folder that a training wrote.")],
    tracking_uri: TrackingUri = DEFAULT_REGISTRY,
) -> None:
    """Register a finished training that the registry lacks.

    Example: riskscreen register out/training
    """
    from riskscreen.registry.store import Registry
    from riskscreen.stories.candidates import register_candidate

    version, new = register_candidate(trained, registry=Registry(tracking_uri))
    done = "is registered, and the candidate" if new else "was registered already"
    print_lines([f"{version.words} {done}"])


def publish(
    target: Target,
    approved_by: Annotated[str, typer.Option(help="Who approves it.")],
    note: Annotated[str, typer.Option(help="Why; kept with the model.")],
    tracking_uri: TrackingUri = DEFAULT_REGISTRY,
    out: Annotated[
        Path | None, typer.Option(help="Folder for a copy that needs no MLflow.")
    ] = None,
    pilot: Annotated[
        bool,
        typer.Option(
            "--pilot",
            help="Approve it as a pilot where cases are too few for a gate to say.",
        ),
    ] = False,
    key: Annotated[
        Path | None,
        typer.Option(help="Sign the approval with this key (riskscreen make-key)."),
    ] = None,
) -> None:
    """Approve the candidate of TARGET, so that it may score.

    Example: riskscreen publish long_absence --approved-by NAME --note WHY
    """
    from riskscreen.folders import check_can_stage
    from riskscreen.registry.records import EXPORT_BY
    from riskscreen.registry.store import Registry
    from riskscreen.scoring.approved_model import read_approved
    from riskscreen.signing_keys import read_signing_key
    from riskscreen.stories.publish import publish as run
    from riskscreen.timeline import find_today

    apart = () if out is None else (out,)
    signs = None if key is None else read_signing_key(key, apart_from=apart)
    registry = Registry(tracking_uri)
    if out is not None:
        check_can_stage(out, made_by=EXPORT_BY, inputs=[registry.database])
    on = find_today(read_clock()).isoformat()
    done = run(
        target,
        by=approved_by,
        note=note,
        on=on,
        tracking_uri=tracking_uri,
        pilot=pilot,
        key=signs,
    )
    print_lines(done.describe())
    if out is not None:
        registry.export_approved(target, out, read=read_approved)
        print_lines([f"{target}: exported to {out}"])


def status(target: Target, tracking_uri: TrackingUri = DEFAULT_REGISTRY) -> None:
    """Say what the approval of a candidate of TARGET lacks.

    Example: riskscreen status long_absence
    """
    from riskscreen.registry.store import Registry
    from riskscreen.stories.status import read_status

    print_lines(read_status(target, registry=Registry(tracking_uri)).describe())


def models(target: Target, tracking_uri: TrackingUri = DEFAULT_REGISTRY) -> None:
    """Print the versions of TARGET by alias, and its approvals.

    Example: riskscreen models long_absence
    """
    from riskscreen.registry.store import Registry

    registry = Registry(tracking_uri)
    candidate = registry.find_candidate(target)
    approved = registry.find_approved(target)
    approvals = registry.read_approvals(target)
    print_lines([f"candidate: version {candidate.model_version}"])
    if approved is None or (approval := approvals.current) is None:
        print_lines(["approved: none; approve one with riskscreen publish"])
    else:
        print_lines(
            [f"approved: version {approved.model_version}, by {approval.approved_by}"]
        )
    print_lines(
        f"{alias}: version {version.model_version}"
        for alias, version in registry.list_beside(target).items()
    )
    if approvals.acts:
        print_lines(["", "Every approval and rollback, the oldest first:"])
        print_lines([f"  {act.words}" for act in approvals.acts])


def export(
    target: Target, out: Out, tracking_uri: TrackingUri = DEFAULT_REGISTRY
) -> None:
    """Write the approved model of TARGET to a folder.

    Scoring from the folder needs no MLflow.

    Example: riskscreen export long_absence --out approved
    """
    from riskscreen.registry.store import Registry
    from riskscreen.scoring.approved_model import open_approved, read_approved

    registry = Registry(tracking_uri)
    exported = registry.export_approved(target, out, read=read_approved)
    version = open_approved(exported).version
    print_lines([f"{target}: version {version} is in {out}."])


def make_key(
    key: Annotated[Path, typer.Argument(help="The private key's file, to be made.")],
) -> None:
    """Make a key to sign approvals with.

    The file is its owner's alone, and may lie in no git tree; its public half, which is
    printed, goes into site.toml or the file that RISKSCREEN_APPROVAL_KEYS names.

    Example: riskscreen make-key /secure/approval.key
    """
    from riskscreen.signing_keys import make_signing_key

    made = make_signing_key(key)
    print_lines([made.public, "", "State it in site.toml, [trust]:"])
    # As it is: print_lines masks what stands behind a key's name.
    typer.echo(f'approval_keys = ["{made.public}"]')
    print_lines([f"Sign with it: riskscreen publish TARGET --key {key} …"])


def rollback(
    target: Target,
    by: Annotated[str, typer.Option(help="Who goes back.")],
    note: Annotated[str, typer.Option(help="Why; kept with the approvals.")],
    tracking_uri: TrackingUri = DEFAULT_REGISTRY,
) -> None:
    """Let the version of TARGET score again that did before.

    Its own approval stands. An exported folder stays as it is: export again.

    Example: riskscreen rollback long_absence --by NAME --note WHY
    """
    from riskscreen.registry.store import Registry
    from riskscreen.scoring.approved_model import read_approved
    from riskscreen.timeline import find_today

    on = find_today(read_clock()).isoformat()
    registry = Registry(tracking_uri)
    now, before = registry.roll_back(
        target, by=by, note=note, on=on, read=read_approved
    )
    print_lines(
        [
            f"approved: version {now.model_version}, in place of "
            f"{before.model_version}",
            f"Export it where a folder is used: riskscreen export {target} --out …",
        ]
    )


def shadow(target: Target, tracking_uri: TrackingUri = DEFAULT_REGISTRY) -> None:
    """Name the candidate of TARGET the shadow.

    It is watched beside the approved one: riskscreen nightly --shadow scores by it into
    the store, where nobody is shown it, and riskscreen compare holds the two together.

    Example: riskscreen shadow long_absence
    """
    from riskscreen.registry.store import Registry

    registry = Registry(tracking_uri)
    candidate = registry.find_candidate(target)
    registry.name_shadow(candidate)
    print_lines([f"shadow: version {candidate.model_version}"])


def compare(
    target: Target,
    site: SiteFolder,
    out: Out,
    tracking_uri: TrackingUri = DEFAULT_REGISTRY,
    accept_unknown_codes: AcceptUnknownCodes = False,
) -> None:
    """Compare the approved model of TARGET with its shadow.

    Without a shadow it is the candidate. On the cases of SITE that have matured and
    that neither has seen: the differences, and whom one alone would propose, and why.

    Example: riskscreen compare long_absence --site site --out comparison
    """
    from riskscreen.progress import build_stderr_reporter
    from riskscreen.stories.compare import compare_approved as run

    found = run(
        target,
        open_site(site),
        out,
        tracking_uri=tracking_uri,
        accept_unknown_codes=accept_unknown_codes,
        reporter=build_stderr_reporter(),
    )
    print_lines(found.describe())
