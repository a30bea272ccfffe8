"""What commands take: options that several have, and the files they name."""

import os
import sys
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from riskscreen.clock import read_clock
from riskscreen.errors import NotApprovedError, SpecError, UsageError

if TYPE_CHECKING:
    from riskscreen.model.risk_model import RiskModel
    from riskscreen.readers.site import Site
    from riskscreen.scoring.approved_model import ApprovedModel
    from riskscreen.spec import Specification

DEFAULT_REGISTRY = "sqlite:///mlflow.db"

SiteFolder = Annotated[
    Path, typer.Option("--site", help="The site's folder, with site.toml.")
]
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
_STORE = typer.Option(
    "--store",
    envvar="RISKSCREEN_STORE",
    help="The store: sqlite:///FILE or postgresql+psycopg://HOST/DATABASE.",
)
Store = Annotated[str, _STORE]
StoreUrl = Annotated[str | None, _STORE]
TrackingUri = Annotated[
    str, typer.Option(envvar="MLFLOW_TRACKING_URI", help="The MLflow registry.")
]


class Language(StrEnum):
    """The languages of the pages."""

    da = "da"
    en = "en"


ApprovedFolder = Annotated[
    Path | None,
    typer.Option(
        "--model", help="An exported, approved model folder; or one with one a target."
    ),
]
StoredModel = Annotated[
    Path | None,
    typer.Option(
        "--model",
        help="A model's folder; the approved one of the registry if left out.",
    ),
]
MonitoringFolders = Annotated[
    list[Path] | None,
    typer.Option(
        "--monitoring", help="A folder that `monitor` wrote, for leaders; one a target."
    ),
]
LanguageOption = Annotated[
    Language, typer.Option("--language", help="The language of what is written.")
]


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
Specified = Annotated[
    str,
    typer.Argument(
        metavar="TARGET",
        help="The target, as in models/<target>.toml; or the path of such a file.",
        autocompletion=complete_target,
    ),
]
TargetOption = Annotated[
    str | None,
    typer.Option("--target", help=TARGET_HELP, autocompletion=complete_target),
]


def take_targets(help_: str) -> Any:
    """Return the option --target that may be repeated, with its own help."""
    return typer.Option("--target", help=help_, autocompletion=complete_target)


Targets = Annotated[
    list[str] | None, take_targets("Targets to take; all that are there.")
]


def read_target(target: str, models: Path) -> "Specification":
    """Read the specification of *target* in the folder *models*, or in a .toml file.

    Raises SpecError naming the targets that there are, where it is none of them.
    """
    from riskscreen.spec import list_targets, read_specification

    if target.endswith(".toml"):
        return read_specification(Path(target))
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
    """Raise UsageError where *model* is of another target than the typed one, if any.

    In a run of every target it is one target's refusal, and the others are scored.
    """
    if target not in (None, model.spec.name):
        raise UsageError(
            f"The model in --model is for {model.spec.name}, not for {target}. Name "
            "the folder that holds that one."
        )


def read_identifier(what: str) -> str:
    """Read the one *what* (case_id, person_id) on standard input.

    Arguments are seen by others, and kept by shells.
    """
    if sys.stdin.isatty():
        typer.echo(f"{what}: ", nl=False, err=True)
        given = [sys.stdin.readline()]
    else:
        given = [line for line in sys.stdin if line.strip()]
    if len(given) != 1:
        raise typer.BadParameter(
            f"give one {what} on standard input, not {len(given)}; nothing was noted"
        )
    return given[0].strip()


def open_site(folder: Path) -> "Site":
    """Read site.toml in *folder*, with this environment's names and today's date."""
    from riskscreen.readers.site import read_site

    return read_site(folder, environment=os.environ, now=read_clock())


def open_approved_model(
    target: str | None, folder: Path | None, uri: str, *, site: "Site | None" = None
) -> "ApprovedModel":
    """Open the approved model in *folder*, or of *target* at the registry *uri*.

    *folder* may also hold a model's folder a target, each under its target's name. Its
    signature is verified by the keys of *site*, else by those of the environment.
    """
    from riskscreen.scoring.approved_model import fetch_approved, open_approved

    keys = site.stated.trust.approval_keys if site is not None else ()
    if folder is not None and target is not None and holds_models(folder):
        folder = folder / target
        if not folder.is_dir():
            raise NotApprovedError(
                f"{folder}: no model of {target}. Approve one with riskscreen publish, "
                f"and put it there with riskscreen export {target} --out {folder}."
            )
    if folder is not None:
        approved = open_approved(folder, keys=keys)
        require_target(approved.model, target)
        return approved
    if target is None:
        raise typer.BadParameter("name a --target, or a --model folder")
    return fetch_approved(uri, target=target, keys=keys)


def open_model(
    target: str, folder: Path | None, uri: str, *, site: "Site"
) -> "RiskModel":
    """Open the model in *folder*, approved or not; without, the registry's approved."""
    from riskscreen.model.model_folder import load_model_folder

    if folder is None:
        return open_approved_model(target, None, uri, site=site).model
    model = load_model_folder(folder)
    require_target(model, target)
    return model


def holds_models(folder: Path) -> bool:
    """Return whether *folder* is no model's own, and holds a model a folder."""
    from riskscreen.model.model_folder import MANIFEST

    return not (folder / MANIFEST).exists() and any(folder.glob(f"*/{MANIFEST}"))


def read_specification_of(
    target: str | None, model: Path | None, models: Path
) -> "Specification":
    """Read the specification in a model folder, or of *target* in *models*."""
    if model is not None:
        from riskscreen.model.model_folder import load_model_folder

        return load_model_folder(model).spec
    if target is None:
        raise typer.BadParameter("name a --target, or a --model folder")
    return read_target(target, models)
