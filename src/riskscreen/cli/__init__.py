"""The commands, in one list, and how each ends."""

from collections import UserDict
from functools import partial, wraps
from importlib import import_module
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

import riskscreen
from riskscreen.guarding import require_extra
from riskscreen.terminal import EXIT_CODES, add_reader_options, print_lines, run_command

COMMANDS: dict[str, str | None] = {
    "targets.new_target": None,
    "synthetic.synthesise": None,
    "synthetic.demo": "train",
    "delivery.schema": None,
    "delivery.check": None,
    "delivery.rules": None,
    "delivery.confirm_letter": None,
    "delivery.pseudonymise": None,
    "delivery.manifest": None,
    "targets.specification": None,
    "training.train": "train",
    "training.validate": "train",
    "training.evaluate": "train",
    "training.recalibrate": "train",
    "training.set_places": "train",
    "registry.register": "train",
    "registry.status": "train",
    "registry.make_key": None,
    "registry.publish": "train",
    "registry.rollback": "registry",
    "registry.shadow": "registry",
    "registry.models": "registry",
    "registry.export": "registry",
    "intake.score": None,
    "service.api_key": "service",
    "service.serve": "service",
    "service.stop": None,
    "service.object": None,
    "intake.report": None,
    "store.decide": "sql",
    "store.erase": "sql",
    "monitoring.monitor": "train",
    "registry.compare": "train",
    "follow_up.follow_up": None,
    "replay.replay": "train",
    "papers.papers": "train",
    "release.study": "train",
    "release.release_check": "train",
    "nights.nightly": "sql",
    "nights.watch": None,
    "outbox.outbox": "sql",
}
"""Every command, module and function, in the order in which a site comes to need it;
and the extra without which it does nothing, None where the core is enough."""

GROUPS: dict[str, tuple[str, dict[str, str | None]]] = {
    "experiment": (
        "A roll-out of extra places by lot.",
        {
            "experiment.plan": "train",
            "experiment.fix": "train",
            "experiment.stop": "sql",
            "experiment.report": "train",
        },
    ),
    "audit": ("Verify the store's chain of events.", {"store.verify": "sql"}),
    "store": (
        "Copies, retention and pages of a store.",
        {
            "store.upgrade": "sql",
            "store.backup": "sql",
            "store.restore": "sql",
            "store.retain": "sql",
            "store.show": "sql",
            "store.follow_rates": "sql",
        },
    ),
}
"""Commands of two words: what the first is about, and each second."""


def name_command(place: str) -> str:
    """Return what is typed for the command at *place*, its module and function.

    >>> name_command("training.set_places")
    'set-places'
    """
    return place.partition(".")[2].replace("_", "-")


def _add_command(to: typer.Typer, place: str, extra: str | None) -> None:
    module, _, name = place.partition(".")
    command = getattr(import_module(f"{__name__}.{module}"), name)

    @wraps(command)
    def run(**options: Any) -> Any:
        if extra is not None:
            require_extra(extra)
        return command(**options)

    to.command(epilog=EXIT_CODES)(add_reader_options(run))


def _build_command(place: str, extra: str | None) -> Any:
    alone = typer.Typer(add_completion=False, rich_markup_mode=None)
    _add_command(alone, place, extra)
    return typer.main.get_command(alone)


def _build_group(name: str) -> Any:
    about, places = GROUPS[name]
    group = typer.Typer(
        name=name, help=about, no_args_is_help=True, rich_markup_mode=None
    )
    for place, extra in places.items():
        _add_command(group, place, extra)
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
            {
                name_command(place): partial(_build_command, place, extra)
                for place, extra in COMMANDS.items()
            }
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
