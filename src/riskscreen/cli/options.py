"""What commands take: options that several have, and the files they name."""

import os
from collections.abc import Sequence
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from riskscreen.model.risk_model import RiskModel
    from riskscreen.readers.site import Site
    from riskscreen.spec import Specification

DEFAULT_REGISTRY = "sqlite:///mlflow.db"

Out = Annotated[
    Path, typer.Option(help="Folder to write; replaced whole if this command wrote it.")
]
Jobs = Annotated[
    int,
    typer.Option(
        "--jobs",
        min=1,
        help="How many fits run at the same time. The results are the same, bit by "
        "bit; each more takes a core, and memory for another fit.",
    ),
]
AcceptUnknownCodes = Annotated[
    bool,
    typer.Option(
        "--accept-unknown-codes",
        help="Go on where many of the newest weeks stand on unknown benefit codes.",
    ),
]
TrackingUri = Annotated[
    str, typer.Option(envvar="MLFLOW_TRACKING_URI", help="The MLflow registry.")
]


class Language(StrEnum):
    """The languages of the pages."""

    da = "da"
    en = "en"


def find_models() -> Path:
    """Return the folder ``models`` here if it specifies a target, else the shipped."""
    from riskscreen.spec import SHIPPED_MODELS, list_targets

    here = Path("models")
    return here if list_targets(here) else SHIPPED_MODELS


def complete_target(incomplete: str) -> list[str]:
    """Return the targets whose names begin with what was typed, for the shell."""
    from riskscreen.spec import list_targets

    return [name for name in list_targets(find_models()) if name.startswith(incomplete)]


ModelsFolder = Annotated[
    Path,
    typer.Option(
        "--models",
        default_factory=find_models,
        show_default="models, else those shipped",
        help="The folder of specifications.",
    ),
]
TARGET_HELP = "The target, as in models/<target>.toml."
Target = Annotated[
    str,
    typer.Argument(metavar="TARGET", help=TARGET_HELP, autocompletion=complete_target),
]
TargetOption = Annotated[
    str | None,
    typer.Option("--target", help=TARGET_HELP, autocompletion=complete_target),
]
Targets = Annotated[
    list[str] | None,
    typer.Option(
        "--target",
        help="Targets to take; all that are there.",
        autocompletion=complete_target,
    ),
]


def read_target(target: str, models: Path) -> "Specification":
    """Read the specification of *target* in the folder *models*.

    Raises SpecError naming the targets that there are, where it is none of them.
    """
    from riskscreen.errors import SpecError
    from riskscreen.spec import list_targets, read_specification

    known = list_targets(models)
    if target not in known:
        raise SpecError(
            f"{target}: no such target in {models}. "
            + (f"There are {', '.join(known)}. " if known else "")
            + "Name the folder that has it with --models."
        )
    return read_specification(models / f"{target}.toml")


def read_targets(targets: Sequence[str], models: Path) -> "list[Specification]":
    """Read the specification of each of *targets* in the folder *models*."""
    return [read_target(target, models) for target in targets]


def require_target(model: "RiskModel", target: str | None) -> None:
    """Raise where *model* is of another target than the one that was typed, if any."""
    if target not in (None, model.spec.name):
        raise typer.BadParameter(
            f"the model in --model is for {model.spec.name}, not for {target}"
        )


def open_site(folder: Path) -> "Site":
    """Read site.toml in *folder*, with this environment's names and today's date."""
    from riskscreen.readers.site import read_site

    return read_site(folder, environment=os.environ, now=read_clock())


def read_clock() -> datetime:
    """Return the time now, in UTC."""
    return datetime.now(tz=UTC)
