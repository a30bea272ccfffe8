"""Validate one target's recipe: on periods and in municipalities it has not seen."""

import os
from pathlib import Path
from typing import Annotated

import typer

from riskscreen.files import write_json
from riskscreen.folders import stage_folder
from riskscreen.guarding import need_installed
from riskscreen.progress import Reporter, on_stderr
from riskscreen.readers.site import read_site
from riskscreen.spec import read_specification
from riskscreen.terminal import run_story
from riskscreen.training import Validation, prepare, train, validate

MODELS = Path(__file__).parents[1] / "models"


def run(
    specification: Path,
    site: Path,
    out: Path,
    *,
    kind: str | None = None,
    reporter: Reporter | None = None,
) -> Validation:
    """Train on *site*, train again without each period and place, write to *out*."""
    need_installed("optuna")
    spec = read_specification(specification)
    delivered = read_site(site, environment=os.environ)
    inputs = (specification, site)
    with stage_folder(out, made_by="validate", inputs=inputs) as folder:
        prepared = prepare(spec, delivered, reporter=reporter)
        result = train(prepared, kind=kind, reporter=reporter)
        validation = validate(prepared, result, reporter=reporter)
        write_json(folder / "validation.json", validation.to_dict())
    return validation


def main(
    target: Annotated[str, typer.Option(help="Name of a specification in models/.")],
    site: Annotated[Path, typer.Option(help="The site's folder of data.")],
    out: Annotated[Path, typer.Option(help="Folder for validation.json.")],
    models: Annotated[Path, typer.Option(help="Folder of specifications.")] = MODELS,
    kind: Annotated[
        str | None, typer.Option(help="Take this candidate, whatever is better.")
    ] = None,
) -> None:
    """Validate TARGET on SITE: rolling origin, and each municipality left out."""
    tell = on_stderr()
    validation = run(models / f"{target}.toml", site, out, kind=kind, reporter=tell)
    for words in validation.lines():
        tell.say(words)


if __name__ == "__main__":
    run_story(main)
