"""The commands, in one list, and how each ends."""

from collections.abc import Callable
from typing import Annotated

import typer

import riskscreen
from riskscreen.cli import (
    delivery,
    experiment,
    follow_up,
    intake,
    nights,
    outbox,
    papers,
    registry,
    release,
    replay,
    service,
    store,
    training,
)
from riskscreen.terminal import EXIT_CODES, add_reader_options, print_lines, run_command

app = typer.Typer(
    help="Explained, calibrated screening at case intake. It never decides.",
    epilog=EXIT_CODES,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

COMMANDS = (
    training.synthesise,
    training.demo,
    delivery.schema,
    delivery.check,
    delivery.rules,
    delivery.confirm_letter,
    delivery.pseudonymise,
    delivery.manifest,
    delivery.specification,
    training.train,
    training.validate,
    training.evaluate,
    training.recalibrate,
    training.set_places,
    registry.register,
    registry.status,
    registry.make_key,
    registry.publish,
    registry.rollback,
    registry.shadow,
    registry.models,
    registry.export,
    intake.score,
    service.api_key,
    service.serve,
    service.stop,
    service.object,
    intake.report,
    store.decide,
    store.erase,
    training.monitor,
    registry.compare,
    follow_up.follow_up,
    replay.replay,
    papers.papers,
    release.study,
    release.release_check,
    nights.nightly,
    nights.watch,
    outbox.outbox,
)
"""Every command, in the order in which a site comes to need them."""

GROUPS: dict[str, tuple[str, tuple[Callable[..., None], ...]]] = {
    "experiment": (
        "A roll-out of extra places by lot.",
        (experiment.plan, experiment.fix, experiment.stop, experiment.report),
    ),
    "audit": ("Verify the store's chain of events.", (store.verify,)),
    "store": (
        "Copies, retention and pages of a store.",
        (
            store.upgrade,
            store.backup,
            store.restore,
            store.retain,
            store.show,
            store.follow_rates,
        ),
    ),
}
"""Commands of two words: what the first is about, and each second."""

for command in COMMANDS:
    app.command(epilog=EXIT_CODES)(add_reader_options(command))
for name, (about, seconds) in GROUPS.items():
    group = typer.Typer(help=about, no_args_is_help=True, rich_markup_mode=None)
    for second in seconds:
        group.command(epilog=EXIT_CODES)(add_reader_options(second))
    app.add_typer(group, name=name)


def print_version(asked: bool) -> None:
    """Print the version and end, where it is *asked* for."""
    if asked:
        print_lines([riskscreen.__version__])
        raise typer.Exit


@app.callback()
def take_options(
    version: Annotated[
        bool,
        typer.Option(
            "--version",
            callback=print_version,
            is_eager=True,
            help="Print the version and exit.",
        ),
    ] = False,
) -> None:
    """Take the options that stand before a command."""


def main() -> None:
    """Run one command; every error ends as one message and its own exit code."""
    run_command(app)
