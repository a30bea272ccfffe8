"""The commands, in one list, and how each ends."""

from collections import UserDict
from functools import partial
from importlib import import_module
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

import riskscreen
from riskscreen.terminal import EXIT_CODES, add_reader_options, print_lines, run_command

COMMANDS = (
    "training.new_target",
    "training.synthesise",
    "training.demo",
    "delivery.schema",
    "delivery.check",
    "delivery.rules",
    "delivery.confirm_letter",
    "delivery.pseudonymise",
    "delivery.manifest",
    "delivery.specification",
    "training.train",
    "training.validate",
    "training.evaluate",
    "training.recalibrate",
    "training.set_places",
    "registry.register",
    "registry.status",
    "registry.make_key",
    "registry.publish",
    "registry.rollback",
    "registry.shadow",
    "registry.models",
    "registry.export",
    "intake.score",
    "service.api_key",
    "service.serve",
    "service.stop",
    "service.object",
    "intake.report",
    "store.decide",
    "store.erase",
    "training.monitor",
    "registry.compare",
    "follow_up.follow_up",
    "replay.replay",
    "papers.papers",
    "release.study",
    "release.release_check",
    "nights.nightly",
    "nights.watch",
    "outbox.outbox",
)
"""Every command, module and function, in the order in which a site comes to need it."""

GROUPS: dict[str, tuple[str, tuple[str, ...]]] = {
    "experiment": (
        "A roll-out of extra places by lot.",
        ("experiment.plan", "experiment.fix", "experiment.stop", "experiment.report"),
    ),
    "audit": ("Verify the store's chain of events.", ("store.verify",)),
    "store": (
        "Copies, retention and pages of a store.",
        (
            "store.upgrade",
            "store.backup",
            "store.restore",
            "store.retain",
            "store.show",
            "store.follow_rates",
        ),
    ),
}
"""Commands of two words: what the first is about, and each second."""


def name_command(place: str) -> str:
    """Return what is typed for the command at *place*, its module and function.

    >>> name_command("training.set_places")
    'set-places'
    """
    return place.partition(".")[2].replace("_", "-")


def _add_command(to: typer.Typer, place: str) -> None:
    module, _, name = place.partition(".")
    command = getattr(import_module(f"{__name__}.{module}"), name)
    to.command(epilog=EXIT_CODES)(add_reader_options(command))


def _build_command(place: str) -> Any:
    alone = typer.Typer(add_completion=False, rich_markup_mode=None)
    _add_command(alone, place)
    return typer.main.get_command(alone)


def _build_group(name: str) -> Any:
    about, places = GROUPS[name]
    group = typer.Typer(
        name=name, help=about, no_args_is_help=True, rich_markup_mode=None
    )
    for place in places:
        _add_command(group, place)
    return typer.main.get_group(group)


class _Commands(UserDict[str, Any]):
    """How each command is built, by its name; what is looked up is built."""

    def __getitem__(self, name: str) -> Any:
        return super().__getitem__(name)()


class _EveryCommand(TyperGroup):
    """Imports the modules of the commands that are asked for, and no other."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.commands = _Commands(
            {name_command(place): partial(_build_command, place) for place in COMMANDS}
            | {name: partial(_build_group, name) for name in GROUPS}
        )


app = typer.Typer(
    cls=_EveryCommand,
    help="Explained, calibrated screening at case intake. It never decides.",
    epilog=EXIT_CODES,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


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
