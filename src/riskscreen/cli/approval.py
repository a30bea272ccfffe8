"""The approver's own commands: a key to sign with, and the way back."""

from pathlib import Path
from typing import Annotated

import typer

from riskscreen.cli.options import DEFAULT_REGISTRY, Target, TrackingUri
from riskscreen.clock import read_clock
from riskscreen.terminal import print_lines


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

    An alias at MLflow for one that is watched beside the approved; it scores nowhere.

    Example: riskscreen shadow long_absence
    """
    from riskscreen.registry.store import Registry

    registry = Registry(tracking_uri)
    candidate = registry.find_candidate(target)
    registry.name_shadow(candidate)
    print_lines([f"shadow: version {candidate.model_version}"])
