"""Train one target: read, check, follow up, describe, choose, fit, calibrate, judge."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from riskscreen.cohort import read_mapping
from riskscreen.errors import ScreeningError
from riskscreen.progress import Reporter, on_stderr
from riskscreen.screening import save_model
from riskscreen.spec import read_specification
from riskscreen.tables import staged, write_json
from riskscreen.training import Judgement, TrainingResult, judge, prepare, train

MODELS = Path(__file__).parents[1] / "models"


def run(
    specification: Path,
    site: Path,
    out: Path,
    *,
    mapping: Path | None = None,
    kind: str | None = None,
    reporter: Reporter | None = None,
) -> tuple[TrainingResult, Judgement]:
    """Train on *site* and write the model and its judgement to *out*."""
    spec = read_specification(specification)
    names = read_mapping(mapping) if mapping else None
    prepared = prepare(spec, site, mapping=names, reporter=reporter)
    result = train(prepared, kind=kind, reporter=reporter)
    judgement = judge(result, prepared, reporter=reporter)
    with staged(out) as folder:
        save_model(result.model, folder / "model")
        write_json(folder / "judgement.json", judgement.to_dict())
        prepared.attrition.to_csv(folder / "attrition.csv", index=False)
    return result, judgement


def main(
    target: Annotated[str, typer.Option(help="Name of a specification in models/.")],
    site: Annotated[Path, typer.Option(help="The site's folder of data.")],
    out: Annotated[Path, typer.Option(help="Folder for the model and judgement.")],
    models: Annotated[Path, typer.Option(help="Folder of specifications.")] = MODELS,
    mapping: Annotated[
        Path | None, typer.Option(help="TOML: the site's columns to ours.")
    ] = None,
    kind: Annotated[
        str | None, typer.Option(help="Take this candidate, whatever is better.")
    ] = None,
) -> None:
    """Train TARGET on SITE; say what was chosen, how good, and what refuses it."""
    tell = on_stderr()
    specification = models / f"{target}.toml"
    result, judgement = run(
        specification, site, out, mapping=mapping, kind=kind, reporter=tell
    )
    for words in judgement.summary():
        tell.say(words)
    tell.say(f"{target}: version {result.model.version} in {out}")


if __name__ == "__main__":
    try:
        typer.run(main)
    except ScreeningError as error:
        on_stderr().say(str(error))
        sys.exit(error.exit_code)
